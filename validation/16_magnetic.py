"""A charge in a magnetic field and an oscillator: Fock–Darwin levels, packets, states of each l, and the choice of the gauge.

A force f(t) is a potential −f x or, with e^{iAx/ħ}, a vector potential A(t), −∂A/∂t = f.
Controls: A² forgotten; b of the other sign; A(t) of the other sign; the Landau gauge with the state of the symmetric one.
"""

import numpy as np

import qlearn as ql
from qlearn.exact import DrivenOscillator, FockDarwin
from validation.evidence import Evidence, at_least, at_most
from validation.propagation import carried, distance

DOT = FockDarwin(field=1.4, omega=0.8, mass=1.2, hbar=0.9)
GRID = ql.Grid((72, 72), [(-7.5, 7.5)] * 2)
COHERENT = (DOT.hbar / (2 * DOT.mass * DOT.effective)) ** 0.5
SPAN = (0.0, 4.0)
STATES = [((0, 0), 0.6), ((0, 2), 0.48), ((1, -1), 0.64j)]


def superposed(t: float) -> np.ndarray:
    """Three states ψ_{n,l} at t."""
    return sum(weight * np.exp(-1j * DOT.energy(*numbers) * t / DOT.hbar) * DOT.eigenstate(*GRID.mesh, *numbers)
               for numbers, weight in STATES)


def without_square() -> ql.Hamiltonian:
    """A²/2m taken away: the diamagnetic term forgotten."""
    return ql.Hamiltonian(GRID, lambda x, y: 0.5 * (DOT.mass * DOT.omega**2 - DOT.field**2 / (4 * DOT.mass)) * (x**2 + y**2),
                          mass=DOT.mass, hbar=DOT.hbar, vector_potential=DOT.vector_potential)


def velocity_gauge(sign: float = 1.0) -> float:
    """L2 error of the forced oscillator with A(t) = −(F/Ω) sin Ωt in the place of the force."""
    problem = DrivenOscillator(center=0.5, width=0.6, omega=1.1, force=0.8, drive=2.3, mass=1.2, hbar=0.9)
    grid = ql.Grid(192, (-12, 12))

    def moving(t, x):
        return -problem.force / problem.drive * np.sin(problem.drive * t) + 0 * x

    H = ql.Hamiltonian(grid, lambda t, x: 0.5 * problem.mass * problem.omega**2 * x**2, mass=problem.mass, hbar=problem.hbar,
                       vector_potential=lambda t, x: sign * moving(t, x), time_dependent=True)
    x = grid.axes[0]
    start, end = (np.exp(1j * moving(t, x) * x / problem.hbar) * problem.state(x, t) for t in (0.3, 4.0))
    return distance(H, carried(H, start, (0.3, 4.0)), end)


def evidence() -> list[Evidence]:
    H, other = DOT.hamiltonian(GRID), FockDarwin(-DOT.field, DOT.omega, DOT.mass, DOT.hbar).hamiltonian(GRID)
    x, y = GRID.mesh
    round_, squeezed = DOT.packet([1.5, 0.0], [COHERENT] * 2, [0.4, -0.9]), DOT.packet([0.8, -0.5], [0.7, 0.5], [0.3, -0.8])
    lines = []
    for name, packet in (("coherent, its cyclotron motion", round_), ("squeezed", squeezed)):
        moved = carried(H, packet.state(x, y, t=0.0), SPAN)
        lines.append(at_most(f"packet, {name}: L2 error", distance(H, moved, packet.state(x, y, t=SPAN[1])), 1e-8, floor=1e-12))
    moved, expected = carried(H, superposed(0.0), SPAN), superposed(SPAN[1])
    lines.append(at_most("states (n, l) = (0, 0), (0, 2), (1, −1): L2 error", distance(H, moved, expected), 1e-8, floor=1e-12))
    gauge, landau = np.exp(1j * DOT.gauge_function(x, y) / DOT.hbar), DOT.hamiltonian(GRID, DOT.landau_gauge)
    back = carried(landau, gauge * superposed(0.0), SPAN) / gauge
    lines.append(at_most("Landau gauge, turned back: L2 error", distance(H, back, expected), 1e-8, floor=1e-12))
    small = ql.Grid((36, 36), [(-6.5, 6.5)] * 2)
    levels = ql.eigenstates(DOT.hamiltonian(small), 3).energies
    lines.append(at_most("three levels, largest error", np.max(np.abs(levels - DOT.levels(3))), 1e-8, floor=1e-12))
    controls = {"A² forgotten": without_square(), "b of the other sign": other}
    for name, wrong in controls.items():
        moved = carried(wrong, superposed(0.0), SPAN, tol=1e-6)
        lines.append(at_least(f"{name}: L2 error", distance(H, moved, expected), 1e-2, control=True))
    lines.append(at_most("forced oscillator with A(t), L2 error", velocity_gauge(), 1e-8, floor=1e-12))
    lines.append(at_least("forced oscillator with −A(t) on the same states: L2 error", velocity_gauge(-1.0), 1e-2,
                          control=True))
    lines.append(at_least("Landau gauge, the state not turned: L2 error",
                          distance(H, carried(landau, superposed(0.0), SPAN, tol=1e-6), expected), 1e-2, control=True))
    return lines
