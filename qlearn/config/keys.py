"""Keys of a TOML section: each states its check, its default and its meaning in one line of a dataclass.

``read`` turns a table into the dataclass.  Whatever is wrong is an ArgumentError that names the key in full, says what
it must be, what was given and what to write instead.
"""

import dataclasses
import difflib
import json
from collections.abc import Callable, Collection, Mapping
from typing import Any

from qlearn import checks
from qlearn.checks import shortened
from qlearn.errors import ArgumentError

__all__ = ["flag", "key", "name_of", "number", "numbers", "read", "section_keys", "table", "text", "unknown_keys",
           "whole"]

Check = Callable[[str, Any, str], Any]          # (full name of the key, value, remedy) -> checked value


def key(check: Check, default: Any = dataclasses.MISSING, *, meaning: str, example: Any = None) -> Any:
    """One key of a section: a dataclass field with its check, default and meaning."""
    metadata = {"check": check, "meaning": meaning, "example": default if example is None else example}
    return dataclasses.field(default=default, metadata=metadata)


def section_keys(section: type) -> dict[str, dataclasses.Field]:
    """The keys that a TOML table of this section may hold."""
    return {field.name: field for field in dataclasses.fields(section) if "check" in field.metadata}


def read(section: type, where: str, values: Any) -> dict[str, Any]:
    """Check the table ``values`` of the section named ``where`` against its keys; defaults fill what is absent."""
    keys = section_keys(section)
    unknown_keys(where, table(where, values, ""), keys)
    result = {}
    for name, field in keys.items():
        full, remedy = f"{where}.{name}", _remedy(name, field)
        if name in values:
            result[name] = field.metadata["check"](full, values[name], remedy)
        elif field.default is dataclasses.MISSING:
            checks.fail(full, "is missing", "no such key", remedy)
        else:
            result[name] = field.default
    return result


def unknown_keys(where: str, values: Mapping[str, Any], valid: Collection[str]) -> None:
    """Refuse a key that the section does not have, and say which ones come near."""
    for name in values:
        if name in valid:
            continue
        full = f"{where}.{shortened(name)}" if where else shortened(name)
        near = difflib.get_close_matches(name, valid, n=3, cutoff=0.5)
        kind = "key" if where else "key or section"
        words = f"Did you mean {' or '.join(near)}?" if near else f"Valid here: {', '.join(valid)}."
        raise ArgumentError(f"{full} is no {kind} that qlearn knows. {words}")


# --- checks -----------------------------------------------------------------------------------------------------------

def number(*, above: float | None = None, least: float | None = None, most: float | None = None) -> Check:
    """A finite number within bounds."""
    return lambda name, value, remedy: checks.real(name, value, above=above, least=least, most=most, remedy=remedy)


def whole(*, least: int | None = None, most: int | None = None) -> Check:
    """An integer within bounds."""
    return lambda name, value, remedy: checks.integer(name, value, least=least, most=most, remedy=remedy)


def numbers(*, above: float, length: int | None = None) -> Check:
    """A list of finite numbers, as a tuple."""
    def check(name: str, value: Any, remedy: str) -> tuple[float, ...]:
        if not isinstance(value, list) or not value or length not in (None, len(value)):
            checks.fail(name, f"must be a list of {length or 'one or more'} numbers", value, remedy)
        return tuple(checks.real(f"{name}[{i}]", item, above=above, remedy=remedy) for i, item in enumerate(value))
    return check


def flag(name: str, value: Any, remedy: str) -> bool:
    """true or false."""
    if not isinstance(value, bool):
        checks.fail(name, "must be true or false", value, remedy)
    return value


def text(name: str, value: Any, remedy: str) -> str:
    """A string that is not empty."""
    if not isinstance(value, str) or not value.strip():
        checks.fail(name, "must be a string in quotes, not empty", value, remedy)
    return value


def name_of(valid: Collection[str]) -> Check:
    """One of the valid names."""
    def check(name: str, value: Any, remedy: str) -> str:
        return checks.choice(name, text(name, value, remedy), valid)
    return check


def table(name: str, value: Any, remedy: str) -> dict[str, Any]:
    """A TOML table."""
    if not isinstance(value, dict):
        checks.fail(name, f"must be a section, written [{name}]", value, remedy)
    return value


def _remedy(name: str, field: dataclasses.Field) -> str:
    shown = json.dumps(field.metadata["example"], ensure_ascii=False)
    return f"It is {field.metadata['meaning']}; for example {name} = {shown}."
