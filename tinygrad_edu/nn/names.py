"""Names: what a string such as "relu" means, with the names there are in the message if it means nothing."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from typing import Any

from ..errors import ArgumentError

SAME = {                        # what others call it, in small letters and digits alone
    "crossentropy": "categorical_crossentropy", "nll": "categorical_crossentropy",
    "negativeloglikelihood": "categorical_crossentropy", "softmaxcrossentropy": "categorical_crossentropy",
    "bce": "binary_crossentropy", "bcewithlogits": "binary_crossentropy", "log": "binary_crossentropy",
    "binary": "binary_crossentropy", "l1": "mae", "l2": "mse", "squarederror": "mse", "smoothl1": "huber",
    "swish": "silu", "logistic": "sigmoid", "identity": "linear", "none": "linear", "exp": "exponential",
    "acc": "accuracy", "binaryaccuracy": "accuracy", "categoricalaccuracy": "accuracy",
    "sparsecategoricalaccuracy": "accuracy", "gd": "sgd", "gradientdescent": "sgd",
    "xavier": "glorot_uniform", "xavieruniform": "glorot_uniform", "xaviernormal": "glorot_normal",
    "kaiming": "he_normal", "kaimingnormal": "he_normal", "kaiminguniform": "he_uniform",
}


def found(kind: str, wanted: Any, table: Mapping[str, Any]) -> Any:
    """What a name means, or the function itself that was given in place of a name."""
    if callable(wanted) and not isinstance(wanted, type):
        return wanted
    if isinstance(wanted, str) and wanted in table:
        return table[wanted]
    meant = _meant(wanted, table) if isinstance(wanted, str) else None
    hint = f" Did you mean {meant!r}?" if meant else ""
    raise ArgumentError(f"{kind}: got {wanted!r:.60}.{hint} Expected a function or one of {', '.join(table)}.")


def _meant(wanted: str, table: Mapping[str, Any]) -> str | None:
    """The name that is meant: spelt with other letters and signs, known by another name elsewhere, or misspelt."""
    bare = {_bare(name): name for name in reversed([*table])}
    for key in (_bare(wanted), _bare(wanted).removesuffix("loss")):
        if key in bare:
            return bare[key]
        if SAME.get(key) in table:
            return SAME[key]
    close: list[str] = difflib.get_close_matches(wanted.lower(), table, n=1)
    return close[0] if close else None


def _bare(name: str) -> str:
    """A name without what differs from library to library: capitals, underscores, hyphens, spaces."""
    return re.sub("[^a-z0-9]", "", name.lower())
