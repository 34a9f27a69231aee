"""Fused steps of learners: the same bits compiled and plain and for any cut, weak order 2, what is limited is counted."""

from concurrent.futures import ThreadPoolExecutor

import mpmath
import numpy as np
import pytest
import sympy as sp

from qlearn.kernels import elementary
from qlearn.kernels.learner_steps import LineTable, kicked_steps
from qlearn.kernels.normals import normals
from qlearn.kernels.phases import phase_backend
from qlearn.kernels.programs import Operation, Program, run_plain
from qlearn.systems.programs import formula_program

x, y = sp.symbols("x y", real=True)
POINTS = np.arange(64) * 2 * np.pi / 64
DRIFTS = {
    "polynomial": formula_program([x - x**3 + x**5 / 100], [x], {}),
    "sine": formula_program([-sp.sin(x) - sp.cos(x) * sp.sin(x) / 50], [x], {}),
    "turned": formula_program([0.3 - sp.sin(x) - sp.cos(x) * (sp.sin(x) - 0.3) / 50], [x], {}),
    "transcendental": formula_program([-x * sp.exp(-x**2 / 3) - sp.tanh(x) - x / sp.sqrt(1 + x**2) + sp.log(1 + x**2) / x], [x],
                                      {}),
    "plane": formula_program([-x * y**2 - x, -y * x**2 - sp.sinh(y) / 9], [x, y], {}),
    "ring table": LineTable(-np.sin(POINTS), 0.0, POINTS[1], periodic=True),
    "line table": LineTable(-np.linspace(-3, 3, 13), -3.0, 0.5, periodic=False),
}


def start(name, n=700):
    return 2 * normals(1, 0, 0, n, 2 if name == "plane" else 1, stream=9)


@pytest.mark.parametrize("operation", Operation, ids=lambda operation: operation.name)
def test_every_operation_gives_the_same_bits_compiled_and_plain(operation):
    compiled = pytest.importorskip("qlearn.kernels.compiled_programs", reason="needs numba")
    sine = operation == Operation.COSINE_SINE
    code, constants = np.array([[operation, 4, 1, 3 if sine else 2, 0]]), np.array([0.3, -0.2, 0.1, 0.7, -0.4, *range(8)])
    program = Program(code, constants, 3, 5, (4, 3) if sine else (4,))
    q = np.stack([normals(5, 0, 0, 256)[0], 10 * normals(5, 1, 0, 256)[0], normals(5, 2, 0, 256)[0]])
    if operation in (Operation.ROOT, Operation.LOGARITHM):
        q[1, 3:] = np.abs(q[1, 3:])
    registers = np.empty((5, 256))
    registers[:3] = q
    compiled.run_tile(program.code, program.constants, registers)
    np.testing.assert_array_equal(registers[list(program.outputs)], run_plain(program, q))


@pytest.mark.parametrize("name", DRIFTS)
def test_steps_have_the_same_bits_compiled_and_plain(name):
    pytest.importorskip("numba", reason="there is no compiled twin without numba")
    compiled = kicked_steps(DRIFTS[name], start(name), 12, 0.05, 0.5, seed=3, first_step=7)
    with phase_backend("numpy"):
        plain = kicked_steps(DRIFTS[name], start(name), 12, 0.05, 0.5, seed=3, first_step=7)
    np.testing.assert_array_equal(compiled[0], plain[0])
    assert compiled[1] == plain[1] and np.all(np.isfinite(plain[0]))


@pytest.mark.parametrize("name", DRIFTS)
def test_learners_have_their_numbers_whatever_their_block(name):
    whole, limited = kicked_steps(DRIFTS[name], start(name), 5, 0.05, 0.5, seed=3, first_step=7)

    def part(first):
        return kicked_steps(DRIFTS[name], start(name)[:, first:first + 256], 5, 0.05, 0.5, seed=3, first_step=7, first=first)

    with ThreadPoolExecutor(3) as threads:
        parts = list(threads.map(part, range(0, 700, 256)))
    np.testing.assert_array_equal(np.concatenate([q for q, _ in parts], axis=1), whole)
    assert sum(number for _, number in parts) == limited


