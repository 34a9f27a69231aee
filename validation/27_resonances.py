"""Resonances by complex scaling and by absorbers agree with closed forms, digits from elsewhere, and outgoing waves along a ray.

    E_res = E − iΓ/2,    |ψ|² ~ e^{−Γt/ħ}

Ways that share no code path: eigenvalues of H_θ (ql.resonances), of H − iW on the real axis, an initial-value integration of
ψ'' = 2(V − E)ψ from both ends of a ray, matched in the middle, and the decay of a packet's norm.  Controls: an angle
too small to uncover the pole, a gain in the place of the absorber, a free particle, whose turned continuum must yield none.
"""

from collections.abc import Callable

import numpy as np
from scipy.integrate import solve_ivp

import qlearn as ql
from qlearn.errors import RegimeError
from qlearn.exact import BarrierPoles, InvertedOscillator, LossyOscillator, RadialBarrier
from qlearn.spectrum import resonances
from qlearn.spectrum.lossy.levels import lossy_levels
from validation.digits import digits
from validation.evidence import Evidence, at_least, at_most

RAY = np.exp(0.3j)
FAR, MATCHED = 40.0, 2.0
MULHOLLAND_GOLDSTEIN = 1.46876861378514    # |q| where a_0(iq) = a_2(iq) of Mathieu's equation: Phil. Mag. 8, 834 (1929)
MEETING = 2.08869890274970 / 2             # that value, as the energy a/2


def outgoing(V: Callable, start: complex, first: tuple[complex, complex]) -> complex:
    """E at which (ψ, ψ')(0) = ``first`` continues into an outgoing wave: secant steps on the difference of ψ'/ψ in the middle."""
    def difference(energy: complex) -> complex:
        slopes = []
        k = np.sqrt(2 * (energy - V(FAR * RAY)) + 0j)
        wave = (1e-30, 1e-30j * (k if (k * RAY).imag > 0 else -k))
        for begin, values in ((0.0, first), (FAR, wave)):
            solved = solve_ivp(lambda s, y: [RAY * y[1], 2 * RAY * (V(s * RAY) - energy) * y[0]], (begin, MATCHED),
                               np.array(values, complex), method="DOP853", rtol=1e-13, atol=1e-40)
            slopes.append(solved.y[1, -1] / solved.y[0, -1])
        return slopes[0] - slopes[1]

    a, b = start, start * (1 + 1e-5)
    fa, fb = difference(a), difference(b)
    for _ in range(12):
        a, b, fa = b, b - fb * (b - a) / (fb - fa), fb
        if abs(b - a) < 1e-13 * abs(b):
            break
        fb = difference(b)
    return complex(b)


def truncated_well(x):
    """(½x² − 0.8)e^{−x²/10}: N. Moiseyev, P. R. Certain, F. Weinhold, Mol. Phys. 36, 1613 (1978)."""
    return (0.5 * x**2 - 0.8) * np.exp(-0.1 * x**2)


def absorbed(strength: float, sign: int = 1, points: int = 600) -> tuple[complex, float]:
    """The lowest shape resonance from H − iW on the real axis, W of the strength times the best one; its bound on this grid."""
    layer = ql.Absorber.for_energies(24.0, (3.0, 4.0), boundary="wall", sides="right", order=6)
    grid = ql.Grid(points, (0.0, 40.0), "wall")
    W = ql.Absorber(layer.width, strength * layer.strength, layer.order, sides="right").table(grid)
    H = ql.Hamiltonian(grid, RadialBarrier().potential(grid.axes[0]) - 1j * sign * W)
    spectrum = lossy_levels(H, 1, target=RadialBarrier().energy(0))
    return complex(spectrum.energies[0]), float(spectrum.error_bounds[0])


def decay_rate() -> float:
    """Γ from the norm of a packet that starts in the well, between t = 40 and 80, when nothing else is left."""
    layer = ql.Absorber.for_energies(24.0, (2.0, 5.0), boundary="wall", sides="right")
    H = RadialBarrier().hamiltonian(300, 45.0, absorber=layer)
    r = H.grid.axes[0]
    start = r * np.exp(-2 * r**2) + 0j
    norms = H.norm(ql.sesolve(H, start / H.norm(start), [0.0, 40.0, 80.0], tol=1e-7).states) ** 2
    return float(np.log(norms[1] / norms[2]) / 40)


