"""The potential factors of the splitting methods: one kick is ψ ← exp(E) ψ at each point.

    E = z b V + ħ² z³ c ∂VᵀM⁻¹∂V,    z = −ih/ħ in real time, −h/ħ in imaginary time;    V − iW in place of V with a loss

``kicks_for`` takes the kind that serves: tables made once (static V), one pass over tables with numbers (separable drive),
V evaluated at each kick (any V(t), or f(|ψ|²) of the present ψ, which the kick leaves as it is), matrices for channels.
Kicks are prepared once for a step length, each a function of φ and of what is given with it: a table, or where that is None
the time. They work in place on NumPy arrays.
"""

import math
from collections.abc import Callable, Iterator
from operator import imul
from typing import Any, Protocol, final

import numpy as np

from qlearn.hamiltonian import Hamiltonian
from qlearn.hamiltonian.tables import one_for_all
from qlearn.kernels.arrays import like, namespace, to_numpy
from qlearn.kernels.phases import Phases, Product, form_weights
from qlearn.methods.coefficients import STRANG_TABLE, SplittingTable
from qlearn.methods.kick_densities import averaged, half_way, ratio
from qlearn.methods.point_exponentials import exponentials, exponentials_with_loss
from qlearn.methods.sequence import Plan

__all__ = ["ChannelKicks", "DrivenKicks", "EvaluatedKicks", "Kicks", "StaticKicks", "kicks_for"]

AT_ONCE = 2**15  # numbers of phases that are made before they are needed
FEW_MATRICES = 2**21  # numbers of the matrices of one kick with f(|ψ|²) up to which they are kept


class Kicks(Protocol):
    """Makes kicks of coefficients b and c, the rows (n, 2), for a step length."""

    def prepare(self, rows: np.ndarray, h: float, phi: Any) -> list[Product]:
        """The kicks exp(E) for arrays of the kind of ``phi``."""


def kicks_for(hamiltonian: Hamiltonian, phases: Phases, imaginary: bool, table: SplittingTable) -> Kicks:
    """The kind of kicks that this H needs for a scheme."""
    gradient = any(table.gradients)
    if hamiltonian.channels is not None:
        return ChannelKicks(hamiltonian, phases, imaginary, table)
    if not hamiltonian.potential_depends_on_time and hamiltonian.nonlinearity is None:
        return StaticKicks(hamiltonian, phases, imaginary)
    if hamiltonian.drive is not None and hamiltonian.nonlinearity is None and not imaginary:
        return DrivenKicks(hamiltonian, phases, gradient)
    return EvaluatedKicks(hamiltonian, phases, imaginary)


@final
class StaticKicks:
    """V, W and ∂V do not change: exp(E) is a table."""

    def __init__(self, hamiltonian: Hamiltonian, phases: Phases, imaginary: bool):
        self.hamiltonian, self.phases, self.imaginary = hamiltonian, phases, imaginary

    def factor(self, b: float, c: float, h: float) -> np.ndarray:
        """exp(E), (…, *shape)."""
        angle = _angle(self.hamiltonian, b, c, h, 0.0, self.imaginary)
        return _factor(angle, self.phases, self.imaginary, self.hamiltonian.grid.fourier_axes)

    def prepare(self, rows: np.ndarray, h: float, phi: Any) -> list[Product]:
        H = self.hamiltonian
        if len(rows) == 1 and not self.imaginary and H.is_hermitian:  # done once: no table is made
            (b, c), = rows.tolist()
            return [(self.phases.turn, _angle(H, b, c, h, 0.0, False))]
        if H.potential_table().size > AT_ONCE:
            return [(imul, like(self.factor(b, c, h), phi)) for b, c in rows.tolist()]
        return [(imul, like(table, phi)) for table in self.factors(rows, h)]

    def factors(self, rows: np.ndarray, h: float) -> np.ndarray:
        """exp(E) of each row, (n, …, *shape)."""
        H = self.hamiltonian
        if self.imaginary or not H.is_hermitian:
            return np.array([self.factor(b, c, h) for b, c in rows.tolist()])
        if rows[:, 1].any():
            tables, weights = np.array([H.potential_table(), H.gradient_squared()]), rows * (h / H.hbar, -h**3 / H.hbar)
        else:
            tables, weights = H.potential_table()[None], rows[:, :1] * (h / H.hbar)
        return self.phases.exponentials(tables, weights)


