"""Density of states by kernel polynomials: how many levels there are per energy, on grids too large for their levels.

    X = (H − b)/a,  x = (E − b)/a = cos θ,  μ_n = Tr T_n(X)
    ρ(E) = Tr δ(E − H) ≈ [g_0 μ_0 + 2 Σ_{n≥1} g_n μ_n cos nθ]/(π a sin θ)
    N(E) = ∫_{−∞}^E ρ ≈ g_0 μ_0 (1 − θ/π) − (2/π) Σ_{n≥1} g_n μ_n sin(nθ)/n

with Jackson's g_n: every level is seen as a positive peak of area 1 and of a width that is known.
Source: A. Weiße, G. Wellein, A. Alvermann, H. Fehske, Rev. Mod. Phys. 78, 275 (2006), sections II.B to II.D.
"""

from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from qlearn import checks
from qlearn.hamiltonian import Hamiltonian
from qlearn.spectrum.levels import Spectrum
from qlearn.spectrum.traces.chebyshev_moments import ChebyshevMoments, chebyshev_moments
from qlearn.spectrum.traces.random_phases import EXACT_LIMIT, dimension, hermitian, over_vectors

__all__ = ["DensityOfStates", "density_of_states"]

_POINTS = 400           # energies by default
_DEFAULT = 256          # moments by default
_MOST = 200_000         # moments: beyond, the rounding of the recurrence and the time are out of proportion


@final
@dataclass(frozen=True, eq=False)
class DensityOfStates:
    """ρ(E) and N(E), smoothed with the kernel, with standard errors of the stochastic trace.

    energies, values, errors : (n,) E, ρ in levels per energy, and its standard error (0 for an exact trace).
    counts, count_errors : (n,) N(E), the levels below E, and its standard error.
    resolution : (n,) the width (standard deviation) of the peak that a level at E becomes.
    moments : (m,) μ_n, with Tr 1 = the number of levels first.     levels_in_all : points times channels.
    vectors : random ones, 0 for an exact trace.     method : "exact trace" | "stochastic trace".
    """

    energies: np.ndarray
    values: np.ndarray
    errors: np.ndarray
    counts: np.ndarray
    count_errors: np.ndarray
    resolution: np.ndarray
    moments: np.ndarray
    levels_in_all: int
    vectors: int
    method: str
    _centre: float
    _half_width: float

    def __post_init__(self):
        for array in (self.energies, self.values, self.errors, self.counts, self.count_errors, self.resolution, self.moments):
            array.flags.writeable = False

    def smoothed(self, levels: Any) -> tuple[np.ndarray, np.ndarray]:
        """(ρ, N) of given levels, an array or a Spectrum, smoothed with the same kernel at the same energies, (n,) each.

        >>> from qlearn.grids import Grid
        >>> H = Hamiltonian(Grid(64, (-9, 9)), lambda x: x**2 / 2)
        >>> found = density_of_states(H, energies=[1.0, 2.0, 3.0])
        >>> bool(np.allclose(found.smoothed(np.linalg.eigvalsh(H.to_matrix()))[1], found.counts))
        True
        """
        levels = levels.energies if isinstance(levels, Spectrum) else levels
        moments = _moments_of(checks.finite_array("levels", levels, shape=(None,)), self._centre, self._half_width,
                              len(self.moments))
        density, counts = _series(moments[None], self.energies, self._centre, self._half_width)
        return density[0], counts[0]

    def plot(self, **settings: Any) -> Any:
        """Draw ρ(E) and N(E): see qlearn.plots."""
        from qlearn.plots import density_of_states

        return density_of_states(self, **settings)


def density_of_states(H: Hamiltonian, *, energies: Any = None, resolution: float | None = None, method: str | None = None,
                      vectors: int = 16, seed: int = 0, executor: Executor | None = None) -> DensityOfStates:
    """ρ(E) = Tr δ(E − H) and N(E) of a Hermitian H of any kind, each level smoothed to a peak of a stated width.

    Parameters
    ----------
    H : static, linear, Hermitian Hamiltonian; walls, twists, poles, metric, A and channels included.
    energies : (n,) where ρ and N are wanted; default 400 across the spectrum. Outside of it ρ is 0.
    resolution : σ, the largest width of a level's peak at the energies asked for. It takes about πa√(1 − x²)/σ moments, a half
        the width of H.spectral_bounds, x = ∓1 at its ends: low energies cost less. Default: what 256 moments give, see
        ``.resolution``. One application of H a vector for two moments.
    method : "exact": the trace over all levels, found by diagonalisation, up to 4096 points; "stochastic": over ``vectors``
        random states; None: "exact" up to 1024 points.
    vectors, seed : how many random states, and their seed. The relative error of ρ is about 1/√(vectors × levels within σ).
    executor : concurrent.futures.Executor of threads; the same numbers come out for any executor and number of workers.

    Raises
    ------
    ArgumentError; UnsupportedError for a loss, f(|ψ|²) and batches.
    Standard errors tell of the random states alone, and are normal where vectors × N(E) is some 50 or more: at N = 1 and 16
    vectors 6.5 % of N(E) miss their 99 % (Student), at N ≥ 3 1 to 2 %. The levels are those of H on its grid: above about the
    least of the largest T of the axes they are the grid's and not those of space. A peak of the kernel has tails of a few σ, so
    N(E) at an energy nearer than that to a level, or to a step of the spectrum, lies in between.

    >>> from qlearn.grids import Grid
    >>> H = Hamiltonian(Grid((64, 64), [(-8, 8)] * 2), lambda x, y: (x**2 + y**2) / 2)
    >>> found = density_of_states(H, energies=[8.5], resolution=1.0, vectors=8)         # 36 levels 1, 2, 2, 3, 3, 3, … below 8.5
    >>> bool(abs(found.counts[0] - 36) < 4 * found.count_errors[0] + 1)
    True
    """
    H = hermitian(H, "a density of states")
    if method is not None:
        checks.choice("method", method, ("exact", "stochastic"))
    low, high = H.spectral_bounds
    checks.real("H.spectral_bounds", high - low, above=0)
    x = np.linspace(low, high, _POINTS + 2)[1:-1] if energies is None \
        else checks.finite_array("energies", np.atleast_1d(energies), shape=(None,))
    if x.size == 0:
        checks.fail("energies", "must not be empty", energies)
    n = _how_many(resolution, x, low, high)
    pad = (high - low) / 2 * (1 / np.cos(np.pi / n) - 1)       # half a peak of θ: the factor 1/√(1 − x²) stays finite
    bounds = (low - pad, high + pad)
    if method == "exact" or (method is None and dimension(H) <= EXACT_LIMIT):
        probe = chebyshev_moments(H, np.zeros(H.state_shape), 2, bounds=bounds)
        moments = _moments_of(np.linalg.eigvalsh(H.to_matrix()), probe.centre, probe.half_width, n)[None]
        return _found(x, moments, probe, dimension(H), 0, "exact trace")
    found = over_vectors(lambda states: chebyshev_moments(H, states, n, bounds=bounds), H, vectors, seed, executor)
    return _found(x, np.concatenate([one.values for one in found]), found[0], dimension(H), vectors, "stochastic trace")


