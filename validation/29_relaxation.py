"""Relaxation rates of learners are right: closed forms in one to three coordinates, currents, curved metrics, Kramers' flux.

Linear learners with anisotropic noise and any α (sums of the eigenvalues of the drift, whatever the noise); rings with a drift,
complex pairs; a metric whose loss is flat (rates of a circle of its proper length); the diabetes learner at α ≠ 1 against the
generator of qlearn.ensembles, another discretisation; the other route, derive → Hamiltonian → eigenstates; the slow rate of a
double well against the flux over its barrier by quadrature, and against Eyring's and Kramers' formula, whose error is O(T).
Controls: the symmetric form of a learner without detailed balance must be refused, and that of another α have other rates.
"""

import numpy as np

import qlearn as ql
from qlearn.errors import RegimeError
from qlearn.exact import BarrierFlux, OrnsteinUhlenbeck
from validation.diabetes import learner
from validation.digits import digits
from validation.evidence import Evidence, at_least, at_most, between

RING = ql.Grid(129, (0, 2 * np.pi))


def evidence() -> list[Evidence]:
    return [*linear(), *rings(), *learners(), *curved(), *kramers(), *controls()]


def linear() -> list[Evidence]:
    """U quadratic; the drift matrix is γ g⁻¹∂∂U, the diffusion γT g⁻¹(κ/κ₀)g⁻¹."""
    line = ql.LearningSystem("q", loss="q**2/2", learning_rate=1, temperature=0.7)
    found = ql.relaxation(line, 8, grid=ql.Grid(128, (-12, 12)))
    lines = [digits("Ornstein–Uhlenbeck 1-D, rates 1 … 8", found.rates(), np.arange(1, 9), found.error_bounds[1:], 10)]
    stiffness = np.array([[1, 1 / 3], [1 / 3, 2]])
    for alpha in (0.0, 0.5, 1.0):
        kappa = np.array([2.0, 0.5])
        system = ql.LearningSystem("x y", loss="x**2/2 + y**2 + x*y/3", learning_rate=1, temperature=0.5, covariance=[2, 0.5],
                                   alpha=alpha)
        found = ql.relaxation(system, 5, grid=ql.Grid((72, 72), [(-13, 13), (-8, 8)]), tol=1e-3)
        exact = OrnsteinUhlenbeck(stiffness / kappa[:, None] ** alpha, 0.5 * np.diag(kappa ** (1 - 2 * alpha)))
        lines.append(digits(f"2-D, κ = (2, ½), α = {alpha:g}, {found.kind}: five rates", found.eigenvalues[1:],
                            exact.eigenvalues(5), found.error_bounds[1:], 6))
        P, p = exact.density(*found.stationary.grid.mesh), found.stationary.values
        lines.append(at_most(f"α = {alpha:g}: stationary density, largest error over the maximum", np.abs(p - P).max() / P.max(),
                             1e-6))
        if not found.detailed_balance:
            J = exact.current(*found.grid.mesh)
            lines.append(at_most("its current", np.abs(found.current - J).max() / np.abs(J).max(), 1e-6))
            lines.append(at_most("its entropy production, relative error",
                                 abs(found.entropy_production / exact.entropy_production - 1), 1e-6))
    return [*lines, three_coordinates()]


def three_coordinates() -> Evidence:
    system = ql.LearningSystem("x y z", loss="x**2/2 + y**2 + x*y/3 + z**2", learning_rate=1, temperature=0.5)
    found = ql.relaxation(system, 4, grid=ql.Grid((24, 24, 24), [(-7.5, 7.5), (-6, 6), (-5, 5)]), tol=1e-5)
    exact = OrnsteinUhlenbeck([[1, 1 / 3, 0], [1 / 3, 2, 0], [0, 0, 2]], 0.5 * np.eye(3)).eigenvalues(4)
    return digits("3-D, four rates", found.eigenvalues[1:], exact, found.error_bounds[1:], 8)


def rings() -> list[Evidence]:
    """A constant drift: λ = −Dn² ± ivn."""
    lines = []
    for drift in (0.3, 3.0):
        ring = ql.LearningSystem("q", loss=f"-{drift}*q", learning_rate=1, temperature=0.5, periods="2*pi")
        found = ql.relaxation(ring, 6, grid=ql.Grid(33, (0, 2 * np.pi)))
        exact = np.array([-0.5 * n**2 + 1j * sign * drift * n for n in (1, 2, 3) for sign in (1, -1)])
        lines.append(digits(f"ring with the drift {drift:g}: three complex pairs", found.eigenvalues[1:], exact,
                            found.error_bounds[1:], 10))
        lines.append(at_most("its current times 2π over the drift, − 1", np.abs(found.current * 2 * np.pi / drift - 1).max(),
                             1e-10))
    return lines


