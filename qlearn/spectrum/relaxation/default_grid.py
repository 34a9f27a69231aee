"""A grid of one coordinate where none is given: a ring's period, or a line's box out to a density of e^−69, with enough points.

Rules fixed beforehand. Box: ln P_s = ∫a dq is looked at from −R to R, R = 1, 2, 4, …, until P_s is below 1e-30 of its maximum at
both ends and falls towards them; then the box ends where P_s is 1e-30 of its outermost maxima. Points: N = 64, 128, … 1024, at
least 16 a rate, until the Fourier coefficients of √P_s above N/4 are below 1e-8 of the largest (P_s without its circulation).
A well behind a wall of 69 temperatures, as seen from the other wells and the origin, is not looked for: then give a grid.
"""

import numpy as np

from qlearn import checks
from qlearn.grids import Grid
from qlearn.spectrum.relaxation.cells import foot
from qlearn.spectrum.relaxation.coefficients import Coefficients

__all__ = ["default_grid"]

FALLEN = 69.0           # −ln 1e-30
LARGEST_BOX = 2.0**30
SAMPLES = 4096
POINTS = (64, 128, 256, 512, 1024)
SMOOTH = 1e-8


def default_grid(coefficients: Coefficients, k: int) -> Grid:
    """The grid of a learner of one coordinate for k rates."""
    if coefficients.dimension > 1:
        checks.fail("grid", f"must be given for {coefficients.dimension} coordinates", None,
                    "Write grid=ql.Grid((48, 48), [(a1, b1), (a2, b2)]): a period of a ring, about 8 standard "
                    "deviations of a line to either side.")
    period = coefficients.periods[0]
    bounds = _box(coefficients) if period is None else (0.0, float(period))
    least = [n for n in POINTS if n >= 16 * k] or [POINTS[-1]]
    for n in least:
        if _tail(coefficients, bounds, n) < SMOOTH:
            return Grid(n, bounds)
    return Grid(POINTS[-1], bounds)


def _log_density(coefficients: Coefficients, q: np.ndarray) -> np.ndarray:
    """∫a from the first point, by the trapezoidal rule."""
    a = coefficients.score(q)[0]
    return np.concatenate([[0.0], np.cumsum((a[1:] + a[:-1]) / 2 * np.diff(q))])


def _box(coefficients: Coefficients) -> tuple[float, float]:
    reach = 1.0
    while reach <= LARGEST_BOX:
        q = np.linspace(-reach, reach, SAMPLES)
        rise = _log_density(coefficients, q)
        low = rise[[0, -1]] < rise.max() - FALLEN
        if low.all() and rise[0] < rise[1] and rise[-1] < rise[-2]:
            return _closer(coefficients, q, rise)
        reach *= 2
    return checks.fail("grid", "must be given where no box out to ±2^30 holds the density down to 1e-30", None,
                       "Does the loss rise on both sides? Then write grid=ql.Grid(N, (a, b)).")


def _closer(coefficients: Coefficients, q: np.ndarray, rise: np.ndarray) -> tuple[float, float]:
    """The box cut where P_s is 1e-30 of its outermost maxima, as often as that shortens it by a quarter."""
    for _ in range(30):
        first, last = foot(rise, FALLEN), len(q) - 1 - foot(rise[::-1], FALLEN)
        before, q = q, np.linspace(q[first], q[last], SAMPLES)
        if q[-1] - q[0] > 0.75 * (before[-1] - before[0]):
            break
        rise = _log_density(coefficients, q)
    return float(q[0]), float(q[-1])


def _tail(coefficients: Coefficients, bounds: tuple[float, float], n: int) -> float:
    """The largest Fourier coefficient of √P_s above n/4 over the largest of all."""
    q = np.linspace(*bounds, 4 * n + 1)
    rise = _log_density(coefficients, q)
    if coefficients.periods[0] is not None:
        rise = rise - rise[-1] * np.linspace(0, 1, len(q))
    waves = np.abs(np.fft.rfft(np.exp(0.5 * (rise - rise.max()))[:-1]))
    return float(waves[n // 4:].max() / waves.max())
