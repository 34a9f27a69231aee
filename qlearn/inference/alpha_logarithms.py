"""From records of gradients to logarithms: ln κ of two halves, and ln g or ln Var(Δq), along parameters or eigenvectors of κ."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from qlearn import checks
from qlearn.optimisers.record import GradientRecord

__all__ = ["Logarithms", "along_eigenvectors", "along_parameters"]

_PER_DIRECTION = 4      # samples of a third for each eigenvector kept


@final
@dataclass(frozen=True, eq=False)
class Logarithms:
    """y, x₁, x₂ (K, kept) not centred; ``kept`` indices of parameters, ``excluded`` how many are not, ``floored`` those where ε
    is over a tenth of g."""

    y: np.ndarray
    x1: np.ndarray
    x2: np.ndarray
    kept: np.ndarray
    excluded: int
    floored: int


def along_parameters(records: Sequence[GradientRecord], source: str, dead: float | None) -> Logarithms:
    """Along the coordinate axes: the variances of each parameter's gradient."""
    halves = np.stack([record.halves() for record in records])                              # (K, 2, P)
    values = np.stack([_diagonal(record, source) for record in records])
    typical = np.median(halves, axis=(1, 2), keepdims=True)
    alive = np.all(halves > (dead or 0.0) * typical, axis=(0, 1)) & np.all(values > 0, axis=0)
    excluded = int(np.count_nonzero(~alive))
    if excluded and dead is None:
        checks.fail("records", "must have gradient noise in every parameter and checkpoint",
                    f"{excluded} of {alive.size} parameters with zero variance (dead units?)",
                    "Declare dead=1e-12, say, to leave out those below that share of the median, and have them counted.")
    floored = np.zeros(alive.size, bool)
    if source == "metric":
        floored = np.any(values < 10 * np.array([record.floor for record in records])[:, None], axis=0)
    x1, x2, y = (np.log(z[:, alive]) for z in (halves[:, 0], halves[:, 1], values))
    return Logarithms(y, x1, x2, np.flatnonzero(alive), excluded, int(np.count_nonzero(floored & alive)))


def _diagonal(record: GradientRecord, source: str) -> np.ndarray:
    if source == "updates":
        return record.updates.var(axis=0, ddof=1)                               # type: ignore[union-attr]
    return record.metric                                                        # type: ignore[return-value]


def along_eigenvectors(records: Sequence[GradientRecord], source: str) -> Logarithms:
    """Along the eigenvectors u of κ from every third sample: x = ln uᵀκu of the other two thirds, y = ln uᵀgu or ln Var(u·Δq).

    The largest n/12 eigenvectors at most. The a-th of a checkpoint counts as one parameter through all checkpoints.
    """
    size = records[0].parameters
    count = min(size, *(len(record.gradients) // (3 * _PER_DIRECTION) for record in records))
    if count < 1:
        checks.fail("gradients", f"must be {3 * _PER_DIRECTION} or more for a full metric", f"{len(records[0].gradients)}")
    rows = [_projected(record, source, count) for record in records]
    x1, x2, y = (np.log(np.stack(part)) for part in zip(*rows, strict=True))
    floors = np.array([record.floor for record in records])[:, None]
    floored = np.any(np.exp(y) < 10 * floors, axis=0) if source == "metric" else np.zeros(count, bool)
    return Logarithms(y, x1, x2, np.arange(count), size - count, int(np.count_nonzero(floored)))


def _projected(record: GradientRecord, source: str, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    u = np.linalg.eigh(np.cov(record.gradients[::3].T))[1][:, -count:]
    parts = [(record.gradients[k::3] @ u).var(axis=0, ddof=1) for k in (1, 2)]
    if source == "updates":
        parts.append((record.updates @ u).var(axis=0, ddof=1))                  # type: ignore[operator]
    else:
        g = np.asarray(record.metric)
        g = g if g.ndim == 2 else np.diag(g)
        parts.append(np.einsum("ia,ij,ja->a", u, g, u))
    if min(part.min() for part in parts) <= 0:
        checks.fail("records", f"must have gradient noise along {count} eigenvectors", "a variance of zero",
                    "Remove dead parameters from gradients, metric and updates.")
    return parts[0], parts[1], parts[2]
