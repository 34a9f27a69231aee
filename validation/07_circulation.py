"""The circulation of guided learners is the winding of ψ, with calibrated errors; a half-integer is rejected.

Guided.  Windings −1, 0, 1, 2 and four seeds each; controls in sectors θ = .3, ½.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

import qlearn as ql
from validation.evidence import Evidence, at_least, at_most, between

HBAR, MASS, LENGTH, LEARNERS = 0.8, 2.0, 2 * np.pi, 20_000
TIMES = np.linspace(0, 4.0, 41)


def measure(number: int, theta: float, seed: int, executor):
    grid = ql.Grid(64, [(0.0, LENGTH)], twist=theta)
    hamiltonian = ql.Hamiltonian(grid, lambda q: 0.05 * np.cos(q), mass=MASS, hbar=HBAR)
    field = ql.sesolve(hamiltonian, ql.plane_wave(grid, number), np.linspace(0, 4.0, 201), method=ql.Chebyshev(), tol=1e-9,
                       store_states=True)
    system = ql.LearningSystem("q", potential="0", learning_rate=1 / MASS, temperature=HBAR / 2, periods=[LENGTH])
    learners = ql.simulate(system, None, TIMES, kind="guided", learners=LEARNERS, seed=seed, field=field, dt=0.02,
                           executor=executor)
    return ql.circulation(learners, hbar=HBAR, mass=MASS)


def evidence() -> list[Evidence]:
    with ThreadPoolExecutor(2) as executor:
        found = [(n, measure(n, 0.0, 10 * seed + n + 1, executor)) for n in (-1, 0, 1, 2) for seed in range(4)]
        controls = {theta: measure(1, theta, 7, executor) for theta in (0.3, 0.5)}
    z = np.array([(one.value - n) / one.error for n, one in found])
    lines = [at_most("16 runs: largest |ν − n|", max(abs(one.value - n) for n, one in found), 0.05,
                     floor=max(one.error for _, one in found)),
             between("16 runs: rms z", np.sqrt(np.mean(z**2)), 0.6, 1.5, floor=1.0)]
    for theta, one in controls.items():
        lines.append(at_least(f"θ = {theta}: |z| against the nearest integer", abs(one.z), 5.0, floor=0.67, control=True))
    return lines
