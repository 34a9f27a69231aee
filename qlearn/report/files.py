"""Writes the files of a report so that an earlier report stays whole until the new one is complete."""

import os
from collections.abc import Collection, Mapping
from pathlib import Path

from qlearn.errors import ConfigError

__all__ = ["REPORT_FILES", "check_folder", "write_files"]

REPORT_FILES = ("index.html", "results.json")


def check_folder(folder: str | Path, names: Collection[str] = REPORT_FILES) -> Path:
    """Return the folder if a report can be written there; nothing is created.  Raises ConfigError with what to do."""
    folder = Path(folder)
    nearest = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    for name in names:
        if (folder / name).is_dir():
            raise ConfigError(f"--out must be a folder where {name} can be written; given {folder}, whose {name} is a folder. "
                              "Name another folder.")
    if folder.is_symlink() and not folder.exists():
        raise ConfigError(f"--out must be a folder; given {folder}, a link to nothing. Name another folder.")
    if not nearest.is_dir():
        raise ConfigError(f"--out must be a folder; given {folder}, but {nearest} is a file. Name another folder.")
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise ConfigError(f"--out must be a folder that can be written to; given {folder}, but {nearest} is not writable. "
                          "Name another folder.")
    return folder


def write_files(folder: Path, texts: Mapping[str, str]) -> None:
    """Write every text under a temporary name, then give all of them their names; other files are left alone."""
    folder.mkdir(parents=True, exist_ok=True)
    temporary = {name: folder / f".{name}.{os.getpid()}.part" for name in texts}
    try:
        for name, text in texts.items():
            _write(temporary[name], text)
        for name, path in temporary.items():
            os.replace(path, folder / name)
    finally:
        for path in temporary.values():
            path.unlink(missing_ok=True)


def _write(path: Path, text: str) -> None:
    with open(path, "x", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
