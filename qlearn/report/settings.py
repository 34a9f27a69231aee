"""The settings of a run as TOML again."""

import json
from collections.abc import Mapping
from typing import Any

__all__ = ["toml"]


def toml(settings: Mapping[str, Any]) -> str:
    """The settings as TOML again."""
    return "\n".join(_lines(settings, ""))


def _lines(values: Mapping[str, Any], where: str) -> list[str]:
    lines, sections = [], []
    for name, value in values.items():
        if isinstance(value, Mapping):
            full = f"{where}.{name}" if where else name
            sections += ["", f"[{full}]", *_lines(value, full)]
        else:
            lines.append(f"{name} = {json.dumps(value, ensure_ascii=False)}")
    return lines + sections
