"""Signs: how a picture shows the operation that made a node, as mathematics: × + @ tanh Σ.

    operation_of(node)      its name, its sign, and the options that are not the usual ones

The signs are those of formulas (`views/notation.py`), but for the product of elements, which is × between boxes.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from ...core.rules import Op
from ...core.tensors import Tensor
from ..notation import HOLDERS, Form, Notation, notation_of
from ..plain_text import PlainText, index_text
from ..printers import is_usual
from .model import Operation

LONGEST_INDEX = 8               # letters of an index that is a sign itself: "[:, 0]"
LONGEST = 60                    # letters of all options
SIGNS = {"multiply": "×", "divide": "÷", "square": "x²", "power": "xⁿ", "astype": "as", "expand_dims": "[None]",
         "broadcast_to": "spread", "permute_dims": "axes", "item": "."}


def operation_of(node: Tensor) -> Operation:
    """What made a result.

    >>> x = tg.Tensor([[1.0, 2.0]])
    >>> operation_of(tg.sum(x * x, axis=1))
    Operation(name='sum', sign='Σ', options='axis=1')
    """
    op = node._op
    if not op.option_names:
        return _plain(op)
    options = node.options
    value = node._value
    ndim = 0 if value.__class__ in (tuple, float) else value.ndim
    notation = notation_of(op, options, ndim)
    if not op.foreign and notation.form is Form.INDEX:
        text = f"[{_cut(index_text(options['index'], _option))}]"
        short = len(text) <= LONGEST_INDEX
        return Operation(name=op.name, sign=text if short else "[…]", options="" if short else text)
    if not op.foreign and notation.form is Form.ITEM:
        return Operation(name=op.name, sign=f".{node._x1._op.results._fields[options['index']]}")
    found = () if op.name in HOLDERS else [
        f"{name}={_option(each)}" for name, each in options.items()
        if name not in op.defaults or not is_usual(each, op.defaults[name])]
    is_transpose = notation.form is Form.POSTFIX
    return Operation(name=op.name, sign=_sign(op, notation), options="" if is_transpose else _cut(", ".join(found)))


@lru_cache(maxsize=1024)
def _plain(op: Op) -> Operation:
    """An operation without options."""
    return Operation(name=op.name, sign=_sign(op, notation_of(op, {}, 0)))


def _sign(op: Op, notation: Notation) -> str:
    if notation.form is Form.FENCE:
        half = len(notation.sign) // 2
        return f"{notation.sign[:half]}·{notation.sign[half:]}"
    if not op.foreign and op.name in SIGNS and notation.form is not Form.POSTFIX:
        return SIGNS[op.name]
    return notation.sign or op.name


def _option(value: Any) -> str:
    """The value of an option; of an array its shape."""
    if isinstance(value, np.ndarray) and value.ndim:
        return f"array({'×'.join(map(str, value.shape))})"
    if callable(value) and not isinstance(value, type):
        return str(getattr(value, "__name__", "f"))
    return PlainText().option(value)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST - 1]}…"
