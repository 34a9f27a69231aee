"""ħ measured from positions by the virial is 2T = ηC₀/B, and ∝ η and ∝ 1/B with exponents 1 ± .02.

The diabetes learner with label noise 8 (examples/diabetes.toml), T from ptp(U)/64 to ptp(U)/8; 25000 replicas start from
the Boltzmann law of 1.5 T, run for five relaxation times, then five records; seeds 4400 to 4413. Covariant and plain Itô
learner, each with its virial. What finite steps add is known from the learner's cumulants, and is compared with the exact
one-step operator.
Controls: the virial of the other learner; a test of stationarity on a run that has just begun.
"""

import os
import warnings
from concurrent.futures import ProcessPoolExecutor

import numpy as np

import qlearn as ql
from qlearn.densities import GridDensity
from qlearn.inference.planck_fields import learner_fields
from validation.diabetes import GRID, learner
from validation.evidence import Evidence, at_least, at_most, between

REPLICAS, SEED, RELAXATIONS = 25000, 4400, 5.0
RATES, SIZES = (0.0625, 0.125, 0.25, 0.5), (1, 2, 4, 8)              # η over that of T = ptp(U)/4, at B = 1; B at η = ½
SETTINGS = [*((rate, 1) for rate in RATES), *((0.5, size) for size in SIZES[1:])]


def measure(job: tuple[float, int, bool, int]) -> dict[str, float]:
    """One run: ħ over ηC₀/B by both virials, its error, the step bias, the p-value of stationarity, and the same too early."""
    rate, size, ito, seed = job
    base = learner()
    ours = base.with_(learning_rate=rate * base.learning_rate, batch_size=size, ito_correction=ito)
    averages = ours.statistics(GRID)
    slow = ours.learning_rate * float(np.ptp(averages.loss)) / 2        # rate of a cosine well of that depth, g about 1
    last = round(RELAXATIONS / slow)
    weight = np.sqrt(averages.metric) * np.exp((averages.loss.min() - averages.loss) / (1.5 * ours.temperature))
    start = GridDensity(GRID, weight / (weight.sum() * GRID.cell_volume))
    steps = [0, *(last + k * round(0.5 / slow) for k in range(5))]
    run = ours.replicas(start, steps, replicas=REPLICAS, seed=seed)
    own, other = ("covariant", "plain") if ito else ("plain", "covariant")
    found, wrong = (ql.estimate_hbar(run, ours, since=last, noise=noise) for noise in (own, other))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ql.errors.AccuracyWarning)
        early = ql.estimate_hbar(run, ours)
    return {"ratio": found.value / ours.hbar, "error": found.error / ours.hbar, "bias": found.step_bias,
            "wrong": wrong.value / ours.hbar, "p": found.stationarity.p_value, "early": early.stationarity.p_value,
            "hbar": found.value, "corrected": found.value / (1 + found.step_bias)}


def exponent(x: tuple, hbar: list[float], errors: list[float]) -> tuple[float, float]:
    """Least-squares slope of ln ħ on ln x and its standard error; relative errors of ħ."""
    z = np.log(x) - np.mean(np.log(x))
    return float(z @ np.log(hbar) / (z @ z)), float(np.sqrt(z**2 @ np.square(errors)) / (z @ z))


def exact_bias(ito: bool) -> tuple[float, float]:
    """T by the virial under the exact stationary law of the discrete learner, over T, minus 1; and what is predicted."""
    base = learner()
    ours = base.with_(learning_rate=0.5 * base.learning_rate, ito_correction=ito)
    law = ours.transfer_operator(GRID).stationary.values
    _, squared, curvature, step = learner_fields(ours, "covariant" if ito else "plain").at(GRID.axes[0])
    return (law @ squared) / (law @ curvature) / ours.temperature - 1, (law @ step) / (law @ curvature)


def evidence() -> list[Evidence]:
    jobs = [(rate, size, ito, SEED + n) for n, (rate, size, ito) in
            enumerate((rate, size, ito) for ito in (True, False) for rate, size in SETTINGS)]
    with ProcessPoolExecutor(min(2, os.cpu_count() or 1)) as pool:
        biases = pool.map(exact_bias, (True, False))
        found = dict(zip(((rate, size, ito) for rate, size, ito, _ in jobs), pool.map(measure, jobs), strict=True))
    lines = []
    for ito, name, bias in zip((True, False), ("covariant", "plain Itô"), biases, strict=True):
        rows = {key[:2]: row for key, row in found.items() if key[2] == ito}
        lines += [*exponents(name, rows), *agreement(name, rows),
                  at_most(f"{name}: finite steps, |predicted − exact| over exact ({bias[0]:.2g} at η = ½)",
                          abs(bias[1] / bias[0] - 1), 0.1)]
    return lines


def exponents(name: str, rows: dict) -> list[Evidence]:
    by_rate, by_size = [rows[rate, 1] for rate in RATES], [rows[0.5, size] for size in SIZES]
    lines = []
    for what, x, picked in (("η", RATES, by_rate), ("1/B", tuple(1 / size for size in SIZES), by_size)):
        slope, error = exponent(x, [row["hbar"] for row in picked], [row["error"] for row in picked])
        lines.append(between(f"{name}: exponent of ħ in {what}", slope, 0.98, 1.02, floor=error))
    return lines


def agreement(name: str, rows: dict) -> list[Evidence]:
    z = [(row["ratio"] - 1 - row["bias"]) / row["error"] for row in rows.values()]
    off = [abs(row["wrong"] - 1) / row["error"] for row in rows.values()]
    return [at_most(f"{name}: worst |ħB/ηC₀ − 1| of seven settings", max(abs(row["ratio"] - 1) for row in rows.values()), 0.03),
            at_most(f"{name}: χ² of ħB/ηC₀ − 1 − step bias over seven settings (99.9 %)", float(np.sum(np.square(z))),
                    24.3, floor=7.0),
            at_least(f"{name}: least p-value of stationarity", min(row["p"] for row in rows.values()), 1e-4),
            at_most(f"{name}: largest p-value of stationarity with the start in it (must be rejected)",
                    max(row["early"] for row in rows.values()), 1e-3),
            at_least(f"{name}: least error of the other virial, in standard errors", min(off), 4.0, control=True),
            at_least(f"{name}: the same as a share of ħ", min(abs(row["wrong"] - 1) for row in rows.values()), 0.03,
                     control=True)]
