"""Trace: every edge of one backward pass, in the order of the engine, as data that no longer changes.

    found = loss.trace()        made by `tracing.py`
    found[3]  found[2:5]        an event; the events from one to another
    found.events_of(w)          what was added to the gradient of w
    found.paths(w)              along which ways w acts on the result, and what each way contributes
    found.table()               text, HTML, pandas
    found.to_json()             and back by Trace.from_json(text)

Adding up what `events_of(w)` gives is the gradient of w, to the last bit. Read `events.py` before this file.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, overload

from ..core.tensors import Tensor
from ..errors import GraphError
from ..views.drawing.letters import cut
from .events import Event, Forward, Node, Wording
from .paths import Paths, paths
from .tables import Table, table_of

if TYPE_CHECKING:
    from .stepper import Stepper

LONGEST = 60                # letters of the result in a line about the trace


class Trace(Sequence[Event]):
    """The events of one backward pass, and the graph that it went through.

    Attributes:
        events: one for each edge, in the order of the engine, and one for each hook that replaced a gradient.
        forward: one for each operation, in the order in which they were computed.
        nodes: the tensors of the graph, oldest first.
        root: where the pass began.
        seed: the gradient that it began with: 1 for a single number.
        gradients: node id -> the whole gradient, as a first `backward()` would leave it in `.grad`.
        not_taken: (node, input) of the edges that were left out because a `where` took nothing of the node.
        sources: file -> line -> the user's code, around the lines that made the tensors.
        of: what formulas call the result: its name, or L.
        whole: the trace that this one is a slice of; itself, if it is none.

    >>> x = tg.Tensor(3.0, name="x")
    >>> found = tg.explain.trace(x * x)
    >>> sum(event.summed for event in found.events_of(x)), found.gradient(x)
    (6.0, 6.0)
    """

    events: tuple[Event, ...]
    forward: tuple[Forward, ...]
    nodes: tuple[Node, ...]
    root: Node
    seed: Any
    gradients: Mapping[str, Any]
    not_taken: tuple[tuple[Node, Node], ...]
    sources: Mapping[str, Mapping[int, str]]
    of: str
    words: Wording
    whole: Trace
    tensors: Mapping[Tensor, str]
    _by_id: Mapping[str, Node]

    def __init__(self, events: tuple[Event, ...], forward: tuple[Forward, ...], nodes: tuple[Node, ...], root: Node,
                 seed: Any, gradients: Mapping[str, Any], not_taken: tuple[tuple[Node, Node], ...],
                 sources: Mapping[str, Mapping[int, str]], of: str, ids: Mapping[Tensor, str], words: Wording,
                 whole: Trace | None = None) -> None:
        self.__dict__.update(
            events=events, forward=forward, nodes=nodes, root=root, seed=seed, of=of, words=words,
            gradients=MappingProxyType(dict(gradients)), not_taken=not_taken, sources=sources, whole=whole or self,
            tensors=MappingProxyType(ids), _by_id={node.id: node for node in nodes})

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"trace.{name}: a trace does not change. Expected to read it; a new pass gives a new one, "
                             "by t.trace().")

    # -- a sequence of events -------------------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self.events)

    @overload
    def __getitem__(self, index: int) -> Event: ...
    @overload
    def __getitem__(self, index: slice) -> Trace: ...

    def __getitem__(self, index: int | slice) -> Event | Trace:
        """An event, counted from 0; of a slice a trace of these events, of the same graph."""
        if isinstance(index, slice):
            return self._with(self.events[index])
        if not hasattr(index, "__index__"):
            raise TypeError(f"trace[…]: got {index!r:.40}. Expected the number of an event, from 0 on, or a slice. "
                            "trace.events_of(w) gives what flows to w.")
        if not -len(self.events) <= index < len(self.events):
            raise IndexError(f"trace[…]: got {index}. It has {len(self.events)} events, numbered from 0 on here.")
        return self.events[index]

    def _with(self, events: Iterable[Event]) -> Trace:
        return Trace(tuple(events), self.forward, self.nodes, self.root, self.seed, self.gradients, self.not_taken,
                     self.sources, self.of, self.tensors, self.words, self.whole)

    # -- nodes ----------------------------------------------------------------------------------------------------

    def node(self, which: Any) -> Node:
        """A node of the graph: by its tensor, its id ("n3"), its name, or its label ("w·x").

        Raises: GraphError if there is none, or if several are called so.
        """
        if isinstance(which, Node):
            which = which.id
        if which.__class__ is Tensor:
            if which not in self.tensors:
                raise GraphError(f"trace: {which._label()} is not a part of the graph. Expected a tensor that the "
                                 "result was made from" + (", by its name: this trace was read from a file."
                                                           if not self.tensors else "."))
            return self._by_id[self.tensors[which]]
        if not isinstance(which, str):
            raise GraphError(f"trace: got {which!r:.40} for a node. Expected a tensor of the graph, or its name.")
        found = [node for node in self.nodes if node.name == which] or [
            node for node in self.nodes if which in (node.id, node.label)]
        if len(found) != 1:
            names = ", ".join(node.name for node in self.nodes if node.name) or "none"
            raise GraphError(f"trace: {len(found) or 'no'} nodes are called {which!r}. Expected a tensor of the graph, "
                             f"or one of the names: {names}.")
        return found[0]

    @property
    def holds_tensors(self) -> bool:
        """Whether the graph itself is at hand; False for a trace that was read from a file."""
        return bool(self.tensors)

    def tensor(self, node: Node) -> Tensor:
        """The tensor that a node stands for.

        Raises: GraphError if the trace was read from a file, which holds no tensors.
        """
        for t, i in self.tensors.items():
            if i == node.id:
                return t
        raise GraphError(f"trace: there is no tensor for {node.label}: this trace was read from a file.")

    def events_of(self, which: Any) -> Trace:
        """The events that flow to a node, hooks on it included; adding up what they bring is its gradient."""
        node = self.node(which)
        return self._with(event for event in self.events if event.input is node)

    def gradient(self, which: Any) -> Any:
        """The whole gradient of a node, as a first `backward()` would leave it; None where none arrived."""
        return self.gradients.get(self.node(which).id)

    def total(self, node: Node, number: int) -> Any:
        """The gradient of a node so far, after event `number`; None if nothing has arrived."""
        total = self.seed if node is self.root else None
        for event in self.brought_to(node):
            if event.number > number:
                break
            total = event.after
        return total

    def brought_to(self, node: Node) -> Sequence[Event]:
        """All events of the pass that flow to a node, also where this trace is a slice; hooks included."""
        return self.whole._by_input.get(node.id, ())

    @cached_property
    def _by_input(self) -> Mapping[str, Sequence[Event]]:
        found: dict[str, list[Event]] = defaultdict(list)
        for event in self.events:
            found[event.input.id].append(event)
        return dict(found)

    @cached_property
    def reached(self) -> Sequence[Node]:
        """The nodes that a gradient reaches, in the order in which it does; the result first."""
        if self.whole is not self:
            return self.whole.reached
        return tuple(dict.fromkeys([self.root, *(event.input for event in self.events)]))

    def paths(self, a: Any, b: Any = None) -> Paths:
        """All ways from `b` (the result, if left out) back to `a`, and what each contributes.

        Args:
            a, b: tensors, nodes or names.
        Returns: the paths; for graphs that are too large, or hold arrays on the way, their number only.

        >>> x = tg.Tensor(3.0, name="x")
        >>> print(tg.explain.trace(x * x + x).paths("x"))
        3 paths from L to x
          L → x² → x   1 × 3 = 3
          L → x² → x   1 × 3 = 3
          L → x        1
          sum          7
        """
        return paths(self.whole, self.node(a), self.root if b is None else self.node(b))

    # -- how it is shown ------------------------------------------------------------------------------------------

    @property
    def title(self) -> str:
        """What the result is: `y = tanh(w·x + b)`."""
        made = self.root.expression
        return f"{self.of} = {made}" if made else self.of

    def table(self, formulas: bool = True) -> Table:
        """All events as a table: `print` it, or see `.html` and `.pandas()`.

        Args:
            formulas: whether it has a column with the local derivative in symbols, which takes time to print.
        """
        return table_of(self, formulas)

    def step(self, level: str = "edge", quiz: bool = False) -> Stepper:
        """Step through the events one by one, see `tg.step`."""
        from .stepper import Stepper
        return Stepper(self, level=level, quiz=quiz)

    def to_json(self, formulas: bool = True) -> str:
        """The trace as JSON, which `Trace.from_json` reads; the format is told in `explain/json_files.py`."""
        from .json_files import written
        return written(self, formulas)

    @staticmethod
    def from_json(text: str) -> Trace:
        """The trace that `to_json` wrote, without the tensors.

        Raises: DataError if the text is not such a trace, or of a version that is not known.
        """
        from .json_files import read
        return read(text)

    def __repr__(self) -> str:
        edges = sum(not event.is_hook for event in self.events)
        hooks = len(self.events) - edges
        more = f" and {hooks} hook{'s' * (hooks > 1)}" if hooks else ""
        return f"<trace of {cut(self.title, LONGEST)}: {edges} edge{'s' * (edges != 1)}{more}, {len(self.nodes)} nodes>"

    def __str__(self) -> str:
        return str(self.table())

    def _repr_html_(self) -> str:
        return self.table().html
