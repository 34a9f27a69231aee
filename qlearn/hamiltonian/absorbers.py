"""Absorbing layers −iW at the ends of the axes, with what they send back and let through.

    iħ ∂_t ψ = (H − iW) ψ,    d‖ψ‖²/dt = −(2/ħ) ⟨W⟩,    W = Σ_axes strength · sin(πu/2)^order,  u = depth in the layer/width

W begins like u^order and is flat at the end of the axis. On a periodic axis the layers of both ends are one layer of twice the
width round the seam, smooth there; what passes it comes in again at the other side. A wall behind it turns back what gets there.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, final

import numpy as np

from qlearn import checks
from qlearn.grids import Grid
from qlearn.hamiltonian.scattering import layer_scattering, tabulated_layers
from qlearn.hamiltonian.tables import (
    HERMITIAN,
    frozen,
    hermitian_and_loss,
    is_known_everywhere,
    layout,
    on_diagonal,
    one_for_all,
    point_levels,
    tabulate,
)

if TYPE_CHECKING:
    from qlearn.hamiltonian.operator import Hamiltonian

__all__ = ["Absorber", "Reflection", "absorber_table", "is_refinable", "reflected_share"]

SIDES = ("both", "left", "right")
BOUNDARIES = ("periodic", "wall")
ORDERS = (2, 3, 4, 5, 6)
MOST_NODES = 257        # speeds at which R + T are computed; between them log(R + T) is linear
NEGLIGIBLE = 1e-13      # weight of a plane wave, of the largest
EXACT, ROUGH = 1e-11, 1e-8    # accuracy of the amplitudes of R and T where they are asked for, and for the share of a state
TABULATED = 1e-7              # and from splines of a table


@final
@dataclass(frozen=True, eq=False)
class Reflection:
    """What a layer sends back and lets through at each energy: ``energies``, ``reflected`` R, ``transmitted`` T, all (n,).

    ``returned`` = R + T is the share that comes back into the region inside; |ψ|² is counted, so R = |r|².
    """

    energies: np.ndarray
    reflected: np.ndarray
    transmitted: np.ndarray

    @property
    def returned(self) -> np.ndarray:
        return self.reflected + self.transmitted

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.asarray(self.returned, dtype=dtype)


@final
@dataclass(frozen=True)
class Absorber:
    """Layers −iW at the ends of axes, W = strength · sin(πu/2)^order with u from 0 at their inner edge to 1 at the end.

    Parameters
    ----------
    width : of a layer, units of length, > 0; twice that must fit on the axis where there are two.
    strength : W at the end of the axis, units of energy, > 0. Too weak lets through, too strong reflects:
        ``Absorber.for_energies`` finds the strength, ``reflection`` says what to expect.
    order : ≥ 1, how smoothly W begins. 3 suits layers of 2 wavelengths; thinner ones want 2, thicker ones 4.
    axes : which axes have layers; None for all (needed on grids with poles).
    sides : "both", or in front of walls "left" or "right". The two ends of a periodic axis are one place: "both".

    Several absorbers are added as tables: lambda *q: … or ``absorber.table(grid)``.

    >>> layer = Absorber.for_energies(width=6.0, energies=(2.0, 8.0))
    >>> layer.order, bool(np.max(layer.reflection([2.0, 4.0, 8.0])) < 1e-4)
    (3, True)
    """

    width: float
    strength: float
    order: int = 3
    axes: tuple[int, ...] | int | None = None
    sides: str = "both"

    def __post_init__(self):
        object.__setattr__(self, "width", checks.real("width", self.width, above=0))
        object.__setattr__(self, "strength", checks.real("strength", self.strength, above=0))
        object.__setattr__(self, "order", checks.integer("order", self.order, least=1))
        checks.choice("sides", self.sides, SIDES)
        if self.axes is not None:
            axes = tuple(np.atleast_1d(self.axes).tolist())
            object.__setattr__(self, "axes", tuple(checks.integer("axes", axis, least=0) for axis in axes))
            if len(set(axes)) < len(axes):
                checks.fail("axes", "must name each axis once", axes)

    @classmethod
    def for_energies(cls, width: float, energies: tuple[float, float], *, mass: float = 1.0, hbar: float = 1.0,
                     boundary: str = "periodic", **options: Any) -> "Absorber":
        """The absorber of this width whose largest R + T over kinetic energies low … high is least.

        The strength is found to some 10 %, and the order unless it is given; ``axes`` and ``sides`` are passed on. Ask it for its
        ``.reflection(energies)``: waves longer (2πħ/√(2mE)) than the layer come back whatever it is.
        """
        low, high = (checks.real("energies", e, above=0) for e in _pair(energies))
        mass, hbar = checks.real("mass", mass, above=0), checks.real("hbar", hbar, above=0)
        first = cls(width, 1.0, **options)
        wall = checks.choice("boundary", boundary, BOUNDARIES) == "wall"
        sample = np.geomspace(low, high, 1 if low == high else 9)
        orders = np.array([first.order] if "order" in options else ORDERS)
        exponents = np.linspace(-5.0, 4.0 + np.log(high / low), 24)
        for _ in range(3):
            worst = _worst(first.width, low * np.exp(exponents), orders, sample, mass, hbar, wall)
            row, best = np.unravel_index(np.argmin(worst), worst.shape)
            orders, centre, reach = orders[row:row + 1], exponents[best], exponents[1] - exponents[0]
            exponents = centre + np.linspace(-reach, reach, 9)
        return replace(first, strength=float(low * np.exp(centre)), order=int(orders[0]))

    def reflection(self, energies: Any, *, mass: float = 1.0, hbar: float = 1.0, boundary: str = "periodic") -> Reflection:
        """R and T of plane waves that meet a layer head-on, at kinetic energies E > 0 (n,), to 1e-10.

        From the stationary equation of this profile, see ``qlearn.hamiltonian.scattering``; ``mass`` is m of E = ħ²k²/2m across
        the layer, ``boundary`` the axis' own: "periodic" (both layers as one, T passes the seam) or "wall" (T = 0).
        """
        values = np.atleast_1d(checks.finite_array("energies", energies))
        if values.ndim != 1 or not values.size or values.min() <= 0:
            checks.fail("energies", "must be numbers > 0, (n,)", energies)
        mass, hbar = checks.real("mass", mass, above=0), checks.real("hbar", hbar, above=0)
        wall = checks.choice("boundary", boundary, BOUNDARIES) == "wall"
        unique, place = np.unique(values, return_inverse=True)
        r, t = self._scattered(unique, mass, hbar, wall, EXACT)
        return Reflection(values, r[place], t[place])

    def _scattered(self, energies: np.ndarray, mass: float, hbar: float, wall: bool,
                   accuracy: float) -> tuple[np.ndarray, np.ndarray]:
        return layer_scattering(lambda x: self.strength * np.sin(np.pi * x / (2 * self.width)) ** self.order,
                                self.width if wall else 2 * self.width, energies, mass=mass, hbar=hbar, wall=wall,
                                accuracy=accuracy)

    def on_axes(self, grid: Grid) -> tuple[int, ...]:
        """The axes of this grid that have layers, checked."""
        if self.axes is None and "pole" in grid.boundary:
            checks.fail("axes of Absorber", "must be named on a grid with poles", "None", "Name the axes that waves leave by.")
        axes = tuple(range(grid.ndim)) if self.axes is None else self.axes
        for axis in axes:  # type: ignore[union-attr]
            self._check(grid, axis)
        return axes  # type: ignore[return-value]

    def _check(self, grid: Grid, axis: int) -> None:
        if axis >= grid.ndim:
            checks.fail("axes of Absorber", f"must be among 0 … {grid.ndim - 1}", axis)
        if grid.boundary[axis] == "pole":
            checks.fail("axes of Absorber", "must not be an axis between poles, where nothing leaves", axis)
        if grid.boundary[axis] == "periodic" and self.sides != "both":
            checks.fail("sides of Absorber", "must be 'both' on a periodic axis, whose ends are one place", self.sides,
                        "Take boundary='wall' for this axis, or give W(*q) as a callable.")
        room = grid.lengths[axis] / (2 if self.sides == "both" else 1)
        if self.width > room:
            checks.fail("width of Absorber", f"must be at most {room:g} on axis {axis}", self.width)

    def table(self, grid: Grid) -> np.ndarray:
        """W on the grid, (*shape): the sum over the axes."""
        total = np.zeros(grid.shape)
        for axis in self.on_axes(grid):
            (a, b), x = grid.bounds[axis], grid.axes[axis]
            left = a + self.width - x if self.sides != "right" else np.zeros_like(x)
            right = x - (b - self.width) if self.sides != "left" else np.zeros_like(x)
            depth = np.clip(np.maximum(left, right) / self.width, 0.0, 1.0)
            layer = self.strength * np.sin(np.pi * depth / 2) ** self.order
            total += layer.reshape((-1,) + (1,) * (grid.ndim - 1 - axis))
        return total


def reflected_share(hamiltonian: "Hamiltonian", psi: np.ndarray, t: float = 0.0) -> np.ndarray | None:
    """The share of ψ (…, *state_shape) that the absorber sends back or lets through, (…): Σ_k |a_k|² (R + T)(k)/Σ_k |a_k|².

    Each plane wave of ψ meets the layers of each axis as often as its velocity there says, and head-on with the kinetic energy
    v²/2(M⁻¹) of that axis: V is taken to be the same where ψ is and where the layers begin, and waves that never get there count
    too. R + T come from the profile: of an ``Absorber`` its own; in one dimension of the loss table, if some stretch of the axis
    is free of it. None where that does not apply: no loss, other tables in d > 1 or for single channels, batches of W, gains,
    metrics, A(q).
    """
    if hamiltonian.is_hermitian or not hamiltonian.is_diagonal_in_k:
        return None
    curves = _layer_curves(hamiltonian, t)
    if curves is None:
        return None
    grid, kinetic = hamiltonian.grid, hamiltonian.kinetic
    weights = np.abs(grid.transform(hamiltonian.checked(psi))) ** 2
    if hamiltonian.channels is not None:
        weights = weights.sum(axis=-grid.ndim - 1)
    every = weights.reshape(-1, *grid.shape).sum(axis=0)
    meetings, returned = np.zeros(grid.shape), np.zeros(grid.shape)
    for axis, curve in curves.items():
        speeds = np.abs(np.broadcast_to(kinetic.velocities[axis], grid.shape))
        often = speeds / grid.lengths[axis]
        meetings += often
        returned += often * _curve_at(curve, speeds, every, float(kinetic.inverse[axis, axis]))
    share = np.divide(returned, meetings, out=np.ones(grid.shape), where=meetings > 0)
    total = np.sum(weights, axis=grid.fourier_axes)
    return np.divide(np.sum(weights * share, axis=grid.fourier_axes), total, out=np.zeros_like(total), where=total > 0)


def _curve_at(curve: Any, speeds: np.ndarray, weights: np.ndarray, inverse: float) -> np.ndarray:
    """R + T at every speed v, E = v²/2(M⁻¹): computed at each that carries weight, or at MOST_NODES between them."""
    kept = np.unique(np.round(speeds[weights > NEGLIGIBLE * weights.max()], 12)) if weights.max() > 0 else np.zeros(1)
    nodes = kept if kept.size <= MOST_NODES else np.linspace(kept[0], kept[-1], MOST_NODES)
    values, moving = np.ones_like(nodes), nodes > 0
    if moving.any():
        values[moving] = curve(nodes[moving] ** 2 / (2 * inverse), inverse)
    return np.exp(np.interp(speeds, nodes, np.log(np.maximum(values, 1e-300))))


def _layer_curves(hamiltonian: "Hamiltonian", t: float) -> dict[int, Any] | None:
    """{axis: (energies, 1/m) -> R + T}, or None where no profile is known."""
    absorber, grid, hbar = hamiltonian.absorber, hamiltonian.grid, hamiltonian.hbar
    if isinstance(absorber, Absorber) and not hamiltonian.has_complex_potential:
        return {axis: lambda e, inverse, wall=grid.boundary[axis] == "wall":
                np.add(*absorber._scattered(e, 1 / inverse, hbar, wall, ROUGH)) for axis in absorber.on_axes(grid)}
    loss = hamiltonian.loss_table(t)
    if loss is not None and hamiltonian.channels is not None:
        loss = one_for_all(loss, hamiltonian.channels, grid.ndim)
    if grid.ndim > 1 or loss is None or loss.shape != grid.shape or loss.min() < 0 or not loss.any():
        return None
    layers = tabulated_layers(loss, float(grid.spacing[0]), grid.boundary[0] == "wall")
    if layers is None:
        return None

    def curve(energies: np.ndarray, inverse: float) -> np.ndarray:
        sides = [np.ones_like(energies) if layer is None else
                 np.sum(layer_scattering(*layer, energies, mass=1 / inverse, hbar=hbar, wall=grid.boundary[0] == "wall",
                                         accuracy=TABULATED), axis=0) for layer in layers]
        return np.mean(sides, axis=0)
    return {0: curve}


def absorber_table(grid: Grid, absorber: Any, batch: tuple[int, ...], channels: int | None) -> np.ndarray | None:
    """W ≥ 0 of what a Hamiltonian was given, (…, *shape), for channels matrices (…, c, c, *shape); read-only; None where it is
    zero. ``batch``: the batch axes of V."""
    if absorber is None:
        return None
    if isinstance(absorber, list | tuple) and any(isinstance(part, Absorber) for part in absorber):
        checks.fail("absorber", "must be one", f"{len(absorber)}",
                    "Add their tables: sum(layer.table(grid) for layer in layers).")
    values = absorber.table(grid) if isinstance(absorber, Absorber) else tabulate(grid, absorber, "absorber")
    square, own = layout(values.shape, grid.shape, "absorber")
    if square not in (None, channels):
        checks.fail("absorber", "must be one W for all channels" + ("" if channels is None else f", or {channels} × {channels} "
                    "matrices"), f"shape {values.shape}", "Flatten a batch of n × n absorbers to (n², *shape).")
    if square is None and np.iscomplexobj(values):
        checks.fail("absorber", "must be real, W of H − iW", "complex values", "Put a complex potential into potential=.")
    if channels is not None:
        values = on_diagonal(values, channels, grid.ndim) + 0j if square is None else _hermitian(values, channels, grid)
    least = point_levels(values, channels, grid.ndim)[0]
    if least < (0.0 if square is None else -HERMITIAN * float(np.max(np.abs(values)))):
        checks.fail("absorber", "must be ≥ 0 everywhere, W of H − iW", least, "A gain is Im V > 0 of potential=.")
    try:
        np.broadcast_shapes(batch, own)
    except ValueError:
        checks.fail("absorber", f"must have batch axes that broadcast with those of V, {batch}", f"shape {values.shape}")
    return frozen(np.array(values)) if values.any() or own else None


def _hermitian(values: np.ndarray, channels: int, grid: Grid) -> np.ndarray:
    hermitian, rest = hermitian_and_loss(values, channels, grid.ndim, "absorber")
    if rest is not None:
        checks.fail("absorber", "must be a Hermitian matrix at each point", f"a deviation of {np.max(np.abs(rest)):.3g}",
                    "W[i, j] must be the complex conjugate of W[j, i]; what is Hermitian there belongs to potential=.")
    return hermitian


def is_refinable(absorber: Any) -> bool:
    """False where W is known on the points of one grid only."""
    return absorber is None or isinstance(absorber, Absorber) or is_known_everywhere(absorber)


def _pair(energies: Any) -> tuple[Any, Any]:
    try:
        low, high = energies
    except (TypeError, ValueError):
        checks.fail("energies", "must be a pair (low, high)", energies)
    return (low, high) if low <= high else (high, low)


def _worst(width: float, strengths: np.ndarray, orders: np.ndarray, energies: np.ndarray, mass: float, hbar: float,
           wall: bool) -> np.ndarray:
    """The largest R + T over the energies for each order and strength, (orders, strengths)."""
    n, eta, e = (part.ravel() for part in np.meshgrid(orders, strengths, energies, indexing="ij"))
    r, t = layer_scattering(lambda x: eta * np.sin(np.pi * x / (2 * width))[:, None] ** n, width if wall else 2 * width, e,
                            mass=mass, hbar=hbar, wall=wall, accuracy=1e-9)
    return np.max((r + t).reshape(len(orders), len(strengths), len(energies)), axis=-1)
