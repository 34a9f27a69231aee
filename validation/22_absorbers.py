"""Absorbing layers send back and let through what they say; a complex V damps as the closed form says; so does ‖ψ‖².

A packet meets the layers of a ring once: the share of |ψ|² that is left inside is ∫|φ(k)|²(R + T)(k)dk, R and T of Absorber from
its stationary equation.  V = ½(1 − iγ)x²: the packet of the oscillator with the complex frequency √(1 − iγ); the same pushed
by −F cos(Ωt)x.
Controls: R + T of a layer 10 % stronger; of the mean wavenumber alone; the sign of γ; half of γ in the pushed one.
"""

import numpy as np
from scipy.integrate import solve_ivp

import qlearn as ql
from qlearn.exact import GaussianPacket
from validation.evidence import Evidence, at_least, at_most
from validation.propagation import carried, distance

PACKET, LAYER, DURATION = GaussianPacket(center=-20.0, width=3.0, momentum=4.0), ql.Absorber(width=4.0, strength=2.5), 33.0
GAMMA, WIDTH, FORCE, DRIVE = 0.3, 0.6, 0.8, 1.7
LINE = ql.Grid(256, (-14.0, 14.0))


def returned(layer: ql.Absorber, points: int = 801) -> float:
    """∫ |φ(k)|² (R + T)(k) dk over seven standard deviations."""
    k, step = np.linspace(PACKET.momentum - 7 / 6, PACKET.momentum + 7 / 6, points, retstep=True)
    density = np.exp(-18 * (k - PACKET.momentum) ** 2) * (18 / np.pi) ** 0.5
    return float(np.sum(density * layer.reflection(k**2 / 2).returned) * step)


def left_inside(points: int) -> float:
    """‖ψ‖² after the packet has met the layers once."""
    grid = ql.Grid(points, (-60.0, 60.0))
    H = ql.Hamiltonian(grid, 0.0, absorber=LAYER)
    return float(H.norm(carried(H, PACKET.state(grid.axes[0], 0.0), (0.0, DURATION), method=ql.Lanczos(), tol=2e-9)) ** 2)


def damped(x: np.ndarray, t: float) -> np.ndarray:
    """exp(−x²/4w²) at t in ½(1 − iγ)x²: Z = cos ωt + (i/2w²ω) sin ωt, ω complex, Z^{1/2} continued from t = 0."""
    omega = np.sqrt(1 - 1j * GAMMA)
    times = np.linspace(0.0, t, 400)
    path = np.cos(omega * times) + 0.5j / (WIDTH**2 * omega) * np.sin(omega * times)
    rate = -omega * np.sin(omega * t) + 0.5j / WIDTH**2 * np.cos(omega * t)
    root = np.sqrt(np.abs(path[-1])) * np.exp(0.5j * np.unwrap(np.angle(path))[-1])
    return (2 * np.pi * WIDTH**2) ** -0.25 / root * np.exp(0.5j * rate / path[-1] * x**2)


def pushed(x: np.ndarray, t: float) -> np.ndarray:
    """exp(−αx²/2 + βx + δ) at t under −F cos(Ωt)x: α′ = i(ω² − α²), β′ = −iαβ + iF cos Ωt, δ′ = i(β² − α)/2."""
    def rates(s: float, y: np.ndarray) -> np.ndarray:
        alpha, beta, _ = y
        return 1j * np.array([1 - 1j * GAMMA - alpha**2, FORCE * np.cos(DRIVE * s) - alpha * beta, (beta**2 - alpha) / 2])
    first = np.array([1 / (2 * WIDTH**2), 0.0, np.log((2 * np.pi * WIDTH**2) ** -0.25)], dtype=complex)
    alpha, beta, delta = solve_ivp(rates, (0.0, t), first, method="DOP853", rtol=1e-13, atol=1e-14).y[:, -1] if t else first
    return np.exp(-alpha * x**2 / 2 + beta * x + delta)


def drive(gamma: float) -> ql.Hamiltonian:
    V = ql.SeparablePotential(lambda x: 0.5 * (1 - 1j * gamma) * x**2, [(lambda t: -FORCE * np.cos(DRIVE * t), lambda x: x)])
    return ql.Hamiltonian(LINE, V)


def evidence() -> list[Evidence]:
    share, expected = left_inside(1024), returned(LAYER)
    H = ql.Hamiltonian(LINE, lambda x: 0.5 * (1 - 1j * GAMMA) * x**2)
    x = LINE.axes[0]
    moved = carried(H, damped(x, 0.0), (0.0, 5.0))
    other = LINE.norm(moved - np.conj(damped(x, -5.0)))
    driven, half = (carried(drive(part * GAMMA), pushed(x, 0.0), (0.0, 5.0)) for part in (1.0, 0.5))
    stronger = ql.Absorber(width=LAYER.width, strength=1.1 * LAYER.strength)
    mean = float(LAYER.reflection([PACKET.momentum**2 / 2]).returned[0])
    return [
        at_most(f"layers: |share left inside − {expected:.6f}|", abs(share - expected), 1e-8, floor=1e-10),
        at_most("½(1 − iγ)x²: L2 error", distance(H, moved, damped(x, 5.0)), 1e-8, floor=1e-12),
        at_most("½(1 − iγ)x² − F cos(Ωt)x: L2 error", distance(H, driven, pushed(x, 5.0)), 1e-8, floor=1e-12),
        at_least("layers 10 % stronger: |difference of the share|", abs(share - returned(stronger)), 1e-5, control=True),
        at_least("R + T of the mean wavenumber: |difference of the share|", abs(share - mean), 1e-5, control=True),
        at_least("½(1 − iγ)x², γ of the other sign: L2 error", other, 1e-2, control=True),
        at_least("½(1 − iγ)x² − F cos(Ωt)x, half of γ: L2 error", distance(H, half, pushed(x, 5.0)), 1e-2, control=True),
    ]
