"""TOML files as tables, and sections as tables again."""

import tomllib
from dataclasses import asdict
from pathlib import Path
from typing import Any

from qlearn.errors import ArgumentError

__all__ = ["parsed", "plain"]


def parsed(path: Path) -> dict[str, Any]:
    """The tables of a TOML file; ArgumentError says why it cannot be read."""
    try:
        if path.is_dir():
            raise ArgumentError("this is a directory, not a TOML file. Name a file in it, for example diabetes.toml.")
        if path.exists() and not path.is_file():
            raise ArgumentError("this is a device or a pipe, not a TOML file. Name a file.")
        content = path.read_bytes()
    except OSError as error:
        raise ArgumentError(f"the file cannot be read: {error.strerror}. Check the path.") from None
    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ArgumentError(f"line {line} is not UTF-8 text. Save the file as UTF-8.") from None
    except (ValueError, RecursionError) as error:             # ValueError: bad TOML, or a number of thousands of digits
        raise ArgumentError(f"this is not valid TOML: {error}. Keys read name = value, texts stand in quotes, and each "
                            "key and section is given once.") from None


def plain(section: Any) -> dict[str, Any]:
    """The section as a table again, without the keys that are not set."""
    return {name: _plain_value(value) for name, value in asdict(section).items() if value is not None}


def _plain_value(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain_value(item) for name, item in value.items() if item is not None}
    return [_plain_value(item) for item in value] if isinstance(value, list | tuple) else value
