"""Claims on the Schrödinger equation of the same ring: two solvers, QuTiP, guided learners, and a winding state.

The ring has the proper length L = ∮√g dq, ħ = 2T and m = 1/γ are the learner's, V comes from the file.  Times are in units
of τ = (L/2π)²/(γT).  The learners here are guided: their drift is read from the solved ψ.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from qlearn.compare import compare, kuiper_power
from qlearn.config import VerifyConfig
from qlearn.densities import GridDensity
from qlearn.ensembles import simulate
from qlearn.ensembles.ensemble import Ensemble
from qlearn.errors import ConfigError, MissingExtraError, RegimeError
from qlearn.fields import DriftScaled
from qlearn.grids import Grid
from qlearn.hamiltonian import Hamiltonian
from qlearn.inference.circulation import Circulation, circulation
from qlearn.interop import compare_qutip
from qlearn.methods import RKN6, Chebyshev
from qlearn.phase import winding
from qlearn.results import Result
from qlearn.sesolve import sesolve
from qlearn.states import gaussian, plane_wave
from qlearn.systems.base import LearningSystem
from qlearn.verification.claims import Claim
from qlearn.verification.seeds import part_seed
from qlearn.verification.subject import Subject

__all__ = ["RealTime", "guided_claims", "solver_claims", "winding_claims"]

_POWER_TRIALS = 200
_POWER_MODES = 8
_MEDIAN = 0.6745            # median of |z| under the null
_CIRCULATION_LAG = 5        # learners' time steps between two records of the circulation
_CIRCULATION_RECORDS = 40
_DEEPEST = 200.0            # range of V in units of γT²
_WAVE_TIMES = 121           # times of the carpet figure


@dataclass(frozen=True, eq=False)
class RealTime:
    """The ring of one learner, in its own units."""

    gamma: float
    temperature: float
    length: float           # proper length L
    config: VerifyConfig

    @classmethod
    def of(cls, subject: Subject, config: VerifyConfig) -> "RealTime":
        learner = subject.learner
        length = float(np.mean(np.sqrt(subject.statistics.metric)) * learner.period)
        return cls(learner.learning_rate, learner.temperature, length, config)

    @property
    def hbar(self) -> float:
        return 2 * self.temperature

    @property
    def unit(self) -> float:
        """τ = (L/2π)²/(γT) in steps."""
        return (self.length / (2 * np.pi)) ** 2 / (self.gamma * self.temperature)

    def grid(self, twist: float = 0.0) -> Grid:
        return Grid(self.config.real_time.points, [(0.0, self.length)], twist=twist)

    def hamiltonian(self, grid: Grid) -> Hamiltonian:
        x = 2 * np.pi * grid.axes[0] / self.length
        potential = self.config.potential.evaluate(x=x, L=self.length, gamma=self.gamma, T=self.temperature, hbar=self.hbar)
        return Hamiltonian(grid, np.broadcast_to(potential, grid.shape), mass=1 / self.gamma, hbar=self.hbar)

    def check(self) -> None:
        """Refuse a potential beyond what the grid and the learners' step resolve, before anything is run."""
        scale = self.gamma * self.temperature**2
        with np.errstate(all="ignore"):
            depth = float(np.ptp(self.hamiltonian(self.grid()).potential_table())) / scale
        if not depth <= _DEEPEST:
            raise ConfigError(f"real_time.potential must range over at most {_DEEPEST:g} γT², which the learners' steps resolve; "
                              f"given a range of {depth:.3g} γT². Write it in units of gamma*T**2.")

    @cached_property
    def times(self) -> np.ndarray:
        """Save times in steps, equally spaced, the start included."""
        return np.linspace(0, self.config.real_time.duration, self.config.real_time.save_times + 1) * self.unit

    @cached_property
    def fine_times(self) -> np.ndarray:
        """Times of the field that guides the learners: their own time steps, each save time among them."""
        settings = self.config.real_time
        per_save = int(np.ceil(settings.duration / settings.save_times / settings.step))
        return np.linspace(0, self.times[-1], settings.save_times * per_save + 1)

    def packet(self, grid: Grid) -> np.ndarray:
        """A Gaussian wrapped around the ring, with a whole number of momentum quanta 2πħ/L."""
        settings, radian = self.config.real_time, self.length / (2 * np.pi)
        return gaussian(grid, center=settings.start_centre * radian, width=settings.start_width * radian,
                        momentum=self.hbar * settings.start_momentum / radian, hbar=self.hbar)

    def system(self, temperature: float | None = None) -> LearningSystem:
        """The learner on the ring of proper length, where its noise is constant; V lives in the field."""
        return LearningSystem("s", potential="0", learning_rate=self.gamma, temperature=temperature or self.temperature,
                              periods=[self.length])

    def guided(self, field, times: np.ndarray, seed: int, executor, progress, temperature: float | None = None,
               start=None) -> Ensemble:
        settings = self.config.real_time
        return simulate(self.system(temperature), start, times, kind="guided", learners=settings.learners, seed=seed,
                        field=field, dt=settings.step * self.unit, executor=executor, progress=progress)


