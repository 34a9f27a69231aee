"""Packets in oscillators move as the closed forms say: coherent, squeezed, forced (Husimi), of a modulated frequency (Ermakov).

A force that is switched on, or rises and falls along straight lines, is a force f(t) like any other to Husimi's solution

    ψ(x, t) = χ(x − ξ, t) exp{(i/ħ)[m ξ̇ (x − ξ) + ∫L dt]},    m ξ̈ = −m ω² ξ + f,    L = m ξ̇²/2 − m ω² ξ²/2 + f ξ

with χ the packet without a force; what breaks in f are times at which steps have to end.
Default method, tol 1e-10, phase included.  Controls: the closed forms with one thing forgotten, as a solver might forget it.
"""

from itertools import pairwise

import numpy as np

import qlearn as ql
from qlearn.exact import DrivenOscillator, GaussianPacket, ModulatedOscillator
from validation.evidence import Evidence, at_least, at_most
from validation.propagation import carried, distance, error

GRID = ql.Grid(256, (-16.0, 16.0))
SPAN = (0.0, 7.0)          # more than a period: Z^{1/2} has changed its sign
PROBLEMS = {
    "coherent": GaussianPacket(center=2.0, width=0.5**0.5, momentum=-1.0, omega=1.0),
    "squeezed, chirped": GaussianPacket(center=1.0, width=0.5, momentum=0.7, chirp=0.3, omega=1.1, mass=1.2, hbar=0.9),
    "forced (Husimi)": DrivenOscillator(center=0.5, width=0.6, momentum=-0.4, chirp=0.2, omega=1.1, force=0.8, drive=2.3),
    "modulated frequency (Ermakov)": ModulatedOscillator(center=1.0, width=0.6, rate=1.0, modulation=0.3, drive=1.7,
                                                         momentum=0.5),
}


def adiabatic(problem: ModulatedOscillator) -> ql.Hamiltonian:
    """The modulated oscillator with ω = s(t), the terms of ṡ and s̈ forgotten."""
    def potential(t, x):
        return 0.5 * (problem.rate * (1 + problem.modulation * np.cos(problem.drive * t))) ** 2 * x**2

    return ql.Hamiltonian(GRID, potential, time_dependent=True)


def pushed(force: dict[float, tuple[float, float]], t: float) -> tuple[float, float, float]:
    """(ξ, ξ̇, ∫L dt) at t under f(t) = Σ (jump + slope (t − c)) for t > c, m = ω = 1."""
    edges = sorted({0.0, t, *(c for c in force if 0 < c < t)})
    nodes, weights = np.polynomial.legendre.leggauss(40)
    places = np.concatenate([0.5 * ((b - a) * nodes + a + b) for a, b in pairwise(edges)])
    lengths = np.concatenate([0.5 * (b - a) * weights for a, b in pairwise(edges)])

    def path(s: np.ndarray) -> np.ndarray:
        """(ξ, ξ̇, f) of times s."""
        total = np.zeros((3, *s.shape))
        for c, (jump, slope) in force.items():
            late = np.maximum(s - c, 0.0)
            total += [jump * (1 - np.cos(late)) + slope * (late - np.sin(late)),
                      jump * np.sin(late) + slope * (1 - np.cos(late)), np.where(s > c, jump + slope * late, 0.0)]
        return total

    xi, rate, f = path(places)
    return *(float(value) for value in path(np.array(t))[:2]), float(np.sum(lengths * (0.5 * rate**2 - 0.5 * xi**2 + f * xi)))


def under(force: dict[float, tuple[float, float]], written: str, late: float = 0.0) -> float:
    """L2 error under such a force, V(t, x) written as f(t) g(x), as a callable or, with A = −∫f dt, in the velocity gauge;
    ``late`` by which the solver's force is."""
    packet, x = GaussianPacket(center=0.7, width=0.6, momentum=-0.5, omega=1.0), GRID.axes[0]

    def f(t):
        return sum(jump + slope * (t - late - c) for c, (jump, slope) in force.items() if t - late > c)

    def A(t):
        return -sum(jump * (t - late - c) + 0.5 * slope * (t - late - c) ** 2
                    for c, (jump, slope) in force.items() if t - late > c)

    moving = {"time_dependent": True}
    H = {"f(t) g(x)": lambda: ql.Hamiltonian(GRID, ql.SeparablePotential(lambda x: x**2 / 2, [(f, lambda x: -x)])),
         "V(t, x)": lambda: ql.Hamiltonian(GRID, lambda t, x: x**2 / 2 - f(t) * x, **moving),
         "A(t)": lambda: ql.Hamiltonian(GRID, x**2 / 2, vector_potential=lambda t, x: A(t), **moving)}[written]()
    xi, rate, action = pushed(force, SPAN[1])
    wanted = packet.state(x - xi, SPAN[1]) * np.exp(1j * (rate * (x - xi) + action))
    wanted = wanted * np.exp(1j * A(SPAN[1]) * x) if written == "A(t)" else wanted
    return distance(H, carried(H, packet.state(x, 0.0), SPAN), wanted)


def evidence() -> list[Evidence]:
    lines = [at_most(f"{name}: L2 error of ψ", error(problem, GRID, SPAN), 1e-8, floor=1e-12)
             for name, problem in PROBLEMS.items()]
    driven, tuned = PROBLEMS["forced (Husimi)"], PROBLEMS["modulated frequency (Ermakov)"]
    lines.append(at_most("forced, from t = 1.3 back to −2: L2 error", error(driven, GRID, (1.3, -2.0)), 1e-8, floor=1e-12))
    switched, trapezoid = {1.3: (0.9, 0.0)}, {0.5: (0.0, 0.8), 1.7: (0.0, -0.8), 4.1: (0.0, -0.6), 5.7: (0.0, 0.6)}
    for name, force in (("a force switched on at 1.3", switched), ("a force like a trapezoid in t", trapezoid)):
        for written in ("f(t) g(x)", "V(t, x)", "A(t)"):
            lines.append(at_most(f"{name}, as {written}: L2 error", under(force, written), 1e-8, floor=1e-12))
    lines.append(at_least("the force switched on 0.01 late: L2 error", under(switched, "f(t) g(x)", late=0.01), 1e-3,
                          control=True))
    squeezed, x = PROBLEMS["squeezed, chirped"], GRID.axes[0]
    H = squeezed.hamiltonian(GRID)
    final = carried(H, squeezed.state(x, 0.0), SPAN)
    q, p = squeezed.path(SPAN[1])
    unturned = squeezed.state(x, SPAN[1]) * np.exp(-1j * (p * q - squeezed.momentum * squeezed.center) / (2 * squeezed.hbar))
    lines.append(at_least("squeezed, the action ∫(pdq − Hdt) forgotten", distance(H, final, unturned), 1e-2, control=True))
    lines.append(at_least("Z^{1/2} of the principal branch: its sign", distance(H, final, -squeezed.state(x, SPAN[1])), 1e-2,
                          control=True))
    still = driven.hamiltonian(GRID).at(0.0)
    lines.append(at_least("forced, V frozen at t = 0", error(driven, GRID, SPAN, hamiltonian=still), 1e-2, control=True))
    lines.append(at_least("modulated, ω(t) = s(t)", error(tuned, GRID, SPAN, hamiltonian=adiabatic(tuned)), 1e-2, control=True))
    return lines