def test_they_do_what_they_say():
    """The formula of the module, step by step."""
    q, h, diffusion = start("sine"), 0.1, 0.4
    expected = q + np.sqrt(diffusion * h) * normals(2, 10, 0, 700, 1)
    for step in range(1, 4):
        b = -np.sin(expected) - np.cos(expected) * np.sin(expected) / 50
        expected = expected + h * b + np.sqrt((1 if step == 3 else 2) * diffusion * h) * normals(2, 10 + step, 0, 700, 1)
    ours, limited = kicked_steps(DRIFTS["sine"], q, 3, h, diffusion, seed=2, first_step=10)
    np.testing.assert_allclose(ours, expected, atol=1e-14)
    assert limited == 0


def variance(rate, steps, corrected):
    """Of q(1) from q = 0 in −rate·q with D = ½, by the recursion that the steps follow exactly in law."""
    h = 1 / steps
    a = 1 - rate * h + (0.5 * (rate * h)**2 if corrected else 0)
    total = 0.5 * h
    for step in range(steps):
        total = a * a * total + (h if step < steps - 1 else 0.5 * h)
    return total


def test_the_correction_makes_the_weak_order_two():
    """Slopes of the variance's error; the recursion is what the loop does, to the sampling error of 4·10⁵ learners."""
    exact = 0.5 / 1.5 * (1 - np.exp(-2 * 1.5))
    errors = np.array([[abs(variance(1.5, n, corrected) - exact) for n in (8, 16, 32, 64)] for corrected in (True, False)])
    slopes = np.diff(np.log2(errors), axis=1)
    assert np.all(np.abs(slopes[0] + 2) < 0.15) and np.all(np.abs(slopes[1] + 1) < 0.15)
    for corrected in (True, False):
        b = -1.5 * x
        program = formula_program([b + (sp.Rational(1, 32) * b * sp.diff(b, x) if corrected else 0)], [x], {})
        q, limited = kicked_steps(program, np.zeros((1, 400_000)), 16, 1 / 16, 0.5, seed=8, first_step=0)
        wanted = variance(1.5, 16, corrected)
        assert abs(q.var() - wanted) < 4.9 * wanted * np.sqrt(2 / 4e5) and limited < 10          # one in 10⁶
    assert abs(variance(1.5, 16, True) - variance(1.5, 16, False)) > 2 * 4.9 * exact * np.sqrt(2 / 4e5)


@pytest.mark.parametrize("d", [1, 2])
def test_long_drifts_are_limited_and_counted(d):
    program = formula_program([-1000 * x, -1000 * y][:d], [x, y][:d], {})
    q = np.zeros((d, 300))
    q[0, :7] = 50.0
    ours, limited = kicked_steps(program, q, 1, 1e-4, 0.5, seed=0, first_step=0)
    assert limited == 7
    assert np.all(np.abs(50 - ours[0, :7]) < np.sqrt(1e-4) + 10 * np.sqrt(1e-4))


def test_tables_interpolate_linearly_and_around_the_ring():
    ring, line = DRIFTS["ring table"], DRIFTS["line table"]
    q = np.linspace(-20, 20, 501)
    np.testing.assert_allclose(ring.at(q), np.interp(q, POINTS, -np.sin(POINTS), period=2 * np.pi), atol=1e-13)
    np.testing.assert_allclose(line.at(q), -q, atol=1e-13)


def ulps(exact, ours, at):
    with mpmath.workdps(40):
        pairs = [(mpmath.mpf(float(value)), exact(mpmath.mpf(float(point)))) for value, point in zip(ours, at, strict=True)]
        return max(abs(value - true) / np.spacing(abs(float(true))) for value, true in pairs if true)


