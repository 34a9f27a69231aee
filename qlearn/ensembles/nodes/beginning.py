"""Where a run with poles begins: the field √ρ₀ exp(iφ₀/ħ) as an entire function, and the density that learners are drawn from."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from qlearn import checks
from qlearn.densities import GridDensity
from qlearn.ensembles.nodes.entire import Circle
from qlearn.ensembles.self_consistent.start import Numbers
from qlearn.errors import RegimeError, UnsupportedError

__all__ = ["Beginning", "beginning"]

_LEAST = 128            # points of the field
_MOST = 4096
_UNRESOLVED = 1e-8      # share of Σ|c|² in the outer quarter of the band above which there is no entire function to speak of
_CLOSED = 1e-6          # |exp(iφ(q + L)/ħ − iφ(q)/ħ − 2πiθ) − 1| up to which the phase closes
_OUTSIDE = 1e-8         # ρ at the ends of a line's box, relative to its maximum


@dataclass(frozen=True, eq=False)
class Beginning:
    """The field on its circle, normalised, and the density that carriers and learners are drawn from."""

    circle: Circle
    field: np.ndarray
    drawn: GridDensity
    ring: bool


def beginning(start: Any, given: Numbers) -> Beginning:
    """Read start = density (at rest), (density, phase), or (density of the field, phase, density learners are drawn from)."""
    if len(given.periods) != 1:
        raise UnsupportedError(f"nodes='poles' is for one coordinate: in {len(given.periods)} dimensions nodes are not points. "
                               "Take nodes=None where no node comes near, or kind='guided'.")
    start = (start, None) if isinstance(start, GridDensity) else start
    if not (isinstance(start, tuple) and len(start) in (2, 3) and isinstance(start[0], GridDensity)):
        raise UnsupportedError("nodes='poles' starts from a field that is known as a function: start=(GridDensity, phase). From "
                               "positions and velocities the poles cannot be read. Take nodes=None, or give the density.")
    density, phase, drawn = (*start, start[0])[:3]
    for name, one in (("start[0]", density), ("start[2]", drawn)):
        _check_density(name, one, given.periods[0])
    theta = float(given.theta[0])
    coarse = Circle(density.grid.bounds[0][0], float(density.grid.lengths[0]), density.grid.shape[0], theta)
    psi = _amplitude(density) * np.exp(1j / given.hbar * _phase_values(phase, coarse, given))
    _check_resolved(coarse, psi)
    fine = Circle(coarse.a, coarse.length, min(max(_LEAST, 2 * coarse.n), max(_MOST, coarse.n)), theta)
    return Beginning(fine, coarse.resampled(psi, fine), drawn, given.periods[0] is not None)


def _check_density(name: str, density: Any, period: float | None) -> None:
    if not isinstance(density, GridDensity) or density.grid.ndim != 1:
        checks.fail(name, "must be a GridDensity of one coordinate", type(density).__name__)
    length = float(density.grid.lengths[0])
    if period is not None and not np.isclose(period, length, rtol=1e-9, atol=0):
        checks.fail(name, f"must be a density on a grid one period {period:g} long", f"{length:g}")
    if density.values.min() < -1e-10 * density.values.max():
        checks.fail(name, "must not be negative here, for its root is taken", f"{density.values.min():.3g}", "Use a finer grid.")
    if period is None and max(density.values[0], density.values[-1]) > _OUTSIDE * density.values.max():
        checks.fail(name, f"must fall below {_OUTSIDE:g} of its maximum at the ends of the grid, on a line",
                    f"{max(density.values[0], density.values[-1]) / density.values.max():.2g}", "Use wider bounds.")


def _amplitude(density: GridDensity) -> np.ndarray:
    """√ρ; values below zero by round-off (checked) count as zero."""
    return np.sqrt(np.maximum(density.values, 0.0))


def _phase_values(phase: Any, circle: Circle, given: Numbers) -> np.ndarray:
    """φ on the points; on a ring it must close modulo 2πħ(n + θ)."""
    if phase is None:
        if circle.theta:
            checks.fail("start", "must have a phase where the system has a twist", "None",
                        "Give φ with φ(q + L) = φ(q) + 2πħ(n + θ).")
        return np.zeros(circle.n)
    if not callable(phase):
        return checks.finite_array("phase", phase, shape=(circle.n,), remedy="Give one value a grid point, or a callable φ(q).")
    values = _at(phase, circle.points)
    if given.periods[0] is not None:
        rise = (_at(phase, circle.points + circle.length) - values) / given.hbar
        if np.max(np.abs(np.exp(1j * rise - 2j * np.pi * circle.theta) - 1)) > _CLOSED:
            raise RegimeError(f"phase must rise by 2πħ(n + θ) over the period, n whole and θ = {circle.theta:g} the system's "
                              "twist (the shift symmetry F ~ F + 2πħ, an assumption): without it poles have no unit residue; "
                              f"given {rise[0] / (2 * np.pi):.9g} · 2πħ. Change the phase or theta=.")
    return values


def _at(phase: Callable[..., Any], q: np.ndarray) -> np.ndarray:
    values = checks.finite_array("phase(q)", phase(q))
    if values.shape not in ((), q.shape):
        checks.fail("phase(q)", f"must have the shape of q, {q.shape}", f"shape {values.shape}")
    return np.broadcast_to(values, q.shape)


def _check_resolved(circle: Circle, psi: np.ndarray) -> None:
    tail = circle.tail(psi)
    if tail > _UNRESOLVED:
        raise RegimeError(f"the poles of the initial field cannot be identified: on its {circle.n} points √ρ exp(iφ/ħ) is not "
                          f"resolved as an entire function (share {tail:.1g} of its power in the outer quarter of the band, at "
                          f"most {_UNRESOLVED:g}). Take more points; a field with a kink or jump, as √ρ has where ρ vanishes and "
                          "φ does not jump by πħ, has no such function.")
