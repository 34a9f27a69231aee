"""The grid is exact: a free packet on 64 points moves at its group velocity.

Control: the same packet on wavenumbers of a grid that counts its endpoint (spacing L/(N−1)), as some packages have it.
"""

import numpy as np

import qlearn as ql
from validation.evidence import Evidence, at_least, at_most

LENGTH, POINTS, MOMENTUM, DURATION = 40.0, 64, 1.0, 5.0


def travelled(grid: ql.Grid, psi: np.ndarray) -> float:
    """The circular mean of |ψ|², as a length."""
    x = grid.axes[0]
    return float(np.angle(np.sum(np.abs(psi) ** 2 * np.exp(2j * np.pi * x / LENGTH)))) * LENGTH / (2 * np.pi)


def evidence() -> list[Evidence]:
    grid = ql.Grid(POINTS, [(-LENGTH / 2, LENGTH / 2)])
    start = ql.gaussian(grid, center=-4.0, momentum=MOMENTUM, width=1.5)
    lines = []
    for method in (ql.Chebyshev(), ql.RKN6()):
        final = ql.sesolve(ql.Hamiltonian(grid, 0.0), start, [0.0, DURATION], method=method, tol=1e-12).final_state
        velocity = (travelled(grid, final) - travelled(grid, start)) / DURATION
        lines.append(at_most(f"{type(method).__name__}: |group velocity − p/m|", abs(velocity - MOMENTUM), 1e-10, floor=1e-14))
    wrong = grid.wavenumbers[0] * (POINTS - 1) / POINTS
    final = np.fft.ifft(np.exp(-0.5j * wrong**2 * DURATION) * np.fft.fft(start))
    velocity = (travelled(grid, final) - travelled(grid, start)) / DURATION
    lines.append(at_least("endpoint counted: relative error of the velocity", abs(velocity / MOMENTUM - 1), 0.01, control=True))
    return lines
