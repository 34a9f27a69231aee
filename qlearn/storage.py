"""One file format: HDF5 with a version and a checksum, written whole or not at all, and never evaluated.

A file holds one tree of mappings, lists, tuples, arrays, numbers, strings and None, each with its type as an attribute, so that
what is read equals what was written, bit for bit. The root has the attributes

    format "qlearn", version 1, kind ("result", "spectrum", "checkpoint"), qlearn (the version that wrote it), sha256 of the tree

Writing goes to a hidden file ``.NAME.PID.part`` in the same folder, which is flushed to the disk and then takes the name: at any
moment the file of that name is the old one or the new one. What is left of a process killed while it wrote is such a
``.part`` file, which may be deleted.
"""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from qlearn import checks
from qlearn.errors import StorageError
from qlearn.kernels.arrays import to_numpy

__all__ = ["VERSION", "as_path", "digest", "kind_of", "read", "storable", "usable", "write"]

VERSION = 1
NUMERIC = "biufc"
UNREADABLE = (OSError, KeyError, ValueError, TypeError, RuntimeError, MemoryError, UnicodeError)


def as_path(argument: str, path: Any) -> Path:
    """The path of a file that may be written, its folder checked."""
    if not isinstance(path, str | os.PathLike):
        checks.fail(argument, "must be the path of a file", path)
    path = Path(os.path.realpath(os.path.expanduser(path)))
    if path.is_dir():
        checks.fail(argument, "must be the path of a file", f"the folder {path}", "Add a file name, such as run.h5.")
    if not path.parent.is_dir():
        checks.fail(argument, "must lie in a folder that exists", str(path), f"Make the folder {path.parent} first.")
    return path


def usable(argument: str, path: Any) -> Path:
    """``as_path``, and a file can be written there: tried out, before any work."""
    path = as_path(argument, path)
    trial = _part(path)
    try:
        trial.touch()
        trial.unlink()
    except OSError as error:
        raise StorageError(f"{argument} must lie in a folder that can be written to; {path.parent}: {error.strerror}. "
                           "Choose another folder.") from error
    return path


def write(path: Path, kind: str, content: Mapping[str, Any]) -> None:
    """Put the tree into the file, in place of what it holds. Raises StorageError, the old file then stays as it was."""
    import h5py

    import qlearn

    part = _part(path)
    try:
        with h5py.File(part, "w") as file:
            root = file.create_group("content", track_order=True)
            for name, value in content.items():
                _put(root, name, value)
            file.attrs.update({"format": "qlearn", "version": VERSION, "kind": kind, "qlearn": qlearn.__version__,
                               "sha256": digest(content)})
        _onto_disk(part)
        os.replace(part, path)
        _onto_disk(path.parent)
    except (OSError, RuntimeError) as error:
        raise StorageError(f"{path} could not be written: {error}. Free space on the disk or give another path; "
                           "what the file held before is unchanged.") from error
    finally:
        part.unlink(missing_ok=True)


def read(path: Path, kind: str) -> dict[str, Any]:
    """The tree of a file of that kind. Raises StorageError, with the reason, where the file is not to be trusted."""
    import h5py

    if not path.is_file():
        raise StorageError(f"there is no file {path}.")
    try:
        with h5py.File(path, "r") as file:
            _check_root(path, file.attrs, kind)
            content = _taken(file["content"])
            expected = file.attrs["sha256"]
    except StorageError:
        raise
    except UNREADABLE as error:
        raise StorageError(f"{path} is damaged or not an HDF5 file of qlearn: {error}. Take another copy.") from error
    if digest(content) != expected:
        raise StorageError(f"{path} is damaged: its numbers do not have the checksum it states. Take another copy.")
    return content


def kind_of(path: Path) -> str:
    """What a file says that it holds, as in "result"; its numbers are not read. Raises StorageError where it is no such file."""
    import h5py

    if not path.is_file():
        raise StorageError(f"there is no file {path}.")
    try:
        with h5py.File(path, "r") as file:
            kind = str(file.attrs.get("kind", ""))
            _check_root(path, file.attrs, kind)
    except StorageError:
        raise
    except UNREADABLE as error:
        raise StorageError(f"{path} is damaged or not an HDF5 file of qlearn: {error}. Take another copy.") from error
    return kind


