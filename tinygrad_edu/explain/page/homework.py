"""Homework: a page that asks and holds no answers. Its values follow from a seed; answers are downloaded and graded.

    save_quiz(quiz, path, …)                what `quiz.save` does
    homework_page(trace, homework, seed)    the page of one student

The picture shows values only, rules are in symbols, and where the symbols are what is asked they are left out, too.
Read `explain/grading.py` and `pages.py` before this file.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...errors import ArgumentError
from ...files import write_whole
from ...views.drawing.letters import visible
from ...views.drawing.tokens import Theme
from ...views.graphs import model
from ...views.graphs.summaries import summary
from ..grading import homework_of, questions_of
from ..programs import drawn
from ..quizzes import Question, Quiz
from ..stepper import Stepper
from ..traces import Trace
from .pages import Page
from .pictures import described_by, staged, without_answers
from .words import say

ANSWERS = ("arriving", "local", "adds", "whole", "axes", "before", "after")    # columns of events


def save_quiz(quiz: Quiz, path: str | os.PathLike[str], *, answers: bool, seed: Any, theme: Theme) -> None:
    """Write a page with or without answers; see `Quiz.save`."""
    place = Path(path)
    if place.suffix != ".html":
        raise ArgumentError(f"quiz.save(path): got {place.name!r}. Expected a name that ends in .html.")
    if answers:
        write_whole(place, Page(Stepper(quiz.trace, quiz=True, seed=quiz.seed), theme).document(0).encode())
        return
    if seed is None or not str(seed).strip():
        raise ArgumentError("quiz.save(path, answers=False): got no seed. Expected one for each student, such as "
                            'seed="Ada": values and questions follow from it.')
    homework = homework_of(quiz.trace)
    page = homework_page(quiz.trace, homework, seed, theme=theme)
    write_whole(place, page.encode())
    write_whole(place.with_suffix(".json"), json.dumps(homework, ensure_ascii=False, allow_nan=False).encode())


def homework_page(trace: Trace, homework: Mapping[str, Any], seed: Any, *, theme: Theme = "auto") -> str:
    """The page of one student.

    Args:
        trace: of the lesson; the picture takes names from it.
        homework: what `grading.homework_of` made of it.
        seed: what values and questions follow from: a name, or a number.
        theme: "light", "dark", or "auto".
    """
    return _Homework(trace, drawn(homework, str(seed)), homework, str(seed), theme).document(0)


class _Homework(Page):
    """A page without answers."""

    def __init__(self, lesson: Trace, trace: Trace, homework: Mapping[str, Any], seed: str, theme: Theme) -> None:
        super().__init__(Stepper(trace, quiz=True), theme)
        self.title = "homework title"
        self._id, self._seed = homework["id"], seed
        self._questions = questions_of(trace, seed)
        self._description = _with_values(without_answers(described_by(lesson, ())), trace)

    def _about(self) -> str:
        return say("homework about", seed=self._seed)

    def picture(self, direction: str) -> str:
        """The graph with its values; steps have no numbers in it."""
        return staged(self.description, {}, (), direction=direction, theme=self.theme, prefix=f"tg-{direction}",
                      show="values")

    def contents(self, start: int) -> dict[str, Any]:
        """What the script works with: structure, values, rules in symbols and questions."""
        data = super().contents(start)
        kept = [node.get("value") for node in data["nodes"]] + [data["seed"]]
        moved = {old: new for new, old in enumerate(sorted({i for i in kept if i is not None}))}
        events = {name: column for name, column in data["events"].items() if name not in ANSWERS}
        rules, strings = [], _Strings()
        for step, number in enumerate(events["rule"], 1):
            asked = self._questions.get(step)
            rules.append(strings.rule(data["rules"][number], data["strings"], asked))
        return data | {
            "nodes": [node | {"value": moved.get(node.get("value"))} if "value" in node else node
                      for node in data["nodes"]],
            "values": [data["values"][old] for old in moved], "seed": moved[data["seed"]],
            "events": events | {"rule": list(range(len(rules)))}, "rules": rules, "strings": strings.things,
            "levels": {"node": [], "module": []}, "troubles": {}, "sums": {}, "unset": None, "left": [],
            "quiz": [_asked(self._questions.get(step)) for step in range(1, len(rules) + 1)],
            "homework": {"id": self._id, "seed": self._seed}}


class _Strings:
    """The strings that a page without answers may hold."""

    def __init__(self) -> None:
        self.things: list[str] = []

    def rule(self, rule: list[Any], strings: list[str], asked: Question | None) -> list[Any]:
        """A rule (new, arriving, adds, why, local, factor) without what is asked, and without what is computed."""
        found = [None if i is None else self.number(strings[i]) for i in (rule + [None] * 8)[:6]]
        if asked is None or asked.kind != "number":
            found[2] = found[4] = found[5] = None
        return found

    def number(self, words: str) -> int:
        """The number of a string."""
        if words not in self.things:
            self.things.append(words)
        return self.things.index(words)


def _asked(question: Question | None) -> dict[str, Any] | None:
    """A question without its answer, and without hints that hold numbers of the answer."""
    if question is None:
        return None
    most = {"number": 2}.get(question.kind, 1)
    return {"kind": question.kind, "prompt": visible(question.prompt), "hides": question.hides,
            "choices": [*map(visible, question.choices)], "hints": [*map(visible, question.hints[:most])]}


def _with_values(lesson: model.Description, trace: Trace) -> model.Description:
    """The picture of a lesson with other values."""
    values = {node.id: summary(node.value) for node in trace.nodes if not isinstance(node.value, tuple)}
    return replace(lesson, nodes=tuple(replace(node, value=values.get(node.id, node.value)) for node in lesson.nodes))
