"""Tables, toys, and what prepares data for training."""

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import tinygrad_edu as tg
from tests.registry import examples
from tinygrad_edu import data, nn

TABLES = {"iris": ((150, 4), 3), "wine": ((178, 13), 3), "breast_cancer": ((569, 30), 2), "diabetes": ((442, 10), None)}
TOYS = [data.make_moons, data.make_circles, data.make_spirals, data.make_regression]


@pytest.mark.parametrize("name", TABLES)
def test_tables_are_read_only_and_of_the_size_they_say(name):
    pytest.importorskip("sklearn")
    shape, classes = TABLES[name]
    x, y = getattr(data, f"load_{name}")()
    assert (x.shape, y.shape, x.dtype) == (shape, shape[:1], np.float64)
    assert not x.flags.writeable
    assert not y.flags.writeable
    assert classes is None or set(y) == set(range(classes))


@pytest.mark.parametrize("name", TABLES)
def test_tables_know_what_their_columns_and_classes_are_called(name):
    pytest.importorskip("sklearn")
    (_, width), classes = TABLES[name]
    table = getattr(data, f"load_{name}")()
    assert table.x is table[0]
    assert table.y is table[1]
    assert len(table.feature_names) == width
    assert len(table.class_names) == (classes or 0)
    assert {type(each) for each in (*table.feature_names, *table.class_names)} == {str}


def test_names_of_tables_are_those_of_their_source():
    pytest.importorskip("sklearn")
    assert data.load_iris().class_names == ("setosa", "versicolor", "virginica")
    assert data.load_diabetes().feature_names[2] == "bmi"
    copy = pickle.loads(pickle.dumps(data.load_iris()))
    assert copy.feature_names == data.load_iris().feature_names
    assert_array_equal(copy.x, data.load_iris().x)


@pytest.mark.parametrize("make", TOYS, ids=lambda make: make.__name__)
def test_toys_come_from_their_seed_and_are_read_only(make):
    x, y = make(51, seed=3)
    again, other = make(51, seed=3), make(51, seed=4)
    assert len(x) == len(y) == 51
    assert_array_equal(x, again[0])
    assert not np.array_equal(x, other[0])
    assert not x.flags.writeable
    assert not y.flags.writeable


def test_toys_without_noise_lie_on_their_curves():
    x, label = data.make_circles(40, noise=0, factor=0.3)
    assert_allclose(np.hypot(*x.T), np.where(label, 0.3, 1.0))
    x, label = data.make_moons(40, noise=0)
    centres = np.where(label[:, None], [1.0, 0.5], [0.0, 0.0])
    assert_allclose(np.hypot(*(x - centres).T), 1)
    assert np.bincount(label).tolist() == [20, 20]
    x, label = data.make_spirals(60, noise=0, classes=4)
    assert np.bincount(label).tolist() == [15] * 4
    x, y = data.make_regression(50, 3, noise=0)
    table = np.column_stack([x, np.ones(50)])
    assert_allclose(table @ np.linalg.lstsq(table, y)[0], y)


@examples(60)
@given(st.integers(2, 40), st.floats(0.05, 0.95), st.integers(0, 99))
def test_a_split_divides_the_examples(n, share, seed):
    held_out = round(n * share)
    if not 0 < held_out < n:
        with pytest.raises(tg.errors.ArgumentError, match="Expected at least one in each part"):
            data.train_test_split(np.arange(n), test_size=share)
        return
    a_train, a_test, b_train, b_test = data.train_test_split(np.arange(n), 2 * np.arange(n), test_size=share, seed=seed)
    assert len(a_test) == held_out
    assert sorted([*a_train, *a_test]) == list(range(n))
    assert_array_equal(b_train, 2 * a_train)
    assert_array_equal(b_test, 2 * a_test)


def test_a_stratified_split_keeps_the_shares_of_the_classes():
    labels = np.repeat([0, 1, 2], [60, 30, 10])
    train, test = data.train_test_split(labels, test_size=0.2, stratify=labels, seed=1)
    assert np.bincount(test).tolist() == [12, 6, 2]
    assert np.bincount(train).tolist() == [48, 24, 8]


def test_standardised_features_have_mean_0_and_deviation_1_and_come_back():
    x = np.random.default_rng(0).normal(5, 3, (40, 3))
    x[:, 2] = 7
    scale = data.Standardizer().fit(x)
    z = scale(x)
    assert_allclose(z.mean(axis=0), 0, atol=1e-12)
    assert_allclose(z.std(axis=0), [1, 1, 0])
    assert_allclose(scale.undo(z), x)
    images = np.random.default_rng(0).random((5, 4, 4, 2))
    assert_allclose(data.Standardizer().fit(images)(images).std(axis=(0, 1, 2)), 1)


