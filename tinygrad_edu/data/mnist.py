"""MNIST from its own files: IDX, plain or gzip, in a folder or downloaded with a checksum.

    load_mnist(path, part)      images (n, 28, 28) in 0...1, labels (n,)
    read_idx(file, axes)        one file -> an array of bytes
    download_mnist(folder)      the four files, into the cache

The files come from elsewhere, so nothing in them is believed: every length is checked before it is used.
"""

from __future__ import annotations

import gzip
import hashlib
import math
import os
import zlib
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import numpy as np

from ..errors import ArgumentError, DataError, DownloadError
from ..files import write_whole
from .arrays import frozen

Array = np.ndarray[Any, Any]

PREFIXES = {"train": "train", "test": "t10k"}           # how the files call the two parts
VARIABLE = "TINYGRAD_EDU_MNIST"                         # the environment variable that may name the folder
WIDTH = 28                                              # of an image, in pixels; the height too
BRIGHTEST = 255

MIRROR = "https://ossci-datasets.s3.amazonaws.com/mnist/"
SHA256 = {
    "train-images-idx3-ubyte.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    "train-labels-idx1-ubyte.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    "t10k-images-idx3-ubyte.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    "t10k-labels-idx1-ubyte.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
}
MOST_BYTES = 32_000_000                                 # no file of a mirror is read further
PATIENCE = 20                                           # seconds to wait for a mirror that is silent


def load_mnist(path: str | os.PathLike[str] | None = None, part: str | None = None) -> tuple[Array, Array]:
    """One part of MNIST as images and labels, both read-only.

    Args:
        path: a folder with MNIST's files, or one file of images with its labels beside it. None for the folder named
            by the environment variable TINYGRAD_EDU_MNIST, else the cache that `download_mnist` fills.
        part: "train" or "test" (the files called t10k-...) of a folder. None for "train" if it is there, else "test".
    Returns: images (n, 28, 28), float64 from 0 (paper) to 1 (ink), and labels (n,), int64 from 0 to 9.
    Raises: DataError naming the file and what is wrong with it, ArgumentError for another part.
    """
    if part not in (None, *PREFIXES):
        raise ArgumentError(f'load_mnist(path, part): got part {part!r}. Expected "train", "test" or None.')
    place = default_folder() if path is None else Path(path).expanduser()
    images_file = _images_in(place, part) if place.is_dir() else place
    labels_file = _labels_beside(images_file)
    pixels, labels = read_idx(images_file, axes=3), read_idx(labels_file, axes=1)
    _check(pixels, images_file, labels, labels_file)
    return frozen(pixels / BRIGHTEST), frozen(labels.astype(np.int64))


def _check(pixels: Array, images_file: Path, labels: Array, labels_file: Path) -> None:
    """Raise DataError unless these are images of MNIST's size with one digit for each."""
    if pixels.shape[1:] != (WIDTH, WIDTH):
        raise DataError(f"{images_file}: found images of {_product(pixels.shape[1:])} pixels, "
                        f"expected {WIDTH} × {WIDTH}.")
    if len(labels) != len(pixels):
        raise DataError(f"{labels_file}: found {len(labels)} labels, expected {len(pixels)}, "
                        f"one for each image in {images_file.name}.")
    if labels.max() > 9:
        raise DataError(f"{labels_file}: found the label {labels.max()}, expected digits from 0 to 9.")


# -- which files ------------------------------------------------------------------------------------------------------


def default_folder() -> Path:
    """The folder that the environment variable names, else the cache if it holds MNIST; DataError if neither."""
    named = os.environ.get(VARIABLE)
    if named:
        if not Path(named).expanduser().exists():
            raise DataError(f"{VARIABLE} names {named}, and there is no such folder.")
        return Path(named).expanduser()
    if not parts_in(cache_folder()):
        raise DataError(f"got no path, {VARIABLE} is not set, and MNIST has not been downloaded to "
                        f"{cache_folder()}. Name the folder of its files, or call download_mnist() once.")
    return cache_folder()


