"""MinibatchLearner: a real learner whose noise is the sampling of its minibatches (THEORY.md 6).

One step of the learner, with a fresh minibatch of B samples drawn with replacement:

    q ← q − η g⁻¹(q) h_B(q) + v(q),      h_B = (1/B) Σ_b h_{i_b}(q),      g = (C/C₀)^α

h_i the per-sample gradient, C_μν(q) = Cov_i[h_i] the per-sample covariance (a matrix; its power is the matrix power), C₀ the
reference covariance, a number.  v is the Itô correction: discrete updates are Itô steps, and v^μ = (1/√g) ∂_ν(√g D^{μν}),
D = η²g⁻¹Cg⁻¹/2B, makes the noise covariant.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import Any, final

import numpy as np

from qlearn import checks
from qlearn.errors import RegimeError, UnsupportedError
from qlearn.grids import Grid
from qlearn.systems.minibatch.averages import Gradient, Loss, moments, per_sample_gradients
from qlearn.systems.minibatch.diffusion_limit import Affinity, DiffusionLimit, affinity_of, cycle_affinity_of
from qlearn.systems.minibatch.domain import (
    check_gradient,
    check_grid,
    fields_of,
    fields_on,
    mean_covariance,
    read_periods,
    rows_of,
)
from qlearn.systems.minibatch.matrix_power import power
from qlearn.systems.minibatch.quasi_potential import QuasiPotential, quasi_potential
from qlearn.systems.minibatch.statistics import LearnerStatistics
from qlearn.systems.minibatch.torus_fields import TorusFields, check_covariance

__all__ = ["MinibatchLearner"]


@final
class MinibatchLearner:
    """A learner with one or two variables on rings, lines or both, the exact metric g = (C/C₀)^α and minibatch noise.

    Parameters
    ----------
    per_sample_gradient : callable (q (r, d), index (r, b)) -> (r, b, d)
        Gradient ∂_μ of the loss of sample ``index`` at ``q``; it must be periodic along rings and treat every row of q alike.
    n_samples : int
        Number of samples N; minibatches are drawn from 0 … N−1 with replacement.
    periods : sequence of one or two entries
        The circumference in q of each axis, None for a line.
    learning_rate, batch_size : η > 0 and B ≥ 1
    alpha : float
        The regime: 0 equilibration, 1/2 efficient learning, 1 quantum.
    ito_correction : bool
        Whether each step adds v(q); without it the α = 1 learner with one variable equilibrates to g e^{−U/T}, not √g e^{−U/T}
        (densities in q), and the one with two has no detailed balance in general.
    loss : callable (q (r, d)) -> (r,), optional
        Mean loss U; integrated from the mean gradient if not given.  It must agree with the gradient.
    reference_covariance : float
        C₀; default the mean of tr C/d over a ring or torus.  Along a line there is no mean: it must be given.

    Raises
    ------
    ArgumentError
        Gradients of wrong shape, not finite or not periodic; a mean gradient with a curl; a loss that disagrees with it.
    RegimeError
        A covariance that is singular somewhere (g has no inverse there); ``temperature`` and ``hbar`` for α ≠ 1.
    UnsupportedError
        More than two variables.

    Notes
    -----
    Time counts steps, so γ = η; for α = 1: T = ηC₀/2B, D = ηT, ħ = 2T = ηC₀/B, m = 1/η (C₀ per sample).

    The metric here is a function of q, the exact average over all samples.  A metric estimated from the minibatch of the step, a
    running mean of squared gradients (Adam, RMSProp), or epochs without replacement are other learners with other laws (KS
    distances of 0.02 to 0.5, THEORY.md 6): nothing that is said here holds for them.

    On a ring or torus C is known between its points by a trigonometric interpolant, and so are its slopes, which v needs.  Along
    a line every value is a sum over all samples, and slopes are differences whose error is measured (RegimeError above 1e-6).

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

    A regression with two weights on the plane, h_i = (w·x_i − y_i) x_i:

    >>> x, y = rng.standard_normal((300, 2)), rng.standard_normal(300)
    >>> def gradient(w, index):
    ...     error = np.einsum("rj,rbj->rb", w, x[index]) - y[index]
    ...     return error[..., None] * x[index]
    >>> plane = ql.MinibatchLearner(gradient, 300, periods=[None, None], learning_rate=0.01, batch_size=4,
    ...                             reference_covariance=1.0)
    >>> plane.replicas([0.1, 0.0], [0, 10], replicas=100, seed=0).positions.shape
    (2, 100, 2)
    """

    def __init__(self, per_sample_gradient: Gradient, n_samples: int, *, periods: Sequence[float | None],
                 learning_rate: float, batch_size: int, alpha: float = 1.0, ito_correction: bool = True,
                 loss: Loss | None = None, reference_covariance: float | None = None):
        if not callable(per_sample_gradient):
            checks.fail("per_sample_gradient", "must be a callable (q (r, d), index (r, b)) -> (r, b, d)",
                        per_sample_gradient)
        self.per_sample_gradient = per_sample_gradient
        self.n_samples = checks.integer("n_samples", n_samples, least=2)
        self.periods = read_periods(periods)
        self.learning_rate = checks.real("learning_rate", learning_rate, above=0)
        self.batch_size = checks.integer("batch_size", batch_size, least=1)
        self.alpha = checks.real("alpha", alpha)
        self.ito_correction = bool(ito_correction)
        self.loss = loss
        if reference_covariance is not None:
            reference_covariance = checks.real("reference_covariance", reference_covariance, above=0)
        elif None in self.periods:
            checks.fail("reference_covariance", "must be given where an axis is a line: C has no mean there", "none",
                        "It is a scale: the per-sample variance of the gradient near the minimum, say.")
        check_gradient(per_sample_gradient, self.n_samples, self.periods)
        self._fields = fields_of(per_sample_gradient, self.n_samples, self.periods, loss)
        self.reference_covariance = reference_covariance or mean_covariance(self._fields)
        self._limit = DiffusionLimit(self._fields, self.learning_rate, self.batch_size, self.alpha, self.ito_correction,
                                     self.reference_covariance)

    @classmethod
    def ring_neuron(cls, x: Any, y: Any, *, learning_rate: float, batch_size: int, alpha: float = 1.0,
                    ito_correction: bool = True) -> "MinibatchLearner":
        """Unit-norm linear neuron f = x·(cos q, sin q) with the loss (f − y)²/2; x (n, 2), y (n,)."""
        from qlearn.systems.catalogue import RingModel

        model = RingModel(x, y, model="ring_neuron", loss="squared")
        return cls(model.gradient, model.n_samples, periods=[model.period], learning_rate=learning_rate,
                   batch_size=batch_size, alpha=alpha, ito_correction=ito_correction, loss=model.mean_loss)

    @classmethod
    def torus_network(cls, x: Any, y: Any, *, model: str = "two_neurons", learning_rate: float, batch_size: int,
                      alpha: float = 1.0, ito_correction: bool = True) -> "MinibatchLearner":
        """A network with two angles and the loss (f − y)²/2, see TorusModel: "two_neurons" x (n, 4), "two_layers" x (n, 2)."""
        from qlearn.systems.catalogue import TorusModel

        network = TorusModel(x, y, model=model)
        return cls(network.gradient, network.n_samples, periods=network.periods, learning_rate=learning_rate,
                   batch_size=batch_size, alpha=alpha, ito_correction=ito_correction, loss=network.mean_loss)

    def with_(self, **changes: Any) -> "MinibatchLearner":
        """Return the same learner with other settings; C₀ stays what it is here unless it is given."""
        settings = dict(learning_rate=self.learning_rate, batch_size=self.batch_size, alpha=self.alpha,
                        ito_correction=self.ito_correction, loss=self.loss,
                        reference_covariance=self.reference_covariance)
        unknown = sorted(set(changes) - set(settings))
        if unknown:
            checks.fail("with_", "changes only " + ", ".join(settings), ", ".join(unknown))
        return MinibatchLearner(self.per_sample_gradient, self.n_samples, periods=self.periods, **(settings | changes))

    # --- numbers ------------------------------------------------------------------------------------------------

    @property
    def dimension(self) -> int:
        """How many variables there are, d."""
        return len(self.periods)

    @property
    def period(self) -> float:
        """The circumference of the one ring; several variables and lines have ``periods``."""
        if len(self.periods) != 1 or self.periods[0] is None:
            raise UnsupportedError(f"period is that of one ring; this learner has periods {self.periods}. Use .periods.")
        return self.periods[0]

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

    @cached_property
    def cycle_affinity(self) -> float:
        """How far the diffusion limit is from detailed balance, 0 with it.

        One variable: ∮ (drift/diffusion) dq = −(2B/η) ∮ g U'/C dq, 0 for α = 1 and on a line.  On a torus the largest circulation
        of a_μ, see ``affinity``: 0 for α = 1 with the Itô correction.
        """
        if self.alpha == 1 and (self.ito_correction or self.dimension == 1):
            return 0.0                  # a is −∂U times a constant plus a gradient; U is single-valued
        return cycle_affinity_of(self._limit, self.periods)

    def affinity(self, grid: Grid) -> Affinity:
        """Circulations of a_μ = (D⁻¹)_{μν}(b^ν − ∂_σD^{νσ}) over a grid, b the whole Itô drift; 0 iff detailed balance holds."""
        self.check_grid(grid)
        return affinity_of(self._limit, self.periods, grid.mesh, grid.lengths, grid.cell_volume)

    def statistics(self, grid: Grid) -> LearnerStatistics:
        """Exact U, ∂U, C, κ₃, g at the points of a grid; a ring axis is periodic and one period long."""
        self.check_grid(grid)
        return self.statistics_at(grid.axes[0] if self.dimension == 1 else grid.points)

    def statistics_at(self, q: np.ndarray) -> LearnerStatistics:
        """The same at any points q: (n,) for one variable, else (d, *shape)."""
        rows, shape = rows_of(self.dimension, q)
        gradient, covariance, third = moments(self.per_sample_gradient, self.n_samples, rows)
        check_covariance(gradient, covariance, rows)
        metric = power(covariance / self.reference_covariance, self.alpha)
        assert third is not None
        fields = (fields_on(f, shape) for f in (gradient, covariance, third, metric))
        return LearnerStatistics(q, self._fields.loss_at(rows).reshape(shape), *fields)

    def loss_at(self, q: np.ndarray) -> np.ndarray:
        """U at any points q, (n,) or (d, *shape)."""
        rows, shape = rows_of(self.dimension, q)
        return self._fields.loss_at(rows).reshape(shape)

    def step_functions(self, q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """η/B g⁻¹ and the Itô correction v at points q, v = 0 without the correction.

        One variable: q (n,), both (n,), v = (η²/2B)(1 − 3α/2) C'/g².  Else q (d, *shape), (d, d, *shape) and (d, *shape).
        """
        rows, shape = rows_of(self.dimension, q)
        matrix, v = self._limit.step(rows)
        return fields_on(matrix, shape), fields_on(v, shape)

    @property
    def diffusion_limit(self) -> DiffusionLimit:
        """Itô drift, diffusion and score of the diffusion limit at points q (n, d), per step."""
        return self._limit

    def check_grid(self, grid: Grid) -> None:
        """A grid for this learner has one axis a variable; those of rings are periodic, without twist, one period long."""
        check_grid(self.periods, grid)

    def check_torus_grid(self, grid: Grid) -> None:
        """The same, for what is offered on rings and tori only."""
        if None in self.periods:
            raise UnsupportedError("the one-step operator and the generator are offered on rings and tori; this learner has the "
                                   f"periods {self.periods}. Use learner.replicas, or ql.relaxation(learner, k, grid=…) for the "
                                   "diffusion limit on one line.")
        self.check_grid(grid)

    def all_gradients(self, q: np.ndarray) -> np.ndarray:
        """h_i(q) of every sample i: (n, n_samples) at points q (n,); with several variables q (n, d), (n, n_samples, d)."""
        h = per_sample_gradients(self.per_sample_gradient, self.n_samples, q[:, None] if self.dimension == 1 else q)
        return h[..., 0] if self.dimension == 1 else h

    # --- the later steps of the flow ----------------------------------------------------------------------------

    def system(self) -> Any:
        """Return the LearningSystem of the diffusion limit: static loss U(q), metric g_μν(q), γ = η, T = ηC₀/2B.

        U and g are the trigonometric interpolants of the exact averages (modes below 1e-13 of the largest are left out), in the
        coordinate q, or q1 and q2.  Only for α = 1 with the Itô correction (else the limit has no single T, or another loss).
        With two variables they have thousands of terms, and ``derive`` takes seconds; ``ql.relaxation`` needs no formulas.
        """
        if not self.ito_correction:
            raise RegimeError("ito_correction must be on for the covariant diffusion limit; without it the α = 1 learner "
                              "follows U − (T/2) ln g in the proper length. Use with_(ito_correction=True).")
        temperature, f = self.temperature, self._fields
        if not isinstance(f, TorusFields):
            raise UnsupportedError("a learner on a line has no formulas for U and g, only data. Use ql.relaxation(learner, k, "
                                   "grid=…), or a LearningSystem with formulas of your own.")
        from qlearn.systems.base import LearningSystem

        names = ("q",) if self.dimension == 1 else ("q1", "q2")
        loss = f.expression(f.loss, names)
        metric = [[f.expression(entry / self.reference_covariance, names) for entry in row] for row in f.covariance]
        return LearningSystem(list(names), loss=loss, metric=metric, learning_rate=self.learning_rate, temperature=temperature,
                              periods=list(self.periods))

    def quasi_potential(self, grid: Grid) -> QuasiPotential:
        """p(q) of E[e^{p(q' − q)}] = 1 for one variable, its escapes, and the tunnelling rate over the diffusion's."""
        return quasi_potential(self, grid)

    def transfer_operator(self, grid: Grid) -> Any:
        """The exact one-step operator of this learner (nothing sampled): see TransferOperator."""
        from qlearn.ensembles.minibatch.transfer_operator import transfer_operator

        return transfer_operator(self, grid)

    def fokker_planck(self, grid: Grid) -> Any:
        """The Itô generator of the diffusion limit, per step: see FokkerPlanck."""
        from qlearn.ensembles.minibatch.fokker_planck import fokker_planck

        return fokker_planck(self, grid)

    def replicas(self, start: Any, steps: Any, *, replicas: int, seed: int, executor: Any = None,
                 progress: Any = None, store: Grid | None = None) -> Any:
        """Run independent replicas of this learner and record them after the given numbers of steps: see replicas."""
        from qlearn.ensembles.minibatch.replicas import replicas as run

        return run(self, start, steps, replicas=replicas, seed=seed, executor=executor, progress=progress, store=store)
