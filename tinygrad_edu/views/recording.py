"""Recording a function on examples, for the views: numbers and arrays become variables called like its parameters.

    recorded(f, examples)       what f gives
    parameter_names(f, n)       what f calls its first n arguments
    missing(f, n)               the arguments of f that have neither an example nor a default
    check_examples(f, examples) that there are enough; the error says for what there is none, and how to give it
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Sequence
from typing import Any

import numpy as np

from ..core.modes import switched
from ..core.tensors import Tensor
from ..errors import ArgumentError

VARIADIC = inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD


def recorded(f: Callable[..., Any], examples: tuple[Any, ...], call: str = "") -> Any:
    """What `f` gives for variables that hold the examples.

    Numbers, arrays and lists of numbers become variables; in other lists, tuples and dicts each becomes one. Variables
    stay what they are, results are cut from their past, everything else is passed on.

    Raises: ArgumentError if the examples are too few or too many; it names what the user called, if `call` says so.
    """
    f = getattr(f, "uncompiled", f)                 # what a compiled function does inside is what views show
    check_examples(f, examples, call=call)
    names = parameter_names(f, len(examples))
    with switched(recording=True, module=None):
        return f(*[variables_in(example, name) for example, name in zip(examples, names, strict=True)])


def check_examples(f: Callable[..., Any], examples: Sequence[Any], named: Collection[str] = (), call: str = "") -> None:
    """That a function can be called on so many examples.

    Args:
        f: the function, or a model.
        examples, named: what is given by position, and the names of what is given by name.
        call: what the user called: "graph".
    Raises: ArgumentError.
    """
    lacking, places, n = missing(f, len(examples), named), positional_parameters(f), len(examples)
    kinds = {each.kind for each in _parameters(f)}
    is_too_many = n > len(places) and bool(kinds) and inspect.Parameter.VAR_POSITIONAL not in kinds
    if not lacking and not is_too_many:
        return
    name = getattr(f, "__name__", type(f).__name__).replace("<lambda>", "f")
    signature = f"{name}({', '.join(each.name for each in _parameters(f))})"
    got = f"{call + f'({name}, ...)' if call else signature}: got {n or 'no'} example{'s' * (n != 1)}"
    if is_too_many:
        raise ArgumentError(f"{got}. Expected at most {len(places)}, for {signature}.")
    how = f"Write {call}(" if call else "Write them after the function: ("
    raise ArgumentError(
        f"{got}, and none for {_listed(lacking)}. Expected one for each argument of {signature} that has no default: "
        f"numbers, arrays or lists of numbers. {how}{_with_examples(name, lacking, places)}).")


def _listed(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)


def _with_examples(name: str, lacking: Sequence[str], places: Sequence[inspect.Parameter]) -> str:
    """A function and examples for all that it lacks, as one writes it."""
    positions = [i for i, each in enumerate(places) if each.name in lacking]
    given = [each.name for each in places[:max(positions, default=0) + 1]]
    by_name = [f"{each}=2.0" for each in lacking if each not in [place.name for place in places]]
    if by_name:                                     # examples have no names
        name = f"lambda {', '.join(given)}: {name}({', '.join([*given, *by_name])})".replace("lambda :", "lambda:")
    return ", ".join([name, *["2.0"] * len(given)])


def missing(f: Callable[..., Any], n: int, named: Collection[str] = ()) -> list[str]:
    """The arguments that have no default, and no value if the first `n` are given, and some by name.

    >>> missing(lambda m, v, g=9.81: m * v, 1)
    ['v']
    """
    given = {each.name for each in positional_parameters(f)[:n]}.union(named)
    return [each.name for each in _parameters(f) if each.default is each.empty and each.kind not in VARIADIC
            and each.name not in given]


def parameter_names(f: Callable[..., Any], n: int) -> list[str]:
    """What a function calls its first `n` arguments; of a model that is what its `forward` calls them."""
    names = positional_names(f)
    rest = next((each.name for each in _parameters(f) if each.kind is each.VAR_POSITIONAL), "x")
    lacking = n - len(names)
    return [*names[:n], *([rest] if lacking == 1 else [f"{rest}{i}" for i in range(1, lacking + 1)])]


def positional_names(f: Callable[..., Any]) -> list[str]:
    """The names of the parameters that may be given by position, without a last `*rest`."""
    return [each.name for each in positional_parameters(f)]


def positional_parameters(f: Callable[..., Any]) -> list[inspect.Parameter]:
    """The parameters that may be given by position, without a last `*rest`."""
    return [each for each in _parameters(f) if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)]


def _parameters(f: Callable[..., Any]) -> list[inspect.Parameter]:
    """The parameters of a function, of a model those of its `forward`; none if they are not known."""
    found = _of_signature(f)
    return _of_signature(f.forward) if hasattr(f, "forward") and all(each.kind in VARIADIC for each in found) else found


def _of_signature(f: Callable[..., Any]) -> list[inspect.Parameter]:
    try:
        return list(inspect.signature(f).parameters.values())
    except (TypeError, ValueError):
        return []


def variables_in(example: Any, name: str) -> Any:
    """An argument with variables in place of numbers and arrays."""
    if isinstance(example, dict):
        return {key: variables_in(each, f"{key}") for key, each in example.items()}
    if isinstance(example, (list, tuple)) and not _are_numbers(example):
        parts = [variables_in(each, f"{name}_{i}") for i, each in enumerate(example)]
        return type(example)(*parts) if hasattr(example, "_fields") else type(example)(parts)
    if example.__class__ is Tensor:
        return example if example.is_leaf else Tensor(example.data, name=name)
    if isinstance(example, bool) or not isinstance(example, (int, float, np.generic, np.ndarray, list, tuple)):
        return example
    return Tensor(example, name=name)


def _are_numbers(example: Any) -> bool:
    """Whether a list is an array that is written as one."""
    return len(example) > 0 and all(
        _are_numbers(each) if isinstance(each, (list, tuple)) else
        isinstance(each, (int, float, np.generic)) and not isinstance(each, bool) for each in example)
