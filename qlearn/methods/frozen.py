"""H at one moment, or a weighted sum of H at several, as one operator whose tables are made once."""

import math
from collections.abc import Callable
from functools import cached_property
from typing import Any, final

import numpy as np

from qlearn.hamiltonian import Hamiltonian
from qlearn.hamiltonian.tables import point_levels
from qlearn.kernels.arrays import as_complex, like, namespace
from qlearn.kernels.stepping import Layout

__all__ = ["FrozenOperator", "clipped_matrix", "kinetic_sum", "local_levels"]


@final
class FrozenOperator:
    """scale·(Σ_i w_i H(t_i) − shift), T and V clipped at their ceilings; it acts on working arrays (…, *state_shape).

    The working array is φ = exp(−iκ·(x − a))ψ where T is diagonal in the wavenumbers, with the batch axes of V broadcast
    in, and ψ itself where it is not. ``moments``: pairs (t_i, w_i). A ceiling c replaces T(k), or the levels of V at each
    point, by min(·, c); it does not apply to a T that is not diagonal.
    """

    def __init__(self, hamiltonian: Hamiltonian, moments: tuple[tuple[float, float], ...] = ((0.0, 1.0),), *,
                 ceilings: tuple[float, float] = (np.inf, np.inf), scale: float = 1.0, shift: float = 0.0):
        self.hamiltonian, self.grid, self.moments, self.scale = hamiltonian, hamiltonian.grid, moments, scale
        self.flat, self.channels = hamiltonian.is_diagonal_in_k, hamiltonian.channels
        self.weight, self.ceilings, self.shift = sum(w for _, w in moments), ceilings, shift
        self._carried: tuple[Any, Any] | None = None

    @cached_property
    def table(self) -> np.ndarray | None:
        """T, where it is diagonal in the wavenumbers."""
        return self.of_modes() if self.flat else None

    @cached_property
    def potential(self) -> np.ndarray:
        """V − iW, less the shift."""
        return self.of_points()

    def of_modes(self) -> np.ndarray:
        """T, where it is diagonal in the wavenumbers, a new array."""
        return np.asarray(np.minimum(self.hamiltonian.kinetic.table, self.ceilings[0]) * (self.weight * self.scale))

    def of_points(self) -> np.ndarray:
        """V − iW less the shift, a new array."""
        whole = _potential(self.hamiltonian, self.moments, self.ceilings[1]) - self._diagonal(self.shift)
        return np.asarray(self.scale * whole)

    def gain(self, sign: float) -> float:
        """The largest rate of growth of ‖ψ‖ times ħ, forwards (sign 1) or backwards (−1): max(−sign·ΣwW), at least 0."""
        losses = [(w, self.hamiltonian.loss_table(t)) for t, w in self.moments]
        total = sum((w * loss for w, loss in losses if loss is not None), np.zeros(()))
        if not total.ndim:
            return 0.0
        return max(0.0, point_levels(-sign * self.scale * total, self.channels, self.grid.ndim)[1])

    def laid_out(self, layout: Layout) -> tuple[np.ndarray, np.ndarray]:
        """T over the number of points and V, both real, as a compiled loop meets them."""
        return layout.modes(self.of_modes()[None] / self.grid.size)[0], layout.points(self.of_points()[None])[0]

    def enter(self, psi: Any) -> Any:
        """ψ → working array, to be looked at only: ψ itself where nothing has to be changed."""
        xp = namespace(psi)
        batch = self.hamiltonian.batch_shape
        states = (*np.broadcast_shapes(batch, tuple(psi.shape[:psi.ndim - len(self.hamiltonian.state_shape)])),
                  *self.hamiltonian.state_shape)
        if tuple(psi.shape) != states:
            psi = xp.broadcast_to(psi, states)
        return self.grid.periodic_part(psi) if self.flat else psi

    def leave(self, phi: Any, *, given: bool = False) -> Any:
        """Working array → ψ, new; of a working array that is given away, in the same memory where nothing has to be changed."""
        if given and (not self.flat or self.grid.twist_phase is None):
            return phi
        return self.grid.from_periodic(phi) if self.flat else as_complex(phi)

    def periodic_part(self, phi: Any) -> Any:
        """exp(−iκ·(x − a))ψ of a working array, to be looked at only."""
        return phi if self.flat else self.grid.periodic_part(phi)

    def cost(self, phi: Any) -> int:
        """Transforms of one application to this array."""
        times = 1 if not self._moving else len(self.moments)
        return self.hamiltonian.kinetic.ffts * times * (math.prod(phi.shape) // self.grid.size)

    def __call__(self, phi: Any) -> Any:
        """The operator on φ, a new array."""
        table, potential = self._tables(phi)
        if self.flat:
            modes = self.grid.forward(as_complex(phi))
            modes *= table
            result = self.grid.backward(modes)
        else:
            result = self._kinetic(phi)
        result += self._times(potential, phi)
        return result

    def add(self, total: Any, phi: Any, scratch: Any, look: Any = None, *, sign: int = 1) -> tuple[Any, Any]:
        """(sign·total + operator φ, scratch), NumPy arrays in place; ``look`` is shown the modes of φ before they are used."""
        plain = self.flat and self.channels is None and isinstance(phi, np.ndarray)
        if sign < 0 and not plain:
            total *= -1
        if not self.flat:
            total += self(phi)
            return total, scratch
        table, potential = self._tables(phi)
        if isinstance(phi, np.ndarray):
            if self.channels is None:
                np.multiply(potential, phi, out=scratch)
                (np.add if sign > 0 else np.subtract)(scratch, total, out=total)
            else:
                total += self._times(potential, phi)
            np.copyto(scratch, phi)
        else:
            total += self._times(potential, phi)
            scratch = as_complex(phi)
        modes = self.grid.forward(scratch)
        if look is not None:
            look(modes)
        modes *= table
        scratch = self.grid.backward(modes)
        total += scratch
        return total, scratch

    @property
    def _moving(self) -> bool:
        return not self.flat and self.hamiltonian.kinetic_depends_on_time

    def _kinetic(self, phi: Any) -> Any:
        kinetic = self.hamiltonian.kinetic
        if not self._moving:
            return (self.weight * self.scale) * kinetic.apply(phi)
        return kinetic_sum(kinetic, self.moments, self.scale)(phi)

    def _times(self, potential: Any, phi: Any) -> Any:
        if self.channels is None:
            return potential * phi
        xp, d = namespace(phi), self.grid.ndim
        return xp.sum(potential * xp.expand_dims(phi, axis=-d - 2), axis=-d - 1)

    def _diagonal(self, shift: float) -> Any:
        if self.channels is None:
            return shift
        return shift * np.eye(self.channels).reshape(self.channels, self.channels, *(1,) * self.grid.ndim)

    def _tables(self, phi: Any) -> tuple[Any, Any]:
        if isinstance(phi, np.ndarray):
            return self.table, self.potential
        if self._carried is None:
            self._carried = (None if self.table is None else like(self.table, phi), like(self.potential, phi))
        return self._carried


def kinetic_sum(kinetic: Any, moments: tuple[tuple[float, float], ...], scale: float = 1.0) -> Callable[[Any], Any]:
    """scale·Σ_i w_i T(t_i), on ψ."""
    return lambda psi: sum((w * scale) * kinetic.apply(psi, t) for t, w in moments)


def _potential(hamiltonian: Hamiltonian, moments: tuple[tuple[float, float], ...], ceiling: float) -> np.ndarray:
    """Σ_i w_i (V − iW)(t_i), a scalar or a matrix at each point."""
    d, channels = hamiltonian.grid.ndim, hamiltonian.channels
    total: Any = 0.0
    for time, weight in moments:
        table, loss = hamiltonian.potential_table(time), hamiltonian.loss_table(time)
        if ceiling < np.inf:
            table = np.minimum(table, ceiling) if channels is None else clipped_matrix(table, d, ceiling)
        total = total + weight * (table if loss is None else table - 1j * loss)
    return np.asarray(total)


def local_levels(hamiltonian: Hamiltonian) -> np.ndarray:
    """The eigenvalues of V at each point: V itself, or (*batchV, *shape, c) for channels."""
    table, d = hamiltonian.potential_table(), hamiltonian.grid.ndim
    return table if hamiltonian.channels is None else np.linalg.eigvalsh(np.moveaxis(table, (-d - 2, -d - 1), (-2, -1)))


def clipped_matrix(table: np.ndarray, ndim: int, ceiling: float) -> np.ndarray:
    """V (*batchV, c, c, *shape) with its levels at each point replaced by min(·, ceiling)."""
    levels, frames = np.linalg.eigh(np.moveaxis(table, (-ndim - 2, -ndim - 1), (-2, -1)))
    clipped = (frames * np.minimum(levels, ceiling)[..., None, :]) @ np.conj(np.swapaxes(frames, -1, -2))
    return np.moveaxis(clipped, (-2, -1), (-ndim - 2, -ndim - 1))
