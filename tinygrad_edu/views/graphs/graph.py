"""Graph: the picture of a recorded graph, to look at, filter, save and print.

    graph(x, *examples)     of a Tensor, of several, or of a function run on examples -> Graph
    Graph                   filters give a new Graph, so that they compose; forms are text, SVG, DOT, Mermaid, JSON

    tg.graph(loss).fold(1).focus("z", hops=2).save("z.svg")

Read `model.py` for what a graph consists of, `recorded.py` for how it is made, `filters.py` and `folding.py` for what
filters do; each form has a file of its own.
"""

from __future__ import annotations

import difflib
import os
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from sys import _getframe
from typing import TYPE_CHECKING, Any

from ...core.positions import is_inside
from ...core.tensors import Tensor
from ...errors import ArgumentError, GraphError
from ..recording import check_examples, parameter_names, recorded, variables_in
from . import filters, folding, repeats
from .model import Description, Edge, Module, Node
from .recorded import LIMIT, described
from .titles import Site

if TYPE_CHECKING:
    from graphviz import Digraph

    from .picture.animation import Animation

SHOWN = ("auto", "values", "gradients", "both", "shapes")
STYLES = ("auto", "blackboard", "compact", "shapes")


class Graph:
    """A picture of a recorded graph. It holds numbers and names only, and stays what it is when the variables change.

    Attributes:
        description: all that the picture shows, see `model.py`.
        shown: what is shown: "values", "gradients", "both", "shapes", or "auto" for what there is.

    A node is given to a filter as a Tensor of the graph, as a name, or as an id such as "n3".

    >>> w, x = tg.variables(w=2, x=-3)
    >>> y = w * x
    >>> y.backward()
    >>> print(graph(y))
    y = w·x
           made by    value   grad   local derivative
    y      ×             −6      1
    ├─ w   variable       2     −3   × x = −3
    └─ x   variable      −3      2   × w = 2
    """

    def __init__(self, description: Description, *, shown: str = "auto", style: str = "auto",
                 tensors: Mapping[Tensor, str] | None = None) -> None:
        _check("show", shown, SHOWN)
        _check("style", style, STYLES)
        self.description, self.shown, self._style = description, shown, style
        self._recorded = description
        self._place: Mapping[str, str] = {node.id: node.id for node in description.nodes}
        # by identity and weakly: a picture does not keep the values of its graph alive
        self._tensors = {id(t): (weakref.ref(t), node) for t, node in (tensors or {}).items()}

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The nodes, each after those it was made from."""
        return self.description.nodes

    @property
    def edges(self) -> tuple[Edge, ...]:
        """The edges, one for each argument of each operation."""
        return self.description.edges

    @property
    def modules(self) -> tuple[Module, ...]:
        """The modules, outer ones before inner ones."""
        return self.description.modules

    @property
    def title(self) -> str:
        """What the graph computes."""
        return self.description.title

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences about what is not shown."""
        return self.description.notes

    def node(self, node: Tensor | str) -> Node:
        """The node of a Tensor, a name or an id.

        Raises: GraphError for a Tensor that is no part of the graph, ArgumentError for a name that there is not.
        """
        wanted = self._find(node)
        return next(each for each in self.nodes if each.id == wanted)

    # -- filters ----------------------------------------------------------------------------------------------------

    def fold(self, depth: int | str = 1) -> Graph:
        """With modules as one node each: the outermost ones, those at a depth, or the one of a name."""
        return self._moved(*folding.folded(self.description, depth))

    def fold_repeats(self) -> Graph:
        """With equal blocks that follow each other as one node with ×N: layers, neurons, steps of a recurrence."""
        return self._moved(*repeats.fold_repeats(self.description))

    def fold_expressions(self) -> Graph:
        """With results that have no name, and are used once, as parts of the expression that uses them."""
        return self._moved(*folding.fold_expressions(self.description))

    def focus(self, node: Tensor | str, hops: int = 1) -> Graph:
        """What is at most so many edges away from a node."""
        return self._with(filters.focus(self.description, self._find(node), hops))

    def between(self, a: Tensor | str, b: Tensor | str) -> Graph:
        """What lies on the ways from one node to another that was made from it."""
        start, end = self._find(a), self._find(b)
        names = self.node(start).title, self.node(end).title
        return self._with(filters.between(self.description, start, end, names))

    def hide_constants(self) -> Graph:
        """Without constants."""
        return self._with(filters.hide_constants(self.description))

    def limit(self, max_nodes: int) -> Graph:
        """At most so many nodes, those nearest to the result; one more stands for the others."""
        return self._with(filters.limited(self.description, max_nodes))

    def show(self, what: str) -> Graph:
        """Showing "values", "gradients", "both" or "shapes"; "auto" for both if gradients can flow."""
        _check("show", what, SHOWN)
        found = self._with(self.description)
        found.shown = what
        return found

    def style(self, name: str) -> Graph:
        """Drawn as "blackboard" (cards), "compact" (a line each) or "shapes"; "auto" for what fits the size."""
        _check("style", name, STYLES)
        found = self._with(self.description)
        found._style = name
        return found

    # -- forms ------------------------------------------------------------------------------------------------------

    def __str__(self) -> str:
        """The text tree."""
        from .formats.tree import text_of
        return text_of(self.description, self.shown)

    def __repr__(self) -> str:
        return f"<Graph of {len(self.nodes)} nodes and {len(self.edges)} edges: {self.title}>"

    def svg(self, *, theme: Any = "auto", direction: str = "auto", engine: Any = "auto") -> str:
        """The picture as SVG.

        Args:
            theme: "light", "dark", or "auto" for what the page around it has.
            direction: where values flow to, "right" or "down"; "auto" for down where the picture would be too wide.
            engine: what places the nodes: "dot", "pygraphviz", "layered", or "auto" for the first that there is.
        """
        from .picture.svg import svg_of
        return svg_of(self.description, show=self.shown, style=self._style, direction=direction, theme=theme,
                      engine=engine)

    def to_dot(self, *, direction: str = "auto") -> str:
        """The graph in DOT, the language of Graphviz."""
        from .formats.dot import dot_of
        return dot_of(self.description, show=self.shown, style=self._style, direction=direction)

    def to_graphviz(self, *, direction: str = "auto") -> Digraph:
        """The graph as a `graphviz.Digraph`."""
        from .formats.dot import graphviz_of
        return graphviz_of(self.description, show=self.shown, style=self._style, direction=direction)

    def to_mermaid(self, *, direction: str = "auto") -> str:
        """The graph as a Mermaid flowchart."""
        from .formats.mermaid import mermaid_of
        return mermaid_of(self.description, show=self.shown, style=self._style, direction=direction)

    def to_json(self) -> str:
        """The graph as JSON, which `from_json` reads; see `formats/json_files.py` for the schema."""
        from .formats.json_files import to_json
        return to_json(self.description, self.shown, self._style)

    @classmethod
    def from_json(cls, text: str | bytes) -> Graph:
        """The graph that `to_json` wrote.

        Raises: DataError that says where the text is not what it should be.

        >>> y = tg.Tensor(2.0, name="w") * 3
        >>> Graph.from_json(graph(y).to_json()) == graph(y)
        True
        """
        from .formats.json_files import from_json
        found = from_json(text)
        return cls(found.description, shown=found.shown, style=found.style)

    def save(self, path: str | os.PathLike[str], *, theme: Any = "auto", direction: str = "auto",
             engine: str = "auto", **options: Any) -> Path:
        """Write the picture to a file: .svg, .html, .png, .pdf, .dot, .mmd or .json, as the name ends."""
        from .formats.saving import save
        return save(self.description, path, show=self.shown, style=self._style, direction=direction, theme=theme,
                    engine=engine, recorded=self._recorded, **options)

    def animate(self, *, theme: Any = "auto", direction: str = "auto", engine: Any = "auto",
                speed: float = 1.0) -> Animation:
        """Values flow forward, then gradients back: a picture that plays, for notebooks, slides and pages.

        Args:
            theme, direction, engine: as in `svg`.
            speed: 2 for twice as fast.
        Returns: an `Animation`: `.svg`, `.save("flow.svg")`, `.save("flow.html")`.
        """
        from .picture.animation import animated
        return animated(self.description, show=self.shown, style=self._style, direction=direction, theme=theme,
                        engine=engine, speed=speed)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """What notebooks show: a picture in trusted and untrusted ones, a page to explore where scripts run; text."""
        from .page.page import bundle_of
        from .picture.looks import look_of
        look = look_of(self.description, self.shown, self._style, "auto")
        return bundle_of(self.description, recorded=self._recorded, show=self.shown, style=self._style,
                         direction=look.direction)

    def __eq__(self, other: object) -> bool:
        """Whether both show the same."""
        if not isinstance(other, Graph):
            return NotImplemented
        return (self.description, self.shown, self._style) == (other.description, other.shown, other._style)

    __hash__ = None             # type: ignore[assignment]

    # -- helpers ----------------------------------------------------------------------------------------------------

    def _with(self, description: Description) -> Graph:
        """A graph of a part of the nodes."""
        found = Graph(description, shown=self.shown, style=self._style)
        found._recorded, found._tensors = self._recorded, self._tensors
        here = {node.id for node in description.nodes}
        found._place = {before: now for before, now in self._place.items() if now in here}
        return found

    def _moved(self, description: Description, place: Mapping[str, str]) -> Graph:
        """A graph in which some nodes went into others."""
        found = self._with(description)
        found._place = {before: place[now] for before, now in self._place.items() if now in place}
        return found

    def _find(self, wanted: Tensor | str) -> str:
        """The id of the node that a Tensor, a name or an id means now."""
        if isinstance(wanted, Tensor):
            ref, id = self._tensors.get(id_of(wanted), (None, ""))
            if ref is None or ref() is not wanted:
                raise GraphError(f"graph: {wanted._label()} is not a part of this graph. Expected a tensor that the "
                                 "result was made from, a name, or an id such as \"n3\".")
            return self._shown_now(id, wanted._label())
        if not isinstance(wanted, str):
            raise ArgumentError(f"graph: got {wanted!r:.40} as a node. Expected a Tensor of the graph, a name, or an "
                                'id such as "n3".')
        if any(node.id == wanted for node in self.nodes):
            return wanted
        for nodes in (self.nodes, self._recorded.nodes):
            for attribute in ("name", "expression", "id"):
                found = [node.id for node in nodes if getattr(node, attribute) == wanted]
                if len(found) == 1:
                    return found[0] if nodes is self.nodes else self._shown_now(found[0], wanted)
                if found:
                    raise ArgumentError(f"graph: {len(found)} nodes are {wanted!r:.40}: {', '.join(found[:8])}. "
                                        "Expected the id of one of them.")
        raise ArgumentError(f"graph: there is no node {wanted!r:.40}.{self._offer(wanted)}")

    def _shown_now(self, id: str, called: str) -> str:
        now = self._place.get(id)
        if now is None:
            raise ArgumentError(f"graph: {called} was in the recorded graph, but is not shown any more. Apply this "
                                "filter before the one that left it out.")
        return now

    def _offer(self, wanted: str) -> str:
        names = dict.fromkeys(name for node in self.nodes for name in (node.name, node.expression) if name)
        close = difflib.get_close_matches(wanted, names, n=4)
        known = close or [*names][-8:]
        return f" {'Did you mean' if close else 'There are'} {', '.join(known)}{'?' if close else '.'}" if known else ""


