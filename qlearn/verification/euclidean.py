"""Claims on data, none of which reads ψ: relaxation rates on three levels and densities, with their negative controls."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from qlearn.compare import Comparison, Rates, compare, kuiper_power, power_of_z
from qlearn.config import VerifyConfig
from qlearn.derivation import derive
from qlearn.ensembles.ensemble import Ensemble
from qlearn.ensembles.minibatch.transfer_operator import TransferOperator
from qlearn.spectrum import Spectrum, eigenstates
from qlearn.systems.minibatch import MinibatchLearner
from qlearn.verification.claims import Claim
from qlearn.verification.seeds import part_seed
from qlearn.verification.subject import SMALL_EPS3, Subject, why_not_quantum

__all__ = ["Runs", "density_claims", "rate_claims", "run_replicas"]

_POWER_TRIALS = 200
_SHIFT = 0.02         # largest relative shift of a rate by the finite basis
_ABLE = 0.9          # power from which on a rate can tell a control


@dataclass(frozen=True, eq=False)
class Control:
    """Replicas of a learner that is wrong on purpose, and its own exact operator for the power."""

    label: str
    operator: TransferOperator
    ensemble: Ensemble
    every_rate: bool            # whether [controls] every_rate is about this control


@dataclass(frozen=True, eq=False)
class Runs:
    """The replicas of the subject and of each control."""

    subject: Ensemble
    controls: tuple[Control, ...]


def run_replicas(subject: Subject, config: VerifyConfig, executor, progress) -> Runs:
    """Run the replicas of the learner and of its controls; each has its own seed, derived from the file's."""
    count, steps = config.replicas.count, subject.record_steps(config.replicas.lags)

    def run(learner: MinibatchLearner, label: str, number: int) -> Ensemble:
        return learner.replicas(subject.start, steps, replicas=count, seed=part_seed(config.seed, number), executor=executor,
                                progress=progress(f"replicas: {label}", count))

    learner = subject.learner
    main = run(learner, "the learner", 0)
    controls = []
    if config.controls.plain_ito and learner.ito_correction:
        plain = learner.with_(ito_correction=False)
        controls.append(Control("Itô correction left out", plain.transfer_operator(subject.grid),
                                run(plain, "without Itô correction", 1), False))
    other = learner.with_(alpha=config.controls.alpha)
    label = f"α = {config.controls.alpha:g}"
    controls.append(Control(label, other.transfer_operator(subject.grid), run(other, label, 2), True))
    return Runs(main, tuple(controls))


# --- relaxation rates ---------------------------------------------------------------------------------------------------

def rate_claims(subject: Subject, runs: Runs, config: VerifyConfig) -> tuple[list[Claim], dict, dict]:
    """Replicas against the operator (Holm), the operator against (8) (margin), and the controls; with their figures."""
    k, eta = config.rates.count, subject.learner.learning_rate
    exact = subject.operator.rates(k)
    measured = _compare_rates(subject, runs.subject, config)
    spectrum = _spectrum(subject, k)
    levels = spectrum.energies[1:] / subject.quantum_learner.hbar
    claims = [_replica_rates(subject, measured, config), _schrodinger_rates(subject, levels, config)]
    names = [f"rate {n}" for n in range(1, k + 1)]
    figure: dict[str, Any] = {"names": names, "operator": exact / eta, "replicas": _rates(measured).value / eta,
              "errors": _rates(measured).se / eta, "levels": levels / eta, "controls": {}}
    for control in runs.controls:
        wrong = _compare_rates(subject, control.ensemble, config)
        claims.append(_control_rates(subject, control, wrong, config))
        figure["controls"][control.label] = _rates(wrong).value / eta
    return claims, figure, _landscape_figure(subject, spectrum)


def _compare_rates(subject: Subject, ensemble: Ensemble, config: VerifyConfig) -> Comparison:
    """z-scores against what a perfect, infinite ensemble of the operator shows in the same basis at the same lag."""
    shown = subject.operator.projected_rates(subject.lag, config.rates.basis, config.rates.count)
    return compare(shown, ensemble, times=[subject.burn_in], tests=("rates",), basis=config.rates.basis,
                   k=config.rates.count, level=config.tests.level)


def _rates(comparison: Comparison) -> Rates:
    assert comparison.rates is not None
    return comparison.rates


def _spectrum(subject: Subject, k: int) -> Spectrum:
    """The k + 1 lowest levels of (8), ħH_E, for the learner with α = 1 and the Itô correction; a rate is E/ħ."""
    hamiltonian = derive(subject.quantum_learner.system()).equation.hamiltonian(subject.grid)
    return eigenstates(hamiltonian, k + 1)


