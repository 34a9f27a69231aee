"""A packet passes Eckart's barrier with the share ∫|φ(k)|²T(k)dk, to 1e-8; a square one to 1e-4, with errors O(Δx²).

Rule for the square barrier, fixed beforehand: its ends lie on points that have V_0/2, or midway between two points; both have
errors O(Δx²), of the ratio −2, and (half + 2·midway)/3 cancels them (Simpson).
Controls: T at the mean wavenumber in the place of the integral; V_0 at the points on the ends, of order 1.
"""

import warnings

import numpy as np

import qlearn as ql
from qlearn.errors import AccuracyWarning
from qlearn.exact import EckartBarrier, GaussianPacket, SquareBarrier
from validation.evidence import Evidence, at_least, at_most, between
from validation.propagation import carried, slope

PACKET, ECKART = GaussianPacket(center=-16.0, width=2.0, momentum=4.0), EckartBarrier(height=8.0, width=0.7)
SHORT, SQUARE = GaussianPacket(center=-9.0, width=1.2, momentum=4.0), SquareBarrier(height=4.0, width=1.0)
POINTS = [512, 1024, 2048]


def passed(packet: GaussianPacket, grid: ql.Grid, x: np.ndarray, table: np.ndarray, duration: float, **settings) -> float:
    """The share of |ψ|² at x > 0 after the packet has met the barrier; half of the density at 0."""
    final = carried(ql.Hamiltonian(grid, table), packet.state(x, 0.0), (0.0, duration), **settings)
    return float(np.sum(np.abs(final) ** 2 * np.heaviside(x, 0.5)) * grid.cell_volume)


def eckart() -> float:
    grid = ql.Grid(1024, (-64.0, 64.0))
    return passed(PACKET, grid, grid.axes[0], ECKART.potential(grid.axes[0]), 12.0)


def square(points: int, shift: float = 0.0, ends: float = 0.5) -> float:
    """With the points at x + shift·Δx and ends·V_0 at ±a/2."""
    grid = ql.Grid(points, (-32.0, 32.0))
    x = grid.axes[0] + shift * grid.spacing[0]
    table = SQUARE.potential(x)
    table[table == SQUARE.height / 2] = ends * SQUARE.height
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AccuracyWarning)      # that a jump of V is not resolved is what is measured here
        return passed(SHORT, grid, x, table, 6.0, method=ql.Chebyshev(), tol=1e-8)


def evidence() -> list[Evidence]:
    share, expected, right = eckart(), ECKART.transmitted(PACKET), SQUARE.transmitted(SHORT)
    half, midway = (np.array([square(n, shift) for n in POINTS]) - right for shift in (0.0, 0.5))
    full = [abs(square(n, ends=1.0) - right) for n in POINTS]
    return [
        at_most(f"Eckart: |share − {expected:.6f}|", abs(share - expected), 1e-8, floor=1e-11),
        at_least("Eckart: |share − T of the mean wavenumber|", abs(share - ECKART.transmission(4.0)), 1e-3, control=True),
        between("square, half points: order in Δx over three grids", slope(POINTS, abs(half)), 1.9, 2.1),
        between("square, ends midway: order in Δx over three grids", slope(POINTS, abs(midway)), 1.9, 2.1),
        at_most(f"square, (half + 2·midway)/3 at Δx = 1/16: |share − {right:.6f}|", abs(half[1] + 2 * midway[1]) / 3, 1e-4),
        at_most("square, the same at Δx = 1/32", abs(half[2] + 2 * midway[2]) / 3, 1e-5),
        Evidence("square, V_0 at the ends: order in Δx", slope(POINTS, full), "≤ 1.3", slope(POINTS, full) <= 1.3, control=True),
    ]
