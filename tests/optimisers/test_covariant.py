"""Covariant gradient descent: the known optimisers as its limits, the full metric, states, files, errors."""

import dataclasses

import numpy as np
import pytest

import qlearn as ql
from qlearn.errors import ArgumentError, StorageError

CGD = ql.CovariantGradientDescent


def gradients(steps=60, size=7, seed=3):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((steps, size)) * 10 ** np.linspace(-2, 1, size) + 0.3


def run(optimiser, q, noise):
    """Steps on |q|²/2 with given noise in the gradient; all positions."""
    state, path = optimiser.init(q), []
    for h in noise:
        q, state = optimiser.step(q, q + h, state)
        path.append(q)
    return np.array(path)


def by_torch(make, q, noise):
    torch = pytest.importorskip("torch", reason="compares with PyTorch's own optimisers")
    parameter = torch.nn.Parameter(torch.tensor(q))
    optimiser, path = make(torch.optim)([parameter]), []
    for h in noise:
        parameter.grad = parameter.detach() + torch.tensor(h)
        optimiser.step()
        path.append(parameter.detach().numpy().copy())
    return np.array(path)


PAIRS = {
    "sgd": (CGD.sgd(0.05), lambda optim: lambda p: optim.SGD(p, lr=0.05)),
    "momentum": (CGD.sgd(0.05, momentum=0.9), lambda optim: lambda p: optim.SGD(p, lr=0.05, momentum=0.9)),
    "rmsprop": (CGD.rmsprop(0.01), lambda optim: lambda p: optim.RMSprop(p, lr=0.01)),
    "centred rmsprop": (CGD.rmsprop(0.01, beta2=0.9, centered=True, epsilon=1e-3),
                        lambda optim: lambda p: optim.RMSprop(p, lr=0.01, alpha=0.9, centered=True, eps=1e-3)),
    "adam": (CGD.adam(0.01), lambda optim: lambda p: optim.Adam(p, lr=0.01)),
    "adam with a large ε": (CGD.adam(0.01, epsilon=0.1), lambda optim: lambda p: optim.Adam(p, lr=0.01, eps=0.1)),
}


@pytest.mark.parametrize("name", PAIRS)
def test_the_optimisers_of_pytorch_are_settings(name):
    ours, theirs = PAIRS[name]
    q, noise = np.linspace(-1, 1, 7), gradients()
    assert np.max(np.abs(run(ours, q, noise) - by_torch(theirs, q, noise))) < 1e-12


def test_another_place_of_epsilon_is_seen():
    q, noise = np.linspace(-1, 1, 7), gradients()
    inside = dataclasses.replace(CGD.adam(0.01, epsilon=0.0), floor=0.1)
    assert np.max(np.abs(run(inside, q, noise) - by_torch(PAIRS["adam with a large ε"][1], q, noise))) > 1e-3


def published_adabelief(q, noise, eta, beta1, beta2, epsilon):
    """Zhuang et al., arXiv:2010.07468, algorithm 2, line by line."""
    m, s, path = np.zeros_like(q), np.zeros_like(q), []
    for t, h in enumerate(noise, start=1):
        g = q + h
        m = beta1 * m + (1 - beta1) * g
        s = beta2 * s + (1 - beta2) * (g - m) ** 2 + epsilon
        q = q - eta * (m / (1 - beta1**t)) / (np.sqrt(s / (1 - beta2**t)) + epsilon)
        path.append(q)
    return np.array(path)


@pytest.mark.parametrize("epsilon", [1e-16, 1e-8, 1e-3])
def test_adabelief_as_published(epsilon):
    q, noise = np.linspace(-1, 1, 7), gradients()
    ours = run(CGD.adabelief(0.01, epsilon=epsilon), q, noise)
    assert np.max(np.abs(ours - published_adabelief(q, noise, 0.01, 0.9, 0.999, epsilon))) < 1e-12


def test_adabelief_of_optax():
    pytest.importorskip("jax", reason="compares with optax")
    optax = pytest.importorskip("optax", reason="compares with optax")
    import jax

    q, noise = np.linspace(-1, 1, 7), gradients()
    ours = run(CGD.adabelief(0.01, epsilon=1e-6), q, noise)
    with jax.enable_x64(True), np.errstate(all="ignore"):
        optimiser = optax.adabelief(0.01, eps=1e-6, eps_root=1e-6)
        p = jax.numpy.asarray(q)
        state, path = optimiser.init(p), []
        for h in noise:
            update, state = optimiser.update(p + h, state, p)
            p = p + update
            path.append(np.asarray(p))
    assert np.max(np.abs(ours - np.array(path))) < 1e-12


