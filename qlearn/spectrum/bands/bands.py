"""Bands: levels of H as smooth functions of the shift-symmetry angle θ, ψ(b) = e^{2πiθ} ψ(a), with gaps, currents and masses.

    κ = 2πθ/L,    u = e^{−iκ·(x−a)} ψ periodic,    dE/dθ = (2πħ/L)⟨u|∂T/∂p|u⟩    (Hellmann and Feynman)

How branches are continued is said in ``continuation`` and ``crossings``; how levels are found and certified, in ``bloch``. The
bounds of energies are those of ``certificate``. Those of currents and curvatures are estimates: in 234 random problems on one
ring (metric, A or neither; 12 to 39 points, tol 1e-10 to 1e-2) the largest error was 0.03 of its estimate.
"""

import warnings
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, final

import numpy as np

from qlearn import checks
from qlearn.errors import AccuracyWarning, UnsupportedError
from qlearn.hamiltonian import Hamiltonian
from qlearn.spectrum.bands.bloch import BlochFamily
from qlearn.spectrum.bands.continuation import MoreLevelsError, followed
from qlearn.spectrum.bands.crossings import Followed
from qlearn.spectrum.bands.gaps import Gaps, LeastGap, least_gap
from qlearn.spectrum.bands.masses import inverse_masses
from qlearn.spectrum.bands.twisted import need_bands, twisted_axes
from qlearn.spectrum.bands.wannier import Wannier, wannier_functions

__all__ = ["Bands", "Gaps", "bands"]


def bands(H: Hamiltonian, thetas: Any, k: int, *, tol: float = 1e-10) -> "Bands":
    """The k lowest branches of levels of H over θ; H's own twist is replaced by each θ.

    Parameters
    ----------
    H : static, linear, Hermitian Hamiltonian with at least one ring: any mass, metric, A, channels; walls and poles on other
        axes (the azimuth round a pole has no twist). A counts in full: a constant A shifts θ by −AL/2πħ.
    thetas : (n,) where one axis can be twisted; else (n, p), one number a twisted axis, or (n, d), 0 on the others. Any order,
        repeated or not, of any size: θ and θ + 1 have the same levels, and a branch goes on from one to the other.
    k : number of branches: the k lowest levels just after the least θ, followed upwards; with several twisted axes those at the
        first θ, followed in the order given (at the end of a row of a mesh, from the nearest θ already reached).
    tol : accuracy, relative to E − min V + ħ²(2π/L)²/2m; AccuracyWarning where an error bound exceeds it.

    Returns
    -------
    Bands. In more than one dimension a branch is smooth along the way it was followed; round a point where two bands touch no
    numbering is smooth everywhere, and ``sorted`` is what does not depend on the way.

    Time, measured on one core: 101 θ on 2048 points, k = 10, 1.4 s; 16 × 16 θ on 32 × 32 points, k = 4, 7 s; 64 θ scattered
    there 6 s.

    Raises
    ------
    ArgumentError; UnsupportedError with a loss, f(|ψ|²), a batch of V, or where a branch rises above the levels of the grid.

    >>> from qlearn.grids import Grid
    >>> free = Hamiltonian(Grid(16, (0, 2 * np.pi)), 0.0)
    >>> bands(free, [0, 0.25, 0.5, 0.75, 1], 2).energies[:, 0].round(12).tolist()      # θ²/2: it crosses the other at θ = ½
    [0.0, 0.03125, 0.125, 0.28125, 0.5]
    """
    need_bands(H, k, tol)
    points = checked_thetas(H, thetas)
    family, found = _followed(H, points, k, tol)
    places = np.stack([branch.places for branch in found])
    energies = np.stack([branch.sector.energies for branch in found])
    certificates = [family.certificate(branch.sector) for branch in found]
    bounds = np.stack([certificate.bounds for certificate in certificates])
    _warn(family, energies[:, :k], bounds[:, :k], tol)
    stats = {"sectors_solved": len(family.solved), "basis": len(family.basis), "levels": family.levels}
    shown = points[:, 0].copy() if points.shape[1] == 1 else points
    return Bands(H, shown, np.take_along_axis(energies, places, 1), energies[:, :k].copy(),
                 np.take_along_axis(bounds, places, 1), bounds[:, :k].copy(), stats, family, found,
                 np.stack([c.residuals + c.rounding for c in certificates]))


