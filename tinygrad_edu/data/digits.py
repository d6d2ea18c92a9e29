"""The 1,797 handwritten digits that come with scikit-learn: real data without a network.

    load_digits(28)     images (1797, 28, 28) in 0...1, labels (1797,): the layout of MNIST
    load_digits(8)      images (1797, 8, 8) in 0...1, labels (1797,): as they were made
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import ArgumentError
from .arrays import frozen
from .bundled import bundled

BRIGHTEST = 16              # a pixel of the original is the number of dark dots in a block of 4 × 4


def load_digits(size: int = 28) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Handwritten digits as images and labels, both read-only.

    Args:
        size: 8 for the images as they are, 28 for each pixel enlarged to 3 × 3 and a border of 2 around them.
    Returns: images (1797, size, size), float64 from 0 (paper) to 1 (ink), and labels (1797,), int64 from 0 to 9.
    Raises: ArgumentError for another size, MissingExtraError if scikit-learn is not installed.
    Source: Alpaydin & Kaynak 1998, Optical Recognition of Handwritten Digits, doi:10.24432/C50P49 (the test set).

    >>> from tinygrad_edu.data import load_digits
    >>> images, labels = load_digits()
    >>> images.shape, labels[:5]
    ((1797, 28, 28), array([0, 1, 2, 3, 4]))
    """
    if size not in (8, 28):
        raise ArgumentError(f"load_digits(size): got size {size!r}. "
                            "Expected 8 (as they were made) or 28 (as large as MNIST's).")
    found = bundled("load_digits")
    images = np.array(found.images, np.float64) / BRIGHTEST
    if size == 28:
        images = np.pad(images.repeat(3, axis=1).repeat(3, axis=2), ((0, 0), (2, 2), (2, 2)))
    return frozen(images), frozen(np.array(found.target, np.int64))
