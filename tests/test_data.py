"""Data sets: what the loaders give, what they refuse and in which words, and that no half file is ever left behind."""

import gzip
import hashlib
import os
import socket
import struct
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

import tinygrad_edu as tg
from tinygrad_edu.data import download_mnist, load_digits, load_mnist, mnist
from tinygrad_edu.errors import ArgumentError, DataError, DownloadError, MissingExtraError

MNIST = os.environ.get(mnist.VARIABLE)
MOST = 2**32 - 1            # the greatest length that a header can state


def idx(array, code=0x08):
    """An array of bytes as an IDX file."""
    return header(*array.shape, code=code) + array.astype(np.uint8).tobytes()


def header(*shape, code=0x08):
    return struct.pack(f">BBBB{len(shape)}I", 0, 0, code, len(shape), *shape)


def pixels(count, size=28):
    return (np.arange(count * size * size) % 256).reshape(count, size, size)


def write_pair(folder, prefix="t10k", labels=(7, 2, 1), images=None):
    """Images and their labels as MNIST calls them, plain; the path of the images."""
    (folder / f"{prefix}-labels-idx1-ubyte").write_bytes(idx(np.array(labels)))
    file = folder / f"{prefix}-images-idx3-ubyte"
    file.write_bytes(idx(pixels(len(labels)) if images is None else images))
    return file


@pytest.fixture(autouse=True)
def nothing_found_elsewhere(monkeypatch, tmp_path):
    """Neither the environment nor a cache of this machine leads to MNIST, unless a test says so."""
    monkeypatch.delenv(mnist.VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


# -- digits -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [8, 28])
def test_digits_are_1797_images_from_0_to_1(size):
    images, labels = load_digits(size)
    assert images.shape == (1797, size, size)
    assert (images.dtype, images.min(), images.max()) == (np.float64, 0, 1)
    assert labels.dtype == np.int64
    assert_array_equal(np.unique(labels), range(10))


def test_digits_are_enlarged_three_times_within_a_border_of_two():
    small, large = load_digits(8)[0], load_digits(28)[0]
    assert_array_equal(large[:, 2:-2, 2:-2], np.kron(small, np.ones((1, 3, 3))))
    assert large.sum() == 9 * small.sum()                   # so the border holds nothing


@pytest.mark.parametrize("load", [load_digits, lambda: load_mnist(MNIST)], ids=["digits", "mnist"])
def test_data_are_shared_with_the_engine_and_not_copied(load):
    if load is not load_digits and not MNIST:
        pytest.skip(f"{mnist.VARIABLE} is not set")
    images, labels = load()
    assert not images.flags.writeable
    assert not labels.flags.writeable
    assert np.shares_memory(tg.asarray(images.reshape(len(images), -1)).data, images)


def test_digits_of_another_size_are_refused():
    with pytest.raises(ArgumentError, match=r"got size 16\. Expected 8 .* or 28"):
        load_digits(16)


def test_digits_without_scikit_learn_name_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(MissingExtraError, match=r'needs scikit-learn.*pip install "tinygrad_edu\[data\]"'):
        load_digits()


# -- MNIST: what is found ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["", ".gz"], ids=["plain", "gzip"])
@pytest.mark.parametrize("mark", ["-", "."], ids=["hyphen", "dot"])
def test_mnist_is_read_from_a_folder(tmp_path, ending, mark):
    pack = gzip.compress if ending else bytes
    (tmp_path / f"t10k-images{mark}idx3-ubyte{ending}").write_bytes(pack(idx(pixels(3))))
    (tmp_path / f"t10k-labels{mark}idx1-ubyte{ending}").write_bytes(pack(idx(np.array([7, 2, 1]))))
    images, labels = load_mnist(tmp_path)
    assert_array_equal(images, pixels(3) / 255)
    assert_array_equal(labels, [7, 2, 1])
    assert (images.dtype, labels.dtype) == (np.float64, np.int64)


def test_content_and_not_the_name_tells_gzip(tmp_path):
    file = write_pair(tmp_path)
    file.write_bytes(gzip.compress(file.read_bytes()))      # as some browsers leave a download
    assert len(load_mnist(tmp_path)[0]) == 3


def test_labels_are_found_beside_a_file_of_images(tmp_path):
    assert_array_equal(load_mnist(write_pair(tmp_path, "mine", labels=[4, 5]))[1], [4, 5])


def test_each_part_of_a_folder_can_be_asked_for(tmp_path):
    write_pair(tmp_path, "train", labels=[1, 2])
    write_pair(tmp_path, "t10k", labels=[3])
    assert mnist.parts_in(tmp_path) == ["train", "test"]
    assert_array_equal(load_mnist(tmp_path, "train")[1], [1, 2])
    assert_array_equal(load_mnist(tmp_path, "test")[1], [3])
    assert_array_equal(load_mnist(tmp_path)[1], [1, 2])


def test_environment_variable_names_the_folder(tmp_path, monkeypatch):
    write_pair(tmp_path)
    monkeypatch.setenv(mnist.VARIABLE, str(tmp_path))
    assert len(load_mnist()[1]) == 3


def test_downloaded_files_are_found_without_a_path(tmp_path):
    (tmp_path / "cache" / "tinygrad_edu" / "mnist").mkdir(parents=True)
    write_pair(mnist.cache_folder())
    assert len(load_mnist()[1]) == 3


@pytest.mark.skipif(not MNIST, reason=f"{mnist.VARIABLE} is not set")
def test_real_mnist_is_read():
    images, labels = load_mnist(MNIST, "test")
    assert images.shape == (10_000, 28, 28)
    assert_array_equal(labels[:5], [7, 2, 1, 0, 4])
    assert_array_equal(np.bincount(labels), [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009])


# -- MNIST: what is refused -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("content", "message"), [
    (b"", "found an empty file, expected an IDX file of uint8 with 3 axes"),
    (b"\x89PNG....", "found a file that begins with the bytes 89 50 4e 47, expected .* 00 00 08 03"),
    (idx(np.array([1, 2])), "found an IDX file of uint8 with 1 axis, expected .* 3 axes"),
    (idx(pixels(1), code=0x0D), "found an IDX file of float32 with 3 axes, expected an IDX file of uint8"),
    (idx(pixels(1), code=0x07), "found a file that begins with the bytes 00 00 07 03"),
    (idx(pixels(3))[:10], "found only 10 bytes, expected a header of 16"),
    (idx(pixels(3))[:-1], "found 2351 bytes of data, expected 3 × 28 × 28 = 2352"),
    (idx(pixels(3)) + b"x", "found 2353 bytes of data, expected 3 × 28 × 28 = 2352"),
    (header(MOST, MOST, MOST), "found 0 bytes of data, expected 4294967295 × "),
    (header(0, MOST, MOST), "found no data, since its header says 0 × 4294967295 × "),
    (idx(pixels(3, size=8)), "found images of 8 × 8 pixels, expected 28 × 28"),
    (idx(pixels(0)), "found no data, since its header says 0 × 28 × 28. Expected at least one"),
    (idx(pixels(2)), "idx1-ubyte: found 3 labels, expected 2, one for each image in t10k-images-idx3-ubyte"),
    (gzip.compress(idx(pixels(3)))[:-20], "images-idx3-ubyte: the gzip file is damaged or was cut short"),
    (gzip.compress(idx(pixels(3)))[:5], "the gzip file is damaged or was cut short"),
    (b"\x1f\x8b\x08\x00" + b"\xff" * 20, "the gzip file is damaged or was cut short"),
], ids=["empty", "png", "labels", "float", "unknown-type", "header-cut", "cut", "too-long", "huge",
        "huge-empty", "other-size", "none", "other-count", "gzip-cut", "gzip-header-cut", "gzip-damaged"])
