"""regime_diagnostics: ħ_i by both readings as derive gives them, η, and Δ against exact packets; zero at α = 1; refusals."""

import numpy as np
import pytest

import qlearn as ql
from qlearn.errors import ArgumentError, RegimeError
from qlearn.inference.superposition import DirectionalTerm, superposition_defect

KAPPA = (2.0, 0.5)
GRID = ql.Grid((64, 64), [(-10, 10), (-10, 10)])
SPREAD = [[0.5, 0.2], [0.2, 0.5]]


def oscillator(x, y):
    return (x**2 + y**2) / 2


def packet(center, mass=(1.0, 1.0), hbars=(1.0, 1.0), hbar=1.0, spread=SPREAD):
    return ql.exact.DirectionalPacket(center, spread, np.eye(2), mass=mass, hbars=hbars, hbar=hbar)


STATES = tuple(packet(center).state(GRID.mesh, 0.0) for center in ((0.5, 0.2), (-0.5, -0.2)))


@pytest.mark.parametrize("reading", ["nelson", "action"])
def test_the_numbers_are_those_of_the_derivation(reading):
    system = ql.LearningSystem("x y", potential="(x**2 + y**2)/2", covariance=["a", "1/a"], alpha="3/4", learning_rate="gamma")
    derived = ql.derive(system, reading=reading).equation
    found = ql.regime_diagnostics(system, parameters={"a": 1.7, "gamma": 0.3, "T": 0.8})
    numbers = {symbol: {"a": 1.7, "gamma": 0.3, "T": 0.8}[symbol.name] for symbol in system.parameters}
    squares = found.nelson if reading == "nelson" else found.action
    np.testing.assert_allclose(squares[0], [float(s.subs(numbers)) for s in derived.direction_hbar_squared], rtol=1e-12)
    np.testing.assert_allclose(found.masses[0], [float(m.subs(numbers)) for m in derived.direction_mass], rtol=1e-12)
    assert found.alphas.tolist() == [0.75]
    if reading == "nelson":
        assert found.hbar[0] == pytest.approx(float(derived.hbar.subs(numbers)), rel=1e-12)


def test_eta():
    found = ql.regime_diagnostics(KAPPA, alphas=[0, 0.5, 1, 1.5])
    np.testing.assert_allclose(found.eta, np.abs(1 - found.alphas) * np.log(4), atol=1e-15)
    assert np.isinf(found.eta_action[0]) and found.eta_action[2] == 0 and found.eta_action[1] > found.eta[1]
    turned = np.array([[1.25, 0.75], [0.75, 1.25]])                         # the same eigenvalues
    np.testing.assert_allclose(ql.regime_diagnostics(turned, alphas=[0.5]).eta, found.eta[1], rtol=1e-12)
    np.testing.assert_allclose(ql.regime_diagnostics(turned, metric=3 * turned).eta, 0, atol=1e-12)
    np.testing.assert_allclose(ql.regime_diagnostics(turned, metric=np.eye(2)).eta, found.eta[0], rtol=1e-12)
    flat = ql.LearningSystem("x y", potential="x*y", learning_rate=1, temperature=1)
    assert ql.regime_diagnostics(flat).eta.tolist() == [0.0]
    assert "eta" in str(found) and len(found.table()) == 4


@pytest.mark.parametrize("alpha", [0.5, 1.2])
def test_the_solver_carries_a_packet_as_the_odes_do(alpha):
    """b = −a/2: all three states are one Gaussian up to a factor, and Δ is 0."""
    one = ql.regime_diagnostics(KAPPA, alphas=alpha)
    mass, squares, hbar = one.masses[0], one.nelson[0], float(one.hbar[0])
    exact = packet((0.5, 0.2), mass, np.sqrt(squares), hbar)
    grid = GRID
    begin = exact.state(grid.mesh, 0.0)
    H = ql.Hamiltonian(grid, oscillator, mass=mass.tolist(), hbar=hbar,
                       nonlinearity=DirectionalTerm(grid, tuple((hbar**2 - squares) / (2 * mass))))
    end = ql.sesolve(H, begin, [0, 1], tol=1e-5).final_state
    assert grid.norm(end - exact.state(grid.mesh, 1.0)) < 2e-5
    linear = ql.Hamiltonian(grid, oscillator, mass=mass.tolist(), hbar=hbar)
    assert grid.norm(ql.sesolve(linear, begin, [0, 1], tol=1e-7).final_state - exact.state(grid.mesh, 1.0)) > 1e-2
    found = superposition_defect(grid, oscillator, (begin, -0.5 * begin), [0, 0.5], mass=mass, squares=squares, hbar=hbar,
                                 tol=1e-5)
    assert found.values[-1] < 1e-9


