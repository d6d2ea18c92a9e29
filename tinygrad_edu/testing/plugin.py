"""The pytest plugin: `pytest --grad-audit` checks every operation that the tests of a run record.

While a test runs, each node that it records is looked at once: the first values of each operation, options, shapes and
dtypes are kept, and checked with `grad_report` when the run ends. The table says for each operation how often it was
recorded, the verdict, and the smallest relative error that would have been seen. A wrong rule fails the run.
Only the thread that runs a test is watched; with the workers of pytest-xdist it refuses to run.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from ..core import ops
from ..core.backprop import ITEM
from ..core.rules import Op, Rule
from ..core.tensors import Tensor
from .alone import is_floating
from .checks import grad_report

MOST_SAMPLES = 20           # of one operation are checked, with other options, shapes or dtypes
ROUNDING = 1e-16            # smaller errors than this are not worth telling apart
VERDICTS = ("ok", "at a kink", "not checked", "inconclusive", "wrong")          # the last of them wins


@dataclass
class Sample:
    """One use of an operation: what it was given, and where."""

    op: Op
    inputs: tuple[Any, ...]
    options: dict[str, Any]
    position: Any

    def judged(self) -> tuple[str, float, str]:
        """The verdict, the smallest relative error that would have been seen, and the report if it says more."""
        moving = [i for i, x in enumerate(self.inputs)
                  if is_floating(x) and self.op.rule_of(i).kind != Rule.NONE and np.size(x)]
        if not moving:
            return "not checked", np.inf, "no input with elements and a derivative"

        def alone(*xs: Any) -> Any:
            inputs = list(self.inputs)
            for i, x in zip(moving, xs, strict=True):
                inputs[i] = x
            out = ops.apply(self.op, tuple(inputs), self.options)
            made = out[0].inputs[0] if self.op.results and out[0].inputs else out
            if made.__class__ is Tensor:
                made._code, made._offset = self.position, 0         # where the test used it
            return out

        try:
            names = [f"{self.op.many}[{i}]" if self.op.many else self.op.input_names[i] for i in moving]
            report = grad_report(alone, *(Tensor(self.inputs[i], name=name)
                                          for i, name in zip(moving, names, strict=True)))
        except Exception as error:
            return "wrong", np.inf, f"{type(error).__name__}: {error}"
        return report.verdict, report.resolution, "" if report.ok else str(report)


@dataclass
class Seen:
    """What is known of one operation."""

    times: int = 0
    samples: dict[Any, Sample] = field(default_factory=dict)


class Audit:
    """Watches the tests of a run, and reports when it ends."""

    def __init__(self) -> None:
        self.seen: dict[str, Seen] = {}
        self.last: Tensor | None = None
        self.thread = 0
        self.make = ops.new_node
        self.lines: list[tuple[str, str]] = []          # of the table, with the verdict
        self.reports: list[str] = []
        self.wrong = 0                                  # how many operations have a wrong rule

    # -- watching -----------------------------------------------------------------------------------------------------

    def _new_node(self, cls: type) -> Any:
        """A new node; the one before is complete by now."""
        node: Any = self.make(cls)
        if threading.get_ident() == self.thread:
            self._look()
            self.last = node
        return node

    def _look(self) -> None:
        node, self.last = self.last, None
        if node is None or node._op is ITEM or not node._needs:
            return
        op = node._op
        seen = self.seen.setdefault(op.key, Seen())
        seen.times += 1
        if len(seen.samples) < MOST_SAMPLES:
            inputs = tuple(x._value if x.__class__ is Tensor else x for x in node.inputs)
            key = (repr(node.options), tuple((np.shape(x), str(getattr(x, "dtype", type(x)))) for x in inputs))
            if key not in seen.samples:
                seen.samples[key] = Sample(op, inputs, node.options, node.position)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self) -> Iterator[None]:
        """Watch what one test records."""
        self.thread, self.last = threading.get_ident(), None
        ops.new_node = self._new_node
        try:
            return (yield)
        finally:
            ops.new_node = self.make
            self._look()

    # -- the report ---------------------------------------------------------------------------------------------------

    def pytest_sessionfinish(self, session: Any) -> None:
        """Check what was seen; the run fails if a rule is wrong."""
        for name, seen in sorted(self.seen.items()):
            judged = [(*sample.judged(), sample) for sample in seen.samples.values()]
            verdicts = Counter(verdict for verdict, *_ in judged)
            worst = max(verdicts, key=VERDICTS.index)
            resolution = min(found for _, found, *_ in judged)
            counts = ", ".join(f"{verdicts[each]} {each}" for each in VERDICTS if verdicts[each])
            least = f"{max(resolution, ROUNDING):.0e}" if np.isfinite(resolution) else "–"
            self.lines.append((f"{name:<24}{seen.times:>10,}  {least:>12}  {counts}", worst))
            self.reports += [f"{name}, used at {sample.position}\n{text}"
                             for verdict, _, text, sample in judged if verdict in ("wrong", "inconclusive")]
            self.wrong += worst == "wrong"
        if self.wrong and session.exitstatus in (0, pytest.ExitCode.NO_TESTS_COLLECTED):
            session.exitstatus = 1

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Print the table, and the reports of the rules that are wrong."""
        terminalreporter.section("gradient audit")
        if not self.lines:
            terminalreporter.write_line("The tests recorded no operation that needs a gradient.")
            return
        terminalreporter.write_line(f"{'operation':<24}{'times seen':>10}  {'sees errors':>12}  uses checked")
        colours = {"wrong": {"red": True}, "inconclusive": {"yellow": True}, "not checked": {"yellow": True}}
        for line, worst in self.lines:
            terminalreporter.write_line(line, **colours.get(worst, {"green": True}))
        for report in self.reports:
            terminalreporter.write_line("")
            terminalreporter.write_line(report)
        said = f"FAILED: {self.wrong} of {len(self.lines)} operations" if self.wrong else "no operation"
        terminalreporter.write_line(f"gradient audit: {said} with a wrong rule", red=bool(self.wrong))


def pytest_addoption(parser: Any) -> None:
    """Add the one option."""
    parser.getgroup("tinygrad_edu").addoption(
        "--grad-audit", action="store_true",
        help="check the derivative rule of every tinygrad_edu operation that the tests record")


def pytest_configure(config: Any) -> None:
    """Watch the run if asked to."""
    if config.getoption("--grad-audit"):
        if config.getoption("numprocesses", None) or hasattr(config, "workerinput"):
            raise pytest.UsageError("--grad-audit watches the tests of one process. Leave out -n (pytest-xdist).")
        config.pluginmanager.register(Audit(), "tinygrad_edu-grad-audit")
