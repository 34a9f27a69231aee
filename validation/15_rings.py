"""Rings: a flux is a twist, with its current; the bands of Mathieu in five sectors; a metric is a change of coordinate.

The bands: scipy's characteristic values at θ = 0 and ½, elsewhere Hill's discriminant, integrated over one cell by DOP853.
Controls: A of the other sign; the bands of the sector 1 % away; the metric taken as none.
"""

import numpy as np
from scipy.integrate import solve_ivp

import qlearn as ql
from qlearn.exact import AharonovBohmRing, GaussianPacket, MathieuBands, MathieuRing, MetricRing, RingPacket
from validation.evidence import Evidence, at_least, at_most
from validation.propagation import carried, distance

RING = AharonovBohmRing(length=10.0, vector_potential=0.7, theta=0.2, mass=1.1, hbar=0.9)
PACKET = GaussianPacket(center=4.0, width=0.6, momentum=2.0, mass=1.1, hbar=0.9)
BANDS, SECTORS = MathieuBands(strength=1.5, mass=0.8, hbar=1.1), (0.0, 0.1, 0.25, 0.37, 0.5)
BENT = MetricRing(0.5)


def discriminant(energy: float) -> float:
    """(y_1(π) + y_2'(π))/2 of −(ħ²/2m)y'' + v cos 2x y = Ey: cos 2πθ in the sector θ."""
    unit = 2 * BANDS.mass / BANDS.hbar**2

    def equation(x, y):
        factor = unit * (BANDS.strength * np.cos(2 * x) - energy)
        return [y[1], factor * y[0], y[3], factor * y[2]]

    end = solve_ivp(equation, (0, np.pi), [1, 0, 0, 1], method="DOP853", rtol=1e-13, atol=1e-14).y[:, -1]
    return float(end[0] + end[3]) / 2


def flux() -> list[Evidence]:
    H = RING.hamiltonian(128)
    x = H.grid.axes[0]
    start, expected = RING.packet_state(x, 0.0, PACKET), RING.packet_state(x, 12.0, PACKET)
    twisted = RING.equivalent.hamiltonian(128)
    factor = np.exp(1j * RING.vector_potential * x / RING.hbar)
    moved = factor * carried(twisted, start / factor, (0.0, 12.0))
    step = 1e-3
    moves = [ql.eigenstates(AharonovBohmRing(10.0, 0.7 + s * step, 0.2, 1.1, 0.9).hamiltonian(64), 1).energies[0]
             for s in (-1, 1)]
    lowest = min(range(-3, 4), key=lambda n: abs(RING.current(n)))
    other = ql.Hamiltonian(H.grid, 0.0, mass=1.1, hbar=0.9, vector_potential=-RING.vector_potential)
    return [
        at_most("constant A: six levels, largest error", np.max(np.abs(ql.eigenstates(H, 6).energies - RING.levels(6))), 1e-9,
                floor=1e-12),
        at_most("constant A, a packet round the ring: L2 error", distance(H, carried(H, start, (0.0, 12.0)), expected), 1e-8,
                floor=1e-12),
        at_most("the twist −AL/2πħ in its place: L2 error", distance(twisted, moved, expected), 1e-8, floor=1e-12),
        at_most("persistent current −∂E_0/∂(AL), error", abs(-(moves[1] - moves[0]) / (2 * step * 10.0) - RING.current(lowest)),
                1e-9, floor=1e-12),
        at_least("A of the other sign: L2 error", distance(H, carried(other, start, (0.0, 12.0)), expected), 1e-2, control=True),
    ]


def bands() -> list[Evidence]:
    lines = []
    for theta in SECTORS:
        found = ql.eigenstates(BANDS.hamiltonian(64, theta), 5).energies
        if theta in (0.0, 0.5):
            lines.append(at_most(f"Mathieu, θ = {theta:g}: five levels against a_n, b_n",
                                 np.max(np.abs(found - BANDS.levels(theta, 5))), 1e-9, floor=1e-12))
        else:
            apart = [abs(discriminant(e) - np.cos(2 * np.pi * theta)) for e in found]
            lines.append(at_most(f"Mathieu, θ = {theta:g}: five levels in Hill's discriminant", max(apart), 1e-8, floor=1e-11))
    wrong = [abs(discriminant(e) - np.cos(2 * np.pi * 0.25)) for e in BANDS.levels(0.2525, 5)]
    lines.append(at_least("the sector 0.2525 in the place of 0.25", min(wrong), 1e-3, control=True))
    return lines


def metric() -> list[Evidence]:
    H, free = BENT.hamiltonian(160), RingPacket(GaussianPacket(center=2.0, width=0.35, momentum=4.0), 2 * np.pi)
    q = H.grid.axes[0]
    start, expected = BENT.half_density(q, free, 0.0), BENT.half_density(q, free, 1.5)
    start, expected = np.asarray(start, dtype=complex), np.asarray(expected, dtype=complex)
    levels = ql.eigenstates(BENT.hamiltonian(96, strength=1.0), 6).energies
    flat = ql.Hamiltonian(H.grid, 0.0)
    return [
        at_most("g = (1 + ½cos q)²: a packet, L2 error", distance(H, carried(H, start, (0.0, 1.5)), expected), 1e-8, floor=1e-12),
        at_most("g = (1 + ½cos q)²: six levels of Mathieu", np.max(np.abs(levels - MathieuRing(1.0).levels(6))), 1e-9,
                floor=1e-12),
        at_least("no metric: L2 error", distance(flat, carried(flat, start, (0.0, 1.5)), expected), 1e-2, control=True),
    ]


def evidence() -> list[Evidence]:
    return flux() + bands() + metric()
