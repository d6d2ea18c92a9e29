"""Quizzes: each step asks before it shows.

    quiz.open_question(event)       what is asked, or None
    quiz.answer(question, "0.5")    whether that is right; if not, what it looks like
    quiz.hint(question)             the rule, then its symbols, then its numbers
    quiz.summary()                  how it went

Questions follow from the trace and a seed, so that the same seed asks the same. Rounding is forgiven: an answer is
right within half a percent, or if it is the right number rounded to the digits that were typed (at least to 5 percent).
Read `traces.py` before this file.
"""

from __future__ import annotations

import ast
import operator
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..core import values
from ..errors import ArgumentError
from ..views.drawing.numbers import number, shape_text
from .events import Event

if TYPE_CHECKING:
    from ..views.drawing.tokens import Theme
    from .traces import Trace

CLOSE, ROUNDED = 0.005, 0.05        # relative errors that are forgiven: always; and if the digits typed are right
LETTERS = "abcd"


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """What is asked about one event.

    Attributes:
        event: the number of the event.
        kind: "number" or "choice".
        prompt: the question in words.
        answer: the right number, or the right choice.
        choices: what there is to choose from; empty for numbers.
        hides: what is not shown until it is answered: "number" or "formula".
        hints: each says more than the one before.
        mistakes: (a wrong number, what it probably is).
    """

    event: int
    kind: str
    prompt: str
    answer: Any
    choices: tuple[str, ...]
    hides: str
    hints: tuple[str, ...]
    mistakes: tuple[tuple[float, str], ...] = ()

    @property
    def text(self) -> str:
        """The question, with the choices by letters."""
        return "\n".join([f" ?  {self.prompt}", *(f"    {letter}  {choice}" for letter, choice in
                                                  zip(LETTERS, self.choices, strict=False))])


@dataclass(frozen=True, slots=True)
class Feedback:
    """Whether an answer is right, and what there is to say about it."""

    right: bool
    text: str

    def __bool__(self) -> bool:
        return self.right

    def __repr__(self) -> str:
        return f"{'✓' if self.right else '✗'} {self.text}"


@dataclass(slots=True)
class Record:
    """How one question went."""

    question: Question
    tries: int = 0
    hints: int = 0
    right: bool = False
    skipped: bool = False


class Quiz:
    """The questions of a trace, and how they were answered."""

    def __init__(self, trace: Trace, seed: int = 0) -> None:
        self.trace, self.seed = trace, seed
        self.records: dict[int, Record] = {}
        self._questions: dict[int, Question | None] = {}

    def question(self, event: Event) -> Question | None:
        """What can be asked about an event; None for hooks and the like."""
        if event.number not in self._questions:
            self._questions[event.number] = question_of(self.trace, event, self.seed)
        return self._questions[event.number]

    def open_question(self, event: Event) -> Question | None:
        """The question of an event, unless it is answered or was skipped."""
        record = self.records.get(event.number)
        return None if record and (record.right or record.skipped) else self.question(event)

    def answer(self, question: Question, given: Any) -> Feedback:
        """Whether an answer is right; if not, what it looks like."""
        record = self._record(question)
        record.tries += 1
        found = judged(question, given)
        record.right = found.right
        return found

    def hint(self, question: Question) -> str:
        """The next hint; the last one again, when there are no more."""
        record = self._record(question)
        record.hints += 1
        return question.hints[min(record.hints, len(question.hints)) - 1]

    def skip(self, question: Question) -> str:
        """Show the answer instead of asking on."""
        self._record(question).skipped = True
        return f"It is {answer_text(question)}."

    def summary(self) -> str:
        """How it went: how many are right, at the first try, with hints, and what to look at again."""
        records = list(self.records.values())
        if not records:
            return "No question was answered."
        right = [each for each in records if each.right]
        first = sum(each.tries == 1 and not each.hints for each in right)
        hints = sum(each.hints for each in records)
        lines = [f"{len(right)} of {len(records)} right, {first} at the first try without a hint"
                 + (f"; {hints} hint{'s' * (hints != 1)}" if hints else "") + "."]
        again = [each.question.event for each in records if not each.right or each.tries > 1]
        for n in again[:5]:
            event = self.trace_event(n)
            lines.append(f"Look again at step {n}, {event.edge}: {event.rule.why}")
        return "\n".join(lines)

    def save(self, path: Any, *, answers: bool = True, seed: Any = None, theme: Theme = "auto") -> None:
        """Write the quiz as a page; without answers it is homework.

        Args:
            path: a name that ends in .html. Homework is accompanied by a file for the teacher, with the same name but
                for the ending .json, by which `tinygrad-edu grade` marks what students send back.
            answers: True for a page that judges each answer; False for one that holds none: its values follow from the
                seed, and students download what they answered.
            seed: of homework, usually the student's name: each gets values and questions of their own.
            theme: "light", "dark", or "auto": as the reader has it.
        Raises: ArgumentError for another ending, if homework has no seed, or holds what no file can; DataError if a
            file cannot be written.
        """
        from .page.homework import save_quiz
        save_quiz(self, path, answers=answers, seed=seed, theme=theme)

    def trace_event(self, number: int) -> Event:
        """The event with a number."""
        return next(event for event in self.trace.whole.events if event.number == number)

    def _record(self, question: Question) -> Record:
        return self.records.setdefault(question.event, Record(question))