def digest(value: Any) -> str:
    """SHA-256 of a tree: of types, shapes and bits."""
    total = hashlib.sha256()
    _feed(total, value)
    return total.hexdigest()


def storable(value: Any) -> bool:
    """True for what a file can hold."""
    if isinstance(value, Mapping):
        return all(isinstance(k, str) and k not in ("", ".") and "/" not in k and storable(v) for k, v in value.items())
    if isinstance(value, list | tuple):
        return all(map(storable, value))
    if value is None or isinstance(value, bool | int | float | complex | str):
        return True
    return _array(value).dtype.kind in NUMERIC


def _check_root(path: Path, attributes: Any, kind: str) -> None:
    if attributes.get("format") != "qlearn":
        raise StorageError(f"{path} is an HDF5 file, but not one of qlearn.")
    if int(attributes["version"]) > VERSION:
        raise StorageError(f"{path} was written by qlearn {attributes['qlearn']} in format {attributes['version']}; this one "
                           f"reads formats up to {VERSION}. Install a newer qlearn.")
    if attributes["kind"] != kind:
        raise StorageError(f"{path} holds a {attributes['kind']}, not a {kind}.")


def _part(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}.part")


def _onto_disk(path: Path) -> None:
    if path.is_dir() and os.name == "nt":
        return
    number = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _kind(value: Any) -> str:
    for name, kinds in (("none", type(None)), ("dict", Mapping), ("list", list), ("tuple", tuple), ("str", str),
                        ("bool", bool), ("int", int), ("float", float), ("complex", complex)):
        if isinstance(value, kinds) and not isinstance(value, np.generic):
            return name
    return "array"


def _array(value: Any) -> np.ndarray:
    return np.asarray(value) if isinstance(value, np.generic) else to_numpy(value)


def _items(value: Any) -> list[tuple[str, Any]]:
    return list(value.items()) if isinstance(value, Mapping) else [(str(i), item) for i, item in enumerate(value)]


def _put(group: Any, name: str, value: Any) -> None:
    kind = _kind(value)
    if not storable(value) or not storable({name: None}):
        checks.fail(f"{group.name}/{name}", "must be made of numbers, strings and arrays of numbers to be stored",
                    type(value).__name__)
    if kind in ("dict", "list", "tuple"):
        node = group.create_group(name, track_order=True)
        for key, item in _items(value):
            _put(node, key, item)
    else:
        node = group.create_dataset(name, data=_leaf(kind, value))
    node.attrs["type"] = kind


def _leaf(kind: str, value: Any) -> Any:
    if kind == "none":
        return False
    if kind == "int":
        return str(value)  # of any size
    return _array(value) if kind == "array" else value


def _taken(node: Any) -> Any:
    import h5py

    if isinstance(node, h5py.Group):
        if any(not isinstance(node.get(name, getlink=True), h5py.HardLink) for name in node):
            raise StorageError(f"{node.file.filename} links to other places, which no file of qlearn does.")
        items = {name: _taken(node[name]) for name in node}
        kind = node.attrs.get("type", "dict")
        return items if kind == "dict" else {"list": list, "tuple": tuple}[kind](items.values())
    return _number(node.attrs["type"], node)


def _number(kind: str, node: Any) -> Any:
    if kind == "none":
        return None
    if kind in ("str", "int"):
        text = node.asstr()[()]
        return int(text) if kind == "int" else text
    if kind == "array":
        if node.dtype.kind not in NUMERIC:
            raise StorageError(f"{node.file.filename} holds values of the type {node.dtype}, which no file of qlearn does.")
        return node[()]
    return {"bool": bool, "float": float, "complex": complex}[kind](node[()])


def _feed(total: Any, value: Any) -> None:
    kind = _kind(value)
    total.update(kind.encode())
    if kind in ("dict", "list", "tuple"):
        total.update(str(len(value)).encode())
        for key, item in _items(value):
            total.update(f"{key}\0".encode())
            _feed(total, item)
    elif kind == "array":
        array = np.ascontiguousarray(_array(value))
        total.update(f"{array.dtype.str}{_array(value).shape}".encode())
        total.update(array.view(np.uint8).reshape(-1).data if array.size else b"")
    else:
        total.update((np.array(value).tobytes() if kind in ("float", "complex") else str(value).encode()) + b"\0")
