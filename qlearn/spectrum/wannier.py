"""Wannier functions of isolated bands: the localised orthonormal functions that span the same as the waves of all θ.

    w_R(x) = (1/n) Σ_θ e^{−2πiθ·R} ψ_θ(x),    ψ_θ(x + L) = e^{2πiθ} ψ_θ(x),    ⟨w_R|w_R′⟩ = δ_RR′

What is free is the phase (for g bands a unitary matrix) of ψ_θ at each θ, the gauge. On one ring it is that of parallel
transport, spread evenly so that it closes: there is none more localised (N. Marzari and D. Vanderbilt, Phys. Rev. B 56, 12847
(1997), section IV.C.1). On two: one band by parallel transport along one axis and then along the other, then with the divergence
of the Berry connection taken out, which minimises its spread; several bands by their values at chosen points, Löwdin
orthonormalised, localised but not minimal (A. Damle, L. Lin, L. Ying, J. Chem. Theory Comput. 11, 1463 (2015)). The obstacle is
the Chern number, from the Berry flux through the cells of the mesh (T. Fukui, Y. Hatsugai, H. Suzuki, J. Phys. Soc. Jpn. 74,
1674 (2005)).
"""

from dataclasses import dataclass
from typing import Any, final

import numpy as np
from scipy.linalg import qr, schur

from qlearn import checks
from qlearn.errors import RegimeError, UnsupportedError
from qlearn.grids import Grid
from qlearn.spectrum.bloch import BlochFamily
from qlearn.spectrum.continuation import Followed

__all__ = ["Wannier", "chern_number", "wannier_functions"]

COARSE = 0.25       # the least singular value of the overlaps of neighbouring θ that counts as a resolved mesh
MESH = 1e-9         # deviation of θ from a uniform mesh that counts as rounding


@final
@dataclass(frozen=True, eq=False)
class Wannier:
    """Wannier functions w_0 of g bands, on a grid of n cells a twisted axis, n the number of θ; the home cell is in the middle.

    grid : the enlarged grid; its twist, nθ₀, is 0 for θ = j/n.      functions : (g, *state shape of that grid).
    centres : (g, p) ⟨x⟩ along the twisted axes, in the home cell.    spreads : (g,) Σ_a ⟨x_a²⟩ − ⟨x_a⟩², units of length².
    hoppings : (n1, …, g, g) ⟨w_0|H|w_R⟩, R in FFT order.             chern : the Chern number, 0; None on one ring.
    orthonormality : max |⟨w_R|w_R′⟩ − δ| over all lattice shifts.
    decay : (g, p) estimates of h in |w| ~ e^{−h|x|}, from the norms of the cells; NaN with fewer than three to tell it from.
    """

    grid: Grid
    functions: np.ndarray
    centres: np.ndarray
    spreads: np.ndarray
    hoppings: np.ndarray
    chern: int | None
    orthonormality: float
    decay: np.ndarray

    def __post_init__(self):
        for array in (self.functions, self.centres, self.spreads, self.hoppings, self.decay):
            array.flags.writeable = False

    def plot(self, **settings: Any) -> Any:
        """Draw |w|² on a logarithmic scale: see qlearn.plots."""
        from qlearn.plots import wannier

        return wannier(self, **settings)


def wannier_functions(family: BlochFamily, found: list[Followed], band: Any) -> Wannier:
    """See ``Bands.wannier``: sorted bands, consecutive, apart from all others at each θ of a uniform mesh of the zone."""
    rows = _rows(found, band)
    first, order, shape = _mesh(np.stack([f.sector.theta for f in found]))
    _need_isolated(found, rows)
    frames = _frames(family, [found[i] for i in order], rows).reshape(*shape, len(rows), family.size)
    energies = np.stack([found[i].sector.energies[rows] for i in order]).reshape(*shape, len(rows))
    turn = [family.turn(a) for a in range(len(shape))]
    zone = [start + np.arange(n) / n for start, n in zip(first, shape, strict=True)]
    chern = chern_number(frames, turn) if len(shape) == 2 else None
    if chern:
        raise RegimeError(f"bands {rows.tolist()} have the Chern number {chern}: no exponentially localised Wannier functions "
                          "exist (C. Brouder et al., Phys. Rev. Lett. 98, 046402 (2007)). Take them together with bands whose "
                          "Chern numbers sum up to zero with theirs.")
    if len(shape) == 1:
        smooth = _transported(frames, turn[0])
    elif len(shape) == 2:
        lengths = family.hamiltonian.grid.lengths[list(family.axes)]
        smooth = _in_two_dimensions(frames, turn, lengths) if len(rows) == 1 else _by_points(family, frames, zone)
    else:
        raise UnsupportedError("Wannier functions over three twisted axes are not offered; take a cut of one or two axes.")
    return assembled(family, smooth, _energies_in(frames, energies, smooth), zone, chern)