# -- questions --------------------------------------------------------------------------------------------------------


def question_of(trace: Trace, event: Event, seed: int = 0) -> Question | None:
    """What to ask about an event; the same for the same seed."""
    if event.is_hook or isinstance(event.summed, tuple) or event.node.op == "item":
        return None
    rng = random.Random(f"{seed} {event.number}")
    if values.shape_of(event.after) == () and values.shape_of(event.arriving) == () and event.local is not None \
            and np.isfinite(event.after):
        choices = _locals(trace, event, rng)
        ask_formula = len(choices) > 2 and rng.random() < 1 / 3
        return _formula(event, choices, rng) if ask_formula else _number(event)
    return _shape(event, rng)


def _number(event: Event) -> Question:
    """The new total; where nothing was there before, that is the contribution."""
    rule, g, local = event.rule, float(event.arriving), float(event.local)
    before = 0.0 if event.before is None else float(event.before)
    after, adds = float(event.after), float(event.summed)
    mistakes = [(adds, f"That is what is added. There was {number(before)} already."),
                (-after, "The size is right, the sign is not."),
                (local, f"That is the local derivative alone. Multiply it by what arrives, {number(g)}."),
                (g, f"That is what arrives. It goes through the operation: multiply it by {rule.factor}."),
                (g + local, "Multiply what arrives by the local derivative; do not add them."),
                (g / local if local else np.nan, "Multiply by the local derivative, do not divide by it.")]
    hints = (rule.why, f"{rule.new} ← so far + {rule.arriving} × {rule.factor}",
             f"{number(before)} + {number(g)} × {number(local)}")
    return Question(event.number, "number", f"What is {rule.new} after this step?", after, (), "number", hints,
                    tuple((float(wrong), text) for wrong, text in mistakes))


def _locals(trace: Trace, event: Event, rng: random.Random) -> list[str]:
    """The right local derivative, and up to three others that might be."""
    right = event.rule.local
    if right is None:
        return []
    near = [event.node.label, event.input.label, *(x.label for x in event.node.inputs if hasattr(x, "label")),
            *(each.rule.local for each in trace.whole.events[max(event.number - 6, 0):event.number + 5]
              if each.rule.local),
            "1", "−1", "0"]
    others = [each for each in dict.fromkeys(near) if each != right and "…" not in each]
    rng.shuffle(others)
    return [right, *others[:3]]


def _formula(event: Event, choices: list[str], rng: random.Random) -> Question:
    right = choices[0]
    choices = sorted(choices)
    rng.shuffle(choices)
    prompt = f"Which is the local derivative ∂{_bracketed(event.node.label)}/∂{_bracketed(event.input.label)}?"
    hints = (event.rule.why, f"It comes to {number(event.local)} here.")
    return Question(event.number, "choice", prompt, right, tuple(choices), "formula", hints)


def _bracketed(label: str) -> str:
    return label if re.fullmatch(r"[\w.]+(\(.*\))?", label) else f"({label})"


def _shape(event: Event, rng: random.Random) -> Question:
    """Of arrays: the shape of what is added up."""
    given, shape = values.shape_of(event.contribution), values.shape_of(event.summed)
    names = {x.shape for x in event.node.inputs if hasattr(x, "shape")}
    shapes = [shape, given, values.shape_of(event.arriving), shape[::-1], *names, (1,), ()]
    others = [each for each in dict.fromkeys(shapes) if each != shape]
    texts = [shape_text(each, "a single number") for each in (shape, *others[:3])]
    right = texts[0]
    choices = list(dict.fromkeys(texts))
    rng.shuffle(choices)
    why = "A gradient has the shape of what it is the gradient of."
    hints = (event.rule.why, why, f"{event.input.label} has shape {shape_text(shape, 'of a single number')}.")
    return Question(event.number, "choice", f"Which shape has {event.rule.new}?", right, tuple(choices), "number",
                    hints)


