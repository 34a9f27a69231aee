"""The compiled loop of the splittings against NumPy's transforms, on lines, planes and in space."""

import numpy as np
import pytest

pytest.importorskip("numba", reason="the compiled loop needs numba")

import numba

from qlearn.kernels.compiled_fft import backward, forward
from qlearn.kernels.fft_plan import factored, plan
from qlearn.kernels.stepping import NONE, Angles, Stages, exponentials, factors, fits, layout_of
from qlearn.kernels.vectors import floats, wholes

LINES = [(64,), (72,), (192,), (288,), (320,), (1000,), (1024,), (1600,)]
PLANES = [(16, 16), (12, 20), (30, 25), (9, 8), (256, 40)]
SPACES = [(8, 16, 24), (9, 10, 12), (8, 2, 3, 5)]


@numba.njit
def _ahead(re, im, start, gap, width, passes, roots):
    forward(floats(re, start), floats(im, start), gap, width, wholes(passes, 0), len(passes), floats(roots, 0))


@numba.njit
def _back(re, im, start, gap, width, passes, roots):
    backward(floats(re, start), floats(im, start), gap, width, wholes(passes, 0), len(passes), floats(roots, 0))


@pytest.mark.parametrize("most", [8, 5])
@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 6, 8, 9, 12, 15, 16, 20, 25, 32, 36, 60, 75, 128, 240, 256, 625])
def test_columns_are_transformed_and_come_back(n, most):
    values = np.random.default_rng(n).normal(size=(2, n, 8))
    re, im = values[0].ravel().copy(), values[1].ravel().copy()
    p = plan(n, most)
    _ahead(re, im, 0, 8, 1, p.passes, p.roots)
    exact = np.fft.fft(values[0] + 1j * values[1], axis=0)[p.order]
    assert np.max(np.abs((re + 1j * im).reshape(n, 8) - exact)) < 2e-15 * np.max(np.abs(exact)) * max(1, np.log2(n))
    _back(re, im, 0, 8, 1, p.passes, p.roots)
    np.testing.assert_allclose(np.stack([re, im]).reshape(2, n, 8) / n, values, atol=1e-14)


@pytest.mark.parametrize("width", [1, 3])
def test_rows_apart_leave_what_is_between_alone(width):
    n, gap, start = 12, 8 * width + 16, 8
    values = np.random.default_rng(1).normal(size=(2, start + n * gap))
    re, im = values.copy()
    p = plan(n)
    _ahead(re, im, start, gap, width, p.passes, p.roots)
    before, after = values[:, start:].reshape(2, n, gap), np.stack([re, im])[:, start:].reshape(2, n, gap)
    exact = np.fft.fft(before[0] + 1j * before[1], axis=0)[p.order, :8 * width]
    np.testing.assert_allclose(after[0, :, :8 * width] + 1j * after[1, :, :8 * width], exact, atol=1e-13)
    np.testing.assert_array_equal(after[:, :, 8 * width:], before[:, :, 8 * width:])
    np.testing.assert_array_equal(np.stack([re, im])[:, :start], values[:, :start])


def _random(shape, count, rng):
    """Angles, and what they are of."""
    angles = rng.normal(size=(count, *shape))
    return angles, np.exp(-1j * angles)


def _of_modes(layout, which, angles):
    return Stages(layout, np.array(which), exponentials(Angles(layout.modes(angles)), np.eye(len(angles)), 1 / angles[0].size))


@pytest.mark.parametrize(("shape", "separate"), [(shape, False) for shape in LINES + PLANES + SPACES]
                         + [(shape, True) for shape in PLANES + SPACES], ids=str)
