"""Per-sample gradients of the catalogue against differences of the loss, invariances and exact values."""

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qlearn.errors import ArgumentError
from qlearn.systems.catalogue import LOSSES, MODELS, RingModel, _cosine_and_sine

PAIRS = [(model, loss) for model in MODELS for loss in LOSSES]


def sample_model(model="ring_neuron", loss="squared", rows=7, scale=1.0):
    rng = np.random.default_rng(3)
    x = scale * rng.standard_normal((rows, 2))
    y = rng.choice([-1.0, 1.0], rows) if loss == "logistic" else scale * rng.standard_normal(rows)
    return RingModel(x, y, model, loss)


@pytest.mark.parametrize(("model", "loss"), PAIRS)
def test_mean_gradient_is_the_derivative_of_the_mean_loss(model, loss):
    """U is analytic and periodic, so that its Fourier derivative on 513 points is exact to rounding."""
    neuron, n = sample_model(model, loss), 513
    q = np.arange(n)[:, None] * neuron.period / n
    k = np.fft.rfftfreq(n, 1 / n)
    derivative = np.fft.irfft(1j * k * np.fft.rfft(neuron.mean_loss(q)), n)
    every = np.broadcast_to(np.arange(neuron.n_samples), (n, neuron.n_samples))
    np.testing.assert_allclose(neuron.gradient(q, every).mean(axis=(1, 2)), derivative, atol=1e-11)


@pytest.mark.parametrize(("model", "loss"), PAIRS)
def test_each_sample_has_its_own_gradient(model, loss):
    """One sample's gradient from the whole set equals that of a set with this sample alone."""
    neuron = sample_model(model, loss)
    q = np.array([[0.3], [-2.0], [9.0]])
    for i in range(neuron.n_samples):
        alone = RingModel(neuron.x[i:i + 1], neuron.y[i:i + 1], model, loss)
        expected = alone.gradient(q, np.zeros((3, 2), int))
        np.testing.assert_allclose(neuron.gradient(q, np.full((3, 2), i)), expected, atol=1e-15)


@given(st.floats(-20, 20), st.integers(-3, 3))
def test_the_variable_lives_on_a_ring(q, turns):
    neuron = sample_model("tanh_ring_neuron", "pseudo_huber")
    index = np.arange(7)[None, :]
    there = neuron.gradient(np.array([[q + turns * neuron.period]]), index)
    np.testing.assert_allclose(there, neuron.gradient(np.array([[q]]), index), atol=1e-12)


def test_linear_neuron_with_squared_loss_is_a_polynomial_of_degree_two():
    neuron = sample_model()
    coefficients = np.abs(np.fft.rfft(neuron.mean_loss(np.arange(32)[:, None] * 2 * np.pi / 32))) / 32
    assert neuron.trigonometric_degree == 2 and coefficients[3:].max() < 1e-15 and coefficients[2] > 1e-3
    assert all(sample_model(*pair).trigonometric_degree is None for pair in PAIRS[1:])


@pytest.mark.parametrize(("model", "loss"), PAIRS)
def test_huge_data_neither_overflow_nor_lose_the_slope(model, loss):
    neuron = sample_model(model, loss, scale=1e5)
    q = np.linspace(0, 6, 50)[:, None]
    gradient = neuron.gradient(q, np.broadcast_to(np.arange(7), (50, 7)))
    assert np.all(np.isfinite(gradient)) and np.all(np.isfinite(neuron.mean_loss(q)))


def test_cosine_and_sine_from_the_tangent_are_exact_to_rounding():
    q = np.concatenate([np.linspace(-60, 60, 20001), np.arange(-9, 10) * np.pi / 2])
    cosine, sine = _cosine_and_sine(q)
    assert np.abs(cosine - np.cos(q)).max() < 4e-16 and np.abs(sine - np.sin(q)).max() < 4e-16


def test_gradient_leaves_its_arguments_alone():
    neuron = sample_model()
    q, index = np.full((4, 1), 0.7), np.zeros((4, 1), int)
    before = neuron.x.copy(), neuron.y.copy()
    neuron.gradient(q, index)
    assert np.all(q == 0.7) and np.all(index == 0)
    assert np.array_equal(neuron.x, before[0]) and np.array_equal(neuron.y, before[1])


def test_the_model_copies_its_data_freezes_it_and_can_be_pickled():
    x, y = np.ones((3, 2)), np.ones(3)
    neuron = RingModel(x, y)
    x[0, 0] = 7.0
    assert neuron.x[0, 0] == 1.0 and not neuron.x.flags.writeable
    again = pickle.loads(pickle.dumps(neuron))
    q, index = np.array([[0.4]]), np.array([[2]])
    assert np.array_equal(again.gradient(q, index), neuron.gradient(q, index))


def test_mean_loss_in_blocks_equals_the_mean_loss_point_by_point():
    neuron = sample_model(rows=700)
    q = np.linspace(0, 6, 3200)[:, None]                 # 2.24 million pairs: three blocks
    picks = [0, 1497, 1498, 3199]
    np.testing.assert_allclose(neuron.mean_loss(q)[picks], [neuron.mean_loss(q[i:i + 1])[0] for i in picks], rtol=1e-14)


@pytest.mark.parametrize(("arguments", "words"), [
    ((np.ones((3, 3)), np.ones(3)), "x must have shape"),
    ((np.ones((3, 2)), np.ones(4)), "y must have shape"),
    ((np.full((3, 2), np.nan), np.ones(3)), "x must hold finite"),
    ((np.ones((0, 2)), np.ones(0)), "at least one sample"),
    ((np.ones((3, 2)), np.ones(3), "perceptron"), "model must be one of 'ring_neuron'"),
    ((np.ones((3, 2)), np.ones(3), "ring_neuron", "hinge"), "loss must be one of 'squared'"),
    ((np.ones((3, 2)), np.array([1.0, 0.0, -1.0]), "ring_neuron", "logistic"), "labels −1 and \\+1"),
])
def test_bad_arguments_are_named(arguments, words):
    with pytest.raises(ArgumentError, match=words):
        RingModel(*arguments)
