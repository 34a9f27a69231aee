"""Coupled channels: Rabi oscillations, Landau–Zener at a finite time, and two crossing curves against a matrix of another basis.

The curves ½x² ± λx ± Δ with the coupling g e^{−iφ}: H in the states of the oscillator (80 an electronic state), written out
here, exponentiated by eigh.  Controls: V transposed in its channels; the sweep of the other sign; no coupling.
"""

import numpy as np

import qlearn as ql
from qlearn.exact import GaussianPacket, LandauZener, RabiPacket
from validation.evidence import Evidence, at_least, at_most
from validation.propagation import carried, distance, error

GRID = ql.Grid(256, (-16.0, 16.0))
PACKET = GaussianPacket(center=1.0, width=0.6, momentum=0.5, omega=1.1, mass=1.2, hbar=0.9)
RABI = RabiPacket(PACKET, coupling=0.8 - 0.6j, detuning=0.5)
ZENER = LandauZener(PACKET, sweep=1.3, coupling=0.5, start=-4.0)
SLOPE, GAP, MIXING = 1.2, 0.4, 0.5 * np.exp(-0.7j)
STATES = 80


def curves(x: np.ndarray) -> np.ndarray:
    """V of the crossing, (2, 2, N)."""
    one = np.ones_like(x)
    return np.array([[x**2 / 2 + SLOPE * x + GAP, MIXING * one], [np.conj(MIXING) * one, x**2 / 2 - SLOPE * x - GAP]])


def in_oscillator_states(start: np.ndarray, duration: float) -> np.ndarray:
    """ψ(T) of the crossing by the matrix a†a + ½ ± λ(a + a†)/√2 ± Δ, (2, N)."""
    x = GRID.axes[0]
    states = [np.pi**-0.25 * np.exp(-(x**2) / 2)]
    states.append(2**0.5 * x * states[0])
    for n in range(2, STATES):
        states.append((2 / n) ** 0.5 * x * states[-1] - ((n - 1) / n) ** 0.5 * states[-2])
    basis, n = np.array(states), np.arange(STATES)
    position = np.diag((n[1:] / 2) ** 0.5, 1) + np.diag((n[1:] / 2) ** 0.5, -1)
    first = np.diag(n + 0.5)
    matrix = np.block([[first + SLOPE * position + GAP * np.eye(STATES), MIXING * np.eye(STATES)],
                       [np.conj(MIXING) * np.eye(STATES), first - SLOPE * position - GAP * np.eye(STATES)]])
    levels, vectors = np.linalg.eigh(matrix)
    weights = (start @ basis.T * GRID.cell_volume).ravel()
    end = vectors @ (np.exp(-1j * duration * levels) * (vectors.conj().T @ weights))
    return end.reshape(2, STATES) @ basis


def evidence() -> list[Evidence]:
    H = ql.Hamiltonian(GRID, curves)
    start = np.zeros((2, GRID.size), dtype=complex)
    start[0] = GaussianPacket(center=-2.0, width=0.5**0.5, momentum=1.0).state(GRID.axes[0], 0.0)
    expected = in_oscillator_states(start, 6.0)
    moved = carried(H, start, (0.0, 6.0))
    lines = [
        at_most("Rabi, complex coupling, detuned: L2 error", error(RABI, GRID, (0.0, 7.0)), 1e-8, floor=1e-12),
        at_most("Landau–Zener, t = −4 … 4: L2 error", error(ZENER, GRID, (-4.0, 4.0)), 1e-8, floor=1e-12),
        at_most(f"crossing curves, {np.sum(np.abs(moved[1]) ** 2) * GRID.cell_volume:.3f} transferred: L2 error",
                distance(H, moved, expected), 1e-8, floor=1e-12),
    ]
    transposed = ql.Hamiltonian(GRID, lambda x: np.swapaxes(RABI.potential(x), 0, 1), mass=1.2, hbar=0.9)
    lines.append(at_least("Rabi, V transposed: L2 error", error(RABI, GRID, (0.0, 7.0), hamiltonian=transposed), 1e-2,
                          control=True))
    backwards = ql.Hamiltonian(GRID, lambda t, x: ZENER.potential(-t, x), mass=1.2, hbar=0.9, time_dependent=True)
    lines.append(at_least("Landau–Zener, the sweep of the other sign: L2 error",
                          error(ZENER, GRID, (-4.0, 4.0), hamiltonian=backwards), 1e-2, control=True))
    diagonal = ql.Hamiltonian(GRID, lambda x: curves(x) * np.eye(2)[:, :, None])
    lines.append(at_least("crossing curves, no coupling: L2 error", distance(H, carried(diagonal, start, (0.0, 6.0)), expected),
                          1e-2, control=True))
    return lines
