"""The exact law of a streaming learner on a flat ring, step by step, with nothing sampled: what its replicas are draws from.

    E[e^{ik(q' − q)} | q] = [ ⟨cos(k a f)⟩ + i Σ_l m_l S_{kl} e^{ilx} ]^B,      S_{kl} = Fourier coefficients of sin(k a f(x))

with a f(x) the turn by one example at the distance x, f = K' + c, a = (η/B)A(2π/L)², and x = 2πq/L.  Replicas against it test
code and statistics; it against |ψ|² measures the diffusion limit, O(η) at fixed ħ.
"""

import numpy as np

from qlearn.densities import GridDensity
from qlearn.ensembles.streaming_labels.labels import LabelSeries
from qlearn.grids import Grid

__all__ = ["exact_laws"]


def exact_laws(labels: LabelSeries, turn: np.ndarray, batch: int, start: GridDensity, record: np.ndarray,
               grid: Grid) -> list[GridDensity]:
    """The densities after the step counts of record on a periodic grid of one period.

    turn : a f at the N examples, the angle by which σ = +1 at the distance θ_j moves a learner, (N,)
    """
    n, length = grid.shape[0], float(grid.lengths[0])
    k = np.arange((n + 1) // 2)
    x = 2 * np.pi / length * grid.axes[0]
    wave = np.exp(1j * np.multiply.outer(k, x))
    still = np.cos(np.multiply.outer(k, turn)).mean(axis=1)
    modes = labels.coefficients.shape[1]
    swings = np.fft.rfft(np.sin(np.multiply.outer(k, turn)), axis=1, norm="forward")[:, :modes]
    swings[:, 1:] *= 2                  # l and −l together: the sum over l is real
    lift = wave[:modes] if modes <= len(wave) else np.exp(1j * np.multiply.outer(np.arange(modes), x))
    moments = _moments(start, k, length)
    found, done = [], 0
    for target in record:
        for step in range(done, target):
            factor = still[:, None] + 1j * ((swings * labels.coefficients[step]) @ lift).real
            moments = np.mean(wave * factor**batch * _values(moments, n, x, k), axis=1)
        done = target
        found.append(GridDensity(grid, _values(moments, n, x, k) / length, ringing=1e-6))
    return found


def _moments(start: GridDensity, k: np.ndarray, length: float) -> np.ndarray:
    """E e^{ikx} of the trigonometric interpolant; 0 beyond its modes."""
    x = 2 * np.pi / length * start.grid.axes[0]
    moments = np.exp(1j * np.multiply.outer(k, x)) @ start.values * start.grid.cell_volume
    moments[k >= (start.grid.shape[0] + 1) // 2] = 0
    return moments


def _values(moments: np.ndarray, n: int, x: np.ndarray, k: np.ndarray) -> np.ndarray:
    """Σ_k M_{−k} e^{ikx}, the density with respect to dx/2π, at equidistant points x."""
    shifted = np.conj(moments) * np.exp(1j * k * x[0])
    spectrum = np.zeros(n // 2 + 1, complex)
    spectrum[:len(k)] = shifted
    return np.fft.irfft(spectrum, n, norm="forward")
