"""Terminal: step through a backward pass with keys, help and history: `tinygrad-edu step lesson.py:loss`.

    run_session(t)              reads commands until `q` or the end of the input
    Session                     one such session: `do(command)` gives the text to print

A command is a letter, sometimes with a word after it; Enter alone goes on. On a terminal the arrow keys bring back
earlier commands. Read `stepper.py` before this file.
"""

from __future__ import annotations

import contextlib
import os
import sys
import textwrap
from collections.abc import Callable
from typing import Any, TextIO

from ..errors import ArgumentError, TinygradEduError
from ..views.drawing.numbers import number
from .looks import Look, look_of
from .quizzes import answer_text
from .stepper import Stepper, step

KEYS = " n next   b back   g 3 go to   i into   u until   w where   ? help   q quit"
QUIZ_KEYS = " type the answer   hint   skip   b back   ? help   q quit"
HELP = """\
 Enter, n       the next step                  t        all steps as a table
 b              one step back                  w        where: line, layer, the way here
 g 7            go to step 7; g 0 the start    p        the step once more
 u w            on until w gets a gradient     h        the steps seen so far
 i              into: opens a layer, or the    f        the formula of this step, and spoken
 i 2,0          element [2,0] of an array      s x.html save all steps (or .txt, .json)
 o              out again                      ?        this help
 q              quit; Ctrl-D, too              up, down earlier commands
"""
QUIZ_HELP = """\
 A number may be a calculation, such as 0.5 * -3; rounding is forgiven.
 hint           the rule, then more            skip     shows the answer
"""
SEEN = 12                   # steps that `h` lists


def run_session(target: Any, /, *examples: Any, level: str = "edge", quiz: bool = False, source: TextIO | None = None,
                output: TextIO | None = None) -> int:
    """Step through the backward pass of a result (or of a function on examples) in a terminal.

    Args:
        target, *examples, level, quiz: as for `step`.
        source, output: where commands are read and text is written, if not standard input and output.
    Returns: 0, the exit code.
    """
    output = output or sys.stdout
    session = Session(step(target, *examples, level=level, quiz=quiz), look_of(output))
    asking = _asker(source, output)
    _say(output, session.begin())
    if (columns := _columns(output)) < session.look.width:
        _say(output, f" This window has {columns} columns. Steps are laid out for {session.look.width}: widen it.")
    while not session.is_over:
        try:
            command = asking(session.prompt)
        except EOFError:
            _say(output, "")
            break
        except KeyboardInterrupt:
            _say(output, "\n q quits.")
            continue
        _say(output, session.do(command))
    _say(output, session.end())
    return 0