def test_images_that_are_not_mnist_are_refused(tmp_path, content, message):
    file = write_pair(tmp_path)
    file.write_bytes(content)
    with pytest.raises(DataError, match=message) as failure:
        load_mnist(tmp_path)
    assert str(tmp_path) in str(failure.value)


def test_labels_that_are_not_digits_are_refused(tmp_path):
    with pytest.raises(DataError, match="labels-idx1-ubyte: found the label 10, expected digits from 0 to 9"):
        load_mnist(write_pair(tmp_path, labels=[1, 10]))


@given(content=st.binary(max_size=40) | st.binary(max_size=40).map(lambda tail: b"\0\0\x08\x01" + tail))
def test_any_file_is_read_or_refused_in_our_words(content, tmp_path_factory):
    file = tmp_path_factory.getbasetemp() / "any"
    file.write_bytes(content)
    try:
        array = mnist.read_idx(file, axes=1)
    except DataError:
        return
    assert idx(array) == content


def test_missing_path_is_named():
    expected = "nowhere: there is no such file or folder. Expected a folder with MNIST's files"
    with pytest.raises(DataError, match=expected):
        load_mnist("nowhere")


def test_folder_without_images_says_what_is_looked_for(tmp_path):
    expected = "no images of MNIST.*train-images-idx3-ubyte or t10k-images-idx3-ubyte"
    with pytest.raises(DataError, match=expected):
        load_mnist(tmp_path)


def test_folder_without_the_part_says_what_is_looked_for(tmp_path):
    write_pair(tmp_path, "t10k")
    with pytest.raises(DataError, match="no images of MNIST.*Expected a file train-images-idx3-ubyte, plain"):
        load_mnist(tmp_path, "train")


