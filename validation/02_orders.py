"""Strang has order 2, RKN6 order 6, Chebyshev reaches 1e-12: on complex ψ, its phase included, against closed forms.

Control: a Lie step (order 1) under the same fit.
"""

import numpy as np

import qlearn as ql
from qlearn.exact.gaussians import GaussianPacket
from validation.evidence import Evidence, at_most, between

PACKET = GaussianPacket(center=1.0, width=0.5, momentum=0.7, chirp=0.3, omega=1.0)      # squeezed, moving, chirped
GRID = ql.Grid(256, [(-16.0, 16.0)])
DURATION = 2.0


def error(method, tol: float = 1e-8) -> float:
    result = ql.sesolve(PACKET.hamiltonian(GRID), PACKET.state(GRID.axes[0], 0.0), [0.0, DURATION], method=method, tol=tol)
    return float(GRID.norm(result.final_state - PACKET.state(GRID.axes[0], DURATION)))


def lie_error(steps: int) -> float:
    h, x, k = DURATION / steps, GRID.axes[0], GRID.wavenumbers[0]
    psi = PACKET.state(x, 0.0)
    for _ in range(steps):
        psi = np.fft.ifft(np.exp(-0.5j * h * k**2) * np.fft.fft(np.exp(-0.5j * h * x**2) * psi))
    return float(GRID.norm(psi - PACKET.state(x, DURATION)))


def slope(steps: list[int], errors: list[float]) -> float:
    return float(-np.polyfit(np.log(steps), np.log(errors), 1)[0])


def evidence() -> list[Evidence]:
    lines = []
    for make, order, steps in ((ql.Strang, 2, [100, 150, 225, 340, 500]), (ql.RKN6, 6, [4, 5, 6, 8, 11])):
        errors = [error(make(dt=DURATION / n)) for n in steps]
        lines.append(between(f"{make.__name__}: slope over {len(steps)} steps", slope(steps, errors), order - 0.1, order + 0.1))
    lines.append(at_most("Chebyshev: L2 error of ψ", error(ql.Chebyshev(), 5e-13), 1e-12, floor=1e-14))
    lie = slope([200, 400, 800, 1600], [lie_error(n) for n in (200, 400, 800, 1600)])
    lines.append(Evidence("Lie step: |slope − 2|", abs(lie - 2), "> 0.1", abs(lie - 2) > 0.1, control=True))
    return lines
