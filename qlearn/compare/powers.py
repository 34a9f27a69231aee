"""Power: how often a test of n learners rejects, when their law is another than the reference."""

import numpy as np
from scipy.special import chdtri
from scipy.stats import ncx2

from qlearn import checks
from qlearn.compare.chi_square import joined, pooled
from qlearn.compare.line_cells import LineCells, cells_of_law
from qlearn.compare.p_values import ks_p, kuiper_p
from qlearn.densities import GridDensity
from qlearn.errors import UnsupportedError

__all__ = ["kuiper_power", "power"]

_POWER_CELLS = 4096
_PLANE = 1024           # cells in n-D, at most
_NULL, _PLANE_NULL = 20_000, 4000   # draws of the null, for the critical value
TESTS = ("ks", "kuiper", "chi2", "wasserstein", "energy")


def power(truth: GridDensity, reference: GridDensity, n: float, *, test: str = "ks", level: float = 0.01, ring: bool = True,
          trials: int = 1000, seed: int = 0) -> float:
    """Probability that this test of n independent learners with the law ``truth`` rejects ``reference`` at the level.

    "chi2" by the noncentral χ² law, λ = n Σ (p − p₀)²/p₀ over the cells of the test; the others in the limit of many learners,
    where F_n − F is a Gaussian bridge around the difference of the laws, drawn ``trials`` times: standard error
    √(power (1 − power)/trials).  Where the test draws its null, 20000 bridges around none give its critical value, 4000 in
    n-D, which at a level of 1 % moves the power by another .01 to .02.  For two samples of n and m give nm/(n + m).

    Parameters
    ----------
    truth, reference : densities between the same bounds
    n : learners; the tests "energy" and "wasserstein" in n-D have the power of 0.8 n (put in here)
    level : of one test; divide by their number for the first step of Holm's
    ring : whether the axes are rings

    Raises
    ------
    ArgumentError; UnsupportedError for "ks", "kuiper" and "wasserstein" in n-D: take ``.marginal(axis)`` of both, or "energy".

    Examples
    --------
    >>> from qlearn.grids import Grid
    >>> ring = Grid(64, [(0, 2 * np.pi)])
    >>> flat, bent = (GridDensity(ring, (1 + a * np.cos(ring.axes[0])) / (2 * np.pi)) for a in (0.0, 0.1))
    >>> [bool(power(law, flat, 2000, test="kuiper") > 0.5) for law in (bent, flat)]
    [True, False]
    """
    test = checks.choice("test", test, TESTS)
    n, level = checks.real("n", n, above=0), checks.real("level", level, above=0, most=1)
    trials = checks.integer("trials", trials, least=1)
    if truth.grid.bounds != reference.grid.bounds or truth.grid.shape != reference.grid.shape:
        checks.fail("truth", "must live on the grid of reference", f"{truth.grid.shape} points on {truth.grid.bounds}")
    rng = np.random.default_rng(checks.integer("seed", seed, least=0))
    if test == "chi2":
        return _chi2_power(truth, reference, n, level)
    if reference.grid.ndim > 1:
        if test != "energy":
            raise UnsupportedError(f"the power of {test!r} needs one axis. Take .marginal(axis) of both densities, or 'energy'.")
        return _plane_power(truth, reference, 0.8 * n, level, ring, trials, rng)
    return _line_power(truth, reference, n, test, level, ring, trials, rng)


def _chi2_power(truth: GridDensity, reference: GridDensity, n: float, level: float) -> float:
    if reference.grid.ndim == 1:
        cells, masses = cells_of_law(reference, True)
        wanted = max(2, min(int(2 * n**0.4), int(n / 10)))
        ends = np.interp(np.arange(1, wanted) / wanted, np.cumsum(masses), cells.nodes)
        alike, other = np.full(wanted, 1 / wanted), np.diff(truth.cdf(ends), prepend=0.0, append=1.0)
    else:
        other, alike = joined(truth.cell_masses(), reference.cell_masses(), n)
    found, expected = pooled(n * other, n * alike)
    degrees = max(len(expected) - 1, 1)
    return float(ncx2.sf(chdtri(degrees, level), degrees, max(float(np.sum((found - expected)**2 / expected)), 1e-12)))


