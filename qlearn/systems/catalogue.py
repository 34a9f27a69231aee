"""Named models and losses whose trainable variables are angles: per-sample gradients for MinibatchLearner.

A neuron with a weight vector of unit length, u(q) = (cos q, sin q), has one trainable variable q, on a ring; a network of two has
two, on a torus.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import final

import numpy as np
from scipy.special import expit

from qlearn import checks

__all__ = ["LOSSES", "MODELS", "TORUS_MODELS", "RingModel", "TorusModel"]

MODELS = {
    "ring_neuron": "f = x·(cos q, sin q)",
    "tanh_ring_neuron": "f = tanh(x·(cos q, sin q))",
}
LOSSES = {
    "squared": "(f − y)²/2",
    "logistic": "ln(1 + exp(−y f)), y = ±1",
    "pseudo_huber": "√(1 + (f − y)²) − 1",
}
TORUS_MODELS = {
    "two_neurons": ("f = x₁₂·u(q₁) + x₃₄·u(q₂)", 4),
    "two_layers": ("f = u(q₂)·tanh(R(q₁)x)", 2),
}
_BLOCK = 1 << 20                    # elements of the (learners, samples) table that mean_loss holds at a time


@final
@dataclass(frozen=True, eq=False)
class RingModel:
    """A neuron whose weight vector has unit length, with its data: loss and gradient of each sample.

    Output f(q) = x·u(q) ("ring_neuron") or tanh(x·u(q)) ("tanh_ring_neuron"), u(q) = (cos q, sin q); loss ℓ(f, y)
    one of "squared" (f − y)²/2, "logistic" ln(1 + e^{−yf}) for labels y = ±1, "pseudo_huber" √(1 + (f − y)²) − 1.
    The gradient of sample i is h_i(q) = ∂ℓ/∂f · ∂f/∂q, so that U(q) = ⟨ℓ_i⟩ and U′ = ⟨h_i⟩ (THEORY: F = −U).

    Parameters: x (n, 2) features, y (n,) targets, both finite; they are copied and read-only.
    Attributes: ``n_samples``, ``period`` = 2π, ``trigonometric_degree``: 2 where U and every h_i are trigonometric
    polynomials of that degree in q (linear neuron, squared loss), else None.
    Raises ArgumentError for a wrong shape, NaN or infinite values, an unknown name, or labels that are not ±1 with
    "logistic".

    >>> import numpy as np
    >>> model = RingModel(np.array([[1.0, 0.0], [0.0, 2.0]]), np.array([0.5, -1.0]))
    >>> q = np.zeros((1, 1))
    >>> model.gradient(q, np.array([[0, 1]])).ravel()       # (f − y) f′ at q = 0: 0.5 · 0 and 1 · 2
    array([0., 2.])
    >>> model.mean_loss(q)
    array([0.3125])
    """

    x: np.ndarray
    y: np.ndarray
    model: str = "ring_neuron"
    loss: str = "squared"
    _columns: tuple[np.ndarray, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        checks.choice("model", self.model, MODELS)
        checks.choice("loss", self.loss, LOSSES)
        x, y, columns = _samples(self.x, self.y, 2)
        if self.loss == "logistic" and not np.all(np.abs(y) == 1):
            checks.fail("y", "must hold labels −1 and +1 for the logistic loss",
                        f"for example {y[np.abs(y) != 1][0]:g}",
                        "Recode the labels, or use the loss 'squared' or 'pseudo_huber'.")
        for name, value in (("x", x), ("y", y), ("_columns", columns)):
            object.__setattr__(self, name, value)

    @property
    def n_samples(self) -> int:
        """Number of samples n."""
        return len(self.y)

    @property
    def period(self) -> float:
        """Length of the ring in q: 2π."""
        return 2 * math.pi

    @property
    def trigonometric_degree(self) -> int | None:
        """Degree of U and h_i as trigonometric polynomials in q, or None where they are none."""
        return 2 if (self.model, self.loss) == ("ring_neuron", "squared") else None

    def gradient(self, q: np.ndarray, index: np.ndarray) -> np.ndarray:
        """Return h_i(q) of shape (r, b, 1) for learners q (r, 1) and sample numbers index (r, b)."""
        cosine, sine = _cosine_and_sine(q)                                      # once a learner, not once a sample
        x1, x2 = (np.take(column, index) for column in self._columns)
        slope = x2 * cosine
        slope -= x1 * sine
        x1 *= cosine
        x2 *= sine
        x1 += x2                                                                # now the pre-activation x·u(q)
        if self.model == "tanh_ring_neuron":
            np.tanh(x1, out=x1)
            slope *= 1 - x1 * x1
        slope *= _loss_slope(self.loss, x1, np.take(self.y, index))
        return slope[:, :, None]

    def mean_loss(self, q: np.ndarray) -> np.ndarray:
        """Return U(q) = ⟨ℓ_i(q)⟩ over all samples, shape (r,), for q (r, 1)."""
        return _means(self._losses, q, 1, self.n_samples)

    def _losses(self, q: np.ndarray) -> np.ndarray:
        output = np.cos(q) * self._columns[0] + np.sin(q) * self._columns[1]
        if self.model == "tanh_ring_neuron":
            output = np.tanh(output)
        if self.loss == "squared":
            return (output - self.y) ** 2 / 2
        if self.loss == "logistic":
            return np.logaddexp(0.0, -self.y * output)
        return np.hypot(1.0, output - self.y) - 1


@final
@dataclass(frozen=True, eq=False)
class TorusModel:
    """A network with two angles and its data, squared loss (f − y)²/2: gradient of each sample, for MinibatchLearner.

    "two_neurons": f = x₁₂·u(q₁) + x₃₄·u(q₂), u(q) = (cos q, sin q), x (n, 4): two neurons with two inputs each, added.
    "two_layers": f = u(q₂)·tanh(R(q₁)x), R a rotation by q₁, x (n, 2): two hidden units, weight vectors of unit length.  Turning
    q₁ by a right angle and q₂ with it gives the same f, so that its loss has equal wells.

    Parameters: x (n, 4) or (n, 2), y (n,), both finite; they are copied and read-only.
    Attributes: ``n_samples``, ``periods`` = [2π, 2π].
    Raises ArgumentError for a wrong shape, NaN or infinite values, an unknown name.

    >>> import numpy as np
    >>> model = TorusModel(np.array([[1.0, 0.0, 0.0, 2.0]]), np.array([0.5]))
    >>> model.gradient(np.array([[0.0, 0.0]]), np.array([[0]]))     # f = 1; (f − y)(∂₁f, ∂₂f) = 0.5 · (0, 2)
    array([[[0., 1.]]])
    """

    x: np.ndarray
    y: np.ndarray
    model: str = "two_neurons"
    _columns: tuple[np.ndarray, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        checks.choice("model", self.model, TORUS_MODELS)
        x, y, columns = _samples(self.x, self.y, TORUS_MODELS[self.model][1])
        for name, value in (("x", x), ("y", y), ("_columns", columns)):
            object.__setattr__(self, name, value)

    @property
    def n_samples(self) -> int:
        """Number of samples n."""
        return len(self.y)

    @property
    def periods(self) -> list[float]:
        """Lengths of the two rings."""
        return [2 * math.pi, 2 * math.pi]

    def gradient(self, q: np.ndarray, index: np.ndarray) -> np.ndarray:
        """Return h_i(q) of shape (r, b, 2) for learners q (r, 2) and sample numbers index (r, b)."""
        output, slopes = self._output(q, [np.take(column, index) for column in self._columns])
        output -= np.take(self.y, index)
        slopes *= output[..., None]
        return slopes

    def mean_loss(self, q: np.ndarray) -> np.ndarray:
        """Return U(q) = ⟨ℓ_i(q)⟩ over all samples, shape (r,), for q (r, 2)."""
        return _means(self._losses, q, 2, self.n_samples)

    def _losses(self, q: np.ndarray) -> np.ndarray:
        return (self._output(q, list(self._columns))[0] - self.y) ** 2 / 2

    def _output(self, q: np.ndarray, x: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """f (r, b) and ∂f (r, b, 2)."""
        (c1, s1), (c2, s2) = (_cosine_and_sine(q[:, axis, None]) for axis in (0, 1))
        if self.model == "two_neurons":
            slopes = np.stack([x[1] * c1 - x[0] * s1, x[3] * c2 - x[2] * s2], axis=-1)
            return x[0] * c1 + x[1] * s1 + x[2] * c2 + x[3] * s2, slopes
        first, second = x[0] * c1 + x[1] * s1, x[1] * c1 - x[0] * s1
        a, b = np.tanh(first), np.tanh(second)
        hidden = c2 * (1 - a * a) * second - s2 * (1 - b * b) * first
        return c2 * a + s2 * b, np.stack([hidden, c2 * b - s2 * a], axis=-1)


def _samples(x: np.ndarray, y: np.ndarray, features: int) -> tuple[np.ndarray, np.ndarray, tuple[np.ndarray, ...]]:
    """Read-only copies of x (n, features) and y (n,), and the columns of x, each contiguous."""
    x = np.array(checks.finite_array("x", x, shape=(None, features)))
    y = np.array(checks.finite_array("y", y, shape=(len(x),)))
    if len(x) == 0:
        checks.fail("x", "must hold at least one sample", "none")
    columns = tuple(np.ascontiguousarray(column) for column in x.T)
    for array in (x, y, *columns):
        array.setflags(write=False)
    return x, y, columns


def _means(losses: Callable[[np.ndarray], np.ndarray], q: np.ndarray, d: int, samples: int) -> np.ndarray:
    """Means (r,) over the samples of losses (rows, samples) at q (r, d), some rows at a time."""
    q = checks.finite_array("q", q, shape=(None, d))
    rows = max(1, _BLOCK // samples)
    blocks = [losses(q[start:start + rows]).mean(axis=1) for start in range(0, len(q), rows)]
    return np.concatenate(blocks) if blocks else np.empty(0)


def _cosine_and_sine(q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """cos q and sin q from t = tan(q/2), to 3e-16: NumPy has a vector tangent, ten times faster than its cosine."""
    t = np.tan(q / 2)                           # at most 1.7e16 in double precision: no overflow at q = π
    square = t * t
    cosine = 1 - square
    square += 1
    cosine /= square
    t += t
    t /= square
    return cosine, t


def _loss_slope(loss: str, f: np.ndarray, y: np.ndarray) -> np.ndarray:
    """∂ℓ/∂f; overwrites f and y."""
    if loss == "logistic":
        f *= y
        np.negative(f, out=f)
        y *= expit(f)
        return np.negative(y, out=y)
    f -= y
    if loss == "squared":
        return f
    return np.divide(f, np.hypot(1.0, f), out=f)
