"""Which operator is taken, currents, several coordinates, and what is refused."""

import numpy as np
import pytest
from scipy.linalg import solve_continuous_lyapunov

import qlearn as ql
from qlearn.errors import ArgumentError, RegimeError
from qlearn.exact import OrnsteinUhlenbeck
from tests.learners import ring_learner

RING = ql.Grid(65, (0, 2 * np.pi))


def ring(loss, **settings):
    return ql.LearningSystem("q", loss=loss, periods="2*pi", **{"learning_rate": 1, "temperature": 0.5, **settings})


@pytest.mark.parametrize("drift", [0.3, 3.0])
def test_a_constant_drift_gives_complex_pairs_and_a_current(drift):
    found = ql.relaxation(ring(f"-{drift}*q"), 4, grid=RING)
    exact = np.array([-0.5 + 1j * drift, -0.5 - 1j * drift, -2 + 2j * drift, -2 - 2j * drift])
    assert found.kind == "fokker-planck" and not found.detailed_balance
    assert np.all(np.abs(found.eigenvalues[1:] - exact) <= found.error_bounds[1:])
    assert np.allclose(found.current, drift / (2 * np.pi), atol=1e-12)
    assert found.entropy_production == pytest.approx(drift**2 / 0.5)
    assert found.circulation == pytest.approx(2 * np.pi * drift / 0.5)


def test_a_tilted_washboard_has_the_current_of_stratonovich():
    tilt, T = 0.4, 0.3
    found = ql.relaxation(ring(f"cos(q) - {tilt}*q", temperature=T), 3, grid=RING)
    q = np.linspace(0, 2 * np.pi, 513)[:-1]
    U = np.cos(q) - tilt * q
    shifted = np.exp((np.cos(q[:, None] + q) - tilt * (q[:, None] + q) - U[:, None]) / T).mean() * (2 * np.pi) ** 2
    assert found.current[0, 0] == pytest.approx(T * (1 - np.exp(-2 * np.pi * tilt / T)) / shifted, rel=1e-3)
    assert np.ptp(found.current) < 1e-12


@pytest.mark.parametrize(("alpha", "corrected"), [(1.0, True), (1.0, False), (0.5, True), (0.0, False), (0.3, True)])
def test_the_generator_of_ensembles_agrees(alpha, corrected):
    learner = ring_learner().with_(alpha=alpha, ito_correction=corrected)
    grid = ql.Grid(129, (0, 2 * np.pi))
    found, other = ql.relaxation(learner, 3, grid=grid), learner.fokker_planck(grid)
    assert found.kind == ("witten" if alpha == 1 else "fokker-planck") and found.time_unit == "steps"
    assert np.allclose(found.rates(), other.rates(3), rtol=1e-8)
    assert np.allclose(found.stationary.values, other.stationary.values, atol=1e-8)
    assert found.circulation == pytest.approx(abs(learner.cycle_affinity), abs=1e-8)


def test_plain_noise_is_another_law_than_covariant_noise():
    curved = ring("cos(q)", metric="exp(sin(q))")
    plain, covariant = (ql.relaxation(curved, 2, grid=RING, ito=ito) for ito in ("plain", "covariant"))
    q = RING.axes[0]
    for found, power in ((plain, 1.0), (covariant, 0.5)):
        p = np.exp(power * np.sin(q) - 2 * np.cos(q))
        assert np.allclose(found.stationary.values, p / p.sum() / RING.cell_volume, atol=1e-12)
    assert np.abs(plain.rates() / covariant.rates() - 1).max() > 1e-3


