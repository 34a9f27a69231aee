"""MinibatchLearner: a real learner whose noise is the sampling of its minibatches (THEORY.md 6).

One step of the learner, with a fresh minibatch of B samples drawn with replacement:

    q ← q − (η/g(q)) h_B(q) + v(q),      h_B = (1/B) Σ_b h_{i_b}(q),      g = (C/C₀)^α

h_i the per-sample gradient, C(q) = Cov_i[h_i] the per-sample covariance, C₀ the reference covariance.  v is the Itô
correction: discrete updates are Itô steps, and v = (1/√g) ∂_q(√g D), D = η²C/(2Bg²), makes the noise covariant.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from qlearn import checks
from qlearn.errors import ArgumentError, RegimeError, UnsupportedError
from qlearn.grids import Grid

__all__ = ["LearnerStatistics", "MinibatchLearner"]

Gradient = Callable[[np.ndarray, np.ndarray], np.ndarray]
_CHUNK = 1 << 21            # per-sample gradients held at once, in numbers
_TAIL = 1e-11               # a function of q is resolved when its highest Fourier modes are below this share


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
                 loss: Callable[[np.ndarray], np.ndarray] | None = None, reference_covariance: float | None = None):
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
        self._fourier = _resolve(self, loss)
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
        f = self._fourier
        g = (f.covariance / self.reference_covariance) ** self.alpha
        return float(-2 * self.batch_size / self.learning_rate * self.period * np.mean(g * f.gradient / f.covariance))

    def statistics(self, grid: Grid) -> LearnerStatistics:
        """Exact U, U', C, κ₃, g at the points of a ring grid (1-D, periodic, one period long)."""
        self.check_grid(grid)
        return self.statistics_at(grid.axes[0])

    def statistics_at(self, q: np.ndarray) -> LearnerStatistics:
        """The same at any points q (n,)."""
        gradient, covariance, third = _moments(self, q)
        if np.any(covariance <= 0):
            raise RegimeError(f"per_sample_gradient must vary over the samples at every q; its covariance vanishes at "
                              f"q = {q[np.argmin(covariance)]:.6g}. Add label noise or more samples.")
        loss = self.loss_at(q)
        metric = (covariance / self.reference_covariance) ** self.alpha
        return LearnerStatistics(q, loss, gradient, covariance, third, metric)

    def loss_at(self, q: np.ndarray) -> np.ndarray:
        """U at any points q (n,), from its trigonometric interpolant."""
        return self._fourier.at(self._fourier.loss, q)

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

    # --- the later steps of the flow ----------------------------------------------------------------------------

    def system(self) -> Any:
        """Return the LearningSystem of the diffusion limit: static loss U(q), metric g(q), γ = η, T = ηC₀/2B.

        U and g are the trigonometric interpolants of the exact averages (modes below 1e-13 of the largest are left out).
        Only for α = 1 with the Itô correction: else the limit has no single T, or another loss.
        """
        from qlearn.systems.base import LearningSystem

        if not self.ito_correction:
            raise RegimeError("ito_correction must be on for the covariant diffusion limit; without it the α = 1 learner "
                              "follows U − (T/2) ln g in the proper length. Use with_(ito_correction=True).")
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


@dataclass(frozen=True, eq=False)
class _RingFunctions:
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

    def expression(self, f: np.ndarray) -> str:
        """The trigonometric interpolant as a text in q, with 17 digits."""
        c = np.fft.rfft(f) / len(f)
        small = 1e-13 * np.max(np.abs(c))
        terms = [repr(float(c[0].real))]
        for n in range(1, len(c)):
            angle = f"{float(2 * np.pi * n / self.period)!r}*q"
            for amplitude, name in ((2 * c[n].real, "cos"), (-2 * c[n].imag, "sin")):
                if abs(amplitude) > small:
                    terms.append(f"({float(amplitude)!r})*{name}({angle})")
        return " + ".join(terms)


def _one_period(periods: Sequence[float | None]) -> float:
    if isinstance(periods, (int, float)) or len(periods) != 1 or periods[0] is None:
        raise UnsupportedError(f"periods must be one number, [L]: learners have one variable on a ring so far; given {periods!r}. "
                               "For a line or several variables use ql.simulate(system, …, kind='static').")
    return checks.real("periods[0]", periods[0], above=0)


