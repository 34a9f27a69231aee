"""A reference network whose gradients, one a sample, are known in closed form."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from qlearn import checks

__all__ = ["TanhNetwork", "teacher_data"]


@final
@dataclass(frozen=True)
class TanhNetwork:
    """f(x) = v·tanh(Wx + b) with the loss (f − y)²/2; q = (W row by row, b, v), P = hidden·(inputs + 2) parameters.

        ∂/∂v = e a,   ∂/∂b = e v (1 − a²),   ∂/∂W = e v (1 − a²) xᵀ,     a = tanh(Wx + b),  e = f − y.

    q (…, P), x (…, n, inputs), y (…, n); leading axes broadcast, so that many networks train at once.

    >>> network = TanhNetwork(8, 10)
    >>> x, y = teacher_data(50, seed=1)
    >>> q = network.start(np.random.default_rng(0))
    >>> network.parameters, network.per_sample_gradients(q, x, y).shape
    (100, (50, 100))
    """

    inputs: int
    hidden: int

    def __post_init__(self) -> None:
        checks.integer("inputs", self.inputs, least=1)
        checks.integer("hidden", self.hidden, least=1)

    @property
    def parameters(self) -> int:
        """P."""
        return self.hidden * (self.inputs + 2)

    def start(self, rng: np.random.Generator, runs: tuple[int, ...] = ()) -> np.ndarray:
        """Random q (*runs, P): W ~ N(0, 1/inputs), b ~ N(0, 0.01), v ~ N(0, 1/hidden)."""
        sizes = (self.hidden * self.inputs, self.hidden, self.hidden)
        scales = np.repeat([self.inputs**-0.5, 0.1, self.hidden**-0.5], sizes)
        return scales * rng.standard_normal((*runs, self.parameters))

    def loss(self, q: Any, x: Any, y: Any) -> np.ndarray:
        """Mean loss over the samples, shape (…)."""
        _, _, error = self._forward(np.asarray(q), np.asarray(x), np.asarray(y))
        return 0.5 * np.mean(error**2, axis=-1)

    def gradient(self, q: Any, x: Any, y: Any) -> np.ndarray:
        """Mean gradient over the samples, shape (…, P)."""
        x = np.asarray(x)
        v, a, error = self._forward(np.asarray(q), x, np.asarray(y))
        error = error / error.shape[-1]
        slope = error[..., None] * v[..., None, :] * (1 - a * a)
        weights = np.swapaxes(slope, -1, -2) @ x
        return np.concatenate([weights.reshape(*weights.shape[:-2], -1), slope.sum(axis=-2),
                               (error[..., None, :] @ a)[..., 0, :]], axis=-1)

    def per_sample_gradients(self, q: Any, x: Any, y: Any) -> np.ndarray:
        """Gradient of every sample's loss, shape (…, n, P)."""
        x = np.asarray(x)
        v, a, error = self._forward(np.asarray(q), x, np.asarray(y))
        slope = error[..., None] * v[..., None, :] * (1 - a * a)
        weights = slope[..., :, None] * x[..., None, :]
        return np.concatenate([weights.reshape(*weights.shape[:-2], -1), slope, error[..., None] * a], axis=-1)

    def _forward(self, q: np.ndarray, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """v (…, hidden), a (…, n, hidden), f − y (…, n)."""
        if q.shape[-1:] != (self.parameters,):
            checks.fail("q", f"must have {self.parameters} parameters on its last axis", f"shape {q.shape}")
        if x.ndim < 2 or x.shape[-1] != self.inputs or y.shape[-1:] != x.shape[-2:-1]:
            checks.fail("x and y", f"must have shapes (…, n, {self.inputs}) and (…, n)", f"{x.shape} and {y.shape}")
        edge = self.hidden * self.inputs
        w = q[..., :edge].reshape(*q.shape[:-1], self.hidden, self.inputs)
        b, v = q[..., edge:edge + self.hidden], q[..., edge + self.hidden:]
        a = np.tanh(x @ np.swapaxes(w, -1, -2) + b[..., None, :])
        return v, a, (a @ v[..., :, None])[..., 0] - y


def teacher_data(samples: int, inputs: int = 8, *, seed: int, decades: float = 1.5,
                 noise: float = 0.3) -> tuple[np.ndarray, np.ndarray]:
    """x (samples, inputs) Gaussian with standard deviations spread over decades around 10^(−1/4), y of a random tanh teacher.

    y = Σ_k c_k tanh(w_k·x) + noise·N(0, 1), six units; w_k ~ N(0, 1/(inputs·σ_i²)) so that every input matters. The spread of the
    inputs spreads the gradient noise of the parameters, without which no power of it can be measured.
    """
    rng = np.random.default_rng(seed)
    scales = 10 ** (np.linspace(-0.5, 0.5, inputs) * decades - 0.25)
    x = scales * rng.standard_normal((samples, inputs))
    w = rng.standard_normal((6, inputs)) / scales / np.sqrt(inputs)
    return x, np.tanh(x @ w.T) @ rng.standard_normal(6) + noise * rng.standard_normal(samples)
