"""Small tables of real measurements that come with scikit-learn, without a network.

    load_iris()             150 flowers, 4 lengths -> 3 species
    load_wine()             178 wines, 13 measurements -> 3 growers
    load_breast_cancer()    569 tumours, 30 measurements -> 0 malignant, 1 benign
    load_diabetes()         442 patients, 10 measurements -> how the disease went on

Each gives a `Table`: x, y = load_iris(), read-only, x (n, features) float64, y (n,); and knows what its columns and
classes are called.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

import numpy as np

from .arrays import frozen
from .bundled import bundled

Array = np.ndarray[Any, Any]


class Table(tuple[Array, Array]):
    """Measurements and what they belong to: a pair (x, y), with the names of columns and classes.

    Attributes:
        feature_names: of the columns of x.
        class_names: of the classes 0, 1, … in y; empty if y holds no classes.

    >>> from tinygrad_edu.data import load_iris
    >>> x, y = load_iris()
    >>> load_iris().feature_names[3], load_iris().class_names
    ('petal width (cm)', ('setosa', 'versicolor', 'virginica'))
    """

    feature_names: tuple[str, ...]
    class_names: tuple[str, ...]

    def __new__(cls, x: Array, y: Array, feature_names: Iterable[Any], class_names: Iterable[Any] = ()) -> Self:
        """The pair (x, y) with these names."""
        table = super().__new__(cls, (x, y))
        table.feature_names = tuple(map(str, feature_names))
        table.class_names = tuple(map(str, class_names))
        return table

    def __getnewargs__(self) -> tuple[Array, Array, tuple[str, ...], tuple[str, ...]]:
        """What copies are made of."""
        return self.x, self.y, self.feature_names, self.class_names

    @property
    def x(self) -> Array:
        """The measurements (n, features)."""
        return self[0]

    @property
    def y(self) -> Array:
        """What belongs to each row of x: (n,)."""
        return self[1]


def load_iris() -> Table:
    """Lengths and widths of sepals and petals in cm, x (150, 4); the species 0, 1 or 2, y (150,).

    Source: Fisher 1936, Annals of Eugenics 7(2), 179-188.

    >>> x, y = load_iris()
    >>> x.shape, y[:3]
    ((150, 4), array([0, 0, 0]))
    """
    return _table("load_iris")


def load_wine() -> Table:
    """Chemical measurements of wines, x (178, 13); which of three growers made them, y (178,).

    Source: Aeberhard & Forina 1991, Wine, doi:10.24432/C5PC7J.
    """
    return _table("load_wine")


def load_breast_cancer() -> Table:
    """Measurements of cell nuclei, x (569, 30); 0 for malignant and 1 for benign, y (569,).

    Source: Wolberg et al. 1995, Breast Cancer Wisconsin (Diagnostic), doi:10.24432/C5DW2B.
    """
    return _table("load_breast_cancer")


def load_diabetes() -> Table:
    """Age, sex, body mass, blood pressure and six blood values, x (442, 10), each with mean 0 and length 1.

    y (442,) measures how the disease went on in the next year, from 25 to 346.
    Source: Efron, Hastie, Johnstone & Tibshirani 2004, Annals of Statistics 32(2), 407-499.
    """
    return _table("load_diabetes")


def _table(name: str) -> Table:
    found = bundled(name)
    return Table(frozen(np.array(found.data, np.float64)), frozen(np.array(found.target)), found.feature_names,
                 found.get("target_names", ()))