def found_with(angle: float) -> float:
    """How far the resonance found nearest to the first pole of a barrier is from it; 1 where none is found."""
    poles = BarrierPoles(2.0)
    try:
        return abs(resonances(poles.hamiltonian(ql.Grid(128, (-14, 14))), 1, target=poles.energy(0), angle=angle).energies[0]
                   - poles.energy(0))
    except RegimeError:
        return 1.0


def free_resonances() -> float:
    """1 where a free particle has no resonances, 0 where a turned plane wave was taken for one."""
    try:
        resonances(ql.Hamiltonian(ql.Grid(128, (-14, 14)), lambda x: 0 * x), 1, target=1.0)
    except RegimeError:
        return 1.0
    return 0.0


def closed_forms() -> list[Evidence]:
    poles, top, lossy = BarrierPoles(2.0), InvertedOscillator(), LossyOscillator(0.4)
    barrier = resonances(poles.hamiltonian(ql.Grid(192, (-18, 18))), 1, target=poles.energy(0))
    inverted = resonances(top.hamiltonian(ql.Grid(128, (-10, 10))), 2, target=-0.9j)
    levels = lossy_levels(lossy.hamiltonian(ql.Grid(64, (-9, 9))), 5)
    ring = ql.Hamiltonian(ql.Grid(48, (0, np.pi)), lambda x: 1j * MULHOLLAND_GOLDSTEIN * np.cos(2 * x))
    meeting = lossy_levels(ring, 2, target=MEETING, tol=1e-3)
    return [
        digits("first pole of 2/cosh²x, closed form", barrier.energies, poles.energy(0), barrier.errors, 8),
        digits("two poles of −x²/2, −i(n + ½)", inverted.energies, [top.energy(0), top.energy(1)], inverted.errors, 11),
        digits("x²(1 − 0.4i)/2, five levels", levels.energies, [lossy.energy(n) for n in range(5)], levels.error_bounds, 11),
        digits("exceptional point of Mathieu's equation, both levels", meeting.energies, np.full(2, MEETING),
               meeting.error_bounds, 5, known=1e-6),
        at_least("its condition number", float(meeting.stats["condition"][0]), 1e4),
    ]


def evidence() -> list[Evidence]:
    case = RadialBarrier()
    known = [case.energy(n) for n in range(2)]
    scaled = resonances(case.hamiltonian(600, 20.0), 2, target=3.6 - 0.2j, center=0.0, angle=0.3)
    well = resonances(ql.Hamiltonian(ql.Grid(224, (-20, 20)), truncated_well), 2, target=1.5)
    followed = [outgoing(truncated_well, e * (1 + 1e-4), first) for e, first in
                zip(well.energies, ((0, 1), (1, 0)) if well.energies[0].imag < -0.1 else ((1, 0), (0, 1)), strict=True)]
    rays = max(abs(outgoing(case.potential, case.energy(n) * (1 + 1e-4), (0, 1)) / case.energy(n) - 1) for n in range(3))
    ours, bound = absorbed(1.0)
    others = [absorbed(1.3)[0], absorbed(1.0, points=900)[0]]
    bound += abs(ours - others[0]) + 2 * abs(ours - others[1])
    with_gain, _ = absorbed(1.0, sign=-1)
    return [
        digits("7.5 r² e^{−r}, two resonances against known digits", scaled.energies, known, scaled.errors, 8),
        digits("their widths", scaled.widths, [-2 * e.imag for e in known], 2 * scaled.errors, 7),
        at_most("outgoing waves along a ray against the known digits of three resonances", rays, 1e-11, floor=1e-13),
        digits("(x²/2 − 0.8)e^{−x²/10}, two resonances against outgoing waves", well.energies, followed, well.errors, 8,
               known=1e-11),
        digits("7.5 r² e^{−r} with an absorber: bound, changes with its strength and the grid", ours, known[0], bound, 7),
        at_most("complex scaling against the absorber", abs(scaled.energies[0] - ours), 1e-7, floor=1e-9),
        at_most("Γ from the decay of a packet, relative", abs(decay_rate() / (-2 * known[0].imag) - 1), 1e-5, floor=1e-8),
        *closed_forms(),
        at_least("θ = 0.1 does not uncover the first pole of 2/cosh²x: distance of what is found", found_with(0.1), 1e-2,
                 control=True),
        at_least("a gain in the place of the absorber: error of E − iΓ/2", abs(with_gain - known[0]), 1e-3, control=True),
        at_least("free particle: no turned plane wave is taken for a resonance", free_resonances(), 1.0, control=True),
    ]
