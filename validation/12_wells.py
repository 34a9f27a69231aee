"""Morse and Pöschl–Teller: levels, the dynamics of a superposition, and a packet that is not reflected, against closed forms.

Controls: the levels without anharmonicity; a well that is 1 % too deep, which reflects.
"""

import numpy as np

import qlearn as ql
from qlearn.exact import GaussianPacket, Morse, PoschlTeller, ReflectionlessPacket
from validation.evidence import Evidence, at_least, at_most
from validation.propagation import carried, distance, error

MORSE, WEIGHTS = Morse(depth=12.0, inverse_width=0.5, mass=1.1, hbar=0.9), [0.5, 0.5j, -0.5, 0.5]
VALLEY = ql.Grid(384, (-3.5, 26.0))
LINE = ql.Grid(768, (-60.0, 60.0))
PASSING = ReflectionlessPacket(GaussianPacket(center=-10.0, width=1.0, momentum=2.5, mass=1.1, hbar=0.9), inverse_width=0.8)


def evidence() -> list[Evidence]:
    x, H = VALLEY.axes[0], MORSE.hamiltonian(VALLEY)
    found, levels = ql.eigenstates(H, 6).energies, np.array([MORSE.energy(n) for n in range(6)])
    moved = carried(H, MORSE.state(x, 0.0, WEIGHTS), (0.0, 9.0))
    well = PoschlTeller(index=3.4, inverse_width=0.8, mass=1.1, hbar=0.9)
    bound = ql.eigenstates(well.hamiltonian(LINE), 3).energies
    lines = [
        at_most("Morse: six levels, largest error", np.max(np.abs(found - levels)), 1e-9, floor=1e-12),
        at_most("Morse: a superposition of four, L2 error", distance(H, moved, MORSE.state(x, 9.0, WEIGHTS)), 1e-8, floor=1e-12),
        at_most("Pöschl–Teller, λ = 3.4: three levels, largest error", np.max(np.abs(bound - well.levels(3))), 1e-9, floor=1e-12),
        at_most("Pöschl–Teller, λ = 1: passing packet, L2 error", error(PASSING, LINE, (0.0, 8.0)), 1e-8, floor=1e-12),
    ]
    harmonic = MORSE.hbar * MORSE.inverse_width * (2 * MORSE.depth / MORSE.mass) ** 0.5 * (np.arange(6) + 0.5)
    lines.append(at_least("Morse without anharmonicity: largest error", np.max(np.abs(found - harmonic)), 1e-2, control=True))
    deep = ql.Hamiltonian(LINE, lambda q: 1.01 * PoschlTeller(1.0, 0.8, 1.1, 0.9).potential(q), mass=1.1, hbar=0.9)
    lines.append(at_least("well 1 % too deep: L2 error", error(PASSING, LINE, (0.0, 8.0), hamiltonian=deep), 1e-3, control=True))
    return lines
