"""The twin of qlearn.kernels.compiled_weights for where numba is not used; the arguments are those."""

import numpy as np

__all__ = ["kick_times", "kick_weights"]


def kick_times(time: float, h: float, fractions: np.ndarray, times: np.ndarray) -> None:
    """Of the kick at ``time`` and of those behind all stages of steps h."""
    steps = np.arange((len(times) - 1) // len(fractions))
    times[0], times[1:] = time, (time + h * (steps[:, None] + fractions)).ravel()


def kick_weights(first: np.ndarray, behind: np.ndarray, linear: float, square: float, factors: np.ndarray, largest: np.ndarray,
                 weights: np.ndarray) -> bool:
    """w_r = linear·b f_r and, where weights has room for them, square·c f_r f_s; NumPy's phases are exact for any."""
    rows = np.concatenate([first[None], np.tile(behind, ((len(weights) - 1) // len(behind), 1))])
    rows[len(behind):-1:len(behind)] += first
    numbers = np.concatenate([np.ones((len(factors), 1)), factors], axis=1)
    terms = numbers.shape[1]
    weights[:, :terms] = linear * rows[:, :1] * numbers
    if weights.shape[1] > terms:
        r, s = np.triu_indices(terms)
        weights[:, terms:] = square * rows[:, 1:] * numbers[:, r] * numbers[:, s]
    return True