def _landscape_figure(subject: Subject, spectrum: Spectrum) -> dict:
    """W(q) with the levels in it, in units of η."""
    unit = subject.quantum_learner.hbar * subject.learner.learning_rate
    return {"q": subject.grid.axes[0], "potential": spectrum.hamiltonian.potential_table() / unit,
            "levels": spectrum.energies / unit}


def _replica_rates(subject: Subject, comparison: Comparison, config: VerifyConfig) -> Claim:
    z = np.abs(_rates(comparison).z)
    shift = float(np.max(np.abs(_rates(comparison).reference / subject.operator.rates(config.rates.count) - 1)))
    resolved = shift <= _SHIFT
    basis = (f"The basis |k| ≤ {config.rates.basis} shifts the operator's rates by {shift:.1e} at most, which is allowed for."
             if resolved else f"But the basis |k| ≤ {config.rates.basis} is too small: it shifts a rate by {shift:.1%}. Raise "
             "rates.basis.")
    return Claim(
        "Measured rates match the exact calculation", "rates", "claim", "data",
        f"{config.rates.count} relaxation rates of {config.replicas.count} replicas against the exact one-step operator",
        "max |z|", float(z.max()), _floor_of_max_z(config.rates.count), None, float(np.min(comparison.p_adjusted)), None,
        bool(comparison.verdict.passed) and resolved, f"{comparison.verdict.reason} {basis}")


def _floor_of_max_z(k: int) -> float:
    """Median of the largest of k independent |z|."""
    from scipy.special import ndtri

    return float(ndtri((1 + 0.5 ** (1 / k)) / 2))


def _schrodinger_rates(subject: Subject, levels: np.ndarray, config: VerifyConfig) -> Claim:
    comparison = compare(levels, subject.operator, tests=("rates",), k=config.rates.count, tolerance=config.rates.margin)
    defect = np.abs(_rates(comparison).ratio - 1)
    worst = int(np.argmax(defect / np.array(config.rates.margin)))
    holds = bool(comparison.verdict.passed) and subject.quantum
    return Claim(
        "The rates are energy levels", "rates", "claim", "data",
        "levels of the Schrödinger-like operator (8) against the rates of the exact one-step operator",
        f"|ratio − 1| of rate {worst + 1}", float(defect[worst]), None, float(config.rates.margin[worst]), None, None, holds,
        _why_levels(subject, comparison, config))


def _why_levels(subject: Subject, comparison: Comparison, config: VerifyConfig) -> str:
    ratios = ", ".join(f"{r:.4f}" for r in _rates(comparison).ratio)
    if not subject.quantum:
        return (f"{why_not_quantum(subject)} Against the levels that α = 1 would have, the ratios are {ratios}.")
    if comparison.verdict.passed:
        return f"Ratios {ratios}, all within the declared margins."
    pairs = int(np.sum(np.abs(subject.operator.eigenvalues[1:config.rates.count + 1].imag) > 1e-9))
    complex_text = f", and {pairs} of the operator's eigenvalues are complex" if pairs else ""
    eps3 = subject.statistics.eps3
    cause = (f"ε₃ = max|U'κ₃|/C² = {eps3:.2f} is not small (steps are few and skewed, not many and Gaussian)"
             if eps3 > SMALL_EPS3 else
             f"one step moves q by about {np.sqrt(2 * subject.learner.learning_rate * subject.learner.temperature):.2g} in the "
             "proper length, too far for a diffusion (lower the temperature or the learning rate)")
    return f"The diffusion approximation does not hold: {cause}, so the ratios are {ratios}{complex_text}."


def _control_rates(subject: Subject, control: Control, comparison: Comparison, config: VerifyConfig) -> Claim:
    """Rejected where each rate that is needed is rejected; the powers use the exact operators and the control's errors."""
    k, level = config.rates.count, config.tests.level
    expected = control.operator.rates(k)
    powers = np.array([power_of_z(delta, se, level / k)
                       for delta, se in zip(expected - subject.operator.rates(k), _rates(comparison).se, strict=True)])
    needed = np.full(k, True) if control.every_rate and config.controls.every_rate else powers >= _ABLE
    z, rejected = np.abs(_rates(comparison).z), np.asarray(comparison.p_adjusted) < level
    blind = [f"rate {n + 1} (power {powers[n]:.0%})" for n in np.flatnonzero(~needed)]
    able = needed if needed.any() else np.full(k, True)
    return Claim(
        f"Rates, {control.label}", "rates", "control", "data",
        f"rates of replicas with {control.label} against this learner's operator: each that can tell must be rejected",
        "min |z|", float(z[able].min()), None, None, float(np.max(comparison.p_adjusted[able])), float(powers[able].min()),
        bool(needed.any() and rejected[needed].all()),
        "No rate can tell this control at this size: raise replicas.count or take another control." if not needed.any() else
        f"{int(rejected[needed].sum())} of {int(needed.sum())} rejected (z = "
        f"{', '.join(f'{x:+.1f}' for x in _rates(comparison).z)})"
        + (f"; not able to tell, by the exact operators: {', '.join(blind)}." if blind else "."))


