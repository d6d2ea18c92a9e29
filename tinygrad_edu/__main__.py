"""The command line: `python -m tinygrad_edu` and `tinygrad-edu`.

    tinygrad-edu demo       a network learns to read handwritten digits

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

REFUSED = 2                 # the exit code for wrong arguments and for errors of the library, as argparse has it
INTERRUPTED = 130           # what shells report for a program that Ctrl-C ended


def demo(commands: Any) -> None:
    """Train 784-16-16-10 on handwritten digits. Stopping it by Ctrl-C is a way of ending it, so the exit code is 0."""
    parser = commands.add_parser(
        "demo", help="train a network of sigmoids, 784-16-16-10, to read handwritten digits",
        description="Train a network of sigmoids, 784-16-16-10, to read handwritten digits, and say how many "
                    "it reads that it has not seen. Ctrl-C stops early and keeps what was learnt.")
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

    def run(data: str, epochs: int | None, batch_size: int, learning_rate: float, seed: int) -> None:
        from .demo import run as run_demo
        run_demo(data, epochs, batch_size, learning_rate, seed)

    parser.set_defaults(run=run)


COMMANDS: tuple[Callable[[Any], None], ...] = (demo,)


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
        run(**given)
    except TinygradEduError as error:
        print(f"tinygrad-edu: {error}", file=sys.stderr)
        return REFUSED
    except KeyboardInterrupt:
        print("tinygrad-edu: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:                         # the reader has seen enough, as in `tinygrad-edu demo | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return 0


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
