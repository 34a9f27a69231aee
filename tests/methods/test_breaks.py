"""Where H(t) jumps or has kinks: found to the last digit, and not found where there are none."""

import numpy as np
import pytest

import qlearn as ql
from qlearn.methods.breaks import breaks_in, breaks_of, is_still

LINE = ql.Grid(64, (-8, 8))
X = LINE.axes[0]


def ramp(t):
    return np.interp(t, [0.0, 2.0, 8.0, 10.0], [0.0, 1.0, 1.0, 0.0])


def of(f, low=0.0, high=10.0):
    return breaks_of(lambda times: np.array([[f(t)] for t in times.tolist()]), low, high)


@pytest.mark.parametrize(("f", "place"), [(lambda t: float(t > 3), 3.0), (lambda t: float(t >= 5), 5.0),
                                          (lambda t: 1 + np.sin(t) * (t > np.pi + 0.1), np.pi + 0.1)])
def test_a_jump_lies_between_two_times_that_are_neighbours(f, place):
    (before, behind), = of(f)
    assert before <= place <= behind and behind - before < 1e-14 * 10
    assert abs(f(behind) - f(before)) > 0.05


@pytest.mark.parametrize(("f", "places"), [
    (lambda t: abs(t - 5), [5.0]), (lambda t: abs(t - 2.345678), [2.345678]), (lambda t: ramp(t) * np.sin(9 * t), [2.0, 8.0]),
    (lambda t: np.clip(t - 1, 0, 1) ** 2, [1.0, 2.0]), (lambda t: np.sin(np.pi * min(t, 2) / 4) ** 2, [2.0])])
def test_a_kink_is_one_time(f, places):
    """The error of the place counts by its square, or its cube where the slope does not jump itself."""
    found = of(f)
    assert all(before == behind for before, behind in found)
    np.testing.assert_allclose([before for before, _ in found], places, atol=1e-5)


def test_a_kink_is_found_wherever_it_is():
    """Next to an edge of the parts that are looked at, too."""
    edges = (np.arange(32) + 0.6180339887) / 3.2
    for place in np.concatenate([np.linspace(0.01, 9.99, 300), edges + 1e-9, edges - 1e-6, [1e-6, 10 - 1e-6]]):
        found = of(lambda t, place=place: np.cos(t) + 0.3 * abs(t - place))
        assert min((abs(a - place) for a, _ in found), default=1.0) < 1e-7, place


@pytest.mark.parametrize("f", [
    np.sin, lambda t: np.sin(40 * t), lambda t: 0.0 * t, lambda t: np.exp(-(((t - 4) / 0.05) ** 2)),
    lambda t: 0.5 + 0.5 * np.tanh(30 * (t - 8)), lambda t: np.sqrt(1e-3 + (t - 5) ** 2)])
def test_what_is_smooth_has_none(f):
    assert of(f) == []


def test_the_first_and_the_last_time_may_have_numbers_of_their_own():
    (before, behind), = of(lambda t: float(t > 0))
    assert before == 0 < behind < 1e-13
    (before, behind), = of(lambda t: float(t < 10))
    assert before < behind == 10 and behind - before < 1e-13


def test_what_is_rough_everywhere_is_left_alone():
    rng = np.random.default_rng(1)
    assert of(lambda t: rng.normal()) is None
    nodes = np.linspace(0, 10, 200)
    heights = rng.normal(size=200)
    assert breaks_in(driven(lambda t: np.interp(t, nodes, heights)), 0, 10) == []


def driven(f, **options):
    return ql.Hamiltonian(LINE, ql.SeparablePotential(lambda x: x**2 / 2, [(f, lambda x: -x)]), **options)


def moving(V):
    return ql.Hamiltonian(LINE, V, time_dependent=True)


def pushed(A):
    return ql.Hamiltonian(LINE, X**2 / 2, vector_potential=A, time_dependent=True)


@pytest.mark.parametrize("H", [
    driven(ramp), moving(lambda t, x: x**2 / 2 - ramp(t) * x), pushed(lambda t, x: ramp(t)), pushed(lambda t, x: ramp(t) + 0 * x),
    pushed(lambda t, x: ramp(t) * np.sin(x)), moving(lambda t, x: ramp(t) * (np.abs(x) < 1)),
    moving(lambda t, x: np.stack([np.stack([x**2, ramp(t) + 0 * x]), np.stack([ramp(t) + 0 * x, x**2 + 1])])),
    moving(lambda t, x: X**2 / 2 - 1j * ramp(t) * np.exp(-X**2))],
    ids=["f g", "V", "A", "A as a table", "A(t, q)", "in some places", "channels", "loss, of its own grid alone"])
@pytest.mark.parametrize("ends", [(0, 10), (10, 0)])
def test_every_way_to_write_it(H, ends):
    np.testing.assert_allclose(np.array(breaks_in(H, *ends)), [[2, 2], [8, 8]], atol=1e-6)