# --- densities ----------------------------------------------------------------------------------------------------------

def density_claims(subject: Subject, runs: Runs, config: VerifyConfig) -> tuple[list[Claim], dict, dict]:
    """Stationary density and p(q, t) against the operator, one Holm family, and the controls' stationary densities."""
    operator, times = subject.operator, [*subject.density_steps, subject.burn_in]
    laws = [operator.evolve(subject.start, step) for step in subject.density_steps] + [operator.stationary]
    comparison = compare(laws, runs.subject, times=times, tests=("kuiper",), level=config.tests.level, seed=config.seed)
    eta, count = subject.learner.learning_rate, config.replicas.count
    claims = []
    for row, step in enumerate(times):
        last = row == len(times) - 1
        label = "Density at rest" if last else f"Density after {step} step{'s' if step > 1 else ''}"
        when = (f"at step {step} against the stationary law" if last else
                f"from a narrow start, at time {step * eta:.2g}/η, against the law")
        p, distance, floor = (float(a[row]) for a in (comparison.p_adjusted, comparison.distances, comparison.floors))
        claims.append(Claim(
            f"{label} matches the exact law", "density", "claim", "data",
            f"{count} replicas {when} of the exact operator", "Kuiper V", distance,
            floor, None, p, None, p >= config.tests.level,
            f"V = {distance:.2e}; a perfect sample of this size has a median of {floor:.2e}."))
    claims += [_control_density(subject, control, config) for control in runs.controls]
    return claims, _evolution_figure(subject, runs, laws, times), _stationary_figure(subject, runs)


def _control_density(subject: Subject, control: Control, config: VerifyConfig) -> Claim:
    comparison = compare(subject.operator.stationary, control.ensemble, times=[subject.burn_in], tests=("kuiper",),
                         level=config.tests.level)
    power = kuiper_power(control.operator.stationary, subject.operator.stationary, config.replicas.count,
                         level=config.tests.level, trials=_POWER_TRIALS, seed=config.seed)
    p, distance, floor = (float(a[0]) for a in (comparison.p_adjusted, comparison.distances, comparison.floors))
    return Claim(
        f"Density, {control.label}", "density", "control", "data",
        f"stationary replicas with {control.label} against this learner's operator: must be rejected", "Kuiper V", distance,
        floor, None, p, float(power), p < config.tests.level, f"V = {distance:.2e} against a floor of {floor:.2e}.")


def _evolution_figure(subject: Subject, runs: Runs, laws: list, times: list[int]) -> dict:
    edges = np.linspace(0, subject.learner.period, 61)
    rows = [int(np.searchsorted(runs.subject.times, step)) for step in times]
    return {"q": subject.grid.axes[0], "times": np.array(times) * subject.learner.learning_rate,
            "operator": np.array([law.values for law in laws]), "replicas_edges": edges,
            "replicas": np.array([_histogram(runs.subject, row, edges) for row in rows])}


def _stationary_figure(subject: Subject, runs: Runs) -> dict:
    edges = np.linspace(0, subject.learner.period, 61)
    s, learner = subject.statistics, subject.quantum_learner
    metric = s.covariance / learner.reference_covariance
    gibbs = np.sqrt(metric) * np.exp(-(s.loss - s.loss.min()) / learner.temperature)
    gibbs /= gibbs.sum() * subject.grid.cell_volume
    return {"q": s.q, "operator": subject.operator.stationary.values, "gibbs": gibbs, "edges": edges,
            "replicas": _histogram(runs.subject, -1, edges),
            "controls": {control.label: _histogram(control.ensemble, -1, edges) for control in runs.controls}}


def _histogram(ensemble: Ensemble, row: int, edges: np.ndarray) -> np.ndarray:
    counts, _ = np.histogram(ensemble.wrapped(row)[:, 0], edges)
    return counts / (ensemble.learners * np.diff(edges))
