"""The cases of 34 and 35 in one dimension by the method of poles: four seeds each, all reported.

Nothing reads a solved ψ, but more goes in than in 34 and 35: the field is an entire function p that moves by the equation (6)
in the form that A1 and A2 give it, linear within a step; of its modulus only S, four smooth functions, is the carriers' own at
each step (qlearn/ensembles/nodes).  2·10⁴ carriers and 5000 noisy learners, drawn iid.  The rule of the poles was fixed on the
cases of 36 and not touched for these.  Holm over all runs of a kind at the final time, family-wise 1 %.  Control: the quantum
potential off.
"""

from concurrent.futures import ProcessPoolExecutor
from functools import cache
from importlib import import_module

import numpy as np

from qlearn.compare import holm
from qlearn.ensembles.nodes.rule import Rule
from qlearn.ensembles.nodes.run import poles_run
from qlearn.errors import RegimeError
from validation.evidence import Evidence, at_least, at_most
from validation.learners_alone import distances

LEARNERS, CARRIERS = 5000, 20_000
KNOWN, NEW = ("free", "squeezed", "quartic", "double well", "ring"), ("driven", "skewed", "twisted ring", "two humps")


@cache
def case(name: str):
    return import_module("validation.34_self_consistent" if name in KNOWN else "validation.35_blind_cases").case(name)


def job(arguments: tuple[str, int, bool]) -> np.ndarray:
    """KS·√N and p at five times of carriers and noisy learners: (2, 5, 2)."""
    name, seed, quantum = arguments
    problem, times = case(name), np.linspace(0.0, case(name).time, 6)
    try:
        run = poles_run(problem.system, (problem.density, problem.phase), times, LEARNERS, seed, carriers=CARRIERS,
                        rule=Rule(quantum=quantum))
    except RegimeError:
        if quantum:
            raise
        return np.full((2, 5, 2), 1000.0)       # the control: refused, for the field is no longer the learners'
    reference = problem.reference(times)
    return np.array([[distances(one.positions[i], reference.density(i)) for i in range(1, 6)] for one in (run.carriers, run)])


def evidence(known=range(4600, 4604), new=range(4650, 4654)) -> list[Evidence]:
    jobs = [(name, seed, True) for names, seeds in ((KNOWN, known), (NEW, new)) for name in names for seed in seeds]
    control = ("squeezed", known[0], False)
    with ProcessPoolExecutor(2) as pool:
        found = dict(zip([*jobs, control], pool.map(job, [*jobs, control]), strict=True))
    lines = []
    for k, kind in enumerate(("carriers", "noisy learners")):
        for label, names in (("the cases of 34", KNOWN), ("the cases of 35", NEW)):
            final = np.array([found[one][k, -1] for one in jobs if one[0] in names])
            least = np.min(holm(final[:, 1]))
            lines.append(at_least(f"{label}, {kind}, {len(final)} runs: smallest Holm-adjusted p", least, 0.01))
            lines.append(at_most(f"{label}, {kind}: median KS·√N at the end", np.median(final[:, 0]), 1.0, floor=0.83))
        for name in (*KNOWN, *NEW):
            five = np.array([found[one][k, :, 0] for one in jobs if one[0] == name])
            shown = ", ".join(f"{x:.2f}" for x in np.median(five, axis=0))
            what = f"{name}, {kind}: median KS·√N (five times: {shown}; largest at the end {five[:, -1].max():.2f})"
            lines.append(at_most(what, np.median(five[:, -1]), 1.5, floor=0.83))
    off = np.max(found[control][0, :, 0])
    what = "squeezed, no quantum potential: KS·√N of carriers (1000: refused)"
    lines.append(at_least(what, off, 3.0, floor=0.83, control=True))
    return lines
