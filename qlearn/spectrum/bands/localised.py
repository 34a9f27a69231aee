"""Wannier functions on an enlarged grid, from smooth frames, and what is measured on them there."""

from dataclasses import dataclass
from typing import final

import numpy as np

from qlearn.grids import Grid
from qlearn.spectrum.bands.bloch import BlochFamily

__all__ = ["Localised", "energies_in", "localised"]


@final
@dataclass(frozen=True, eq=False)
class Localised:
    """What a Wannier holds; see there."""

    grid: Grid
    functions: np.ndarray
    centres: np.ndarray
    spreads: np.ndarray
    hoppings: np.ndarray
    orthonormality: float
    decay: np.ndarray


def energies_in(frames: np.ndarray, energies: np.ndarray, smooth: np.ndarray) -> np.ndarray:
    """⟨i|H|j⟩ of the smooth frames, (*mesh, g, g)."""
    overlaps = smooth.conj() @ np.swapaxes(frames, -1, -2)
    return (overlaps * energies[..., None, :]) @ np.swapaxes(overlaps.conj(), -1, -2)


def localised(family: BlochFamily, smooth: np.ndarray, matrices: np.ndarray, zone: list[np.ndarray]) -> Localised:
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
    return Localised(grid, _real_at_the_peak(functions), centres, spreads, _hoppings(matrices, zone),
                     _orthonormality(cells, zone), _decay(family, grid, functions))


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
    waves = np.stack([smooth[place] * family.twisted.plane(np.array([t[i] for t, i in zip(zone, place, strict=True)])).ravel()
                      for place in np.ndindex(*smooth.shape[:-2])]).reshape(smooth.shape)
    for axis, t in enumerate(zone):
        n = len(t)
        to_cells = np.exp(2j * np.pi * np.outer(np.arange(n) - n // 2, t)) / n
        waves = np.moveaxis(np.tensordot(to_cells, waves, (1, axis)), 0, axis)
    return waves


def _unfolded(family: BlochFamily, cells: np.ndarray) -> np.ndarray:
    """(*cells, g, size) → (g, *state shape of the enlarged grid), Σ|w|² ΔV = 1."""
    grid, state = family.twisted.base.grid, family.twisted.base.state_shape
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


def _orthonormality(cells: np.ndarray, zone: list[np.ndarray]) -> float:
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
    """h of ‖w‖ ~ d^{−s} e^{−hd} in the cells at a distance d, with norms between 1e-2 and 1e-11, (g, p); s = ¾ for one band of
    one ring (L. He and D. Vanderbilt, Phys. Rev. Lett. 86, 5341 (2001)), else 0."""
    rates = np.full((len(functions), len(family.axes)), np.nan)
    power = 0.75 if rates.size == 1 else 0.0
    for number, axis in enumerate(family.axes):
        points, length = family.hamiltonian.grid.shape[axis], float(family.hamiltonian.grid.lengths[axis])
        norms = np.sqrt(_marginal(grid, functions, axis).reshape(len(functions), -1, points).sum(axis=-1))
        cells = np.abs(np.arange(norms.shape[1]) - norms.shape[1] // 2)
        for s, norm in enumerate(norms):
            used = (norm < 1e-2) & (norm > 1e-11) & (cells < norms.shape[1] // 2 - 1)
            if len(np.unique(cells[used])) >= 3:
                away = cells[used] * length
                rates[s, number] = -np.polyfit(away, np.log(norm[used]) + power * np.log(away), 1)[0]
    return rates
