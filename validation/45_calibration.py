"""Every test of ``compare`` is calibrated: p-values uniform under the null, wrong laws rejected with the power stated beforehand.

Rule fixed beforehand: 150 repetitions of each of 28 tests (line, ring and plane, there 40; against a law and against another
sample), KS of the p-values against uniform, Holm at 1 %.  Powers by Gaussian limit or noncentral χ² (``qlearn.compare.power``),
then 100 samples.  400 families of 12 tests at a family-wise level of 5 %.  Control of the calibration: a wrong number of
learners.  An earlier form with 120 samples had stated powers from 2000 draws of the null, which were off by up to .1.
"""

from concurrent.futures import ProcessPoolExecutor
from itertools import product

import numpy as np

import qlearn as ql
from qlearn.compare import holm, ks_distance, ks_p, power
from qlearn.compare.distance_tests import TESTS, Sample
from qlearn.densities import GridDensity
from validation.evidence import Evidence, at_least, at_most, between

LEARNERS, OTHERS, DRAWS = 600, 400, 199
REPETITIONS = {"line": 150, "ring": 150, "plane": 40}
SAMPLES, LEVEL, TRIALS = 100, 0.01, 4000
LINE, RING, PLANE = ql.Grid(256, (-8, 8)), ql.Grid(128, (0, 2 * np.pi)), ql.Grid((64, 64), [(-6, 6)] * 2)


def normal(centre: float = 0.0, width: float = 1.0, share: float = 0.0, wide: float = 2.0) -> GridDensity:
    """N(centre, width²), of which a share has ``wide`` times the width."""
    def bell(w):
        return np.exp(-0.5 * ((LINE.axes[0] - centre) / w)**2) / w
    values = (1 - share) * bell(width) + share * bell(wide * width)
    return GridDensity(LINE, values / values.sum() / LINE.cell_volume)


def turned(angle: float) -> GridDensity:
    return GridDensity.wrapped_normal(RING, 2.0 + angle, 0.9)


def tilted(correlation: float) -> GridDensity:
    """Two unit normals with this correlation."""
    x, y = np.meshgrid(*PLANE.axes, indexing="ij")
    values = np.exp(-(x**2 - 2 * correlation * x * y + y**2) / (2 * (1 - correlation**2)))
    return GridDensity(PLANE, values / values.sum() / PLANE.cell_volume)


LAWS = {"line": normal(), "ring": turned(0.0), "plane": tilted(0.5)}
PERIODS = {"line": (None,), "ring": (2 * np.pi,), "plane": (None, None)}
NULLS = [(name, place, two) for place, names in (("line", TESTS), ("ring", TESTS), ("plane", ("chi2", "energy", "wasserstein")))
         for name, two in product(names, (False, True))] + [("ks of one axis", "plane", two) for two in (False, True)]

# what is wrong, where, the law of the learners, the law they are tested against, learners
WRONG = {
    "shift .08": ("line", normal(0.08), normal(), 2000, ("ks", "wasserstein", "energy")),
    "width 1.06": ("line", normal(width=1.06), normal(), 4000, ("ks", "kuiper", "chi2", "wasserstein", "energy")),
    "5 % in tails of twice the width": ("line", normal(share=0.05), normal(), 15000, ("kuiper", "chi2", "wasserstein")),
    "turned by .08": ("ring", turned(0.08), turned(0.0), 2000, ("kuiper", "chi2", "wasserstein", "energy")),
    "correlation .15": ("plane", tilted(0.15), tilted(0.0), 2000, ("chi2",)),
    "correlation .3": ("plane", tilted(0.3), tilted(0.0), 1500, ("energy",)),
}


def null_p_values(case: tuple[str, str, bool]) -> np.ndarray:
    name, place, two = case
    rng = np.random.default_rng([451, NULLS.index(case)])
    law = LAWS[place]

    def sample(n):
        return Sample(law.sample(n, rng).reshape(n, -1), PERIODS[place])

    def p_value():
        mine, other = sample(LEARNERS), sample(OTHERS) if two else law
        if name == "ks of one axis":
            return TESTS["ks"](mine.along(0), other.along(0) if two else law.marginal(0), rng, DRAWS).p_value
        return TESTS[name](mine, other, rng, DRAWS).p_value
    return np.array([p_value() for _ in range(REPETITIONS[place])])


def uniformity(p: np.ndarray) -> float:
    """p-value of p being uniform, by KS."""
    p = np.sort(p)
    n = np.arange(len(p))
    return float(ks_p(max(np.max((n + 1) / len(p) - p), np.max(p - n / len(p))), len(p)))


