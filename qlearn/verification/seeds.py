"""Every random number of a run comes from the file's seed: each part has a number and from it a seed of its own."""

import numpy as np

__all__ = ["part_seed"]


def part_seed(seed: int, part: int) -> int:
    """The seed of one part of the run: the first word of numpy.random.SeedSequence([seed, part])."""
    return int(np.random.SeedSequence([seed, part]).generate_state(1)[0])