# -- judging ----------------------------------------------------------------------------------------------------------


def answer_text(question: Question) -> str:
    """The right answer in words."""
    return number(question.answer) if question.kind == "number" else str(question.answer)


def judged(question: Question, given: Any) -> Feedback:
    """Whether an answer is right.

    Raises: ArgumentError if it cannot be read: a word in place of a number, a letter that is not there.
    """
    if question.kind == "choice":
        return _chosen(question, str(given).strip())
    value, typed = read_number(given)
    exact = float(question.answer)
    if is_close(value, exact, typed):
        digits = "" if number(value) == number(exact) else f" (to four digits {number(exact)})"
        return Feedback(True, f"Right{digits}.")
    for wrong, text in question.mistakes:
        if abs(wrong - exact) > CLOSE * abs(exact) and is_close(value, wrong, typed):
            return Feedback(False, f"Not yet. {text}")
    if abs(value - exact) <= 0.2 * abs(exact):
        return Feedback(False, "Nearly. Two more digits, please.")
    return Feedback(False, "Not yet. A hint says which rule it is.")


def _chosen(question: Question, given: str) -> Feedback:
    letter = given.lower().rstrip(".)")
    if letter in LETTERS[:len(question.choices)] and letter:
        given = question.choices[LETTERS.index(letter)]
    if _bare(given) not in map(_bare, question.choices):
        raise ArgumentError(f"answer: got {given!r:.40}. Expected one of the letters "
                            f"{', '.join(LETTERS[:len(question.choices)])}.")
    if _bare(given) == _bare(question.answer):
        return Feedback(True, "Right.")
    return Feedback(False, "Not yet. A hint says which rule it is.")


def _bare(text: str) -> str:
    return re.sub(r"\s", "", str(text)).replace("*", "·").replace("-", "−")


def is_close(value: float, exact: float, typed: str = "") -> bool:
    """Whether a number is the right one, to rounding.

    >>> is_close(0.5, 0.5009, "0.5"), is_close(0.51, 0.5009, "0.51"), is_close(-1.5, -1.503, "-1.5")
    (True, False, True)
    """
    error = abs(value - exact)
    if error <= CLOSE * abs(exact) or (error < 1e-9 and 0 in (value, exact)):
        return True
    return error <= half_a_digit(typed) * 1.000001 and error <= ROUNDED * abs(exact)


def half_a_digit(typed: str) -> float:
    """Half of the last digit that was typed."""
    found = re.fullmatch(r"-?(\d*)\.?(\d*)(?:e([+-]?\d+))?", typed.strip().lower())
    if not found or not (found[1] or found[2]):
        return 0.0
    return float(0.5 * 10.0 ** (int(found[3] or 0) - len(found[2])))


OPERATORS: dict[type, Callable[..., Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.Pow: operator.pow, ast.USub: operator.neg, ast.UAdd: operator.pos}


def read_number(given: Any) -> tuple[float, str]:
    """A number as it was typed, also as a small calculation: "0.501 * -3", "1/3", "−1,5".

    Raises: ArgumentError if it is none.

    >>> read_number("−1/4")[0]
    -0.25
    """
    if isinstance(given, (int, float, np.number)) and not isinstance(given, bool):
        return float(given), repr(float(given))
    text = str(given).strip().replace("^", "**").translate(str.maketrans("−·×÷", "-**/"))
    text = re.sub(r"(?<=\d),(?=\d)", ".", text)
    try:
        return float(_calculated(ast.parse(text, mode="eval").body)), text
    except (SyntaxError, ValueError, ArithmeticError, TypeError, RecursionError, MemoryError):
        raise ArgumentError(f"answer: got {given!r:.40}. Expected a number such as -1.5, or a calculation such as "
                            "0.5 * -3.") from None


def _calculated(x: ast.expr) -> float:
    if isinstance(x, ast.Constant) and isinstance(x.value, (int, float)) and not isinstance(x.value, bool):
        return float(x.value)
    if isinstance(x, ast.BinOp) and type(x.op) in OPERATORS:
        return float(OPERATORS[type(x.op)](_calculated(x.left), _calculated(x.right)))
    if isinstance(x, ast.UnaryOp) and type(x.op) in OPERATORS:
        return float(OPERATORS[type(x.op)](_calculated(x.operand)))
    raise ValueError


