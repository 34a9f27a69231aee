"""In a box with hard walls a packet revives after 4mL²/πħ, whole, and at a half and a quarter of it as it should.

The box with v cos 2x on (0, π) has the levels (ħ²/2m) b_n of Mathieu's odd functions.  Controls: the same packet on a ring of
the length L, and on wavenumbers that count the points and not the spaces (πj(N + 1)/NL).
"""

import numpy as np
from scipy.special import mathieu_b

import qlearn as ql
from qlearn.exact import BoxPacket, GaussianPacket, RingPacket
from validation.evidence import Evidence, at_least, at_most
from validation.propagation import carried, distance

BOX = BoxPacket(GaussianPacket(center=3.0, width=0.4, momentum=6.0, mass=1.1, hbar=0.9), 10.0)
POINTS = 191
MATHIEU = 3.0


def mathieu_box() -> ql.Hamiltonian:
    return ql.Hamiltonian(ql.Grid(47, (0.0, np.pi), boundary="wall"), lambda x: MATHIEU * np.cos(2 * x))


def evidence() -> list[Evidence]:
    H = BOX.hamiltonian(POINTS)
    x, period = H.grid.axes[0], BOX.revival_time
    start = BOX.state(x, 0.0)
    mirrored = start[::-1]
    half, quarter = -mirrored, (0.5 - 0.5j) * start - (0.5 + 0.5j) * mirrored
    lines = [at_most(f"ψ after {name}: L2 error", distance(H, carried(H, start, (0.0, share * period)), expected), 1e-8,
                     floor=1e-12)
             for name, share, expected in (("T", 1.0, start), ("T/2", 0.5, half), ("T/4", 0.25, quarter),
                                           ("0.137 T", 0.137, BOX.state(x, 0.137 * period)))]
    well, levels = mathieu_box(), np.array([mathieu_b(n, MATHIEU) for n in range(1, 9)]) / 2
    spectrum = ql.eigenstates(well, 8)
    lines.append(at_most("v cos 2x: eight levels against b_n, largest error", np.max(np.abs(spectrum.energies - levels)), 1e-9,
                         floor=1e-13))
    weights = np.full(8, 8**-0.5)
    moved = carried(well, np.tensordot(weights, spectrum.states, axes=1), (0.0, 5.0))
    expected = np.tensordot(weights * np.exp(-5j * levels), spectrum.states, axes=1)
    lines.append(at_most("v cos 2x: eight states superposed, L2 error", distance(well, moved, expected), 1e-8, floor=1e-12))
    ring = ql.Hamiltonian(ql.Grid(192, (0.0, 10.0)), 0.0, mass=1.1, hbar=0.9)
    on_ring = RingPacket(BOX.packet, 10.0).state(ring.grid.axes[0], 0.0)
    turned = carried(ring, on_ring, (0.0, 0.137 * period))
    lines.append(at_least("a ring in its place, 0.137 T: L2 error",
                          distance(ring, turned, BOX.state(ring.grid.axes[0], 0.137 * period)), 1e-2, control=True))
    from scipy.fft import dst, idst
    k = np.pi * np.arange(1, POINTS + 1) / 10.0 * (POINTS + 1) / POINTS
    wrong = idst(np.exp(-0.5j * 0.9 / 1.1 * k**2 * period) * dst(start, type=1), type=1)
    lines.append(at_least("points counted, not spaces, T: L2 error", distance(H, wrong, start), 1e-2, control=True))
    return lines
