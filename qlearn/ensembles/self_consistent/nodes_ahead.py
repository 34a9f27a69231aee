"""The monitor: how near the density is to a node, from the learners' own density."""

import numpy as np

__all__ = ["depth", "seen"]

_LINE = 0.05        # in several dimensions a line is looked along where the density reaches this share of its maximum


def seen(carriers: int) -> float:
    """1/(2√N), the share of N carriers that a lobe must hold to count: about what the distribution function of N learners can
    tell.  Smaller lobes are missed, and an error that comes from them is at first below the sampling noise.

    >>> seen(10_000)
    0.005
    """
    return 0.5 / float(np.sqrt(carriers))


def depth(log_density: np.ndarray, rings: tuple[bool, ...], share: float) -> float:
    """The deepest dip: min of ρ(x)/min(ρ_left, ρ_right) along all lines of the lattice, 1 where no line has one.

    ρ_left and ρ_right are the largest densities on either side of x on its line.  A dip counts where the learners on either side
    of x, all lines taken together, are at least ``share`` of all: tails are no dips.  On a ring both densities are the maximum of
    the line.  ``log_density`` is −∞ where no carrier comes, behind which nothing counts.
    """
    rho = np.exp(log_density - log_density.max())
    deepest = 1.0
    for a, ring in enumerate(rings):
        line = np.moveaxis(rho, a, -1)
        if ring:
            sides = np.broadcast_to(line.max(axis=-1, keepdims=True), line.shape)
            counted = sides >= _LINE
        else:
            left = np.maximum.accumulate(line, axis=-1)
            sides = np.minimum(left, np.maximum.accumulate(line[..., ::-1], axis=-1)[..., ::-1])
            below = np.cumsum(line.reshape(-1, line.shape[-1]).sum(axis=0))
            below /= below[-1]
            counted = (line.max(axis=-1, keepdims=True) >= _LINE) & (np.minimum(below, 1 - below) >= share)
        counted = counted & (sides > 0)
        if counted.any():
            deepest = min(deepest, float(np.min(line[counted] / sides[counted])))
    return deepest