def test_pixels_and_labels():
    assert_array_equal(data.scale_pixels(np.array([0, 51, 255], np.uint8)), [0, 0.2, 1])
    assert_array_equal(data.one_hot([2, 0]), [[0, 0, 1], [1, 0, 0]])


@pytest.mark.parametrize(("call", "words"), [
    (lambda: data.train_test_split(np.ones(3), np.ones(4)), r"shapes \(3,\) and \(4,\)"),
    (lambda: data.train_test_split(np.ones(5), stratify=np.ones(4)), r"stratify\): got shape \(4,\)"),
    (lambda: data.Standardizer()(np.ones((2, 2))), "call fit"),
    (lambda: data.Standardizer().undo(np.ones((2, 2))), "call fit"),
    (lambda: data.Standardizer().fit(np.ones(3)), r"got shape \(3,\). Expected \(n, features\)"),
    (lambda: data.one_hot([0.5]), "got dtype float64"),
    (lambda: data.one_hot([3], 3), "got labels from 3 to 3. Expected 0 to 2"),
    (lambda: data.make_moons(0), "n: got 0. Expected a whole number of at least 1"),
    (lambda: data.make_circles(10, noise=-1), "noise: got -1. Expected a number of at least 0"),
    (lambda: data.make_circles(factor=2), "factor"),
    (lambda: data.make_spirals(classes=1), "at least 2"),
    (lambda: data.make_moons(2.5), "n: got 2.5"),
    (lambda: data.make_moons(noise="much"), "noise: got 'much'"),
    (lambda: data.make_regression(features=0), "features\\): got 0"),
    (lambda: data.train_test_split(), "got no arrays"),
    (lambda: data.train_test_split(np.ones(5), test_size="all"), "got 'all'. Expected a share between 0 and 1"),
    (lambda: data.train_test_split(np.ones(5), test_size=True), "got True"),
    (lambda: data.train_test_split(np.ones(5), test_size=float("nan")), "got nan"),
    (lambda: data.train_test_split(np.ones(5), test_size=5), "would hold out 5 of 5 examples"),
    (lambda: data.train_test_split([[1], [1, 2]]), "rows differ in length"),
    (lambda: data.Standardizer().fit(np.ones((5, 3)))(np.ones((5, 1))), r"shape \(5, 1\). Expected 3 features"),
    (lambda: data.Standardizer().fit([[1.0], [np.nan]]), r"x holds nan at \(1, 0\)"),
    (lambda: data.Standardizer().fit([["tall"], ["small"]]), "has dtype <U5. Expected"),
    (lambda: data.scale_pixels([0], 0), "got 0. Expected a number above 0"),
    (lambda: data.one_hot(["a", "b"]), "np.unique"),
    (lambda: data.one_hot([-1]), "from -1 to -1. Expected 0, 1, 2"),
    (lambda: data.one_hot([1], 2.5), "got 2.5"),
])
def test_errors(call, words):
    with pytest.raises(tg.errors.TinygradEduError, match=words):
        call()


def test_data_may_be_lists_tensors_or_tables_of_objects():
    x = [[0.0, 5.0], [2.0, 5.0]]
    scale = data.Standardizer().fit(np.array(x, object))
    assert_array_equal(scale(tg.Tensor([[4.0, 5.0]])), [[3, 0]])
    parts = data.train_test_split(tg.Tensor(np.arange(10.0)), list("abcdefghij"), test_size=np.int64(3))
    assert [len(each) for each in parts] == [7, 3, 7, 3]
    assert_array_equal(data.one_hot(tg.asarray([1, 0])), [[0, 1], [1, 0]])


def test_a_constant_feature_becomes_zero_also_where_its_mean_is_rounded():
    x = np.full((3, 1), 0.1)
    assert x.std() > 0                                  # by rounding alone
    assert_array_equal(data.Standardizer().fit(x)(x), np.zeros((3, 1)))


def test_blobs_are_clouds_that_a_line_separates():
    x, labels = data.make_blobs(200, noise=0.5, seed=3)
    assert x.shape == (200, 2)
    assert np.bincount(labels).tolist() == [100, 100]
    neuron = nn.LogisticRegressionNeuron(2, seed=0).fit(x, labels, epochs=100)
    assert np.array_equal(neuron.predict(x) > 0.5, labels == 1)
    assert np.array_equal(data.make_blobs(200, noise=0.5, seed=3)[0], x)
    x, labels = data.make_blobs(90, noise=0, classes=3, radius=2)
    assert_allclose(np.linalg.norm(x, axis=1), 2)
    assert len(np.unique(np.column_stack([x.round(9), labels]), axis=0)) == 3