def test_steps_are_those_of_plain_transforms(shape, separate):
    rng, layout = np.random.default_rng(7), layout_of(shape)
    phi = rng.normal(size=(2, *shape)) + 1j * rng.normal(size=(2, *shape))     # a batch of two
    which, order, (_, kicks) = [0, 2, 1], np.array([0, 1, 2, 3, 1]), _random(shape, 4, rng)
    if separate:
        (first, lead), (others, last) = _random(shape[:1], 3, rng), _random(shape[1:], 3, rng)
        drifts = lead.reshape(3, -1, *(1,) * (len(shape) - 1)) * last[:, None]
        stages = Stages(layout, np.array(which), NONE, exponentials(Angles(layout.lead(first)), np.eye(3), 1 / phi[0].size),
                        exponentials(Angles(layout.last(others)), np.eye(3)))
    else:
        angles, drifts = _random(shape, 3, rng)
        stages = _of_modes(layout, which, angles)
    masks = rng.integers(0, 2, size=(2, 1, *shape)).astype(float)
    found = phi.copy()
    watched = layout.points(masks[0])[0], layout.modes(masks[1])[0]
    seen = stages.static(found, factors(layout, kicks, len(kicks)), order, 2, watched)
    exact, axes = kicks[0] * phi, tuple(range(1, 1 + len(shape)))
    wanted = np.zeros((2, 2))
    for step in range(2):
        for stage in range(3):
            modes = np.fft.fftn(exact, axes=axes)
            if stage == 0:
                wanted[:, 1] = np.maximum(wanted[:, 1], np.sum(masks[1] * np.abs(modes) ** 2, axis=axes))
            kick = kicks[order[4] if (step, stage) == (1, 2) else order[stage + 1]]
            exact = kick * np.fft.ifftn(drifts[which[stage]] * modes, axes=axes)
        wanted[:, 0] = np.maximum(wanted[:, 0], np.sum(masks[0] * np.abs(exact) ** 2, axis=axes))
    np.testing.assert_allclose(found, exact, atol=2e-14)
    np.testing.assert_allclose(seen, wanted, rtol=1e-12)


@pytest.mark.parametrize("shape", [(320,), (30, 25), (9, 10, 12)], ids=str)
def test_driven_kicks_are_exponentials(shape):
    rng, layout = np.random.default_rng(3), layout_of(shape)
    phi = rng.normal(size=shape) + 1j * rng.normal(size=shape)
    tables, weights = 300 * rng.normal(size=(3, *shape)), rng.normal(size=(5, 3))
    angles, drifts = _random(shape, 1, rng)
    found = phi.copy()
    _of_modes(layout, [0, 0], angles).driven(found, layout.points(tables), weights)
    exact = phi * np.exp(-1j * np.tensordot(weights[0], tables, axes=1))
    for row in weights[1:]:
        exact = np.fft.ifftn(drifts[0] * np.fft.fftn(exact)) * np.exp(-1j * np.tensordot(row, tables, axes=1))
    np.testing.assert_allclose(found, exact, atol=2e-12)      # |θ| up to 3000: the angles themselves are right to 5e-13


@pytest.mark.parametrize("shape", [(96,), (200,), (12, 20), (30, 25), (8, 2, 3, 5)], ids=str)
def test_masks_stand_where_tables_do(shape):
    rng, layout, size = np.random.default_rng(5), layout_of(shape), int(np.prod(shape))
    points, modes = rng.choice(size, 7, replace=False), rng.choice(size, 9, replace=False)
    found = layout.masks(points, modes)
    for index, mask, arranged in zip((points, modes), found, (layout.points, layout.modes), strict=True):
        values = np.zeros((1, size))
        values[0, index] = 1.0
        np.testing.assert_array_equal(mask, arranged(values.reshape(1, *shape))[0])


def test_which_grids_fit():
    assert fits((64,)) and fits((72,)) and fits((1920,)) and fits((30, 8)) and fits((8, 2, 4))
    for shape in ((40,), (100,), (448,), (14, 16), (7, 64), (64, 4)):
        assert not fits(shape)
    assert factored(360) == (3, 3, 5, 8) and factored(360, 5) == (2, 3, 3, 4, 5) and factored(7) is None


@pytest.mark.parametrize("size", [1.0, 1e4, 1e7])
def test_exponentials_of_any_angle(size):
    rng = np.random.default_rng(2)
    tables, weights = size * rng.normal(size=(2, 64)), rng.normal(size=(3, 2))
    found = exponentials(Angles(tables), weights, 0.5)
    np.testing.assert_allclose(found[:, 0] + 1j * found[:, 1], 0.5 * np.exp(-1j * (weights @ tables)), atol=4e-15 * max(1, size))
