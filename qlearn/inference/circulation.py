"""The circulation of the current velocity around a ring, measured from displacements, and the test that it is whole."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri

from qlearn import checks
from qlearn.ensembles.ensemble import Ensemble
from qlearn.errors import RegimeError

__all__ = ["Circulation", "circulation"]

_TABLE = 1 << 14        # points of s(q) on a curved ring; linear interpolation between them is right to about 1e-9


@dataclass(frozen=True, eq=False)
class Circulation:
    """ν = (1/2πħ) ∮ m v ds and its test against the nearest whole number.

    value, error : ν and its standard error          nearest : the nearest integer
    z, p_value : (ν − nearest)/error, two-sided p     integer : p_value ≥ level, no reason to doubt a whole number
    power : chance that this measurement would have rejected a half-integer at the level: an "integer" with little power
        says nothing
    basis_shift : ν with twice the Fourier modes, minus ν (what the finite basis may hide, noise included)
    lag_shift : what the extrapolation to lag 0 moved ν by, (ν_δ − ν_2δ)/3; NaN with fewer than five times, where ν is that
        of the one lag and its O(lag²) bias is unknown
    learners, lag, basis, level : what it was measured with
    """

    value: float
    error: float
    nearest: int
    z: float
    p_value: float
    integer: bool
    power: float
    basis_shift: float
    lag_shift: float
    learners: int
    lag: float
    basis: int
    level: float

    @property
    def bias_bound(self) -> float:
        """|basis_shift| + |lag_shift|: the size of what could be left of the two biases; NaN if the latter is unknown.

        After the extrapolation the lag's bias is O(lag⁴), as a rule far below lag_shift itself.
        """
        return abs(self.basis_shift) + abs(self.lag_shift)

    def power_against(self, value: float) -> float:
        """Chance that a measurement of this error would reject a ν of this value at the level; for a whole number the level.

        >>> one = Circulation(1.02, 0.05, 1, 0.4, 0.69, True, 1.0, 0.0, 0.0, 20000, 0.1, 4, 0.01)
        >>> round(one.power_against(1.3), 4), round(one.power_against(2), 4)
        (0.9997, 0.01)
        """
        value = checks.real("value", value)
        return _power(abs(value - round(value)) / self.error, self.level)

    def __str__(self) -> str:
        verdict = "a whole number is not rejected" if self.integer else "not a whole number"
        bias = "of unknown bias" if np.isnan(self.bias_bound) else f"bias ≲ {self.bias_bound:.1g}"
        return (f"ν = {self.value:.4f} ± {self.error:.4f} ({bias}): {verdict}, z = {self.z:+.2f} against {self.nearest}, "
                f"p = {self.p_value:.2g}")


def circulation(ensemble: Ensemble, *, hbar: float, mass: float, metric: Callable[[np.ndarray], Any] | None = None,
                basis: int = 4, at: int | None = None, level: float = 0.01) -> Circulation:
    """Measure ν = (1/2πħ) ∮ m g v dq around a ring from how learners moved, ψ never being looked at.

    The current velocity is the mean of forward and backward velocities, so of half displacements:

        v(q) = E[ (q(t + δ) − q(t − δ)) / 2δ | q(t) = q ]  + O(δ²)

    (the O(δ) terms of the two cancel by the continuity equation).  With five or more times ν is extrapolated to δ = 0 from
    the lags δ and 2δ, ν = (4ν_δ − ν_2δ)/3, which leaves a bias of O(δ⁴).  v is regressed on 1, cos nx, sin nx, n ≤ basis, with
    x = 2πs/L the angle in the proper length, and ∮ v ds = L × the constant term; so the density need not be uniform.
    Standard errors allow for unequal variances (sandwich) and for one learner counting at several times.

    Nothing in a learner's flow makes ν whole: that is the shift symmetry F ~ F + 2πħn (THEORY.md 3), a postulate, which
    this tests.

    Parameters
    ----------
    ensemble : positions of noisy learners on one ring at three or more equally spaced times
    hbar, mass : ħ = 2T and m = 1/γ of the learner
    metric : g(q) -> (1, 1, n) or (n,), periodic; None if flat
    basis : Fourier modes, declared beforehand
    at : index of the central time t; default: all inner times (that have two neighbours on each side, if any), averaged,
        which is right where no node passes in between
    level : of the integer test

    Raises
    ------
    ArgumentError for another kind of ensemble; RegimeError where a stretch of the ring holds too few learners to see v.

    Where it fails: near-nodes, where v is large and learners are few, and lags over which v changes: see ``bias_bound``.
    Source: Nelson, Phys. Rev. 150 (1966) 1079, eqs. (25)–(27), for the two velocities.

    Examples
    --------
    >>> rng, t = np.random.default_rng(0), np.array([0.0, 0.1, 0.2])
    >>> noise = np.cumsum(rng.normal(0, 0.1**0.5, (3, 20000)), axis=0)     # D = 1/2: ħ = m = 1
    >>> q = rng.uniform(0, 2 * np.pi, 20000) + 2 * t[:, None] + noise      # v = 2 = ħν/m
    >>> measured = circulation(Ensemble(t, q[:, :, None], periods=(2 * np.pi,)), hbar=1.0, mass=1.0)
    >>> measured.nearest, measured.integer
    (2, True)
    """
    scale = checks.real("mass", mass, above=0) / (2 * np.pi * checks.real("hbar", hbar, above=0))
    basis = checks.integer("basis", basis, least=0)
    level = checks.real("level", level, above=0, most=0.5)
    lag, centres = _centres(ensemble, at)
    s, length = _proper_length(ensemble, metric)
    scale *= length
    far = [j for j in centres if 2 <= j < len(s) - 2]
    velocity, influence = _constant_term(s, length, far or centres, 1, lag, basis)
    wide, _ = _constant_term(s, length, far or centres, 1, lag, 2 * basis)
    lag_shift = float("nan")
    if far:
        slow, slow_influence = _constant_term(s, length, far, 2, lag, basis)
        lag_shift = scale * (velocity - slow) / 3
        influence = (4 * influence - slow_influence) / 3
    freedom = s.shape[1] - (1 + 2 * basis)
    error = scale * float(np.sqrt(np.sum(influence**2) * s.shape[1] / freedom))
    value = scale * velocity + (lag_shift if far else 0.0)
    return _tested(value, error, level, basis_shift=scale * (wide - velocity), lag_shift=lag_shift, learners=s.shape[1],
                   lag=lag, basis=basis)


def _tested(value: float, error: float, level: float, **measured: Any) -> Circulation:
    """The integer test of ν = value ± error."""
    z = (value - round(value)) / error
    p = float(2 * ndtr(-abs(z)))
    return Circulation(value=value, error=error, nearest=round(value), z=z, p_value=p, integer=p >= level,
                       power=_power(0.5 / error, level), level=level, **measured)


def _power(distance: float, level: float) -> float:
    """Chance that a standard normal about this distance is rejected on either side."""
    edge = ndtri(1 - level / 2)
    return float(ndtr(distance - edge) + ndtr(-distance - edge))


def _centres(ensemble: Ensemble, at: int | None) -> tuple[float, list[int]]:
    """The lag, and the indices of the central times."""
    if ensemble.ndim != 1 or ensemble.periods[0] is None:
        checks.fail("ensemble", "must live on one ring", f"periods {ensemble.periods}")
    lags, n = np.diff(ensemble.times), len(ensemble.times)
    if at is not None:
        at = checks.integer("at", at, least=1, most=n - 2)
        lags = lags[at - 1:at + 1]
    if len(lags) < 2 or np.ptp(lags) > 1e-6 * lags[0]:
        checks.fail("ensemble.times", "must be three or more equally spaced times",
                    np.array2string(ensemble.times, threshold=8), "Record at t − δ, t, t + δ, or choose at=.")
    return float(np.mean(lags)), [at] if at is not None else list(range(1, n - 1))


def _proper_length(ensemble: Ensemble, metric: Callable[[np.ndarray], Any] | None) -> tuple[np.ndarray, float]:
    """Positions (n, learners) as proper lengths s = ∫√g dq, unwrapped, and the length of the ring."""
    q, period = ensemble.need_positions("circulation")[:, :, 0], float(ensemble.periods[0] or 0)
    if metric is None:
        return q, period
    x = period * np.arange(_TABLE) / _TABLE
    g = checks.finite_array("metric(q)", np.reshape(metric(x), -1), shape=(_TABLE,))
    if not g.min() > 0:
        checks.fail("metric(q)", "must be positive everywhere", float(g.min()))
    root = np.sqrt(g)
    modes = np.fft.rfft(root) / _TABLE
    k = 2 * np.pi / period * np.arange(len(modes))
    k[0], modes[0] = 1.0, 0.0
    wave = np.fft.irfft(modes / (1j * k), _TABLE) * _TABLE
    mean = float(root.mean())
    return mean * q + np.interp(q, x, wave, period=period), mean * period


def _constant_term(s: np.ndarray, length: float, centres: list[int], reach: int, lag: float,
                   basis: int) -> tuple[float, np.ndarray]:
    """Constant term of the regression of half displacements on Fourier modes, averaged over the centres.

    Also what each learner moves it by (learners,): the root of the sum of squares is the standard error.
    """
    value, influence = 0.0, np.zeros(s.shape[1])
    for j in centres:
        y = (s[j + reach] - s[j - reach]) / (2 * reach * lag)
        x = _modes(2 * np.pi / length * s[j], basis)
        gram = x.T @ x / len(y)
        if np.linalg.cond(gram) > 1e6:
            raise RegimeError(f"ensemble: a stretch of the ring holds too few of its {len(y)} learners to see the velocity "
                              f"there with {basis} Fourier modes. Use more learners, fewer modes, or another time.")
        weight = x @ np.linalg.solve(gram, np.eye(x.shape[1])[0]) / len(y)
        coefficients = np.linalg.solve(gram, x.T @ y / len(y))
        value += float(coefficients[0]) / len(centres)
        influence += weight * (y - x @ coefficients) / len(centres)
    return value, influence


def _modes(angle: np.ndarray, basis: int) -> np.ndarray:
    n = np.arange(1, basis + 1)
    return np.concatenate([np.ones((len(angle), 1)), np.cos(np.multiply.outer(angle, n)), np.sin(np.multiply.outer(angle, n))],
                          axis=1)
