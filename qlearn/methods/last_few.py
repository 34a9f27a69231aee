"""What the last few step lengths need is made once: phase tables, kicks, compiled stages."""

from collections.abc import Callable, Hashable
from typing import Any

__all__ = ["last_few"]


def last_few(kept: dict[Any, Any], key: Hashable, most: int, make: Callable[[], Any]) -> Any:
    """What ``make`` gives for the key; of the keys asked for the last ``most`` are kept."""
    if key not in kept:
        while len(kept) >= most:
            kept.pop(next(iter(kept)))
        kept[key] = make()
    kept[key] = kept.pop(key)  # the last used stand last
    return kept[key]
