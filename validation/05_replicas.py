"""Replicas of the diabetes learner have the exact operator's rates and stationary density: ten seeds, all reported.

Rule fixed beforehand: 20000 replicas, burn-in 18/η, ten lags of 0.5/η, Fourier basis |k| ≤ 6; Holm over all 40 rates and
over the 10 densities at family-wise 1 %.  Controls: replicas with α = 0, and without the Itô correction.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

import qlearn as ql
from qlearn.compare import holm
from qlearn.densities import GridDensity
from validation.diabetes import GRID, learner
from validation.evidence import Evidence, at_least, at_most, between

REPLICAS, SEEDS = 20_000, 10


def measure(one: ql.MinibatchLearner, operator, seed: int, executor):
    """z of the four rates and the Kuiper comparison after the burn-in."""
    lag, burn_in = (round(t / one.learning_rate) for t in (0.5, 18.0))
    start = GridDensity.wrapped_normal(GRID, 2.0, 0.3)
    ensemble = one.replicas(start, burn_in + lag * np.arange(11), replicas=REPLICAS, seed=seed, executor=executor)
    rates = ql.compare(operator, ensemble, tests=("rates",), basis=6, k=4)
    density = ql.compare(operator.stationary, ensemble, times=[burn_in], tests=("kuiper",))
    return np.array(rates.rates.z), np.ravel(rates.p_values), np.ravel(density.p_values), float(np.ravel(density.distances)[0])


def evidence() -> list[Evidence]:
    one = learner()
    operator = one.transfer_operator(GRID)
    with ThreadPoolExecutor(2) as executor:
        runs = [measure(one, operator, seed, executor) for seed in range(SEEDS)]
        controls = {label: measure(one.with_(**changes), operator, 0, executor)
                    for label, changes in {"α = 0": {"alpha": 0.0}, "no Itô correction": {"ito_correction": False}}.items()}
    z = np.array([run[0] for run in runs])
    lines = [
        at_least("smallest Holm-adjusted p of 40 rates", np.min(holm(np.concatenate([run[1] for run in runs]))), 0.01),
        between("rms z of 40 rates", np.sqrt(np.mean(z**2)), 0.7, 1.35, floor=1.0),
        at_most("|mean z|·√40", abs(z.mean()) * np.sqrt(z.size), 3.3, floor=0.67),
        at_least("smallest Holm-adjusted p of 10 densities", np.min(holm(np.concatenate([run[2] for run in runs]))), 0.01),
    ]
    for label, control in controls.items():
        lines.append(at_least(f"{label}: largest |z| of the rates", np.abs(control[0]).max(), 3.3, floor=1.4, control=True))
        lines.append(at_least(f"{label}: Kuiper distance / its median under the null", control[3] * np.sqrt(REPLICAS) / 1.22, 3.0,
                              floor=1.0, control=True))
    return lines