def _rows(found: list[Followed], band: Any) -> np.ndarray:
    given = np.atleast_1d(np.asarray(band))
    k = len(found[0].places)
    if given.dtype.kind not in "iu" or given.ndim != 1 or not len(given) or np.any(given < 0) or np.any(given >= k):
        checks.fail("band", f"must be a band number 0 … {k - 1}, or several", band)
    rows = np.sort(given)
    if np.any(np.diff(rows) != 1):
        checks.fail("band", "must name consecutive bands, each once", band, "Bands in between belong to the group.")
    return rows


def _mesh(points: np.ndarray) -> tuple[np.ndarray, np.ndarray, tuple[int, ...]]:
    """First θ of each axis, the order of the points as a C-ordered mesh, its shape."""
    inside = np.mod(points, 1.0)
    inside[inside > 1 - MESH] = 0.0
    columns, shape, first = [], [], []
    for values in inside.T:
        least = values.min()
        count = len(np.unique(np.rint((values - least) / MESH)))
        places = (values - least) * count
        if np.max(np.abs(places - np.rint(places))) > MESH * count:
            columns = []
            break
        columns.append(np.rint(places).astype(int))
        shape.append(count)
        first.append(least)
    if len(columns) != inside.shape[1] or np.prod(shape) != len(points) \
            or len(np.unique(np.ravel_multi_index(columns, shape))) != len(points):
        checks.fail("thetas", "must be a uniform mesh of the whole zone for Wannier functions, each θ modulo 1 once",
                    f"{len(points)} values", "Take np.arange(n) / n; θ = 0 and θ = 1 are the same.")
    return np.array(first), np.argsort(np.ravel_multi_index(columns, shape)), tuple(shape)


def _need_isolated(found: list[Followed], rows: np.ndarray) -> None:
    for sector in (f.sector for f in found):
        for low in (rows[0] - 1, rows[-1]):
            if low < 0 or low + 1 >= len(sector.energies):
                continue
            if sector.clusters[low] == sector.clusters[low + 1]:
                raise RegimeError(f"bands {low} and {low + 1} touch at θ = {sector.theta.tolist()}: "
                                  f"{rows.tolist()} is no isolated group and its Wannier functions are not localised. "
                                  "Take both bands together, wannier([…]).")


def _frames(family: BlochFamily, found: list[Followed], rows: np.ndarray) -> np.ndarray:
    """u of these levels for θ in [0, 1), (n, g, size), Σ|u|² = 1."""
    frames = []
    for sector in (f.sector for f in found):
        inside = np.mod(sector.theta, 1.0)
        inside[inside > 1 - MESH] = 0.0
        u = family.waves(sector.at(inside), family.padded(sector.states[rows]))
        frames.append(u.reshape(len(rows), -1) * np.sqrt(family.base.grid.cell_volume))
    return np.stack(frames)


def _polar(matrix: np.ndarray) -> np.ndarray:
    """The nearest unitary matrix; RegimeError where the mesh is too coarse to tell it."""
    left, sizes, right = np.linalg.svd(matrix)
    if np.min(sizes) < COARSE:
        raise RegimeError(f"the states at neighbouring θ overlap by {np.min(sizes):.2g} only: the mesh is too coarse, or the "
                          "bands nearly touch others. Take more θ, or more bands together.")
    return left @ right


