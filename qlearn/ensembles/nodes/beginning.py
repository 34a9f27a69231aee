"""Where a run with poles begins: the field √ρ₀ exp(iφ₀/ħ) as an entire function, and the density that learners are drawn from."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from qlearn import checks
from qlearn.densities import GridDensity
from qlearn.ensembles.nodes.box import Band, Box
from qlearn.ensembles.nodes.entire import Circle
from qlearn.ensembles.self_consistent.start import Numbers
from qlearn.errors import RegimeError, UnsupportedError

__all__ = ["Beginning", "beginning"]

_LEAST = 128            # points of the field, one coordinate: twice those of the start, for cubics between them
_MOST = 4096
_UNRESOLVED = 1e-8      # share of Σ|c|² in the outer quarter of the band above which there is no entire function to speak of
_CLOSED = 1e-6          # |exp(iφ(q + L)/ħ − iφ(q)/ħ − 2πiθ) − 1| up to which the phase closes
_OUTSIDE = 1e-8         # ρ at the ends of a line's box, relative to its maximum


@dataclass(frozen=True, eq=False)
class Beginning:
    """The field on its circle or box, normalised, and the density that carriers and learners are drawn from."""

    band: Band
    field: np.ndarray
    drawn: GridDensity
    rings: tuple[bool, ...]


def beginning(start: Any, given: Numbers) -> Beginning:
    """Read start = density (at rest), (density, phase), or (density of the field, phase, density learners are drawn from)."""
    start = (start, None) if isinstance(start, GridDensity) else start
    if not known_as_function(start):
        raise UnsupportedError("nodes='poles' starts from a field that is known as a function: start=(GridDensity, phase). From "
                               "positions and velocities the zeros cannot be read. Take nodes='stop', or give the density.")
    density, phase, drawn = (*start, start[0])[:3]
    for name, one in (("start[0]", density), ("start[2]", drawn)):
        _check_density(name, one, given)
    circles = tuple(Circle(low, float(length), n, float(theta)) for (low, _), length, n, theta in
                    zip(density.grid.bounds, density.grid.lengths, density.grid.shape, given.theta, strict=True))
    coarse: Band = circles[0] if len(circles) == 1 else Box(circles)
    psi = _amplitude(density) * np.exp(1j / given.hbar * _phase_values(phase, circles, given))
    _check_resolved(coarse, psi)
    if isinstance(coarse, Box):
        return Beginning(coarse, psi, drawn, given.rings)
    fine = Circle(coarse.a, coarse.length, min(max(_LEAST, 2 * coarse.n), max(_MOST, coarse.n)), coarse.theta)
    return Beginning(fine, coarse.resampled(psi, fine), drawn, given.rings)


def known_as_function(start: Any) -> bool:
    """Whether the start has a density, so that there is a field to begin with."""
    return isinstance(start, GridDensity) or (isinstance(start, tuple) and len(start) in (2, 3)
                                              and isinstance(start[0], GridDensity))


def _check_density(name: str, density: Any, given: Numbers) -> None:
    d = len(given.periods)
    if not isinstance(density, GridDensity) or density.grid.ndim != d:
        checks.fail(name, f"must be a GridDensity of {d} coordinate{'s' if d > 1 else ''}",
                    f"one of {density.grid.ndim}" if isinstance(density, GridDensity) else type(density).__name__)
    if density.values.min() < -1e-10 * density.values.max():
        checks.fail(name, "must not be negative here, for its root is taken", f"{density.values.min():.3g}", "Use a finer grid.")
    for axis, (period, length) in enumerate(zip(given.periods, density.grid.lengths, strict=True)):
        if period is not None and not np.isclose(period, length, rtol=1e-9, atol=0):
            checks.fail(name, f"must be a density on a grid one period {period:g} long", f"{length:g}")
        ends = float(np.take(density.values, [0, -1], axis=axis).max() / density.values.max())
        if period is None and ends > _OUTSIDE:
            checks.fail(name, f"must fall below {_OUTSIDE:g} of its maximum at the ends of the grid, on a line", f"{ends:.2g}",
                        "Use wider bounds.")


def _amplitude(density: GridDensity) -> np.ndarray:
    """√ρ; values below zero by round-off (checked) count as zero."""
    return np.sqrt(np.maximum(density.values, 0.0))


def _phase_values(phase: Any, circles: tuple[Circle, ...], given: Numbers) -> np.ndarray:
    """φ on the points; on a ring it must close modulo 2πħ(n + θ)."""
    shape = tuple(circle.n for circle in circles)
    if phase is None:
        if any(circle.theta for circle in circles):
            checks.fail("start", "must have a phase where the system has a twist", "None",
                        "Give φ with φ(q + L) = φ(q) + 2πħ(n + θ).")
        return np.zeros(shape)
    if not callable(phase):
        return checks.finite_array("phase", phase, shape=shape, remedy="Give one value a grid point, or a callable φ(*q).")
    mesh = list(np.meshgrid(*(circle.points for circle in circles), indexing="ij"))
    values = _at(phase, mesh)
    for a, circle in enumerate(circles):
        if given.periods[a] is None:
            continue
        rise = (_at(phase, [x + circle.length if b == a else x for b, x in enumerate(mesh)]) - values) / given.hbar
        if np.max(np.abs(np.exp(1j * rise - 2j * np.pi * circle.theta) - 1)) > _CLOSED:
            raise RegimeError(f"phase must rise by 2πħ(n + θ) over the period of axis {a}, n whole and θ = {circle.theta:g} the "
                              "system's twist (the shift symmetry F ~ F + 2πħ, an assumption): without it poles have no unit "
                              f"residue; given {rise.flat[0] / (2 * np.pi):.9g} · 2πħ. Change the phase or theta=.")
    return values


def _at(phase: Callable[..., Any], q: list[np.ndarray]) -> np.ndarray:
    values = checks.finite_array("phase(*q)", phase(*q))
    if values.shape not in ((), q[0].shape):
        checks.fail("phase(*q)", f"must have the shape of q, {q[0].shape}", f"shape {values.shape}")
    return np.broadcast_to(values, q[0].shape)


def _check_resolved(band: Band, psi: np.ndarray) -> None:
    tail = band.tail(psi)
    if tail > _UNRESOLVED:
        raise RegimeError(f"the poles of the initial field cannot be identified: on its {psi.shape} points √ρ exp(iφ/ħ) is not "
                          f"resolved as an entire function (share {tail:.1g} of its power in the outer quarter of the band, at "
                          f"most {_UNRESOLVED:g}). Take more points; a field with a kink or jump, as √ρ has where ρ vanishes and "
                          "φ does not jump by πħ, has no such function. nodes='stop' needs none.")
