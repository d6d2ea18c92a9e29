"""The command line: `python -m tinygrad_edu` and `tinygrad-edu`.

    tinygrad-edu demo                       a network learns to read handwritten digits
    tinygrad-edu formula lesson.py:loss     what a tensor or function computes, as mathematics
    tinygrad-edu source lesson.py:loss      the same with its backward pass, as a program
    tinygrad-edu graph lesson.py:loss -o loss.svg       the picture of its graph
    tinygrad-edu step lesson.py:loss        step through its backward pass, back and forth
    tinygrad-edu grade homework.json answers/           mark what students sent back
    tinygrad-edu check lesson.py:loss       whether its gradients are right, and if not, why
    tinygrad-edu explain tanh               an operation and its derivative rules

Each command is one function, which describes its arguments and says what to do with them; it is listed in COMMANDS.
What a command needs is imported when it runs.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

from .errors import TinygradEduError

WRONG = 1                   # the exit code for gradients that are not right
REFUSED = 2                 # the exit code for wrong arguments and for errors of the library, as argparse has it
INTERRUPTED = 130           # what shells report for a program that Ctrl-C ended


def demo(commands: Any) -> None:
    """Train 784-16-16-10 on handwritten digits. Stopping it by Ctrl-C is a way of ending it, so the exit code is 0."""
    parser = commands.add_parser(
        "demo", help="train a network of sigmoids, 784-16-16-10, to read handwritten digits",
        description="Train a network of sigmoids, 784-16-16-10, to read handwritten digits, and say how many "
                    "it reads that it has not seen. Ctrl-C stops early and keeps what was learnt. "
                    "A page shows its mistakes and its weights.")
    parser.add_argument("--data", default="digits", metavar="digits|mnist|PATH",
                        help="scikit-learn's digits, without a network (the default); or MNIST, downloaded "
                             "unless the environment variable TINYGRAD_EDU_MNIST names a folder; "
                             "or a folder with MNIST's files")
    parser.add_argument("--epochs", type=int, metavar="N",
                        help="how often to visit all examples (default: up to 30)")
    parser.add_argument("--batch-size", type=int, default=10, metavar="N",
                        help="examples in a mini-batch (default: 10)")
    parser.add_argument("--learning-rate", type=float, default=2.0, metavar="X",
                        help="of the first epoch; it falls evenly to 0 (default: 2)")
    parser.add_argument("--seed", type=int, default=0, metavar="N",
                        help="other weights, another order (default: 0)")
    page = parser.add_mutually_exclusive_group()
    page.add_argument("--page", default="demo.html", metavar="FILE",
                      help="where to show what it learnt, in pictures (default: demo.html)")
    page.add_argument("--no-page", action="store_const", const=None, dest="page", help="write no such page")

    def run(data: str, epochs: int | None, batch_size: int, learning_rate: float, seed: int, page: str | None) -> None:
        from .demo import run as run_demo
        run_demo(data, epochs, batch_size, learning_rate, seed, page)

    parser.set_defaults(run=run)


def formula(commands: Any) -> None:
    """Print what a tensor or a function computes."""
    parser = commands.add_parser("formula", help="print what a tensor or function computes, as mathematics",
                                 description="Run a file and print what one of its tensors or functions computes.")
    _add_target(parser)
    parser.add_argument("--form", default="text", choices=("text", "latex", "mathml", "spoken", "numpy"),
                        help="how to write it (default: text)")
    parser.add_argument("--depth", type=int, metavar="N", help="leave out what lies deeper")

    def run(target: str, args: list[str], form: str, depth: int | None) -> None:
        from .views.formulas import formula as formula_of
        found = formula_of(*_loaded(target, args), depth=depth)
        print(found if form == "text" else getattr(found, form))

    parser.set_defaults(run=run)


def source(commands: Any) -> None:
    """Print a program that computes a tensor or function and its gradients."""
    parser = commands.add_parser("source", help="print a tensor's computation and backward pass as a program",
                                 description="Run a file and print a program that computes one of its tensors or "
                                             "functions, and the gradients, without this library.")
    _add_target(parser)
    parser.add_argument("--language", default="numpy", choices=("numpy", "javascript"), help="(default: numpy)")
    parser.add_argument("--forward-only", action="store_true", help="leave out the backward pass")
    parser.add_argument("--save", metavar="FILE", help="write it to a file")

    def run(target: str, args: list[str], language: str, forward_only: bool, save: str | None) -> None:
        from .views.sources import source as source_of
        found = source_of(*_loaded(target, args), backward=not forward_only, language=language)
        print(found) if save is None else found.save(save)

    parser.set_defaults(run=run)


def graph(commands: Any) -> None:
    """Draw what a tensor or a function computes."""
    parser = commands.add_parser("graph", help="draw the graph of a tensor or function",
                                 description="Run a file and draw the graph of one of its tensors or functions: as "
                                             "text, or as a file of the kind that its name says.")
    _add_target(parser)
    parser.add_argument("-o", "--output", metavar="FILE", help="a file that ends in .svg, .png, .pdf, .html, .dot, "
                                                               ".gv, .mmd or .json (default: print it as text)")
    parser.add_argument("--show", default="auto", choices=("auto", "values", "gradients", "both", "shapes"),
                        help="what the picture shows (default: both, if gradients can flow)")
    parser.add_argument("--fold", type=int, metavar="DEPTH", help="fold modules from this depth on")

    def run(target: str, args: list[str], output: str | None, show: str, fold: int | None) -> None:
        from .views.graphs.graph import graph as graph_of
        found = graph_of(*_loaded(target, args), show=show)
        found = found if fold is None else found.fold(fold)
        print(found if output is None else found.save(output))

    parser.set_defaults(run=run)


def step(commands: Any) -> None:
    """Step through the backward pass of a tensor or function, by keys."""
    parser = commands.add_parser("step", help="step through the backward pass of a tensor or function",
                                 description="Run a file and step through the backward pass of one of its tensors or "
                                             "functions, back and forth, by keys.")
    _add_target(parser)
    parser.add_argument("--level", default="edge", choices=("edge", "node", "module"),
                        help="what one step is (default: edge)")
    parser.add_argument("--quiz", action="store_true", help="ask for each number before it is shown")

    def run(target: str, args: list[str], level: str, quiz: bool) -> int:
        from .explain.terminal import run_session
        found, *examples = _loaded(target, args)
        return run_session(found, *examples, level=level, quiz=quiz)

    parser.set_defaults(run=run)


def grade(commands: Any) -> None:
    """Mark the answers to a homework, as CSV."""
    parser = commands.add_parser("grade", help="mark the answers to a homework",
                                 description="Mark the files of answers in a folder, and print a row for each, as CSV. "
                                             "The right answers are computed anew from the homework's program.")
    parser.add_argument("homework", help="the file that `quiz.save` wrote beside the page")
    parser.add_argument("answers", help="a folder of files that students sent back")

    def run(homework: str, answers: str) -> None:
        from .explain.grading import grade as marks_of
        sys.stdout.write(marks_of(homework, answers))

    parser.set_defaults(run=run)


def check(commands: Any) -> None:
    """Check the gradients of a tensor or function; the exit code is 1 if they are wrong."""
    parser = commands.add_parser("check", help="check the gradients of a tensor or function",
                                 description="Run a file and check the gradients of one of its tensors or functions "
                                             "against differences. The exit code is 0 if they are right, else 1.")
    _add_target(parser)
    parser.add_argument("--order", type=int, default=1, choices=(1, 2), help="2 checks second derivatives, too")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of random directions (default: 0)")

    def run(target: str, args: list[str], order: int, seed: int) -> int:
        from .testing import grad_report
        from .testing.replaying import replay
        found, *examples = _loaded(target, args)
        if not callable(found):
            found, examples = replay(found)
        report = grad_report(found, *examples, order=order, seed=seed)
        print(report)
        return 0 if report.ok else WRONG

    parser.set_defaults(run=run)


def explain(commands: Any) -> None:
    """Print the page of an operation."""
    parser = commands.add_parser("explain", help="explain an operation: its formula, its rules, an example",
                                 description="Explain an operation of the library: what it computes, its derivative "
                                             "rules, what happens at kinks, and an example.")
    parser.add_argument("operation", metavar="NAME", help="such as tanh or matmul; a list of all if left out",
                        nargs="?")

    def run(operation: str | None) -> None:
        from .views.reference import explain_op, ops_by_family
        print(ops_by_family() if operation is None else explain_op(operation))

    parser.set_defaults(run=run)


def _add_target(parser: Any) -> None:
    parser.add_argument("target", metavar="FILE.py:NAME", help="a Python file, and a tensor or function in it")
    parser.add_argument("--args", nargs="+", default=[], metavar="X",
                        help="what to call a function with: numbers, or lists in quotes (default: its own defaults)")


def _loaded(target: str, args: list[str]) -> list[Any]:
    """The tensor or function, and what to call it with."""
    from .core.tensors import Tensor
    from .targets import TargetError, examples_for, load
    found = load(target)
    if not isinstance(found, Tensor):
        return [found, *examples_for(found, target, args)]
    if args:
        raise TargetError(f"{target} is a tensor; --args are for functions.")
    return [found]


COMMANDS: tuple[Callable[[Any], None], ...] = (demo, formula, source, graph, step, grade, check, explain)


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the arguments say (those of the process if None) and return the exit code."""
    parser = _parser()
    given = vars(parser.parse_args(arguments))
    run = given.pop("run", None)
    if given.pop("version"):
        print("tinygrad-edu", _version())
        return 0
    if run is None:
        parser.print_help(sys.stderr)
        return REFUSED
    try:
        return run(**given) or 0
    except TinygradEduError as error:
        print(f"tinygrad-edu: {error}", file=sys.stderr)
        return REFUSED
    except KeyboardInterrupt:
        print("tinygrad-edu: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:                         # the reader has seen enough, as in `tinygrad-edu demo | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tinygrad-edu", description="Learn how backpropagation works.")
    parser.add_argument("--version", action="store_true", help="show which version this is and exit")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for command in COMMANDS:
        command(commands)
    return parser


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version
    try:
        return version("tinygrad_edu")
    except PackageNotFoundError:
        return "from sources that are not installed"


if __name__ == "__main__":
    sys.exit(main())
