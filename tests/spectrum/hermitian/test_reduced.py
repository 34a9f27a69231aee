"""Levels of matrices of blocks: none is left out of a block that has more than its share."""

import numpy as np

from qlearn.spectrum.hermitian.reduced import lowest_in_blocks


def test_a_block_with_all_of_the_lowest_levels():
    rng = np.random.default_rng(5)
    sizes, offsets = [40, 30, 1, 29], [0.0, 50.0, 100.0, 100.0]
    whole, parts, first = np.zeros((100, 100)), [], 0
    for size, offset in zip(sizes, offsets, strict=True):
        block = rng.standard_normal((size, size))
        rows = np.arange(first, first + size)
        whole[np.ix_(rows, rows)] = block + block.T + offset * np.eye(size)
        parts.append((rows, whole[np.ix_(rows, rows)]))
        first += size
    exact = np.linalg.eigvalsh(whole)
    for count in (1, 38, 45, 100):
        energies, vectors = lowest_in_blocks(parts, 100, count, 1e-14)
        np.testing.assert_allclose(energies, exact[:count], atol=1e-11)
        np.testing.assert_allclose(vectors @ whole, energies[:, None] * vectors, atol=1e-11)
