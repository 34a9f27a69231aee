"""H in any sector θ on one grid: the twist κ = 2πθ/L does to periodic parts u = e^{−iκ·(x−a)} ψ what the potential −ħκ does.

    h(κ) = e^{−iκx} H e^{iκx} = h₀ + Σ_a p_a v_a + ½ Σ_ab p_a p_b w_ab,   p = ħκ,   v_a = ∂T/∂p_a,   w_ab = ∂²T/∂p_a∂p_b

is a polynomial of degree 2, so that differences of T at three values of A are its derivatives exactly, whatever the mass, the
metric and A are. Rows are flat states on the common grid, of twist ¼ (there no mode ±N/2 is without a sign), Σ|·|² = 1.
"""

from functools import cached_property
from typing import Any, final

import numpy as np

from qlearn import checks
from qlearn.errors import UnsupportedError
from qlearn.grids import Grid
from qlearn.hamiltonian import Hamiltonian
from qlearn.hamiltonian.action import acted
from qlearn.hamiltonian.kinetic import kinetic_for
from qlearn.spectrum.hermitian.certificate import finer, rounding

__all__ = ["TwistedOperator", "need_bands", "twisted_axes"]

REFERENCE = 0.25


def twisted_axes(grid: Grid) -> tuple[int, ...]:
    """The periodic axes that can be twisted: all but the azimuths round poles."""
    return tuple(a for a, kind in enumerate(grid.boundary)
                 if kind == "periodic" and not (a > 0 and grid.boundary[a - 1] == "pole"))


def need_bands(H: Any, k: Any, tol: Any) -> None:
    """What bands need of H, k and tol, or an error that says what else to do."""
    if not isinstance(H, Hamiltonian):
        checks.fail("H", "must be a qlearn.Hamiltonian", H)
    if not twisted_axes(H.grid):
        checks.fail("H", "must have a periodic axis to twist", f"the boundaries {H.grid.boundary}",
                    "Between walls, and round poles, there is no θ: take eigenstates(H, k).")
    if H.time_dependent:
        checks.fail("H", "must be static", "V or A that depends on t", "Give H.at(t).")
    if not H.is_hermitian or not H.is_linear or H.batch_shape:
        raise UnsupportedError("bands of an H with a loss, of f(|ψ|²) or of a batch of V are not offered: leave the absorber and "
                               "the imaginary part of V out, freeze the mean field (V + H.mean_field(psi)), make one "
                               "Hamiltonian for each V.")
    checks.integer("k", k, least=1, most=int(np.prod(H.state_shape)))
    checks.real("tol", tol, above=0)


