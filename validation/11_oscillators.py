"""Packets in oscillators move as the closed forms say: coherent, squeezed, forced (Husimi), of a modulated frequency (Ermakov).

Default method, tol 1e-10, phase included.  Controls: the closed forms with one thing forgotten, as a solver might forget it.
"""

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


def evidence() -> list[Evidence]:
    lines = [at_most(f"{name}: L2 error of ψ", error(problem, GRID, SPAN), 1e-8, floor=1e-12)
             for name, problem in PROBLEMS.items()]
    driven, tuned = PROBLEMS["forced (Husimi)"], PROBLEMS["modulated frequency (Ermakov)"]
    lines.append(at_most("forced, from t = 1.3 back to −2: L2 error", error(driven, GRID, (1.3, -2.0)), 1e-8, floor=1e-12))
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
