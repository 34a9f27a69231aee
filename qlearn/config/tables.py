"""Columns of numbers from a CSV or .npz file; whatever is wrong is told with its row and column."""

import csv
import io
import math
import zipfile
import zlib
from pathlib import Path

import numpy as np

from qlearn import checks

__all__ = ["read_columns"]

_LARGEST = 1e50                     # squares and cubes of the data must stay finite


def read_columns(path: Path, features: str | tuple[str, ...], target: str) -> tuple[np.ndarray, np.ndarray]:
    """Return x (n, 2) and y (n,) from the named columns of a CSV, or the named arrays of an .npz file."""
    _require_file(path)
    if path.suffix.lower() == ".npz":
        return _read_npz(path, features, target)
    if not isinstance(features, tuple):
        checks.fail("data.features", "must list two columns of the CSV file", features, 'Write features = ["a", "b"].')
    columns = [*features, target]
    numbers = _read_csv(path, columns)
    return numbers[:, :2], numbers[:, 2]


def _require_file(path: Path) -> None:
    try:
        directory, exists, plain = path.is_dir(), path.exists(), path.is_file()
    except OSError as error:                    # for example a name that is too long
        checks.fail("data.file", "must be readable", f"{error.strerror}: {path}", "Check the path.")
    if directory:
        checks.fail("data.file", "must be a file", f"the directory {path}", "Name the CSV or .npz file inside it.")
    if not exists:
        checks.fail("data.file", "must exist", f"{path}", "The path counts from the folder of the TOML file.")
    if not plain:
        checks.fail("data.file", "must be a file", f"the device or pipe {path}", "Name a CSV or .npz file.")


# --- CSV --------------------------------------------------------------------------------------------------------------

def _read_csv(path: Path, columns: list[str]) -> np.ndarray:
    rows = _rows(path)
    header = [cell.strip() for cell in rows[0][1]] if rows else []
    places = [_place(path, header, column) for column in columns]
    numbers = np.empty((len(rows) - 1, len(columns)))
    for i, (line, cells) in enumerate(rows[1:]):
        if len(cells) != len(header):
            checks.fail(f"data.file: line {line} of {path.name}", f"must have {len(header)} cells, as the header has",
                        f"{len(cells)}", "Quote a text that holds a comma; complete or remove the line.")
        for j, place in enumerate(places):
            numbers[i, j] = _cell(path, line, columns[j], cells[place])
    return numbers


def _rows(path: Path) -> list[tuple[int, list[str]]]:
    """The lines that hold anything, each with its number in the file; the first one is the header."""
    reader = csv.reader(io.StringIO(_decoded(path), newline=""), strict=True)
    try:
        rows = [(reader.line_num, cells) for cells in reader if cells]
    except csv.Error as error:
        checks.fail(f"data.file: line {reader.line_num} of {path.name}", "must be valid CSV", str(error),
                    "Save the table as CSV with commas and straight double quotes.")
    if len(rows) < 2:
        checks.fail("data.file", "must have a header line and rows of numbers", f"{path.name} with {len(rows)} lines")
    _require_commas(path, rows[0][1])
    return rows


def _decoded(path: Path) -> str:
    """The text; a UTF-8 byte order mark, which spreadsheets write, is not part of the first name."""
    try:
        data = path.read_bytes()
    except OSError as error:
        checks.fail("data.file", "must be readable", f"{path}: {error.strerror}")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        checks.fail("data.file", "must be UTF-8 text", f"{path.name}, which starts with a UTF-16 byte order mark",
                    "Save it as “CSV UTF-8”.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        checks.fail("data.file", "must be UTF-8 text", f"{path.name}, whose line {line} is not",
                    "Save it as “CSV UTF-8”.")


def _require_commas(path: Path, header: list[str]) -> None:
    for sign, word in ((";", "semicolons"), ("\t", "tabs")):
        if len(header) == 1 and sign in header[0]:
            checks.fail("data.file", "must separate its cells by commas", f"{path.name}, which uses {word}",
                        f"Replace the {word} by commas, and decimal commas by decimal points.")
    if all(_is_number(cell) for cell in header):
        checks.fail("data.file", "must start with a line of column names", f"{path.name}, which starts with numbers",
                    "Add a header line, for example a,b,target.")


