"""The shortest signal from which each method reads its lines to one part in 10⁶ of their spacing.

Cases: ten random superpositions of ten lines (energies uniform over an interval of 10, weights in (0.05, 1)) with white noise of
1e-10, and the autocorrelations of packets in a Morse well, an oscillator and a double well, propagated with tol = 1e-10. Every
method gets the same samples of the same C(t), mirrored to C(−t) = C(t)*. The lengths tried are those of a ladder, each √2 times
the last; the shortest is the first that succeeds together with the two after it. A length succeeds where each line of a
thousandth of the largest weight or more is found within 1e-6 of the mean spacing, and none is found besides. The Fourier methods
take whichever of their windows does best: each peak fitted alone, as Feit and Fleck do, or all together, as
ql.autocorrelation_spectrum does.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import final

import numpy as np

import qlearn as ql
from qlearn.exact import Morse
from qlearn.spectrum.lines.fourier_peaks import LineShape, fitted_peaks

__all__ = ["METHODS", "Case", "cases", "lengths"]

WINDOWS = ("hann", "blackmanharris", "kaiser")
NEEDED, COUNTED = 1e-6, 1e-3
SHORTEST, RUNGS, IN_A_ROW = 12, 21, 3       # samples; the longest ladder ends at 12·2^10
Reader = Callable[[np.ndarray, float], list[tuple[np.ndarray, np.ndarray]]]


@final
@dataclass(frozen=True, eq=False)
class Case:
    """C(t) at t = 0, dt, …, with the energies and weights that it is made of; E within ±π/dt of 0, ħ = 1."""

    name: str
    signal: np.ndarray
    dt: float
    energies: np.ndarray
    weights: np.ndarray

    def succeeds(self, found: np.ndarray, weights: np.ndarray) -> bool:
        counted = self.weights >= COUNTED * np.max(self.weights)
        wanted = np.sort(self.energies[counted])
        near = NEEDED * np.mean(np.diff(wanted))
        kept = found[weights >= COUNTED * np.max(weights, initial=0.0)]
        if not len(kept):
            return False
        apart = np.abs(wanted[:, None] - kept[None, :])
        every = bool(np.all(np.min(apart, axis=1) <= near))
        strangers = kept[np.min(np.abs(self.energies[:, None] - kept[None, :]), axis=0) > near]
        return every and not len(strangers)


_shape = cache(LineShape.of)


def _inversion(c: np.ndarray, dt: float) -> list[tuple[np.ndarray, np.ndarray]]:
    lines = ql.harmonic_inversion(c, dt, hermitian=True)
    return [(lines.energies, lines.weights)]


def _peaks(alone: bool) -> Reader:
    def read(c: np.ndarray, dt: float) -> list[tuple[np.ndarray, np.ndarray]]:
        all_peaks = [fitted_peaks(c, _shape(window, len(c)), 1e-4, alone) for window in WINDOWS]
        return [((np.remainder(peaks.theta + np.pi, 2 * np.pi) - np.pi) / dt, peaks.heights) for peaks in all_peaks]
    return read


METHODS: dict[str, Reader] = {"inversion": _inversion, "peaks alone": _peaks(True), "peaks together": _peaks(False)}


@cache
def lengths(case: Case) -> dict[str, float]:
    """The shortest time of each method, infinite where the whole signal does not do."""
    return {name: _shortest(case, read) for name, read in METHODS.items()}


def _shortest(case: Case, read: Reader) -> float:
    row: list[int] = []
    for n in np.unique(np.rint(SHORTEST * 2 ** (np.arange(RUNGS) / 2)).astype(int)):
        if n > len(case.signal):
            break
        good = any(case.succeeds(*found) for found in read(case.signal[:n], case.dt))
        row = [*row, int(n)] if good else []
        if len(row) == IN_A_ROW:
            break
    return (row[0] - 1) * case.dt if row else np.inf


@cache
def cases() -> tuple[Case, ...]:
    return (*(_random(seed) for seed in range(10)), _morse(), _oscillator(), _double_well())


def _random(seed: int) -> Case:
    rng = np.random.default_rng(seed)
    energies, weights = np.sort(rng.uniform(-5, 5, 10)), rng.uniform(0.05, 1, 10)
    dt, n = np.pi / 10, 12288
    noise = 1e-10 * rng.normal(size=(2, n)).T @ [1, 1j] / np.sqrt(2)
    noise[0] = noise[0].real
    return Case(f"random {seed}", np.exp(-1j * dt * np.outer(np.arange(n), energies)) @ weights + noise, dt, energies, weights)


def _packet(name: str, H: ql.Hamiltonian, psi: np.ndarray, levels: int, dt: float, n: int) -> Case:
    run = ql.sesolve(H, psi, dt * np.arange(n), tol=1e-10)
    _, c = ql.autocorrelation(run, doubled=False)
    energies, vectors = np.linalg.eigh(H.to_matrix())
    weights = np.abs(vectors[:, :levels].conj().T @ psi) ** 2 * H.grid.cell_volume
    middle = float(H.expect(psi)) / H.hbar
    return Case(name, c * np.exp(1j * middle * dt * np.arange(n)), dt, energies[:levels] / H.hbar - middle, weights)


def _morse() -> Case:
    well, grid = Morse(depth=60.0, inverse_width=0.25), ql.Grid(144, (-4.2, 11.0), "wall")
    psi = ql.gaussian(grid, center=0.7, width=0.43)
    return _packet("Morse", well.hamiltonian(grid), psi, 60, 0.12, 400)


def _oscillator() -> Case:
    grid = ql.Grid(96, (-10, 10))
    psi = ql.gaussian(grid, center=2.5, width=2**-0.5)
    return _packet("oscillator", ql.Hamiltonian(grid, lambda x: x**2 / 2), psi, 60, 0.25, 256)


def _double_well() -> Case:
    grid = ql.Grid(128, (-6.5, 6.5))
    H = ql.Hamiltonian(grid, lambda x: 0.25 * (x**2 - 2) ** 2)
    return _packet("double well", H, ql.gaussian(grid, center=-1.4, width=0.5), 60, 0.12, 1024)
