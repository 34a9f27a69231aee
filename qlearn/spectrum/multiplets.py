"""Which levels their error bounds do not tell apart."""

import numpy as np

__all__ = ["multiplets"]


def multiplets(energies: np.ndarray, bounds: np.ndarray) -> list[np.ndarray]:
    """Groups of indices of (k,) levels, in ascending order: neighbours whose bounds overlap belong together.

    What is the same for every basis of a group is its projection: the mean of |v|² over it, not one |v|².

    >>> [group.tolist() for group in multiplets(np.array([1.0, 2.0, 2.0 + 1e-12]), np.full(3, 1e-11))]
    [[0], [1, 2]]
    """
    order = np.argsort(np.real(energies), kind="stable")
    e, b = np.asarray(energies)[order], np.asarray(bounds)[order]
    return np.split(order, np.flatnonzero(np.abs(np.diff(e)) > b[1:] + b[:-1]) + 1)
