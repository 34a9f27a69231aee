"""Normal deviates by counter: known answers, the same bits compiled and plain, and that they are normal and independent.

Statistical tests have fixed seeds; for another seed each would fail once in the number of times that it states.
"""

import mpmath
import numpy as np
import pytest
from scipy import stats

from qlearn.errors import ArgumentError
from qlearn.kernels import normals as module
from qlearn.kernels.normals import LARGEST, TILE, key_of, normals, philox

SAMPLE = normals(2024, 5, 0, 1 << 20, 2)

# Random123 1.14, tests/kat_vectors, rows "philox4x32 10": counter, key, answer.
KNOWN = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    ((0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344), (0xA4093822, 0x299F31D0),
     (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1)),
]


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN)
def test_philox_gives_the_published_answers(counter, key, answer):
    assert philox(np.array(counter)[:, None], key).ravel().tolist() == list(answer)
    assert philox(np.array(counter)[:, None], (key[0] ^ 1, key[1])).ravel().tolist() != list(answer)


@pytest.mark.parametrize("pair", [0, 1 << 20, 2**32 - 300])
@pytest.mark.parametrize("step", [0, 2**32 - 1, 2**40 + 3])
def test_compiled_and_plain_give_the_same_bits(pair, step):
    compiled = pytest.importorskip("qlearn.kernels.compiled_normals", reason="needs numba")
    a, b = np.empty(40 * TILE), np.empty(40 * TILE)
    pair -= 0 if pair < 2**31 else b.size // 2
    module.fill_plain(a, pair, 3, step, key_of(1))
    compiled.fill(b, np.uint64(pair), np.uint64(3), np.uint64(step), *map(np.uint64, key_of(1)))
    np.testing.assert_array_equal(a.view(np.int64), b.view(np.int64))


def test_numbers_do_not_depend_on_how_learners_are_cut():
    whole = normals(3, 11, 0, 5000, 2)
    for first, n in ((0, 1), (255, 2), (256, 256), (1000, 3999), (4999, 1)):
        np.testing.assert_array_equal(normals(3, 11, first, n, 2), whole[:, first:first + n])
    out = np.empty((2, 5000))
    assert normals(3, 11, 0, 5000, 2, out=out) is out
    np.testing.assert_array_equal(out, whole)


@pytest.mark.parametrize("other", [dict(seed=4), dict(step=12), dict(stream=1), dict(first=5000)])
def test_another_seed_step_stream_or_learner_has_other_numbers(other):
    arguments = dict(seed=3, step=11, first=0, stream=0)
    a, b = normals(n=5000, **arguments), normals(n=5000, **(arguments | other))
    assert not np.any(a == b) and abs(np.mean(a * b)) < 4.9 / np.sqrt(5000)     # one in 10⁶


def test_moments():
    """Each within 4.9 standard errors: one in 10⁶ a moment."""
    x = SAMPLE.ravel()
    for k, moment, variance in ((1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96), (6, 15, 10170), (8, 105, 2016000)):
        assert abs(np.mean(x**k) - moment) < 4.9 * np.sqrt(variance / x.size), k


def test_the_law_is_normal():
    """Kolmogorov–Smirnov and Anderson–Darling (case 0: below 7.5 but for one in 4·10³ … 10⁴), each axis; tails by counts."""
    for x in SAMPLE:
        assert stats.kstest(x, "norm").pvalue > 1e-6
        z = np.sort(x)
        i = np.arange(1, z.size + 1)
        a2 = -z.size - np.mean((2 * i - 1) * (stats.norm.logcdf(z) + stats.norm.logsf(z[::-1])))
        assert a2 < 7.5
    for limit in (2.0, 3.0, 4.0):
        for sign in (-1, 1):
            expected = SAMPLE.size * stats.norm.sf(limit)
            assert abs(np.count_nonzero(sign * SAMPLE > limit) - expected) < 4.9 * np.sqrt(expected) + 1
    assert stats.kstest(1.01 * SAMPLE[0], "norm").pvalue < 1e-6      # what it can see


def test_learners_axes_and_steps_are_uncorrelated():
    """Correlations of values and of squares at all lags tried: each within 4.9 standard errors, one in 10⁶."""
    x, n = SAMPLE, SAMPLE.shape[1]
    later = normals(2024, 6, 0, n)[0]
    pairs = [(x[0], x[1]), (x[0], later)] + [(x[0, :-lag], x[0, lag:]) for lag in (1, 2, 4, 8, 127, 128, 129, 256, 16384)]
    for a, b in pairs:
        assert abs(np.mean(a * b)) < 4.9 / np.sqrt(a.size)
        assert abs(np.mean((a**2 - 1) * (b**2 - 1))) < 4.9 * 2 / np.sqrt(a.size)


def test_pairs_of_box_muller_are_independent():
    """Angles of (ξ_k, ξ_k+128): uniform on the circle (χ² of 64 sectors, one in 10⁶)."""
    tiles = SAMPLE[0].reshape(-1, 2, TILE // 2)
    angle = np.arctan2(tiles[:, 1], tiles[:, 0]).ravel()
    counts = np.bincount(((angle + np.pi) * (64 / (2 * np.pi))).astype(int) % 64, minlength=64)
    assert stats.chisquare(counts).pvalue > 1e-6


def test_the_largest_value_is_the_one_stated():
    assert float(mpmath.sqrt(104 * mpmath.log(2))) == LARGEST
    zero = np.zeros(1, dtype=np.uint64)
    full = np.full(1, 0xFFFFFFFF, dtype=np.uint64)
    x, y = module._box_muller(full, full, zero + np.uint64(0x80000000), zero)    # u = 2⁻⁵², θ = 0
    assert abs(x[0]) == pytest.approx(LARGEST, rel=4e-16) and y[0] == 0
    x, y = module._box_muller(zero, zero, zero, zero)                            # u = 1
    assert x[0] == 0 and y[0] == 0


def test_logarithm_cosine_and_sine_err_by_less_than_a_unit_in_the_last_place():
    rng = np.random.default_rng(0)
    u = np.concatenate([1 - rng.integers(1, 2**52, 1000) * 2.0**-52, 2.0**-rng.integers(0, 53, 200), 1 - 2.0**-52 * np.arange(50),
                        np.sqrt(0.5) * (1 + 2.0**-52 * np.arange(-20, 20))])
    x = np.concatenate([rng.uniform(-1, 1, 1000) * np.pi / 4, 10.0**-rng.uniform(0.2, 12, 200), [-np.pi / 4, np.pi / 4, 0.0]])
    cosine, sine = module.cosine_sine(x)
    for exact, ours, at in ((mpmath.log, module._logarithm(u), u), (mpmath.cos, cosine, x), (mpmath.sin, sine, x)):
        with mpmath.workdps(40):
            pairs = [(mpmath.mpf(float(y)), exact(mpmath.mpf(float(point)))) for y, point in zip(ours, at, strict=True)]
            ulps = [abs(y - value) / np.spacing(abs(float(value))) for y, value in pairs if value]
        assert max(ulps) < 1.0


@pytest.mark.parametrize("wrong", [dict(seed=-1), dict(step=2**64), dict(n=0), dict(axes=0), dict(first=2**33, n=1),
                                   dict(out=np.empty((1, 8), np.float32)), dict(out=np.empty((2, 8)))])
def test_bad_arguments_are_refused(wrong):
    with pytest.raises(ArgumentError):
        normals(**(dict(seed=0, step=0, first=0, n=8) | wrong))
