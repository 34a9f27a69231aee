"""The integer test of the circulation: ν = 1, 2 accepted; .3, .5, 1.4 rejected; false-alarm rate and power are as stated.

Guided by packets of uneven density in V = .3 cos q, in the sectors θ = 0, .3, .5, .4 (claim 07 has plane waves).  Nothing in a
learner's flow makes ν whole: the twisted sectors are followed as well.  Ten seeds each, 10 000 learners, Holm over the ten
runs of a ν; then every run is cut into small ensembles, of 500 for whole ν and of 125 for others, whose rejections are counted
against the level and against ``power_against``.
"""

from concurrent.futures import ProcessPoolExecutor

import numpy as np

import qlearn as ql
from qlearn.compare import holm, ks_p
from validation.evidence import Evidence, at_least, at_most, between
from validation.streams import TURN

WHOLE, FRACTIONS, SEEDS = (1.0, 2.0), (0.3, 0.5, 1.4), range(4300, 4310)
LEARNERS, LEVEL = 10_000, 0.05
TIMES = np.linspace(0.0, 1.0, 11)


def measured(nu: float):
    """For every seed: the circulation of all learners, and of each small ensemble at the level of 5 %."""
    whole = np.floor(nu)
    grid = ql.Grid(48, (0.0, TURN), twist=nu - whole)
    q = grid.axes[0]
    psi0 = np.sqrt(1 + 0.5 * np.cos(q)) * np.exp(1j * nu * q)
    psi0 /= np.linalg.norm(psi0) * grid.cell_volume**0.5
    H = ql.Hamiltonian(grid, lambda q: 0.3 * np.cos(q))
    field = ql.sesolve(H, psi0, np.linspace(0.0, 1.0, 101), tol=1e-9, store_states=True)
    system = ql.LearningSystem("q", potential="0.3*cos(q)", learning_rate=1, temperature="1/2", periods="2*pi")
    found = []
    for seed in SEEDS:
        run = ql.simulate(system, None, TIMES, kind="guided", learners=LEARNERS, seed=seed + round(100 * nu), field=field,
                          dt=0.02)
        parts = [ql.circulation(ql.Ensemble(TIMES, part, run.periods), hbar=1.0, mass=1.0, basis=3, level=LEVEL)
                 for part in np.split(run.positions, 20 if nu in WHOLE else 80, axis=1)]
        found.append((ql.circulation(run, hbar=1.0, mass=1.0), parts))
    return found


def evidence() -> list[Evidence]:
    with ProcessPoolExecutor(2) as executor:
        runs = dict(zip((*WHOLE, *FRACTIONS), executor.map(measured, (*WHOLE, *FRACTIONS)), strict=True))
    lines = []
    for nu in WHOLE:
        p = holm([one.p_value for one, _ in runs[nu]])
        lines.append(at_least(f"ν = {nu:g}: least Holm p of ten runs", min(p), 0.01))
    for nu in FRACTIONS:
        p = holm([one.p_value for one, _ in runs[nu]])
        lines.append(at_least(f"ν = {nu:g}: share of ten runs rejected", np.mean(np.array(p) < 0.01), 1.0, control=True))
        lines.append(at_least(f"ν = {nu:g}: least stated power of those runs",
                              min(one.power_against(nu) for one, _ in runs[nu]), 0.99))
        lines.append(at_most(f"ν = {nu:g}: largest |measured − ν|", max(abs(one.value - nu) for one, _ in runs[nu]), 0.1,
                             floor=runs[nu][0][0].error))
    null = np.array([part.p_value for nu in WHOLE for _, parts in runs[nu] for part in parts])
    ordered, n = np.sort(null), len(null)
    distance = float(np.max(np.maximum(np.arange(1, n + 1) / n - ordered, ordered - np.arange(n) / n)))
    lines.append(between(f"ν = 1, 2: share of {n} ensembles of 500 rejected at 5 %", np.mean(null < LEVEL), 0.02, 0.09,
                         floor=0.05))
    lines.append(at_least("the same: p of their p-values being uniform (KS)", ks_p(distance, n), 0.001))
    for nu in FRACTIONS:
        parts = [part for _, some in runs[nu] for part in some]
        stated = np.mean([part.power_against(nu) for part in parts])
        rejected = np.mean([not part.integer for part in parts])
        lines.append(at_most(f"ν = {nu:g}: |share of {len(parts)} ensembles of 125 rejected − stated power {stated:.2f}|",
                             abs(rejected - stated), 0.1, floor=0.015))
    return lines
