"""U, ∂U and C of a learner on a ring or torus as trigonometric interpolants, on as many points as resolve them."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from qlearn import checks
from qlearn.errors import RegimeError
from qlearn.systems.minibatch.averages import Gradient, Loss, moments

__all__ = ["TorusFields", "check_covariance", "resolve"]

_TAIL = 1e-11               # a function of q is resolved when its highest Fourier modes are below this share
_MOST_POINTS = {1: 2000, 2: 200}        # an axis
_FIRST_POINTS = {1: 33, 2: 17}
_ROWS = 1 << 14             # points at which an interpolant is evaluated at a time


@final
@dataclass(frozen=True, eq=False)
class TorusFields:
    """loss (*shape), gradient (d, *shape), covariance (d, d, *shape) at odd numbers of points from 0 along each axis."""

    periods: tuple[float, ...]
    loss: np.ndarray
    gradient: np.ndarray
    covariance: np.ndarray

    def at(self, f: np.ndarray, q: np.ndarray, axis: int | None = None) -> np.ndarray:
        """Trigonometric interpolants of f (m, *shape), or their derivatives along an axis, at q (n, d): (m, n)."""
        if len(self.periods) == 1:
            return np.stack([_on_ring(one, self.periods[0], q[:, 0], axis is not None) for one in f])
        result = np.empty((len(f), len(q)))
        for a in range(0, len(q), _ROWS):
            result[:, a:a + _ROWS] = _on_torus(f, self.periods, q[a:a + _ROWS], axis)
        return result

    def loss_at(self, q: np.ndarray) -> np.ndarray:
        return self.at(self.loss[None], q)[0]

    def gradient_at(self, q: np.ndarray) -> np.ndarray:
        """∂_μU (n, d)."""
        return self.at(self.gradient, q).T

    def covariance_at(self, q: np.ndarray) -> np.ndarray:
        """C (n, d, d)."""
        return self._matrix(q, None)

    def covariance_slopes_at(self, q: np.ndarray) -> np.ndarray:
        """∂_νC (n, d, d, d), ν the second index."""
        return np.stack([self._matrix(q, axis) for axis in range(len(self.periods))], axis=1)

    def _matrix(self, q: np.ndarray, axis: int | None) -> np.ndarray:
        rows, columns = np.triu_indices(len(self.periods))
        values = self.at(self.covariance[rows, columns], q, axis).T
        result = np.empty((len(q), len(self.periods), len(self.periods)))
        result[:, rows, columns] = result[:, columns, rows] = values
        return result

    def expression(self, f: np.ndarray, names: tuple[str, ...]) -> Any:
        """The interpolant as a SymPy expression, its decimals exact rationals; modes below 1e-13 of the largest left out."""
        import sympy

        c = np.fft.fftn(f) / f.size
        symbols, small = [sympy.Symbol(name, real=True) for name in names], 1e-13 * np.max(np.abs(c))
        terms = [_rational(float(np.mean(f)))]
        for place in np.ndindex(*f.shape):
            k = [n if n <= m // 2 else n - m for n, m in zip(place, f.shape, strict=True)]
            if next((n for n in k if n), 0) <= 0:               # of ±k the one whose first entry is positive
                continue
            angle = sympy.Add(*(_rational(2 * np.pi * n / L) * x for n, L, x in zip(k, self.periods, symbols, strict=True) if n))
            waves = ((2 * c[place].real, sympy.cos), (-2 * c[place].imag, sympy.sin))
            terms += [_rational(amplitude) * wave(angle) for amplitude, wave in waves if abs(amplitude) > small]
        return sympy.Add(*terms)


def _on_ring(f: np.ndarray, period: float, q: np.ndarray, derivative: bool) -> np.ndarray:
    c = np.fft.rfft(f) / len(f)
    k = 2 * np.pi / period * np.arange(len(c))
    c = c * np.where(k == 0, 1, 2) * (1j * k if derivative else 1)
    phase = np.exp(2j * np.pi / period * q)
    value = np.full_like(phase, c[-1])
    for coefficient in c[-2::-1]:
        value = value * phase + coefficient
    return value.real


def _on_torus(f: np.ndarray, periods: tuple[float, ...], q: np.ndarray, axis: int | None) -> np.ndarray:
    n1, n2 = f.shape[1:]
    c = np.fft.rfft2(f) / (n1 * n2)
    k1, k2 = 2 * np.pi / periods[0] * np.fft.fftfreq(n1, 1 / n1), 2 * np.pi / periods[1] * np.arange(c.shape[2])
    c = c * np.where(k2 == 0, 1, 2)
    if axis is not None:
        c = c * 1j * (k1[:, None] if axis == 0 else k2)
    first, second = np.exp(1j * q[:, :1] * k1), np.exp(1j * q[:, 1:] * k2)
    return np.stack([np.einsum("nk,nk->n", first @ one, second).real for one in c])


def _rational(value: Any) -> Any:
    import sympy

    return sympy.Rational(repr(float(value)))


def resolve(gradient_of: Gradient, n_samples: int, periods: tuple[float, ...], loss: Loss | None) -> TorusFields:
    """Double the number of points until C and ∂U show no Fourier tail; check the loss."""
    d = len(periods)
    n = _FIRST_POINTS[d]
    while True:
        shape = (n,) * d
        q = np.stack([x.ravel() for x in np.meshgrid(*(np.arange(n) * L / n for L in periods), indexing="ij")], axis=1)
        gradient, covariance, _ = moments(gradient_of, n_samples, q, third=False)
        check_covariance(gradient, covariance, q)
        gradient, covariance = gradient.T.reshape(d, *shape), np.moveaxis(covariance, 0, -1).reshape(d, d, *shape)
        scale = np.max(np.abs(covariance))
        if max(_tail(covariance, scale, d), _tail(gradient, np.sqrt(scale), d)) < _TAIL:
            break
        if n > _MOST_POINTS[d]:
            checks.fail("per_sample_gradient", f"must be smooth in q: {_MOST_POINTS[d]} points an axis must resolve its mean and "
                        "covariance", "a gradient with kinks, steps or noise", "Use a smooth activation and loss.")
        n = 2 * n - 1
    integrated = _integrate(gradient, scale, periods)
    if loss is None:
        return TorusFields(periods, integrated, gradient, covariance)
    given = checks.finite_array("loss(q)", loss(q), shape=(len(q),)).reshape(shape)
    defect = np.max(np.abs((given - given.mean()) - (integrated - integrated.mean())))
    if defect > 1e-8 * max(np.ptp(integrated), 1e-3 * np.max(np.abs(given))):
        checks.fail("loss", "must have the mean of per_sample_gradient as its derivative",
                    f"a loss that differs by {defect:.3g} from the integral of the mean gradient",
                    "Leave loss out to have it integrated.")
    return TorusFields(periods, given, gradient, covariance)


def check_covariance(gradient: np.ndarray, covariance: np.ndarray, q: np.ndarray) -> None:
    """RegimeError where C (n, d, d) is singular: the metric has no inverse there."""
    trace = np.trace(covariance, axis1=1, axis2=2)
    if covariance.shape[1] == 1:
        bad = trace <= 1e-24 * np.max(gradient[:, 0]**2 + trace)
    else:
        bad = np.linalg.eigvalsh(covariance)[:, 0] <= 1e-12 * np.max(np.sum(gradient**2, axis=1) + trace)
    if np.any(bad):
        place = np.array2string(q[np.argmax(bad)], precision=6)
        raise RegimeError("per_sample_gradient must vary over the samples, in every direction, at every q; its covariance "
                          f"vanishes (is singular) at q = {place}. Add label noise or more samples, or take coordinates that "
                          "are regular there; far out on a line it drowns in rounding: where replicas run away, take a smaller "
                          "learning rate.")


def _tail(f: np.ndarray, scale: float, d: int) -> float:
    """Largest of the highest quarter of the Fourier modes of any axis, as a share of scale."""
    axes = tuple(range(-d, 0))
    c = np.abs(np.fft.fftn(f, axes=axes)) / np.prod(f.shape[-d:])
    worst = 0.0
    for axis in axes:
        k = np.abs(np.fft.fftfreq(f.shape[axis], 1 / f.shape[axis]))
        highest = k >= k.max() + 1 - max(2, (k.max() + 1) // 4)
        worst = max(worst, float(np.max(np.moveaxis(c, axis, -1)[..., highest])))
    return worst / max(scale, 1e-300)


def _integrate(u: np.ndarray, scale: float, periods: tuple[float, ...]) -> np.ndarray:
    """U with ∂U = u and U(0) = 0: the mean gradient must have no circulation round the torus and no curl."""
    d = len(periods)
    for i, L in enumerate(periods):
        loops = u[i].mean(axis=i)
        worst = float(np.ravel(loops)[np.argmax(np.abs(loops))])
        if abs(worst) > 1e-9 * np.sqrt(scale):
            checks.fail("per_sample_gradient", "must have a mean that integrates to zero over the ring (a single-valued loss)",
                        f"∮ ∂U dq = {worst * L:.6g}" + (f" along axis {i}" if d > 1 else ""),
                        "A multivalued loss has no static equilibrium.")
    axes = tuple(range(1, d + 1))
    k = np.stack(np.meshgrid(*(2 * np.pi / L * np.fft.fftfreq(n, 1 / n) for L, n in zip(periods, u.shape[1:], strict=True)),
                             indexing="ij"))
    c = np.fft.fftn(u, axes=axes)
    square = np.sum(k**2, axis=0)
    square[(0,) * d] = 1
    potential = np.sum(k * c, axis=0) / (1j * square)
    potential[(0,) * d] = 0
    rest = np.fft.ifftn(c - 1j * k * potential, axes=axes).real if d > 1 else np.zeros(1)
    if np.max(np.abs(rest)) > 1e-8 * np.sqrt(scale):
        checks.fail("per_sample_gradient", "must have the gradient of one loss as its mean (no curl)",
                    f"a part of size {np.max(np.abs(rest)):.3g} that is no gradient", "Check the order of the components.")
    loss = np.fft.ifftn(potential).real
    return loss - loss[(0,) * d]
