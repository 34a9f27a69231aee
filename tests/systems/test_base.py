"""LearningSystem: one symbol for each name, numbers that match the formulas, and refusals that name the argument."""

import pickle

import numpy as np
import pytest
import sympy as sp

from qlearn import LearningSystem
from qlearn.errors import ArgumentError, RegimeError, UnsupportedError

RING = LearningSystem("q", loss="a*cos(q) + 0.3*sin(2*q)", metric="1 + c*cos(q)", periods="2*pi")
NUMBERS = {"a": 0.7, "c": 0.4, "gamma": 0.1, "T": 2.0}


def test_texts_and_sympy_are_the_same_thing():
    q, k = sp.symbols("q k")
    for value in ("k*q**2/2", k * q**2 / 2, sp.Symbol("k", positive=True) * sp.Symbol("q", real=True) ** 2 / 2):
        for coordinates in ("q", ["q"], q, [q]):
            system = LearningSystem(coordinates, potential=value)
            assert system.potential == LearningSystem("q", potential="0.5*k*q**2").potential
            assert [symbol.name for symbol in system.parameters] == ["T", "gamma", "k"]


def test_attributes():
    assert RING.dimension == 1 and RING.names == ("q",) and RING.covariant_noise and not RING.time_dependent
    assert [symbol.name for symbol in RING.parameters] == ["T", "a", "c", "gamma"]
    assert RING.period_numbers() == (2 * np.pi,)
    assert LearningSystem("x y", potential="x*t").time_dependent
    assert LearningSystem("x y", potential="y", periods=["L", None]).period_numbers({"L": 3}) == (3.0, None)


def test_numbers():
    assert RING.numbers(NUMBERS) == (0.1, 2.0)
    assert LearningSystem("q", loss="q**2", learning_rate=0.5, temperature="2*T0").numbers({"T0": 1.5}) == (0.5, 3.0)


def test_functions_against_the_formulas():
    q = np.linspace(-3, 3, 11)
    assert np.allclose(RING.loss_function(NUMBERS)(q), 0.7 * np.cos(q) + 0.3 * np.sin(2 * q), atol=1e-15)
    assert np.allclose(RING.loss_gradient_function(NUMBERS)(q), [-0.7 * np.sin(q) + 0.6 * np.cos(2 * q)], atol=1e-15)
    assert np.allclose(RING.metric_function(NUMBERS)(q), [[1 + 0.4 * np.cos(q)]], atol=1e-15)
    driven = LearningSystem("x y", potential="x*y*cos(t)").potential_function()
    assert np.allclose(driven(0.3, q[:, None], q), np.cos(0.3) * q[:, None] * q)


def test_constants_have_the_shape_of_the_arrays():
    system = LearningSystem("x y", loss="x", metric=[[2, "0.5"], ["0.5", 1]])
    x = np.zeros((3, 4))
    assert system.loss_gradient_function()(x, x).shape == (2, 3, 4)
    assert system.metric_function()(x, x).shape == (2, 2, 3, 4)
    assert LearningSystem("x", loss="x").metric_function() is None


def test_functions_and_systems_travel_to_other_processes():
    system = pickle.loads(pickle.dumps(RING))
    gradient = RING.loss_gradient_function(NUMBERS)
    before = gradient(0.3)
    assert np.array_equal(pickle.loads(pickle.dumps(gradient))(0.3), before)
    assert np.array_equal(system.loss_gradient_function(NUMBERS)(0.3), before)


def test_the_metric_is_a_power_of_the_covariance():
    a, b = sp.symbols("a b", positive=True)
    system = LearningSystem("x y", potential="x", covariance=["a", "b"], alpha="1/2", reference_covariance=4)
    assert system.metric == sp.diag(sp.sqrt(a) / 2, sp.sqrt(b) / 2)
    assert not system.covariant_noise
    full = [[2, 1], [1, 3]]
    assert LearningSystem("x y", potential="x", covariance=full).metric == sp.ImmutableMatrix(full)
    assert LearningSystem("x y", potential="x", covariance=full, alpha=0).metric is None
    assert LearningSystem("x y", potential="x", covariance=full, alpha=2).metric == sp.ImmutableMatrix(full) ** 2


def test_only_proportional_noise_has_a_temperature():
    assert LearningSystem("x y", potential="x", covariance=4, alpha=0).numbers({"T": 1, "gamma": 1}) == (1.0, 4.0)
    assert LearningSystem("x y", potential="x", covariance=4, alpha="1/2").numbers({"T": 1, "gamma": 1}) == (1.0, 2.0)
    for alpha in (0, "1/2", "alpha", 2):
        with pytest.raises(RegimeError, match="no one temperature"):
            LearningSystem("q", potential="q", covariance="1 + q**2", alpha=alpha).diffusion_temperature  # noqa: B018
    with pytest.raises(RegimeError, match="depends on t"):
        LearningSystem("q", potential="q", temperature="T0*exp(-t)").numbers({"T0": 1, "gamma": 1})


