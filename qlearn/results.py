"""What sesolve returns."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from qlearn import checks
from qlearn.densities import GridDensity
from qlearn.errors import ArgumentError
from qlearn.fields import GridField
from qlearn.hamiltonian import Hamiltonian

__all__ = ["Result"]


@final
@dataclass(frozen=True, eq=False)
class Result:
    """A solved iħ ∂_t ψ = Hψ.

    Attributes
    ----------
    hamiltonian : the Hamiltonian.       times : (n,).
    states : (n, …, *shape) complex, or None where they were not stored.      final_state : (…, *shape).
    expect : list of arrays (n, …), one for each e_op; e_data : the same as a dict where e_ops was a dict.
    method : the method and, where it was chosen, why, in words.
    stats : dict with
        "ffts" transforms of one wave function; "steps" steps or series terms;
        "error_estimate" of the final state, L2, relative to ‖ψ0‖: the method's own estimate plus rounding;
        "norm_drift" largest |‖ψ(t)‖/‖ψ0‖ − 1|; "energy_drift" ⟨H⟩ at the end minus at the start per ⟨ψ|ψ⟩, units of
        energy, None where V depends on t;
        "spectral_tail" largest share of |ψ_k|² in the outer tenth of the wavenumbers; "edge_density" largest density at the
        seam a ~ b of an axis, over the maximum of that axis' marginal density: no error on a ring;
        "wall_time" seconds.
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

        Needs the states at two times or more, and no batch axes. ∂_tψ = −iHψ/ħ at the stored times.
        """
        states = self._stored("field()")
        if len(self.times) < 2:
            raise ArgumentError("field() needs states at two times at least; solve with a longer tlist.")
        H = self.hamiltonian
        slopes = np.stack([H.at(t) @ psi for t, psi in zip(self.times, states, strict=True)]) * (-1j / H.hbar)
        forward = slice(None) if self.times[-1] > self.times[0] else slice(None, None, -1)
        return GridField(H.grid, self.times[forward], (states / H.root_metric)[forward],
                         (slopes / H.root_metric)[forward])

    def density(self, t_index: int = -1) -> GridDensity:
        """|ψ|² at times[t_index] as a GridDensity with respect to dq (|Φ|² with a metric)."""
        return GridDensity(self.hamiltonian.grid, np.abs(self._stored("density()")[t_index]) ** 2)

    def plot(self, *arguments: Any, **settings: Any) -> Any:
        """Draw |ψ|² over time: see qlearn.plots."""
        from qlearn.plots import result

        return result(self, *arguments, **settings)

    def _stored(self, what: str) -> np.ndarray:
        if self.states is None:
            checks.fail(what, "needs the stored states", "store_states=False", "Call sesolve with store_states=True.")
        if self.states.ndim != 1 + self.hamiltonian.grid.ndim:
            checks.fail(what, "needs one wave function", f"states of shape {self.states.shape}",
                        "Solve the members of the batch one by one.")
        return self.states