def _states(result: Result) -> np.ndarray:
    assert result.states is not None
    return result.states


# --- two solvers and QuTiP ----------------------------------------------------------------------------------------------

def solver_claims(real: RealTime) -> tuple[list[Claim], dict, Result]:
    """Split-operator against Chebyshev at every save time, and QuTiP."""
    grid, tolerance = real.grid(), real.config.real_time.tolerance
    hamiltonian, start = real.hamiltonian(grid), real.packet(grid)
    split = sesolve(hamiltonian, start, real.times, method=RKN6(), tol=tolerance, store_states=True)
    spectral = sesolve(hamiltonian, start, real.times, method=Chebyshev(), tol=tolerance, store_states=True)
    distance = float(max(grid.norm(a - b) for a, b in zip(_states(split), _states(spectral), strict=True)))
    claims = [Claim(
        "Two solvers agree", "real time", "claim", "numerical",
        f"ψ by split-operator ({split.method}) against ψ by a Chebyshev expansion, phase included", "max L2", distance, None,
        2 * tolerance, None, None, distance <= 2 * tolerance,
        f"{split.stats['ffts']} and {spectral.stats['ffts']} Fourier transforms; norm drift {split.stats['norm_drift']:.1e}.")]
    claims.append(_qutip(split, tolerance))
    carpet = np.linspace(0, real.times[-1], _WAVE_TIMES)
    waves = sesolve(hamiltonian, start, carpet, method=Chebyshev(), tol=tolerance, store_states=True)
    figure = {"x": 2 * np.pi * grid.axes[0] / real.length, "times": carpet / real.unit,
              "density": np.abs(_states(waves)) ** 2 * real.length / (2 * np.pi)}
    return claims, figure, split


def _qutip(split: Result, tolerance: float) -> Claim:
    text = "the same states by QuTiP (sesolve, method 'diag'), phase included"
    try:
        comparison = compare_qutip(split)
    except MissingExtraError as error:
        return Claim("QuTiP agrees", "real time", "claim", "numerical", text, "max L2", None, None, 2 * tolerance, None, None,
                     False, f"Not compared: {error}")
    distance = comparison.largest
    return Claim("QuTiP agrees", "real time", "claim", "numerical", text, "max L2", distance, None, 2 * tolerance, None, None,
                 distance <= 2 * tolerance, f"QuTiP {comparison.version}, {comparison.points} points, {len(split.times)} times.")


# --- guided learners ----------------------------------------------------------------------------------------------------

def guided_claims(real: RealTime, laws: Result, executor, progress) -> tuple[list[Claim], dict]:
    """Noisy learners that read their drift from ψ, against |ψ|² at every save time (Holm), and a control."""
    grid, config = real.grid(), real.config
    tolerance = config.real_time.tolerance
    field = sesolve(real.hamiltonian(grid), real.packet(grid), real.fine_times, method=Chebyshev(), tol=tolerance,
                    store_states=True)
    seed = part_seed(config.seed, 10)
    learners = real.guided(field, real.times, seed, executor, progress("guided learners", config.real_time.learners))
    comparison = compare(laws, learners, times=list(real.times[1:]), tests=("kuiper",), level=config.tests.level)
    claims = [Claim(
        "Guided learners follow |ψ|²", "real time", "claim", "guided",
        f"{config.real_time.learners} noisy learners (drift read from ψ) against |ψ|² at {len(real.times) - 1} times",
        "max Kuiper V", float(np.max(comparison.distances)), float(comparison.floor), None,
        float(np.min(comparison.p_adjusted)), None, bool(comparison.verdict.passed),
        f"{comparison.verdict.reason} Share of limited steps: {learners.stats['limited_share']:.1e}.")]
    claims.append(_wrong_temperature(real, field, laws, executor, progress))
    edges = np.linspace(0, 2 * np.pi, 61)
    angle = 2 * np.pi * learners.wrapped(-1)[:, 0] / real.length
    figure = {"x": 2 * np.pi * grid.axes[0] / real.length,
              "density": laws.density(len(real.times) - 1).values * real.length / (2 * np.pi), "edges": edges,
              "histogram": np.histogram(angle, edges)[0] / (len(angle) * np.diff(edges)),
              "time": real.config.real_time.duration}
    return claims, figure


def _wrong_temperature(real: RealTime, field: Result, laws: Result, executor, progress) -> Claim:
    config, factor = real.config, real.config.controls.temperature_factor
    learners = real.guided(DriftScaled(field.field(), 1 / factor), real.times, part_seed(config.seed, 11), executor,
                           progress("guided control", config.real_time.learners), temperature=factor * real.temperature,
                           start=laws.density(0))
    times = list(real.times[1:])
    comparison = compare(laws, learners, times=times, tests=("kuiper",), level=config.tests.level)
    p = float(np.min(comparison.p_adjusted))
    return Claim(
        "Learners at another temperature", "real time", "control", "guided",
        f"learners with the drift of ψ and {factor:g} × the noise temperature against |ψ|²: must be rejected", "max Kuiper V",
        float(np.max(comparison.distances)), float(comparison.floor), None, p,
        _power(laws, learners, len(times), config), p < config.tests.level,
        "ħ = 2T ties the noise to the wave: with the same drift and another noise the density is another.")


