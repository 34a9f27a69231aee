"""Thermal averages and densities of states against closed forms: oscillator, free ring, Morse; counts in 2-D and 3-D.

Levels: digits obtained against digits certified. Random states: z-scores of each problem, Student's t with vectors − 1 degrees,
Holm at 1 %, which is the false-alarm rate of each line. Counts are taken halfway between levels, where the peaks are stated to
be a fifth of the distance to the nearest level, or narrower, so that smoothing moves them by less than 1e-3 of a level's weight.
Controls: a β that is 5 % wrong, peaks as wide as the next level is far, the statistics of the wrong number of dimensions.
"""

import warnings
from math import comb

import numpy as np

import qlearn as ql
from qlearn.compare import holm
from qlearn.compare.p_values import t_p
from qlearn.errors import AccuracyWarning
from validation.digits import digits
from validation.evidence import Evidence, at_least, at_most

NAMES = ("log_partition", "energy", "heat_capacity", "entropy")


def oscillator(betas: np.ndarray, dimensions: int = 1) -> np.ndarray:
    """ln Z, ⟨E⟩, C, S of Z = (2 sinh β/2)^−d, ħω = 1; rows."""
    q = np.exp(-betas)
    log_z, energy = -betas / 2 - np.log1p(-q), 0.5 + q / (1 - q)
    return dimensions * np.array([log_z, energy, betas**2 * q / (1 - q) ** 2, betas * energy + log_z])


def of_levels(levels: np.ndarray, betas: np.ndarray) -> np.ndarray:
    """The same of a list of levels."""
    weights = np.exp(-betas[:, None] * (levels - levels[0]))
    z = weights.sum(axis=1)
    log_z, energy = np.log(z) - betas * levels[0], levels[0] + weights @ (levels - levels[0]) / z
    variance = np.sum(weights * (levels - energy[:, None]) ** 2, axis=1) / z
    return np.array([log_z, energy, betas**2 * variance, betas * energy + log_z])


def rows(found, which: str | None = None) -> np.ndarray:
    return np.array([getattr(found, name) if which is None else getattr(found, which)[name] for name in NAMES])


def line(name: str, found, exact: np.ndarray, needed: float) -> Evidence:
    """All four quantities, errors relative to 1 + |exact|."""
    return digits(name, rows(found), exact, rows(found, "bounds"), needed, scale=1 + np.abs(exact))


# --- by levels ----------------------------------------------------------------------------------------------------------

def by_levels() -> list[Evidence]:
    betas, few = np.array([1.0, 3.0, 10.0, 100.0]), np.array([0.1, 1.0, 10.0])
    one = ql.Hamiltonian(ql.Grid(96, (-12, 12)), lambda x: x**2 / 2)
    two = ql.Hamiltonian(ql.Grid((40, 40), [(-8.5, 8.5)] * 2), lambda x, y: (x**2 + y**2) / 2)
    x2 = ql.thermal(one, betas, observables={"x2": lambda x: x**2}, levels=44)
    lines = [
        line("oscillator, 44 levels, β = 1 … 100", x2, oscillator(betas), 10),
        digits("oscillator: ⟨x²⟩ = ⟨E⟩", x2.averages["x2"], oscillator(betas)[1], x2.bounds["x2"], 10),
        line("oscillator 2-D, 66 levels, β = 3 … 100", ql.thermal(two, betas[1:], levels=66), oscillator(betas[1:], 2), 9),
        line("free ring, θ function", ql.thermal(free_ring(), few), ring_exact(few), 10),
        line("twisted ring, θ = 0.3", ql.thermal(free_ring(0.3), few), ring_exact(few, 0.3), 10),
        morse(),
        few_levels(one),
    ]
    wrong = np.abs(rows(x2) - oscillator(betas * (1 + 1e-6))) / rows(x2, "bounds")
    lines.append(at_least("oscillator, β wrong by 1e-6: distance of ln Z over its bound", wrong[0].min(), 1.0, control=True))
    return lines


def free_ring(theta: float = 0.0) -> ql.Hamiltonian:
    return ql.Hamiltonian(ql.Grid(96, (0, 2 * np.pi), twist=theta), 0.0)


def ring_exact(betas: np.ndarray, theta: float = 0.0) -> np.ndarray:
    """Z = Σ_n e^{−β(n + θ)²/2}."""
    return of_levels(np.sort((np.arange(-200, 201) + theta) ** 2 / 2), betas)


def morse() -> Evidence:
    """40(1 − e^{−x})²: E_n = ω(n + ½) − ω²(n + ½)²/160, ω² = 80, nine bound levels; β so large that the continuum is nothing."""
    H = ql.Hamiltonian(ql.Grid(160, (-1.6, 9.0), "wall"), lambda x: 40 * (1 - np.exp(-x)) ** 2)
    n, omega, betas = np.arange(9) + 0.5, np.sqrt(80.0), np.array([1.0, 2.0, 5.0])
    exact = of_levels(omega * n - omega**2 * n**2 / 160, betas)
    return line("Morse, bound levels, β = 1 … 5", ql.thermal(H, betas, levels=9), exact, 8)


def few_levels(H: ql.Hamiltonian) -> Evidence:
    """The bound with too few levels must still hold: 6 of them at β = 5, 6."""
    betas = np.array([5.0, 6.0])
    found = ql.thermal(H, betas, levels=6, tol=1e-6)
    return line("oscillator, 6 levels only, β = 5, 6", found, oscillator(betas), 9)


