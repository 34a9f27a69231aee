"""A learner given by code: a compass needle q that learns the direction of noisy readings θ_i.

Loss of one reading: 1 − cos(q − θ_i).  Its gradient, sin(q − θ_i), is what ``gradient`` returns.  The readings are made up:
θ is drawn from the density (1 + 0.3 cos(θ − 1) + 0.6 cos(2θ − 1/2))/2π by rejection.
"""

import numpy as np

SAMPLES = 400


def _readings() -> np.ndarray:
    rng = np.random.default_rng(4)
    angles = rng.uniform(0, 2 * np.pi, 20 * SAMPLES)
    accepted = rng.uniform(0, 1.9, angles.size) < 1 + 0.3 * np.cos(angles - 1) + 0.6 * np.cos(2 * angles - 0.5)
    return angles[accepted][:SAMPLES]


READINGS = _readings()


def gradient(q: np.ndarray, index: np.ndarray) -> np.ndarray:
    """h_i(q) = sin(q − θ_i), shape (r, b, 1), for q (r, 1) and sample numbers index (r, b)."""
    return np.sin(q - READINGS[index])[:, :, None]