id_of = id                      # which a parameter hides above


def _check(what: str, given: Any, choices: Sequence[str]) -> None:
    if given not in choices:
        listed = ", ".join(f'"{each}"' for each in choices)
        raise ArgumentError(f"graph: got {what}={given!r:.40}. Expected one of {listed}.")


# -- the door ---------------------------------------------------------------------------------------------------------


def graph(x: Any, *examples: Any, show: str = "auto", limit: int = LIMIT) -> Graph:
    """The picture of what a tensor was made from, or of what a function computes.

    Args:
        x: a Tensor, or a list or tuple of them; or a function, or a model, to be run on the examples.
        *examples: for a function, what to call it on: numbers, arrays, or lists, tuples and dicts of them.
        show: "values", "gradients", "both", "shapes"; "auto" for both if gradients can flow.
        limit: so many nodes are described, those nearest to the result; one stands for all others.
    Returns: a `Graph`. Gradients are those that `backward()` left. A function that gives a single number is also
        run backwards, which touches no `.grad`.
    Raises: ArgumentError if `x` is none of these, or lacks examples; GraphError if a function gives no tensor.

    >>> w, x = tg.variables(w=2, x=-3)
    >>> graph(tg.tanh(w * x))
    <Graph of 4 nodes and 3 edges: tanh(w·x)>
    >>> def energy(m, v):
    ...     return 0.5 * m * v ** 2
    >>> graph(energy, 1.0, 2.0).node("m").gradient.elements
    (2.0,)
    """
    roots = [x] if x.__class__ is Tensor else list(x) if isinstance(x, (list, tuple)) else []
    if roots and all(each.__class__ is Tensor for each in roots):
        if examples:
            raise ArgumentError("graph(t, ...): got a Tensor and examples. Expected examples for a function only.")
        description, ids = described(roots, limit=limit)
        return Graph(description, shown=show, tensors=ids)
    if not callable(x):
        raise ArgumentError(f"graph(x): got {x!r:.40}. Expected a Tensor, a list of Tensors, or a function and "
                            "examples to run it on.")
    from ...nn.modules import Module as Model
    if isinstance(x, Model) and examples:
        from .of_models import graph_of_model
        return graph_of_model(x, examples if len(examples) > 1 else examples[0], show=show, limit=limit)
    return _graph_of_function(x, examples, show, limit)


