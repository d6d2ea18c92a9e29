"""Recording a function on examples, for the views: numbers and arrays become variables called like its parameters.

    recorded(f, examples)       what f gives
    parameter_names(f, n)       what f calls its first n arguments
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from ..core.modes import switched
from ..core.tensors import Tensor

VARIADIC = inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD


def recorded(f: Callable[..., Any], examples: tuple[Any, ...]) -> Any:
    """What `f` gives for variables that hold the examples.

    Numbers, arrays and lists of numbers become variables; in other lists, tuples and dicts each becomes one. Variables
    stay what they are, results are cut from their past, everything else is passed on.
    """
    names = parameter_names(f, len(examples))
    with switched(recording=True, module=None):
        return f(*[variables_in(example, name) for example, name in zip(examples, names, strict=True)])


def parameter_names(f: Callable[..., Any], n: int) -> list[str]:
    """What a function calls its first `n` arguments; of a model that is what its `forward` calls them."""
    if hasattr(f, "forward") and all(each.kind in VARIADIC for each in _parameters(f)):
        f = f.forward
    names = positional_names(f)
    rest = next((each.name for each in _parameters(f) if each.kind is each.VAR_POSITIONAL), "x")
    missing = n - len(names)
    return [*names[:n], *([rest] if missing == 1 else [f"{rest}{i}" for i in range(1, missing + 1)])]


def positional_names(f: Callable[..., Any]) -> list[str]:
    """The names of the parameters that may be given by position, without a last `*rest`."""
    return [each.name for each in _parameters(f) if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)]


def _parameters(f: Callable[..., Any]) -> list[inspect.Parameter]:
    """The parameters of a function; none if they are not known."""
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