def cache_folder() -> Path:
    """Where downloads are kept: in XDG_CACHE_HOME, or in ~/.cache if that is not set."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if os.path.isabs(base) else Path.home() / ".cache") / "tinygrad_edu" / "mnist"


def parts_in(folder: str | os.PathLike[str]) -> list[str]:
    """Which of "train" and "test" a folder has images of.

    >>> from tinygrad_edu.data import mnist
    >>> mnist.parts_in("a folder that does not exist")
    []
    """
    return [part for part, prefix in PREFIXES.items() if _first_file(Path(folder), _names(prefix, "images"))]


def _images_in(folder: Path, part: str | None) -> Path:
    prefixes = [PREFIXES[part]] if part else list(PREFIXES.values())
    found = _first_file(folder, [name for prefix in prefixes for name in _names(prefix, "images")])
    if not found:
        expected = " or ".join(f"{prefix}-images-idx3-ubyte" for prefix in prefixes)
        raise DataError(f"{folder}: found no images of MNIST in this folder. "
                        f"Expected a file {expected}, plain or with .gz.")
    return found


def _labels_beside(images_file: Path) -> Path:
    if not images_file.is_file():
        raise DataError(f"{images_file}: there is no such file or folder. "
                        "Expected a folder with MNIST's files, or a file of images.")
    prefix, word, _ = images_file.name.partition("-images")
    if not word:
        raise DataError(f"{images_file}: its labels cannot be found, because there is no -images in the name. "
                        "Expected a name like t10k-images-idx3-ubyte.gz, "
                        "with t10k-labels-idx1-ubyte.gz beside it.")
    found = _first_file(images_file.parent, _names(prefix, "labels"))
    if not found:
        raise DataError(f"{images_file}: found no labels beside it. "
                        f"Expected a file {prefix}-labels-idx1-ubyte, plain or with .gz.")
    return found


def _names(prefix: str, kind: str) -> list[str]:
    """How a file may be called; some mirrors write a dot where the original has a hyphen."""
    axes = {"images": 3, "labels": 1}[kind]
    return [f"{prefix}-{kind}{mark}idx{axes}-ubyte{ending}" for mark in "-." for ending in ("", ".gz")]


def _first_file(folder: Path, names: list[str]) -> Path | None:
    return next((folder / name for name in names if (folder / name).is_file()), None)


# -- IDX --------------------------------------------------------------------------------------------------------------

IDX_TYPES = {0x08: "uint8", 0x09: "int8", 0x0B: "int16", 0x0C: "int32", 0x0D: "float32", 0x0E: "float64"}


def read_idx(file: str | os.PathLike[str], axes: int) -> Array:
    """The array of unsigned bytes that an IDX file holds, plain or gzip.

    The format: two zeros, a code for the type (8 for unsigned bytes), the number of axes; the length of each axis as
    a big-endian uint32; then the elements in C order, and nothing after them.

    Args:
        file: its path. What is in it decides whether it is gzip, not its name.
        axes: how many axes are expected: 3 for images, 1 for labels.
    Raises: DataError naming the file, what was found and what was expected.
    Source: LeCun, Cortes & Burges, The MNIST database of handwritten digits, yann.lecun.com/exdb/mnist.
    """
    content = _content(Path(file))
    header = 4 + 4 * axes
    if len(content) < 4 or content[:4] != bytes([0, 0, 0x08, axes]):
        raise DataError(f"{file}: found {_described(content[:4])}, expected an IDX file of uint8 with "
                        f"{_counted(axes)} (it begins with the bytes 00 00 08 {axes:02x}).")
    if len(content) < header:
        raise DataError(f"{file}: found only {len(content)} bytes, expected a header of {header}. "
                        "The file was cut short.")
    shape = tuple(int.from_bytes(content[start:start + 4], "big") for start in range(4, header, 4))
    found, expected = len(content) - header, math.prod(shape)
    if found != expected:
        raise DataError(f"{file}: found {found} bytes of data, "
                        f"expected {_product(shape)} = {expected} as its header says.")
    if expected == 0:
        raise DataError(f"{file}: found no data, since its header says {_product(shape)}. "
                        "Expected at least one image or label.")
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape)


def _content(file: Path) -> bytes:
    """The bytes of a file, unpacked if they are gzip."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise DataError(f"{file}: it cannot be read ({error.strerror or error}).") from error
    if content[:2] != b"\x1f\x8b":
        return content
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{file}: the gzip file is damaged or was cut short ({error}).") from error


def _described(magic: bytes) -> str:
    """What a file is that begins with these bytes."""
    if len(magic) == 4 and magic[:2] == b"\0\0" and magic[2] in IDX_TYPES:
        return f"an IDX file of {IDX_TYPES[magic[2]]} with {_counted(magic[3])}"
    return f"a file that begins with the bytes {magic.hex(' ')}" if magic else "an empty file"


def _counted(axes: int) -> str:
    return f"{axes} axis" if axes == 1 else f"{axes} axes"


def _product(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape))


# -- download ---------------------------------------------------------------------------------------------------------


def download_mnist(folder: str | os.PathLike[str] | None = None, source: str = MIRROR) -> Path:
    """Fetch MNIST's four files (11 MB), unless they are there already, and give back their folder.

    Every file is checked by its SHA-256, written beside and then moved into place: no half file is ever found there.

    Args:
        folder: where to put them. None for the cache: tinygrad_edu/mnist in XDG_CACHE_HOME or ~/.cache.
        source: the address of a mirror; the names of the files are added to it.
    Raises: DownloadError if a file cannot be fetched or saved, or has another checksum; it is not kept then.
    """
    place = cache_folder() if folder is None else Path(folder).expanduser()
    for name, checksum in SHA256.items():
        if not (place / name).is_file() or _sha256((place / name).read_bytes()) != checksum:
            content = _fetched(f"{source.rstrip('/')}/{name}")
            found = _sha256(content)
            if found != checksum:
                raise DownloadError(f"download_mnist(): {name} from {source} has the SHA-256 {found}, "
                                    f"expected {checksum}. It was not kept; try again, "
                                    "or name another mirror as `source`.")
            _save(content, place / name)
    return place


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _fetched(address: str) -> bytes:
    try:
        with urlopen(address, timeout=PATIENCE) as response:
            content: bytes = response.read(MOST_BYTES)
            return content
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise DownloadError(f"download_mnist(): {address} cannot be fetched ({reason}). Without a network, "
                            f"name a folder that has MNIST's files, or set {VARIABLE} to it.") from error


def _save(content: bytes, file: Path) -> None:
    try:
        write_whole(file, content, make_folder=True)
    except DataError as error:
        raise DownloadError(f"download_mnist(): {error}") from error
