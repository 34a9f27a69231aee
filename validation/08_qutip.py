"""States agree with QuTiP's (sesolve, method "diag"), global phase included; control: H with another ħ."""

import numpy as np

import qlearn as ql
from validation.evidence import Evidence, at_least, at_most


def evidence() -> list[Evidence]:
    grid = ql.Grid(128, [(-8.0, 8.0)])
    start = ql.gaussian(grid, center=1.0, momentum=0.5, width=0.6)
    hamiltonian = ql.Hamiltonian(grid, lambda x: 0.5 * x**2 + 0.1 * x**4)
    lines = []
    for method in (ql.RKN6(), ql.Chebyshev()):
        result = ql.sesolve(hamiltonian, start, [0.0, 1.0, 3.0], method=method, tol=1e-10, store_states=True)
        lines.append(at_most(f"{type(method).__name__}: largest L2 difference from QuTiP", ql.compare_qutip(result).largest, 1e-9,
                             floor=1e-12))
    other = ql.Hamiltonian(grid, lambda x: 0.5 * x**2 + 0.1 * x**4, hbar=1.01)
    wrong = ql.sesolve(other, start, [0.0, 1.0, 3.0], tol=1e-10, store_states=True)
    difference = float(np.max(grid.norm(wrong.states - result.states)))
    lines.append(at_least("ħ = 1.01: largest L2 difference", difference, 1e-3, control=True))
    return lines
