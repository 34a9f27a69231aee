"""The window of a run: how far the state gets, and how fine the points have to be there, by which V is known.

How far it gets in place and in wavenumber is known before the run: from its energy where V is static (qlearn.methods.extents),
from trajectories where V is driven (qlearn.methods.driven_extents).
"""

import math

import numpy as np
from scipy.fft import next_fast_len
from scipy.ndimage import maximum_filter1d

from qlearn.grids import Grid
from qlearn.hamiltonian import Hamiltonian
from qlearn.hamiltonian.gradients import joins_smoothly, kinks
from qlearn.kernels.arrays import to_numpy
from qlearn.kernels.fft_plan import factored
from qlearn.kernels.phases import may_compile
from qlearn.methods.driven_extents import by_trajectories
from qlearn.methods.extents import Extent, by_energy, landscape_of
from qlearn.methods.presence import Presence
from qlearn.methods.task import Task
from qlearn.methods.window import Window

__all__ = ["good_count", "window_for"]

FAINT = 0.05      # of tol: the amplitude, relative to the largest one, below which a state is not
CUT = 4.0         # times that: what a window may leave out of ψ0
FAINTEST = 1e-14  # where rounding would be taken for a state
WORTH = 0.75      # of the points of the grid: a larger window is not worth its trouble
FEWER, FEWER_ON_A_LINE = 0.9, 0.6  # of the points of the grid that a window needs: as few of its own are worth another V
SHORTEST = 64     # points of a line in the compiled loop
MORE = 9 / 8      # times the points that a line has to have
LARGE = 2**17     # points from which trajectories by NumPy cost less than they save
SOME = 2**10      # points, about, at which V on other points is looked at
SAME = 1e-10      # of the largest |V|: what rounding of the places changes
NODES = 8         # of the polynomials by which V is interpolated there
STEEP = 24.0      # times the differences of order 8 that those of points twice as far apart are, at least: 256 for long waves
ROUNDING = 1e-12  # of the largest |V|: differences of order 8 that are no more say nothing
LEFT = 0.1        # of the differences of V of that order: what they leave, at most, with points no wider apart

_Part = tuple[int, int, int]  # of an axis: the first point that is covered, how many are, and by how many
_Reached = float | list[slice]  # where ψ gets: where V is below a number, or the points of each axis