def _transported(frames: np.ndarray, turn: np.ndarray) -> np.ndarray:
    """Frames (n, g, size) in the gauge of parallel transport, closed over the zone."""
    n, smooth = len(frames), [frames[0]]
    for raw in [*frames[1:], turn * frames[0]]:
        overlaps = smooth[-1].conj() @ raw.T
        smooth.append(_polar(overlaps).conj() @ raw)
    holonomy = _polar((turn * frames[0]).conj() @ smooth[-1].T)
    triangle, vectors = schur(holonomy, output="complex")
    angles = np.angle(np.diag(triangle))
    return np.stack([np.exp(-1j * angles * j / n)[:, None] * (vectors.T @ frame) for j, frame in enumerate(smooth[:-1])])


def _links(frames: np.ndarray, turn: list[np.ndarray], axis: int) -> np.ndarray:
    """⟨u_θ|u_{θ + 1/n along the axis}⟩, (*mesh, g, g)."""
    ahead = np.roll(frames, -1, axis)
    last = (slice(None),) * axis + (-1,)
    ahead[last] = turn[axis] * ahead[last]
    return frames.conj() @ np.swapaxes(ahead, -1, -2)


def chern_number(frames: np.ndarray, turn: list[np.ndarray]) -> int:
    """The Berry flux through the zone over 2π, of u (n1, n2, g, size); first axis to second counts as positive."""
    first, second = (np.linalg.det(_links(frames, turn, axis)) for axis in (0, 1))
    flux = np.angle(first * np.roll(second, -1, 0) * np.conj(np.roll(first, -1, 1) * second))
    if np.max(np.abs(flux)) > 2.5 or min(np.min(np.abs(first)), np.min(np.abs(second))) < COARSE:
        raise RegimeError("the mesh is too coarse for the Berry flux: "
                          f"{np.max(np.abs(flux)):.2f} through one of its cells. Take more θ.")
    return int(np.rint(-np.sum(flux) / (2 * np.pi)))


def _in_two_dimensions(frames: np.ndarray, turn: list[np.ndarray], lengths: np.ndarray) -> np.ndarray:
    """One band: transport along the first axis, from there along the second, closed; then no divergence of the connection."""
    n, m = frames.shape[:2]
    line = _transported(frames[:, 0], turn[0])
    smooth, angles = np.empty_like(frames), np.empty(n)
    for i in range(n):
        u = line[i]
        for j in range(m):
            raw = frames[i, j]
            u = u if j == 0 else _polar(u.conj() @ raw.T).conj() @ raw
            smooth[i, j] = u
        raw = turn[1] * frames[i, 0]
        last = _polar(u.conj() @ raw.T).conj() @ raw
        angles[i] = np.angle(np.vdot(turn[1] * line[i], last))
    angles = np.unwrap(angles)
    smooth *= np.exp(-1j * angles[:, None] * np.arange(m) / m)[..., None, None]
    return smooth * np.exp(1j * _divergence_free(smooth, turn, lengths))[..., None, None]


def _divergence_free(frames: np.ndarray, turn: list[np.ndarray], lengths: np.ndarray) -> np.ndarray:
    """Phases χ(θ) that minimise Σ_a Σ_θ (arg link_a + ∂_a χ)²/Δκ_a², one band."""
    mesh = frames.shape[:-2]
    right, symbol = np.zeros(mesh), np.zeros(mesh)
    for axis, n in enumerate(mesh):
        weight = float(n * lengths[axis]) ** 2
        phase = np.angle(_links(frames, turn, axis)[..., 0, 0])
        right += weight * (phase - np.roll(phase, 1, axis))
        symbol += weight * (2 - 2 * np.cos(2 * np.pi * np.arange(n) / n)).reshape((-1,) + (1,) * (len(mesh) - 1 - axis))
    symbol.flat[0] = 1.0
    modes = np.fft.fftn(right) / symbol
    modes.flat[0] = 0.0
    return np.fft.ifftn(modes).real


def _by_points(family: BlochFamily, frames: np.ndarray, zone: list[np.ndarray]) -> np.ndarray:
    """Several bands: Löwdin orthonormalised projections of g points, chosen by a pivoted QR of the states nearest θ = 0."""
    mesh, g = frames.shape[:-2], frames.shape[-2]
    middle = tuple(int(np.argmin(np.minimum(t, 1 - t))) for t in zone)
    points = qr(frames[middle], pivoting=True, mode="r")[1][:g]
    smooth = np.empty_like(frames)
    for place in np.ndindex(*mesh):
        phase = family.plane(np.array([t[i] for t, i in zip(zone, place, strict=True)])).ravel()
        columns = (frames[place] * phase)[:, points]
        left, sizes, right = np.linalg.svd(columns.conj())
        if sizes[-1] < 1e-3 * sizes[0]:
            here = [float(t[i]) for t, i in zip(zone, place, strict=True)]
            raise RegimeError(f"the bands at θ = {here} nearly vanish at the points that were chosen to localise them: together "
                              "they have no such gauge. Take other bands.")
        smooth[place] = (left @ right).T @ frames[place]
    return smooth


