"""A learner with two angles: replicas follow the exact one-step operator, the operator the Schrödinger-like levels, in d = 2.

Learner, generated: two neurons of unit length, f = x₁₂·u(q₁) + x₃₄·u(q₂), correlated inputs, 200 of them, labels f(0.9, 2.0) ± n
from both signs of normal noise of width 12; full-matrix metric g = C/C₀, Itô correction, T = (max U − min U)/5.
Rule fixed beforehand: 10000 replicas from √g e^{−U/T}, burn-in 100 steps, ten lags of 50 steps, ProductBasis of total degree 3, 4
rates; seeds 20 … 25; Holm over all 24 rates, and over the 6 densities at the last record (χ² and energy), family-wise 1 %.
Operator on 25² points against (8): margin 4 % for rates 1 to 4.  Detailed balance: the largest circulation of a ≤ 1e-4.  (Data
seed 0 with noise 8, where rate 4 is 4.4 % off, was used while this was written; data seed 3 is new.)
Controls: the same replicas against the operator without the Itô correction, and of α = ½; circulations of both ≥ 1.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

import qlearn as ql
from qlearn.compare import holm
from qlearn.compare.p_values import t_p
from qlearn.densities import GridDensity
from validation.evidence import Evidence, at_least, at_most, between

GRID = ql.Grid((25, 25), [(0.0, 2 * np.pi)] * 2)
REPLICAS, BURN_IN, LAG, SEEDS = 10_000, 100, 50, range(20, 26)
BASIS = ql.ProductBasis(3)


def learner(seed: int = 3, noise: float = 12.0) -> ql.MinibatchLearner:
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((200, 4)) * [1.2, 0.8, 1.0, 0.7]
    x[:, 2:] += x[:, :2] * [0.5, 0.4]
    clean = x @ [np.cos(0.9), np.sin(0.9), np.cos(2.0), np.sin(2.0)]
    n = noise * rng.standard_normal(200)
    unit = ql.MinibatchLearner.torus_network(np.r_[x, x], np.r_[clean + n, clean - n], learning_rate=1.0, batch_size=1)
    loss = unit.loss_at(ql.Grid((64, 64), GRID.bounds).points)
    return unit.with_(learning_rate=2 * np.ptp(loss) / 5 / unit.reference_covariance)


def gibbs(one: ql.MinibatchLearner, grid: ql.Grid = GRID) -> GridDensity:
    s = one.statistics(grid)
    root = np.sqrt(np.linalg.det(np.moveaxis(s.metric, (0, 1), (-2, -1))))
    density = root * np.exp(-(s.loss - s.loss.min()) / one.temperature)
    return GridDensity(grid, density / (density.sum() * grid.cell_volume))


def measure(one: ql.MinibatchLearner, start: GridDensity, law, seed: int):
    """Measured rates, and the p-values of χ² and energy at the last record."""
    run = one.replicas(start, BURN_IN + LAG * np.arange(11), replicas=REPLICAS, seed=seed)
    found = ql.relaxation_rates(run, basis=BASIS, k=4)
    density = ql.compare(law, run, times=[run.times[-1]], tests=("chi2", "energy"), seed=seed)
    return found.values, found.errors, np.ravel(density.p_values)


def evidence() -> list[Evidence]:
    one = learner()
    operator, start = one.transfer_operator(GRID), gibbs(one)
    plain, half = one.with_(ito_correction=False), one.with_(alpha=0.5)
    shown = {name: other.transfer_operator(GRID) for name, other in (("no Itô correction", plain), ("α = ½", half))}
    with ThreadPoolExecutor(2) as executor:
        runs = list(executor.map(lambda seed: measure(one, start, operator.stationary, seed), SEEDS))
        wrong = {name: ql.compare(other.stationary, one.replicas(start, [BURN_IN], replicas=REPLICAS, seed=20, executor=executor),
                                  tests=("chi2",)) for name, other in shown.items()}
    values, errors = (np.array([run[i] for run in runs]) for i in (0, 1))
    expected = operator.projected_rates(LAG, 3, 4)
    z = (values - expected) / errors
    p = np.array([run[2] for run in runs])
    return [*levels(one, operator), *balance(one, plain, half),
            at_most("basis of degree 3 shifts the operator's rates by", np.max(np.abs(expected / operator.rates(4) - 1)), 0.05),
            at_least("smallest Holm-adjusted p of 24 rates", np.min(holm(t_p(z.ravel(), 99))), 0.01),
            between("rms z of 24 rates", np.sqrt(np.mean(z**2)), 0.65, 1.4, floor=1.0),
            at_least("smallest Holm-adjusted p of 6 densities, χ²", np.min(holm(p[:, 0])), 0.01),
            at_least("smallest Holm-adjusted p of 6 densities, energy", np.min(holm(p[:, 1])), 0.01),
            *controls(values, errors, shown, wrong)]


def levels(one: ql.MinibatchLearner, operator) -> list[Evidence]:
    found = ql.relaxation(one, 4, grid=ql.Grid((24, 24), GRID.bounds), tol=1e-4)
    generator, fine = one.fokker_planck(GRID), ql.Grid((33, 33), GRID.bounds)
    exact = gibbs(one, fine).values
    eps3, defect = one.statistics(GRID).eps3, np.abs(found.rates(4) / operator.rates(4) - 1)
    return [
        at_most(f"ε₃ = {eps3:.3f}: levels of (8) over the operator's rates, worst |ratio − 1|", defect.max(), 0.04),
        at_most("levels of (8) against the Fokker–Planck generator",
                np.max(np.abs(found.rates(4) / generator.rates(4) - 1)), 1e-6),
        at_most("generator's stationary density on 33² points against √g e^{−U/T}, over its maximum",
                np.max(np.abs(one.fokker_planck(fine).stationary.values - exact)) / exact.max(), 1e-4),
    ]


def balance(one, plain, half) -> list[Evidence]:
    return [
        at_most("circulation of a with the Itô correction", one.affinity(GRID).largest, 1e-4),
        at_least("circulation without the Itô correction", plain.cycle_affinity, 1.0, control=True),
        at_least("circulation at α = ½", half.cycle_affinity, 1.0, control=True),
    ]


def controls(values, errors, shown, wrong) -> list[Evidence]:
    lines = []
    for name, other in shown.items():
        z = (values - other.projected_rates(LAG, 3, 4)) / errors
        lines.append(at_least(f"replicas against the operator of {name}: largest |mean z|·√6",
                              np.abs(z.mean(axis=0)).max() * 6**0.5, 5.0, control=True))
        lines.append(at_least(f"χ² of one ensemble against the density of {name}: −log₁₀ p",
                              -np.log10(max(float(np.ravel(wrong[name].p_values)[0]), 1e-300)), 4.0, control=True))
    return lines