def test_elementary_functions_are_right_to_the_last_place_or_two():
    rng = np.random.default_rng(0)
    angle, power = rng.uniform(-1e4, 1e4, 400), np.concatenate([rng.uniform(-700, 700, 300), rng.uniform(-1, 1, 100)])
    cosine, sine = elementary.turned(angle)
    assert ulps(mpmath.cos, cosine, angle) < 1.6 and ulps(mpmath.sin, sine, angle) < 1.6
    assert ulps(mpmath.exp, elementary.exponential(power), power) < 1.1
    size = 10**rng.uniform(-300, 300, 400)
    assert ulps(mpmath.log, elementary.logarithm(size), size) < 1.0


def test_a_sum_of_sines_is_right_to_its_bound():
    """5e-16 |A| + 2.4e-13 |B|, and 1.5 units in the last place of the angle; with one coefficient changed by 1e-11 it is not."""
    angle = np.concatenate([np.linspace(-np.pi, np.pi, 801), np.random.default_rng(1).uniform(-1e4, 1e4, 200)])
    with mpmath.workdps(40):
        sine, both = (np.array([float(f(mpmath.mpf(float(a)))) for a in angle])
                      for f in (mpmath.sin, lambda a: mpmath.sin(a) * mpmath.cos(a)))
    for first, second in ((1.0, 0.0), (-2.0, 0.01), (0.3, 0.01), (0.0, 1.0)):
        bound = 5e-16 * abs(first) + 2.4e-13 * abs(second) + 1.5 * np.spacing(np.abs(angle)) * (abs(first) + abs(second))
        constants = elementary.sines_constants(first, second)
        assert np.all(np.abs(elementary.sines(angle, *constants) - (first * sine + second * both)) < bound)
        constants[3] += 1e-11 if second < 1 else 1e-9
        assert not np.all(np.abs(elementary.sines(angle, *constants) - (first * sine + second * both)) < bound)


@pytest.mark.parametrize("formula, shape", [
    (sp.sin(x) * (1 + sp.cos(x) / 40), [Operation.SINES]),
    (0.4 * sp.sin(x) * sp.cos(x), [Operation.TURN]),
    (-3 * sp.cos(2 * x) + sp.sin(2 * x) * sp.cos(2 * x) / 50, [Operation.SCALE, Operation.ADD_CONSTANT, Operation.SINES]),
    (0.6 * sp.sin(x) - 0.8 * sp.cos(x) + 2, [Operation.ADD_CONSTANT, Operation.SINES, Operation.ADD_CONSTANT]),
    (sp.sin(x)**2 + sp.Rational(1, 3), [Operation.TURN]),
    (0.3 - sp.sin(x) - sp.cos(x) * (sp.sin(x) - 0.3) / 50, [Operation.TURN])], ids=str)
def test_forms_of_one_angle_become_sums_of_sines_where_they_are(formula, shape):
    program = formula_program([formula], [x], {})
    assert [row[0] for row in program.code.tolist()] == shape
    q = np.linspace(-7, 7, 301)
    np.testing.assert_allclose(run_plain(program, q[None])[0], sp.lambdify(x, formula)(q), rtol=0, atol=1.5e-14)


def test_elementary_functions_at_their_edges():
    with np.errstate(all="ignore"):
        grown = elementary.exponential(np.array([0.0, -np.inf, np.inf, -800, 800, -740.0]))
        np.testing.assert_array_equal(grown, [1, 0, np.inf, 0, np.inf, np.exp(-740.0)])
        assert np.isnan(elementary.exponential(np.array([np.nan])))
        assert np.all(np.isnan(elementary.logarithm(np.array([0.0, -1.0, np.nan])))) and elementary.logarithm(np.ones(1)) == 0
        assert np.all(np.isnan(elementary.turned(np.array([np.inf]))))
