"""The data sets that come with scikit-learn, real ones that need no network."""

from __future__ import annotations

from typing import Any

from ..errors import MissingExtraError


def bundled(name: str) -> Any:
    """What `sklearn.datasets` gives by this name: an object with `data`, `target`, and `images` if it has some.

    Raises: MissingExtraError if scikit-learn is not installed.
    """
    try:
        from sklearn import datasets
    except ImportError as error:
        raise MissingExtraError(f"{name}() needs scikit-learn, which brings the data. "
                                'Install it with: pip install "tinygrad_edu[data]"') from error
    return getattr(datasets, name)()