@pytest.mark.parametrize("alpha", [0.0, 0.25, 0.5, 1.0, 1.5])
@pytest.mark.parametrize("corrected", [True, False])
def test_the_covariance_is_second_moment_minus_squared_mean(alpha, corrected):
    h, beta = gradients(), 0.9
    optimiser = CGD(0.1, alpha=alpha, beta2=beta, bias_correction=corrected, epsilon=0.0, floor=0.2, reference=3.0)
    state, q = optimiser.init(h[0]), h[0]
    for row in h:
        q, state = optimiser.step(q, row, state)
    weights = (1 - beta) * beta ** np.arange(len(h))[::-1]
    weights /= weights.sum() if corrected else 1.0
    spread = weights @ h**2 - (weights @ h) ** 2
    assert optimiser.metric(state) == pytest.approx(((spread + 0.2) / 3) ** alpha, rel=1e-12)


def test_the_full_metric_is_a_matrix_power_and_turns_with_the_parameters():
    rng = np.random.default_rng(5)
    turn = np.linalg.qr(rng.standard_normal((4, 4)))[0]
    optimiser = CGD(0.05, alpha=0.75, matrix="full", beta1=0.5, beta2=0.9, epsilon=1e-3, warmup=5)
    q, noise = rng.standard_normal(4), gradients(40, 4)
    straight = run(optimiser, q, noise)
    assert np.allclose(run(optimiser, turn @ q, noise @ turn.T), straight @ turn.T, atol=1e-10)
    diagonal = dataclasses.replace(optimiser, matrix="diagonal")
    assert np.max(np.abs(run(diagonal, turn @ q, noise @ turn.T) - run(diagonal, q, noise) @ turn.T)) > 1e-3


def test_the_full_metric_by_hand():
    h = gradients(30, 4)
    optimiser = CGD(0.05, alpha=0.5, matrix="full", beta2=0.9, epsilon=0.0, floor=1e-3, warmup=30)
    state = optimiser.init(np.zeros(4))
    for row in h:
        q, state = optimiser.step(np.zeros(4), row, state)
    assert np.all(q == 0)                                                   # warm-up: nothing moves
    weights = 0.9 ** np.arange(30)[::-1]
    weights /= weights.sum()
    centred = h - weights @ h
    spread = centred.T @ (weights[:, None] * centred) + 1e-3 * np.eye(4)
    root = optimiser.metric(state)
    assert np.allclose(root @ root, spread, rtol=1e-10, atol=1e-12)


def test_containers_come_back_as_they_were():
    parts = {"w": np.ones((2, 3)), "b": np.zeros(2)}
    optimiser = CGD.adam(0.1)
    q, state = optimiser.step(parts, parts, optimiser.init(parts))
    assert list(q) == ["w", "b"] and q["w"].shape == (2, 3) and np.all(parts["w"] == 1)
    flat, _ = optimiser.step(np.r_[np.ones(6), np.zeros(2)], np.r_[np.ones(6), np.zeros(2)], optimiser.init(np.zeros(8)))
    assert np.array_equal(np.r_[q["w"].ravel(), q["b"]], flat)
    two = tuple(parts.values())
    pair, _ = optimiser.step(two, two, optimiser.init(two))
    assert type(pair) is tuple and optimiser.metric(state)["b"].shape == (2,)


@pytest.mark.parametrize("optimiser", [CGD(0.01, alpha=1, warmup=3), CGD.adam(0.01), CGD.adabelief(0.01), CGD.sgd(0.1),
                                       CGD(0.01, alpha=0.5, matrix="full")], ids=lambda o: f"{o.statistic} {o.matrix} {o.alpha}")
def test_a_run_goes_on_from_a_file_bit_by_bit(tmp_path, optimiser):
    q, noise = np.linspace(-1, 1, 7), gradients()
    whole = run(optimiser, q, noise)
    state = optimiser.init(q)
    for h in noise[:20]:
        q, state = optimiser.step(q, q + h, state)
    optimiser.save(tmp_path / "state.h5", state)
    state = optimiser.load(tmp_path / "state.h5", q)
    for h in noise[20:]:
        q, state = optimiser.step(q, q + h, state)
    assert np.array_equal(q, whole[-1])