@pytest.mark.parametrize("V", [lambda t, x: np.abs(x - np.sin(t)), lambda t, x: 1.0 * (np.abs(x - 0.5 * t) < 1)])
def test_a_rough_potential_that_moves_is_no_break_of_time(V):
    """Each point meets its kink at a time of its own."""
    assert breaks_in(moving(V), 0, 10) == []


def test_one_of_two_axes_is_enough():
    plane = ql.Grid((16, 16), [(0, 2 * np.pi)] * 2)
    H = ql.Hamiltonian(plane, 0 * plane.mesh[0], vector_potential=lambda t, x, y: [np.sin(t), abs(t - 0.7)], time_dependent=True)
    (place, same), = breaks_in(H, 0, 2)
    assert place == same == pytest.approx(0.7, abs=1e-7)


def test_a_kink_next_to_another_break_needs_no_part_of_its_own():
    """V and A break at one time, which each tells to its own last digit."""
    both = ql.Hamiltonian(LINE, lambda t, x: x**2 / 2 + abs(t - 1.3) * np.exp(-x**2), time_dependent=True,
                          vector_potential=lambda t, x: np.sin(9 * t) * max(0.0, t - 1.3))
    assert len(breaks_in(both, 0, 3)) == 1
    (before, behind), = breaks_in(ql.Hamiltonian(LINE, lambda t, x: x**2 / 2 + abs(t - 1.3) * np.exp(-x**2), time_dependent=True,
                                                 vector_potential=lambda t, x: 0.4 * (t > 1.3)), 0, 3)
    assert before < 1.3 < behind < before + 1e-14


def test_a_faint_one_is_rounding():
    """½ + ½ tanh is a staircase of the last digits where it is as good as 0."""
    assert breaks_in(pushed(lambda t, x: 0.5 + 0.5 * np.tanh(40 * (t - 0.8))), 0, 0.4) == []


def test_a_drive_that_changes_between_two_runs_is_looked_at_again():
    place = [2.0]
    H = driven(lambda t: abs(t - place[0]))
    assert breaks_in(H, 0, 10)[0][0] == pytest.approx(2)
    place[0] = 3.0
    assert breaks_in(H, 0, 10)[0][0] == pytest.approx(3)


def test_an_operator_that_is_held_outside_of_its_times():
    for H in (driven(ramp), moving(lambda t, x: x**2 / 2 - ramp(t) * x), pushed(lambda t, x: ramp(t))):
        part = H.between(0.5, 1.5)
        state = np.exp(-X**2 + 1j * X)
        for t, inside in ((0.0, 0.5), (0.7, 0.7), (9.0, 1.5)):
            np.testing.assert_array_equal(part.apply(state, t), H.apply(state, inside))
    still = ql.Hamiltonian(LINE, X**2)
    assert still.between(0, 1) is still


def test_where_it_stands_still():
    for H in (driven(ramp), moving(lambda t, x: x**2 / 2 - ramp(t) * x), pushed(lambda t, x: ramp(t))):
        assert is_still(H, 2.0, 8.0) and not is_still(H, 2.0, 8.5) and not is_still(H, 0.0, 2.0)


def test_a_uniform_vector_potential_that_stands_still_is_diagonal_in_the_wavenumbers():
    state = np.exp(-X**2 + 1j * X)
    for H in (pushed(lambda t, x: ramp(t)), pushed(lambda t, x: ramp(t) + 0 * x)):
        assert H.at(1.0).is_diagonal_in_k
        np.testing.assert_allclose(H.at(1.0).apply(state), H.apply(state, 1.0), atol=1e-12)
    assert not pushed(lambda t, x: ramp(t) * np.sin(x)).at(1.0).is_diagonal_in_k


def test_a_potential_that_is_not_to_be_had_at_some_time_is_left_to_the_run():
    """Which says where it is not."""
    with np.errstate(divide="ignore", invalid="ignore"):
        H = moving(lambda t, x: x**2 / 2 + np.log(np.maximum(3 - t, 0.0)) * np.exp(-x**2))
        assert breaks_in(H, 0, 2.9) == []
        with pytest.raises(ql.errors.ArgumentError, match="potential"):
            ql.sesolve(H, ql.gaussian(LINE, center=0.0, width=0.7), [0, 5.0], tol=1e-4)


def test_a_potential_that_takes_its_whole_grid_alone():
    """Elsewhere it is asked for at some of the points of a fine grid."""
    grid, asked = ql.Grid(1024, (-8, 8)), []

    def V(t, x):
        asked.append(x.size)
        if t > 0 and x.size < 1024:
            raise ZeroDivisionError
        return x**2 / 2 + ramp(t) * np.exp(-x**2)

    assert len(breaks_in(ql.Hamiltonian(grid, V, time_dependent=True), 0, 10)) == 2 and min(asked) < 1024
    asked.clear()
    breaks_in(ql.Hamiltonian(grid, lambda t, x: V(-1.0, x) * ramp(t), time_dependent=True), 0, 10)
    assert asked.count(1024) < 10 < len(asked)