@pytest.mark.parametrize("alpha", [0, 1])
def test_linear_learner_in_two_coordinates(alpha):
    kappa, stiffness = np.array([2.0, 0.5]), np.array([[1, 1 / 3], [1 / 3, 2]])
    system = ql.LearningSystem("x y", loss="x**2/2 + y**2 + x*y/3", learning_rate=1, temperature=0.5, covariance=[2, 0.5],
                               alpha=alpha)
    found = ql.relaxation(system, 4, grid=ql.Grid((48, 48), [(-11, 11), (-5.5, 5.5)]), tol=0.1)
    exact = OrnsteinUhlenbeck(stiffness / kappa[:, None] ** alpha, 0.5 * np.diag(kappa ** (1.0 - 2 * alpha)))
    assert found.kind == ("witten" if alpha == 1 else "fokker-planck")
    assert np.all(np.abs(found.eigenvalues[1:] - exact.eigenvalues(4)) <= found.error_bounds[1:])
    assert np.allclose(found.eigenvalues[1:], exact.eigenvalues(4), rtol=1e-6)
    assert np.allclose(found.stationary.values, exact.density(*found.grid.mesh), atol=1e-6)
    assert np.allclose(found.current, exact.current(*found.grid.mesh) if alpha == 0 else 0, atol=1e-6)


def test_a_turned_double_well_in_two_coordinates_keeps_its_slow_rate():
    system = ql.LearningSystem("x y", loss="((x + y)**2/2 - 1)**2 + (x - y)**2/2", learning_rate=1, temperature=0.1)
    line = ql.LearningSystem("q", loss="(q**2 - 1)**2", learning_rate=1, temperature=0.1)
    exact = ql.relaxation(line, 1, grid=ql.Grid(128, (-2.4, 2.4))).rates()[0]
    found = ql.relaxation(system, 1, grid=ql.Grid((72, 72), [(-2.6, 2.6)] * 2), tol=1e-6)
    assert abs(found.rates()[0] - exact) <= found.error_bounds[1] <= 1e-6 * exact


def test_figures():
    pytest.importorskip("matplotlib")
    for loss in ("cos(q)", "cos(q) - q"):
        assert ql.relaxation(ring(loss), 3, grid=RING).plot().axes


@pytest.mark.parametrize(("system", "grid", "error", "words"), [
    (ring("cos(q)"), ql.Grid(64, (0, 6)), ArgumentError, "period"),
    (ring("cos(q/2)"), RING, ArgumentError, "period"),
    (ring("cos(q)"), ql.Grid(64, (0, 2 * np.pi), twist=0.5), ArgumentError, "twist"),
    (ring("cos(q)"), ql.Grid(64, (0, 2 * np.pi), "wall"), ArgumentError, "period"),
    (ring("cos(q)"), ql.Grid((16, 16), [(0, 1)] * 2), ArgumentError, "axes"),
    (ring("cos(q)"), ql.Grid(6, (0, 2 * np.pi)), ArgumentError, "9 points"),
    (ring("20*cos(q)"), ql.Grid(9, (0, 2 * np.pi)), ArgumentError, "resolve"),
    (ring("cos(q)", temperature="1 + t"), RING, RegimeError, "depends on t"),
    (ring("cos(q)", metric="cos(q)"), RING, ArgumentError, "positive"),
    (ql.LearningSystem("q", potential="q**2"), RING, ArgumentError, "static loss"),
    (ql.LearningSystem("q", loss="q**2", learning_rate=1, temperature=1), ql.Grid(64, (-1, 1)), ArgumentError, "wider"),
    (ql.LearningSystem("q", loss="-q**2", learning_rate=1, temperature=1), ql.Grid(64, (-5, 5)), ArgumentError, "wider"),
    (ql.LearningSystem("q", loss="q**2", temperature=1), ql.Grid(64, (-5, 5)), ArgumentError, "gamma"),
    (np.cos, RING, ArgumentError, "LearningSystem"),
    (ring("cos(q)"), 64, ArgumentError, "qlearn.Grid"),
], ids=lambda value: value if isinstance(value, str) else "")
def test_what_is_refused(system, grid, error, words):
    with pytest.raises(error, match=words):
        ql.relaxation(system, 2, grid=grid)


def test_settings_that_belong_to_the_other_kind_of_learner_are_refused():
    grid = ql.Grid(65, (0, 2 * np.pi))
    with pytest.raises(ArgumentError, match="ito_correction"):
        ql.relaxation(ring_learner(), 2, grid=grid, ito="plain")
    with pytest.raises(ArgumentError, match="parameters"):
        ql.relaxation(ring_learner(), 2, grid=grid, parameters={"T": 1.0})
    with pytest.raises(ArgumentError, match="covariant"):
        ql.relaxation(ring("cos(q)"), 2, grid=RING, ito="stratonovich")


