"""Coupled channels: Rabi oscillations, Landau–Zener at a finite time, and two crossing curves against a matrix of another basis.

The curves ½x² ± λx ± Δ with the coupling g e^{−iφ}: H in the states of the oscillator (80 an electronic state), written out
here, exponentiated by eigh.  Each of the three once more with a second state that decays; the curves then at a rate 2W/ħ that
depends on x, exponentiated by scaling and squaring.  Controls: V transposed in its channels; the sweep of the other sign; no
coupling; the same loss for both states.
"""

from dataclasses import replace

import numpy as np
from scipy.linalg import expm

import qlearn as ql
from qlearn.exact import GaussianPacket, LandauZener, RabiPacket
from validation.evidence import Evidence, at_least, at_most
from validation.propagation import carried, distance, error

GRID = ql.Grid(256, (-16.0, 16.0))
PACKET = GaussianPacket(center=1.0, width=0.6, momentum=0.5, omega=1.1, mass=1.2, hbar=0.9)
RABI = RabiPacket(PACKET, coupling=0.8 - 0.6j, detuning=0.5)
ZENER = LandauZener(PACKET, sweep=1.3, coupling=0.5, start=-4.0)
SLOPE, GAP, MIXING = 1.2, 0.4, 0.5 * np.exp(-0.7j)
LOSS, WIDEST = 0.15, 0.06      # W = LOSS + WIDEST x² on the second curve
DECAY = 0.7
STATES = 80


def curves(x: np.ndarray) -> np.ndarray:
    """V of the crossing, (2, 2, N)."""
    one = np.ones_like(x)
    return np.array([[x**2 / 2 + SLOPE * x + GAP, MIXING * one], [np.conj(MIXING) * one, x**2 / 2 - SLOPE * x - GAP]])


def losses(x: np.ndarray) -> np.ndarray:
    """W of the second curve alone, (2, 2, N)."""
    return np.multiply.outer(np.diag([0.0, 1.0]), LOSS + WIDEST * x**2)


def in_oscillator_states(start: np.ndarray, duration: float, *, lossy: bool = False) -> np.ndarray:
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
    weights = (start @ basis.T * GRID.cell_volume).ravel()
    if lossy:
        squared = np.diag(n + 0.5) + np.diag(np.sqrt((n[:-2] + 1) * (n[:-2] + 2)) / 2, 2) \
            + np.diag(np.sqrt((n[:-2] + 1) * (n[:-2] + 2)) / 2, -2)
        lost = np.kron(np.diag([0.0, 1.0]), LOSS * np.eye(STATES) + WIDEST * squared)
        return (expm(-1j * duration * (matrix - 1j * lost)) @ weights).reshape(2, STATES) @ basis
    levels, vectors = np.linalg.eigh(matrix)
    end = vectors @ (np.exp(-1j * duration * levels) * (vectors.conj().T @ weights))
    return end.reshape(2, STATES) @ basis


def _left(problem: RabiPacket | LandauZener, t: float) -> float:
    """‖ψ(t)‖²."""
    return float(np.sum(np.abs(problem.amplitudes(t)) ** 2))


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
    fading, swept = replace(RABI, decay=DECAY), replace(ZENER, decay=DECAY)
    lossy = ql.Hamiltonian(GRID, curves, absorber=losses)
    decayed, expected_decayed = carried(lossy, start, (0.0, 6.0)), in_oscillator_states(start, 6.0, lossy=True)
    lines += [
        at_most(f"Rabi, the second state decays, {_left(fading, 7.0):.3f} left: L2 error", error(fading, GRID, (0.0, 7.0)), 1e-8,
                floor=1e-12),
        at_most("Rabi, the second state decays, split (BM6): L2 error", error(fading, GRID, (0.0, 7.0), method=ql.BM6()), 1e-8,
                floor=1e-12),
        at_most(f"Landau–Zener, the second state decays, {_left(swept, 4.0):.3f} left: L2 error",
                error(swept, GRID, (-4.0, 4.0)), 1e-8, floor=1e-12),
        at_most(f"crossing curves, the second decays, {float(lossy.norm(decayed)) ** 2:.3f} left: L2 error",
                distance(lossy, decayed, expected_decayed), 1e-8, floor=1e-12),
    ]
    both = ql.Hamiltonian(GRID, curves, absorber=lambda x: (LOSS + WIDEST * x**2) / 2)
    lines.append(at_least("crossing curves, half the loss on both: L2 error",
                          distance(both, carried(both, start, (0.0, 6.0)), expected_decayed), 1e-2, control=True))
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
