"""A batch is solved as its members: packets, and parameters of V, each against its own closed form, at one tolerance.

Controls: the parameters in the opposite order; one member taken for all.
"""

import numpy as np

import qlearn as ql
from qlearn.exact import GaussianPacket
from validation.evidence import Evidence, at_least, at_most
from validation.propagation import carried, distance

GRID = ql.Grid(256, (-16.0, 16.0))
OMEGAS, CENTERS, DURATION = [0.7, 1.0, 1.4], [1.0, -2.0], 5.0


def packets(t: float) -> np.ndarray:
    """(2, 3, N): centre by frequency."""
    return np.array([[GaussianPacket(c, 0.6, momentum=0.5, omega=omega).state(GRID.axes[0], t) for omega in OMEGAS]
                     for c in CENTERS])


def wells(omegas: list[float]) -> np.ndarray:
    """V (3, N)."""
    return 0.5 * np.multiply.outer(np.square(omegas), GRID.axes[0] ** 2)


def evidence() -> list[Evidence]:
    H, reverse = ql.Hamiltonian(GRID, wells(OMEGAS)), ql.Hamiltonian(GRID, wells(OMEGAS[::-1]))
    one = ql.Hamiltonian(GRID, wells(OMEGAS)[0])
    start, expected = packets(0.0), packets(DURATION)
    lines = []
    for method in (None, ql.RKN6(), ql.Chebyshev()):
        name = "default method" if method is None else method.name
        lines.append(at_most(f"{name}: 2 packets × 3 frequencies, largest L2 error",
                             distance(H, carried(H, start, (0.0, DURATION), method=method), expected), 1e-8, floor=1e-12))
    spread = carried(H, start[:, :1], (0.0, DURATION))
    lines.append(at_most("ψ (2, 1, N) with V (3, N): largest L2 error", distance(H, spread, expected), 1e-8, floor=1e-12))
    alone = carried(one, start[0, 0], (0.0, DURATION))
    together = carried(H, start, (0.0, DURATION))[0, 0]
    lines.append(at_most("a member alone: L2 distance from the batch", distance(one, alone, together), 1e-9, floor=1e-12))
    lines.append(at_least("frequencies in the opposite order: largest L2 error",
                          distance(H, carried(reverse, start, (0.0, DURATION)), expected), 1e-2, control=True))
    lines.append(at_least("one V for all: largest L2 error", distance(one, carried(one, start, (0.0, DURATION)), expected), 1e-2,
                          control=True))
    return lines