def _place(path: Path, header: list[str], column: str) -> int:
    key = "data.features or data.target"
    if header.count(column) > 1:
        checks.fail(key, "must name one column", f"{column!r}, which {path.name} has {header.count(column)} times",
                    "Rename the columns in the file.")
    if column not in header:
        checks.fail(key, f"must be columns of {path.name}", repr(column), f"It has {', '.join(map(repr, header))}.")
    return header.index(column)


def _cell(path: Path, line: int, column: str, cell: str) -> float:
    """The number in a cell; anything else is refused with its place."""
    shown = cell.strip()
    given = repr(cell) if shown else "an empty cell"
    if not _is_number(shown):
        comma = "Write a decimal point, not a comma." if _is_number(shown.replace(",", ".")) else ""
        checks.fail(f"data.file: line {line}, column {column!r} of {path.name}", "must be a number", given,
                    comma or "Complete the cell or remove the row; qlearn does not guess missing values.")
    _require_usable(f"data.file: line {line}, column {column!r} of {path.name}", float(shown))
    return float(shown)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return "_" not in text                      # Python reads 1_000 as a number; a spreadsheet does not


def _require_usable(where: str, value: float) -> None:
    if not math.isfinite(value):
        checks.fail(where, "must be a finite number", f"{value}", "Complete the cell or remove the row.")
    if abs(value) > _LARGEST:
        checks.fail(where, f"must be at most {_LARGEST:g} in magnitude", f"{value:g}", "Use other units.")


# --- .npz -------------------------------------------------------------------------------------------------------------

def _read_npz(path: Path, features: str | tuple[str, ...], target: str) -> tuple[np.ndarray, np.ndarray]:
    if not isinstance(features, str):
        checks.fail("data.features", "must name one array of shape (n, 2) in the .npz file", features,
                    'Write features = "x".')
    if not zipfile.is_zipfile(path):
        checks.fail("data.file", "must be an .npz file as numpy.savez writes it",
                    f"{path.name}, which is not a zip archive")
    x, y = _arrays(path, (features, target))
    if x.ndim != 2 or x.shape[1] != 2:
        checks.fail("data.features", "must name an array of shape (n, 2): a ring neuron has two features",
                    f"{features!r} of shape {x.shape}")
    if y.shape != (len(x),):
        checks.fail("data.target", f"must name an array of shape ({len(x)},), one number a row of {features!r}",
                    f"{target!r} of shape {y.shape}")
    return x, y


def _arrays(path: Path, names: tuple[str, str]) -> list[np.ndarray]:
    try:
        archive = np.load(path, allow_pickle=False)
    except (ValueError, OSError, zipfile.BadZipFile):
        checks.fail("data.file", "must be an .npz file as numpy.savez writes it", f"{path.name}, which is damaged",
                    "Write it again.")
    with archive:
        return [_array(path, archive, name) for name in names]


def _array(path: Path, archive: np.lib.npyio.NpzFile, name: str) -> np.ndarray:
    if name not in archive.files:
        checks.fail("data.features or data.target", f"must be arrays of {path.name}", repr(name),
                    f"It has {', '.join(map(repr, archive.files)) or 'none'}.")
    try:
        array = archive[name]
    except (ValueError, OSError, EOFError, MemoryError, NotImplementedError, zipfile.BadZipFile, zlib.error):
        checks.fail(f"data.file: array {name!r} of {path.name}", "must hold plain numbers",
                    "a damaged or pickled (object) array, which qlearn never unpickles", "Save it with dtype float.")
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "iuf":
        given = f"dtype {array.dtype}" if isinstance(array, np.ndarray) else "bytes that are no array"
        checks.fail(f"data.file: array {name!r} of {path.name}", "must hold real numbers", given, "Save it with dtype float.")
    with np.errstate(over="ignore"):            # what long double holds beyond double becomes infinite, and is refused below
        array = array.astype(float)
    for place in np.argwhere(~(np.abs(array) <= _LARGEST))[:1]:
        index = ", ".join(map(str, place))
        _require_usable(f"data.file: element [{index}] of array {name!r} of {path.name}", float(array[tuple(place)]))
    return array