def _resolve(learner: MinibatchLearner, loss: Callable[[np.ndarray], np.ndarray] | None) -> _RingFunctions:
    """Double the number of points until C, U' and U show no Fourier tail; check periodicity and the loss."""
    _check_gradient(learner)
    n = 33
    while True:
        q = np.arange(n) * learner.period / n
        gradient, covariance, _ = _moments(learner, q)
        functions = _RingFunctions(learner.period, np.zeros(n), gradient, covariance)
        if max(_tail(covariance, np.max(covariance)), _tail(gradient, np.sqrt(np.max(covariance)))) < _TAIL:
            break
        if n > 2000:
            checks.fail("per_sample_gradient", "must be a smooth function of q, whose mean and covariance 2000 points resolve",
                        "a gradient with kinks, steps or noise", "Use a smooth activation and loss.")
        n = 2 * n - 1
    if np.min(covariance) <= 0:
        raise RegimeError(f"per_sample_gradient must vary over the samples at every q; its covariance vanishes at "
                          f"q = {q[np.argmin(covariance)]:.6g}. Add label noise or more samples.")
    integrated = _integrate(functions)
    if loss is None:
        return _RingFunctions(learner.period, integrated, gradient, covariance)
    given = checks.finite_array("loss(q)", loss(q[:, None]), shape=(n,))
    defect = np.max(np.abs((given - given.mean()) - (integrated - integrated.mean())))
    if defect > 1e-8 * max(np.ptp(integrated), 1e-3 * np.max(np.abs(given))):
        checks.fail("loss", "must have the mean of per_sample_gradient as its derivative",
                    f"a loss that differs by {defect:.3g} from the integral of the mean gradient",
                    "Leave loss out to have it integrated.")
    return _RingFunctions(learner.period, given, gradient, covariance)


def _check_gradient(learner: MinibatchLearner) -> None:
    index = np.arange(min(learner.n_samples, 5))[None, :].repeat(3, axis=0)
    q = np.array([[0.0], [0.3], [0.7]]) * learner.period
    h = checks.finite_array("per_sample_gradient(q, index)", learner.per_sample_gradient(q, index), shape=(*index.shape, 1))
    again = np.asarray(learner.per_sample_gradient(q + learner.period, index))
    if np.max(np.abs(h - again)) > 1e-8 * (np.max(np.abs(h)) + 1e-300):
        checks.fail("per_sample_gradient", f"must be periodic in q with the period {learner.period:.12g}",
                    f"a difference of {np.max(np.abs(h - again)):.3g} one period on")


def _moments(learner: MinibatchLearner, q: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean, variance and third cumulant over all samples at each q (n,), a few rows at a time."""
    rows = max(1, _CHUNK // learner.n_samples)
    result = np.empty((3, len(q)))
    for a in range(0, len(q), rows):
        part = per_sample_gradients(learner, q[a:a + rows])
        mean = part.mean(axis=1)
        part -= mean[:, None]
        result[:, a:a + rows] = mean, np.mean(part**2, axis=1), np.mean(part**3, axis=1)
    return result[0], result[1], result[2]


def per_sample_gradients(learner: MinibatchLearner, q: np.ndarray) -> np.ndarray:
    """h_i(q) of every sample i, shape (len(q), n_samples)."""
    index = np.broadcast_to(np.arange(learner.n_samples), (len(q), learner.n_samples))
    h = np.array(learner.per_sample_gradient(q[:, None], index)[..., 0], dtype=float)
    if not np.all(np.isfinite(h)):
        raise ArgumentError(f"per_sample_gradient must be finite everywhere; given {int(np.sum(~np.isfinite(h)))} NaN or infinite "
                            f"values. Look at sample {int(np.argmax(np.any(~np.isfinite(h), axis=0)))} of the data.")
    return h


def _tail(f: np.ndarray, scale: float) -> float:
    """Largest of the highest quarter of the Fourier modes, as a share of scale."""
    c = np.abs(np.fft.rfft(f)) / len(f)
    return float(np.max(c[-max(2, len(c) // 4):]) / max(scale, 1e-300))


def _integrate(f: _RingFunctions) -> np.ndarray:
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