def powers(case: tuple[str, str]) -> tuple[float, int]:
    """The power stated, and how many of the samples were rejected."""
    what, test = case
    place, truth, law, n, _ = WRONG[what]
    rng = np.random.default_rng([4502, *map(ord, what + test)])
    stated = power(truth, law, n, test=test, level=LEVEL, ring=place == "ring", trials=TRIALS, seed=1)
    rejected = sum(TESTS[test](Sample(truth.sample(n, rng).reshape(n, -1), PERIODS[place]), law, rng, 399).p_value <= LEVEL
                   for _ in range(SAMPLES))
    return stated, rejected


def families(seed: int) -> tuple[int, int]:
    """Of 100 families of 12 true tests, how many have a rejection at 5 %: with Holm's correction and without."""
    rng, law, found = np.random.default_rng([4500, seed]), LAWS["ring"], np.zeros(2, dtype=int)
    for _ in range(100):
        q = law.sample(6 * LEARNERS, rng).reshape(6, LEARNERS, 1)
        run = ql.Ensemble(np.arange(6.0), q, PERIODS["ring"])
        comparison = ql.compare(law, run, times=np.arange(6.0), tests=("kuiper", "chi2"), level=0.05)
        found += np.array([not comparison.verdict.passed, np.any(comparison.p_values < 0.05)])
    return int(found[0]), int(found[1])


def wrong_number() -> float:
    """Two samples, judged as if the second were the law itself."""
    rng, law = np.random.default_rng(45_000), LAWS["line"]
    p = []
    for _ in range(300):
        a, b = law.sample(LEARNERS, rng), np.sort(law.sample(OTHERS, rng))
        distance = np.max(np.abs(np.searchsorted(np.sort(a), b) / LEARNERS - np.arange(OTHERS) / OTHERS))
        p.append(float(ks_p(distance, LEARNERS)))
    return uniformity(np.array(p))


def evidence() -> list[Evidence]:
    cases = [(what, test) for what, (*_, tests) in WRONG.items() for test in tests]
    with ProcessPoolExecutor(2) as pool:
        drawn = pool.map(null_p_values, NULLS, chunksize=2)
        stated = pool.map(powers, cases)
        rejections = np.sum(list(pool.map(families, range(4))), axis=0)
        p_values, measured = list(drawn), list(stated)
    uniform = np.array([uniformity(p) for p in p_values])
    every = np.concatenate(p_values)
    lines = [at_least(f"{len(NULLS)} tests under the null: smallest Holm-adjusted p of uniformity", np.min(holm(uniform)), 0.01),
             between("share of their p-values ≤ 5 %", np.mean(every <= 0.05), 0.035, 0.065, floor=0.05),
             between("share of their p-values ≤ 1 %", np.mean(every <= 0.01), 0.003, 0.017, floor=0.01)]
    z = []
    for (what, test), (expected, rejected) in zip(cases, measured, strict=True):
        error = np.sqrt(max(expected * (1 - expected), 0.01) * (1 / SAMPLES + 1 / TRIALS))
        z.append((rejected / SAMPLES - expected) / error)
        lines.append(at_least(f"{what}: {test}, rejections of {SAMPLES} at {LEVEL:.0%}, stated power {expected:.2f}",
                              rejected / SAMPLES, expected - 3.5 * error, floor=LEVEL, control=True))
    law = LAWS["line"]
    lines += [
        at_most(f"{len(cases)} powers: largest |measured − stated| in standard errors", np.max(np.abs(z)), 3.5, floor=2.0),
        at_least("shift .02, 10⁵ learners: stated power of KS at 1 %",
                 power(normal(0.02), law, 1e5, ring=False, trials=TRIALS), 0.99),
        at_most("Holm, families of 12 true tests at 5 %: share with a rejection", rejections[0] / 400, 0.094, floor=0.05),
        at_least("the same without Holm", rejections[1] / 400, 0.2, floor=0.05, control=True),
        control("two samples judged as one and the law: p of uniformity", wrong_number(), 1e-4),
        at_most("KS·√N of 10⁶ learners",
                1e3 * ks_distance(law.sample(10**6, np.random.default_rng(9)), law, ring=False), 1.95, floor=0.83),
    ]
    return lines


def control(what: str, value: float, bound: float) -> Evidence:
    """A control that must be rejected with p ≤ bound."""
    return Evidence(what, value, f"≤ {bound:g}", value <= bound, floor=0.5, control=True)
