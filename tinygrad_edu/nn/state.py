"""State: the values of a model's parameters and buffers, taken over by name, or kept in a file.

    load(module, state)     all or nothing, with every difference in the error
    save(module, path)      .npz without pickle, or .safetensors; written beside and moved into place
    read(path)              -> {dotted name: array}

Read `modules.py` before this file.
"""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..core.tensors import Tensor
from ..errors import ArgumentError, DataError, MissingExtraError, StateError
from ..files import write_whole
from .modules import Module

Arrays = dict[str, np.ndarray[Any, Any]]


def load(module: Module, state: Mapping[str, Any]) -> None:
    """What `module.load_state_dict(state)` does; see there."""
    module._check_built("load_state_dict(state)")
    if not isinstance(state, Mapping):
        raise ArgumentError(f"load_state_dict(state): got {state!r:.60}. Expected what state_dict() gives; "
                            "a file is loaded by model.load(path).")
    own: dict[str, Tensor] = dict(module._named_tensors())
    new = {name: np.asarray(getattr(value, "_value", value)) for name, value in state.items()}
    differences = [*(f"{name} is missing" for name in own.keys() - new.keys()),
                   *(f"{name} is not in the model" for name in new.keys() - own.keys())]
    for name in own.keys() & new.keys():
        t, array = own[name], new[name]
        if array.shape != t.shape:
            differences.append(f"{name} has shape {array.shape}, the model {t.shape}")
        if array.dtype != t.dtype:
            differences.append(f"{name} has dtype {array.dtype}, the model {t.dtype}")
    if differences:
        raise StateError(f"load_state_dict: the state does not fit the model, and nothing was changed. "
                         f"Differences: {'; '.join(sorted(differences))}.")
    for name, t in own.items():
        t.data = new[name]


def save(module: Module, path: str | os.PathLike[str]) -> None:
    """What `module.save(path)` does; see there."""
    module._check_built("save(path)")
    place, state = Path(path), module.state_dict()
    writers: dict[str, Callable[[Any], Any]] = {".npz": lambda file: _write_npz(file, state),
                                                ".safetensors": lambda file: file.write(_safetensors().save(state))}
    write = writers.get(place.suffix)
    if write is None:
        raise ArgumentError(f"save({str(path)!r}): got a file name that ends in {place.suffix or 'nothing'}. "
                            f"Expected {' or '.join(writers)}.")
    write_whole(place, write)


def _write_npz(file: Any, state: Arrays) -> None:
    """As `np.savez` does, which has no room for a parameter called "file"."""
    with zipfile.ZipFile(file, "w") as archive:
        for name, array in state.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, array, allow_pickle=False)


def read(path: str | os.PathLike[str]) -> Arrays:
    """The arrays of a file that `save` wrote, by name.

    Raises: DataError if it is not such a file. Nothing in it is run: pickled objects are refused.
    """
    place = Path(path)
    if not place.is_file():
        raise DataError(f"there is no file {place}.")
    content, reader = place.read_bytes(), _safetensors().load if place.suffix == ".safetensors" else _read_npz
    try:
        found: Arrays = reader(content)
    except Exception as error:                      # zip, NumPy and safetensors each have their own errors
        raise DataError(f"{place} is not a saved model ({error}). Expected what model.save(path) wrote.") from None
    return found


def _read_npz(content: bytes) -> Arrays:
    if not content.startswith(b"PK"):                   # which NumPy would take for a pickle, and say how to load that
        raise DataError("it is no .npz file")
    arrays = np.load(io.BytesIO(content), allow_pickle=False)
    return {name: arrays[name] for name in arrays.files}


def _safetensors() -> Any:
    try:
        from safetensors import numpy as library
    except ImportError as error:
        raise MissingExtraError("files that end in .safetensors need that library. "
                                'Install it with: pip install "tinygrad_edu[export]", or save as .npz.') from error
    return library
