"""The monitor: how near the density is to a node, from the learners' own density."""

import numpy as np

__all__ = ["depth"]

_SEEN = 0.05        # a side of a dip counts where the density reaches this share of its maximum


def depth(log_density: np.ndarray, rings: tuple[bool, ...]) -> float:
    """The deepest dip: min of ρ(x)/min(ρ_left, ρ_right) along all lines of the lattice, 1 where no line has one.

    ρ_left and ρ_right are the largest densities on either side of x on its line, and both must exceed 0.05 of the largest density
    of all: tails are no dips, and lobes that hold hardly any learner do not count.  On a ring both are the line's maximum.
    """
    rho = np.exp(log_density - log_density.max())
    deepest = 1.0
    for a, ring in enumerate(rings):
        line = np.moveaxis(rho, a, -1)
        if ring:
            sides = np.broadcast_to(line.max(axis=-1, keepdims=True), line.shape)
        else:
            left = np.maximum.accumulate(line, axis=-1)
            sides = np.minimum(left, np.maximum.accumulate(line[..., ::-1], axis=-1)[..., ::-1])
        counted = sides >= _SEEN
        if counted.any():
            deepest = min(deepest, float(np.min(line[counted] / sides[counted])))
    return deepest