def window_for(task: Task, last: Window | None = None, larger: float = 1.0,
               finer: float = 1.0) -> tuple[Window, Hamiltonian] | None:
    """The window of ψ0 (…, *shape), of all members of a batch, and H there, transforms counted; None where it is no smaller than
    it is worth, or none can be told: for a V with channels, a loss, f(|ψ|²), or not smooth, for metrics and walls, for a
    V(t, *q) that is no sum of f(t) g(q), and for such a sum on small grids without numba. Where ψ has left the ``last``
    one: no smaller than that, and larger or finer by these factors.
    """
    H, grid = task.hamiltonian, task.hamiltonian.grid
    if not _may_have_one(H):
        return None
    presence = Presence(grid, to_numpy(task.psi), task.outset.modes(), max(FAINT * task.tol, FAINTEST))
    extents, reached = _extents(task, presence)
    found = None if extents is None else \
        _around(H, [_more(extent, axis, last, larger, finer) for axis, extent in enumerate(extents)])
    if found is None or not _is_smooth(*found, reached) \
            or found[0].left_out(presence.psi, presence.modes) > (CUT * presence.faint) ** 2:
        return None
    task.record.ffts += 0 if found[0].is_subset else 2 * (math.prod(task.psi.shape) // grid.size)
    return found


def _more(extent: Extent, axis: int, last: Window | None, larger: float, finer: float) -> Extent:
    if last is None:
        return extent
    first, end = min(extent.first, last.first[axis]), max(extent.end, last.first[axis] + last.covered[axis])
    more, nyquist = math.ceil((end - first) * (larger - 1) / 2), max(extent.nyquist, np.pi / float(last.grid.spacing[axis]))
    return Extent(max(0, first - more), min(last.whole.shape[axis], end + more), nyquist * finer)


def _may_have_one(H: Hamiltonian) -> bool:
    plain = H.is_linear and H.is_hermitian and H.channels is None and not H.batch_shape and H.is_diagonal_in_k
    known = not H.time_dependent or (H.drive is not None and (may_compile() or H.grid.size >= LARGE))
    return plain and known and H.grid.is_ring


def _extents(task: Task, presence: Presence) -> tuple[list[Extent] | None, _Reached]:
    H = task.hamiltonian
    if H.time_dependent:
        assert task.outset.factors is not None
        return by_trajectories(H, presence, task.outset.factors, task.span) or (None, [])
    V = landscape_of(H)
    extents, energy, bumpy = by_energy(H, presence, V)
    if H.grid.ndim > 1 and not bumpy and (may_compile() or H.grid.size >= LARGE):
        moved = by_trajectories(H, presence, V, task.span)
        extents = extents if moved is None else [_within(*pair) for pair in zip(extents, moved[0], strict=True)]
    return extents, energy


def _within(extent: Extent, other: Extent) -> Extent:
    return Extent(max(extent.first, other.first), min(extent.end, other.end), min(extent.nyquist, other.nyquist))


def _around(H: Hamiltonian, extents: list[Extent]) -> tuple[Window, Hamiltonian] | None:
    """The window that holds the extents, and H there: on points of its own where those are fewer, and V is known there."""
    subset = [_of_the_points(H.grid, axis, extent) for axis, extent in enumerate(extents)]
    own = [_of_its_own(H.grid, *pair) for pair in enumerate(zip(extents, subset, strict=True))]
    most = WORTH * H.grid.size
    few, fewer = (math.prod(count for *_, count in parts) for parts in (subset, own))
    if fewer <= min((FEWER_ON_A_LINE if H.grid.ndim == 1 else FEWER) * few, most):
        found = H.kept_last("window on its own points", own, lambda: _on_its_own(H, _window(H.grid, own)), dear=True)
        if found is not None:
            return found
    if few > most:
        return None
    window: Window = H.kept_last("window", subset, lambda: _window(H.grid, subset))
    return window, H.at_points(window.grid, window.index)


def _is_smooth(window: Window, part: Hamiltonian, reached: _Reached) -> bool:
    """True where V is smooth on the points of the window that ψ reaches, and round the axes that are not cut: else ψ has waves
    of all lengths."""
    places: np.ndarray | None = part.kept("kinks of a window", lambda: _kinks(window, part))
    if places is None or not places.size:
        return places is not None
    if not isinstance(reached, list):
        return not np.any(part.potential_table().reshape(-1)[places] < reached)
    index = np.unravel_index(places, window.grid.shape)
    axes = zip(index, window.first, window.ratios, reached, strict=True)
    return not np.any(np.logical_and.reduce([(r.start <= a + s * i) & (a + s * i < r.stop) for i, a, s, r in axes]))


def _kinks(window: Window, part: Hamiltonian) -> np.ndarray | None:
    """The points of the window where V is not smooth, flat; None where it is not round an axis that is not cut."""
    tables = _tables(part)
    rounds = [axis for axis, cut in enumerate(window.cut) if not cut]
    if not all(joins_smoothly(table, window.grid, axis) for table in tables for axis in rounds):
        return None
    return np.flatnonzero(np.any([kinks(table, window.grid) for table in tables], axis=0))


def _tables(H: Hamiltonian) -> list[np.ndarray]:
    return [H.potential_table()] if H.drive is None else [H.drive.static, *H.drive.tables]


def _on_its_own(H: Hamiltonian, window: Window) -> tuple[Window, Hamiltonian] | None:
    """The window with H on its points, which lie between those of the grid: with slopes of V from points that are no wider apart
    than there. None where V is not known at such points, or not the same V."""
    closer = [math.ceil(ratio) for ratio in window.ratios]
    fine = Grid([n * c for n, c in zip(window.grid.shape, closer, strict=True)], window.grid.bounds, twist=window.grid.twist)
    try:
        again, between = H.on(_all_but_the_last(window)), H.on(fine)
    except Exception:  # a callable that takes the points of its own grid alone, or is not finite in between
        return None
    if again is None or between is None:
        return None
    tables = zip(_tables(H), _tables(again), _tables(between), strict=True)
    if not all(_is_the_same(table[window.index_of_box], some) and _are_alike(table[window.index_of_box], more)
               and all(_has_all_derivatives(more, axis) for axis in range(fine.ndim)) for table, some, more in tables):
        return None
    return window, between.at_points(window.grid, (..., *(slice(None, None, c) for c in closer)))


def _all_but_the_last(window: Window) -> Grid:
    """The points of the grid between the ends of the window, one fewer of each axis."""
    bounds = [(a, b - step) for (a, b), step in zip(window.fine.bounds, window.fine.spacing.tolist(), strict=True)]
    return Grid([n - 1 for n in window.covered], bounds)


def _is_the_same(box: np.ndarray, again: np.ndarray) -> bool:
    """Whether V at fewer points is what it was when H was made: not where a callable knows its own grid, or was told another
    number since."""
    return bool(np.all(np.abs(again - box[tuple(slice(n) for n in again.shape)]) <= SAME * np.abs(box).max()))


def _are_alike(box: np.ndarray, between: np.ndarray) -> bool:
    """Whether V on the points of the grid is V ``between``, interpolated by polynomials, but for what these leave of the former:
    a callable that interpolates a table, or makes other numbers each time, is found out."""
    step = max(1, math.ceil((box.size / SOME) ** (1 / box.ndim)))
    found, left, some = between, np.zeros(box.shape), []
    for axis, (n, m) in enumerate(zip(box.shape, between.shape, strict=True)):
        nodes = min(NODES, n - 1)
        some.append(np.arange(nodes // 2, n - nodes // 2, step))
        found = _interpolated(found, some[-1] * (m / n), axis, nodes)
        pad = [((nodes + 1) // 2, nodes // 2) if other == axis else (0, 0) for other in range(box.ndim)]
        left += maximum_filter1d(np.pad(np.abs(np.diff(box, nodes, axis)), pad, mode="edge"), 2 * nodes + 1, axis)
    places = np.ix_(*some)
    return bool(np.all(np.abs(found - box[places]) <= LEFT * left[places] + SAME * np.abs(box).max()))


def _has_all_derivatives(values: np.ndarray, axis: int) -> bool:
    """Whether differences of order 8 grow with the eighth power of the distance of the points, as they do of an analytic V, and
    not with a lower one: a spline, which waves resolve by powers of the spacing alone, is found out. Only where they are more
    than rounding."""
    n, reach = values.shape[axis], 2 * NODES
    if n <= 2 * reach:
        return True
    lines = np.moveaxis(values, axis, -1)
    near, far = np.zeros((2, *lines.shape[:-1], n - reach))
    for j in range(NODES + 1):
        sign = math.comb(NODES, j) * (-1) ** j
        near += sign * lines[..., NODES // 2 + j:n - reach + NODES // 2 + j]
        far += sign * lines[..., 2 * j:n - reach + 2 * j]
    near, far = (maximum_filter1d(np.abs(part), 2 * reach + 1, axis=-1, mode="nearest") for part in (near, far))
    return bool(np.all((near <= ROUNDING * np.abs(values).max()) | (far >= STEEP * near)))


def _interpolated(values: np.ndarray, places: np.ndarray, axis: int, count: int) -> np.ndarray:
    """Values at places along an axis, counted in points, by the polynomials through ``count`` of them."""
    first, nodes = np.clip(places.astype(int) - (count - 1) // 2, 0, values.shape[axis] - count), np.arange(count)[:, None]
    factors = places - first - nodes
    before, behind = np.ones((2, *factors.shape))
    np.cumprod(factors[:-1], axis=0, out=before[1:])
    np.cumprod(factors[:0:-1], axis=0, out=behind[1:])
    scales = [math.prod(j - i for i in range(count) if i != j) for j in range(count)]
    weights = before * behind[::-1] / np.array(scales)[:, None]
    return np.moveaxis(np.einsum("jm,jm...->m...", weights, np.moveaxis(values, axis, 0)[first + nodes]), 0, axis)


def _window(grid: Grid, parts: list[_Part]) -> Window:
    first, covered, count = zip(*parts, strict=True)
    bounds, twist = [], []
    for (a, b), spacing, theta, n, (start, some, _) in zip(grid.bounds, grid.spacing, grid.twist, grid.shape, parts, strict=True):
        whole, step = some == n, float(spacing)
        bounds.append((a, b) if whole else (a + start * step, a + (start + some) * step))
        twist.append(theta if whole else 0.0)
    return Window(grid, Grid(count, bounds, twist=twist), first, covered)


def good_count(least: int, line: bool, most: int | None = None) -> int:
    """A number of points, of a line or of an axis of a grid, that transforms are good at: for the compiled loop (see
    qlearn.kernels.stepping) the next with factors 2, 3 and 5, on a line a multiple of 8 from SHORTEST on; a multiple of 64 where
    it is no more than MORE, and than ``most``: on 320 points ducc0 and pyFFTW take a tenth less than on 288, the compiled loop as
    long, SciPy a tenth more."""
    if not may_compile():
        return next_fast_len(least)
    if not line:
        return _multiple(1, least)
    count, better = (_multiple(step, max(least, SHORTEST)) for step in (8, 64))
    return better if better <= min(MORE * count, math.inf if most is None else most) else count


def _multiple(step: int, least: int) -> int:
    """The next multiple of a step from ``least`` on with factors 2, 3 and 5 besides."""
    count = -(-least // step)
    while factored(count) is None:
        count += 1
    return step * count


def _of_the_points(grid: Grid, axis: int, extent: Extent) -> _Part:
    """Every s-th point of an axis, a good number, or of the whole ring where they would not fit."""
    n, nyquist, line = grid.shape[axis], np.pi / float(grid.spacing[axis]), grid.ndim == 1
    first, end, stride = extent.first, extent.end, max(1, int(nyquist / max(extent.nyquist, nyquist / n)))
    stride = max(1, min(stride, (end - first) // SHORTEST)) if line and may_compile() else stride
    room = end - first + 2 * min(first, n - end)
    count = good_count(-(-(end - first) // stride), line, room // stride)
    start = first - (stride * count - (end - first)) // 2
    if first > 0 and end < n and start >= 0 and start + stride * count <= n:
        return start, stride * count, count
    while n % stride:
        stride -= 1
    return 0, n, n // stride


def _of_its_own(grid: Grid, axis: int, given: tuple[Extent, _Part]) -> _Part:
    """As few points of an axis as can tell its wavenumbers, a good number, over its extent or over the whole ring; those of the
    grid where they are no more."""
    extent, subset = given
    n, nyquist = grid.shape[axis], np.pi / float(grid.spacing[axis])
    covered = next_fast_len(extent.end - extent.first)
    start = extent.first - (covered - (extent.end - extent.first)) // 2
    if extent.first <= 0 or extent.end >= n or start < 0 or start + covered > n:
        start, covered = 0, n
    most = min(covered, subset[2])
    count = good_count(math.ceil(covered * min(1.0, extent.nyquist / nyquist)), grid.ndim == 1, most - 1)
    return (start, covered, count) if count < most else subset
