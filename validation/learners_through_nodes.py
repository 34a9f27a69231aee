"""Self-consistent learners by the default method, against the wave: runs, distances, fidelities."""

from typing import Any

import numpy as np

import qlearn as ql
from qlearn.compare import holm
from qlearn.ensembles.nodes import Accuracy, Rule, poles_run
from qlearn.errors import RegimeError
from validation.evidence import Evidence, at_least, at_most
from validation.learners_alone import CARRIERS, LEARNERS, Case, distances

__all__ = ["NONE", "against", "by_default", "lines_of", "measure_poles"]

NONE = 1000.0       # in place of KS·√N where there was no run


def by_default(problem: Case, seed: int, learners: int = LEARNERS, carriers: int = CARRIERS) -> dict:
    """One run of simulate as a user calls it."""
    return _measured(problem, lambda times: ql.simulate(problem.system, problem.start, times, kind="self-consistent",
                                                        learners=learners, carriers=carriers, seed=seed))


def measure_poles(problem: Case, seed: int, start: Any = None, learners: int = LEARNERS, carriers: int = CARRIERS,
                  rule: Rule = Rule(), accuracy: Accuracy = Accuracy(), system: Any = None,  # noqa: B008
                  reference: Case | None = None) -> dict:
    """One run with what is not the default; of another start or system, or against another wave: the controls."""
    return _measured(problem if reference is None else reference, lambda times: poles_run(
        problem.system if system is None else system, problem.start if start is None else start, times, learners, seed,
        carriers=carriers, rule=rule, accuracy=accuracy))


def _measured(problem: Case, run: Any) -> dict:
    """KS·√N (5, 2) and p (5, 2) of carriers and noisy learners at five times, fidelities (5,); where it was refused, why."""
    times = np.linspace(0.0, problem.time, 6)
    try:
        ensemble = run(times)
    except RegimeError as error:
        return {"refused": str(error), "distances": np.full((5, 2), NONE), "p": np.zeros((5, 2)), "fidelities": np.zeros(5)}
    return {"refused": None, "nodes": ensemble.stats["nodes"]} | against(problem, ensemble, times)


def against(problem: Case, ensemble: Any, times: np.ndarray) -> dict:
    """The same of a run that was made."""
    wave, grid = reference(problem), problem.density.grid
    both = (ensemble.carriers, ensemble)
    found = np.array([[distances(one.positions[i], wave.density(i)) for one in both] for i in range(1, 6)])
    hbar, fidelities = 2 * float(problem.system.temperature), []
    for i in range(1, 6):
        estimate = np.sqrt(ensemble.flow.density(times[i], grid)) * np.exp(1j * ensemble.phase(grid, i) / hbar)
        fidelities.append(abs(np.vdot(estimate, wave.states[i]) * grid.cell_volume)**2)
    return {"distances": found[..., 0], "p": found[..., 1], "fidelities": np.array(fidelities)}


_WAVES: dict[int, Any] = {}


def reference(problem: Case) -> Any:
    """ψ at the five times; solved once a case and process."""
    if id(problem) not in _WAVES:
        _WAVES[id(problem)] = (problem, problem.reference(np.linspace(0.0, problem.time, 6)))
    return _WAVES[id(problem)][1]


def lines_of(names: tuple[str, ...], runs: dict[tuple[str, int], dict], bound: float = 1.5) -> list[Evidence]:
    """All runs of all names: refusals, Holm at the end, medians over all, and a line a name and kind with its five times."""
    lines, ended = [], [run for run in runs.values() if run["refused"] is None]
    lines.append(at_most(f"runs of {len(runs)} that were refused or stopped", len(runs) - len(ended), 0))
    for k, kind in enumerate(("carriers", "noisy learners")):
        final = np.array([run["distances"][-1, k] for run in runs.values()])
        p = holm(np.array([run["p"][-1, k] for run in runs.values()]))
        lines.append(at_least(f"{kind}, {len(final)} runs: smallest Holm-adjusted p at the end", np.min(p), 0.01))
        lines.append(at_most(f"{kind}, {len(final)} runs: median KS·√N at the end", np.median(final), 1.0, floor=0.83))
        early = np.array([run["p"][:-1, k] for run in runs.values()])
        lines.append(at_least(f"{kind}, four earlier times of {len(early)} runs: smallest Holm-adjusted p",
                              np.min(holm(early.ravel())), 0.01))
        for name in names:
            five = np.array([run["distances"][:, k] for one, run in runs.items() if one[0] == name])
            shown = ", ".join(f"{x:.2f}" for x in np.median(five, axis=0))
            what = f"{name}, {kind}: median KS·√N (five times: {shown}; largest at the end {five[:, -1].max():.2f})"
            lines.append(at_most(what, np.median(five[:, -1]), bound, floor=0.83))
    for name in names:
        least = min(run["fidelities"].min() for one, run in runs.items() if one[0] == name)
        lines.append(at_least(f"{name}: least fidelity of all seeds and times", least, 0.999))
    return lines
