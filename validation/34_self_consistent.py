"""Learners that never see ψ have the density |ψ|²: six cases, ten seeds each, all reported.

Evidence independent of the wave solver for "(6) and the shift symmetry imply (7)".  Assumed: A1, for ħ enters the force, and A2,
for the circulation on the ring is held.  Nothing reads ψ but the comparison at the end.  1e5 noisy learners and 4e5 carriers,
γ = m = ħ = 1, drawn iid.  Basis and penalty by the rule in qlearn/ensembles/self_consistent/score.py, the same for all cases; its
factors were set on other seeds of these cases.  Holm over all runs of a kind at family-wise 1 % at the final time; medians of
KS·√N (a perfect sample has 0.83; 2-D: the mean of both marginals; ring: cut at q = 0).  Controls: no quantum force, ħ in the
force 10 % off, another circulation.
"""

from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import cache

import numpy as np

import qlearn as ql
from qlearn.compare import holm
from qlearn.densities import GridDensity
from qlearn.ensembles.self_consistent.run import RULE
from validation.evidence import Evidence, at_least, at_most
from validation.learners_alone import LEARNERS, Case, learner, measure, normal

SEEDS = range(300, 310)
NAMES = ("free", "squeezed", "quartic", "double well", "ring", "2-D")
HALVED = replace(RULE, stability=RULE.stability / 2, accuracy=RULE.accuracy / 2, noise=RULE.noise / 2)
DOUBLED = replace(RULE, refine=tuple(2 * n for n in RULE.refine))


@cache
def case(name: str) -> Case:
    line = lambda length, n: ql.Grid(n, [(-length, length)])                                    # noqa: E731
    if name == "free":
        return Case(learner("q", "0*q"), normal(line(20, 1024), (0,), (0.5,)), None, 2.0)
    if name == "squeezed":
        return Case(learner("q", "q**2/2"), normal(line(12, 1024), (1,), (0.4,)), None, 4 * np.pi)
    if name == "quartic":
        return Case(learner("q", "q**2/2 + q**4/10"), normal(line(8, 512), (0.6,), (0.6,)), None, 5.0)
    if name == "double well":
        return _double_well()
    if name == "ring":
        grid = ql.Grid(128, [(0, 2 * np.pi)])
        density = GridDensity(grid, (1 + 0.5 * np.cos(grid.axes[0])) / (2 * np.pi))
        return Case(learner("q", "3*cos(q)/10", periods="2*pi"), density, winding_phase, 6.0)
    grid = ql.Grid((128, 128), [(-8, 8)] * 2)
    return Case(learner("x y", "(x**2 + 1.69*y**2)/2 + x**2*y**2/10"), normal(grid, (0.8, 0.5), (0.6, 0.7)), None, 6.0)


def winding_phase(q: np.ndarray) -> np.ndarray:
    return 2 * q + 0.3 * np.sin(q)


def _double_well() -> Case:
    grid = ql.Grid(512, [(-6, 6)])
    system = learner("q", "(q**2 - 9/4)**2/2")
    states = np.real(ql.eigenstates(ql.derive(system).equation.hamiltonian(grid), 2).states)
    place = int(np.argmin(np.abs(grid.axes[0] - 1.3)))
    psi = states[0] * np.sign(states[0][place]) + 0.5 * states[1] * np.sign(states[1][place])
    return Case(system, GridDensity(grid, psi**2 / (np.sum(psi**2) * grid.cell_volume)), None, 22.2307)


def job(arguments: tuple) -> dict:
    name, seed, kind = arguments
    problem = case(name)
    if kind == "classical":
        return measure(problem, seed, replace(RULE, quantum=0.0))
    if kind == "wrong ħ":
        return measure(problem, seed, replace(RULE, quantum=1.21))
    if kind == "wrong circulation":
        other = lambda q: q + 0.3 * np.sin(q)                                                  # noqa: E731
        return measure(problem, seed, start=(problem.density, other))
    if kind == "equal numbers":
        return measure(problem, seed, carriers=LEARNERS)
    return measure(problem, seed, {"rule": RULE, "halved": HALVED, "doubled": DOUBLED}[kind])


def evidence(seeds=SEEDS, names=NAMES) -> list[Evidence]:
    jobs = [(name, seed, "rule") for seed in seeds for name in names]
    checks = [(name, seeds[0], kind) for name in names for kind in ("halved", "doubled")]
    equal = [(name, seeds[0], "equal numbers") for name in names]
    controls = [("free", seeds[0], "classical"), ("squeezed", seeds[0], "wrong ħ"), ("ring", seeds[0], "wrong circulation")]
    with ProcessPoolExecutor(2) as pool:
        found = dict(zip(jobs + checks + equal + controls, pool.map(job, jobs + checks + equal + controls), strict=True))
    lines = []
    for k, kind in enumerate(("carriers", "noisy learners")):
        p = holm(np.array([found[one]["p"][k] for one in jobs]))
        final = np.array([found[one]["distances"][-1, k] for one in jobs])
        lines.append(at_least(f"{kind}, {len(jobs)} runs: smallest Holm-adjusted p", np.min(p), 0.01))
        lines.append(at_most(f"{kind}: median KS·√N at the end", np.median(final), 1.0, floor=0.83))
        for name in names:
            all_five = np.stack([found[one]["distances"][:, k] for one in jobs if one[0] == name])
            shown = ", ".join(f"{x:.2f}" for x in np.median(all_five, axis=0))
            what = f"{name}, {kind}: median KS·√N (five times: {shown}; largest at the end {all_five[:, -1].max():.2f})"
            lines.append(at_most(what, np.median(all_five[:, -1]), 1.5, floor=0.83))
    for name in names:
        lines.append(at_least(f"{name}: least fidelity", min(found[one]["fidelity"] for one in jobs if one[0] == name), 0.999))
    for kind, group in (("halved", checks), ("doubled", checks), ("equal numbers", equal)):
        p = holm(np.concatenate([found[one]["p"] for one in group if one[2] == kind]))
        lines.append(at_least(f"{kind}: smallest Holm-adjusted p", np.min(p), 0.01))
    for one in controls:
        lines.append(at_least(f"{one[0]}, {one[2]}: KS·√N of noisy learners", found[one]["distances"][-1, 1], 3.0, floor=0.83,
                              control=True))
    return lines
