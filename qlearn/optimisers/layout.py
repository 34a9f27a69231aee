"""Parameters as they are kept, one array or a list, tuple or dict of arrays, and as one vector."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from qlearn import checks

__all__ = ["Layout", "flatten"]


@final
@dataclass(frozen=True)
class Layout:
    """How a vector is laid out: ``names`` are dict keys in their order, or positions; None for one array."""

    kind: type
    names: tuple[Any, ...] | None
    shapes: tuple[tuple[int, ...], ...]

    @property
    def size(self) -> int:
        return sum(int(np.prod(shape)) for shape in self.shapes)

    def restore(self, vector: np.ndarray) -> Any:
        """The arrays of a vector, float64, in the container they came in."""
        parts, start = [], 0
        for shape in self.shapes:
            size = int(np.prod(shape))
            parts.append(vector[start:start + size].reshape(shape))
            start += size
        if self.names is None:
            return parts[0]
        if self.kind is dict:
            return dict(zip(self.names, parts, strict=True))
        return self.kind(*parts) if hasattr(self.kind, "_fields") else self.kind(parts)         # named tuples take their fields


def flatten(argument: str, value: Any) -> tuple[np.ndarray, Layout]:
    """One float64 vector (a copy) and its layout; finite, or ArgumentError. A list of plain numbers is one array."""
    kind: type
    names: tuple[Any, ...] | None
    if isinstance(value, dict):
        kind, names, parts = dict, tuple(value), list(value.values())
    elif isinstance(value, list | tuple) and any(np.ndim(part) for part in value):
        kind, names, parts = type(value), tuple(range(len(value))), list(value)
    else:
        kind, names, parts = np.ndarray, None, [value]
    if not parts:
        checks.fail(argument, "must hold at least one array", value)
    labels = [argument] if names is None else [f"{argument}[{name!r}]" for name in names]
    arrays = [checks.finite_array(label, part) for label, part in zip(labels, parts, strict=True)]
    vector = np.concatenate([array.ravel() for array in arrays])
    return vector, Layout(kind, names, tuple(array.shape for array in arrays))