def _power(laws: Result, learners: Ensemble, family: int, config: VerifyConfig) -> float:
    """Chance of rejection at the last time, Bonferroni in the family, the control's law taken as its low Fourier modes."""
    law = laws.density(len(laws.times) - 1)
    truth = _smoothed(learners, law.grid)
    return float(kuiper_power(truth, law, learners.learners, level=config.tests.level / family, trials=_POWER_TRIALS,
                              seed=part_seed(config.seed, 12)))


def _smoothed(learners: Ensemble, grid: Grid) -> GridDensity:
    """(1/L) Σ_{|k| ≤ 8} ⟨e^{ikx}⟩ e^{−ikx} of the learners at the last time."""
    x = 2 * np.pi * learners.wrapped(-1)[:, 0] / grid.lengths[0]
    k = np.arange(1, _POWER_MODES + 1)
    moments = np.array([np.mean(np.exp(1j * n * x)) for n in k])
    angle = 2 * np.pi * grid.axes[0] / grid.lengths[0]
    values = (1 + 2 * (np.exp(-1j * angle[:, None] * k) @ moments).real) / grid.lengths[0]
    return GridDensity(grid, values, ringing=0.1)


# --- winding ------------------------------------------------------------------------------------------------------------

def winding_claims(real: RealTime, executor, progress) -> tuple[list[Claim], dict]:
    """A state of winding n: the circulation measured from the guided learners, and a θ = ½ sector as the control."""
    number, config = real.config.real_time.winding, real.config
    learners, seed = config.real_time.learners, config.seed
    measured, field = _circulation(real, 0.0, number, part_seed(seed, 20), executor, progress("winding state", learners))
    node_free = all(_winds(field, state, number) for state in _states(field))
    reason = (f"ν = {measured.value:.4f} ± {measured.error:.4f} (z = {measured.z:+.2f} against {measured.nearest}; bias at most "
              f"about {measured.bias_bound:.1g}).")
    if not node_free:
        reason = ("A node of ψ passes and changes its winding, so the circulation says nothing. Choose a weaker "
                  "real_time.potential or a shorter real_time.step.")
    claims = [Claim(
        f"Winding {number} is measured", "real time", "claim", "guided",
        f"circulation (1/2πħ)∮ m v ds of learners guided by a state of winding {number}, from their own displacements",
        f"|ν − {number}|", abs(measured.value - number), float(_MEDIAN * measured.error), None, measured.p_value, None,
        bool(node_free and measured.integer and measured.nearest == number), reason)]
    half = None
    if config.controls.half_winding:
        half, _ = _circulation(real, 0.5, number - 1, part_seed(seed, 21), executor, progress("half winding", learners))
        claims.append(Claim(
            "Winding in a θ = ½ sector", "real time", "control", "guided",
            "the same measurement on a twisted ring, whose circulation is a half-integer: the integer test must reject it",
            "|z|", abs(half.z), None, None, half.p_value, half.power, not half.integer,
            f"ν = {half.value:.4f} ± {half.error:.4f}: nothing in the flow makes it whole; the shift symmetry is a postulate."))
    return claims, _winding_figure(real, field, measured, half)


def _circulation(real: RealTime, twist: float, number: int, seed: int, executor, progress) -> tuple[Circulation, Result]:
    grid, step = real.grid(twist), real.config.real_time.step * real.unit
    lags = np.arange(_CIRCULATION_RECORDS + 1) * _CIRCULATION_LAG * step
    field = sesolve(real.hamiltonian(grid), plane_wave(grid, number), np.arange(lags[-1] / step + 0.5) * step,
                    method=Chebyshev(), tol=real.config.real_time.tolerance, store_states=True)
    learners = real.guided(field, lags, seed, executor, progress)
    return circulation(learners, hbar=real.hbar, mass=1 / real.gamma, level=real.config.tests.level), field


def _winds(field: Result, state: np.ndarray, number: int) -> bool:
    """Whether arg ψ turns this many times around the ring, no node being near."""
    try:
        return bool(winding(field.hamiltonian.grid, state) == number)
    except RegimeError:
        return False


def _winding_figure(real: RealTime, field: Result, measured: Circulation, half: Circulation | None) -> dict:
    rows = np.linspace(0, len(field.times) - 1, 4).astype(int)
    control = {} if half is None else {"control_circulation": half.value, "control_error": half.error}
    return {"x": 2 * np.pi * field.hamiltonian.grid.axes[0] / real.length,
            "phase": np.array([np.unwrap(np.angle(_states(field)[row])) for row in rows]),
            "times": field.times[rows] / real.unit, "circulation": measured.value, "errors": measured.error,
            "target": real.config.real_time.winding, **control}
