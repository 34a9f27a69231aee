"""Levels in the middle of the spectrum of any H: subspace iteration with a Chebyshev filter, a Gaussian round the target.

    x = (H − b)/a = cos θ,    f(θ) = Σ_n c_n cos nθ ≈ exp(−(θ − θ₀)²/2σ²),    c_n ∝ exp(−n²σ²/2) cos nθ₀

applied to a random block and followed by Rayleigh–Ritz, until the residuals reach the goal. Σ_j f(E_j)², the number of levels
under the filter, is the mean of ‖f v‖² over random v (Weiße et al., Rev. Mod. Phys. 78, 275 (2006), for such traces): it sets σ,
so that they do not fill the block. Each eigenvector has a share in random rows, whatever its symmetry, and those beyond the
levels wanted are guards: none is missed unless more levels than rows lie under the filter. Then the iteration does not converge,
the filter is made narrower, and at the end the levels are refused. Only of levels that are equal to rounding there may be more
than are seen, which matters for the error bounds of none of them.
Filters for interior levels: A. Pieper et al., J. Comput. Phys. 325, 226 (2016).
"""

from dataclasses import dataclass
from typing import final

import numpy as np
from scipy.linalg import eigh

from qlearn.errors import UnsupportedError
from qlearn.hamiltonian import Hamiltonian
from qlearn.spectrum.goal import Goal
from qlearn.spectrum.hermitian.blocks import BlockOperator, orthonormal
from qlearn.spectrum.hermitian.davidson import GUARD
from qlearn.spectrum.hermitian.found import Found, edges
from qlearn.spectrum.hermitian.weyl import half_width

__all__ = ["filtered", "filtered_rows"]

SEED = 20240301
REACH = 4.3         # σ between the target and the levels that just fill the block: there the filter is 1e-4
TAIL = 4.8          # σ·(degree of the polynomial): what is left out is 1e-5 of its maximum
UNDER = 0.2         # of the rows of the block, the sum of f² of levels that fill it, √π/2·REACH
PROBES = 8          # random vectors of the first count
SIZINGS = 12
PASSES = 40
USUAL = 4           # passes
WORK = 4e10         # numbers times applications of H, some ten minutes, that are not exceeded
GAIN = 0.2          # ratio of residuals from which on a pass counts as none
NOTHING = 5e-5      # of the largest amplitude that the filter leaves: beyond REACH, where the polynomial is what was left out


def rows_of_block(k: int, size: int) -> int:
    """Rows that are filtered for k levels."""
    return min(2 * k + 24, size)


def filtered_rows(H: Hamiltonian, k: int, target: float) -> float:
    """About how many rows H is applied to by ``filtered``."""
    m = rows_of_block(k, int(np.prod(H.state_shape)))
    return USUAL * m * _first(H, m, target).degree


def filtered(H: Hamiltonian, k: int, target: float, goal: Goal) -> Found:
    """The k levels nearest to the target and neighbours; UnsupportedError where that takes more than WORK."""
    operator = BlockOperator(H)
    m, rng = rows_of_block(k, operator.size), np.random.default_rng(SEED)
    gauss = _sized(H, operator, m, target, rng)
    rows = gauss(operator, _random(rng, m, operator))
    best, passes = np.inf, 1
    while True:
        theta, rows, sizes = _ritz(operator, rows)
        i, first, j = edges(theta, k, target)
        bar = goal.inside(theta, first, k)
        worst = float(np.max(sizes[first:first + k]))
        if (worst <= bar and _known(theta, sizes, i, first, first + k, j, bar)) or passes == PASSES:
            break
        if worst > GAIN * best and worst > bar:
            gauss = gauss.narrower(0.7)         # more levels than rows
        best = min(best, worst)
        _affordable(gauss, m, operator.size, target, operator.applied)
        rows = gauss(operator, rows)
        passes += 1
    if worst > 100 * bar:
        raise UnsupportedError(f"levels near {target:g} lie too close to each other on this grid for a filter of {passes} passes "
                               f"(residual {worst:.1e}); ask for more levels k, or the lowest.")
    words = f"Chebyshev filter of degree {gauss.degree} round {target:g}, {passes} passes of {m} rows"
    return Found(theta[i:j], rows[i:j], first - i, False, words,
                 {"applications": operator.applied, "rows": len(theta)})


