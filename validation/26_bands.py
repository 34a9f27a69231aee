"""Bands over the angle θ: levels, currents and effective masses against Hill's continued fraction with 50 digits; Mathieu's
characteristic values at θ = 0 and ½; the one gap of Lamé's equation in closed form, its closed gaps crossed; the free ring, and
a constant A as a twist; Wannier functions.

Controls: bands joined by rank, where levels cross; the sector 1 % away; a finite difference for the current; a random gauge.
"""

import mpmath as mp
import numpy as np
from scipy.special import mathieu_a, mathieu_b

import qlearn as ql
from qlearn.exact import AharonovBohmRing, LameBands, MathieuBands, TwistedRing
from validation.digits import digits
from validation.evidence import Evidence, at_least, at_most, between
from validation.hill import derivatives

MATHIEU, THETAS = MathieuBands(strength=1.5, mass=0.8, hbar=1.1), [0.1, 0.25, 0.37, 0.45]
Q, UNIT = 0.8 * 1.5 / 1.1**2, 1.1**2 / 1.6
LAME, FREE = LameBands(modulus=0.8), TwistedRing(length=2.0, mass=0.7, hbar=1.3)


def mathieu() -> list[Evidence]:
    H = MATHIEU.hamiltonian(48, 0.0)
    found = ql.bands(H, THETAS, 4)
    known = np.array([[derivatives(theta, Q, e / UNIT) for e in row] for theta, row in zip(THETAS, found.energies, strict=True)])
    known = UNIT * known                            # d/dθ; κ = 2θ on the cell of length π
    edges = ql.bands(H, [0.0, 0.5], 4)
    values = np.array([[mathieu_a(0, Q), mathieu_b(2, Q), mathieu_a(2, Q), mathieu_b(4, Q)],
                       [mathieu_b(1, Q), mathieu_a(1, Q), mathieu_b(3, Q), mathieu_a(3, Q)]]) * UNIT
    away = ql.bands(H, 1.01 * np.array(THETAS), 4)
    near = ql.bands(H, np.array(THETAS) + 1e-3, 4)
    difference = (near.energies - found.energies) / 1e-3
    return [
        digits("Mathieu, four sectors, four bands: levels", found.energies, known[..., 0], found.error_bounds, 11),
        digits("Mathieu: dE/dθ", found.currents, known[..., 1], found.current_errors, 10),
        digits("Mathieu: d²E/dκ²", found.curvatures, known[..., 2] / 4, found.curvature_errors, 9),
        digits("Mathieu: effective masses", found.effective_masses, 1.1**2 * 4 / known[..., 2],
               found.effective_masses**2 / 1.1**2 * found.curvature_errors * 1.001, 9),
        digits("Mathieu, θ = 0 and ½: levels against a_n, b_n", edges.sorted, values, edges.sorted_bounds, 11, known=1e-13),
        at_least("the sectors 1 % away: largest error of a level", np.max(np.abs(away.energies - known[..., 0])), 1e-3,
                 control=True),
        at_least("a forward difference of 1e-3 for dE/dθ: largest error", np.max(np.abs(difference - known[..., 1])), 1e-3,
                 control=True),
    ]


def flat() -> list[Evidence]:
    """Deep lattice, q = 20: a_0 and b_1 with 40 digits, from their matrices in cosines and sines."""
    found = ql.bands(MathieuBands(strength=20.0).hamiltonian(48, 0.0), [0.0, 0.5], 1)
    width, bound = found.sorted[1, 0] - found.sorted[0, 0], found.sorted_bounds[:, 0].sum()
    with mp.workdps(40):
        q = mp.mpf(20)
        even, odd = mp.matrix(40), mp.matrix(40)        # a_0: cos 2jx; b_1: sin (2j+1)x
        for i in range(40):
            even[i, i], odd[i, i] = mp.mpf(2 * i) ** 2, mp.mpf(2 * i + 1) ** 2
            if i:
                even[i, i - 1] = even[i - 1, i] = q * (mp.sqrt(2) if i == 1 else 1)
                odd[i, i - 1] = odd[i - 1, i] = q
        odd[0, 0] -= q
        exact = (min(mp.eigsy(odd, eigvals_only=True)) - min(mp.eigsy(even, eigvals_only=True))) / 2
        tight = 32 * mp.sqrt(2 / mp.pi) * q ** mp.mpf(0.75) * mp.exp(-4 * mp.sqrt(q)) * (1 - 7 / (32 * mp.sqrt(q))) / 2
    return [
        digits("deep lattice: width of the lowest band", width, float(exact), bound, 5),
        at_most("its tight-binding limit: relative distance of DLMF 28.8.2", abs(float(tight / exact) - 1), 5e-2, floor=1e-2),
    ]


