"""Amplitudes and values of products of functions of the axes, against einsum."""

import numpy as np
import pytest

from qlearn.spectrum.hermitian.axis_products import contracted, driven, expanded

LETTERS = "abc", "xyz"


@pytest.mark.parametrize("counts, points", [((3,), (5,)), ((3, 4), (5, 6)), ((2, 3, 4), (4, 6, 5))])
@pytest.mark.parametrize("dtype", [float, complex])
def test_they_are_sums_over_all_products(counts, points, dtype):
    rng = np.random.default_rng(7)

    def drawn(*shape: int) -> np.ndarray:
        values = rng.standard_normal(shape)
        return values + 1j * rng.standard_normal(shape) if dtype is complex else values

    d = len(counts)
    functions, images = ([drawn(n, m) for n, m in zip(counts, points, strict=True)] for _ in range(2))
    amplitudes, values = drawn(4, *counts), drawn(4, *points)
    inner, outer = LETTERS[0][:d], LETTERS[1][:d]
    tables = ",".join(i + o for i, o in zip(inner, outer, strict=True))

    def summed(*factors: np.ndarray) -> np.ndarray:
        return np.einsum(f"m{inner},{tables}->m{outer}", amplitudes, *factors)

    np.testing.assert_allclose(expanded(amplitudes, functions), summed(*functions), atol=1e-12)
    found = driven(amplitudes, functions, images)
    np.testing.assert_allclose(found[0], summed(*functions), atol=1e-12)
    each = [summed(*(images[b] if a == b else f for b, f in enumerate(functions))) for a in range(d)]
    np.testing.assert_allclose(found[1], np.sum(each, axis=0), atol=1e-12)
    back = np.einsum(f"m{outer},{tables}->m{inner}", values, *(f.conj() for f in functions))
    np.testing.assert_allclose(contracted(values, functions), back, atol=1e-12)
