"""Nonlinear waves: a moving soliton, two bound ones that breathe, a gausson of the logarithmic equation; their conserved energy.

The soliton on a curved line, in a vector potential, static and moving, and as two coupled states; the mean of a condensate in a
trap and a magnetic field, which moves like one particle (Kohn's theorem).  With a complex f: a soliton that lives on a gain and a
loss by pairs, also on the curved line and as two coupled states; a plane wave with a loss by threes.  Controls: half the
nonlinearity (n in the place of f(n) in the mean energy is the usual mistake); none at all; f of the half-density; A left out;
Im f half as large.
"""

import numpy as np

import qlearn as ql
from qlearn.exact import BrightSoliton, DissipativeSoliton, Gausson, SolitonBreather
from validation.evidence import Evidence, at_least, at_most
from validation.mean_fields import Coupled, Curved, Gauged
from validation.propagation import carried, error

SOLITON = BrightSoliton(attraction=3.0, center=-3.0, momentum=1.2, mass=1.1, hbar=0.9)
BREATHER, GAUSSON = SolitonBreather(attraction=8.0), Gausson(strength=1.0, center=-2.0, momentum=1.0, mass=1.1, hbar=0.9)
WIDE, LINE = ql.Grid(1024, (-32.0, 32.0)), ql.Grid(256, (-14.0, 14.0))
NARROW, BENT = BrightSoliton(attraction=3.0, center=-0.6, momentum=1.0, mass=1.1, hbar=0.9), ql.Grid(400, (-5 * np.pi, 5 * np.pi))
ALIVE = DissipativeSoliton(3.0, 0.6, inverse_width=1.4, center=-0.6, momentum=1.0, mass=1.1, hbar=0.9)
RING, THREES, PAIRS = ql.Grid(64, (0.0, 2 * np.pi)), 0.4, 1.5
FIELD, PLANE = 1.0, ql.Grid((72, 72), [(-12.0, 12.0)] * 2)


def kohn(field: float) -> float:
    """|⟨x + iy⟩ − z| at t = 2 in V = |q|²/2 and B: z'' = −z − iBz', z(0) = 1, z'(0) = −iB/2; ψ moves in ``field``."""
    H = ql.Hamiltonian(PLANE, lambda x, y: (x**2 + y**2) / 2, vector_potential=lambda x, y: (-field * y / 2, field * x / 2),
                       nonlinearity=lambda n: 5 * n)
    final = carried(H, ql.gaussian(PLANE, center=(1.0, 0.0), width=(0.7, 0.7)), (0.0, 2.0), tol=1e-7)
    mean = np.sum(np.abs(final) ** 2 * (PLANE.mesh[0] + 1j * PLANE.mesh[1])) * PLANE.cell_volume
    fast, slow = (-1j * (FIELD / 2 + sign * np.hypot(FIELD / 2, 1)) for sign in (1, -1))
    share = (-0.5j * FIELD - slow) / (fast - slow)
    return float(abs(mean - share * np.exp(2 * fast) - (1 - share) * np.exp(2 * slow)))


def _half_imaginary(f: np.ndarray) -> np.ndarray:
    return f.real + 0.5j * f.imag


def thinned() -> float:
    """L2 error at t = 2 of √n e^{i(2x − 2t − φ)}, f = gn − iKn²: n = 1/√(1 + 4Kt), φ = g∫n = g(√(1 + 4Kt) − 1)/2K."""
    H, x = ql.Hamiltonian(RING, 0.0, nonlinearity=lambda n: PAIRS * n - 1j * THREES * n**2), RING.axes[0]
    root = (1 + 4 * THREES * 2.0) ** 0.5
    exact = root**-0.5 * np.exp(1j * (2 * x - 2 * 2.0 - PAIRS * (root - 1) / (2 * THREES)))
    return float(RING.norm(carried(H, np.exp(2j * x), (0.0, 2.0)) - exact))


