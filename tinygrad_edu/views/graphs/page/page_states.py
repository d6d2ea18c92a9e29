"""States of a page: which modules are folded, and what the picture is then.

    states_of       the states that a page holds: the one it opens with first
    least_size      how many nodes and edges a fold has at least
    moved           what differs between two drawings of the same part: places and paths

Layouts are made in Python, so a page holds a layout of each state that it can be in. There are as many as there are
ways to fold; where these are too many, modules are folded level by level, and opened and closed one at a time. Cards
are kept once: a state holds for each part what differs from its first drawing. Read `folding.py` and `svg.py` before
this file and `page.py` after it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, product
from typing import NamedTuple

from ..folding import depths_of, fold_modules
from ..model import Description, Module
from ..picture.panels import open_modules

MOST_STATES = 64                # combinations of folded modules; of more, some
MOST_PARTS = 1600               # nodes and edges in all states together, the first one not counted
MOST_LOOKED_AT = 60_000         # nodes that are gone through to fold modules, in all states together
DEEPEST = 30                    # modules inside of each other, of which all combinations are counted

Fold = frozenset[str]           # the modules that are folded, none inside of another


class State(NamedTuple):
    """The folded modules, the description then, and where values flow to."""

    folded: Fold
    description: Description
    direction: str


class States(NamedTuple):
    """The states of a page, that which it opens with first; whether there are more ways to fold than these."""

    states: list[State]
    are_some_missing: bool


def states_of(recorded: Description, shown: Description, directions: Sequence[str], most: int = MOST_PARTS) -> States:
    """The states of a page.

    Args:
        recorded: the description with all modules open.
        shown: what the page opens with: `recorded`, or that with some modules folded. If it is neither, its own
            modules are those that fold.
        directions: where values flow to; the first is that of most states.
        most: nodes and edges that all states but the first may have together.
    """
    start = _folded_in(recorded, shown)
    if start is None:
        recorded, start = shown, frozenset()
    first, *others = directions
    most -= len(others) * _size(shown)
    folds, is_whole = _folds(open_modules(recorded))
    found: list[tuple[Fold, Description]] = []
    left, tries = most, MOST_LOOKED_AT // (1 + len(recorded.nodes))
    for fold in folds:
        if fold == start:
            continue
        tries -= 1
        if tries < 0:
            is_whole = False
            break
        described = _fold(recorded, fold) if least_size(recorded, fold) <= left else None
        if described is None or _size(described) > left:
            is_whole = False
            continue
        found.append((fold, described))
        left -= _size(described)
    states = [State(start, shown, each) for each in directions] + [State(*each, first) for each in found]
    for direction in others if most - left <= left else ():         # a further direction for all folds, or for one
        states += [State(*each, direction) for each in found]
    return States(states, not is_whole)


def _size(d: Description) -> int:
    return len(d.nodes) + len(d.edges)


def least_size(d: Description, fold: Fold) -> int:
    """How many nodes and edges there are at least when modules are folded, which is faster to know than which."""
    around: dict[str | None, str] = {}              # a module -> the folded one that it is, or is inside of
    for module in d.modules:
        folded = module.id if module.id in fold else around.get(module.parent)
        if folded is not None:
            around[module.id] = folded
    place = {node.id: around.get(node.module, around.get(node.id, node.id)) for node in d.nodes}
    joined = {(place[edge.source], place[edge.target]) for edge in d.edges}
    return len(set(place.values())) + sum(source != target for source, target in joined)


def _fold(d: Description, fold: Fold) -> Description:
    return fold_modules(d, [[module] for module in d.modules if module.id in fold])[0] if fold else d


def _folded_in(recorded: Description, shown: Description) -> Fold | None:
    """The modules of `recorded` that are folded in `shown`; None if it is not made by folding modules alone."""
    known = {module.id for module in open_modules(recorded)}
    folded = frozenset(node.id.partition(".")[0] for node in shown.nodes if node.kind == "module") & known
    again = _fold(recorded, folded)
    return folded if (again.nodes, again.edges) == (shown.nodes, shown.edges) else None


# -- which folds ------------------------------------------------------------------------------------------------------


def _folds(modules: Sequence[Module]) -> tuple[Iterator[Fold], bool]:
    """The folds that a page offers, those that are wanted most first; and whether these are all there are."""
    inner: dict[str | None, list[str]] = {}
    for module in modules:
        inner.setdefault(module.parent, []).append(module.id)
    outermost = [module.id for module in modules if module.parent not in {each.id for each in modules}]
    is_whole = max(depths_of(modules).values(), default=0) <= DEEPEST and _count(outermost, inner) <= MOST_STATES
    rest = _combinations(outermost, inner) if is_whole else chain(_one_open(modules, outermost, inner),
                                                                  _one_folded(modules))
    return _each_once(chain(_levels(modules), rest)), is_whole


def _each_once(folds: Iterable[Fold]) -> Iterator[Fold]:
    seen: set[Fold] = set()
    for fold in folds:
        if fold not in seen:
            seen.add(fold)
            yield fold


def _count(ids: Sequence[str], inner: Mapping[str | None, list[str]]) -> int:
    """How many ways there are to fold modules; MOST_STATES + 1 for any number beyond that."""
    found = 1
    for each in ids:
        found *= 1 + _count(inner.get(each, ()), inner)
        if found > MOST_STATES:
            return MOST_STATES + 1
    return found


def _combinations(ids: Sequence[str], inner: Mapping[str | None, list[str]]) -> list[Fold]:
    """Every way to fold modules: each as a whole, or any of those inside of it."""
    each_way = [[*_combinations(inner.get(each, []), inner), frozenset([each])] for each in ids]
    return [frozenset().union(*several) for several in product(*each_way)]


def _levels(modules: Sequence[Module]) -> Iterator[Fold]:
    """Nothing folded; and all modules at one depth, the outermost first."""
    depths = depths_of(modules)
    yield frozenset()
    for depth in range(1, max(depths.values(), default=0) + 1):
        yield frozenset(id for id, each in depths.items() if each == depth)


def _one_open(modules: Sequence[Module], outermost: Sequence[str],
              inner: Mapping[str | None, list[str]]) -> Iterator[Fold]:
    """One module open, with those around it, and all others folded."""
    parents = {module.id: module.parent for module in modules}
    for module in modules:
        path, at = [module.id], parents.get(module.id)
        while at is not None and at in parents:
            path.append(at)
            at = parents[at]
        beside = [*outermost, *(each for opened in path for each in inner.get(opened, ()))]
        yield frozenset(each for each in beside if each not in path)


def _one_folded(modules: Sequence[Module]) -> Iterator[Fold]:
    """One module folded, and all others open."""
    for module in modules:
        yield frozenset([module.id])


# -- what differs -----------------------------------------------------------------------------------------------------

# Where something is: attributes whose values a layout decides.
_PLACES = re.compile(r'(?<= )(d|x|y|cx|cy|width|height|transform)="([^"]*)"')


class Templates:
    """The first drawing of each part, and what differs in later ones.

    Args:
        first: the parts of the page's own picture, by id: they are there already.

    Attributes:
        further: drawings of parts that the picture does not have, or has otherwise.
    """

    def __init__(self, first: Mapping[str, str]) -> None:
        self.further: list[str] = []
        self._known = {(id, _PLACES.sub("", drawn)): (-1, _values(drawn)) for id, drawn in first.items()}

    def moved(self, id: str, drawn: str) -> list[object]:
        """[id, which drawing it is like (-1: the picture's own), [number of the attribute, its value, …]]."""
        key = id, _PLACES.sub("", drawn)
        if key not in self._known:
            self._known[key] = len(self.further), _values(drawn)
            self.further.append(drawn)
        like, before = self._known[key]
        changes: list[object] = []
        for i, (old, new) in enumerate(zip(before, _values(drawn), strict=True)):
            if new != old:
                changes += [i, new]
        return [id, like, changes] if changes else [id, like]


def _values(drawn: str) -> list[str]:
    return [value for _, value in _PLACES.findall(drawn)]
