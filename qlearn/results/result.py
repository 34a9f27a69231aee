"""What sesolve returns."""

import os
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from qlearn import checks
from qlearn.densities import GridDensity
from qlearn.errors import ArgumentError, UnsupportedError
from qlearn.fields import GridField
from qlearn.hamiltonian import Hamiltonian
from qlearn.kernels.arrays import to_numpy

__all__ = ["Result"]


@final
@dataclass(frozen=True, eq=False)
class Result:
    """A solved iħ ∂_t ψ = Hψ, or ħ ∂_τ ψ = −Hψ with ‖ψ‖ held.

    Attributes
    ----------
    hamiltonian : the Hamiltonian.       times : (n,); shorter than tlist where ``stop`` ended the run.
    states : (n, …, *state_shape) complex, or None where they were not stored.      final_state : (…, *state_shape).
    expect : list of arrays (n, …), one for each e_op; e_data : the same as a dict where e_ops was a dict.
    method : the method and, where it was chosen, why, in words.
    stats : dict with
        "ffts" transforms of one wave function, looks at the grid included; "steps" steps or series terms;
        "fft_backend" whose transforms; "grid" the shape of the points on which ψ was moved, and "windows_left" how often it left
        a part of the grid for the whole: see ``window`` of sesolve;
        "error_estimate" of the final state, L2, relative to ‖ψ0‖: the method's own estimate plus rounding;
        "norm_drift" largest |‖ψ(t)‖/‖ψ0‖ − 1|: an error where H is Hermitian, what W took away where it is not;
        "energy_drift" energy at the end minus at the start per ⟨ψ|ψ⟩ (with f(|ψ|²): ⟨T + V⟩ + ∫F(|ψ|²), F' = f), units of
        energy; None where it is not conserved: H depends on t, is not Hermitian, or in imaginary time;
        "absorbed" 1 − ‖ψ‖²/‖ψ0‖² at the end, None where H is Hermitian; "reflection" the share of ψ0 that the absorber
        would send back or let through where ψ0 met it, None where there is none or its profile does not tell;
        "spectral_tail" largest share of |ψ_k|² in the outer tenth of the wavenumbers; "edge_density" largest density at the
        seam a ~ b of a periodic axis, over the maximum of that axis' marginal density: no error on a ring;
        "stopped" what ended the run before the last time, else None; "resumed" how often it went on from a checkpoint;
        "wall_time" seconds, of all its parts;
        in imaginary time "energy" ⟨H⟩/⟨ψ|ψ⟩ of the final state and "residual" ‖(H − E)ψ‖/‖ψ‖, arrays for a batch: an
        eigenvalue of H lies within the residual of the energy. With f(|ψ|²): "energy" ⟨T + V⟩ + ∫F, "chemical_potential"
        μ = ⟨T + V + f⟩, each per ⟨ψ|ψ⟩, and the residual of (T + V + f)ψ = μψ.
    """

    hamiltonian: Hamiltonian
    times: np.ndarray
    states: np.ndarray | None
    final_state: np.ndarray
    expect: list[np.ndarray]
    e_data: dict[Any, np.ndarray]
    method: str
    stats: dict[str, Any]

    def field(self) -> GridField:
        """ψ(t, q) and ∂ψ between points and times, as a GridField; with a metric the scalar ψ = g^{-1/4}Φ.

        Needs the states at two times or more of real time, and no batch axes. ∂_tψ = −iHψ/ħ at the stored times.
        """
        states = self._stored("field()")
        if "residual" in self.stats:
            raise UnsupportedError("field() is offered in real time; in imaginary time make a qlearn.fields.GridField of the "
                                   "states and their ∂_τψ = −(H − E)ψ/ħ.")
        if len(self.times) < 2:
            raise ArgumentError("field() needs states at two times at least; solve with a longer tlist.")
        H = self.hamiltonian
        slopes = np.stack([H.at(t) @ psi for t, psi in zip(self.times, states, strict=True)]) * (-1j / H.hbar)
        forward = slice(None) if self.times[-1] > self.times[0] else slice(None, None, -1)
        return GridField(H.grid, self.times[forward], (states / H.root_metric)[forward],
                         (slopes / H.root_metric)[forward])

    def density(self, t_index: int = -1) -> GridDensity:
        """|ψ|² at times[t_index] as a GridDensity with respect to dq (|Φ|² with a metric), summed over channels."""
        H = self.hamiltonian
        states = self._stored("density()", channels=True)
        density = np.abs(states[checks.integer("t_index", t_index, least=-len(states), most=len(states) - 1)]) ** 2
        return GridDensity(H.grid, density if H.channels is None else np.sum(density, axis=0))

    def save(self, path: str | os.PathLike) -> None:
        """Write everything to one HDF5 file, in place of what is there; ``qlearn.load(path)`` gives it back.

        The numbers bit for bit; of the Hamiltonian its tables, not the callables they came from (see ``qlearn.load``). States of
        other array namespaces are stored as NumPy's. Raises StorageError, and leaves what was there, where writing fails.
        """
        from qlearn.results.files import save

        save(self, path)

    def plot(self, *arguments: Any, **settings: Any) -> Any:
        """Draw |ψ|² over time: see qlearn.plots."""
        from qlearn.plots import result

        return result(self, *arguments, **settings)

    def animate(self, **settings: Any) -> Any:
        """The stored states in motion, the phase of ψ as colour: a matplotlib animation; .save("wave.gif"), .to_jshtml()."""
        from qlearn.plots import animation

        return animation(self.hamiltonian, self.times, self._stored("animate()", channels=True), **settings)

    def _stored(self, what: str, channels: bool = False) -> np.ndarray:
        """The states as NumPy, (n, *shape); with channels allowed (n, c, *shape) too."""
        if self.states is None:
            checks.fail(what, "needs the stored states", "store_states=False", "Call sesolve with store_states=True.")
        H = self.hamiltonian
        if H.channels is not None and not channels:
            checks.fail(what, "needs a scalar wave function", f"{H.channels} channels", "Take one channel of result.states.")
        if self.states.ndim != 1 + len(H.state_shape):
            checks.fail(what, "needs one wave function", f"states of shape {tuple(self.states.shape)}",
                        "Solve the members of the batch one by one.")
        return to_numpy(self.states)
