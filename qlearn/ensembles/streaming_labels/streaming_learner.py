"""StreamingLearner: a real learner on a ring whose stream of labels makes its law follow a given ψ (guided)."""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from functools import cached_property, partial
from typing import Any, final

import numpy as np

from qlearn import checks
from qlearn.densities import GridDensity
from qlearn.ensembles.blocks import record_steps, run_blocks
from qlearn.ensembles.ensemble import Ensemble
from qlearn.ensembles.streaming_labels.labels import (
    LARGEST,
    POINTS,
    WINDING_SLOPE,
    LabelSeries,
    feature_slope,
    force_series,
    label_series,
    second_moment,
)
from qlearn.ensembles.streaming_labels.ring_chart import RingChart
from qlearn.ensembles.streaming_labels.streaming_field import begin_of, check_result, mass_of
from qlearn.ensembles.streaming_labels.streaming_law import exact_laws
from qlearn.ensembles.streaming_labels.streaming_run import run_block, starting_points
from qlearn.errors import RegimeError, UnsupportedError
from qlearn.grids import Grid
from qlearn.kernels.label_steps import EXAMPLES, RingTables
from qlearn.results import Result

__all__ = ["StreamingLearner"]


@final
class StreamingLearner:
    """A learner of one variable on a ring that follows the real-time equation (7), guided by F(q, t) through its labels.

    Data are pairs (θ, σ): θ uniform on the ring (4096 points, equally far in the proper length), σ = ±1 with
    P(σ = 1) = (1 + m(θ, t))/2.  The loss of a pair is ℓ = −Aσ[K(x − θ) + c(x − θ)], K(x) = exp(4(cos x − 1)), x = 2πs(q)/S;
    c = 0 where F does not wind.  The labels are such that the mean loss is −F(q, t), F = φ + T ln ρ of the field.  One step
    with a fresh minibatch of B pairs:

        q ← q − (η/g^α) h_B(q) + v(q),      v = (η²C₀/2B)(1 − 3α/2) g'/g^{2α} with the Itô correction, else 0

    The second moment of the gradient is C₀g(q), C₀ = A²(⟨K'²⟩ + c²)(2π/S)², whatever q and m; so g = κ/κ₀ is the metric of
    α = 1, with T = ηC₀/2B, D = ηT, **ħ = 2T = ηC₀/B**, and one step lasts η·m of the field's time, m the field's mass.

    Guided: F is read from ψ.  It shows that a learner of a real data stream, with a loss, labels and minibatches, follows (7);
    it is no evidence independent of ψ.  The law is right to O(η) at fixed ħ: the noise of single examples is not Gaussian, the
    labels stand still during a step, and the covariance falls short of the second moment by F'².

    Parameters
    ----------
    field : Result, GridField, or callable (t, q) -> (psi (n,), grad_psi (1, n)) with the scalar ψ; its ħ must be the
        learner's (checked where it is a Result)
    period : L of the ring in q
    learning_rate, amplitude : η > 0 and A > 0
    winding : of F, n + θ of ψ at all times.  Not 0: the loss is multivalued, c = √⟨K'²⟩
    alpha, ito_correction : only α = 1 with the correction follows (7) on a curved ring; the others are controls
    metric : g(q), callable (n,) -> (n,) or (1, 1, n), of period L; None is flat
    batch_size : B ≥ 1        mass, begin : of the field, and its time at step 0, where it is a callable (1 and 0)
    modes : Fourier modes of F kept, ≤ 40; None: the fewest that leave at most 0.02 ħ (rms under |ψ|²) out of dF/dx

    Raises
    ------
    ArgumentError for bad arguments, and where the field's ħ, metric or period are not the learner's; RegimeError for ħ at
    α ≠ 1 on a curved ring, and, before the first step, where |m| > 1 (naming the amplitude needed), at a node, and where
    ψ has another winding.  UnsupportedError for fields with losses or a vector potential.

    Examples
    --------
    >>> import qlearn as ql
    >>> grid = ql.Grid(32, (0, 2 * np.pi))
    >>> ring = ql.exact.RingPacket(ql.exact.GaussianPacket(center=3.0, width=0.8), 2 * np.pi)
    >>> psi0 = ring.state(grid.axes[0], 0.0)
    >>> psi0 /= np.linalg.norm(psi0) * grid.cell_volume**0.5
    >>> field = ql.sesolve(ring.hamiltonian(grid), psi0, np.linspace(0, 1, 21))
    >>> learner = ql.StreamingLearner.following(field, learning_rate=0.01)
    >>> round(learner.hbar, 12), round(learner.time_step, 12)
    (1.0, 0.01)
    >>> ensemble = learner.replicas(None, [0, 100], replicas=4000, seed=0)
    >>> ql.compare(field, ensemble, tests=("kuiper",)).verdict.passed
    True
    """

    def __init__(self, field: Any, *, period: float, learning_rate: float, amplitude: float, winding: float = 0,
                 alpha: float = 1.0, metric: Callable[[np.ndarray], Any] | None = None, ito_correction: bool = True,
                 batch_size: int = 1, mass: float | None = None, begin: float | None = None, modes: int | None = None):
        self.chart = RingChart(period, metric)
        self.learning_rate = checks.real("learning_rate", learning_rate, above=0)
        self.amplitude = checks.real("amplitude", amplitude, above=0)
        self.winding = checks.real("winding", winding)
        self.alpha = checks.real("alpha", alpha)
        self.ito_correction = bool(ito_correction)
        self.batch_size = checks.integer("batch_size", batch_size, least=1)
        self.modes = None if modes is None else checks.integer("modes", modes, least=0, most=LARGEST)
        self.mass, self.begin = mass_of(field, mass), begin_of(field, begin)
        self.start: Any = None
        self._kept: LabelSeries | None = None
        if isinstance(field, Result):
            check_result(field, self.chart, self._quantum, self.amplitude)
            self.start, field = field.density(0 if field.times[-1] > field.times[0] else -1), field.field()
        elif not callable(field):
            checks.fail("field", "must be a Result, a GridField or a callable (t, q) -> (psi, grad_psi)", type(field).__name__)
        self.field = field

    @classmethod
    def following(cls, field: Result, *, learning_rate: float, batch_size: int = 1, winding: float = 0,
                  **settings: Any) -> "StreamingLearner":
        """The learner of a Result with the amplitude that gives it the field's ħ: A = (S/2π)√(ħB/(η(⟨K'²⟩ + c²)))."""
        if not isinstance(field, Result):
            checks.fail("field", "must be a Result for StreamingLearner.following", type(field).__name__,
                        "Else StreamingLearner(field, amplitude=…).")
        grid, eta = field.hamiltonian.grid, checks.real("learning_rate", learning_rate, above=0)
        batch = checks.integer("batch_size", batch_size, least=1)
        chart = RingChart(float(grid.lengths[0]), settings.get("metric"))
        amplitude = chart.length / (2 * np.pi) * np.sqrt(field.hamiltonian.hbar * batch / (eta * second_moment(winding)))
        return cls(field, period=chart.period, learning_rate=eta, amplitude=float(amplitude), winding=winding, batch_size=batch,
                   **settings)

    # --- numbers ------------------------------------------------------------------------------------------------

    @property
    def reference_covariance(self) -> float:
        """C₀: the second moment of the gradient of one pair is C₀g(q)."""
        return self.amplitude**2 * second_moment(self.winding) * (2 * np.pi / self.chart.length)**2

    @property
    def temperature(self) -> float:
        """T = ηC₀/2B; on a curved ring for α = 1 only."""
        if self.alpha != 1 and self.chart.metric is not None:
            raise RegimeError(f"alpha must be 1 for one temperature and one ħ on a curved ring; given alpha = {self.alpha:g}, "
                              "whose noise is not isotropic in its metric g^α. Take alpha=1, or a flat ring.")
        return 0.5 * self._quantum

    @property
    def hbar(self) -> float:
        """ħ = 2T = ηC₀/B; on a curved ring for α = 1 only."""
        return 2 * self.temperature

    @property
    def time_step(self) -> float:
        """The field's time that one step lasts: η·m."""
        return self.learning_rate * self.mass

    def steps(self, tlist: Any) -> np.ndarray:
        """Step counts after which the field's time is tlist (n,). Raises ArgumentError where one is not whole to 1e-6."""
        counts = (checks.finite_array("tlist", tlist, shape=(None,)) - self.begin) / self.time_step
        whole = np.rint(counts).astype(np.int64)
        if np.any(np.abs(counts - whole) > 1e-6):
            wrong = int(np.argmax(np.abs(counts - whole)))
            checks.fail("tlist", f"must be {self.begin:g} plus whole multiples of the step {self.time_step:g}",
                        f"{np.asarray(tlist)[wrong]:g}")
        return whole

    # --- the data -----------------------------------------------------------------------------------------------

    def examples(self, t: float, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """n pairs of the stream at the field's time t: θ (n,) in [0, 2π), σ (n,) = ±1."""
        chance = self._labels(np.array([checks.real("t", t)])).chance(0)
        index = rng.integers(0, EXAMPLES, checks.integer("n", n, least=1))
        return 2 * np.pi / EXAMPLES * index, np.where(rng.random(n) < chance[index], 1, -1)

    def per_sample_gradient(self, q: Any, theta: Any, label: Any) -> np.ndarray:
        """dℓ/dq = −Aσ(K'(x − θ) + c)·2π√g/S, for arrays that broadcast."""
        q = np.asarray(q, dtype=float)
        slope = feature_slope(self.chart.angle(q) - theta) + (WINDING_SLOPE if self.winding else 0.0)
        return -self.amplitude * np.asarray(label) * slope / self.chart.per_angle(q)

    def replicas(self, start: Any, steps: Sequence[int], *, replicas: int, seed: int, executor: Executor | None = None,
                 progress: Callable[[int], None] | None = None) -> Ensemble:
        """Run independent replicas, each with its own stream of labels, and record them after the given numbers of steps.

        Parameters
        ----------
        start : None (drawn from the first |ψ|² of a Result), GridDensity, one number, or an array (replicas,) or (replicas, 1)
        steps : increasing step counts ≥ 0, see ``steps``
        replicas, seed : the same numbers come out for any executor and any number of workers
        executor, progress : as in MinibatchLearner.replicas

        Returns
        -------
        Ensemble with .times in the field's time, .positions unwrapped, and in .stats "kind" ("guided"), "modes", "truncation"
        (rms of what is left out of dF/dx under |ψ|², units of ħ), "largest_label_bias" max|m|, "least_density" ρ/max ρ.
        """
        count = checks.integer("replicas", replicas, least=1)
        record = record_steps(steps)
        if start is None and self.start is None:
            checks.fail("start", "must be given where field is not a Result", "None")
        labels = self._series(max(int(record[-1]), 1))
        begin = starting_points(self.start if start is None else start, count)
        block = partial(run_block, labels, self._tables, self.batch_size, begin, record)
        blocks = run_blocks(block, count, seed, executor=executor, progress=progress)
        found = labels.truncation
        stats = {"kind": "guided", "learner": "streaming", "seed": seed, "replicas": count, "steps": int(record[-1]),
                 "learning_rate": self.learning_rate, "alpha": self.alpha, "ito_correction": self.ito_correction,
                 "modes": found.modes, "truncation": found.residual, "largest_label_bias": found.largest,
                 "least_density": found.least_density}
        return Ensemble(times=self.begin + self.time_step * record, positions=np.concatenate(blocks, axis=1)[..., None],
                        periods=(self.chart.period,), stats=stats)

    def law(self, grid: Grid, steps: Sequence[int], *, start: GridDensity | None = None) -> list[GridDensity]:
        """The exact law of the replicas after the given numbers of steps, nothing sampled; flat rings only.

        grid : periodic, one period, with as many points as the law needs (64 for a packet half a radian wide)
        start : a density; default the first |ψ|² of a Result.  Replicas against it test code and statistics; it against |ψ|²
        measures the diffusion limit.  Raises UnsupportedError on a curved ring.
        """
        if self.chart.metric is not None:
            raise UnsupportedError("the exact law of a streaming learner is offered on flat rings only; compare its replicas "
                                   "with |ψ|².")
        if grid.boundary != ("periodic",) or any(grid.twist) or not np.isclose(grid.lengths[0], self.chart.period, rtol=1e-12):
            checks.fail("grid", f"must be one periodic axis of length {self.chart.period:.12g} without twist", repr(grid))
        start, record = self.start if start is None else start, record_steps(steps)
        if not isinstance(start, GridDensity):
            checks.fail("start", "must be a GridDensity", type(start).__name__)
        turn = self._tables.gain * self._tables.force[:-1] * 2 * np.pi / self.chart.period
        return exact_laws(self._series(max(int(record[-1]), 1)), turn, self.batch_size, start, record, grid)

    # --- inside -------------------------------------------------------------------------------------------------

    @property
    def _quantum(self) -> float:
        """ηC₀/B: ħ where there is one; for the controls too, F being that of α = 1."""
        return self.learning_rate * self.reference_covariance / self.batch_size

    def _series(self, steps: int) -> LabelSeries:
        """The labels of a run of this many steps; those of the last run are kept."""
        if self._kept is None or len(self._kept.coefficients) != steps:
            self._kept = self._labels(self.begin + self.time_step * np.arange(steps))
        return self._kept

    def _labels(self, times: np.ndarray) -> LabelSeries:
        """The labels at these times; refused where a probability would leave [0, 1]."""
        q = self.chart.coordinate(2 * np.pi * np.arange(POINTS) / POINTS)
        force, weight = force_series(self.field, times, q, self.chart.per_angle(q))
        labels = label_series(force, weight, times, scale=self._quantum / self.amplitude, winding=self.winding, modes=self.modes)
        found = labels.truncation
        if found.largest > 1:
            raise RegimeError(
                f"amplitude must be {self.amplitude * found.largest:.4g} or more for |m| ≤ 1: P(σ = 1) = (1 + m)/2, and with "
                f"amplitude {self.amplitude:g} max|m| = {found.largest:.4g} at t = {found.at:g} ({found.modes} Fourier modes, "
                f"least ρ/max ρ {found.least_density:.1g}). At the same ħ = ηC₀/B that is a learning rate of at most "
                f"{self.learning_rate / found.largest**2:.4g}; near a node fewer modes= help, at the price of the truncation.")
        return labels

    @cached_property
    def _tables(self) -> RingTables:
        chart, eta = self.chart, self.learning_rate
        lattice = 2 * np.pi * np.arange(EXAMPLES + 1) / EXAMPLES
        force = feature_slope(lattice) + (WINDING_SLOPE if self.winding else 0.0)
        turns, strength = EXAMPLES / chart.period, eta / self.batch_size * self.amplitude * 2 * np.pi / chart.length
        if chart.metric is None:
            return RingTables(force, turns, strength, 0.0, np.empty((0, 6)))
        root = chart.root(chart.points)
        gain = strength * root ** (1 - 2 * self.alpha)
        shift = np.zeros_like(root)
        if self.ito_correction:
            shift = 0.5 * eta * self._quantum * (1 - 1.5 * self.alpha) * chart.metric_slope / root ** (4 * self.alpha)
        columns = [EXAMPLES / (2 * np.pi) * chart.wave, gain, shift]
        rows = np.stack([part for column in columns for part in (column, np.roll(column, -1) - column)], axis=1)
        return RingTables(force, turns, 0.0, 0.0, rows)
