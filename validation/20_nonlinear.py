"""Nonlinear waves: a moving soliton, two bound ones that breathe, a gausson of the logarithmic equation; their conserved energy.

Controls: half the nonlinearity (n in the place of f(n) in the mean energy is the usual mistake); none at all.
"""


import qlearn as ql
from qlearn.exact import BrightSoliton, Gausson, SolitonBreather
from validation.evidence import Evidence, at_least, at_most
from validation.propagation import carried, error

SOLITON = BrightSoliton(attraction=3.0, center=-3.0, momentum=1.2, mass=1.1, hbar=0.9)
BREATHER, GAUSSON = SolitonBreather(attraction=8.0), Gausson(strength=1.0, center=-2.0, momentum=1.0, mass=1.1, hbar=0.9)
WIDE, LINE = ql.Grid(1024, (-32.0, 32.0)), ql.Grid(256, (-14.0, 14.0))


def evidence() -> list[Evidence]:
    H, x = SOLITON.hamiltonian(WIDE), WIDE.axes[0]
    moved = carried(H, SOLITON.state(x, 0.0), (0.0, 6.0))
    half = ql.Hamiltonian(WIDE, 0.0, mass=1.1, hbar=0.9, nonlinearity=lambda n: -SOLITON.attraction * n / 2)
    free = ql.Hamiltonian(LINE, 0.0, mass=1.1, hbar=0.9)
    return [
        at_most("soliton: L2 error", error(SOLITON, WIDE, (0.0, 6.0)), 1e-8, floor=1e-12),
        at_most("soliton: |energy − (p²/2m − ħ²κ²/6m)| at the end", abs(float(H.energy(moved)) - SOLITON.energy), 1e-8,
                floor=1e-12),
        at_most("two bound solitons, 1.3 periods: L2 error",
                error(BREATHER, WIDE, (0.0, 1.3 * BREATHER.period)), 1e-8, floor=1e-12),
        at_most("gausson: L2 error", error(GAUSSON, LINE, (0.0, 4.0)), 1e-8, floor=1e-12),
        at_least("half the nonlinearity: L2 error", error(SOLITON, WIDE, (0.0, 6.0), hamiltonian=half), 1e-2, control=True),
        at_least("soliton: |⟨H⟩ with f(n)n in the place of ∫f − energy|", abs(float(H.expect(moved)) - SOLITON.energy), 1e-2,
                 control=True),
        at_least("gausson without its nonlinearity: L2 error", error(GAUSSON, LINE, (0.0, 4.0), hamiltonian=free), 1e-2,
                 control=True),
    ]
