"""Rates measured from ensembles are the levels: the diabetes learner on three levels, learners on lines, calibrated errors.

Rules fixed beforehand. Diabetes: 10000 replicas, burn-in 18/η, 40 lags of 0.25/η, basis |n| ≤ 6, 4 rates, 3 seeds, Holm over
all 12 at 1 %; operator against the Schrödinger-like levels within 4, 4, 4, 6 %. Lines: ``simulate``, 20000 learners, Hermite
polynomials of total degree 4 (double well 8), Holm at 1 % for each system. Calibration: 200 ensembles of exact transitions with
4000 replicas, KS of the z-scores against Student's t with 99 degrees; false-alarm rate 1 % a line. (4000 was chosen after 1000
replicas had failed on other seeds: there neighbouring rates are three errors apart and push each other, mean z = 0.4.)
Controls: time in units wrong by 5 %, a temperature wrong by 15 %, a basis of one step function, errors wrong by a half.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from scipy.stats import kstest
from scipy.stats import t as student

import qlearn as ql
from qlearn.compare import holm
from qlearn.compare.p_values import t_p
from qlearn.densities import GridDensity
from validation.diabetes import GRID, learner
from validation.evidence import Evidence, at_least, at_most, between

MARGIN = np.array([0.04, 0.04, 0.04, 0.06])


def adjusted(measured, expected) -> np.ndarray:
    """Holm-adjusted p of rates against expected ones."""
    return holm(t_p((measured.values - expected) / measured.errors, measured.degrees_of_freedom))


# --- the diabetes learner -----------------------------------------------------------------------------------------------

def diabetes() -> list[Evidence]:
    one = learner()
    operator, lag, burn_in = one.transfer_operator(GRID), *(round(t / one.learning_rate) for t in (0.25, 18.0))
    shown = operator.projected_rates(lag, 6, 4)
    levels = ql.relaxation(one, 4, grid=GRID).rates(4)
    witten = ql.eigenstates(ql.derive(one.system()).equation.hamiltonian(GRID), 5).rates(4)
    with ThreadPoolExecutor(2) as executor:
        runs = [one.replicas(GridDensity.wrapped_normal(GRID, 2.0, 0.3), burn_in + lag * np.arange(41), replicas=10_000,
                             seed=seed, executor=executor) for seed in range(3)]
    found = [ql.relaxation_rates(run, basis=6, k=4) for run in runs]
    z = np.array([(one.values - shown) / one.errors for one in found])
    return [
        at_least("diabetes: smallest Holm-adjusted p of 12 measured rates against the one-step operator",
                 np.min(holm(t_p(z.ravel(), 99))), 0.01),
        at_most("diabetes: basis |n| ≤ 6 shifts the operator's rates by", np.max(np.abs(shown / operator.rates(4) - 1)), 0.02),
        at_most("diabetes: |levels/operator − 1| over the margins 4, 4, 4, 6 %",
                np.max(np.abs(levels / operator.rates(4) - 1) / MARGIN), 1.0),
        at_most("diabetes: levels of relaxation against eigenstates of the derived Hamiltonian",
                np.max(np.abs(levels / witten - 1)), 1e-7),
        at_most("diabetes: largest |measured/level − 1| over the margins and 4 errors",
                max(np.max(np.abs(one.values / levels - 1) / (MARGIN + 4 * one.errors / levels)) for one in found), 1.0),
        at_least("diabetes, time in steps of the wrong length (5 %): smallest |z|",
                 np.min(np.abs((found[0].values - 1.05 * shown) / found[0].errors)), 3.3, control=True),
    ]


# --- learners on lines --------------------------------------------------------------------------------------------------

def run(system, start, records: int, lag: float, seed: int, **settings) -> ql.Ensemble:
    return ql.simulate(system, start, lag * np.arange(records), kind="static", learners=len(start), seed=seed, **settings)


def ornstein_uhlenbeck() -> list[Evidence]:
    rng, T = np.random.default_rng(0), 0.5
    line = ql.LearningSystem("q", loss="q**2/2", learning_rate=1.0, temperature=T)
    plane = ql.LearningSystem("x y", loss="x**2/2 + 0.65*y**2", learning_rate=1.0, temperature=T)
    one = run(line, rng.normal(0, T**0.5, (20_000, 1)), 13, 0.3, 1)
    two = run(plane, rng.normal(0, T**0.5, (20_000, 2)) / [1, 1.3**0.5], 13, 0.3, 2)
    known = {"1-D": [1, 2, 3], "2-D": [1, 1.3, 2, 2.3, 2.6]}
    lines = []
    for (label, rates), ensemble in zip(known.items(), (one, two), strict=True):
        scale = [T**0.5, (T / 1.3) ** 0.5][:len(ensemble.periods)]
        basis = ql.ProductBasis(4, center=0.0, scale=scale)
        found = ql.relaxation_rates(ensemble, basis=basis, k=len(rates), reversible=True)
        lines.append(at_least(f"Ornstein–Uhlenbeck {label}: smallest adjusted p of {len(rates)} rates",
                              adjusted(found, rates).min(), 0.01))
        lines.append(at_most(f"Ornstein–Uhlenbeck {label}: largest relative standard error", np.max(found.errors / rates), 0.03))
        wrong = ql.Ensemble(1.05 * ensemble.times, ensemble.positions, ensemble.periods)
        off = ql.relaxation_rates(wrong, basis=basis, k=len(rates), reversible=True)
        lines.append(at_least(f"Ornstein–Uhlenbeck {label}, time in units wrong by 5 %: −log₁₀ p", -np.log10(
            adjusted(off, rates).min()), 2.0, control=True))
    return lines + crude(one)


def crude(ensemble: ql.Ensemble) -> list[Evidence]:
    """One step function as the basis: the rate is too large, falls with the lag, and the lags contradict each other."""
    lags = [0.3, 0.6, 1.2]
    good = ql.implied_timescales(ensemble, lags, basis=ql.ProductBasis(4, 0.0, 0.5**0.5), k=2, reversible=True)
    poor = ql.implied_timescales(ensemble, lags, basis=lambda q: np.sign(q - 0.2), k=1, reversible=True)
    return [
        at_least("implied timescales, Hermite basis: smallest p of the consistency of lags",
                 min(good.consistency(0.3, lag).p_value for lag in lags[1:]), 0.005),
        at_least("implied timescales, one step function: −log₁₀ p of the consistency of lags",
                 -np.log10(max(poor.consistency(0.3, lag).p_value for lag in lags[1:])), 2.3, control=True),
        at_least("one step function: rate at the shortest lag over the true one", poor.rates[0, 0], 1.5, control=True),
        at_least("one step function: fall of its rate from lag to lag, in standard errors",
                 np.min(-np.diff(poor.rates[:, 0]) / poor.errors[1:, 0]), 3.3, control=True),
    ]


def double_well() -> list[Evidence]:
    """U = (q² − 1)²/2 at T = 0.3, rates by ``relaxation``."""
    grid = ql.Grid(160, (-2.8, 2.8))

    def system(temperature: float) -> ql.LearningSystem:
        return ql.LearningSystem("q", loss="(q**2 - 1)**2/2", learning_rate=1.0, temperature=temperature)

    levels = ql.relaxation(system(0.3), 3, grid=grid)
    density = GridDensity(grid, levels.stationary.values)
    start = density.sample(20_000, np.random.default_rng(3)).reshape(-1, 1)
    basis = ql.ProductBasis(8, center=0.0, scale=1.0)
    found = ql.relaxation_rates(run(system(0.3), start, 13, 0.2, 4, dt=0.005), basis=basis, k=2, reversible=True)
    warm = ql.relaxation(system(0.345), 3, grid=grid).rates(2)
    return [
        at_least("double well: smallest adjusted p of 2 rates against relaxation's", adjusted(found, levels.rates(2)).min(),
                 0.01),
        at_most("double well: largest relative standard error", np.max(found.errors / found.values), 0.03),
        at_least("double well, rates of a temperature 15 % off: −log₁₀ p", -np.log10(adjusted(found, warm).min()), 2.0,
                 control=True),
    ]


# --- calibration --------------------------------------------------------------------------------------------------------

def synthetic(seed: int) -> ql.Ensemble:
    """4000 replicas of exact Ornstein–Uhlenbeck transitions in 2-D, rates 0.5 and 1.3, five records 0.3 apart."""
    rng, decay = np.random.default_rng([131, seed]), np.exp(-0.3 * np.array([0.5, 1.3]))
    q = rng.standard_normal((5, 4000, 2))
    for row in range(1, 5):
        q[row] = decay * q[row - 1] + np.sqrt(1 - decay**2) * q[row]
    return ql.Ensemble(0.3 * np.arange(5), q, (None, None))


def calibration() -> list[Evidence]:
    basis, expected = ql.ProductBasis(2, center=0.0, scale=1.0), np.array([0.5, 1.0, 1.3])
    found = [ql.relaxation_rates(synthetic(seed), basis=basis, k=3) for seed in range(200)]
    z = np.array([(one.values - expected) / one.errors for one in found])
    p = np.array([one.stationarity.p_value for one in found])
    lines = [at_least(f"200 ensembles, rate {rate:g}: KS p of z", kstest(column, student(99).cdf).pvalue, 0.01)
             for rate, column in zip(expected, z.T, strict=True)]
    return [*lines,
            between("200 ensembles: rms z of the three rates", np.sqrt(np.mean(z**2)), 0.88, 1.12, floor=1.0),
            at_least("200 ensembles: KS p of the test of stationarity", kstest(p, "uniform").pvalue, 0.01),
            at_least("errors too small by a half: −log₁₀ KS p", -np.log10(kstest(2 * z[:, 0], student(99).cdf).pvalue), 2.0,
                     control=True)]


def evidence() -> list[Evidence]:
    return [*diabetes(), *ornstein_uhlenbeck(), *double_well(), *calibration()]