@final
@dataclass(frozen=True)
class Gauss:
    """f(H) on a spectrum within ``bounds``: ``centre`` θ₀ and ``width`` σ as angles."""

    bounds: tuple[float, float]
    centre: float
    width: float

    @property
    def degree(self) -> int:
        return int(np.ceil(TAIL / self.width))

    def narrower(self, factor: float) -> "Gauss":
        return Gauss(self.bounds, self.centre, self.width * factor)

    def series(self) -> np.ndarray:
        """c_n, of f with its maximum near 1."""
        n = np.arange(self.degree + 1)
        series = self.width * np.sqrt(2 / np.pi) * np.exp(-0.5 * (n * self.width) ** 2) * np.cos(n * self.centre)
        series[0] /= 2
        return series

    def values(self, energies: np.ndarray) -> np.ndarray:
        """f(E)."""
        low, high = self.bounds
        return np.polynomial.chebyshev.chebval(np.clip((2 * energies - high - low) / (high - low), -1, 1), self.series())

    def __call__(self, operator: BlockOperator, rows: np.ndarray) -> np.ndarray:
        """f(H) of rows (n, size); two real ones at a time as one complex one."""
        low, high = self.bounds
        scale, shift, series = 4 / (high - low), 2 * (high + low) / (high - low), self.series()
        H = operator.hamiltonian

        def applied(waves: np.ndarray) -> np.ndarray:
            return np.asarray(H.apply(waves.reshape(-1, *operator.shape))).reshape(waves.shape)
        result = np.empty_like(rows)
        for i in range(0, len(rows), 2):
            pair = rows[i:i + 2]
            wave = pair[:1] + 1j * pair[1:] if operator.is_real and len(pair) == 2 else pair.astype(complex)
            before, now = wave, (scale * applied(wave) - shift * wave) / 2
            total = series[0] * before + series[1] * now
            for c in series[2:]:
                before, now = now, scale * applied(now) - shift * now - before
                total += c * now
            result[i:i + 2] = np.concatenate([total.real, total.imag])[:len(pair)] if operator.is_real else total
            operator.applied += len(pair) * (len(series) - 1)
        return result


def _random(rng: np.random.Generator, n: int, operator: BlockOperator) -> np.ndarray:
    """Rows of independent entries of mean square 1."""
    rows = rng.standard_normal((n, operator.size))
    return rows if operator.is_real else (rows + 1j * rng.standard_normal(rows.shape)) / np.sqrt(2)


def _first(H: Hamiltonian, m: int, target: float) -> Gauss:
    """The filter that the classical density of states asks for."""
    low, high = _widened(H.spectral_bounds)
    inside = float(np.clip(target, low, high))
    centre = float(np.arccos(np.clip((2 * inside - high - low) / (high - low), -1, 1)))
    ends = [np.arccos(np.clip((2 * e - high - low) / (high - low), -1, 1)) for e in
            (inside + s * half_width(H, inside, m) for s in (-1, 1))]
    return Gauss((low, high), centre, float(np.clip((ends[0] - ends[1]) / 2 / REACH, 1e-7, 1)))


def _sized(H: Hamiltonian, operator: BlockOperator, m: int, target: float, rng: np.random.Generator) -> Gauss:
    """The filter under which there are so many levels that they fill a block of m rows."""
    gauss = _first(H, m, target)
    before = np.inf
    for _ in range(SIZINGS):
        _affordable(gauss, m, operator.size, target, operator.applied)
        probes = gauss(operator, _random(rng, PROBES, operator))
        count = float(np.sum(probes.real**2 + probes.imag**2)) / PROBES
        ratio = UNDER * m / max(count, 1e-300)
        if 0.6 < ratio < 1.7 or (ratio > 1 and gauss.width >= 1) or (ratio < 1 and count > 0.85 * before):
            break                               # the last: as many levels in a narrower filter are one level
        before = count
        gauss = gauss.narrower(float(np.clip(ratio, 0.4, 2.5)))
    return gauss


def _widened(bounds: tuple[float, float]) -> tuple[float, float]:
    """Bounds that rounding does not pass."""
    spare = 1e-10 * max(bounds[1] - bounds[0], abs(bounds[0]), abs(bounds[1]), 1e-300)
    return bounds[0] - spare, bounds[1] + spare


def _affordable(gauss: Gauss, m: int, size: int, target: float, applied: int) -> None:
    if (applied + gauss.degree * m) * size > WORK:
        raise UnsupportedError(f"levels near {target:g} take a filter of degree {gauss.degree} on {size} points, too much. "
                               "They lie too close to each other for the width of the spectrum of this grid; take a coarser "
                               "grid, or ask for the lowest levels up to there.")


def _ritz(operator: BlockOperator, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ritz values ascending, their rows, and their residuals; directions of which the filter leaves nothing are left out, for
    their Ritz values lie anywhere."""
    weights, mixed = eigh(rows.conj() @ rows.T, driver="evd")
    kept = weights > NOTHING**2 * weights[-1]
    rows = orthonormal((mixed[:, kept] / np.sqrt(weights[kept])).T @ rows)
    images = operator(rows)
    gram = rows.conj() @ images.T
    theta, mixed = eigh((gram + gram.conj().T) / 2, driver="evd")
    rows, images = mixed.T @ rows, mixed.T @ images
    return theta, rows, np.linalg.norm(images - theta[:, None] * rows, axis=1)


def _known(theta: np.ndarray, sizes: np.ndarray, i: int, first: int, end: int, j: int, bar: float) -> bool:
    """True where the neighbours of the wanted levels are near levels of their own."""
    for outside, edge in ((i, first), (j - 1, end - 1)):
        if outside != edge and sizes[outside] > max(GUARD * abs(theta[outside] - theta[edge]), 10 * bar):
            return False
    return True
