"""Where a self-consistent run begins: positions of carriers, their velocities, and the circulation held on rings."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

import numpy as np

from qlearn import checks
from qlearn.densities import GridDensity
from qlearn.ensembles.self_consistent.assembly import Start, carrier_generator
from qlearn.errors import RegimeError, UnsupportedError
from qlearn.systems.potentials import theta_numbers

if TYPE_CHECKING:
    from qlearn.systems.base import LearningSystem

__all__ = ["Beginning", "Numbers", "beginning", "numbers"]

_SHIFT = 1e-4               # of the differences for ∇φ, in units of the learners' spread: error 1e-17/h + h⁴
_WHOLE = 1e-6               # |ν − θ − n| up to which a circulation counts as quantised


@final
@dataclass(frozen=True, eq=False)
class Numbers:
    """γ, ħ, periods and twists of the system as numbers."""

    gamma: float
    hbar: float
    periods: tuple[float | None, ...]
    theta: np.ndarray

    @property
    def rings(self) -> tuple[bool, ...]:
        return tuple(period is not None for period in self.periods)


@final
@dataclass(frozen=True, eq=False)
class Beginning:
    """Carriers' positions and velocities (d, N), the constant velocity v₀ (d,) of the circulation, and where learners begin."""

    positions: np.ndarray
    velocities: np.ndarray
    circulation: np.ndarray
    start: Start


def numbers(system: "LearningSystem", parameters: Mapping[str, float] | None) -> Numbers:
    """Check that the system can be followed: a potential, flat, ħ = 2T."""
    if system.potential is None:
        checks.fail("system", "must have a potential for kind='self-consistent'", "a system with a static loss",
                    "Use kind='static'.")
    gamma, temperature = system.numbers(parameters)
    if system.metric_function(parameters) is not None:
        raise UnsupportedError("a metric is not offered by kind='self-consistent'. Use the proper length as coordinate, or "
                               "kind='guided'.")
    if system.shift_quantum is not None:
        values = {symbol: (parameters or {})[symbol.name] for symbol in system.shift_quantum.free_symbols}
        quantum = float(system.shift_quantum.subs(values))
        if not np.isclose(quantum, 4 * np.pi * temperature, rtol=1e-9, atol=0):
            raise RegimeError(f"shift_quantum must be 4πT = {4 * np.pi * temperature:g} for learners to follow (7); given "
                              f"{quantum:g}. derive(system) still gives the equation.")
    return Numbers(gamma, 2 * temperature, system.period_numbers(parameters), theta_numbers(system, parameters))


def beginning(start: Any, carriers: int, seed: int, given: Numbers) -> Beginning:
    """Read start = density, (density, phase) or (q0, v0)."""
    first, second = start if isinstance(start, tuple) and len(start) == 2 else (start, None)
    if isinstance(first, GridDensity):
        return _from_density(first, second, carriers, seed, given)
    if second is None:
        checks.fail("start", "must be a GridDensity, (GridDensity, phase) or (positions, velocities)", type(start).__name__)
    return _from_points(first, second, given)


def _from_density(density: GridDensity, phase: Any, carriers: int, seed: int, given: Numbers) -> Beginning:
    d = len(given.periods)
    if density.grid.ndim != d:
        checks.fail("start", f"must be a density of {d} coordinates", f"{density.grid.ndim}")
    for period, length in zip(given.periods, density.grid.lengths, strict=True):
        if period is not None and not np.isclose(period, length, rtol=1e-9, atol=0):
            checks.fail("start", f"must be a density on a grid one period {period:g} long", f"{length:g}")
    if phase is not None and not callable(phase):
        checks.fail("start", "must have a callable phase φ(*q)", type(phase).__name__, "Interpolate the values of a grid first.")
    begin = Start(density)
    q = begin.draw(carriers, carrier_generator(seed))
    if phase is None:
        if np.any(given.theta != 0):
            checks.fail("start", "must have a phase where the system has a twist", "a density alone",
                        "Give (density, phase) with φ(q + L) = φ(q) + 2πħ(n + θ).")
        return Beginning(q, np.zeros_like(q), np.zeros(d), begin)
    winding = _winding(phase, q[:, :64], given)
    return Beginning(q, given.gamma * _slope(phase, q), _constant(winding, given), begin)


def _from_points(positions: Any, velocities: Any, given: Numbers) -> Beginning:
    d = len(given.periods)
    q, v = (checks.finite_array(name, value) for name, value in (("start[0]", positions), ("start[1]", velocities)))
    q, v = (array[:, None] if array.ndim == 1 and d == 1 else array for array in (q, v))
    if q.ndim != 2 or q.shape[1] != d or q.shape != v.shape:
        checks.fail("start", f"must be positions (n, {d}) and velocities of the same shape", f"shapes {q.shape} and {v.shape}")
    q, v = np.ascontiguousarray(q.T), np.ascontiguousarray(v.T)
    winding = np.zeros(d)
    for a, period in enumerate(given.periods):
        if period is not None:
            measured = _line_integral(q[a] * (2 * np.pi / period), v[a]) * period / (2 * np.pi * given.hbar * given.gamma)
            winding[a] = np.round(measured - given.theta[a]) + given.theta[a]
    return Beginning(q, v, _constant(winding, given), Start(None, q))


def _line_integral(angle: np.ndarray, v: np.ndarray) -> float:
    """The mean of v over the ring, from a fit of a constant and three harmonics to the learners' velocities."""
    k = np.arange(1, 4)[:, None]
    columns = np.concatenate([np.ones((1, angle.size)), np.cos(k * angle), np.sin(k * angle)])
    return float(np.linalg.lstsq(columns.T, v, rcond=None)[0][0])


def _slope(phase: Callable[..., Any], q: np.ndarray) -> np.ndarray:
    """∇φ at q (d, n) by central differences of fourth order."""
    slope = np.empty_like(q)
    for a in range(len(q)):
        h = _SHIFT * max(float(np.std(q[a])), 1e-300) * 10

        def at(shift: float, a: int = a, h: float = h) -> np.ndarray:
            moved = q.copy()
            moved[a] += shift * h
            return checks.finite_array("phase(*q)", np.broadcast_to(phase(*moved), q.shape[1:]))
        slope[a] = (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * h)
    return slope


def _winding(phase: Callable[..., Any], q: np.ndarray, given: Numbers) -> np.ndarray:
    """ν = n + θ of each ring, from φ one period on."""
    winding = np.zeros(len(q))
    for a, period in enumerate(given.periods):
        if period is None:
            continue
        moved = q.copy()
        moved[a] += period
        rise = (np.broadcast_to(phase(*moved), q.shape[1:]) - phase(*q)) / (2 * np.pi * given.hbar)
        n = np.round(rise[0] - given.theta[a])
        if np.max(np.abs(rise - given.theta[a] - n)) > _WHOLE:
            raise RegimeError(f"phase must rise by 2πħ(n + θ) over the period of axis {a}, n whole and θ = {given.theta[a]:g} "
                              f"the system's twist (the shift symmetry F ~ F + 2πħ, an assumption); given "
                              f"{float(rise[0]):.9g} · 2πħ. Change the phase or theta=.")
        winding[a] = n + given.theta[a]
    return winding


def _constant(winding: np.ndarray, given: Numbers) -> np.ndarray:
    """v₀ = (ħ/m) 2πν/L on rings, 0 on lines."""
    return np.array([0.0 if period is None else given.hbar * given.gamma * 2 * np.pi * nu / period
                     for nu, period in zip(winding, given.periods, strict=True)])