def learners() -> list[Evidence]:
    lines = []
    for alpha, corrected in ((1.0, True), (1.0, False), (0.5, True), (0.0, False)):
        one = learner().with_(alpha=alpha, ito_correction=corrected)
        found, other = ql.relaxation(one, 4, grid=RING), one.fokker_planck(ql.Grid(161, (0, 2 * np.pi)))
        lines.append(digits(f"diabetes learner, α = {alpha:g}, Itô correction {corrected}, {found.kind}: against the generator "
                            "of ensembles", found.rates(), other.rates(4), found.error_bounds[1:], 9, known=1e-11))
        lines.append(at_most("its circulation against the learner's cycle affinity, difference",
                             abs(found.circulation - abs(one.cycle_affinity)), 1e-9))
    return lines


def curved() -> list[Evidence]:
    flat = ql.LearningSystem("q", loss="0*q", metric="(1 + cos(q)/2)**2", learning_rate=1, temperature=0.5, periods="2*pi")
    found = ql.relaxation(flat, 6, grid=ql.Grid(65, (0, 2 * np.pi)))
    exact = 0.5 * np.repeat(np.arange(1, 4), 2) ** 2            # the proper length ∫(1 + ½cos q)dq is 2π
    lines = [digits("curved ring, flat loss: three degenerate pairs", found.rates(), exact, found.error_bounds[1:], 10)]
    system = ql.LearningSystem("q", loss="cos(q)", metric="exp(sin(q))", learning_rate=1, temperature=0.4, periods="2*pi")
    found = ql.relaxation(system, 4, grid=ql.Grid(65, (0, 2 * np.pi)))
    H = ql.derive(system).equation.hamiltonian(ql.Grid(65, (0, 2 * np.pi)))
    lines.append(digits("curved ring against eigenstates of ħH_E", found.rates(), ql.eigenstates(H, 5).rates(4),
                        found.error_bounds[1:], 9, known=1e-10))
    return lines


def kramers() -> list[Evidence]:
    well = ql.LearningSystem("q", loss="(q**2 - 1)**2", learning_rate=1, temperature="T")
    grid, lines, defects = ql.Grid(192, (-2.3, 2.3)), [], []
    for T in (0.1, 0.05, 0.025):
        slow = ql.relaxation(well, 2, grid=grid, parameters={"T": T}).rates()
        flux = BarrierFlux(lambda q: (q**2 - 1) ** 2, (8.0, 4.0), 1.0, 2.3, temperature=T)
        bound = max(slow[0] / slow[1], 1e-9)
        lines.append(at_most(f"double well, T = {T:g}, λ₁ = {slow[0]:.4g}: λ₁τ − 1 of the flux formula, against λ₁/λ₂",
                             abs(slow[0] / flux.rate - 1), bound, floor=1e-10))
        defects.append((slow[0] / flux.eyring_kramers - 1) / T)
    lines.append(between("Eyring–Kramers in 1-D: defect/T at T = 0.05 over that at 0.025", defects[1] / defects[2], 0.9, 1.15))
    ratios = [_plane(T) / T for T in (0.1, 0.05)]
    return [*lines, between("Eyring–Kramers in 2-D: defect/T at T = 0.1 over that at 0.05", ratios[0] / ratios[1], 0.8, 1.3)]


def _plane(T: float) -> float:
    """λ₁ over γ(|μ|/π)√(det H_min/|det H_top|) e^{−ΔU/T}, − 1, of U = (x² − 1)² + y² + xy/2."""
    system = ql.LearningSystem("x y", loss="(x**2 - 1)**2 + y**2 + x*y/2", learning_rate=1, temperature=T)
    found = ql.relaxation(system, 1, grid=ql.Grid((96, 64), [(-2.4, 2.4), (-2.6, 2.6)]), tol=1e-3)
    top = np.array([[-4, 0.5], [0.5, 2]])
    x = np.sqrt(1 + 1 / 32)                                     # at the minima y = −x/4, U = (x² − 1)² − x²/16
    bottom, depth = np.array([[12 * x**2 - 4, 0.5], [0.5, 2]]), (x**2 - 1) ** 2 - x**2 / 16
    slope = -np.linalg.eigvalsh(top)[0]
    rate = slope / np.pi * np.sqrt(np.linalg.det(bottom) / -np.linalg.det(top)) * np.exp(-(1 - depth) / T)
    return float(found.rates()[0] / rate - 1)


def controls() -> list[Evidence]:
    """Without detailed balance: derive refuses the symmetric form; that of the same loss at α = 1 has other rates."""
    refused = 0
    for system in (ql.LearningSystem("q", loss="-0.3*q + cos(q)", periods="2*pi"),
                   ql.LearningSystem("q", loss="cos(q)", covariance="1 + sin(q)/2", alpha=0, periods="2*pi")):
        try:
            ql.derive(system)
        except RegimeError:
            refused += 1
    plain = learner().with_(alpha=0.0)
    wrong = ql.relaxation(learner(), 4, grid=RING).rates() / ql.relaxation(plain, 4, grid=RING).rates() - 1
    return [at_least("systems without detailed balance whose symmetric form is refused, of 2", refused, 2, control=True),
            at_least("α = 0: rates of the symmetric form of α = 1, relative error", np.abs(wrong).max(), 0.05, control=True)]