# --- by random states ---------------------------------------------------------------------------------------------------

def by_random_states() -> list[Evidence]:
    """β so small that many levels count: there the errors are nearly normal."""
    betas, three = np.array([0.2, 0.3, 0.5]), np.array([3.0])
    H = ql.Hamiltonian(ql.Grid((128, 128), [(-16, 16)] * 2), lambda x, y: (x**2 + y**2) / 2)
    small = ql.Hamiltonian(ql.Grid((48, 48), [(-8, 8)] * 2), H.potential)
    found = ql.thermal(H, betas, method="typicality", vectors=30, seed=32)
    cold = ql.thermal(small, three, method="typicality", vectors=8, seed=32, levels=15)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        bare = ql.thermal(small, three, method="typicality", vectors=8, seed=32)
    told = any(issubclass(one.category, AccuracyWarning) and "so few levels" in str(one.message) for one in said)
    exact, ground = oscillator(betas, 2), oscillator(three, 2)
    return [
        at_least("oscillator 2-D, 16384 points, 30 random states: smallest adjusted p of 12 numbers", p_of(found, exact).min(),
                 0.01),
        at_most("random states: standard error of ln Z", found.errors["log_partition"].max(), 0.06),
        at_most("random states: share of Z that is the grid's", found.grid_share.max(), 1e-4),
        at_most("random states above 15 levels, β = 3: error of ln Z", abs(rows(cold) - ground)[0, 0], 1e-6),
        at_least("random states without the levels, β = 3: error of ln Z", abs(rows(bare) - ground)[0, 0], 1e-3, control=True),
        at_least("random states without the levels, β = 3: warned", float(told), 1.0, control=True),
        at_least("random states, β wrong by 5 %: −log₁₀ p", -np.log10(p_of(found, oscillator(1.05 * betas, 2)).min()), 2.0,
                 control=True),
        at_least("random states against 1-D: −log₁₀ p", -np.log10(p_of(found, oscillator(betas)).min()), 2.0, control=True),
    ]


def p_of(found, exact: np.ndarray) -> np.ndarray:
    return holm(t_p(((rows(found) - exact) / rows(found, "errors")).ravel(), found.vectors - 1))


def small_beta() -> list[Evidence]:
    """At β → 0 Z is the number of levels of the grid, and a warning says so."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        found = ql.thermal(ql.Hamiltonian(ql.Grid(96, (-12, 12)), lambda x: x**2 / 2), 0.0)
    told = any(issubclass(one.category, AccuracyWarning) and "grid's" in str(one.message) for one in said)
    return [digits("β = 0: Z = 96 points", np.exp(found.log_partition), 96.0, 96 * found.bounds["log_partition"], 12),
            at_least("β = 0: warned that these are the grid's levels", float(told), 1.0, control=True)]


# --- densities of states ------------------------------------------------------------------------------------------------

def counts() -> list[Evidence]:
    lines = []
    for d, points, half, energies, vectors in ((2, 48, 7.5, np.arange(2.5, 12), 16), (3, 20, 6.0, np.arange(3.0, 8), 12)):
        grid = ql.Grid((points,) * d, [(-half, half)] * d)
        H = ql.Hamiltonian(grid, lambda *q: sum(x**2 for x in q) / 2)
        found = ql.density_of_states(H, energies=energies, resolution=0.1, vectors=vectors, seed=d, method="stochastic")
        below = np.array([comb(int(np.floor(e - d / 2 + 1e-9)) + d, d) for e in energies])        # d levels n + d/2
        z = (found.counts - below) / found.count_errors
        lines.append(at_least(f"oscillator {d}-D, {points**d} points: smallest adjusted p of {len(z)} counts",
                              holm(t_p(z, vectors - 1)).min(), 0.01))
        lines.append(at_most(f"oscillator {d}-D: relative error of N({energies[-1]:g}) = {below[-1]}",
                             found.count_errors[-1] / below[-1], 0.12))
        other = np.array([comb(int(np.floor(e - d / 2 + 1e-9)) + d - 1, d - 1) for e in energies])
        wrong = holm(t_p((found.counts - other) / found.count_errors, vectors - 1))
        lines.append(at_least(f"oscillator {d}-D, counts of {d - 1} dimensions: −log₁₀ p", -np.log10(wrong.min()), 2.0,
                              control=True))
    return lines


def exact_counts() -> list[Evidence]:
    energies = (np.arange(1, 13) ** 2 + np.arange(2, 14) ** 2) / 4                                # between n²/2 and (n + 1)²/2
    below = 2 * np.arange(1, 13) + 1
    ring = free_ring()
    sharp = ql.density_of_states(ring, energies=energies, resolution=0.15)
    coarse = ql.density_of_states(ring, energies=energies[:1], resolution=0.75)
    known = sharp.smoothed(np.arange(-48, 48) ** 2 / 2)[1]
    return [
        at_most("free ring, exact trace: |N(E) − 2n − 1| halfway between levels", np.max(np.abs(sharp.counts - below)), 1e-3),
        at_most("free ring: against its levels smoothed by the same kernel", np.max(np.abs(sharp.counts - known)), 1e-9),
        at_least("free ring, peaks as wide as the next level is far: |N(E) − 3|", abs(coarse.counts[0] - 3), 1e-2, control=True),
    ]


def evidence() -> list[Evidence]:
    return [*by_levels(), *by_random_states(), *small_beta(), *counts(), *exact_counts()]
