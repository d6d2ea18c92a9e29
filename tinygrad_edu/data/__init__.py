"""Data to learn from: read-only arrays, which the engine shares instead of copying.

    load_digits                                     scikit-learn's 1,797 handwritten digits, without a network
    load_iris load_wine load_breast_cancer load_diabetes     tables of measurements, likewise
    load_mnist download_mnist                       MNIST's own files, checked by their SHA-256
    make_blobs make_moons make_circles make_spirals make_regression     toys
    train_test_split Standardizer scale_pixels one_hot       before training
    DataLoader                                      mini-batches, in a new order for each epoch
"""

from .digits import load_digits
from .loading import DataLoader
from .mnist import download_mnist, load_mnist
from .preparing import Standardizer, one_hot, scale_pixels, train_test_split
from .tables import Table, load_breast_cancer, load_diabetes, load_iris, load_wine
from .toys import make_blobs, make_circles, make_moons, make_regression, make_spirals

__all__ = ["DataLoader", "Standardizer", "Table", "download_mnist", "load_breast_cancer", "load_diabetes",
           "load_digits", "load_iris", "load_mnist", "load_wine", "make_blobs", "make_circles", "make_moons",
           "make_regression", "make_spirals", "one_hot", "scale_pixels", "train_test_split"]
