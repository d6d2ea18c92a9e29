"""Folding: parts of a picture as one node each, for graphs that are too large to be read at once.

    folded(d, depth)        modules, seen from outside; or one module by its name
    fold_expressions(d)     results without a name that are used once, into the expression that uses them

Each gives the new description, and where each node went. `repeats.py` folds what is there many times.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from ...core.rules import registry
from ...errors import ArgumentError
from ...nn.arguments import is_count
from ..drawing.numbers import count
from .contraction import Part, contracted, outputs_of, seen_from_outside, without_cycles
from .model import Description, Edge, Module, Node, Operation
from .summaries import summary

LONGEST = 40                    # letters of an expression that is one node
COEFFICIENT = re.compile(r"(?P<minus>−?)(?:(?P<number>\d+)(?: ?· ?|$))?(?P<rest>.*)", re.DOTALL)
OTHERS = re.compile(r"[%@<>=≤≥≠]| if ")         # what binds less tightly than a product

Folded = tuple[Description, dict[str, str]]


def folded(d: Description, depth: int | str) -> Folded:
    """Modules as one node each: those at a depth, outermost 1; or one by its dotted name."""
    if isinstance(depth, str):
        chosen = _called(d, depth)
    elif not is_count(depth):
        raise ArgumentError(f"fold(depth): got {depth!r:.40}. Expected a whole number of at least 1, where 1 makes one "
                            'node of each outermost module, or the name of a module, such as "layers.0".')
    else:
        depths = depths_of(d.modules)
        chosen = [module for module in d.modules if depths[module.id] == depth]
    return fold_modules(d, [[module] for module in chosen])


def _called(d: Description, path: str) -> list[Module]:
    found = [module for module in d.modules if path in (module.path, module.id)]
    if not found:
        paths = [module.path for module in d.modules]
        close = difflib.get_close_matches(path, paths, n=3) or paths[:8]
        raise ArgumentError(f"fold({path!r}): there is no such module here. "
                            + (f"Expected one such as {', '.join(close)}." if close else "The graph has no modules."))
    return found


def depths_of(modules: Iterable[Module]) -> dict[str, int]:
    """How deep each module lies: 1 for outermost ones."""
    found: dict[str, int] = {}
    for module in modules:
        found[module.id] = found.get(module.parent or "", 0) + 1
    return found


def fold_modules(d: Description, runs: list[list[Module]]) -> Folded:
    """Each run of modules as one node: of one module it bears its id, of several that of the first, with ×N."""
    top = _tops(d.modules, {module.id: i for i, run in enumerate(runs) for module in run})
    groups: list[list[str]] = [[] for _ in runs]
    for node in d.nodes:
        at = top.get(node.module or "", top.get(node.id))
        if at is not None:
            groups[at].append(node.id)
    runs = [run for run, group in zip(runs, groups, strict=True) if group]
    parts, modules = [], {module.id: module for module in d.modules if module.id not in top}
    split = without_cycles(d, [group for group in groups if group])
    flat = [(run, uses, part) for run, uses in zip(runs, split, strict=True) for part in uses]
    outputs = outputs_of(d, [part for _, _, part in flat])
    nodes = {node.id: node for node in d.nodes}
    for (run, uses, part), outside in zip(flat, outputs, strict=True):
        module = _as_one(run, uses.index(part))
        modules[module.id] = module
        node = Node(id=module.id, kind="module", name=module.path, module=module.parent, repeats=module.repeats,
                    expression=outside[0].name if len(outside) == 1 and outside[0].name != module.path else None)
        parts.append(Part(tuple(part), seen_from_outside(node, [nodes[each] for each in part], outside)))
    rank = {module.id: i for i, module in enumerate(d.modules)}
    ordered = sorted(modules.values(), key=lambda module: rank[module.id.partition(".")[0]])
    new, place = contracted(d, parts, ordered)
    inside = sum(len(part) for _, _, part in flat)
    note = f"{count(inside)} nodes are folded into {count(len(flat))}."
    return (replace(new, notes=(*new.notes, note)) if flat else new), place


def _tops(modules: Iterable[Module], runs: Mapping[str, int]) -> dict[str, int]:
    """Module -> the run that it, or a module around it, is one of."""
    found: dict[str, int] = {}
    for module in modules:
        at = runs.get(module.id, found.get(module.parent or ""))
        if at is not None:
            found[module.id] = at
    return found


def _as_one(run: list[Module], use: int) -> Module:
    """The module that stands for a run, or for a further use of it."""
    first, last = run[0], run[-1]
    path = first.path if len(run) == 1 else f"{first.path} … {last.path}"
    return replace(first, id=f"{first.id}.{use + 1}" if use else first.id, path=path,
                   parameters=sum(each.parameters for each in run), count=sum(each.count for each in run),
                   repeats=first.repeats * len(run))


# -- expressions ------------------------------------------------------------------------------------------------------


def fold_expressions(d: Description) -> Folded:
    """Results without a name that are used once, and only by numbers or elementwise, as parts of one expression."""
    uses: dict[str, list[Edge]] = {}
    for edge in d.edges:
        uses.setdefault(edge.source, []).append(edge)
    nodes = {node.id: node for node in d.nodes}
    into: dict[str, str] = {}                               # a node -> the one that it is folded into
    for node in reversed(d.nodes):
        edges = uses.get(node.id, ())
        if len(edges) == 1 and _fits(node, nodes[edges[0].target]):
            into[node.id] = into.get(edges[0].target, edges[0].target)
    groups: dict[str, list[str]] = {}
    for member, target in reversed(into.items()):
        groups.setdefault(target, []).append(member)
    arriving: dict[str, list[Edge]] = {}
    for edge in d.edges:
        arriving.setdefault(edge.target, []).append(edge)
    parts = [_expression(nodes[target], [nodes[each] for each in members], arriving, uses)
             for target, members in groups.items()]
    return contracted(d, parts)


def _fits(node: Node, user: Node) -> bool:
    if node.kind not in ("result", "expression") or node.name or node.is_root or node.module != user.module:
        return False
    if node.value is None or user.value is None or user.kind not in ("result", "expression"):
        return False
    text = user.expression or ""
    if len(text) > LONGEST or "…" in text or not text:
        return False
    return _is_elementwise(user) or (_is_elementwise(node) and (node.value.is_number or user.name is None))


def _is_elementwise(node: Node) -> bool:
    op = registry.get(node.operation.name) if node.operation else None
    is_number = node.value is not None and node.value.is_number
    return node.kind == "expression" or (op is not None and op.kind == "elementwise") or (
        is_number and op is not None and op.kind is not None and op.name != "item")


def _expression(node: Node, inner: list[Node], arriving: Mapping[str, list[Edge]],
                uses: Mapping[str, list[Edge]]) -> Part:
    members = [*(each.id for each in inner), node.id]
    onward = {each.id: uses[each.id][0] for each in inner}
    edges: dict[str, Edge] = {}
    for edge in (edge for each in inner for edge in arriving.get(each.id, ())):
        if edge.source in onward:
            continue
        outer, found = edge, edge
        while outer.target != node.id:
            outer = onward[outer.target]
            found = _through(found, outer)
        edges[edge.id] = found
    text = node.expression or ""
    return Part(tuple(members), replace(
        node, kind="expression", operation=Operation(name="expression", sign=text),
        count=node.count + sum(each.count for each in inner),
        changed=node.changed or any(each.changed for each in inner)), edges)


def _through(inner: Edge, outer: Edge) -> Edge:
    """An edge that leads through a further operation: factors multiply; what is no factor only passes a 1."""
    is_one = outer.is_factor and outer.formula == "1"
    note = inner.note or outer.note
    if is_one:
        return replace(inner, arriving=outer.arriving, note=note)
    if not (inner.is_factor and outer.is_factor and inner.formula and outer.formula):
        return replace(inner, formula=None, spoken=None, short="", is_factor=False, local=None,
                       arriving=outer.arriving, note=note)
    if inner.formula == "1":
        formula, spoken, short = outer.formula, outer.spoken, outer.short
    else:
        formula = _product(outer.formula, inner.formula)
        short = _product(outer.short or outer.formula, inner.short or inner.formula)
        short = "" if short == formula else short
        spoken = f"{outer.spoken} times {inner.spoken}"
    numbers = [each.local.elements for each in (inner, outer) if each.local and each.local.is_number]
    local = summary(numbers[0][0] * numbers[1][0]) if len(numbers) == 2 and numbers[0] and numbers[1] else None
    return replace(inner, formula=formula, spoken=spoken, short=short, local=local, arriving=outer.arriving, note=note)


def _product(one: str, other: str) -> str:
    """Two factors as one; the whole numbers that they begin with are multiplied.

    >>> _product("−1", "3·x²"), _product("−2·y", "1 − t²"), _product("y", "−1"), _product("0.1", "3")
    ('−3·x²', '−2 · y · (1 − t²)', '−y', '3·0.1')
    """
    (first, left), (second, right) = _coefficient(one), _coefficient(other)
    rest = " · ".join(_factor(each) for each in (left, right) if each)
    number = str(first * second).replace("-", "−")
    if not rest or first * second in (1, -1):
        return f"{number.removesuffix('1')}{rest}" if rest else number
    return f"{number} · {rest}" if set(" /") & {*rest} else f"{number}·{rest}"


def _coefficient(formula: str) -> tuple[int, str]:
    """The whole number that a product begins with, and what is multiplied with it."""
    found = COEFFICIENT.fullmatch(formula)
    if found is None or is_sum(formula) or OTHERS.search(formula):
        return 1, formula
    number = int(f"{'-' * bool(found['minus'])}{found['number'] or 1}")
    return number, found["rest"] or ""


def _factor(formula: str) -> str:
    return f"({formula})" if is_sum(formula) or formula.startswith("−") or " if " in formula else formula


def is_sum(formula: str) -> bool:
    """Whether a formula is a sum or a difference, and so needs brackets beside a ×."""
    depth = 0
    for i, letter in enumerate(formula):
        depth += (letter in "([") - (letter in ")]")
        if depth == 0 and formula[i:i + 3] in (" + ", " − "):
            return True
    return False
