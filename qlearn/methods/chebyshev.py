"""Chebyshev expansion of exp(−iHt/ħ): the error falls faster than exponentially once the terms reach the phase H sweeps.

    exp(−iHt/ħ) = e^{−iCt/ħ} Σ_k (2 − δ_k0) (−i)^k J_k(Wt/ħ) T_k((H − C)/W),         C ± W the bounds of the spectrum
    exp(−Hτ/ħ)  = e^{−(C−W)τ/ħ} Σ_k (2 − δ_k0) (−1)^k e^{−z} I_k(z) T_k((H − C)/W),  z = Wτ/ħ

About R + 10 R^(1/3) applications of H for R = W|t|/ħ (Tal-Ezer and Kosloff, J. Chem. Phys. 81, 3967 (1984)), in imaginary
time about √(2R ln 1/ε).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np

from qlearn.errors import UnsupportedError
from qlearn.hamiltonian import Hamiltonian
from qlearn.kernels.arrays import as_complex, like, namespace, squared_sums, to_numpy
from qlearn.methods.alternatives import alternatives
from qlearn.methods.energies import ShortLanczos, Spectrum, spectrum_of
from qlearn.methods.expansion import Expansion, Sampled
from qlearn.methods.frozen import FrozenOperator
from qlearn.methods.ready import Ready
from qlearn.methods.record import EPS
from qlearn.methods.task import Task

__all__ = ["Chebyshev", "expansion_length"]

LARGEST_PHASE = 1000.0  # W|t|/ħ of one expansion
FIRST_PHASE = 300.0     # of the first one under ceilings that are not proved yet
AT_ONCE = 16            # times that share one expansion, and
AT_ONCE_BYTES = 2**26   # the memory of their states
SERIES_SHARE = 0.01     # of tol, for the tails of the series
CLIP_SHARE = 0.9        # of tol, for the ceilings
GROWN = 8.0             # times what has come to lie far above the ceilings: more may have passed there meanwhile
LEAST_RISE = 0.015      # of a ceiling above the lowest value, doubled with each failure in a row
DECAY = 4.0             # (⟨H⟩ − lowest bound)τ/ħ of one expansion in imaginary time


@final
@dataclass(frozen=True)
class Chebyshev:
    """Any accuracy down to rounding at a cost that hardly depends on it; rough V, channels and metrics welcome.

    clip : True cuts T(k) and V off above the energies that the state reaches, which narrows the spectrum. The error of that
        is bounded by (1/ħ)∫‖(H − H_c)ψ_c‖dt, measured during the run, and is part of the error estimate; an expansion
        whose bound exceeds its share of tol is done again with higher ceilings, and result.method says how often.
        False encloses the whole spectrum by min T + min V and max T + max V.

    Save times inside one expansion cost no further transforms. The tail of the Bessel series is kept below tol/100.
    Imaginary time: modified Bessel functions, the norm held between expansions, nothing clipped.
    Raises UnsupportedError for an H that depends on t, is nonlinear or not Hermitian. Source: Tal-Ezer and Kosloff (1984).

    >>> import numpy as np, qlearn as ql
    >>> grid = ql.Grid(64, (-8, 8))
    >>> H = ql.Hamiltonian(grid, lambda x: x**2 / 2)
    >>> psi0 = ql.gaussian(grid, center=1, width=2**-0.5)
    >>> final = ql.sesolve(H, psi0, [0, np.pi], method=ql.Chebyshev()).final_state     # ψ(π) = −iψ0(−x)
    >>> bool(grid.norm(final + 1j * ql.gaussian(grid, center=-1, width=2**-0.5)) < 1e-8)
    True
    """

    clip: bool = True
    name: ClassVar[str] = "Chebyshev"

    def check(self, hamiltonian: Hamiltonian, imaginary: bool = False) -> None:
        if hamiltonian.time_dependent:
            raise UnsupportedError("Chebyshev expands exp(−iHt/ħ) and needs an H that does not depend on t. "
                                   "Use RKN6(), Strang() for a V that is not smooth, or Magnus4().")
        if hamiltonian.nonlinearity is not None:
            raise UnsupportedError(f"Chebyshev needs a linear H. Use {alternatives(hamiltonian, imaginary)}.")
        if not hamiltonian.is_hermitian:
            raise UnsupportedError("Chebyshev needs real energies, and this H absorbs or amplifies. Use Lanczos() or Chin4().")

    def start(self, task: Task) -> "ChebyshevStepper":
        return ChebyshevStepper(task, clip=self.clip)


@final
class ChebyshevStepper:
    """Expansions one after the other; save times that one expansion reaches wait in ``ready``."""

    def __init__(self, task: Task, *, clip: bool):
        self.task, self.record = task, task.record
        whole = FrozenOperator(task.hamiltonian)
        self.phi, self.now = whole.enter(task.psi), 0.0
        self.norms, self.size = np.sqrt(squared_sums(self.phi, task.hamiltonian.state_axes)), math.prod(self.phi.shape)
        self.spectrum = spectrum_of(task, whole, self.phi, clip=clip and not task.imaginary)
        self.expansion = Expansion(task.hamiltonian, self.spectrum, task.record)
        self.deepest = self._deepest(whole) if task.imaginary else np.zeros_like(self.norms)
        self.ready = Ready()
        self.repeats, self.failures, self.clipping = 0, 0, 0.0  # all, those in a row, and the error of the ceilings
        self.resting = [0.0, 0.0]  # what is known to lie far above the ceilings of T and V, and is booked

    def move(self, target: float) -> Any | None:
        if len(self.ready) == 0 and not (self._relax(target) if self.task.imaginary else self._expand(target)):
            return None
        state = self.ready.take()
        return self.expansion.operator.leave(state, given=state is not self.phi)

    def _expand(self, target: float) -> bool:
        ahead = self.task.times - self.task.times[0]
        ahead = ahead[np.abs(ahead) >= abs(target)] - self.now
        group, arrives = _group(ahead, self.expansion.phase, self.size, self._largest)
        part = abs(float(group[-1]) / self.task.span)
        share, given = SERIES_SHARE * self.task.tol * max(part, EPS), self._proved and self.now != 0
        start = [self.phi]
        if given:
            self.phi = None  # its memory is for the terms
        states, tail, sampled = self.expansion.expand(start, group, share, given=given)
        expansion = self.expansion
        if sampled is not None and not self._judged(sampled, float(group[-1])):
            if given:  # back to where it came from, under the same ceilings
                (self.phi,), _, _ = expansion.expand([states.pop()], -group[-1:], share, given=True)
                self.record.error += 2 * tail
                self.record.rounding += 2 * expansion.rounding(float(group[-1]))
            return False
        self.record.error += tail
        self.record.rounding += expansion.rounding(float(group[-1]))
        if self.record.lookout is not None:
            for state in states:
                self.record.lookout.see(state)
        for state in states[:-1:max(1, len(states) // 4)]:
            self.record.watch(self.expansion.operator.periodic_part(state))
        if arrives:
            for dt, state in zip(group.tolist(), states, strict=True):
                self.ready.put(self.now + dt, state)
        self.phi, self.now = states[-1], self.now + float(group[-1])
        if not arrives:
            self.record.reached = self.now
        self.record.watch(self.expansion.operator.periodic_part(self.phi))
        self._say()
        return arrives

    @property
    def _largest(self) -> float:
        return LARGEST_PHASE if self._proved else FIRST_PHASE

    @property
    def _proved(self) -> bool:
        return min(self.spectrum.ceilings) == np.inf or (self.now != 0 and self.failures == 0)

    def _judged(self, sampled: Sampled, dt: float) -> bool:
        """Book the error of the ceilings; False, with higher ones, where it is above its share of tol."""
        left = max(abs(self.task.span - self.now), abs(dt))
        allowed = max(CLIP_SHARE * self.task.tol - self.clipping, 0.1 * self.task.tol) * min(1.0, 1.2 * abs(dt) / left)
        ceilings = self.spectrum.ceilings
        turns = abs(dt) / self.task.hamiltonian.hbar
        parts = [samples.bounds(ceiling, norms, turns) for samples, ceiling, norms in
                 zip(sampled.samples, ceilings, sampled.norms, strict=True)]
        grown = [max(resting - known, 0.0) for (_, resting), known in zip(parts, self.resting, strict=True)]
        passed = [0.0 if self.now == 0 else max(growth - self.expansion.rounding(dt), 0.0) for growth in grown]
        bounds = [moving + growth + (GROWN - 1) * some for (moving, _), growth, some in zip(parts, grown, passed, strict=True)]
        if sum(bounds) <= allowed:
            self.clipping, self.failures = self.clipping + sum(bounds), 0
            self.resting = [max(resting, known) for (_, resting), known in zip(parts, self.resting, strict=True)]
            self.record.error += sum(bounds)
            return True
        self.failures += 1
        if self.record.lookout is not None:  # waves got too far under ceilings that were too low
            self.record.lookout.forget()
        least, steepest = 1 + LEAST_RISE * 2**self.failures, 1 + 0.1 * 2 ** (self.repeats + 1)  # small steps gain little
        raised = [level + (ceiling - level) * float(np.clip(
            (samples.lowest(0.2 * allowed, norms, turns) - level) / (ceiling - level), least, steepest))
                  if bound > allowed / 4 else ceiling for samples, ceiling, norms, bound, level in
                  zip(sampled.samples, ceilings, sampled.norms, bounds, self.spectrum.lowest, strict=True)]
        self.repeats += 1
        self._set(self.spectrum.raised(raised))
        return False

    def _set(self, spectrum: Spectrum) -> None:
        self.spectrum = spectrum
        self.expansion = Expansion(self.task.hamiltonian, spectrum, self.record)

    def _relax(self, target: float) -> bool:
        """One expansion of exp(−Hτ/ħ), short enough for the norm to stay within e^−4 or so; then the norm is restored."""
        operator, dims = self.expansion.operator, self.task.hamiltonian.state_axes
        some = self.norms > 0
        applied = operator(self.phi) * 0.5
        self.record.ffts += operator.cost(self.phi)
        mean, spread = self._moments(applied, some)
        height = 1 + float(np.max(mean))  # (⟨H⟩ − low)/W
        unit = self.spectrum.width / self.task.hamiltonian.hbar
        dt = min(target - self.now, DECAY / max(height * unit, 1e-300))
        arrives = dt > (target - self.now) * (1 - 1e-12)
        state, tail = self.expansion.relax(self.phi, dt, EPS)  # whatever tol: early errors grow by up to 1/|⟨ground|ψ0⟩|
        after = np.sqrt(squared_sums(state, dims))
        ratio = np.divide(self.norms, after, out=np.zeros_like(after), where=after > 0)
        # the lowest level: not below ⟨H⟩ − ΔH where ψ is near it, but not above what another state was seen to reach
        ground = np.maximum((self.spectrum.ground - self.spectrum.low) / self.spectrum.width, 1 + mean - spread)
        ground = np.minimum(ground, (self.deepest[some] - self.spectrum.low) / self.spectrum.width)
        growth = float(np.max(ratio[some] * np.exp(-ground * unit * dt)))
        self.record.error = self.record.error * max(growth, 1.0) + tail * float(np.max(ratio[some]))
        self.record.rounding = self.record.rounding * max(growth, 1.0) + EPS * (8 + float(np.max(ratio[some])))
        state *= like(ratio.reshape(ratio.shape + (1,) * len(dims)), state)
        self.phi, self.now = state, target if arrives else self.now + dt
        self.record.reached = self.now
        self.record.watch(self.expansion.operator.periodic_part(self.phi))
        if arrives:
            self.ready.put(target, self.phi)
        self._say()
        return arrives

    def _deepest(self, whole: FrozenOperator) -> np.ndarray:
        """The lowest Ritz value from |φ|, which has a part in the ground state also where φ has none; never below that level."""
        sizes = as_complex(namespace(self.phi).abs(self.phi))
        space = ShortLanczos(whole, sizes, len(self.task.hamiltonian.state_shape), self.record)
        return space.values()[0][:, 0].reshape(self.norms.shape)

    def _moments(self, applied: Any, some: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """⟨X⟩ and ΔX of X = (H − centre)/W for the members that do not vanish, from Xφ."""
        xp, dims = namespace(applied), self.task.hamiltonian.state_axes
        overlap = to_numpy(xp.sum(xp.real(xp.conj(self.phi) * applied), axis=dims))
        mean = overlap[some] / self.norms[some] ** 2
        return mean, np.sqrt(np.maximum(squared_sums(applied, dims)[some] / self.norms[some] ** 2 - mean**2, 0.0))

    def _say(self) -> None:
        again = f", {self.repeats} expansions done again with higher ceilings" if self.repeats else ""
        self.record.note = f"Chebyshev with {self.record.steps} terms, spectrum {self.spectrum.words}{again}"

    def snapshot(self) -> dict[str, Any]:
        return {"phi": to_numpy(self.phi).copy(), "now": self.now, "ceilings": np.array(self.spectrum.ceilings),
                "repeats": self.repeats, "failures": self.failures, "clipping": self.clipping,
                "resting": np.array(self.resting), **self.ready.snapshot()}

    def restore(self, saved: dict[str, Any]) -> None:
        self._set(self.spectrum.raised([float(c) for c in saved["ceilings"]]))
        self.phi, self.now = like(np.array(saved["phi"]), self.task.psi), float(saved["now"])
        self.repeats, self.failures = int(saved["repeats"]), int(saved["failures"])
        self.clipping, self.resting = float(saved["clipping"]), [float(r) for r in saved["resting"]]
        self.ready.restore(saved, self.task.psi)


def expansion_length(phase: float) -> float:
    """About how many applications of H a time takes whose phase W|t|/ħ this is."""
    expansions = max(1.0, np.ceil(phase / LARGEST_PHASE))
    each = phase / expansions
    return float(expansions * (each + 10 * each ** (1 / 3) + 10))


def _group(ahead: np.ndarray, phase: Callable[[float], float], size: int, largest: float) -> tuple[np.ndarray, bool]:
    """The save times (from now) that one expansion reaches, and True; where it reaches none, an equal part of the way to
    the first, and False."""
    most = max(1, min(AT_ONCE, AT_ONCE_BYTES // (16 * size)))
    within = int(np.sum([phase(dt) <= largest for dt in ahead[:most]]))
    if within:
        return ahead[:within], True
    return ahead[:1] / np.ceil(phase(ahead[0]) / largest), False