@final
class DrivenKicks:
    """V = V0 + Σ_r f_r(t) g_r: θ = −iE is a sum of tables with numbers, |∂V|² = W00 + 2 Σ f_r W0r + Σ f_r f_s Wrs among them.

    damping : the imaginary parts of the tables, with a loss; else None."""

    def __init__(self, hamiltonian: Hamiltonian, phases: Phases, gradient: bool):
        drive: Any = hamiltonian.drive
        self.hbar, self.factors, self.factors_at, self.phases = hamiltonian.hbar, drive.factors, drive.factors_at, phases
        tables = hamiltonian.drive_tables(gradient)
        lossy = np.iscomplexobj(tables)
        self.tables, self.terms = np.ascontiguousarray(tables.real) if lossy else tables, 1 + len(drive.tables)
        self.damping = tables.imag if lossy else None
        self.numbers = np.ones(self.terms)  # 1, f_1, … of the kick that is done

    def prepare(self, rows: np.ndarray, h: float, phi: Any) -> list[Product]:
        return [(self._kick(b, c, h), None) for b, c in rows.tolist()]

    def _kick(self, b: float, c: float, h: float) -> Callable[[Any, float], Any]:
        used = self.tables if c else self.tables[:self.terms]
        linear, square = b * h / self.hbar, -c * h**3 / self.hbar

        def kick(phi: Any, time: float) -> Any:
            self.numbers[1:] = self.factors(time)
            phi = self.phases.turn_by_form(phi, used, self.numbers, linear, square)
            if self.damping is None:
                return phi
            weights = form_weights(self.numbers, linear, square)
            phi *= like(np.exp(np.tensordot(weights, self.damping[:len(weights)], axes=1)), phi)
            return phi
        return kick

    def factors_in_turn(self, plan: Plan, h: float, time: float, count: int) -> Iterator[np.ndarray]:
        """exp(E), (…, *shape), of the kick before ``count`` steps from ``time`` and of those behind their stages; AT_ONCE numbers
        are made at a time."""
        some = max(1, AT_ONCE // math.prod(self.tables.shape[1:]))
        compiled = self.phases.name == "numba"
        factors = self.factors_at(plan.times(time, h, count, compiled=compiled))
        weights: Any = plan.weights(h, self.hbar, factors, np.zeros(len(self.tables)), compiled=compiled)
        for first in range(0, len(weights), some):
            part = weights[first:first + some]
            made = self.phases.exponentials(self.tables, part)
            if self.damping is not None:
                made *= np.exp(np.tensordot(part, self.damping, axes=1))
            yield from made


@final
class EvaluatedKicks:
    """V(t), W(t) and f(|ψ|²) are asked for at every kick. In real time the phases leave |ψ|² as it is, so that the kick is
    exact. With a loss |ψ|² decays within the kick, and f is averaged over it, to order 8. In imaginary time f is taken half way
    through the kick, with the norm held: symmetric, of order 2.
    """

    def __init__(self, hamiltonian: Hamiltonian, phases: Phases, imaginary: bool):
        self.hamiltonian, self.phases, self.imaginary = hamiltonian, phases, imaginary

    def prepare(self, rows: np.ndarray, h: float, phi: Any) -> list[Product]:
        return [(self._kick(b, c, h) if b or c else _none, None) for b, c in rows.tolist()]

    def _kick(self, b: float, c: float, h: float) -> Callable[[Any, float], Any]:
        def kick(phi: Any, time: float) -> Any:
            angle = _angle(self.hamiltonian, b, c, h, time, self.imaginary)
            total = angle
            if self.hamiltonian.nonlinearity is not None:
                weight = b * h / self.hamiltonian.hbar
                total = like(angle, phi) + weight * self._mean_field(phi, angle, weight)
            if not self.imaginary and not np.iscomplexobj(angle) and not self.hamiltonian.has_complex_mean_field:
                return self.phases.turn(phi, total)
            phi *= like(_factor(to_numpy(total), self.phases, self.imaginary, self.hamiltonian.state_axes), phi)
            return phi
        return kick

    def _mean_field(self, phi: Any, angle: np.ndarray, weight: float) -> Any:
        """f(|ψ|²) averaged over the kick, of the kind of φ."""
        H, density = self.hamiltonian, namespace(phi).abs(phi) ** 2
        if self.imaginary:
            return half_way(H.mean_field_of, density, angle, weight, H.state_axes)
        return averaged(H, density, 2 * np.imag(angle) if np.iscomplexobj(angle) else None, weight)


@final
class ChannelKicks:
    """V is a Hermitian c × c matrix at each point, exp(E) a matrix: a closed form for c = 2, else by its eigenvectors. With a
    loss that differs from channel to channel the matrix is not normal, and may have no frame of eigenvectors.

    With f(|ψ|²) a kick is itself split, between exp(E_V) and exp(E_f), which leaves the densities as they are: by the ``inner``
    scheme in real time, a product of order 2 in imaginary time.
    """

    def __init__(self, hamiltonian: Hamiltonian, phases: Phases, imaginary: bool, inner: SplittingTable):
        self.hamiltonian, self.phases, self.imaginary = hamiltonian, phases, imaginary
        self.inner = STRANG_TABLE if imaginary else inner
        self._static: Callable[[float], np.ndarray] | None = None

    def prepare(self, rows: np.ndarray, h: float, phi: Any) -> list[Product]:
        return [(self._kick(b * h, phi) if b else _none, None) for b in rows[:, 0].tolist()]

    def _kick(self, h: float, phi: Any) -> Callable[[Any, float], Any]:
        H, f = self.hamiltonian, self.hamiltonian.nonlinearity is not None
        parts = self.inner.kicks if f else (1.0,)
        keep = not H.potential_depends_on_time and (not f or len(set(parts)) * H.potential_table().size <= FEW_MATRICES)
        kept = self._matrices(parts, h, 0.0, phi) if keep else None

        def kick(phi: Any, time: float) -> Any:
            made = self._matrices(parts, h, time, phi) if kept is None else kept
            if not f:
                return self._turned(phi, made[parts[0]])
            held = namespace(phi).abs(phi) ** 2
            phi = self._turned(phi, made[parts[0]])
            for a, b in zip(self.inner.drifts, parts[1:], strict=True):
                angle = (a * h / H.hbar) * self._mean_field(phi, held, a * h / H.hbar)
                phi *= like(_factor(angle, self.phases, self.imaginary, H.state_axes), phi)
                phi = self._turned(phi, made[b])
            return phi
        return kick

    def _mean_field(self, phi: Any, held: Any, weight: float) -> np.ndarray:
        """f(|ψ|²) between two turns; in imaginary time with the norm of ``held``, half way through the kick."""
        f, density = self.hamiltonian.mean_field_of, namespace(phi).abs(phi) ** 2
        if not self.imaginary:
            return to_numpy(averaged(self.hamiltonian, density, None, weight))
        axes, density, held = self.hamiltonian.state_axes, to_numpy(density), to_numpy(held)
        density = density * ratio(np.sum(held, axis=axes, keepdims=True), np.sum(density, axis=axes, keepdims=True))
        return to_numpy(half_way(f, like(density, phi), np.zeros(()), weight, axes))

    def _turned(self, phi: Any, rows: list[list[Any]]) -> Any:
        """ψ_i ← Σ_j U_ij ψ_j."""
        axis, xp = -self.hamiltonian.grid.ndim - 1, namespace(phi)
        parts = [phi[(..., j, *(slice(None),) * (-axis - 1))] for j in range(len(rows))]
        new = [sum((u * part for u, part in zip(row[1:], parts[1:], strict=True)), row[0] * parts[0]) for row in rows]
        if not isinstance(phi, np.ndarray):
            return xp.stack(new, axis=axis)
        for part, values in zip(parts, new, strict=True):
            part[...] = values
        return phi

    def _matrices(self, parts: tuple[float, ...], h: float, time: float, phi: Any) -> dict[float, list[list[Any]]]:
        """For each of the parts of h, U_ij (…, *shape) of exp(E), row by row."""
        H = self.hamiltonian
        exponential = self._static or self._exponential(time)
        if not self.hamiltonian.potential_depends_on_time:
            self._static = exponential
        return {part: [[like(entry, phi) for entry in row] for row in exponential(part * h / H.hbar)]
                for part in dict.fromkeys(parts)}

    def _exponential(self, time: float) -> Callable[[float], np.ndarray]:
        """w ↦ exp(−iw(V − iW)), in imaginary time exp(−wV) up to a factor; (c, c, …)."""
        H, d = self.hamiltonian, self.hamiltonian.grid.ndim
        loss, c = H.loss_table(time), H.channels
        assert c is not None
        common = None if loss is None else one_for_all(loss, c, d)
        if loss is not None and common is None:
            return exponentials_with_loss(H.optical_potential(time), d)
        turned = exponentials(H.potential_table(time), d, self.phases, self.imaginary, H.grid.fourier_axes)
        if common is None:
            return turned
        return lambda weight: turned(weight) * np.exp(-weight * common)


def _none(phi: Any, _: Any) -> Any:
    """A kick of length 0."""
    return phi


def _angle(hamiltonian: Hamiltonian, b: float, c: float, h: float, time: float, imaginary: bool) -> np.ndarray:
    """θ of exp(−iθ), in imaginary time of exp(−θ): (b h V ∓ c h³ ∂VᵀM⁻¹∂V)/ħ, complex with a loss."""
    angle = (b * h / hamiltonian.hbar) * hamiltonian.optical_potential(time)
    if c:
        angle = angle + ((1 if imaginary else -1) * c * h**3 / hamiltonian.hbar) * hamiltonian.gradient_squared(time)
    return angle


def _factor(angle: np.ndarray, phases: Phases, imaginary: bool, axes: tuple[int, ...]) -> np.ndarray:
    """exp(−iθ), or exp(−θ) up to a factor for each member that keeps it at 1 or below: the norm is restored anyway."""
    if imaginary:
        return np.exp(angle.min(axis=axes, keepdims=True) - angle)
    table = phases.table(angle.real)
    if np.iscomplexobj(angle):
        table *= np.exp(angle.imag)
    return table
