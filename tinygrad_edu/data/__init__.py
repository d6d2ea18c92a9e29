"""Real data to learn from: read-only arrays, which the engine shares instead of copying.

    load_digits         scikit-learn's 1,797 handwritten digits, without a network
    load_mnist          MNIST's own files, from a folder or the download cache
    download_mnist      fetches these files, checked by their SHA-256
"""

from .digits import load_digits
from .mnist import download_mnist, load_mnist

__all__ = ["download_mnist", "load_digits", "load_mnist"]
