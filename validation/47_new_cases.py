"""Five cases made up after the default method was frozen, ten seeds each: whatever comes out is reported.

History.  In the first run (seeds 5300 … 5309) four cases held all bars, and "packets" was refused in all ten: its box, ±14, was
too small for what spreads from packets 0.5 wide in t = 3, and the method said so ("the field has reached the ends of the box").
The box is ±28 since, nothing else was changed, and that case has the seeds 5310 … 5319.

Written down and committed before the first run of any of them; order, steps and markers of the method were those of the commit
before.  Potentials, starts, γ, T, twist are new: a well that is shaken and squeezed in time from a skewed moving start; two
packets of different widths and speeds that go through each other in a shallow well (nodes among the learners); a twisted ring
with winding −1; a plane with a vortex in an anharmonic, uneven well; an asymmetric double well with ħ = 0.7.  1e5 noisy learners
and 4e5 carriers (plane: 2e4 and 1e5).  Assumed, as in 34: A1, A2, a start that is known as a function, and the linear law of the
field between two refits; learners' own are the means of a few functions.  Bars as in 34: Holm at family-wise 1 %, medians of
KS·√N ≤ 1, fidelity ≥ 0.999.  Control: the shaken well held still.
"""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial

import numpy as np

import qlearn as ql
from qlearn.densities import GridDensity
from validation.evidence import Evidence, at_least
from validation.learners_alone import Case, learner
from validation.learners_through_nodes import by_default, lines_of, measure_poles

SEEDS = range(5300, 5310)
NAMES = ("shaken", "packets", "twisted ring", "vortex", "two wells")
PLANE = {"learners": 20_000, "carriers": 100_000}
SHAKEN = "q**2*(1 + 2*cos(17*t/10)/5)/2 + 3*q*sin(23*t/10)/20 + q**4/30"


@cache
def case(name: str) -> Case:
    if name == "shaken":
        grid = ql.Grid(384, [(-8, 8)])
        q = grid.axes[0]
        start = np.exp(-0.9 * (q - 0.4) ** 2 - 0.2 * q**3 - 0.15 * q**4)
        return Case(learner("q", SHAKEN, learning_rate=0.8, temperature=0.6), normalised(grid, start), moving, 5.0)
    if name == "packets":
        grid = ql.Grid(1024, [(-28, 28)])
        start = np.abs(two_packets(grid.axes[0])) ** 2
        return Case(learner("q", "q**2/20"), normalised(grid, start), partial(phase_of, two_packets, 1.0), 3.0)
    if name == "twisted ring":
        ring = ql.Grid(128, [(0, 2 * np.pi)], twist=0.35)
        start = np.exp(0.5 * np.cos(ring.axes[0]) + 0.3 * np.sin(2 * ring.axes[0]))
        system = learner("q", "2*cos(q)/5 + 3*sin(2*q)/10", periods="2*pi", theta="7/20", learning_rate=1.3, temperature=0.4)
        return Case(system, normalised(ring, start), against_the_twist, 5.0)
    if name == "vortex":
        plane = ql.Grid((96, 96), [(-7, 7)] * 2)
        start = np.abs(vortex(*plane.mesh)) ** 2
        system = learner("x y", "x**2/2 + 7*y**2/10 + x*y**2/8 + (x**2 + y**2)**2/50")
        return Case(system, normalised(plane, start), partial(phase_of, vortex, 1.0), 3.0)
    grid = ql.Grid(512, [(-4.5, 4.5)])
    start = np.exp(-((grid.axes[0] + 1.15) ** 2) / (2 * 0.36**2))
    return Case(learner("q", "(q**2 - 9/5)**2/2 + q/5", temperature=0.35), normalised(grid, start), None, 9.0)


def normalised(grid: ql.Grid, values: np.ndarray) -> GridDensity:
    return GridDensity(grid, values / (values.sum() * grid.cell_volume))


def moving(q: np.ndarray) -> np.ndarray:
    return 0.5 * q - 0.12 * q**2


def two_packets(q: np.ndarray) -> np.ndarray:
    return np.exp(-((q + 2.6) ** 2) / (4 * 0.5**2) + 1.6j * q) + 0.8 * np.exp(-((q - 2.1) ** 2) / (4 * 0.7**2) - 1.1j * q + 0.9j)


def vortex(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return (x - 0.5 + 1j * (y + 0.3)) * np.exp(-0.45 * x**2 - 0.6 * y**2 + 0.3j * x)


def phase_of(wave: Callable, hbar: float, *q: np.ndarray) -> np.ndarray:
    return hbar * np.angle(wave(*q))


def against_the_twist(q: np.ndarray) -> np.ndarray:
    return 0.8 * (-0.65 * q + 0.35 * np.cos(q))


def job(arguments: tuple[str, int, str]) -> dict:
    name, seed, kind = arguments
    if kind == "held still":
        still = learner("q", "7*q**2/10 + q**4/30", learning_rate=0.8, temperature=0.6)
        return measure_poles(case(name), seed, system=still)
    return by_default(case(name), seed, **(PLANE if name == "vortex" else {}))


def evidence(seeds=SEEDS, names=NAMES) -> list[Evidence]:
    jobs = [(name, seed + 10 * (name == "packets"), "default") for name in names for seed in seeds]
    control = ("shaken", seeds[0], "held still")
    with ProcessPoolExecutor(2) as pool:
        found = dict(zip([*jobs, control], pool.map(job, [*jobs, control]), strict=True))
    lines = lines_of(names, {one[:2]: found[one] for one in jobs})
    what = "shaken, the well held still for the learners: KS·√N of noisy learners at the end"
    return [*lines, at_least(what, found[control]["distances"][-1, 1], 3.0, floor=0.83, control=True)]
