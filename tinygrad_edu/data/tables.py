"""Small tables of real measurements that come with scikit-learn, without a network.

    load_iris()             150 flowers, 4 lengths -> 3 species
    load_wine()             178 wines, 13 measurements -> 3 growers
    load_breast_cancer()    569 tumours, 30 measurements -> 0 malignant, 1 benign
    load_diabetes()         442 patients, 10 measurements -> how the disease went on

Each gives (x, y), read-only: x (n, features) float64, y (n,).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .arrays import frozen
from .bundled import bundled

Array = np.ndarray[Any, Any]
Table = tuple[Array, Array]


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
    return frozen(np.array(found.data, np.float64)), frozen(np.array(found.target))