@pytest.mark.parametrize(("loss", "exact"), [("q**2/2", [1, 2, 3]),
                                             ("(q - 1000)**2*5000", [1e4, 2e4, 3e4]), ("q**2*1e-8", [2e-8, 4e-8, 6e-8])])
def test_without_a_grid_a_line_gets_a_box_that_holds_the_density(loss, exact):
    found = ql.relaxation(ql.LearningSystem("q", loss=loss, learning_rate=1, temperature=1), 3)
    assert np.all(np.abs(found.rates() - exact) <= found.error_bounds[1:])
    assert np.all(found.error_bounds[1:] < 1e-11 * found.rates())


@pytest.mark.parametrize("loss", ["cos(q)", "cos(3*q) + sin(q)", "cos(q) - q/3"])
def test_without_a_grid_a_ring_gets_its_period(loss):
    found, other = ql.relaxation(ring(loss), 3), ql.relaxation(ring(loss), 3, grid=ql.Grid(193, (0, 2 * np.pi)))
    assert found.grid.bounds == ((0, 2 * np.pi),)
    assert np.allclose(found.eigenvalues, other.eigenvalues, atol=1e-10)
    assert np.allclose(ql.relaxation(ring_learner(), 3).rates(), ql.relaxation(ring_learner(), 3, grid=RING).rates(), rtol=1e-9)


def test_where_no_grid_can_be_chosen_one_is_asked_for():
    for coordinates, loss, words in (("q", "-q**2", "rise"), ("x y", "x**2 + y**2", "48, 48")):
        with pytest.raises(ArgumentError, match=words):
            ql.relaxation(ql.LearningSystem(coordinates, loss=loss, learning_rate=1, temperature=1), 2)


def test_levels_that_the_box_does_not_hold_say_so():
    line = ql.LearningSystem("q", loss="q**2/2", learning_rate=1, temperature=1)
    with pytest.warns(ql.errors.AccuracyWarning, match="box"):
        found = ql.relaxation(line, 30, grid=ql.Grid(128, (-10, 10)))
    assert np.all(np.abs(found.rates() - np.arange(1, 31)) <= found.error_bounds[1:])
    assert np.abs(found.rates() - np.arange(1, 31)).max() > 1


def test_a_circulation_that_counts_as_none_is_in_the_bound():
    weak, none = (ql.relaxation(ring(f"cos(q) - {tilt}*q"), 2, grid=RING) for tilt in ("1e-10", "0"))
    split = 7.84e-11                                                    # Im λ is linear in the tilt: 7.842e-7 at 1e-6
    assert weak.kind == "witten" and np.all(weak.error_bounds[1:] > split)
    assert np.all(none.error_bounds[1:] < 1e-12)
    assert np.max(ql.relaxation(ring("cos(q) - 1e-6*q"), 2, grid=RING).eigenvalues.imag) == pytest.approx(1e4 * split, rel=1e-3)


def test_bounds_of_turning_flows_hold_where_rounding_is_all_that_is_left():
    """Ten random linear learners with a current, in a wide box."""
    rng, counted = np.random.default_rng(5), 0
    for _ in range(10):
        stiffness, kappa = rng.normal(size=(2, 2)), rng.uniform(0.5, 1.5, 2)
        stiffness = stiffness @ stiffness.T + np.eye(2)
        (a, b), (_, c) = stiffness.tolist()
        system = ql.LearningSystem("x y", loss=f"{a!r}*x**2/2 + {c!r}*y**2/2 + ({b!r})*x*y", learning_rate=1, temperature=0.5,
                                   covariance=kappa.tolist(), alpha=0)
        exact = OrnsteinUhlenbeck(stiffness, 0.5 * np.diag(kappa))
        spread = np.sqrt(np.diag(solve_continuous_lyapunov(stiffness, np.diag(kappa))))
        found = ql.relaxation(system, 4, grid=ql.Grid((40, 40), [(-10 * s, 10 * s) for s in spread]), tol=1.0)
        counted += not found.detailed_balance
        assert np.all(np.abs(found.eigenvalues[1:] - exact.eigenvalues(4)) <= found.error_bounds[1:])
    assert counted == 10
