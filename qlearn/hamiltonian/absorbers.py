"""Absorbing layers −iW at the ends of the axes."""

from typing import Any

import numpy as np

from qlearn import checks
from qlearn.grids import Grid
from qlearn.hamiltonian.tables import frozen, tabulate

__all__ = ["absorber_table", "is_refinable"]


def absorber_table(grid: Grid, absorber: Any, batch: tuple[int, ...]) -> np.ndarray | None:
    """W (…, *shape) ≥ 0 of what a Hamiltonian was given, read-only; None for None. ``batch``: the batch axes of V."""
    if absorber is None:
        return None
    values = tabulate(grid, absorber, "absorber")
    if np.iscomplexobj(values):
        checks.fail("absorber", "must be real, W of H − iW", "complex values", "Put a complex potential into potential=.")
    if values.min() < 0:
        checks.fail("absorber", "must be ≥ 0 everywhere, W of H − iW", float(values.min()), "A gain is Im V > 0 of potential=.")
    try:
        np.broadcast_shapes(batch, values.shape[:-grid.ndim])
    except ValueError:
        checks.fail("absorber", f"must have batch axes that broadcast with those of V, {batch}", f"shape {values.shape}")
    return frozen(np.array(values))


def is_refinable(absorber: Any) -> bool:
    """False where W is known on the points of one grid only."""
    return absorber is None or callable(absorber) or np.ndim(absorber) == 0
