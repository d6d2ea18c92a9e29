"""Grading: homework that was drawn from a seed, and the marks of what students sent back.

    homework_of(quiz)               what the teacher keeps: the program, without any student's answers
    marks(homework, answers)        one row for each file of answers
    grade(homework, folder)         the same from files, as CSV

Nothing in the files of answers is believed but the answers themselves: values, questions and right answers follow from
the program and the seed, and are computed anew. Read `programs.py` and `quizzes.py` before this file.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import ArgumentError, DataError
from .programs import drawn, program_of
from .quizzes import Question, judged, question_of
from .traces import Trace

FORMAT, VERSION = "tinygrad_edu answers", 1
HEADINGS = ("file", "seed", "right", "of", "wrong steps", "not answered", "note")


class Mark(NamedTuple):
    """What one file of answers is worth.

    Attributes:
        file: its name.
        seed: the seed that it says, usually the student's name.
        right, of: how many answers are right, of how many questions.
        wrong, missing: the steps whose answer is wrong, or left out.
        note: what is wrong with the file; empty if nothing is.
    """

    file: str
    seed: str
    right: int = 0
    of: int = 0
    wrong: tuple[int, ...] = ()
    missing: tuple[int, ...] = ()
    note: str = ""


def homework_of(trace: Trace) -> dict[str, Any]:
    """What the teacher keeps of a computation: a program with its identity."""
    program = program_of(trace)
    return {**program, "id": identity(program)}


def identity(program: Mapping[str, Any]) -> str:
    """By which answers say to which homework they belong."""
    text = json.dumps([program["trace"], program["options"]], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def questions_of(trace: Trace, seed: Any) -> dict[int, Question]:
    """The questions of a drawn trace, by step."""
    found = {step: question_of(trace, event, _whole(seed)) for step, event in enumerate(trace.events, 1)}
    return {step: question for step, question in found.items() if question is not None}


def _whole(seed: Any) -> int:
    """A seed for `question_of`: any text or number, as a number that is the same on every machine."""
    return int.from_bytes(hashlib.sha256(str(seed).encode()).digest()[:6], "big")


def marks(homework: Mapping[str, Any], answers: Mapping[str, Any]) -> list[Mark]:
    """One mark for each file of answers.

    Args:
        homework: what `homework_of` gave.
        answers: file name -> its content.
    Raises: DataError if the homework is none.
    """
    known: dict[str, dict[int, Question]] = {}
    return [_mark(file, content, homework, known) for file, content in sorted(answers.items())]


def _mark(file: str, content: Any, homework: Mapping[str, Any], known: dict[str, dict[int, Question]]) -> Mark:
    if not isinstance(content, dict) or content.get("format") != FORMAT or content.get("version") != VERSION or \
            not isinstance(content.get("answers"), dict):
        return Mark(file, "", note="this is no file of answers")
    seed = str(content.get("seed"))
    if seed not in known:
        known[seed] = questions_of(drawn(homework, seed), seed)
    questions = known[seed]
    if content.get("homework") != homework.get("id"):
        return Mark(file, seed, of=len(questions), note="these are answers to another homework")
    given = {step: str(content["answers"].get(str(step), "")).strip() for step in questions}
    wrong = tuple(step for step, text in given.items() if text and not _is_right(questions[step], text))
    missing = tuple(step for step, text in given.items() if not text)
    return Mark(file, seed, len(questions) - len(wrong) - len(missing), len(questions), wrong, missing)


def _is_right(question: Question, text: str) -> bool:
    try:
        return judged(question, text).right
    except ArgumentError:
        return False                    # what cannot be read is wrong


def grade(homework: str | os.PathLike[str], folder: str | os.PathLike[str]) -> str:
    """The marks of all files of answers in a folder, as CSV: one row each, in the order of their names.

    Args:
        homework: the file that `quiz.save` wrote for the teacher.
        folder: where the files of answers are: all that end in .json, also in folders inside.
    Raises: DataError if there is no such file or folder, or the homework cannot be read.
    """
    place = Path(folder)
    if not place.is_dir():
        raise DataError(f"grade: there is no folder {os.fspath(folder)}. Expected one with files of answers.")
    files = sorted(place.rglob("*.json"))
    found = {file.relative_to(place).as_posix(): _loaded(file) for file in files}
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(HEADINGS)
    for mark in marks(_homework(homework), found):
        rows.writerow([*map(_harmless, mark[:2]), mark.right, mark.of, " ".join(map(str, mark.wrong)),
                       " ".join(map(str, mark.missing)), mark.note])
    return out.getvalue()


def _harmless(text: str) -> str:
    """A cell that no program takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _homework(path: str | os.PathLike[str]) -> dict[str, Any]:
    content = _loaded(Path(path))
    if not isinstance(content, dict) or "trace" not in content:
        raise DataError(f"grade: {os.fspath(path)} is no homework. Expected the .json file that quiz.save(…) wrote "
                        "beside the page.")
    return content


def _loaded(path: Path) -> Any:
    """The content of a JSON file; None if it has none that can be read."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