@final
class TwistedOperator:
    """h(κ) on the common grid and on one twice as fine, with its derivatives in p."""

    def __init__(self, H: Hamiltonian):
        self.hamiltonian, self.axes = H, twisted_axes(H.grid)
        self.base = self.at([REFERENCE] * len(self.axes))
        self.fine = finer(self.base)
        self.size = int(np.prod(H.state_shape))
        lengths = H.grid.lengths[list(self.axes)]
        self.momentum_quantum = 2 * np.pi * H.hbar / lengths        # dp/dθ, (p,)
        self.step = float(np.pi * H.hbar / np.min(H.grid.spacing[list(self.axes)]))     # exact, so large: the least rounding

    def at(self, theta: Any) -> Hamiltonian:
        """H on the grid with the twist θ."""
        grid = self.hamiltonian.grid
        twist = [0.0] * grid.ndim
        for a, value in zip(self.axes, theta, strict=True):
            twist[a] = float(value)
        return self.hamiltonian._rebuilt(grid=Grid(grid.shape, grid.bounds, grid.boundary, tuple(twist)))

    def momentum(self, theta: Any) -> np.ndarray:
        """ħκ less that of the common grid, (p,)."""
        return self.momentum_quantum * (np.asarray(theta) - REFERENCE)

    def apply(self, theta: Any, rows: np.ndarray, *, fine: bool = False) -> np.ndarray:
        """h(κ) on rows (m, size)."""
        return self.shifted(self.momentum(theta), rows, fine=fine)

    def shifted(self, p: np.ndarray, rows: np.ndarray, *, fine: bool = False) -> np.ndarray:
        """H with A − p in the place of A, on rows."""
        H = self.fine if fine else self.base
        kinetic = kinetic_for(H.grid, H.mass, H.hbar, H.metric, self._potential(p))
        psi = rows.reshape(len(rows), *H.state_shape)
        return acted(H.potential_table(), psi, kinetic, 0.0, H.channels, H.grid.ndim).reshape(len(rows), -1)

    def slope(self, a: int, theta: Any, rows: np.ndarray) -> np.ndarray:
        """∂h/∂p_a on rows at θ."""
        step, p = self.step * np.eye(len(self.axes))[a], self.momentum(theta)
        return (self.shifted(p + step, rows) - self.shifted(p - step, rows)) / (2 * self.step)

    def lifted(self, rows: np.ndarray) -> np.ndarray:
        """The interpolants of the scalars on the finer grid, as half-densities."""
        H, fine = self.base, self.fine
        if fine is H:
            return rows
        psi = rows.reshape(len(rows), *H.state_shape) / H.root_metric
        wide = np.asarray(H.grid.interpolate(psi, fine.grid)) * fine.root_metric
        return wide.reshape(len(rows), -1) * np.sqrt(fine.grid.cell_volume / H.grid.cell_volume)

    def rows_of(self, H: Hamiltonian, states: np.ndarray) -> np.ndarray:
        """Rows of states ψ (m, *state_shape) of H(θ), by their periodic parts."""
        chi = self.base.grid.from_periodic(H.grid.to_periodic(states))
        return chi.reshape(len(states), -1) * np.sqrt(self.base.grid.cell_volume)

    def turn(self, number: int) -> np.ndarray:
        """e^{−2πi(x−a)/L} of one twisted axis, flat (size,): leads from u(θ) to u(θ + 1)."""
        return self.phase(tuple(int(i == number) for i in range(len(self.axes))))

    def plane(self, theta: np.ndarray) -> np.ndarray:
        """e^{2πiθ·(x−a)/L}, (*state_shape): leads from u to ψ."""
        return self.phase(tuple(-theta)).reshape(self.base.state_shape)

    def leaving(self, rows: np.ndarray, turns: tuple[int, ...]) -> float:
        """The largest share of a row in modes that e^{−2πi m·(x−a)/L} takes off the grid, where they would come back aliased."""
        base, worst = self.base, 0.0
        u = base.grid.to_periodic(rows.reshape(len(rows), *base.state_shape))
        for axis, m in zip(self.axes, turns, strict=True):
            place, count = axis - base.grid.ndim, base.grid.shape[axis]
            numbers = np.rint(np.fft.fftfreq(count, 1 / count))
            off = (numbers - m < numbers.min()) | (numbers - m > numbers.max())
            if off.any():
                modes = np.moveaxis(np.fft.fft(u, axis=place, norm="ortho"), place, -1)[..., off]
                worst = max(worst, float(np.max(np.sum(np.abs(modes.reshape(len(rows), -1)) ** 2, axis=1))))
        return worst

    def phase(self, turns: tuple[float, ...]) -> np.ndarray:
        """e^{−2πi m·(x−a)/L} at the points of one wave function, flat."""
        grid = self.base.grid
        angle = np.zeros(grid.shape)
        for a, m in zip(self.axes, turns, strict=True):
            angle = angle - 2 * np.pi * m * (grid.mesh[a] - grid.bounds[a][0]) / grid.lengths[a]
        return np.broadcast_to(np.exp(1j * angle), self.base.state_shape).ravel()

    @cached_property
    def rounding(self) -> float:
        """That of h(κ) on a row of norm 1."""
        return rounding(self.fine)

    @cached_property
    def unit(self) -> float:
        """The least ħ²(2π/L)²/2m of an axis."""
        H = self.hamiltonian
        return min(float(0.5 * np.min(H.kinetic.inverse[a, a]) * (2 * np.pi * H.hbar / H.grid.lengths[a]) ** 2)
                   for a in range(H.grid.ndim))

    def scale(self, energy: float) -> float:
        """An energy over the least V, plus that of one wave round an axis: what tol is relative to."""
        return energy - (self.base.spectral_bounds[0] - self.base.kinetic.bounds[0]) + self.unit

    def _potential(self, momentum: np.ndarray) -> Any:
        """A − p on the twisted axes."""
        A, shift = self.hamiltonian.vector_potential, np.zeros(self.hamiltonian.grid.ndim)
        shift[list(self.axes)] = momentum
        if A is None or not callable(A):
            return (0.0 if A is None else np.atleast_1d(np.asarray(A, dtype=float))) - shift

        def moved(*q: np.ndarray) -> list:
            given = A(*q)
            if len(shift) == 1 and (np.ndim(given) == 0 or (isinstance(given, np.ndarray) and given.shape == q[0].shape)):
                given = [given]
            return [np.broadcast_to(np.asarray(component, dtype=float), q[0].shape) - part
                    for component, part in zip(given, shift, strict=True)]
        return moved
