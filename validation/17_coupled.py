"""Two and three oscillators coupled through the mass matrix and through V: packets and levels by their normal modes.

Controls: only the diagonal of M⁻¹; M in the place of M⁻¹.
"""

import numpy as np

import qlearn as ql
from qlearn.exact import QuadraticPacket
from validation.evidence import Evidence, at_least, at_most
from validation.propagation import carried, distance

MASS = np.array([[1.2, 0.4], [0.4, 0.9]])
PAIR = QuadraticPacket([1.0, -0.6], [0.6, 0.7], [0.4, 0.9], [[1.1, 0.3], [0.3, 1.4]], mass=MASS)
TRIPLE = QuadraticPacket([0.5, -0.4, 0.0], [0.6, 0.55, 0.65], [0.0, 0.5, -0.3], np.diag([2.0, 2.2, 1.8]),
                         mass=[[1.0, 0.2, 0.0], [0.2, 1.1, -0.3], [0.0, -0.3, 0.9]])
PLANE, SPACE = ql.Grid((96, 96), [(-9.0, 9.0)] * 2), ql.Grid((36, 36, 36), [(-6.6, 6.6)] * 3)


def error(packet: QuadraticPacket, grid: ql.Grid, duration: float, mass=None, tol: float = 1e-10) -> float:
    H = ql.Hamiltonian(grid, packet.potential, mass=packet.mass if mass is None else mass)
    start, end = (packet.state(*grid.mesh, t=t) for t in (0.0, duration))
    return distance(H, carried(H, start, (0.0, duration), tol=tol), end)


def evidence() -> list[Evidence]:
    levels = ql.eigenstates(PAIR.hamiltonian(ql.Grid((36, 36), [(-7.0, 7.0)] * 2)), 3, tol=1e-9).energies
    return [
        at_most("two, squeezed: L2 error", error(PAIR, PLANE, 8.0), 1e-8, floor=1e-12),
        at_most("three: L2 error", error(TRIPLE, SPACE, 2.0, tol=3e-9), 1e-8, floor=1e-11),
        at_most("two: three levels, largest error", np.max(np.abs(levels - PAIR.levels(3))), 1e-8, floor=1e-12),
        at_least("two, only the diagonal of M⁻¹: L2 error", error(PAIR, PLANE, 8.0, 1 / np.diag(np.linalg.inv(MASS))), 1e-2,
                 control=True),
        at_least("two, M in the place of M⁻¹: L2 error", error(PAIR, PLANE, 8.0, np.linalg.inv(MASS)), 1e-2, control=True),
    ]
