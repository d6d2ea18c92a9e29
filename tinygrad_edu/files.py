"""Files, written whole or not at all.

    write_whole(path, content)      written beside its place, and moved there when it is complete

No reader ever sees half of a file, and a failure leaves what was there before. Whatever the library writes goes through
here, so that every error names the path as the user gave it, and not the name it was written under.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from .errors import DataError

Content = bytes | Callable[[IO[bytes]], Any]


def write_whole(path: str | os.PathLike[str], content: Content, *, make_folder: bool = False) -> Path:
    """Write a file beside its place, and move it there when it is complete.

    Args:
        path: its place. Of a symbolic link the file that it leads to is replaced, not the link.
        content: bytes, or a function that writes them to the open file it is given.
        make_folder: whether to make the folder (and those around it) if there is none.
    Returns: the path.
    Raises: DataError if the file cannot be written. What `content` itself raises comes through, unless it is an
        OSError; nothing is left behind then either.

    >>> import tempfile
    >>> write_whole(tempfile.mkdtemp() + "/greeting.txt", b"hello").read_bytes()
    b'hello'
    """
    try:
        place = Path(os.path.realpath(path))
        if make_folder:
            place.parent.mkdir(parents=True, exist_ok=True)
        _check(path, place)
        _write(place, content)
    except OSError as error:
        raise DataError(f"{os.fspath(path)} cannot be written ({error.strerror or error}).") from error
    return Path(path)


def _check(path: str | os.PathLike[str], place: Path) -> None:
    if place.is_dir():
        raise DataError(f"{os.fspath(path)} cannot be written, because it is a folder. Expected the name of a file.")
    if not place.parent.is_dir():
        raise DataError(f"{os.fspath(path)} cannot be written, because there is no folder {Path(path).parent}.")


def _write(place: Path, content: Content) -> None:
    """Write under a name of its own, short enough for any file system, then take the place of what was there."""
    beside = place.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with open(beside, "xb") as file:            # with the permissions that the user's other files have
            if isinstance(content, bytes):
                file.write(content)
            else:
                content(file)
            file.flush()
            os.fsync(file.fileno())                 # on the disk, before the name leads to it
        os.replace(beside, place)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