def _columns(output: TextIO) -> int:
    """How many columns a terminal has; as many as are needed where nobody knows."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        return os.get_terminal_size(output.fileno()).columns or Look().width
    return Look().width


def _say(output: TextIO, text: str) -> None:
    if text:
        output.write(text + "\n")
        output.flush()


def _asker(source: TextIO | None, output: TextIO) -> Callable[[str], str]:
    """How a command is asked for: on a terminal by `input`, which has editing and history."""
    if source is None and output is sys.stdout:
        if sys.stdin.isatty():
            with contextlib.suppress(ImportError):
                import readline  # noqa: F401 (importing it gives `input` its history)
        return input
    stream = source or sys.stdin

    def ask(prompt: str) -> str:
        output.write(prompt)
        output.flush()
        line = stream.readline()
        if not line:
            raise EOFError
        return line

    return ask


class Session:
    """One session: what was typed goes in, what is to be printed comes out."""

    def __init__(self, stepper: Stepper, look: Look) -> None:
        self.stepper, self.look = stepper, look
        self.is_over = False
        self._seen: list[str] = []
        self._commands: dict[str, Callable[[str], str]] = {
            "n": self._next, "next": self._next, "b": self._back, "back": self._back, "g": self._goto,
            "goto": self._goto, "go": self._goto, "i": self._into, "into": self._into, "o": self._out,
            "out": self._out, "u": self._until, "until": self._until, "w": self._where, "where": self._where,
            "t": self._table, "table": self._table, "p": self._again, "print": self._again, "h": self._history,
            "history": self._history, "f": self._formula, "formula": self._formula, "s": self._save,
            "save": self._save, "?": self._help, "help": self._help, "q": self._quit, "quit": self._quit,
            "exit": self._quit, "hint": self._hint, "skip": self._skip}

    @property
    def prompt(self) -> str:
        """What stands before the cursor."""
        return f"{'element' if self.stepper.level == 'element' else 'step'}{self.stepper.position}> "

    def begin(self) -> str:
        """The first screen."""
        return self._screen()

    def end(self) -> str:
        """What is said at the end."""
        return "" if self.stepper.quiz is None else self._said(self.stepper.quiz.summary())

    def do(self, typed: str) -> str:
        """What a command prints. A number goes to that step; in a quiz it is an answer."""
        word, _, rest = typed.strip().partition(" ")
        if not word:
            return self._ask_again() if self.stepper.question else self._next("")
        if self.stepper.question is not None and word.lower() not in self._commands_in_quiz:
            return self._answer(typed)
        if word.isdigit():
            word, rest = "g", word
        command = self._commands.get(word.lower())
        try:
            if command is None:
                return self._said(f"{word!r} is no command. ? lists them.")
            return command(rest.strip())
        except (TinygradEduError, OSError) as error:
            return self._said(str(error))

    def _said(self, text: str) -> str:
        """Sentences, broken where the screen ends."""
        lines = (textwrap.wrap(self.look.plain(line), self.look.width - 1, break_long_words=False,
                               break_on_hyphens=False) for line in text.split("\n"))
        return "\n".join(f" {part}" for parts in lines for part in parts or [""])

    # -- moving ---------------------------------------------------------------------------------------------------

    def _screen(self) -> str:
        event = self.stepper.event
        if event is not None and self.stepper.level != "element" and self.stepper.question is None:
            total = number(event.after) if getattr(event.after, "shape", ()) == () and not isinstance(
                event.after, tuple) else ""
            line = f"step {self.stepper.position}  {self.stepper.current.title}  {total}" if self.stepper.current \
                else ""
            if line and (not self._seen or self._seen[-1] != line):
                self._seen.append(line)
        keys = QUIZ_KEYS if self.stepper.question is not None else KEYS
        return f"{self.stepper.text(self.look)}\n{self.look.plain(keys)}"

    def _next(self, rest: str) -> str:
        if self.stepper.is_at_end:
            if self.stepper.level == "element":
                return " That was the last element. o goes out."
            return " That was the last step in here. o goes out." if self.stepper.is_inside else (
                " That was the last step: every gradient is complete.")
        self.stepper.next()
        return self._screen()

    def _back(self, rest: str) -> str:
        before = self.stepper.position
        self.stepper.back()
        return self._screen() if self.stepper.position != before else " This is the start."

    def _goto(self, rest: str) -> str:
        try:
            n = int(rest)
        except ValueError:
            raise ArgumentError(f"g: got {rest!r}. Expected the number of a step, such as g 3.") from None
        self.stepper.goto(n)
        return self._screen()

    def _into(self, rest: str) -> str:
        try:
            place = tuple(int(each) for each in rest.replace("[", " ").replace("]", " ").replace(",", " ").split())
        except ValueError:
            raise ArgumentError(f"i: got {rest!r}. Expected the place of an element, such as i 2,0.") from None
        self.stepper.into(*place)
        return self._screen()

    def _out(self, rest: str) -> str:
        self.stepper.out()
        return self._screen()

    def _until(self, rest: str) -> str:
        if not rest:
            raise ArgumentError("u: expected the name of what a gradient should reach, such as u w.")
        self.stepper.until(rest)
        return self._screen()

    # -- showing --------------------------------------------------------------------------------------------------

    def _where(self, rest: str) -> str:
        return self._said(self.stepper.where())

    def _table(self, rest: str) -> str:
        if self.stepper.quiz is not None:
            return " There is no table during a quiz."
        return self.look.plain(self.stepper.trace.table().text(self.look.width))

    def _again(self, rest: str) -> str:
        return self._screen()

    def _history(self, rest: str) -> str:
        return self.look.plain("\n".join(f" {line}" for line in self._seen[-SEEN:])) or " Nothing yet."

    def _formula(self, rest: str) -> str:
        event = self.stepper.event
        if event is None or self.stepper.question is not None:
            return " There is no formula here."
        rule = event.rule
        verb = "←" if event.is_hook or event.node.op == "item" else "← so far +"
        said = self._said(f"{rule.new} {verb} {rule.contribution}\n{rule.spoken}")
        return f"{said}\n {self.look.plain(rule.latex)}"               # whole, so that it can be copied

    def _save(self, rest: str) -> str:
        self.stepper.save(rest or "steps.txt")
        return f" Saved {rest or 'steps.txt'}."

    def _help(self, rest: str) -> str:
        return HELP + (QUIZ_HELP if self.stepper.quiz is not None else "")

    def _quit(self, rest: str) -> str:
        self.is_over = True
        return ""

    # -- the quiz -------------------------------------------------------------------------------------------------

    @property
    def _commands_in_quiz(self) -> set[str]:
        """Those that are not taken for an answer: letters of choices are."""
        taken = set("abcd") if self.stepper.question.kind == "choice" else set()
        return set(self._commands) - taken

    def _ask_again(self) -> str:
        return self.look.plain(self.stepper.question.text)

    def _answer(self, typed: str) -> str:
        try:
            found = self.stepper.answer(typed)
        except ArgumentError as error:
            return self._said(str(error))
        said = self._said(repr(found))
        return f"{said}\n{self._screen()}" if found else said

    def _hint(self, rest: str) -> str:
        return self._said(self.stepper.hint())

    def _skip(self, rest: str) -> str:
        question = self.stepper.question
        if question is None or self.stepper.quiz is None:
            return " There is no question here."
        self.stepper.quiz.skip(question)
        return f"{self.look.plain(f' It is {answer_text(question)}.')}\n{self._screen()}"