def _how_many(resolution: float | None, energies: np.ndarray, low: float, high: float) -> int:
    """The least number of moments, in steps of 2 %, whose widest peak is no wider than the resolution."""
    if resolution is None:
        return _DEFAULT
    resolution = checks.real("resolution", resolution, above=0)
    x, n = (2 * energies - low - high) / (high - low), 16
    while np.max(_widths(x, n)) * (high - low) / 2 > resolution:
        n += 1 + n // 50
        if n > _MOST:
            checks.fail("resolution", f"must be at least {np.max(_widths(x, _MOST)) * (high - low) / 2:.2g}, the width "
                        f"{high - low:g} of the spectrum being what it is", resolution,
                        "A coarser grid has a narrower spectrum; single levels are for eigenstates.")
    return n


def _found(energies: np.ndarray, moments: np.ndarray, scale: ChebyshevMoments, size: int, vectors: int,
           method: str) -> DensityOfStates:
    density, counts = _series(moments, energies, scale.centre, scale.half_width)
    errors = [np.std(part, axis=0, ddof=1) / np.sqrt(vectors) if vectors else np.zeros(len(energies))
              for part in (density, counts)]
    width = _widths(scale.scaled(energies), moments.shape[1]) * scale.half_width
    return DensityOfStates(energies.copy(), density.mean(axis=0), errors[0], counts.mean(axis=0), errors[1], width,
                           moments.mean(axis=0), size, vectors, method, scale.centre, scale.half_width)


def _moments_of(levels: np.ndarray, centre: float, half_width: float, n: int) -> np.ndarray:
    """Σ_j T_k((E_j − centre)/half_width), k < n."""
    x = (levels - centre) / half_width
    if np.any(np.abs(x) > 1):
        checks.fail("levels", "must lie in the enclosure of the spectrum",
                    f"{int(np.sum(np.abs(x) > 1))} outside of ({centre - half_width:g}, {centre + half_width:g})")
    angle = np.arccos(x)
    return np.array([np.sum(np.cos(k * angle)) for k in range(n)])


def jackson(n: int) -> np.ndarray:
    """g_k = [(n − k + 1) cos(πk/(n+1)) + sin(πk/(n+1)) cot(π/(n+1))]/(n + 1), k < n."""
    k, angle = np.arange(n), np.pi / (n + 1)
    return ((n - k + 1) * np.cos(k * angle) + np.sin(k * angle) / np.tan(angle)) / (n + 1)


def _series(moments: np.ndarray, energies: np.ndarray, centre: float, half_width: float) -> tuple[np.ndarray, np.ndarray]:
    """ρ and N at the energies from moments (r, n): (r, len(energies)) each; 0 and 0 or all levels outside."""
    n = moments.shape[1]
    damped = moments * jackson(n)
    x = (energies - centre) / half_width
    inside = np.abs(x) < 1
    angle = np.arccos(np.where(inside, x, 0.0))
    density, counts = np.zeros((2, len(moments), len(x)))
    density += damped[:, :1]
    counts += damped[:, :1] * (1 - angle / np.pi)
    for a in range(1, n, 512):
        k = np.arange(a, min(a + 512, n))
        density += 2 * damped[:, k] @ np.cos(k[:, None] * angle)
        counts -= 2 / np.pi * (damped[:, k] / k) @ np.sin(k[:, None] * angle)
    density /= np.pi * half_width * np.sin(angle)
    density[:, ~inside] = 0
    counts[:, ~inside] = np.where(x[~inside] < 0, 0.0, moments[:, :1])
    return density, counts


def _widths(x: np.ndarray, n: int) -> np.ndarray:
    """√⟨(x' − x)²⟩ of the kernel at x, from ⟨T_1⟩ = g_1 x and ⟨T_2⟩ = g_2 T_2(x); that at ±1 outside."""
    g, x = jackson(max(n, 3)), np.clip(x, -1, 1)
    return np.sqrt(np.maximum((1 + g[2] * (2 * x**2 - 1)) / 2 - 2 * g[1] * x**2 + x**2, 0.0))
