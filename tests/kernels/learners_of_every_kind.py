"""Short runs of learners of every kind, written to a file: run by test_without_numba with Numba and without.

Arguments: where to write, and "hidden" to hide numba.
"""

import sys

if sys.argv[2:] == ["hidden"]:
    sys.modules["numba"] = None             # type: ignore[assignment]

import numpy as np

import qlearn as ql
from qlearn.densities import GridDensity
from qlearn.kernels.normals import normals

LEARNERS, TIMES, TURN = 700, [0.0, 0.1, 0.2], 2 * np.pi
RATES = {"learning_rate": 1.0, "temperature": 0.5}


def wave(t, q):
    """A ring's wave with winding 1, exact at V = 0 up to a phase."""
    psi = np.exp(1j * (q - t / 2)) * (1 + 0.3 * np.exp(1j * (q - 1.5 * t)))
    return psi, (1j * psi + 0.3j * np.exp(1j * (2 * q - 2 * t)))[None]


def static(coordinates, start, **settings):
    system = ql.LearningSystem(coordinates, **settings, **RATES)
    return ql.simulate(system, start, TIMES, kind="static", learners=LEARNERS, seed=5, dt=0.02).positions


def self_consistent():
    grid = ql.Grid(128, (-6, 6))
    start = GridDensity(grid, np.exp(-grid.axes[0]**2 / 0.5) / np.sqrt(0.5 * np.pi))
    system = ql.LearningSystem("q", potential="q**2/2", **RATES)
    return ql.simulate(system, (start, lambda q: 0 * q), [0.0, 0.05], kind="self-consistent", learners=4000, seed=1).positions


def minibatch():
    x = np.random.default_rng(3).standard_normal(40)
    learner = ql.MinibatchLearner(lambda q, index: np.sin(q[:, None] - x[index][..., None]), 40, periods=[TURN],
                                  learning_rate=0.02, batch_size=4)
    return learner.replicas(1.0, [0, 20], replicas=LEARNERS, seed=2).positions


def main():
    ring = ql.LearningSystem("q", potential="0", periods=TURN, **RATES)
    flow = ql.StreamingLearner(wave, period=TURN, learning_rate=0.005, amplitude=28.0, winding=1, batch_size=2)
    np.savez(
        sys.argv[1], normals=normals(2**70, 2**40, 300, 700, 3),
        well=static("q", 0.3, loss="q**4/4 - q**2/2"), ring=static("q", 0.3, loss="cos(q)", periods=TURN),
        functions=static("q", 0.3, loss="exp(q) + exp(-q) + log(2 + q**2) + tanh(q) + cosh(q)/5 + sqrt(1 + q**2)"),
        kink=static("q", 0.3, loss="abs(q)"), curved=static("q", 0.3, loss="cos(q)", metric="1 + 0.3*cos(q)", periods=TURN),
        plane=static(["x", "y"], (0.3, 0.1), loss="x**2 + y**2/2 + x**2*y**2/8 + sin(x*y)"),
        guided=ql.simulate(ring, 0.5, TIMES, kind="guided", field=wave, learners=LEARNERS, seed=1, dt=0.01).positions,
        labels=flow.replicas(0.5, [0, 30], replicas=LEARNERS, seed=3).positions, minibatch=minibatch(),
        rounded_self_consistent=self_consistent())


main()