def _graph_of_function(f: Callable[..., Any], examples: tuple[Any, ...], show: str, limit: int) -> Graph:
    check_examples(f, examples, call="graph")
    names = parameter_names(f, len(examples))
    given = tuple(variables_in(each, name) for each, name in zip(examples, names, strict=True))
    roots = outputs_in(recorded(f, given))
    called = getattr(f, "__name__", "f")
    called = "f" if called == "<lambda>" else called
    if not roots:
        raise GraphError(f"graph({called}, ...): the function gave no Tensor. Expected one that is made from its "
                         "arguments or from variables, or a list of such.")
    is_number = len(roots) == 1 and roots[0].shape == () and roots[0].requires_grad
    description, ids = described(roots, gradients="fresh" if is_number else "none", limit=limit, site=call_site(),
                                 examples={*outputs_in(given)})
    root = next(node for node in description.nodes if node.is_root)
    made = root.expression or root.name
    title = f"{called}({', '.join(names)})" + (f" = {made}" if len(roots) == 1 and made else "")
    return Graph(replace(description, title=title), shown=show, tensors=ids)


def outputs_in(out: Any) -> list[Tensor]:
    """The tensors in what a function gave: itself, or those in lists, tuples and dicts."""
    if out.__class__ is Tensor:
        return [out]
    parts = out.values() if isinstance(out, dict) else out if isinstance(out, (list, tuple)) else ()
    return [*dict.fromkeys(each for part in parts for each in outputs_in(part))]


def call_site() -> Site:
    """The place in the user's code that is running: what was recorded for it there and then is not the user's line."""
    frame = _getframe(1)
    while is_inside[frame.f_code.co_filename] and frame.f_back is not None:
        frame = frame.f_back
    return frame.f_code, frame.f_lasti
