"""Exact averages over the data of a learner on a ring: mean gradient, covariance, third cumulant and loss, nothing sampled."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from qlearn import checks
from qlearn.errors import ArgumentError, RegimeError

__all__ = ["Gradient", "Loss", "RingFunctions", "moments", "per_sample_gradients", "resolve"]

Gradient = Callable[[np.ndarray, np.ndarray], np.ndarray]       # (q (r, 1), index (r, b)) -> (r, b, 1)
Loss = Callable[[np.ndarray], np.ndarray]                       # q (r, 1) -> (r,)

_CHUNK = 1 << 21            # per-sample gradients held at once, in numbers
_TAIL = 1e-11               # a function of q is resolved when its highest Fourier modes are below this share
_MOST_POINTS = 2000


@dataclass(frozen=True, eq=False)
class RingFunctions:
    """U, U', C at an odd number of points from 0, enough to resolve them."""

    period: float
    loss: np.ndarray
    gradient: np.ndarray
    covariance: np.ndarray

    def at(self, f: np.ndarray, q: np.ndarray, derivative: bool = False) -> np.ndarray:
        """The trigonometric interpolant of f, or its derivative, at q."""
        c = np.fft.rfft(f) / len(f)
        k = 2 * np.pi / self.period * np.arange(len(c))
        c = c * np.where(k == 0, 1, 2) * (1j * k if derivative else 1)
        phase = np.exp(2j * np.pi / self.period * np.asarray(q))
        value = np.full_like(phase, c[-1])
        for coefficient in c[-2::-1]:
            value = value * phase + coefficient
        return value.real

    def expression(self, f: np.ndarray) -> Any:
        """The trigonometric interpolant as a SymPy expression in q, its decimals exact rationals of 17 digits."""
        import sympy

        c = np.fft.rfft(f) / len(f)
        q, small = sympy.Symbol("q", real=True), 1e-13 * np.max(np.abs(c))
        terms = [_rational(c[0].real)]
        for n in range(1, len(c)):
            angle = _rational(2 * np.pi * n / self.period) * q
            waves = ((2 * c[n].real, sympy.cos), (-2 * c[n].imag, sympy.sin))
            terms += [_rational(amplitude) * wave(angle) for amplitude, wave in waves if abs(amplitude) > small]
        return sympy.Add(*terms)


def _rational(value: float) -> Any:
    import sympy

    return sympy.Rational(repr(float(value)))


def resolve(gradient_of: Gradient, n_samples: int, period: float, loss: Loss | None) -> RingFunctions:
    """Double the number of points until C, U' and U show no Fourier tail; check periodicity and the loss."""
    _check_gradient(gradient_of, n_samples, period)
    n = 33
    while True:
        q = np.arange(n) * period / n
        gradient, covariance, _ = moments(gradient_of, n_samples, q)
        if np.min(covariance) <= 1e-24 * np.max(gradient**2 + covariance):
            raise RegimeError(f"per_sample_gradient must vary over the samples at every q; its covariance vanishes at "
                              f"q = {q[np.argmin(covariance)]:.6g}. Add label noise or more samples.")
        if max(_tail(covariance, np.max(covariance)), _tail(gradient, np.sqrt(np.max(covariance)))) < _TAIL:
            break
        if n > 2000:
            checks.fail("per_sample_gradient", "must be smooth in q: 2000 points must resolve its mean and covariance",
                        "a gradient with kinks, steps or noise", "Use a smooth activation and loss.")
        n = 2 * n - 1
    integrated = _integrate(RingFunctions(period, np.zeros(n), gradient, covariance))
    if loss is None:
        return RingFunctions(period, integrated, gradient, covariance)
    given = checks.finite_array("loss(q)", loss(q[:, None]), shape=(n,))
    defect = np.max(np.abs((given - given.mean()) - (integrated - integrated.mean())))
    if defect > 1e-8 * max(np.ptp(integrated), 1e-3 * np.max(np.abs(given))):
        checks.fail("loss", "must have the mean of per_sample_gradient as its derivative",
                    f"a loss that differs by {defect:.3g} from the integral of the mean gradient",
                    "Leave loss out to have it integrated.")
    return RingFunctions(period, given, gradient, covariance)


def _check_gradient(gradient_of: Gradient, n_samples: int, period: float) -> None:
    index = np.arange(min(n_samples, 5))[None, :].repeat(3, axis=0)
    q = np.array([[0.0], [0.3], [0.7]]) * period
    h = checks.finite_array("per_sample_gradient(q, index)", gradient_of(q, index), shape=(*index.shape, 1))
    again = np.asarray(gradient_of(q + period, index))
    if np.max(np.abs(h - again)) > 1e-8 * (np.max(np.abs(h)) + 1e-300):
        checks.fail("per_sample_gradient", f"must be periodic in q with the period {period:.12g}",
                    f"a difference of {np.max(np.abs(h - again)):.3g} one period on")


def moments(gradient_of: Gradient, n_samples: int, q: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean, variance and third cumulant over all samples at each q (n,), a few rows at a time."""
    rows = max(1, _CHUNK // n_samples)
    result = np.empty((3, len(q)))
    for a in range(0, len(q), rows):
        part = per_sample_gradients(gradient_of, n_samples, q[a:a + rows])
        mean = part.mean(axis=1)
        part -= mean[:, None]
        result[:, a:a + rows] = mean, np.mean(part**2, axis=1), np.mean(part**3, axis=1)
    return result[0], result[1], result[2]


def per_sample_gradients(gradient_of: Gradient, n_samples: int, q: np.ndarray) -> np.ndarray:
    """h_i(q) of every sample i, shape (len(q), n_samples)."""
    index = np.broadcast_to(np.arange(n_samples), (len(q), n_samples))
    h = np.array(gradient_of(q[:, None], index)[..., 0], dtype=float)
    if not np.all(np.isfinite(h)):
        raise ArgumentError(f"per_sample_gradient must be finite everywhere; given {int(np.sum(~np.isfinite(h)))} NaN or "
                            f"infinite values. Look at sample {int(np.argmax(np.any(~np.isfinite(h), axis=0)))} of the data.")
    return h


def _tail(f: np.ndarray, scale: float) -> float:
    """Largest of the highest quarter of the Fourier modes, as a share of scale."""
    c = np.abs(np.fft.rfft(f)) / len(f)
    return float(np.max(c[-max(2, len(c) // 4):]) / max(scale, 1e-300))


def _integrate(f: RingFunctions) -> np.ndarray:
    """∫ U' dq from 0, mean gradient over the ring zero; else the loss is not a function on the ring."""
    n, mean = len(f.gradient), float(np.mean(f.gradient))
    if abs(mean) > 1e-9 * np.sqrt(np.max(f.covariance)):
        checks.fail("per_sample_gradient", "must have a mean that integrates to zero over the ring (a single-valued loss)",
                    f"∮ U' dq = {mean * f.period:.6g}", "A multivalued loss has no static equilibrium.")
    k = 2j * np.pi * np.fft.fftfreq(n, 1 / n) / f.period
    c = np.fft.fft(f.gradient)
    c[0], k[0] = 0, 1
    loss = np.fft.ifft(c / k).real
    return loss - loss[0]

