"""Toy data that can be drawn: points in the plane in two or three classes, and a line with noise.

    make_blobs make_moons make_circles make_spirals     x (n, 2), labels (n,)
    make_regression                                     x (n, features), y (n,)

All of them are read-only and come from a seed.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import ArgumentError
from ..random import generator
from .arrays import frozen, number, whole

Array = np.ndarray[Any, Any]
Seed = int | np.random.Generator | None


def make_moons(n: int = 100, noise: float = 0.1, seed: Seed = 0) -> tuple[Array, Array]:
    """Two half circles that reach into each other.

    Args:
        n: how many points, shared evenly.
        noise: the standard deviation of what is added to each coordinate.
        seed: of noise and order.

    >>> x, labels = make_moons(6)
    >>> x.shape, labels.sum()
    ((6, 2), np.int64(3))
    """
    n, rng = _checked(n, noise, seed)
    upper, lower = np.linspace(0, np.pi, n - n // 2), np.linspace(0, np.pi, n // 2)
    x = np.concatenate([np.stack([np.cos(upper), np.sin(upper)], axis=1),
                        np.stack([1 - np.cos(lower), 0.5 - np.sin(lower)], axis=1)])
    return _shuffled(x, np.repeat([0, 1], [n - n // 2, n // 2]), noise, rng)


def make_blobs(n: int = 100, noise: float = 1.0, classes: int = 2, radius: float = 3.0,
               seed: Seed = 0) -> tuple[Array, Array]:
    """Clouds around points that stand evenly on a circle, one for each class: what a line can separate.

    Args:
        n: how many points, shared evenly.
        noise: the standard deviation of each coordinate within a cloud.
        classes: how many clouds.
        radius: how far their middles are from 0.
        seed: of noise and order.

    >>> x, labels = make_blobs(90, classes=3)
    >>> x.shape, np.bincount(labels)
    ((90, 2), array([30, 30, 30]))
    """
    n, rng = _checked(n, noise, seed)
    classes = whole("make_blobs(classes)", classes)
    labels = np.arange(n) % classes
    angles = 2 * np.pi * labels / classes
    x = number("make_blobs(radius)", radius) * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return _shuffled(x, labels, noise, rng)


def make_circles(n: int = 100, noise: float = 0.1, factor: float = 0.5, seed: Seed = 0) -> tuple[Array, Array]:
    """A circle of radius 1 (class 0) around one of radius `factor` (class 1)."""
    n, rng = _checked(n, noise, seed)
    if not 0 < factor < 1:
        raise ArgumentError(f"make_circles(factor): got {factor!r}. Expected a radius from 0 to 1.")
    counts = [n - n // 2, n // 2]
    angles = np.concatenate([np.linspace(0, 2 * np.pi, m, endpoint=False) for m in counts])
    labels = np.repeat([0, 1], counts)
    x = np.stack([np.cos(angles), np.sin(angles)], axis=1) * np.where(labels, factor, 1.0)[:, None]
    return _shuffled(x, labels, noise, rng)


def make_spirals(n: int = 300, noise: float = 0.1, classes: int = 3, turns: float = 0.75,
                 seed: Seed = 0) -> tuple[Array, Array]:
    """Arms that wind around each other, one for each class.

    Args:
        n: how many points, shared evenly.
        noise: the standard deviation of what is added to each coordinate.
        classes: how many arms, at least 2.
        turns: how far an arm winds, in full turns.
        seed: of noise and order.
    """
    n, rng = _checked(n, noise, seed)
    classes = whole("make_spirals(classes)", classes, 2)
    labels = np.arange(n) % classes
    along = np.linspace(0.05, 1, n)                                     # from the middle outwards
    angles = 2 * np.pi * (labels / classes + turns * along)
    return _shuffled(2 * along[:, None] * np.stack([np.cos(angles), np.sin(angles)], axis=1), labels, noise, rng)


def make_regression(n: int = 100, features: int = 1, noise: float = 0.1, seed: Seed = 0) -> tuple[Array, Array]:
    """A linear function of normal features with normal weights, and noise on it: y = x @ w + b + noise."""
    n, rng = _checked(n, noise, seed)
    features = whole("make_regression(features)", features)
    x, w, b = rng.normal(size=(n, features)), rng.normal(size=features), rng.normal()
    return frozen(x), frozen(x @ w + b + noise * rng.normal(size=n))


def _checked(n: int, noise: float, seed: Seed) -> tuple[int, np.random.Generator]:
    number("noise", noise)
    return whole("n", n), generator(seed)


def _shuffled(x: Array, labels: Array, noise: float, rng: np.random.Generator) -> tuple[Array, Array]:
    x = x + noise * rng.normal(size=x.shape)
    order = rng.permutation(len(x))
    return frozen(x[order]), frozen(labels[order].astype(np.int64))
