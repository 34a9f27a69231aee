"""MinibatchLearner: a real learner whose noise is the sampling of its minibatches (THEORY.md 6).

One step of the learner, with a fresh minibatch of B samples drawn with replacement:

    q ← q − (η/g(q)) h_B(q) + v(q),      h_B = (1/B) Σ_b h_{i_b}(q),      g = (C/C₀)^α

h_i the per-sample gradient, C(q) = Cov_i[h_i] the per-sample covariance, C₀ the reference covariance.  v is the Itô
correction: discrete updates are Itô steps, and v = (1/√g) ∂_q(√g D), D = η²C/(2Bg²), makes the noise covariant.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from qlearn import checks
from qlearn.errors import RegimeError, UnsupportedError
from qlearn.grids import Grid
from qlearn.systems.ring_averages import Gradient, Loss, moments, per_sample_gradients, resolve

__all__ = ["LearnerStatistics", "MinibatchLearner"]

_AFFINITY_POINTS = 4096     # C^(α−1) U' has more Fourier modes than C and U'



@dataclass(frozen=True, eq=False)
class LearnerStatistics:
    """Exact averages over the data at the points of a ring grid; nothing is sampled.

    ``loss`` U(q), ``gradient`` U'(q), ``covariance`` C(q) per sample, ``third_cumulant`` κ₃(q) of the per-sample gradient,
    ``metric`` g = (C/C₀)^α, each of shape (N,); ``eps3`` = max |U'κ₃|/C², which measures the error of the diffusion
    approximation (it does not vanish with η at fixed ħ).
    """

    q: np.ndarray
    loss: np.ndarray
    gradient: np.ndarray
    covariance: np.ndarray
    third_cumulant: np.ndarray
    metric: np.ndarray

    @cached_property
    def eps3(self) -> float:
        return float(np.max(np.abs(self.gradient * self.third_cumulant) / self.covariance**2))


class MinibatchLearner:
    """A learner with one variable on a ring, with the exact metric g = (C/C₀)^α and minibatch noise.

    Parameters
    ----------
    per_sample_gradient : callable (q (r, 1), index (r, b)) -> (r, b, 1)
        Gradient of the loss of sample ``index`` at ``q``; it must be periodic in q.
    n_samples : int
        Number of samples N; minibatches are drawn from 0 … N−1 with replacement.
    periods : sequence of one number
        The ring's circumference in q.  Lines and several variables are refused (UnsupportedError).
    learning_rate, batch_size : η > 0 and B ≥ 1
    alpha : float
        The regime: 0 equilibration, 1/2 efficient learning, 1 quantum.
    ito_correction : bool
        Whether each step adds v(q); without it the α = 1 learner equilibrates to g e^{−U/T}, not √g e^{−U/T} (densities in q).
    loss : callable (q (r, 1)) -> (r,), optional
        Mean loss U; integrated from the mean gradient if not given.  It must agree with the gradient.
    reference_covariance : float, optional
        C₀; default the mean of C over the ring.

    Raises
    ------
    ArgumentError
        Gradients of wrong shape, not finite or not periodic; a loss that disagrees with them.
    RegimeError
        A covariance that vanishes somewhere (g has no inverse there); ``temperature`` and ``hbar`` for α ≠ 1.

    Notes
    -----
    Time counts steps, so γ = η; for α = 1: T = ηC₀/2B, D = ηT, ħ = 2T = ηC₀/B, m = 1/η (C₀ per sample).

    Examples
    --------
    >>> import numpy as np, qlearn as ql
    >>> rng = np.random.default_rng(0)
    >>> x, noise = rng.standard_normal((200, 2)), rng.standard_normal(200)
    >>> learner = ql.MinibatchLearner.ring_neuron(x, x[:, 0] + 3 * noise, learning_rate=0.02, batch_size=1)
    >>> learner.hbar == 2 * learner.temperature
    True
    >>> learner.transfer_operator(ql.Grid(65, [(0, 2 * np.pi)])).rates(2).shape
    (2,)
    """

    def __init__(self, per_sample_gradient: Gradient, n_samples: int, *, periods: Sequence[float | None],
                 learning_rate: float, batch_size: int, alpha: float = 1.0, ito_correction: bool = True,
                 loss: Loss | None = None, reference_covariance: float | None = None):
        if not callable(per_sample_gradient):
            checks.fail("per_sample_gradient", "must be a callable (q (r, 1), index (r, b)) -> (r, b, 1)",
                        per_sample_gradient)
        self.per_sample_gradient = per_sample_gradient
        self.n_samples = checks.integer("n_samples", n_samples, least=2)
        self.period = _one_period(periods)
        self.learning_rate = checks.real("learning_rate", learning_rate, above=0)
        self.batch_size = checks.integer("batch_size", batch_size, least=1)
        self.alpha = checks.real("alpha", alpha)
        self.ito_correction = bool(ito_correction)
        self.loss = loss
        if reference_covariance is not None:
            reference_covariance = checks.real("reference_covariance", reference_covariance, above=0)
        self._fourier = resolve(per_sample_gradient, self.n_samples, self.period, loss)
        self.reference_covariance = reference_covariance or float(np.mean(self._fourier.covariance))

    @classmethod
    def ring_neuron(cls, x: Any, y: Any, *, learning_rate: float, batch_size: int, alpha: float = 1.0,
                    ito_correction: bool = True) -> "MinibatchLearner":
        """Unit-norm linear neuron f = x·(cos q, sin q) with the loss (f − y)²/2; x (n, 2), y (n,)."""
        from qlearn.systems.catalogue import RingModel

        model = RingModel(x, y, model="ring_neuron", loss="squared")
        return cls(model.gradient, model.n_samples, periods=[model.period], learning_rate=learning_rate,
                   batch_size=batch_size, alpha=alpha, ito_correction=ito_correction, loss=model.mean_loss)

    def with_(self, **changes: Any) -> "MinibatchLearner":
        """Return the same learner with other settings; C₀ stays what it is here unless it is given."""
        settings = dict(learning_rate=self.learning_rate, batch_size=self.batch_size, alpha=self.alpha,
                        ito_correction=self.ito_correction, loss=self.loss,
                        reference_covariance=self.reference_covariance)
        unknown = sorted(set(changes) - set(settings))
        if unknown:
            checks.fail("with_", "changes only " + ", ".join(settings), ", ".join(unknown))
        return MinibatchLearner(self.per_sample_gradient, self.n_samples, periods=[self.period], **(settings | changes))

    # --- numbers ------------------------------------------------------------------------------------------------

    @property
    def temperature(self) -> float:
        """T = ηC₀/2B (α = 1 only: for other α the noise is not isotropic in the metric)."""
        if self.alpha != 1:
            raise RegimeError(f"alpha must be 1 for one temperature and one ħ; given alpha = {self.alpha:g}, whose noise is "
                              "D ∝ κ^(1−2α), not isotropic in the metric g ∝ κ^α. Use the transfer operator instead.")
        return self.learning_rate * self.reference_covariance / (2 * self.batch_size)

    @property
    def hbar(self) -> float:
        """ħ = 2T = ηC₀/B (α = 1 only)."""
        return 2 * self.temperature

    @property
    def cycle_affinity(self) -> float:
        """∮ (drift/diffusion) dq = −(2B/η) ∮ g U'/C dq: zero iff the diffusion limit has detailed balance; 0 for α = 1."""
        if self.alpha == 1:
            return 0.0                  # the integrand is U' times a constant, and U is single-valued
        f, q = self._fourier, np.arange(_AFFINITY_POINTS) * self.period / _AFFINITY_POINTS
        covariance = f.at(f.covariance, q)
        g = (covariance / self.reference_covariance) ** self.alpha
        mean = np.mean(g * f.at(f.gradient, q) / covariance)
        return float(-2 * self.batch_size / self.learning_rate * self.period * mean)

    def statistics(self, grid: Grid) -> LearnerStatistics:
        """Exact U, U', C, κ₃, g at the points of a ring grid (1-D, periodic, one period long)."""
        self.check_grid(grid)
        return self.statistics_at(grid.axes[0])

    def statistics_at(self, q: np.ndarray) -> LearnerStatistics:
        """The same at any points q (n,)."""
        gradient, covariance, third = moments(self.per_sample_gradient, self.n_samples, q)
        loss = self.loss_at(q)
        metric = (covariance / self.reference_covariance) ** self.alpha
        return LearnerStatistics(q, loss, gradient, covariance, third, metric)

    def loss_at(self, q: np.ndarray) -> np.ndarray:
        """U at any points q (n,), from its trigonometric interpolant."""
        return self._fourier.at(self._fourier.loss, q)

    def covariance_slope_at(self, q: np.ndarray) -> np.ndarray:
        """C'(q) at any points q (n,), from the trigonometric interpolant of C."""
        return self._fourier.at(self._fourier.covariance, q, derivative=True)

    def step_functions(self, q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """η/(B g) and the Itô correction v at points q (n,); v = (η²/2B)(1 − 3α/2) C'/g², or 0 without the correction."""
        f = self._fourier
        covariance = f.at(f.covariance, q)
        g = (covariance / self.reference_covariance) ** self.alpha
        scale = self.learning_rate / (self.batch_size * g)
        if not self.ito_correction:
            return scale, np.zeros_like(scale)
        slope = f.at(f.covariance, q, derivative=True)
        return scale, self.learning_rate**2 / (2 * self.batch_size) * (1 - 1.5 * self.alpha) * slope / g**2

    def check_grid(self, grid: Grid) -> None:
        """A grid for this learner is 1-D, periodic without twist, and one period long."""
        plain = grid.ndim == 1 and grid.boundary == ("periodic",) and grid.twist == (0.0,)
        if not plain or not np.isclose(grid.lengths[0], self.period, rtol=1e-12, atol=0):
            checks.fail("grid", f"must be one periodic axis of length {self.period:.12g} without twist", repr(grid),
                        f"Use ql.Grid(129, [(0, {self.period:.12g})]).")

    def all_gradients(self, q: np.ndarray) -> np.ndarray:
        """h_i(q) of every sample i at points q (n,), shape (n, n_samples)."""
        return per_sample_gradients(self.per_sample_gradient, self.n_samples, q)

    # --- the later steps of the flow ----------------------------------------------------------------------------

    def system(self) -> Any:
        """Return the LearningSystem of the diffusion limit: static loss U(q), metric g(q), γ = η, T = ηC₀/2B.

        U and g are the trigonometric interpolants of the exact averages (modes below 1e-13 of the largest are left out).
        Only for α = 1 with the Itô correction: else the limit has no single T, or another loss.
        """
        if not self.ito_correction:
            raise RegimeError("ito_correction must be on for the covariant diffusion limit; without it the α = 1 learner "
                              "follows U − (T/2) ln g in the proper length. Use with_(ito_correction=True).")
        from qlearn.systems.base import LearningSystem

        f = self._fourier
        return LearningSystem("q", loss=f.expression(f.loss), metric=[[f.expression(f.covariance / self.reference_covariance)]],
                              learning_rate=self.learning_rate, temperature=self.temperature, periods=[self.period])

    def transfer_operator(self, grid: Grid) -> Any:
        """The exact one-step operator of this learner (nothing sampled): see TransferOperator."""
        from qlearn.ensembles.transfer_operator import transfer_operator

        return transfer_operator(self, grid)

    def fokker_planck(self, grid: Grid) -> Any:
        """The Itô generator of the diffusion limit, per step: see FokkerPlanck."""
        from qlearn.ensembles.fokker_planck import fokker_planck

        return fokker_planck(self, grid)

    def replicas(self, start: Any, steps: Any, *, replicas: int, seed: int, executor: Any = None,
                 progress: Any = None) -> Any:
        """Run independent replicas of this learner and record them after the given numbers of steps: see replicas."""
        from qlearn.ensembles.replicas import replicas as run

        return run(self, start, steps, replicas=replicas, seed=seed, executor=executor, progress=progress)


def _one_period(periods: Sequence[float | None]) -> float:
    if isinstance(periods, (int, float)) or len(periods) != 1 or periods[0] is None:
        raise UnsupportedError(f"periods must be one number, [L]: one variable on a ring so far; given {periods!r}. "
                               "For a line or several variables use ql.simulate(system, …, kind='static').")
    return checks.real("periods[0]", periods[0], above=0)