def _energies_in(frames: np.ndarray, energies: np.ndarray, smooth: np.ndarray) -> np.ndarray:
    """⟨i|H|j⟩ of the smooth frames, (*mesh, g, g)."""
    overlaps = smooth.conj() @ np.swapaxes(frames, -1, -2)
    return (overlaps * energies[..., None, :]) @ np.swapaxes(overlaps.conj(), -1, -2)


def assembled(family: BlochFamily, smooth: np.ndarray, matrices: np.ndarray, zone: list[np.ndarray],
              chern: int | None) -> Wannier:
    """The functions on the enlarged grid, each moved into the home cell, and what is measured on them."""
    grid = _enlarged(family, zone)
    for _ in range(2):
        cells = _cells(family, smooth, zone)
        functions = _unfolded(family, cells)
        centres, spreads, home = _moments(family, grid, functions)
        if not np.any(home):
            break
        for s, axis in np.ndindex(home.shape):      # e^{2πimθ} moves a function by −m cells
            shape = [1] * len(zone)
            shape[axis] = -1
            phase = np.exp(2j * np.pi * home[s, axis] * zone[axis]).reshape(shape)
            smooth[..., s, :] *= phase[..., None]
            matrices[..., s] *= phase[..., None]
            matrices[..., s, :] *= phase[..., None].conj()
    return Wannier(grid, _real_at_the_peak(functions), centres, spreads, _hoppings(matrices, zone), chern,
                   _orthonormality(family, cells, zone), _decay(family, grid, functions))