def test_a_file_of_other_settings_is_refused(tmp_path):
    optimiser, q = CGD.adam(0.01), np.zeros(3)
    optimiser.save(tmp_path / "state.h5", optimiser.init(q))
    dataclasses.replace(optimiser, learning_rate=1.0).load(tmp_path / "state.h5", q)
    with pytest.raises(StorageError, match=r"beta2 = 0\.999, here 0\.9"):
        CGD.adam(0.01, beta2=0.9).load(tmp_path / "state.h5", q)
    with pytest.raises(ArgumentError, match="laid out"):
        optimiser.load(tmp_path / "state.h5", np.zeros(4))


def test_by_default_a_covariance_is_gathered_before_it_is_used():
    """With S of few gradients steps are of the order η/ε: 1e6 here after one."""
    start, noise = np.linspace(-1, 1, 7), gradients(60, 7)
    default, wild = run(CGD(1e-3), start, noise), run(CGD(1e-3, warmup=0), start, noise)
    assert np.all(default[:20] == start) and np.any(default[20] != start)
    assert np.max(np.abs(default)) < 30 and np.max(np.abs(wild[0])) > 1e4
    assert CGD(1e-3, floor=0.1).warmup == CGD.adam(1e-3).warmup == CGD.rmsprop(1e-3, centered=True).warmup == 0


def test_named_tuples_come_back():
    from collections import namedtuple

    parts = namedtuple("Parts", "w b")(np.ones((2, 3)), np.zeros(2))
    optimiser = CGD.sgd(0.5)
    q, _ = optimiser.step(parts, parts, optimiser.init(parts))
    assert type(q) is type(parts) and np.all(q.w == 0.5)


def test_a_quadratic_loss_is_learnt():
    """α = 1 and constant noise: dq = −(η/κ)(q dt + noise): variance T = ηS₀/2 in units of g; here g = κ = 0.25."""
    rng = np.random.default_rng(11)
    optimiser = CGD(0.01, alpha=1.0, beta2=0.999, epsilon=0.0, warmup=200)
    q, state, squares = np.zeros(400), optimiser.init(np.zeros(400)), []
    for step in range(2000):
        q, state = optimiser.step(q, q + 0.5 * rng.standard_normal(400), state)
        if step > 1000:
            squares.append(np.mean(q**2))
    # E q² = T/U'' = 0.005 (200 000 values, correlation time 12.5 steps: relative error .9 %); 5 σ and the O(η/κ) bias of 2 %
    assert np.mean(squares) == pytest.approx(0.005, rel=0.07)


@pytest.mark.parametrize(("settings", "words"), [
    ({"learning_rate": 0.0}, "learning_rate must be a finite real number > 0"),
    ({"learning_rate": 1.0, "beta2": 1.0}, "beta2 must be below 1"),
    ({"learning_rate": 1.0, "statistic": "median"}, "'covariance', 'second_moment', 'belief'"),
    ({"learning_rate": 1.0, "matrix": "full", "epsilon": 0.0}, "must not both be 0"),
    ({"learning_rate": 1.0, "epsilon": -1.0}, "epsilon must be"),
    ({"learning_rate": 1.0, "alpha": np.nan}, "alpha must be"),
])
def test_bad_settings(settings, words):
    with pytest.raises(ArgumentError, match=words):
        CGD(**settings)


def test_bad_gradients():
    optimiser = CGD(0.1, alpha=1.0, epsilon=0.0, warmup=0)
    state = optimiser.init(np.zeros(3))
    with pytest.raises(ArgumentError, match="laid out as the q of init"):
        optimiser.step(np.zeros(3), np.zeros(4), state)
    with pytest.raises(ArgumentError, match="finite numbers only"):
        optimiser.step(np.zeros(3), [0.0, np.nan, 1.0], state)
    with pytest.raises(ArgumentError, match="3 of 3 values that are not"):
        optimiser.step(np.zeros(3), np.ones(3), state)                      # one gradient has no covariance
    with pytest.raises(ArgumentError, match="momentum must be below 1"):
        CGD.sgd(0.1, momentum=1.0)
