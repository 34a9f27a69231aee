"""Points drawn from a wave: compiled and plain alike."""

import sys

import numpy as np
import pytest

from qlearn.kernels.phase_space import drawn


@pytest.mark.parametrize("count", [1, 64])
@pytest.mark.parametrize("d", [1, 2, 3])
def test_compiled_and_plain_agree(d, count, monkeypatch):
    pytest.importorskip("numba", reason="the compiled twin needs numba")
    rng, shape = np.random.default_rng(3), (90, 40, 20)[:d]
    axes = tuple(np.linspace(-4, 4, n) for n in shape)
    packet = np.exp(-sum(x**2 for x in np.meshgrid(*axes, indexing="ij")))
    state, *moved = (packet * (rng.normal(size=shape) + 1j * rng.normal(size=shape)) for _ in range(d + 1))
    compiled = drawn(state, moved, axes, count)
    monkeypatch.delitem(sys.modules, "numba")
    plain = drawn(state, moved, axes, count)
    assert all(a.shape == (count, d) and np.allclose(a, b, rtol=1e-11) for a, b in zip(compiled, plain, strict=True))


def test_a_wave_without_noise_has_its_momenta():
    x = np.linspace(-4, 4, 50)
    state = np.exp(-np.add.outer(x**2, x**2)).astype(complex)
    q, p = drawn(state, [2 * state, -state], (x, x), 16)
    assert np.allclose(p, [2.0, -1.0]) and np.all(np.abs(q) < 3)