def checked_thetas(H: Hamiltonian, thetas: Any) -> np.ndarray:
    """θ as (n, p), p twisted axes."""
    array, axes, d = checks.finite_array("thetas", thetas), twisted_axes(H.grid), H.grid.ndim
    array = array.reshape(1) if array.ndim == 0 else array
    if array.ndim == 1 and len(axes) == 1:
        array = array[:, None]
    if array.ndim != 2 or array.shape[1] not in (len(axes), d) or not len(array):
        wanted = "(n,)" if len(axes) == 1 else f"(n, {len(axes)})"
        checks.fail("thetas", f"must have shape {wanted}, n ≥ 1: one number a twisted axis", f"shape {array.shape}",
                    "A mesh is np.stack(np.meshgrid(tx, ty, indexing='ij'), -1).reshape(-1, 2).")
    if array.shape[1] == d and len(axes) != d:
        others = [a for a in range(d) if a not in axes]
        if np.any(array[:, others]):
            checks.fail("thetas", f"must be 0 on the axes {others}, which cannot be twisted", array[:, others].tolist())
        array = array[:, list(axes)]
    return array.copy()


def _followed(H: Hamiltonian, points: np.ndarray, k: int, tol: float) -> tuple[BlochFamily, list[Followed]]:
    """With more levels until no branch leaves them."""
    size = int(np.prod(H.state_shape))
    levels = min(size, k + max(2, k // 4) + 2**len(twisted_axes(H.grid)) - 1)
    while True:
        family = BlochFamily(H, levels, tol)
        for i in _far_apart(points - np.ceil(points - 0.5)):
            family.sector(points[i])
        try:
            return family, followed(family, points, k)
        except MoreLevelsError:
            if levels >= size:
                raise UnsupportedError(f"a branch rises above the {size} levels of this grid within these θ; take more points, "
                                       "or θ closer together: θ and θ + 1 have the same levels.") from None
            levels = min(size, levels + max(4, levels // 2))


def _far_apart(points: np.ndarray, most: int = 24) -> list[int]:
    """Indices, each next the farthest from those before, up to ``most``."""
    chosen = [int(np.argmin(np.linalg.norm(points, axis=1)))]
    distance = np.linalg.norm(points - points[chosen[0]], axis=1)
    while len(chosen) < min(most, len(points)) and distance.max() > 0:
        chosen.append(int(np.argmax(distance)))
        distance = np.minimum(distance, np.linalg.norm(points - points[chosen[-1]], axis=1))
    return chosen


def _warn(family: BlochFamily, energies: np.ndarray, bounds: np.ndarray, tol: float) -> None:
    if family.unsure:
        warnings.warn(f"branches were joined by their largest overlaps, none above a half, near θ = {family.unsure[0].tolist()}: "
                      "``sorted`` is what is sure there.", AccuracyWarning, stacklevel=3)
    worst = np.unravel_index(int(np.argmax(bounds)), bounds.shape)
    scale = family.twisted.scale(float(energies.max()))
    if bounds[worst] > tol * scale:
        rounded = bounds[worst] < 8 * family.twisted.rounding
        advice = "a coarser grid or a larger tol (rounding is the limit)" if rounded else "more points, or a V without kinks"
        warnings.warn(f"the error bound {bounds[worst]:.1e} of level {worst[1]} at θ number {worst[0]} exceeds tol = {tol:g} "
                      f"times the energy scale {scale:.3g}; take {advice}.", AccuracyWarning, stacklevel=3)


@final
@dataclass(frozen=True, eq=False)
class Bands:
    """k branches of levels over n values of θ, p twisted axes; np.asarray(bands) is ``energies``.

    energies : (n, k) smooth branches.              error_bounds : (n, k) H has a level within this of each.
    sorted : (n, k) the k lowest levels at each θ, ascending.       sorted_bounds : (n, k) their bounds.
    currents : (n, k), or (n, k, p) for p > 1: dE/dθ, energy per turn. The persistent current, passages per unit of time, is
        dE/dθ/2πħ = ⟨v⟩/L.          current_errors : the same shape, estimates: 2‖(v − ⟨v⟩)ψ‖ · residual/gap.
    effective_masses : (n, k), or (n, k, p, p): ħ² over d²E/dκ², the tensor's inverse; ±inf where a branch is straight.
        NaN in more than one dimension where levels of different slopes or curvatures meet, for E has no second derivative there,
        and where the tensor has no inverse.
    curvatures : d²E/dκ², of the same shape; curvature_errors : estimates.
    thetas : (n,) or (n, p).        states : (n, k, *state_shape) of the branches, in their sectors.
    """

    hamiltonian: Hamiltonian
    thetas: np.ndarray
    energies: np.ndarray
    sorted: np.ndarray
    error_bounds: np.ndarray
    sorted_bounds: np.ndarray
    stats: dict[str, Any]
    _family: BlochFamily = field(repr=False)
    _found: list[Followed] = field(repr=False)
    _residuals: np.ndarray = field(repr=False)

    def __post_init__(self):
        for array in (self.thetas, self.energies, self.sorted, self.error_bounds, self.sorted_bounds):
            array.flags.writeable = False

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.energies, dtype=dtype)

    @cached_property
    def gaps(self) -> Gaps:
        """Direct and indirect gaps between consecutive sorted bands, at the θ given alone."""
        between, sums = np.diff(self.sorted, axis=1), self.sorted_bounds[:, 1:] + self.sorted_bounds[:, :-1]
        at = np.argmin(between, axis=0)
        columns = np.arange(between.shape[1])
        worst = self.sorted_bounds.max(axis=0)
        indirect = self.sorted[:, 1:].min(axis=0) - self.sorted[:, :-1].max(axis=0)
        return Gaps(between[at, columns], sums.max(axis=0), indirect, worst[1:] + worst[:-1], at)

    def least_gap(self, band: int = 0) -> LeastGap:
        """The least gap between sorted bands ``band`` and ``band`` + 1 over ALL θ of one ring, enclosed; see LeastGap.

        UnsupportedError with several twisted axes: there, ``gaps`` of a finer mesh.

        >>> from qlearn.grids import Grid
        >>> H = Hamiltonian(Grid(32, (0, np.pi)), lambda x: 1.5 * np.cos(2 * x), vector_potential=0.4)
        >>> given = bands(H, np.arange(4) / 4, 2)
        >>> least = given.least_gap(0)
        >>> round(float(given.gaps.direct[0]), 4), round(least.value, 4), 1.3 < least.at_least, round(least.theta, 4)
        (1.4646, 1.4496, True, 0.7)
        """
        checks.integer("band", band, least=0, most=self.sorted.shape[1] - 2)
        if self.thetas.ndim > 1:
            raise UnsupportedError("the least gap over all θ is offered for one twisted axis; take gaps of a finer mesh.")
        return least_gap(self._family, self.thetas, int(band))

    @cached_property
    def states(self) -> np.ndarray:
        """ψ of each branch at each θ, normalised; along a branch the phase is that of the eigensolver."""
        waves = [self._family.waves(found.sector, found.states[found.places]) for found in self._found]
        return np.stack([u * self._family.twisted.plane(found.sector.theta) for u, found in zip(waves, self._found, strict=True)])

    @cached_property
    def currents(self) -> np.ndarray:
        """dE/dθ of each branch, from its state."""
        return self._slopes[0]

    @cached_property
    def current_errors(self) -> np.ndarray:
        """Estimates of the errors of ``currents``."""
        return self._slopes[1]

    @cached_property
    def _slopes(self) -> tuple[np.ndarray, np.ndarray]:
        pairs = [_currents(self._family, found, rest) for found, rest in zip(self._found, self._residuals, strict=True)]
        slopes, errors = (np.stack(parts) for parts in zip(*pairs, strict=True))
        return (slopes[..., 0], errors[..., 0]) if slopes.shape[-1] == 1 else (slopes, errors)

    @cached_property
    def effective_masses(self) -> np.ndarray:
        """ħ² (d²E/dκ²)⁻¹ of each branch."""
        curvature = self.curvatures
        if curvature.ndim == 2:
            with np.errstate(divide="ignore"):
                return self.hamiltonian.hbar**2 / curvature
        known = np.isfinite(curvature).all(axis=(-2, -1))
        known[known] &= np.linalg.det(curvature[known]) != 0
        masses = np.full(curvature.shape, np.nan)
        masses[known] = self.hamiltonian.hbar**2 * np.linalg.inv(curvature[known])
        return masses

    @cached_property
    def curvatures(self) -> np.ndarray:
        """d²E/dκ² of each branch, by second-order perturbation theory with all states."""
        return self._second[0]

    @cached_property
    def curvature_errors(self) -> np.ndarray:
        """Estimates of the errors of ``curvatures``."""
        return self._second[1]

    @cached_property
    def _second(self) -> tuple[np.ndarray, np.ndarray]:
        tensors, errors = inverse_masses(self._family, self._found, self._residuals)
        return (tensors[..., 0, 0], errors[..., 0, 0]) if tensors.shape[-1] == 1 else (tensors, errors)

    def wannier(self, band: Any = 0) -> Wannier:
        """Wannier functions of sorted band number ``band``, or of several consecutive bands together.

        Needs θ on a uniform mesh of the whole zone, one or two twisted axes, such as np.arange(n)/n; the functions live on n
        cells. ArgumentError for another mesh; RegimeError where the bands touch others, where the mesh is too coarse to follow
        them, and where their Chern number is not 0.

        >>> from qlearn.grids import Grid
        >>> H = Hamiltonian(Grid(32, (0, np.pi)), lambda x: 4 * np.cos(2 * x))
        >>> w = bands(H, np.arange(12) / 12, 1).wannier(0)
        >>> w.functions.shape, round(float(w.centres[0, 0] / np.pi), 9), w.orthonormality < 1e-12
        ((1, 384), 0.5, True)
        """
        return wannier_functions(self._family, self._found, band)

    def plot(self, **settings: Any) -> Any:
        """Draw the bands over θ, gaps shaded: see qlearn.plots."""
        from qlearn.plots import bands

        return bands(self, **settings)


def _currents(family: BlochFamily, found: Followed, residuals: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """dE/dθ (k, p) of the branches at one θ, and estimates of their errors."""
    sector, twisted = found.sector, family.twisted
    rows = family.padded(found.states)[found.places] @ family.basis
    slopes = np.empty((len(rows), len(family.axes)))
    errors = np.empty_like(slopes)
    distances = np.array([sector.separation(place) for place in found.places])
    tilt = np.minimum(1.0, residuals[found.places] / distances)
    for a, quantum in enumerate(twisted.momentum_quantum):
        images = twisted.slope(a, sector.inside, rows)
        means = np.sum(rows.conj() * images, axis=1).real
        spread = np.linalg.norm(images - means[:, None] * rows, axis=1)
        slopes[:, a] = quantum * means
        errors[:, a] = quantum * (2 * spread * tilt + twisted.rounding / twisted.step)
    return slopes, errors
