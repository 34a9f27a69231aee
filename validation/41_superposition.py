"""Linearity holds at α = 1 only: the superposition defect of two correlated packets is rounding there and grows as |α − 1|.

κ = diag(2, ½), V = (x² + y²)/2, γ = 1, T = ½, t = 1; a, b real Gaussians of covariance ((.5, .2), (.2, .5)) about ±(.5, .2),
chosen for having no node near them.  ħ_i by Nelson's reading.  Controls: a packet without the extra term; products that differ
along x, which at ħ = ħ_x show nothing although η is .69.
"""

import numpy as np

import qlearn as ql
from qlearn.inference.superposition import DirectionalTerm
from validation.evidence import Evidence, at_least, at_most, between

KAPPA, SPREAD = (2.0, 0.5), [[0.5, 0.2], [0.2, 0.5]]
NEAR = np.array([0.00125, 0.0025, 0.005, 0.01])


def oscillator(x, y):
    return (x**2 + y**2) / 2


def grid_of(points: int) -> ql.Grid:
    return ql.Grid((points, points), [(-10, 10), (-10, 10)])


def packet(grid, center, spread=SPREAD, mass=(1.0, 1.0), hbars=(1.0, 1.0), hbar=1.0, t=0.0):
    return ql.exact.DirectionalPacket(center, spread, np.eye(2), mass=mass, hbars=hbars, hbar=hbar).state(grid.mesh, t)


def scan(alphas, points=72, spread=SPREAD, centers=((0.5, 0.2), (-0.5, -0.2)), tol=1e-6, **settings):
    grid = grid_of(points)
    return ql.regime_diagnostics(KAPPA, alphas=alphas, states=tuple(packet(grid, c, spread) for c in centers), grid=grid,
                                 times=[0, 1], potential=oscillator, tol=tol, **settings)


def alone(alpha: float) -> tuple[float, float]:
    """L2 error of one packet at t = 1 against its ordinary differential equations, with and without the extra term."""
    found, grid = ql.regime_diagnostics(KAPPA, alphas=alpha), grid_of(72)
    mass, squares, hbar = found.masses[0], found.nelson[0], float(found.hbar[0])
    exact = packet(grid, (0.5, 0.2), mass=mass, hbars=np.sqrt(squares), hbar=hbar, t=1.0)
    term = DirectionalTerm(grid, tuple((hbar**2 - squares) / (2 * mass)))
    errors = []
    for nonlinearity in (term, None):
        H = ql.Hamiltonian(grid, oscillator, mass=mass.tolist(), hbar=hbar, nonlinearity=nonlinearity)
        end = ql.sesolve(H, packet(grid, (0.5, 0.2)), [0, 1], tol=1e-6).final_state
        errors.append(float(grid.norm(end - exact)))
    return errors[0], errors[1]


def evidence() -> list[Evidence]:
    far = scan([0.0, 0.5, 1.0])
    at_zero, at_half, at_one = far.defect[:, -1]
    below, above = (scan(1 + sign * NEAR).defect[:, -1] for sign in (-1, 1))
    powers = [np.polyfit(np.log(NEAR), np.log(side), 1)[0] for side in (below, above)]
    finer, shorter, deeper = (scan([0.5], **change).defect[0, -1] for change in ({"points": 96}, {"tol": 1e-8}, {"floor": 1e-7}))
    along = float(np.sqrt(ql.regime_diagnostics(KAPPA, alphas=0.5).nelson[0, 0]))
    product = scan([0.5], spread=[[0.5, 0], [0, 0.5]], centers=((0.6, 0.3), (-0.6, 0.3)), hbar=along, floor=1e-7)
    with_term, without = alone(0.5)
    return [
        at_most("Δ(1) at α = 1", at_one, 1e-12, floor=1e-15),
        at_least("Δ(1) at α = 0 (η = 1.39)", at_zero, 0.01),
        at_least("Δ(1) at α = ½ (η = .69)", at_half, 0.01),
        between("power of |α − 1|, α = .99 … .99875", powers[0], 0.97, 1.03),
        between("power of |α − 1|, α = 1.00125 … 1.01", powers[1], 0.97, 1.03),
        at_most("|slope below/slope above − 1| at .00125", abs(below[0] / above[0] - 1), 0.03),
        at_most("α = ½: change of Δ on a finer grid, relative", abs(finer / at_half - 1), 1e-5),
        at_most("α = ½: change of Δ with 100 times less tolerance, relative", abs(shorter / at_half - 1), 1e-5),
        at_most("α = ½: change of Δ with a tenth of the floor δ, relative", abs(deeper / at_half - 1), 1e-5),
        at_most("highest node of a + b, |ψ|/max|ψ|", max(one.nodes for one in far.defects or ()), 1e-5),
        at_most("α = ½: one packet against its ODEs, L2", with_term, 1e-5),
        at_least("the same without the extra term", without, 1e-2, control=True),
        at_most("products, ħ = ħ_x, α = ½: Δ(1)", product.defect[0, -1], 1e-6),
    ]