@pytest.fixture(scope="module")
def scan():
    return ql.regime_diagnostics(KAPPA, alphas=[0, 0.5, 0.98, 1, 1.02], states=STATES, grid=GRID, times=[0, 1],
                                 potential=oscillator, tol=1e-5)


def test_the_defect_vanishes_at_alpha_one_only(scan):
    end = scan.defect[:, -1]
    assert end[3] < 1e-12 and end[0] > 0.2 and end[1] > 0.05
    assert np.all(scan.defect[:, 0] < 1e-14)
    below, above = end[2] / 0.02, end[4] / 0.02
    assert abs(below / above - 1) < 0.15 and 0.02 < below < 0.05            # linear on both sides, one slope
    rows = scan.table()
    assert rows[3]["defect"] == end[3] and rows[0]["nodes"] < 1e-5 and rows[0]["error"] < 1e-5


def test_the_figure(scan):
    pytest.importorskip("matplotlib", reason="figures need matplotlib")
    figure = scan.plot()
    assert figure.axes[0].get_xlabel() == "α"


def test_a_learning_system_has_its_own_potential(scan):
    system = ql.LearningSystem("x y", potential="(x**2 + y**2)/2", covariance=[2, "1/2"], alpha="1/2", learning_rate=1,
                               temperature="1/2")
    found = ql.regime_diagnostics(system, states=STATES, grid=GRID, times=[0, 1], tol=1e-5)
    assert found.defect[0, -1] == pytest.approx(scan.defect[1, -1], rel=1e-5)


def test_what_products_show():
    """Products that differ along x only, at ħ = ħ_x: the axes separate and nothing is lost; at another ħ it is."""
    ridge = [[0.5, 0.0], [0.0, 0.5]]
    a, b = (packet(c, spread=ridge).state(GRID.mesh, 0.0) for c in ((0.6, 0.3), (-0.6, 0.3)))
    settings = dict(alphas=0.5, states=(a, b), grid=GRID, times=[0, 1], potential=oscillator, tol=1e-5)
    along = np.sqrt(ql.regime_diagnostics(KAPPA, alphas=0.5).nelson[0, 0])
    assert ql.regime_diagnostics(KAPPA, hbar=float(along), **settings).defect[0, -1] < 1e-6
    assert ql.regime_diagnostics(KAPPA, **settings).defect[0, -1] > 1e-3


def test_refusals():
    with pytest.raises(RegimeError, match="ħ_i² must be positive"):
        ql.regime_diagnostics(KAPPA, alphas=-1, states=STATES, grid=GRID, times=[0, 1], reading="action")
    with pytest.raises(RegimeError, match="belongs to declared states"):
        _ = ql.regime_diagnostics(KAPPA).defect
    with pytest.raises(RegimeError, match="must be constant"):
        ql.regime_diagnostics(ql.LearningSystem("x y", potential="x*y", covariance=["1 + x**2", "1"], alpha="1/2"))
    with pytest.raises(ArgumentError, match="must have a covariance, not a metric"):
        ql.regime_diagnostics(ql.LearningSystem("x y", potential="x*y", metric=[2, 1]))
    settings = dict(states=STATES, grid=GRID, times=[0, 1])
    for message, given, changes in [
            ("system must be a LearningSystem", [1.0, -1.0], {}), ("system must be a LearningSystem", np.ones((2, 3)), {}),
            ("metric must be 2 positive", KAPPA, {"metric": [1.0]}),
            ("alphas must not", KAPPA, {"metric": [1.0, 1.0], "alphas": 1}),
            ("alphas must be one number", KAPPA, {"alphas": []}), ("reading must be one of", KAPPA, {"reading": "bohm"}),
            ("parameters are for", KAPPA, {"parameters": {"a": 1}}), ("hbar must be", KAPPA, {"hbar": -1}),
            ("diagonal covariance", [[1.25, 0.75], [0.75, 1.25]], settings),
            ("grid must be a Grid of 2", KAPPA, {"states": STATES}),
            ("times must be given", KAPPA, {"states": STATES, "grid": GRID}),
            ("states must be two", KAPPA, settings | {"states": STATES[0][None]}),
            ("shape", KAPPA, settings | {"states": (STATES[0], STATES[1][:3])}),
            ("must not be opposite", KAPPA, settings | {"states": (STATES[0], -STATES[0])}),
            ("without twist", KAPPA, settings | {"grid": ql.Grid((64, 64), [(-8, 8)] * 2, twist=(0.1, 0))})]:
        with pytest.raises(ArgumentError, match=message):
            ql.regime_diagnostics(given, **changes)