def lame() -> list[Evidence]:
    H, thetas = LAME.hamiltonian(64), np.linspace(0, 1, 41)
    found = ql.bands(H, thetas, 5)
    inner, missed = found.energies[1:20, 0], ql.bands(H, [0.1, 0.3], 2)
    least, width = missed.least_gap(0), LAME.edges[2] - LAME.edges[1]
    angles = np.array([LAME.theta(e) for e in inner])
    edges = np.array([found.sorted[0, 0], found.sorted[20, 0], found.sorted[20, 1]])
    bounds = np.array([found.sorted_bounds[0, 0], found.sorted_bounds[20, 0], found.sorted_bounds[20, 1]])
    closed = np.concatenate([np.diff(found.sorted[0])[[1, 3]], np.diff(found.sorted[20])[[2]]])
    smooth, ranked = (np.max(np.abs(np.diff(e, 3, axis=0))) for e in (found.energies, found.sorted))
    return [
        digits("Lamé: the edges k², 1, 1 + k²", edges, LAME.edges, bounds, 11),
        at_most("Lamé: largest |θ(E) − θ| inside the lowest band", np.max(np.abs(angles - thetas[1:20])), 1e-11, floor=1e-13),
        digits("Lamé: effective mass at the bottom", found.effective_masses[0, 0], LAME.bottom_mass,
               LAME.bottom_mass**2 * found.curvature_errors[0, 0], 11, known=1e-14),
        at_most("Lamé: the three gaps that are closed, largest", np.max(closed), 2 * np.max(found.sorted_bounds), floor=1e-12),
        digits("Lamé: the least gap of all θ, from two that miss it", least.value, width, least.error, 11),
        between("the same: what no θ falls below, over the gap", least.at_least / width, 0.85, 1.0, floor=1e-3),
        at_least("the least gap of those two θ, over the least of all", missed.gaps.direct[0] / width, 1.5, control=True),
        at_most("Lamé: third difference of the branches, θ by 1/40", smooth, 5e-3, floor=1e-12),
        at_least("the same, bands joined by rank", ranked, 1e-1, control=True),
    ]


def free() -> list[Evidence]:
    H, thetas = FREE.hamiltonian(32), np.linspace(-1, 1, 17)
    found = ql.bands(H, thetas, 3)
    n = np.array([1, 0, 2])                             # the lowest just above θ = −1, E_1 = 0 there
    momenta = 2 * np.pi * 1.3 / 2.0 * (thetas[:, None] + n)
    unit = 2 * np.pi * 1.3 / 2.0
    flux = AharonovBohmRing(2.0, vector_potential=0.3 * unit, mass=0.7, hbar=1.3).hamiltonian(32)
    potential = ql.Hamiltonian(flux.grid, lambda x: np.cos(np.pi * x), mass=0.7, hbar=1.3, vector_potential=0.3 * unit)
    twisted = ql.Hamiltonian(flux.grid, lambda x: np.cos(np.pi * x), mass=0.7, hbar=1.3)
    a, b = ql.bands(potential, thetas + 0.3, 3), ql.bands(twisted, thetas, 3)
    scale = unit**2 / 1.4
    return [
        digits("free ring, three branches that cross: levels", found.energies, momenta**2 / 1.4, found.error_bounds, 12,
               scale=scale),
        digits("free ring: dE/dθ", found.currents, unit * momenta / 0.7, found.current_errors, 12, scale=scale),
        digits("a constant A against the twist −AL/2πħ, V = cos: levels", a.energies, b.energies,
               a.error_bounds + b.error_bounds, 12, scale=scale),
        at_least("free ring, levels joined by rank: largest error", np.max(np.abs(found.sorted - momenta**2 / 1.4)), 1.0,
                 control=True),
    ]


def wannier() -> list[Evidence]:
    bands = ql.bands(LAME.hamiltonian(32), np.arange(48) / 48, 2)
    w = bands.wannier(0)
    shifted = np.array([np.roll(w.functions[0], 32 * n) for n in range(48)])
    overlaps = w.grid.inner(w.functions[0], shifted)
    x = w.grid.axes[0] - w.centres[0, 0]
    generator = np.random.default_rng(1)
    phases = np.exp(2j * np.pi * generator.random(48))
    cells = np.fft.fft(w.functions[0].reshape(48, 32), axis=0)
    random = np.fft.ifft(phases[:, None] * cells, axis=0).ravel()
    spread = np.sum(np.abs(random) ** 2 * x**2) * w.grid.cell_volume
    hops = np.fft.fft(bands.sorted[:, 0]) / 48
    return [
        at_most("Wannier functions: max |⟨w_0|w_R⟩ − δ|", np.max(np.abs(overlaps - (np.arange(48) == 0))), 1e-12, floor=1e-15),
        at_most("Wannier functions: |centre − the minimum of V|", abs(w.centres[0, 0]), 1e-9, floor=1e-14),
        between("Wannier functions: decay over that of He and Vanderbilt", w.decay[0, 0] / LAME.decay, 0.98, 1.02, floor=1e-3),
        at_most("⟨w_0|H|w_R⟩ against the Fourier coefficients of E(θ)", np.max(np.abs(w.hoppings[:, 0, 0] - hops)), 1e-12,
                floor=1e-14),
        at_least("a random gauge: spread over the least", spread / w.spreads[0], 10.0, control=True),
    ]


def evidence() -> list[Evidence]:
    return mathieu() + flat() + lame() + free() + wannier()
