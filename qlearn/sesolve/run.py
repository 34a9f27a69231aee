"""One solution in progress: the stepper, what is watched, and the account at the end."""

import math
import warnings
from collections.abc import Callable
from typing import Any, final
from weakref import WeakMethod

import numpy as np

from qlearn.errors import AccuracyWarning
from qlearn.hamiltonian import reflected_share
from qlearn.kernels.arrays import as_complex, like, squared_sums, squares, to_numpy
from qlearn.kernels.fft import backend_name
from qlearn.kernels.sums import NO_TABLE
from qlearn.methods import Stepper
from qlearn.methods.growth import must_stay_finite
from qlearn.sesolve.adequacy import GridMonitor
from qlearn.sesolve.parts import Parts
from qlearn.sesolve.problem import Problem
from qlearn.sesolve.reduced import Reduced

__all__ = ["Run"]

LOOKS = 64  # save times at most at which the seams are looked at
LONG = 2**28  # points transformed, some seconds, after which a grid that limits the accuracy is not kept for the end
SURELY = 10.0   # times tol: local errors of steps that were done again, added up, above which states on the way are warned of
ROUGHLY = 1e-2  # estimated error above which even a step length given by the user is warned about


@final
class Run:
    """ψ on its way through the times; ``index`` is the last time reached and ``psi`` the state there.

    Between two calls of ``move`` it can be saved by ``snapshot`` and, in a new Run of the same problem, gone on with by
    ``restore``. ``moving`` is True inside of a move, where that is not so.
    """

    def __init__(self, problem: Problem):
        self.problem, self.record = problem, problem.record
        self.index, self.glanced, self.moving = 0, 0, False
        self.psi = problem.psi0 if isinstance(problem.psi0, np.ndarray) else as_complex(problem.psi0)
        self.monitor = GridMonitor(problem.H, self.record, float(problem.times[0]))
        self.record.on_watch = _weakly(self.monitor.glance)
        self.norm_drift, self.every = 0.0, max(1, -(-len(problem.times) // LOOKS))
        self.energies: list[Any] = [None, None]
        self._stepper: Stepper | Reduced | Parts | None = None
        self._look(0)

    @property
    def time(self) -> float:
        return float(self.problem.times[self.index])

    @property
    def finished(self) -> bool:
        return self.index == len(self.problem.times) - 1

    @property
    def stepper(self) -> Stepper | Reduced | Parts:
        """Made when it is first needed: that may cost work."""
        if self._stepper is None:
            self._stepper = self.problem.start(self.monitor.see_edges)
        return self._stepper

    def move(self) -> bool:
        """One stretch towards the next time; True once it is reached."""
        target = float(self.problem.times[self.index + 1] - self.problem.times[0])
        stepper, self.moving = self.stepper, True
        if self.index > self.glanced and self.index % self.every == 0:  # now that no other state is held besides this one
            self.monitor.glance(self.problem.H.grid.periodic_part(self.psi))
            self.glanced = self.index
        psi = stepper.move(target)
        if psi is None:
            self.moving = False
            return False
        norms = self.problem.H.norm(psi)
        must_stay_finite(float(norms.max(initial=0.0)), float(self.problem.times[self.index + 1]))
        self.psi, self.index, self.record.reached = psi, self.index + 1, target
        for norm, first in self._of_members(norms):
            drift = abs(norm / first - 1)
            if drift > self.norm_drift or math.isnan(drift):  # NaN stays NaN
                self.norm_drift = drift
        self.moving = False
        return True

    def snapshot(self) -> dict[str, Any]:
        return {"index": self.index, "glanced": self.glanced, "psi": self.psi, "norm_drift": self.norm_drift,
                "record": self.record.snapshot(), "monitor": self.monitor.snapshot(),
                "stepper": None if self._stepper is None else self._stepper.snapshot()}

    def restore(self, saved: dict[str, Any]) -> None:
        self.index, self.glanced, self.norm_drift = saved["index"], saved["glanced"], saved["norm_drift"]
        self.psi = like(saved["psi"], self.problem.psi0)
        if saved["stepper"] is not None and not self.finished:
            self.stepper.restore(saved["stepper"])
        self.record.restore(saved["record"])
        self.monitor.restore(saved["monitor"])

    @property
    def error_estimate(self) -> float:
        return self.record.error + self.record.rounding

    @property
    def words(self) -> str:
        plan = self.problem.plan
        if plan is None or isinstance(self._stepper, Parts):
            return self.record.note or "no step taken"
        return plan.words(self._stepper)

    def account(self) -> dict[str, Any]:
        """The numbers of ``result.stats``; the last look is taken here."""
        p = self.problem
        if self.index > 0:
            self._look(1)
        stats = {"error_estimate": self.error_estimate, "norm_drift": self.norm_drift, "energy_drift": self._energy_drift(),
                 "absorbed": self._absorbed(), "reflection": self._reflection(), "spectral_tail": self.monitor.tail,
                 "edge_density": self.monitor.edge}
        if p.imaginary:
            stats |= self._certificate()
        backend = backend_name() if isinstance(p.psi0, np.ndarray) else type(p.psi0).__module__.partition(".")[0]
        parts = self._stepper if isinstance(self._stepper, Parts) else None
        stepper = self._stepper if parts is None else parts.inner
        reduced = stepper if isinstance(stepper, Reduced) else None
        left = (0 if reduced is None else reduced.left) if parts is None else parts.windows_left
        return {"ffts": self.record.ffts + self.monitor.ffts, "steps": self.record.steps, **stats, "fft_backend": backend,
                "grid": p.H.grid.shape if reduced is None else reduced.points,
                "windows_left": left}

    def _look(self, which: int) -> None:
        """Look at the modes of ψ; with the same transform, ⟨H⟩/⟨ψ|ψ⟩ at the start (0) or the end (1)."""
        H, phi = self.problem.H, self.problem.H.grid.periodic_part(self.psi)
        conserved = not (self.problem.imaginary or H.time_dependent) and H.is_hermitian
        modes = self.problem.task.outset.known_modes if which == 0 else None
        if not (conserved and H.is_linear and H.is_diagonal_in_k):
            self.monitor.look(phi, modes)
            if conserved:
                self.energies[which] = self._energy()
            return
        plain = H.channels is None and not H.batch_shape
        potential, kinetic = self.monitor.look(phi, modes, H.potential_table() if plain else NO_TABLE, H.kinetic.table)
        batch = self.psi.shape[:len(self.psi.shape) - len(H.state_shape)]
        self.energies[which] = kinetic.reshape(batch) + (potential.reshape(batch) if plain else self._potential_energy())

    def _potential_energy(self) -> np.ndarray:
        """⟨V⟩/⟨ψ|ψ⟩ of channels or a batch of V, (…batch); NaN for a zero state."""
        H, psi = self.problem.H, to_numpy(self.psi)
        table = H.potential_table()
        if H.channels is None:
            weighted = squares(psi) * table
        else:
            places = "".join("wxyz"[:H.grid.ndim])
            weighted = np.real(np.conj(psi) * np.einsum(f"...ij{places},...j{places}->...i{places}", table, psi))
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.sum(weighted, axis=H.state_axes) / squared_sums(psi, H.state_axes)

    def _energy(self) -> np.ndarray:
        """The conserved energy per ⟨ψ|ψ⟩, (…batch)."""
        H = self.problem.H
        if H.is_linear:
            return self._per_norm(self._applied())
        self._count_apply()
        with np.errstate(invalid="ignore", divide="ignore"):
            return to_numpy(H.energy(self.psi, self.time)) / H.norm(self.psi) ** 2

    def _applied(self) -> np.ndarray:
        """Hψ as NumPy, counted."""
        self._count_apply()
        return to_numpy(self.problem.H.apply(self.psi, self.time))

    def _per_norm(self, applied: np.ndarray) -> np.ndarray:
        """Re⟨ψ|Hψ⟩/⟨ψ|ψ⟩, (…batch); NaN for a zero state."""
        psi, axes = to_numpy(self.psi), self.problem.H.state_axes
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.real(np.sum(np.conj(psi) * applied, axis=axes)) / squared_sums(psi, axes)

    def _count_apply(self) -> None:
        H = self.problem.H
        self.monitor.ffts += H.kinetic.ffts * (int(np.prod(self.psi.shape)) // H.grid.size)

    def _energy_drift(self) -> float | None:
        before, after = self.energies
        if before is None or (after is None and self.index > 0):
            return None
        drifts = [drift for drift, _ in self._of_members((before if after is None else after) - before)]
        return max(drifts, key=lambda drift: math.inf if math.isnan(drift) else abs(drift))

    def _of_members(self, values: np.ndarray) -> list[tuple[float, float]]:
        """(value, ‖ψ0‖) of all members of a batch but zero states."""
        pairs = zip(values.ravel().tolist(), self.problem.norms.ravel().tolist(), strict=True)
        return [pair for pair in pairs if pair[1] > 0]

    def _absorbed(self) -> Any:
        p = self.problem
        if p.H.is_hermitian:
            return None
        share = 1 - (np.divide(p.H.norm(self.psi), p.norms, out=np.ones_like(p.norms), where=p.norms > 0)) ** 2
        return float(share) if share.ndim == 0 else share

    def _reflection(self) -> Any:
        """The share of ψ0 that the absorber sends back or lets through, where its profile tells; else None."""
        p = self.problem
        share = reflected_share(p.H, to_numpy(p.psi0), float(p.times[0]))
        if share is None:
            return None
        self.monitor.ffts += int(np.prod(p.psi0.shape)) // p.H.grid.size
        return float(share) if np.ndim(share) == 0 else share

    def _certificate(self) -> dict[str, Any]:
        """⟨H⟩ and ‖(H − ⟨H⟩)ψ‖/‖ψ‖; with a nonlinearity the chemical potential takes the place of ⟨H⟩ in the second."""
        H, psi = self.problem.H, self.psi
        norms, applied = H.norm(psi), self._applied()
        psi = to_numpy(psi)
        mean = self._per_norm(applied)
        spread = mean.reshape(mean.shape + (1,) * len(H.state_axes))
        residual = np.sqrt(squared_sums(applied - spread * psi, H.state_axes) * H.grid.cell_volume) / norms
        numbers = {"energy": mean, "residual": residual}
        if not H.is_linear:
            numbers = {"energy": self._energy(), "chemical_potential": mean, "residual": residual}
        return {name: float(value) if np.ndim(value) == 0 else value for name, value in numbers.items()}

    def warn_early(self, depth: int) -> None:
        """In a long run, warn of the grid as soon as it limits the accuracy: steps may get very short from there on."""
        if self.record.ffts * self.problem.H.grid.size > LONG:
            self.monitor.warn(self.problem.tol, depth + 1)

    def warn(self, depth: int) -> None:
        """Warn where the estimated error exceeds tol, or the grid limits the accuracy."""
        tol, given = self.problem.tol, self.problem.takes_steps_as_given
        if self.error_estimate > (ROUGHLY if given else tol):
            warnings.warn(f"the estimated error of the final state, {self.error_estimate:.1e}, exceeds "
                          f"{'1e-2' if given else f'tol = {tol:g}'} ({self.words}). {self._remedy(given)}",
                          AccuracyWarning, stacklevel=depth + 1)
        if self.record.revised > SURELY * tol and not given:
            warnings.warn(f"states at save times before the last may be off by about {self.record.revised:.1e}, above tol = "
                          f"{tol:g}: the steps that led to them turned out too long, and were done again for what came behind. "
                          "Take a smaller tol, or method=ql.Chebyshev() where H allows it.",
                          AccuracyWarning, stacklevel=depth + 1)
        self.monitor.warn(tol, depth + 1)

    def _remedy(self, given: bool) -> str:
        if given:
            return "Take a shorter dt, or leave dt out."
        if self.record.rounding > self.record.error:
            return "Rounding sets a limit to what can be asked for; take a larger tol."
        if self.problem.H.time_dependent:
            return "Take a smaller tol; where H(t) jumps at more than a few times, put them into tlist."
        H = self.problem.H
        plan = self.problem.plan
        if plan is None or plan.method.name == "Chebyshev" or not (H.is_linear and H.is_hermitian):
            return "Take a smaller tol."
        return "Take a smaller tol, or method=ql.Chebyshev()."


def _weakly(method: Callable[[Any], None]) -> Callable[[Any], None]:
    """The method, whose object is not kept alive by this: what a run holds is to be let go with it, by no search for circles."""
    kept = WeakMethod(method)

    def call(phi: Any) -> None:
        found = kept()
        if found is not None:
            found(phi)
    return call