WRONG = {
    "potential and loss": dict(potential="q", loss="q"),
    "neither": dict(),
    "loss must be static": dict(loss="q*t"),
    "temperature must be > 0; given -1": dict(loss="q", temperature=-1),
    "temperature must be > 0; given 0": dict(loss="q", temperature="0"),
    "temperature must not depend on q": dict(loss="q", temperature="1 + q**2"),
    "learning_rate must not depend on t": dict(loss="q", learning_rate="1 + t"),
    "learning_rate must be > 0": dict(loss="q", learning_rate=-0.1),
    "loss must not call 'sinn'": dict(loss="sinn(q)"),
    "loss must be finite": dict(loss=float("nan")),
    "loss must be a text, a number or a SymPy": dict(loss=True),
    "loss must be real and finite": dict(loss=sp.I * sp.Symbol("q")),
    "exclude each other; given both. Give metric": dict(loss="q", metric=1, covariance=1),
    "alpha is the power": dict(loss="q", alpha=0),
    "alpha must be constant": dict(loss="q", covariance=1, alpha="q"),
    "metric must be positive definite": dict(loss="q", metric=-1),
    "metric must not depend on t": dict(loss="q", metric="1 + t**2"),
    "metric must be 1 entries or a 1 × 1 matrix": dict(loss="q", metric=[1, 2]),
    "theta is the twist of a ring": dict(potential="1", theta=0.5),
    "periods must be one period or one an axis": dict(loss="q", periods=[1, 2]),
    "periods must be > 0": dict(loss="1", periods=-1),
    "potential must have the period": dict(potential="cos(q/2)", periods="2*pi"),
    "metric must have the period": dict(loss="cos(q)", metric="1 + q**2", periods="2*pi"),
    "covariance must have the period": dict(loss="cos(q)", covariance="1 + q**2", periods="2*pi", alpha=0),
}


@pytest.mark.parametrize("message", WRONG)
def test_wrong_arguments_are_named(message):
    with pytest.raises(ArgumentError) as caught:
        LearningSystem("q", **WRONG[message])
    assert message in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("coordinates", ["", "x x", "a b c d", "t", "sin", "pi", "_q", "2x", "x-y", "ħ", [1], 3], ids=repr)
def test_wrong_coordinates(coordinates):
    with pytest.raises(ArgumentError, match="coordinates"):
        LearningSystem(coordinates, loss="1")


def test_matrices_that_are_not_metrics():
    wrong = [([[1, 2], [3, 1]], "symmetric"), ([[1, 2], [2, 1]], "positive definite"), (3, "matrix"), ([[1], [2]], "matrix")]
    for metric, words in wrong:
        with pytest.raises(ArgumentError, match=words):
            LearningSystem("x y", loss="x", metric=metric)
    with pytest.raises(UnsupportedError, match="Rotate the coordinates"):
        LearningSystem("x y", loss="x", covariance=[[2, 1], [1, 2]], alpha="1/2")


def test_parameters_are_checked():
    with pytest.raises(ArgumentError, match="need a number for a"):
        RING.loss_function({"gamma": 1})
    with pytest.raises(ArgumentError, match="may name T, a, c, gamma; given 'b'"):
        RING.loss_function({"a": 1, "b": 1})
    with pytest.raises(ArgumentError, match="gamma"):
        RING.numbers({"gamma": -1, "T": 1})
    with pytest.raises(ArgumentError, match="finite"):
        RING.loss_function({"a": float("nan")})


def test_numbers_that_do_not_exist_are_named():
    with pytest.raises(ArgumentError, match="undefined function"):
        LearningSystem("q", loss="U(q)").loss_function()
    with pytest.raises(ArgumentError, match="1 NaN or infinite of 2"):
        LearningSystem("q", loss="1/q").loss_function()([0.0, 1.0])
    with pytest.raises(ArgumentError, match="must be positive definite everywhere"):
        RING.metric_function({"c": 2.0})(np.linspace(0, 6, 20))
    with pytest.raises(ArgumentError, match="takes 1 arrays"):
        RING.loss_function({"a": 1})(1.0, 2.0)
    with pytest.raises(ArgumentError, match="must have a loss"):
        LearningSystem("q", potential="q").loss_function()
    with pytest.raises(ArgumentError, match="Piecewise"):
        q = sp.Symbol("q")
        LearningSystem("q", loss=sp.Piecewise((q, q > 0), (0, True))).loss_function()


@pytest.mark.parametrize("formula", ["cos(q)", "cos(2*q) + sin(3*q)", "cos(q + a)", "exp(b*sin(q))", "c"])
def test_periodic_formulas_pass(formula):
    assert LearningSystem("q", potential=formula, periods="2*pi").potential is not None
    assert LearningSystem("q", potential=formula, periods=6.283185307179586).potential is not None


def test_a_period_may_be_a_parameter():
    assert LearningSystem("s", potential="cos(2*pi*s/L)", periods="L").period_numbers({"L": 2.5}) == (2.5,)
    with pytest.raises(ArgumentError, match="period"):
        LearningSystem("s", potential="cos(3*s/L)", periods="L")
