"""Points drawn from a wave: compiled and plain alike."""

import sys

import numpy as np
import pytest

from qlearn.kernels.phase_space import drawn


@pytest.mark.parametrize("count", [1, 64])
def test_compiled_and_plain_agree(count, monkeypatch):
    pytest.importorskip("numba", reason="the compiled twin needs numba")
    rng = np.random.default_rng(3)
    x = np.linspace(-4, 4, 90)
    state, moved = (np.exp(-(x**2)) * (rng.normal(size=90) + 1j * rng.normal(size=90)) for _ in range(2))
    compiled = drawn(state, [moved], (x,), count)
    monkeypatch.delitem(sys.modules, "numba")
    plain = drawn(state, [moved], (x,), count)
    assert all(a.shape == (count, 1) and np.allclose(a, b, rtol=1e-11) for a, b in zip(compiled, plain, strict=True))