def _line_power(truth: GridDensity, reference: GridDensity, n: float, test: str, level: float, ring: bool, trials: int,
                rng: np.random.Generator) -> float:
    cells, null = _many_cells(reference, ring) if test in ("ks", "kuiper") else cells_of_law(reference, ring)
    low = reference.grid.bounds[0][0]
    other = _probabilities(np.diff(truth.cdf(np.append(low, cells.nodes[:-1])), append=1.0))
    found = cells.distance(test, other - null + _bridges(other, n, trials, rng))
    if test in ("ks", "kuiper"):
        return float(np.mean((ks_p if test == "ks" else kuiper_p)(found, n) < level))
    nulls = [cells.distance(test, _bridges(null, n, _NULL // 10, rng)) for _ in range(10)]
    return float(np.mean(found > np.quantile(np.concatenate(nulls), 1 - level)))


def _plane_power(truth: GridDensity, reference: GridDensity, n: float, level: float, ring: bool, trials: int,
                 rng: np.random.Generator) -> float:
    masses = [density.cell_masses() for density in (truth, reference)]
    places = np.stack(np.meshgrid(*reference.grid.axes, indexing="ij"))
    while masses[0].size > _PLANE:
        axis = int(np.argmax(masses[0].shape))
        pairs = np.arange(0, masses[0].shape[axis], 2)
        masses = [np.add.reduceat(one, pairs, axis=axis) for one in masses]
        places = np.add.reduceat(places, pairs, axis=axis + 1) / np.add.reduceat(np.ones(places.shape[axis + 1]), pairs).reshape(
            [-1 if other == axis else 1 for other in range(places.ndim - 1)])
    points = places.reshape(len(places), -1).T
    gaps = np.stack([points[:, None, axis] - points[:, axis] for axis in range(len(places))], axis=-1)
    if ring:
        lengths = np.array(reference.grid.lengths)
        gaps = lengths / np.pi * np.sin(np.pi * gaps / lengths)
    pairs_apart = np.linalg.norm(gaps, axis=-1)
    other, null = (_probabilities(one.ravel()) for one in masses)

    def energy(excess: np.ndarray) -> np.ndarray:
        return -np.sum(excess * (excess @ pairs_apart), axis=1)

    found = energy(other - null + _bridges(other, n, trials, rng))
    return float(np.mean(found > np.quantile(energy(_bridges(null, n, _PLANE_NULL, rng)), 1 - level)))


def _bridges(masses: np.ndarray, n: float, trials: int, rng: np.random.Generator) -> np.ndarray:
    """Fluctuations (trials, c) of the masses of n points: Gaussian, with covariance (diag p − p p)/n."""
    drawn = rng.standard_normal((trials, len(masses))) * np.sqrt(masses)
    return (drawn - masses * drawn.sum(axis=1, keepdims=True)) / np.sqrt(n)


def _many_cells(density: GridDensity, ring: bool) -> tuple[LineCells, np.ndarray]:
    (a, b), = density.grid.bounds
    edges = np.linspace(a, b, _POWER_CELLS + 1)
    masses = _probabilities(np.diff(np.append(density.cdf(edges[:-1]), 1.0)))
    width = np.full(_POWER_CELLS, (b - a) / _POWER_CELLS)
    return LineCells(edges[1:], width, edges[1:] - width / 2, a, float(b - a) if ring else None), masses


def kuiper_power(truth: GridDensity, reference: GridDensity, n: int, *, level: float, trials: int, seed: int) -> float:
    """Share of perfect samples of n points from ``truth`` that Kuiper's test against ``reference`` rejects at the level.

    Counts in 4096 cells are drawn, not points; V is then taken at the cells' edges, which lowers it by about 1 % of its
    floor.  The standard error of the answer is √(power (1 − power)/trials).

    Examples
    --------
    >>> from qlearn.grids import Grid
    >>> ring = Grid(64, [(0, 2 * np.pi)])
    >>> flat, bent = (GridDensity(ring, (1 + a * np.cos(ring.axes[0])) / (2 * np.pi)) for a in (0.0, 0.1))
    >>> kuiper_power(bent, flat, 10000, level=0.01, trials=50, seed=0)
    1.0
    """
    n, trials = checks.integer("n", n, least=1), checks.integer("trials", trials, least=1)
    level = checks.real("level", level, above=0, most=1)
    if truth.grid.bounds != reference.grid.bounds:
        checks.fail("reference", "must live between the bounds of truth", f"{reference.grid.bounds}")
    low, length = reference.grid.bounds[0][0], float(reference.grid.lengths[0])
    edges = low + length * np.arange(_POWER_CELLS + 1) / _POWER_CELLS
    drawn = np.random.default_rng(seed).multinomial(n, _probabilities(np.diff(truth.cdf(edges))), size=trials)
    excess = np.cumsum(drawn, axis=1) / n - reference.cdf(edges[1:])
    v = np.maximum(excess.max(axis=1), 0) - np.minimum(excess.min(axis=1), 0)
    return float(np.mean(kuiper_p(v, n) < level))


def _probabilities(masses: np.ndarray) -> np.ndarray:
    """Cell masses without the ringing below zero that the density allows itself."""
    masses = np.maximum(masses, 0)
    return masses / masses.sum()
