"""[bands]: branches of levels over the angle θ."""

from typing import Any

import numpy as np

from qlearn.analysis.levels import digits
from qlearn.analysis.parts import Part, judged
from qlearn.config import SpectrumConfig
from qlearn.config.spectrum_sections import BandsConfig
from qlearn.spectrum import Bands
from qlearn.spectrum import bands as solved
from qlearn.spectrum.goal import Goal

__all__ = ["bands"]


def bands(config: SpectrumConfig) -> Part:
    """The bands of the file, each value certified where its bound is at most tol times the energy scale."""
    asked, H = config.bands, config.hamiltonian
    assert asked is not None and H is not None
    found = solved(H, _thetas(asked), asked.count, tol=asked.tol)
    scale = Goal(H, asked.tol).scale(float(found.energies.max()))
    summary = {"energy scale": scale, "grid": list(H.grid.shape), "values of θ": len(found.thetas)}
    most = asked.tol * scale
    title = f"The {asked.count} lowest bands at {len(found.thetas)} θ"
    return Part("bands", title, asked.tol, f"of the energy scale {scale:.4g}",
                _rows(found, most), summary, found, "The levels as functions of the angle θ of ψ(b) = exp(2πiθ) ψ(a).",
                digest=_digest(found, most))


def _thetas(asked: BandsConfig) -> Any:
    if asked.points is not None:
        return np.linspace(-0.5, 0.5, asked.points)
    return np.array(asked.thetas, dtype=float)


def _rows(found: Bands, most: float) -> tuple[dict[str, Any], ...]:
    rows = []
    for theta, energies, bounds in zip(found.thetas, found.energies, found.error_bounds, strict=True):
        names = ["theta"] if np.ndim(theta) == 0 else [f"theta_{i + 1}" for i in range(len(theta))]
        turns = dict(zip(names, map(float, np.atleast_1d(theta)), strict=True))
        for band, (energy, bound) in enumerate(zip(energies, bounds, strict=True)):
            rows.append({**turns, "band": band, "energy": float(energy), "digits": digits(energy, bound),
                         **judged(float(bound), most, bounded=True)})
    return tuple(rows)


def _digest(found: Bands, most: float) -> tuple[dict[str, Any], ...]:
    """One row a sorted band: where it lies, and the gap above it, negative where the next band overlaps it."""
    rows = []
    worst = found.sorted_bounds.max(axis=0)
    for band in range(found.sorted.shape[1]):
        gap = float(found.gaps.indirect[band]) if band < len(found.gaps.indirect) else None
        rows.append({"band": band, "lowest": float(found.sorted[:, band].min()), "highest": float(found.sorted[:, band].max()),
                     "gap_above": gap, **judged(float(worst[band]), most, bounded=True)})
    return tuple(rows)
