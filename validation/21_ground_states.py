"""Imaginary time: the state at the end has the exact lowest energy, its residual ‖Hψ − Eψ‖ says so, the path there is exact.

A squeezed packet in an oscillator stays Gaussian in imaginary time: Z of the closed form at t = −iτ; with −c ln|ψ|² too. A
condensate's ground state is the lowest one of its own mean field.  Controls: the same time a third as long, whose residual must
say that it is not yet the ground state; real time in the place of imaginary time; the logarithm left out.
"""

import numpy as np
from scipy.special import mathieu_a

import qlearn as ql
from validation.evidence import Evidence, at_least, at_most
from validation.mean_fields import Cooled
from validation.propagation import carried, distance

LINE = ql.Grid(128, (-10.0, 10.0))
WIDTH, CENTER = 0.5, 1.0


def oscillator() -> ql.Hamiltonian:
    return ql.Hamiltonian(LINE, lambda x: 0.5 * x**2)


def cooled(x: np.ndarray, tau: float) -> np.ndarray:
    """exp(−Hτ)ψ_0 over its norm, ψ_0 ∝ exp(−(x − c)²/4w²): d/dτ of exp(−αx²/2 + βx) gives α' = 1 − α², β' = −αβ."""
    alpha = 1 / (2 * WIDTH**2)
    grown = np.cosh(tau) + alpha * np.sinh(tau)
    now, drift = (np.sinh(tau) + alpha * np.cosh(tau)) / grown, alpha * CENTER / grown
    mean = drift / now
    return (now / np.pi) ** 0.25 * np.exp(-now * (x - mean) ** 2 / 2) + 0j


def mathieu(points: int = 48) -> ql.Hamiltonian:
    return ql.Hamiltonian(ql.Grid(points, (0.0, 2 * np.pi)), lambda x: 2.0 * np.cos(2 * x))


def residual(H: ql.Hamiltonian, psi: np.ndarray) -> float:
    return float(H.norm(H @ psi - H.expect(psi) * psi))


def ground(H: ql.Hamiltonian, start: np.ndarray, tau: float, tol: float = 1e-8) -> np.ndarray:
    return ql.sesolve(H, start, [0.0, tau], tol=tol, imaginary_time=True).final_state


def condensate() -> tuple[float, float]:
    """(|μ − the lowest level of H with f held|, the residual) after τ = 14 of V = x²/2 and f = 5n."""
    H = ql.Hamiltonian(LINE, lambda x: 0.5 * x**2, nonlinearity=lambda n: 5 * n)
    result = ql.sesolve(H, cooled(LINE.axes[0], 0.0), [0.0, 14.0], imaginary_time=True, tol=1e-9)
    held = ql.Hamiltonian(LINE, 0.5 * LINE.axes[0] ** 2 + H.mean_field(result.final_state))
    return abs(float(np.linalg.eigvalsh(held.to_matrix())[0]) - result.stats["chemical_potential"]), result.stats["residual"]


def evidence() -> list[Evidence]:
    H, x = oscillator(), LINE.axes[0]
    start = cooled(x, 0.0)
    moved = ground(H, start, 0.8, tol=1e-10)
    lowest = ground(H, start, 30.0)
    ring = mathieu()
    flat = ground(ring, np.full(48, (2 * np.pi) ** -0.5 + 0j), 24.0)
    early = ground(ring, np.full(48, (2 * np.pi) ** -0.5 + 0j), 2.0)
    level = 0.5 * mathieu_a(0, 2.0)
    logarithm, (apart, left) = Cooled(), condensate()
    relaxed = ground(logarithm.hamiltonian(LINE), logarithm.state(x, 0.0), 1.0, tol=1e-10)
    return [
        at_most("squeezed packet after τ = 0.8: L2 error", distance(H, moved, cooled(x, 0.8)), 1e-8, floor=1e-12),
        at_most("oscillator after τ = 30: |E − ½|", abs(float(H.expect(lowest)) - 0.5), 1e-8, floor=1e-13),
        at_most("oscillator after τ = 30: residual", residual(H, lowest), 1e-8, floor=1e-13),
        at_most("Mathieu after τ = 24: |E − a_0/2|", abs(float(ring.expect(flat)) - level), 1e-8, floor=1e-13),
        at_most("Mathieu after τ = 24: residual", residual(ring, flat), 1e-8, floor=1e-13),
        at_most("logarithmic equation after τ = 1: L2 error", float(LINE.norm(relaxed - logarithm.state(x, 1.0))), 1e-8,
                floor=1e-12),
        at_most("condensate after τ = 14: |μ − lowest level of its mean field|", apart, 1e-10, floor=1e-13),
        at_most("condensate after τ = 14: residual", left, 1e-6, floor=1e-13),
        at_least("logarithmic equation without its logarithm: L2 error",
                 float(LINE.norm(ground(H, logarithm.state(x, 0.0), 1.0) - logarithm.state(x, 1.0))), 1e-2, control=True),
        at_least("Mathieu after τ = 2: residual", residual(ring, early), 1e-5, control=True),
        at_least("real time in the place of τ = 0.8: L2 error", distance(H, carried(H, start, (0.0, 0.8)), cooled(x, 0.8)), 1e-2,
                 control=True),
    ]
