"""Repeats: equal blocks that follow each other, as one node with ×N.

    fold_repeats(d)     modules of one structure, such as layers.0 … layers.11, or the neurons of a layer; then runs of
                        the same operations outside of modules or within one, such as the steps of a recurrent network

Blocks are equal if they have the same operations on the same shapes, connected alike within; numbers that count (the
index of a step) may differ. Outer blocks are looked for before inner ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..drawing.numbers import count
from .contraction import Part, contracted, outputs_of, seen_from_outside, without_cycles
from .folding import Folded, depths_of, fold_modules
from .model import Description, Edge, Module, Node, Operation

FEWEST = 3                      # blocks of a run that are no modules
LONGEST_BLOCK = 256             # operations of such a block
LEAVES = ("parameter", "variable", "input", "constant", "rest")


def fold_repeats(d: Description) -> Folded:
    """Equal blocks that follow each other, as one node each; see above."""
    new, place = fold_modules(d, equal_modules(d))
    newer, moved = _fold_steps(new)
    found = replace(newer, notes=d.notes)
    inside = len(d.nodes) - len(found.nodes)
    if inside:
        blocks = sum(node.repeats > 1 for node in found.nodes)
        found = replace(found, notes=(*d.notes, f"Equal blocks are folded into {count(blocks)} "
                                                f"node{'s' * (blocks != 1)}, marked × and their number."))
    return found, {before: moved[after] for before, after in place.items()}


# -- modules ----------------------------------------------------------------------------------------------------------


def equal_modules(d: Description) -> list[list[Module]]:
    """The runs of modules that follow each other in one module and are equal; outermost first."""
    structures = _structures(d)
    depths = depths_of(d.modules)
    siblings: dict[str | None, list[Module]] = {}
    for module in d.modules:
        siblings.setdefault(module.parent, []).append(module)
    runs: list[list[Module]] = []
    inside: set[str] = set()
    for parent in sorted(siblings, key=lambda each: depths.get(each or "", 0)):
        if parent in inside:
            inside.update(each.id for each in siblings[parent])
            continue
        run: list[Module] = []
        for module in siblings[parent]:
            if run and structures[run[-1].id] == structures[module.id] is not None:
                run.append(module)
            else:
                runs.append(run)
                run = [module]
        runs.append(run)
        inside.update(each.id for run in runs if len(run) > 1 for each in run)
    return [run for run in runs if len(run) > 1]


def _structures(d: Description) -> dict[str, Any]:
    """Module -> what it computes: its operations, shapes, and which argument is which of its own nodes."""
    chains: dict[str, tuple[str, ...]] = {}
    for module in d.modules:
        chains[module.id] = (*chains.get(module.parent or "", ()), module.id)
    arguments: dict[str, list[Edge]] = {}
    for edge in d.edges:
        arguments.setdefault(edge.target, []).append(edge)
    at: dict[str, dict[str, int]] = {module.id: {} for module in d.modules}
    found: dict[str, list[Any]] = {module.id: [] for module in d.modules}
    for node in d.nodes:
        for around in chains.get(node.id, chains.get(node.module or "", ())):
            inner = at[around]
            inner[node.id] = len(inner)
            sources = tuple(inner.get(edge.source, -1) for edge in arguments.get(node.id, ()))
            found[around].append((_signature(node), sources))
    return {module: tuple(each) or None for module, each in found.items()}


def _signature(node: Node) -> Any:
    """What is the same of the same operation in two blocks."""
    value = node.value
    shape = (value.shape, value.dtype) if value is not None else None
    if node.operation is None or node.kind in ("module", "expression"):
        return node.kind, shape, node.count, node.repeats
    options = "" if node.operation.name == "getitem" else node.operation.options
    return node.kind, node.operation.name, re.sub(r"-?\d+", "#", options), shape


# -- steps ------------------------------------------------------------------------------------------------------------


def _fold_steps(d: Description) -> Folded:
    """Runs of the same operations, at least three times, in one module or outside of all."""
    of_module: dict[str | None, list[Node]] = {}
    for node in d.nodes:
        if node.kind not in LEAVES:
            of_module.setdefault(node.module, []).append(node)
    arguments: dict[str, list[Edge]] = {}
    for edge in d.edges:
        arguments.setdefault(edge.target, []).append(edge)
    runs = [run for nodes in of_module.values() for run in _runs(nodes, arguments)]
    if not runs:
        return contracted(d, ())
    users: dict[str, set[str]] = {}
    for edge in d.edges:
        users.setdefault(edge.source, set()).add(edge.target)
    groups = [_with_own_leaves(d, run, arguments, users) for run in runs]
    nodes = {node.id: node for node in d.nodes}
    parts: list[Part] = []
    flat = [(run, uses, part) for run, uses in zip(runs, without_cycles(d, groups), strict=True) for part in uses]
    outputs = outputs_of(d, [part for _, _, part in flat])
    for (run, uses, part), outside in zip(flat, outputs, strict=True):
        if len(uses) > 1:                               # something else comes between: there are no equal steps
            continue
        last = run[-1][-1]
        inner = [nodes[each] for each in part]
        node = Node(id=last.id, kind="expression", name=last.name, expression=last.expression, module=last.module,
                    repeats=len(run), operation=Operation(name="repeated", sign=_sign(run[-1])))
        parts.append(Part(tuple(part), seen_from_outside(node, inner, outside)))
    return contracted(d, parts)


def _sign(block: Sequence[Node]) -> str:
    """What one step does: the signs of its operations, in their order."""
    signs = [node.operation.sign for node in block if node.operation]
    return " ".join(signs) if len(signs) <= 6 else f"{' '.join(signs[:3])} … {signs[-1]}"


def _with_own_leaves(d: Description, run: list[Sequence[Node]], arguments: dict[str, list[Edge]],
                     users: dict[str, set[str]]) -> list[str]:
    """The ids of a run, and of the leaves that only it uses: constants, and what each step has of its own."""
    kinds = {node.id: node.kind for node in d.nodes if node.kind in LEAVES and node.kind != "rest"}
    members = [node.id for block in run for node in block]
    everyone = set(members)
    constants: dict[str, None] = {}
    own: list[dict[str, None]] = []
    for block in run:
        inside = {node.id for node in block}
        sources = dict.fromkeys(edge.source for node in block for edge in arguments.get(node.id, ())
                                if edge.source in kinds and users[edge.source] <= everyone)
        constants.update((each, None) for each in sources if kinds[each] == "constant")
        own.append({each: None for each in sources if kinds[each] != "constant" and users[each] <= inside})
    if len({len(each) for each in own}) == 1:               # else it may be where the first step began
        constants.update((each, None) for leaves in own for each in leaves)
    return [*constants, *members]


def _runs(nodes: Sequence[Node], arguments: dict[str, list[Edge]]) -> list[list[Sequence[Node]]]:
    """The longest runs of equal blocks in a sequence of results; none of them overlap."""
    numbers: dict[Any, int] = {}
    codes = np.array([numbers.setdefault((_signature(node), len(arguments.get(node.id, ()))), len(numbers))
                      for node in nodes])
    found: list[list[Sequence[Node]]] = []
    taken = np.zeros(len(nodes), np.bool_)
    for start, period, times in _periods(codes):
        if taken[start:start + period * times].any():
            continue
        blocks = [nodes[start + period * i:start + period * (i + 1)] for i in range(times)]
        structures = [_connections(block, arguments) for block in blocks]
        while len(blocks) >= FEWEST and structures[0] != structures[1]:         # the first step may begin otherwise
            blocks, structures, start = blocks[1:], structures[1:], start + period
        same = next((i for i, each in enumerate(structures) if each != structures[0]), len(structures))
        if same >= FEWEST:
            found.append(blocks[:same])
            taken[start:start + period * same] = True
    return found


def _connections(block: Sequence[Node], arguments: dict[str, list[Edge]]) -> list[list[int]]:
    """Which arguments of a block's operations are which of its own results; -1 for those from outside."""
    at = {node.id: i for i, node in enumerate(block)}
    return [[at.get(edge.source, -1) for edge in arguments.get(node.id, ())] for node in block]


def _periods(codes: np.ndarray[Any, Any]) -> Iterable[tuple[int, int, int]]:
    """(start, length of a block, how many) of runs in which a block is repeated, those that cover most first."""
    found = []
    for period in range(1, min(LONGEST_BLOCK, len(codes) // FEWEST) + 1):
        same = np.concatenate([[False], codes[period:] == codes[:-period], [False]])
        turns = np.flatnonzero(same[1:] != same[:-1])
        for start, end in zip(turns[::2].tolist(), turns[1::2].tolist(), strict=True):
            times = (end - start) // period + 1
            if times >= FEWEST:
                found.append((-times * period, period, start, times))
    return [(start, period, times) for _, period, start, times in sorted(found)]