def test_images_without_labels_say_what_is_looked_for(tmp_path):
    file = write_pair(tmp_path)
    (tmp_path / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(DataError, match="found no labels beside it. Expected a file t10k-labels-idx1-ubyte"):
        load_mnist(file)


def test_file_with_another_name_says_how_labels_are_found(tmp_path):
    (tmp_path / "pictures").touch()
    with pytest.raises(DataError, match="pictures: its labels cannot be found.*no -images in the name"):
        load_mnist(tmp_path / "pictures")


def test_unreadable_file_is_refused_in_our_words(tmp_path):
    with pytest.raises(DataError, match=r"it cannot be read \(Is a directory\)"):
        mnist.read_idx(tmp_path, axes=1)


def test_without_a_path_the_ways_to_name_one_are_listed(tmp_path):
    expected = f"{mnist.VARIABLE} is not set, and MNIST has not been downloaded.*download_mnist"
    with pytest.raises(DataError, match=expected):
        load_mnist()


def test_environment_variable_that_names_nothing_is_blamed(monkeypatch):
    monkeypatch.setenv(mnist.VARIABLE, "nowhere")
    with pytest.raises(DataError, match=f"{mnist.VARIABLE} names nowhere, and there is no such folder"):
        load_mnist()


def test_another_part_is_refused(tmp_path):
    with pytest.raises(ArgumentError, match='got part \'validation\'. Expected "train", "test" or None'):
        load_mnist(tmp_path, "validation")


# -- MNIST: the download ----------------------------------------------------------------------------------------------


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    """A folder that serves as a mirror, with four small files and their checksums."""
    folder = tmp_path / "mirror"
    folder.mkdir()
    for name in mnist.SHA256:
        content = pixels(3) if "images" in name else np.array([7, 2, 1])
        (folder / name).write_bytes(gzip.compress(idx(content)))
    sums = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in mnist.SHA256}
    monkeypatch.setattr(mnist, "SHA256", sums)
    return folder


def files_in(folder):
    return sorted(file.name for file in folder.rglob("*"))


def test_download_fills_the_cache_and_nothing_else(mirror, tmp_path):
    folder = download_mnist(source=mirror.as_uri())
    assert folder == tmp_path / "cache" / "tinygrad_edu" / "mnist"
    assert files_in(folder) == sorted(mnist.SHA256)
    assert_array_equal(load_mnist()[1], [7, 2, 1])


def test_cache_is_in_the_home_folder_unless_the_environment_says_otherwise(monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", "not/absolute")    # the XDG specification says: to be ignored
    assert mnist.cache_folder() == Path.home() / ".cache" / "tinygrad_edu" / "mnist"


def test_download_keeps_what_is_there_and_replaces_what_is_damaged(mirror, tmp_path):
    folder = download_mnist(tmp_path / "here", source=mirror.as_uri())
    damaged, *others = [folder / name for name in mnist.SHA256]
    damaged.write_bytes(b"half a fi")
    for name in others:
        (mirror / name.name).unlink()                       # these cannot be fetched again, and need not be
    download_mnist(folder, source=mirror.as_uri())
    assert damaged.read_bytes() == (mirror / damaged.name).read_bytes()


def test_download_with_another_checksum_is_not_kept(mirror, tmp_path):
    (mirror / "train-images-idx3-ubyte.gz").write_bytes(b"something else")
    found = hashlib.sha256(b"something else").hexdigest()
    with pytest.raises(DownloadError, match=f"has the SHA-256 {found}, expected"):
        download_mnist(tmp_path / "here", source=mirror.as_uri())
    assert not (tmp_path / "here").exists()


def test_download_without_a_network_says_what_to_do():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]                      # nobody listens there once it is closed
    advice = f"Without a network, name a folder.*or set {mnist.VARIABLE}"
    with pytest.raises(DownloadError, match=f"cannot be fetched .*{advice}"):
        download_mnist(source=f"http://127.0.0.1:{port}/")


def test_download_from_something_that_is_no_address_is_refused():
    expected = "mirror/train-images-idx3-ubyte.gz cannot be fetched.*unknown url type"
    with pytest.raises(DownloadError, match=expected):
        download_mnist(source="mirror")


def test_interrupted_download_leaves_no_file_behind(mirror, tmp_path, monkeypatch):
    def interrupt(*paths):
        raise KeyboardInterrupt
    monkeypatch.setattr(os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        download_mnist(tmp_path / "here", source=mirror.as_uri())
    assert files_in(tmp_path / "here") == []


def test_download_into_a_place_that_cannot_be_written_says_so(mirror, tmp_path):
    (tmp_path / "file").touch()
    expected = r"train-images-idx3-ubyte.gz cannot be written \(Not a directory\)"
    with pytest.raises(DownloadError, match=expected):
        download_mnist(tmp_path / "file" / "folder", source=mirror.as_uri())
