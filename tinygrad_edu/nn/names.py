"""Names: what a string such as "relu" means, with the names there are in the message if it means nothing."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from ..errors import ArgumentError


def found(kind: str, wanted: Any, table: Mapping[str, Any]) -> Any:
    """What a name means, or the function itself that was given in place of a name."""
    if callable(wanted) and not isinstance(wanted, type):
        return wanted
    if isinstance(wanted, str) and wanted in table:
        return table[wanted]
    close = difflib.get_close_matches(wanted.lower(), table, n=1) if isinstance(wanted, str) else []
    hint = f" Did you mean {close[0]!r}?" if close else ""
    raise ArgumentError(f"{kind}: got {wanted!r:.60}.{hint} Expected a function or one of {', '.join(table)}.")
