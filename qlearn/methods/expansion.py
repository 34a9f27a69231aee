"""One Chebyshev expansion: the recursion T_{k+1} = 2 H̃ T_k − T_{k−1} on ψ, summed for several times at once.

    H̃ = (H_c − C)/W with the spectrum of H_c, H under its ceilings, in C ± W.  See qlearn.methods.chebyshev.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, final

import numpy as np

from qlearn.hamiltonian import Hamiltonian
from qlearn.kernels.arrays import as_complex, namespace, squared_sums
from qlearn.kernels.series import INSIDE
from qlearn.methods.bessel import bessel_functions, modified_bessel_functions
from qlearn.methods.clipping import TailSamples
from qlearn.methods.energies import Spectrum
from qlearn.methods.frozen import FrozenOperator, local_levels
from qlearn.methods.fused_series import FusedSeries, fused_series
from qlearn.methods.lookout import Lookout
from qlearn.methods.record import EPS, Record

__all__ = ["Expansion", "Sampled"]

SHOWN = 8  # terms for each that a lookout is shown: T_k(H̃)ψ is where ψ gets in the time of k terms, forwards or backwards


def _reduced(angle: np.ndarray) -> np.ndarray:
    """The angle in [0, 2π), reduced before it is rounded to a float."""
    return np.mod(angle, 2 * np.longdouble("3.14159265358979323846264338327950288")).astype(float)


@final
@dataclass(eq=False)
class Sampled:
    """The samples of T and of V during one expansion, and ‖ψ0‖ in the units of each."""

    samples: list[TailSamples]
    norms: list[np.ndarray]


@final
class Expansion:
    """exp(−iH_c dt/ħ)φ, or exp(−(H − low) dt/ħ)φ, for one operator under its ceilings; counts go to the record."""

    def __init__(self, hamiltonian: Hamiltonian, spectrum: Spectrum, record: Record):
        self.hamiltonian, self.spectrum, self.record = hamiltonian, spectrum, record
        self.scale = spectrum.width if spectrum.width > 0 else 1.0
        self.operator = FrozenOperator(hamiltonian, ceilings=spectrum.ceilings, scale=2 / self.scale, shift=spectrum.centre)

    @cached_property
    def _fused(self) -> FusedSeries | None:
        return fused_series(self.operator)

    def phase(self, dt: float) -> float:
        return self.spectrum.width * abs(float(dt)) / self.hamiltonian.hbar

    def expand(self, start: list[Any], dts: np.ndarray, share: float, *,
               given: bool = False) -> tuple[list[Any], float, Sampled | None]:
        """exp(−iH_c dt/ħ)φ for each dt, the series cut where its tail is below ``share``; that tail; the samples.

        start : [φ], which is taken out.   given : True where φ may be overwritten.
        """
        inside = (np.arange(INSIDE) + 0.5) / INSIDE * dts[-1]
        coefficients, tail = self._coefficients(np.concatenate([dts, inside]), share)
        sampled = self._samples(start[0])
        sums = self._series(start, coefficients[:len(dts)], sampled, coefficients[len(dts):], given=given)
        return sums, tail, sampled

    def rounding(self, dt: float) -> float:
        return EPS * (8 + self.phase(dt))

    def relax(self, phi: Any, dt: float, share: float) -> tuple[Any, float]:
        """exp(−(H − low) dt/ħ)φ and the tail that was cut off."""
        z = self.phase(dt)
        count = int(np.sqrt(2 * z * 80) + z ** (1 / 3)) + 60
        k = np.arange(count)
        series = modified_bessel_functions(z, count) * np.where(k == 0, 1, 2)
        tails = np.cumsum(series[::-1])[::-1]
        kept = max(1, int(np.sum(tails > max(share, EPS / 4))))
        state = self._series([phi], (series * np.where(k % 2 == 1, -1.0, 1.0))[None, :kept].astype(complex), None, None)[0]
        return state, float(tails[kept]) if kept < count else 0.0

    def _series(self, start: list[Any], coefficients: np.ndarray, sampled: Sampled | None, inside: np.ndarray | None, *,
                given: bool = False) -> list[Any]:
        terms, lookout = coefficients.shape[1], self.record.lookout
        self.record.ffts += (terms - 1) * self.operator.cost(start[0])
        self.record.steps += terms - 1
        if self._fused is not None and self._fused.takes(start[0]):
            kinds = None if sampled is None or inside is None else \
                [samples if c < np.inf else None for samples, c in zip(sampled.samples, self.spectrum.ceilings, strict=True)]
            return self._fused.summed(start, coefficients, lookout, SHOWN, kinds, inside)
        phi = start.pop()
        sums = [complex(c[0]) * phi for c in coefficients]
        before, now, scratch = None, phi if given else as_complex(phi), None
        for k in range(terms):
            look = None
            if k > 0:
                sums, scratch = _summed(sums, coefficients[:, k], now, scratch)
            if sampled is not None and inside is not None:
                look = self._look(sampled, inside[:, k], now)
            if lookout is not None and k % SHOWN == 0:
                look = _shown(lookout, now, look)
            if k == terms - 1:
                break
            scratch = as_complex(phi) if scratch is None else scratch
            if k == 0:
                before, scratch = self.operator.add(0 * now, now, scratch, look)
                before *= 0.5
            else:
                before, scratch = self.operator.add(before, now, scratch, look, sign=-1)
            before, now = now, before
        return sums

    def _samples(self, phi: Any) -> Sampled | None:
        """Fresh samples where something is clipped."""
        ceilings, grid, channels = self.spectrum.ceilings, self.hamiltonian.grid, self.hamiltonian.channels or 1
        if min(ceilings) == np.inf:
            return None
        rows = math.prod(phi.shape) // grid.size
        levels = local_levels(self.hamiltonian)
        levels = levels if self.hamiltonian.channels is None else np.max(levels, axis=-1)
        tables = (self.hamiltonian.kinetic.table.ravel(), np.max(levels.reshape(-1, grid.size), axis=0))
        norms = np.sqrt(squared_sums(phi, self.hamiltonian.state_axes)).reshape(-1)
        modes = np.prod([n for n, kind in zip(grid.shape, grid.boundary, strict=True) if kind == "periodic"])
        orders = self.hamiltonian.kept(
            "orders of T and V", lambda: [np.argsort(table, kind="stable").astype(np.int32) for table in tables])
        return Sampled([TailSamples(*given, rows, channels) for given in zip(tables, orders, ceilings, strict=True)],
                        [norms * np.sqrt(modes), norms])

    def _look(self, sampled: Sampled, coefficients: np.ndarray, now: Any) -> Callable[[Any], None] | None:
        rows, xp = (-1, self.hamiltonian.grid.size), namespace(now)
        kinetic, potential = (samples if c < np.inf else None for samples, c in
                              zip(sampled.samples, self.spectrum.ceilings, strict=True))
        if potential is not None:
            potential.see(xp.reshape(now, rows), coefficients)
        if kinetic is None:
            return None
        return lambda modes: kinetic.see(xp.reshape(modes, rows), coefficients)

    def _coefficients(self, dts: np.ndarray, share: float) -> tuple[np.ndarray, float]:
        """(len(dts), K) with the phases of the centre, coefficients below rounding set to zero, and the largest tail cut off."""
        turns = dts.astype(np.longdouble) / np.longdouble(self.hamiltonian.hbar)
        phases = np.longdouble(self.spectrum.width) * turns
        largest = float(np.max(np.abs(phases)))
        k = np.arange(int(largest + 10 * largest ** (1 / 3)) + 60)
        bessel = bessel_functions(phases, k.size) * np.where(k == 0, 1, 2)
        bessel[np.abs(bessel) < 1e-18] = 0.0
        tails = np.max(np.cumsum(np.abs(bessel[:, ::-1]), axis=1)[:, ::-1], axis=0)
        kept = max(1, int(np.sum(tails > max(share, EPS / 4))))
        tail = float(tails[kept]) if kept < len(tails) else 0.0
        centre = np.exp(-1j * _reduced(np.longdouble(self.spectrum.centre) * turns))
        turned = centre[:, None] * np.array([1, -1j, -1, 1j])[k % 4]
        return (turned * bessel)[:, :kept], tail


def _shown(lookout: Lookout, term: Any, look: Callable[[Any], None] | None) -> Callable[[Any], None]:
    """Show the term to the lookout; what shows it the modes of the term, besides ``look``."""
    def both(modes: Any) -> None:
        lookout.see_modes(modes)
        if look is not None:
            look(modes)
    lookout.see(term)
    return both


def _summed(sums: list[Any], coefficients: np.ndarray, term: Any, scratch: Any) -> tuple[list[Any], Any]:
    """sums + c·term; NumPy in place, through the scratch array."""
    for index, c in enumerate(coefficients):
        if c == 0:
            continue
        if isinstance(term, np.ndarray):
            np.multiply(term, c, out=scratch)
            sums[index] += scratch
        else:
            sums[index] = sums[index] + complex(c) * term
    return sums, scratch
