"""Chebyshev expansion of exp(−iHt/ħ): the error falls faster than exponentially once the terms reach the phase H sweeps.

    exp(−iHt/ħ) = e^{−iCt/ħ} Σ_k (2 − δ_k0) (−i)^k J_k(Wt/ħ) T_k((H − C)/W),   C ± W the bounds of the spectrum

About R + 10 R^(1/3) applications of H for R = W|t|/ħ (Tal-Ezer and Kosloff, J. Chem. Phys. 81, 3967 (1984)).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np
from scipy.special import jv

from qlearn.errors import UnsupportedError
from qlearn.hamiltonian import Hamiltonian
from qlearn.kernels.arrays import as_complex
from qlearn.methods.record import EPS, Record, Task

__all__ = ["Chebyshev", "bessel_functions", "expansion_length"]

LARGEST_PHASE = 1000.0  # W|t|/ħ of one expansion
AT_ONCE = 16            # times that share one expansion, to bound the memory


@final
@dataclass(frozen=True)
class Chebyshev:
    """Any accuracy down to rounding at a cost that hardly depends on it; rough V and metrics welcome, V must not depend on t.

    The spectrum is enclosed by min T + min V and max T + max V; save times inside one expansion cost no further transforms.
    The method's error is the tail of the Bessel series, kept below tol/100; it also serves as the certificate.
    Fails to be economical where T or V reach far above the energies of the state. Source: Tal-Ezer and Kosloff (1984).
    """

    name: ClassVar[str] = "Chebyshev"

    def check(self, hamiltonian: Hamiltonian, imaginary: bool = False) -> None:
        if imaginary:
            raise UnsupportedError("Chebyshev is not offered in imaginary time.")
        if hamiltonian.time_dependent:
            raise UnsupportedError("Chebyshev expands exp(−iHt/ħ) and needs an H that does not depend on t. "
                                   "Use RKN6(), or Strang() for a V that is not smooth.")

    def start(self, task: Task) -> "ChebyshevStepper":
        return ChebyshevStepper(task)


@final
class ChebyshevStepper:
    """Expansions one after the other; save times that one expansion reaches wait in ``ready``."""

    def __init__(self, task: Task):
        self.task, self.record = task, task.record
        self.expansion = _Expansion(task.hamiltonian, task.record)
        self.total = max(self.expansion.phase(task.span), 1.0)
        self.psi, self.now = as_complex(task.psi), 0.0
        self.ready: list[tuple[float, Any]] = []

    def move(self, target: float) -> Any | None:
        if not self.ready and not self._expand(target):
            return None
        return as_complex(self.ready.pop(0)[1])

    def _expand(self, target: float) -> bool:
        ahead = self.task.times - self.task.times[0]
        ahead = ahead[np.abs(ahead) >= abs(target)] - self.now
        group, arrives = _group(ahead, self.expansion.phase)
        inside = np.array([0.25, 0.5, 0.75]) * group[-1] if len(group) < 4 else np.zeros(0)
        share = self.task.tol / 100 * max(self.expansion.phase(group[-1]) / self.total, EPS)
        states = self.expansion.expand(self.psi, np.concatenate([group, inside]), share)
        for state in states[len(group):]:
            self.record.watch(self.task.hamiltonian.grid.to_periodic(state))
        if arrives:
            self.ready = list(zip((group + self.now).tolist(), states, strict=False))
        self.psi, self.now = states[len(group) - 1], self.now + float(group[-1])
        self.record.note = f"Chebyshev with {self.record.steps} terms, spectrum within {self.expansion.words}"
        return arrives

    def snapshot(self) -> dict[str, Any]:
        raise UnsupportedError("checkpoints are not offered yet.")

    def restore(self, saved: dict[str, Any]) -> None:
        raise UnsupportedError("checkpoints are not offered yet.")


def expansion_length(phase: float) -> float:
    """About how many applications of H a time takes whose phase W|t|/ħ this is."""
    expansions = max(1.0, np.ceil(phase / LARGEST_PHASE))
    each = phase / expansions
    return float(expansions * (each + 10 * each ** (1 / 3) + 10))


def _group(ahead: np.ndarray, phase: Callable[[float], float]) -> tuple[np.ndarray, bool]:
    """The save times (from now) that one expansion reaches, and True; where it reaches none, an equal part of the way to
    the first, and False."""
    within = int(np.sum([phase(dt) <= LARGEST_PHASE for dt in ahead[:AT_ONCE]]))
    if within:
        return ahead[:within], True
    return ahead[:1] / np.ceil(phase(ahead[0]) / LARGEST_PHASE), False


def _reduced(angle: np.ndarray) -> np.ndarray:
    """The angle in [0, 2π), reduced before it is rounded to a float."""
    return np.mod(angle, 2 * np.longdouble("3.14159265358979323846264338327950288")).astype(float)


def bessel_functions(z: np.ndarray, count: int) -> np.ndarray:
    """J_0(z) … J_{count−1}(z), (len(z), count), to 1e-16 where long doubles are longer than doubles.

    ``count`` must exceed |z| + 10 |z|^(1/3) + 50. Library values for large z are off by 1e-14, which many equal expansions
    would add up; so for |z| > 25 the recurrence J_{k−1} = (2k/z) J_k − J_{k+1} runs downwards (Miller), scaled by
    J_0 + 2 Σ J_2k = 1.
    """
    k = np.arange(count)
    result = jv(k[None, :], z.astype(float)[:, None])
    large = np.abs(z) > 25
    if np.any(large):
        size = np.abs(z[large])
        rows = np.zeros((count + 1, size.size), dtype=np.longdouble)
        rows[count - 1] = np.longdouble(1e-200)
        for j in range(count - 1, 0, -1):
            rows[j - 1] = 2 * j / size * rows[j] - rows[j + 1]
        rows /= rows[0] + 2 * np.sum(rows[2::2], axis=0)
        mirrored = np.where((k[:, None] % 2 == 1) & (z[large] < 0), -1, 1)
        result[large] = (rows[:count] * mirrored).T.astype(float)
    return result


@final
class _Expansion:
    """The recursion T_{k+1} = 2 H̃ T_k − T_{k−1} on ψ, summed for several times at once."""

    def __init__(self, hamiltonian: Hamiltonian, record: Record):
        low, high = hamiltonian.spectral_bounds
        self.hamiltonian, self.record = hamiltonian, record
        self.centre, self.width = (low + high) / 2, (high - low) / 2
        self.words = f"[{low:.6g}, {high:.6g}]"
        self._potential = hamiltonian.potential_table() - self.centre

    def phase(self, dt: float) -> float:
        return self.width * abs(float(dt)) / self.hamiltonian.hbar

    def expand(self, psi: np.ndarray, dts: np.ndarray, share: float) -> list[np.ndarray]:
        """exp(−iH dt/ħ)ψ for each dt, the series cut where its tail is below ``share``."""
        coefficients, tail = self._coefficients(dts, share)
        sums = [c[0] * psi for c in coefficients]
        before, now = psi, None
        for k in range(1, coefficients.shape[1]):
            before, now = (psi, self._scaled(psi)) if now is None else (now, 2 * self._scaled(now) - before)
            for total, c in zip(sums, coefficients, strict=True):
                if c[k] != 0:
                    total += c[k] * now
        terms, copies = coefficients.shape[1] - 1, psi.size // self.hamiltonian.grid.size
        self.record.ffts += terms * copies * self.hamiltonian.kinetic.ffts
        self.record.steps += terms
        self.record.error += tail
        self.record.rounding += EPS * (8 + self.phase(dts[0]))
        return sums

    def _scaled(self, psi: np.ndarray) -> np.ndarray:
        applied = self.hamiltonian.kinetic.apply(psi)
        applied += self._potential * psi
        applied /= self.width
        return applied

    def _coefficients(self, dts: np.ndarray, share: float) -> tuple[np.ndarray, float]:
        """(len(dts), K) with the phases of the centre, coefficients below rounding set to zero, and the largest tail cut off."""
        turns = dts.astype(np.longdouble) / np.longdouble(self.hamiltonian.hbar)
        phases = np.longdouble(self.width) * turns
        largest = float(np.max(np.abs(phases)))
        k = np.arange(int(largest + 10 * largest ** (1 / 3)) + 60)
        bessel = bessel_functions(phases, k.size) * np.where(k == 0, 1, 2)
        bessel[np.abs(bessel) < 1e-18] = 0.0
        tails = np.max(np.cumsum(np.abs(bessel[:, ::-1]), axis=1)[:, ::-1], axis=0)
        kept = max(1, int(np.sum(tails > max(share, EPS / 4))))
        tail = float(tails[kept]) if kept < len(tails) else 0.0
        centre = np.exp(-1j * _reduced(np.longdouble(self.centre) * turns))
        turned = centre[:, None] * np.array([1, -1j, -1, 1j])[k % 4]
        return (turned * bessel)[:, :kept], tail
