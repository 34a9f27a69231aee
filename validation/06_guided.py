"""Guided learners on the diabetes ring have the density |ψ|²: ten seeds, all reported; halving the step changes no verdict.

Guided: the drift is read from a solved ψ.  Rule fixed beforehand: 20000 learners, dt = .005 τ, four times, Holm over all at
family-wise 1 %.  Control: learners at 1.25 × the temperature.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np

import qlearn as ql
from qlearn.compare import holm
from qlearn.config import load
from qlearn.fields import DriftScaled
from qlearn.verification.real_time import RealTime
from qlearn.verification.subject import build
from validation.evidence import Evidence, at_least, at_most

SEEDS = 10
_FILE = Path(__file__).parents[1] / "examples" / "diabetes.toml"


def setting(step: float) -> RealTime:
    config = load(_FILE)
    config = replace(config, real_time=replace(config.real_time, learners=20_000, step=step))
    return RealTime.of(build(config), config)


def runs(real: RealTime, seeds: range, executor, factor: float = 1.0):
    """The comparison of each seed."""
    grid = real.grid()
    laws, field = (ql.sesolve(real.hamiltonian(grid), real.packet(grid), times, method=ql.Chebyshev(), tol=1e-9,
                              store_states=True) for times in (real.times, real.fine_times))
    for seed in seeds:
        learners = real.guided(DriftScaled(field.field(), 1 / factor), real.times, seed, executor, None,
                               temperature=factor * real.temperature, start=laws.density(0))
        yield ql.compare(laws, learners, times=list(real.times[1:]), tests=("kuiper",))


def evidence() -> list[Evidence]:
    lines = []
    with ThreadPoolExecutor(2) as executor:
        for step, seeds in ((0.005, range(SEEDS)), (0.0025, range(SEEDS, SEEDS + 4))):
            found = list(runs(setting(step), seeds, executor))
            p = holm(np.concatenate([one.p_values for one in found]))
            ratio = np.median(np.concatenate([one.distances / one.floors for one in found]))
            lines.append(at_least(f"dt = {step} τ, {len(seeds)} seeds: smallest Holm-adjusted p", np.min(p), 0.01))
            lines.append(at_most(f"dt = {step} τ: median of distance / floor", ratio, 1.25, floor=1.0))
        control = next(iter(runs(setting(0.005), range(1), executor, factor=1.25)))
        lines.append(at_least("temperature × 1.25: distance / floor", np.max(control.distances / control.floors), 5.0,
                              floor=1.0, control=True))
    return lines
