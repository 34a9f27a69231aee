"""Tunnelling splittings by parity to relative 1e-6 and better, from 1e-1 to 1e-82, where differences of levels have no digit.

E_odd − E_even of (x² − 1)², cosine wells on a ring, two wells in a plane that do not separate, and wells turned against the axes,
against mpmath: Taylor shooting and matrices in waves or oscillator functions with 32 to 180 digits. Numbers are stored with what
made them; three are made again here.  Controls: differences of two levels; instantons to leading order; a barrier 1 % higher.
"""

import numpy as np

import qlearn as ql
from qlearn.exact import DoubleWell
from validation import bases, shooting
from validation.digits import digits
from validation.evidence import Evidence, at_least, at_most

TOL = 1e-8

# v cos 2x on 0 ≤ x < 2π, m = ħ = 1, E_odd − E_even of the lowest pair: bases.ring_level, 60 and 80 digits, 60 and 90 waves
RING = {1.0: 0.1724448935576591846, 5.0: 4.982711106868687422e-3, 30.0: 4.795205451299717531e-8, 100.0: 1.677029433845227799e-15,
        400.0: 2.038157864159232560e-32}

# (x² − 1)² + y²(1 + x²/2), m = 1, ħ = 0.1: bases.banded_level, (44, 10) and (52, 12) functions, s = 0.16 and 0.17 in x
PLANE, PLANE_TERMS = 2.55094417772846498e-8, {(0, 0): 1, (2, 0): -2, (4, 0): 1, (0, 2): 1, (2, 2): 0.5}
ANGLE = 0.6


def well(hbar: float) -> ql.Hamiltonian:
    return DoubleWell(hbar).hamiltonian(int(20 / hbar**0.5))


def ring(strength: float) -> ql.Hamiltonian:
    return ql.Hamiltonian(ql.Grid(64, (0.0, 2 * np.pi)), lambda x: strength * np.cos(2 * x))


def plane(points: tuple[int, int]) -> ql.Hamiltonian:
    grid = ql.Grid(points, [(-2.5, 2.5), (-2.2, 2.2)])
    return ql.Hamiltonian(grid, lambda x, y: (x**2 - 1) ** 2 + y**2 * (1 + 0.5 * x**2), hbar=0.1)


def turned() -> ql.Hamiltonian:
    c, s = np.cos(ANGLE), np.sin(ANGLE)
    return ql.Hamiltonian(ql.Grid((24, 24), [(-2.5, 2.5)] * 2),
                          lambda x, y: ((c * x + s * y) ** 2 - 1) ** 2 + 1.3 * (c * y - s * x) ** 2, hbar=0.1)


def line(what: str, found: ql.Splitting, exact: float, needed: float = 6.0, known: float = 1e-15) -> Evidence:
    return digits(f"{what}: {exact:.3g}", found.value, exact, found.error, needed, known=known)


def made_again() -> list[Evidence]:
    """The stored numbers are what their generators give, with fewer digits and other settings."""
    found = ql.splitting(well(0.09), tol=TOL)
    shot = float(shooting.splitting([1, 0, -2, 0, 1], 2.5, found.energies, hbar=0.09, digits=45, steps=19))
    lowest = [bases.ring_level(100, e, odd=odd, count=45, digits=45) for e, odd in ((-90.1, False), (-90.1, True))]
    functions = bases.plane(PLANE_TERMS, (64, 12), (0.16, 0.19), hbar=0.1)[:2]
    return [
        at_most("stored against shooting with 45 digits, ħ = 0.09, relative", abs(shot / DoubleWell(0.09).splitting() - 1),
                1e-14),
        at_most("stored against 45 waves with 45 digits, v = 100, relative", abs(float(lowest[1] - lowest[0]) / RING[100.0] - 1),
                1e-14),
        at_most("stored against oscillator functions in floats, plane, relative", abs(np.diff(functions)[0] / PLANE - 1), 1e-5),
    ]


def evidence() -> list[Evidence]:
    lines = [line(f"(x² − 1)², ħ = {hbar:g}, pair {pair}", ql.splitting(well(hbar), pair, tol=TOL),
                  DoubleWell(hbar).splitting(pair)) for hbar, pair in DoubleWell.known()]
    lines += [line(f"ring, {strength:g} cos 2x", ql.splitting(ring(strength), tol=TOL), exact)
              for strength, exact in RING.items()]
    lines.append(line("plane, (x² − 1)² + y²(1 + x²/2), ħ = 0.1", ql.splitting(plane((32, 24)), tol=1e-6), PLANE))
    lines.append(line("wells turned by 0.6, by inversion, ħ = 0.1", ql.splitting(turned(), axis=(0, 1), tol=1e-6),
                      DoubleWell(0.1).splitting(), known=1e-9))      # turned, the bounds are elsewhere: 3e-11 already at 2.4
    large, levels = ql.splitting(well(0.2), tol=TOL), ql.eigenstates(well(0.2), 2)
    difference = float(levels.energies[1] - levels.energies[0])
    lines.append(at_most("ħ = 0.2: splitting less the difference of eigenstates, over the sum of their bounds",
                         abs(large.value - difference) / (large.error + float(np.sum(levels.error_bounds))), 1.0))
    return [*lines, *made_again(), *controls()]


def controls() -> list[Evidence]:
    exact = DoubleWell(0.09).splitting()
    dense = [np.linalg.eigvalsh(DoubleWell(0.09).hamiltonian(points).to_matrix()) for points in (400, 500, 600, 700)]
    tiny = ql.eigenstates(well(0.05), 2)
    lines = [
        at_least("splitting 2e-9: relative error of the difference of two levels of dense matrices, worst of four grids",
                 max(abs(float(levels[1] - levels[0]) / exact - 1) for levels in dense), 1e-6, control=True),
        at_least("splitting 1e-16: relative error of the difference of two eigenstates' energies",
                 abs(float(tiny.energies[1] - tiny.energies[0]) / DoubleWell(0.05).splitting() - 1), 0.1, control=True),
        at_least("ħ = 0.09: relative error of instantons to leading order", abs(DoubleWell(0.09).semiclassical() / exact - 1),
                 1e-2, control=True),
    ]
    higher = ql.Hamiltonian(well(0.09).grid, lambda x: 1.01 * (x**2 - 1) ** 2, hbar=0.09)
    lines.append(at_least("ħ = 0.09, V 1 % higher: relative change over certified error",
                          abs(ql.splitting(higher, tol=TOL).value / exact - 1) / TOL, 1e3, control=True))
    return lines