def evidence() -> list[Evidence]:
    H, x = SOLITON.hamiltonian(WIDE), WIDE.axes[0]
    moved = carried(H, SOLITON.state(x, 0.0), (0.0, 6.0))
    half = ql.Hamiltonian(WIDE, 0.0, mass=1.1, hbar=0.9, nonlinearity=lambda n: -SOLITON.attraction * n / 2)
    free = ql.Hamiltonian(LINE, 0.0, mass=1.1, hbar=0.9)
    faded = ql.Hamiltonian(BENT, 0.0, mass=1.1, hbar=0.9, nonlinearity=lambda n: _half_imaginary(ALIVE.nonlinearity(n)))
    return [
        at_most("soliton: L2 error", error(SOLITON, WIDE, (0.0, 6.0)), 1e-8, floor=1e-12),
        at_most("soliton: |energy − (p²/2m − ħ²κ²/6m)| at the end", abs(float(H.energy(moved)) - SOLITON.energy), 1e-8,
                floor=1e-12),
        at_most("two bound solitons, 1.3 periods: L2 error",
                error(BREATHER, WIDE, (0.0, 1.3 * BREATHER.period)), 1e-8, floor=1e-12),
        at_most("gausson: L2 error", error(GAUSSON, LINE, (0.0, 4.0)), 1e-8, floor=1e-12),
        at_most("soliton on a curved line: L2 error", error(Curved(NARROW), BENT, (0.0, 1.5)), 1e-8, floor=1e-12),
        at_most("soliton in a vector potential: L2 error", error(Gauged(NARROW), BENT, (0.0, 1.5)), 1e-8, floor=1e-12),
        at_most("soliton in a moving one: L2 error", error(Gauged(NARROW, frequency=1.0), BENT, (0.0, 0.75), tol=1e-7), 1e-8,
                floor=1e-12),
        at_most("soliton as two coupled states: L2 error", error(Coupled(NARROW), BENT, (0.0, 1.5)), 1e-8, floor=1e-12),
        at_most("soliton kept alive by a gain: L2 error", error(ALIVE, BENT, (0.0, 1.5)), 1e-8, floor=1e-12),
        at_most("soliton kept alive, on a curved line: L2 error", error(Curved(ALIVE), BENT, (0.0, 1.5)), 1e-8, floor=1e-12),
        at_most("soliton kept alive, as two coupled states: L2 error", error(Coupled(ALIVE), BENT, (0.0, 1.5)), 1e-8,
                floor=1e-12),
        at_most("plane wave with a loss by threes: L2 error", thinned(), 1e-8, floor=1e-12),
        at_least("soliton kept alive with half of Im f: L2 error", error(ALIVE, BENT, (0.0, 1.5), hamiltonian=faded), 1e-2,
                 control=True),
        at_most("condensate in a trap and a field: its mean against the orbit", kohn(FIELD), 1e-8, floor=1e-12),
        at_least("soliton on a curved line by f of the half-density: L2 error",
                 error(Curved(NARROW), BENT, (0.0, 1.5), hamiltonian=Curved(NARROW, scalar=False).hamiltonian(BENT)), 1e-2,
                 control=True),
        at_least("soliton in a vector potential that is left out: L2 error",
                 error(Gauged(NARROW), BENT, (0.0, 1.5), hamiltonian=Gauged(NARROW, with_field=False).hamiltonian(BENT)), 1e-2,
                 control=True),
        at_least("condensate without its field: its mean against the orbit", kohn(0.0), 1e-2, control=True),
        at_least("half the nonlinearity: L2 error", error(SOLITON, WIDE, (0.0, 6.0), hamiltonian=half), 1e-2, control=True),
        at_least("soliton: |⟨H⟩ with f(n)n in the place of ∫f − energy|", abs(float(H.expect(moved)) - SOLITON.energy), 1e-2,
                 control=True),
        at_least("gausson without its nonlinearity: L2 error", error(GAUSSON, LINE, (0.0, 4.0), hamiltonian=free), 1e-2,
                 control=True),
    ]
