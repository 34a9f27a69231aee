"""The whole line, section by section; each section gives claims, figures and tables."""

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from qlearn.config import VerifyConfig
from qlearn.verification import euclidean, real_time
from qlearn.verification.claims import Claim, Verification
from qlearn.verification.subject import SMALL_EPS3, Subject, build, why_not_quantum

__all__ = ["verify"]

Progress = Callable[[str, int, int], None]


def verify(config: VerifyConfig, progress: Progress | None = None) -> Verification:
    """Verify the learner of a file (a VerifyConfig); ``progress(stage, done, total)`` is told how far each stage is.

    Raises ConfigError where the file's times or sizes cannot serve their purpose, before any replica is run.
    """
    tell = progress or (lambda stage, done, total: None)
    clock = _Clock()
    subject = build(config)
    if subject.quantum:
        real_time.RealTime.of(subject, config).check()
    clock.lap("learner")
    claims, derivations = _derivations(subject)
    clock.lap("derivation")
    figures = {"learner": _learner_figure(subject)}
    with ThreadPoolExecutor(os.cpu_count()) as executor:
        counter = _counter(tell)
        runs = euclidean.run_replicas(subject, config, executor, counter)
        clock.lap("replicas")
        rates, figures["rates"], figures["landscape"] = euclidean.rate_claims(subject, runs, config)
        densities, figures["evolution"], figures["stationary"] = euclidean.density_claims(subject, runs, config)
        claims += rates + densities
        clock.lap("statistics")
        more, drawn = _real_time(subject, config, executor, counter)
        claims += more
        figures |= drawn
        clock.lap("real time")
    return Verification(config.title, config.settings, tuple(claims), derivations, _summary(subject, config),
                        _tables(subject, config, figures), figures, clock.laps)


class _Clock:
    """Seconds of each section."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self.laps[name] = now - self._last
        self._last = now


def _counter(tell: Progress) -> Callable[[str, int], Callable[[int], None]]:
    def start(stage: str, total: int) -> Callable[[int], None]:
        done = 0

        def advance(more: int) -> None:
            nonlocal done
            done += more
            tell(stage, done, total)

        tell(stage, 0, total)
        return advance

    return start


# --- derivation ---------------------------------------------------------------------------------------------------------

def _derivations(subject: Subject) -> tuple[list[Claim], tuple[tuple[str, Any], ...]]:
    """(7) from the action (4) with undefined V and g, and (8) for this learner's own U and g."""
    from qlearn.derivation import derive
    from qlearn.systems.base import LearningSystem

    alpha = subject.learner.alpha
    general = LearningSystem("q", potential="V(q)", covariance=[["kappa(q)"]], alpha=alpha)
    text = "Euler–Lagrange equations of the action (4), undefined V(q) and κ(q), against the Schrödinger equation (7)"
    derivation = derive(general)
    found = [("Real time: from the action to the Schrödinger equation", derivation)]
    linear = derivation.equation.kind == "schrodinger"
    reason = (f"{len(derivation.steps)} steps, every residual 0." if linear else
              f"For α = {alpha:g} the equation is {derivation.equation.kind}, not Schrödinger's: {derivation.equation.obstacle}")
    claims = [_derivation_claim("The Schrödinger equation follows", text, derivation, linear, reason)]
    if subject.quantum:
        found.append(("Static loss: from the Fokker–Planck equation to the Schrödinger-like operator",
                      derive(LearningSystem("q", loss="U(q)", metric=[["g(q)"]]))))
        own = derive(subject.learner.system())
        claims.append(_derivation_claim(
            "Its static counterpart follows",
            "the learner's Fokker–Planck equation (2), its own U(q) and g(q) put in, against the Schrödinger-like form (8)", own,
            found[-1][1].residuals_vanish, f"{len(own.steps)} steps, every residual 0; the same for undefined U and g."))
    return claims, tuple(found)


def _derivation_claim(name: str, text: str, derivation: Any, holds: bool, reason: str) -> Claim:
    nonzero = sum(step.residual != 0 for step in derivation.steps)
    return Claim(name, "derivation", "claim", "derivation", text, "residuals ≠ 0", float(nonzero), None, None, None, None,
                 holds and derivation.residuals_vanish, reason)


# --- real time ----------------------------------------------------------------------------------------------------------

def _real_time(subject: Subject, config: VerifyConfig, executor: Any, counter: Any) -> tuple[list[Claim], dict[str, dict]]:
    if not subject.quantum:
        return [Claim("A Schrödinger equation exists", "real time", "claim", "derivation",
                      "one ħ and one mass for the whole ring, as (7) needs", "", None, None, None, None, None, False,
                      f"{why_not_quantum(subject)} No real-time section was run.")], {}
    real = real_time.RealTime.of(subject, config)
    solvers, wave, laws = real_time.solver_claims(real)
    guided, law = real_time.guided_claims(real, laws, executor, counter)
    windings, winding = real_time.winding_claims(real, executor, counter)
    return solvers + guided + windings, {"wave": wave, "guided": law, "winding": winding}


# --- what the first screen and the tables say ---------------------------------------------------------------------------

def _summary(subject: Subject, config: VerifyConfig) -> dict[str, Any]:
    learner, s = subject.learner, subject.statistics
    summary = {
        "samples": learner.n_samples, "replicas": config.replicas.count, "alpha": learner.alpha,
        "ito_correction": learner.ito_correction, "batch_size": learner.batch_size, "learning_rate": learner.learning_rate,
        "reference_covariance": learner.reference_covariance, "eps3": s.eps3,
        "eps3_meaning": _eps3_meaning(s.eps3), "cycle_affinity": learner.cycle_affinity,
        "source": config.data.description if config.data is not None else f"code: {config.learner.gradient}",
        "assumed": "the action (4) (A1, stationary entropy production) and the discrete shift symmetry (A2); the real-time part "
                   "rests on both, the relaxation rates and densities on neither",
    }
    if subject.quantum:
        real = real_time.RealTime.of(subject, config)
        summary |= {"temperature": learner.temperature, "hbar": learner.hbar, "mass": 1 / learner.learning_rate,
                    "diffusion": learner.learning_rate * learner.temperature, "proper_length": real.length,
                    "potential": config.real_time.potential, "time_unit_steps": real.unit}
    return summary


def _eps3_meaning(eps3: float) -> str:
    if eps3 <= SMALL_EPS3:
        return "small: the diffusion approximation holds for the lowest rates to about a percent"
    if eps3 < 0.5:
        return "moderate: the diffusion approximation errs by several percent, by more for tunnelling"
    return "large: the steps are few and skewed, and the diffusion approximation does not hold"


def _tables(subject: Subject, config: VerifyConfig, figures: dict[str, dict]) -> dict[str, list[dict[str, Any]]]:
    rates = figures["rates"]
    rows = []
    for n, value in enumerate(subject.operator.eigenvalues[1:config.rates.count + 1]):
        replicas, error, operator, level = (float(rates[name][n]) for name in ("replicas", "errors", "operator", "levels"))
        eigenvalue = f"{value.real:.6f}" + (f"{value.imag:+.6f}i" if abs(value.imag) > 1e-9 else "")
        rows.append({"rate": n + 1, "replicas": replicas, "error": error, "operator": operator, "levels of (8)": level,
                     "(8)/operator": level / operator, "margin": config.rates.margin[n], "operator's eigenvalue": eigenvalue})
    return {"rates": rows}


def _learner_figure(subject: Subject) -> dict[str, np.ndarray]:
    s = subject.statistics
    return {"q": s.q, "loss": s.loss, "covariance": s.covariance, "metric": s.metric}