def _enlarged(family: BlochFamily, zone: list[np.ndarray]) -> Grid:
    base = family.hamiltonian.grid
    shape, bounds, twist = list(base.shape), list(base.bounds), [0.0] * base.ndim
    for axis, t in zip(family.axes, zone, strict=True):
        n, (a, _), length = len(t), base.bounds[axis], float(base.lengths[axis])
        shape[axis], twist[axis] = n * shape[axis], float(n * t[0] % 1)
        bounds[axis] = (a - (n // 2) * length, a + (n - n // 2) * length)
    return Grid(tuple(shape), bounds, base.boundary, tuple(twist))


def _cells(family: BlochFamily, smooth: np.ndarray, zone: list[np.ndarray]) -> np.ndarray:
    """w_0 in each cell, (*cells, g, size), the home cell at n // 2; normalised Σ|w|² = 1."""
    waves = np.stack([smooth[place] * family.plane(np.array([t[i] for t, i in zip(zone, place, strict=True)])).ravel()
                      for place in np.ndindex(*smooth.shape[:-2])]).reshape(smooth.shape)
    for axis, t in enumerate(zone):
        n = len(t)
        to_cells = np.exp(2j * np.pi * np.outer(np.arange(n) - n // 2, t)) / n
        waves = np.moveaxis(np.tensordot(to_cells, waves, (1, axis)), 0, axis)
    return waves


def _unfolded(family: BlochFamily, cells: np.ndarray) -> np.ndarray:
    """(*cells, g, size) → (g, *state shape of the enlarged grid), Σ|w|² ΔV = 1."""
    grid, state = family.base.grid, family.base.state_shape
    p, channels = len(family.axes), state[:len(state) - grid.ndim]
    array = np.moveaxis(cells.reshape(*cells.shape[:p + 1], *state), range(p), range(-p, 0))
    order, shape = list(range(1 + len(channels))), list(array.shape[:1 + len(channels)])
    for axis in range(grid.ndim):
        place = 1 + len(channels) + axis
        if axis in family.axes:
            number = family.axes.index(axis)
            order.append(array.ndim - p + number)
            shape.append(array.shape[array.ndim - p + number] * grid.shape[axis])
        else:
            shape.append(grid.shape[axis])
        order.append(place)
    return np.ascontiguousarray(array.transpose(order)).reshape(shape) / np.sqrt(grid.cell_volume)


def _marginal(grid: Grid, functions: np.ndarray, axis: int) -> np.ndarray:
    """Σ|w|² ΔV over all but one axis of the grid, (g, points)."""
    place = functions.ndim - grid.ndim + axis
    others = tuple(i for i in range(1, functions.ndim) if i != place)
    return np.sum(np.abs(functions) ** 2, axis=others) * grid.cell_volume


def _moments(family: BlochFamily, grid: Grid, functions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Centres (g, p), spreads (g,), and the cells (g, p) that the centres lie in, 0 for the home cell."""
    small, g = family.hamiltonian.grid, len(functions)
    centres, spreads, home = np.empty((g, len(family.axes))), np.zeros(g), np.empty((g, len(family.axes)), dtype=int)
    for number, axis in enumerate(family.axes):
        x, length, density = grid.axes[axis], float(grid.lengths[axis]), _marginal(grid, functions, axis)
        start = np.angle(density @ np.exp(2j * np.pi * x / length)) * length / (2 * np.pi)
        away = np.mod(x - start[:, None] + length / 2, length) - length / 2
        shift = np.sum(density * away, axis=1)
        spreads += np.sum(density * away**2, axis=1) - shift**2
        a, cell = small.bounds[axis][0], float(small.lengths[axis])
        home[:, number] = np.floor((start + shift - a) / cell + 1e-9).astype(int)
        count = len(x) // small.shape[axis]
        home[:, number] = (home[:, number] + count // 2) % count - count // 2
        centres[:, number] = a + np.mod((start + shift - a) / cell + 1e-9, 1.0) * cell - 1e-9 * cell
    return centres, spreads, home


def _real_at_the_peak(functions: np.ndarray) -> np.ndarray:
    flat = functions.reshape(len(functions), -1)
    peak = flat[np.arange(len(flat)), np.argmax(np.abs(flat), axis=1)]
    return (flat * (np.abs(peak) / peak)[:, None]).reshape(functions.shape)


def _hoppings(matrices: np.ndarray, zone: list[np.ndarray]) -> np.ndarray:
    """Mean over θ of e^{−2πiθ·R} h(θ), R in FFT order."""
    for axis, t in enumerate(zone):
        n = len(t)
        to_cells = np.exp(-2j * np.pi * np.outer(np.fft.fftfreq(n, 1 / n), t)) / n
        matrices = np.moveaxis(np.tensordot(to_cells, matrices, (1, axis)), 0, axis)
    return matrices


def _orthonormality(family: BlochFamily, cells: np.ndarray, zone: list[np.ndarray]) -> float:
    """max |⟨w_0|w_R⟩ − δ| over all R: the overlaps of cells, summed through their transforms."""
    waves = cells
    for axis, t in enumerate(zone):
        n = len(t)
        from_cells = np.exp(-2j * np.pi * np.outer(t, np.arange(n) - n // 2))
        waves = np.moveaxis(np.tensordot(from_cells, waves, (1, axis)), 0, axis)
    overlaps = _hoppings(waves.conj() @ np.swapaxes(waves, -1, -2), zone)
    overlaps[(0,) * len(zone)] -= np.eye(overlaps.shape[-1])
    return float(np.max(np.abs(overlaps)))


def _decay(family: BlochFamily, grid: Grid, functions: np.ndarray) -> np.ndarray:
    """−d ln‖w‖/dx of the cells on both sides of the middle, between a tenth and 1e-11, (g, p)."""
    rates = np.full((len(functions), len(family.axes)), np.nan)
    for number, axis in enumerate(family.axes):
        points, length = family.hamiltonian.grid.shape[axis], float(family.hamiltonian.grid.lengths[axis])
        norms = np.sqrt(_marginal(grid, functions, axis).reshape(len(functions), -1, points).sum(axis=-1))
        distance = np.abs(np.arange(norms.shape[1]) - norms.shape[1] // 2)
        for s, norm in enumerate(norms):
            used = (norm < 0.1) & (norm > 1e-11) & (distance < norms.shape[1] // 2 - 1)
            if len(np.unique(distance[used])) >= 3:
                rates[s, number] = -np.polyfit(distance[used] * length, np.log(norm[used]), 1)[0]
    return rates
