"""Relaxation rates as small as 1e-9 of the others, and far smaller, come out positive with a relative error below 1e-6.

Double wells U = (q² − 1)² (+ q/10) at γ = 1, against power series in whole numbers of 1600 bits (validation/double_wells.py,
which shares nothing with the package). One grid of 192 points for all temperatures, fixed beforehand. Three equal wells on a ring
must give two equal rates. In two coordinates the same well, turned by 45°, has the same slow rate.
Controls: the same level of the operator that is not factorised, from the same points, misses 1e-6.
"""

import numpy as np

import qlearn as ql
from validation.digits import digits
from validation.double_wells import rate
from validation.evidence import Evidence, at_least, at_most

GRID = ql.Grid(192, (-2.2, 2.2))
EVEN, TILTED = ("1", "0", "-2", "0", "1"), ("1", "0.1", "-2", "0", "1")
CASES = [(EVEN, "0.05", "1.75"), (TILTED, "0.05", "1.75"), (EVEN, "0.03", "1.6"), (EVEN, "0.02", "1.55")]


def well(loss: tuple[str, ...], temperature: str) -> ql.LearningSystem:
    formula = " + ".join(f"({c})*q**{n}" for n, c in enumerate(loss))
    return ql.LearningSystem("q", loss=formula, learning_rate=1, temperature=float(temperature))


def evidence() -> list[Evidence]:
    lines = []
    for loss, temperature, reach in CASES:
        found = ql.relaxation(well(loss, temperature), 2, grid=GRID)
        exact = np.array([rate(loss, temperature, reach, guess) for guess in found.rates()])
        name = "tilted double well" if loss is TILTED else "double well"
        lines.append(digits(f"{name}, T = {temperature}: λ₁ = {exact[0]:.3g}, λ₂ = {exact[1]:.3g}", found.rates(), exact,
                            found.error_bounds[1:], 6, known=1e-15))
        lines.append(at_least(f"{name}, T = {temperature}: λ₁", found.rates()[0], 1e-300))
        lines.append(at_least(f"{name}, T = {temperature}, matrix not factorised: |λ₁/exact − 1|",
                              abs(not_factorised(loss, temperature) / exact[0] - 1), 1e-6, control=True))
    return [*lines, *three_wells(), *turned()]


def not_factorised(loss: tuple[str, ...], temperature: str) -> float:
    """The second eigenvalue of H_E of (8) as a dense symmetric matrix."""
    H = ql.derive(well(loss, temperature)).equation.hamiltonian(GRID)
    return float(np.linalg.eigvalsh(H.to_matrix())[1]) / H.hbar


def three_wells() -> list[Evidence]:
    ring = ql.LearningSystem("q", loss="1 - cos(3*q)", learning_rate=1, temperature=0.05, periods="2*pi")
    found = ql.relaxation(ring, 2, grid=ql.Grid(128, (0, 2 * np.pi)))
    first, second = found.rates()
    return [at_most(f"three equal wells, λ = {first:.3g}: relative difference of the pair", abs(second / first - 1), 1e-6),
            at_most("the same over the sum of the two bounds", abs(second - first) / found.error_bounds[1:].sum(), 1.0)]


def turned() -> list[Evidence]:
    """U = (s² − 1)² + r² with s = (x + y)/√2, r = (x − y)/√2, T = 0.05: slow rate that of the double well alone."""
    loss = "((x + y)**2/2 - 1)**2 + (x - y)**2/2"
    system, grid = ql.LearningSystem("x y", loss=loss, learning_rate=1, temperature=0.05), ql.Grid((96, 96), [(-2.3, 2.3)] * 2)
    exact = rate(EVEN, "0.05", "1.75", 3.6386e-9)
    found = ql.relaxation(system, 1, grid=grid, tol=1e-6)
    H = ql.derive(system).equation.hamiltonian(grid)
    loose = float(ql.eigenstates(H, 2, tol=1.0).energies[1]) / H.hbar
    return [digits(f"double well turned in two coordinates: λ₁ = {exact:.3g}", found.rates(), exact, found.error_bounds[1:], 6),
            at_least("the energy of the same state, not factorised: |λ₁/exact − 1|", abs(loose / exact - 1), 1e-6,
                     control=True)]
