"""Learners that several tests share."""

import numpy as np

import qlearn as ql

RING = 2 * np.pi


def ring_learner(seed=0, rows=300, noise=4.0, **settings):
    """A ring neuron on Gaussian features with antithetic label noise: small third cumulant, α = 1."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((rows, 2)) * [1.3, 0.8]
    clean = x @ [np.cos(0.9), np.sin(0.9)]
    n = rng.standard_normal(rows)
    settings = {"learning_rate": 0.02, "batch_size": 1} | settings
    return ql.MinibatchLearner.ring_neuron(np.r_[x, x], np.r_[clean + noise * n, clean - noise * n], **settings)


def ring_grid(points=129):
    return ql.Grid(points, [(0.0, RING)])


def torus_learner(seed=0, rows=60, noise=8.0, **settings):
    """Two neurons on correlated inputs with antithetic label noise, α = 1."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((rows, 4)) * [1.2, 0.8, 1.0, 0.7]
    x[:, 2:] += x[:, :2] * [0.5, 0.4]
    clean = x @ [np.cos(0.9), np.sin(0.9), np.cos(2.0), np.sin(2.0)]
    n = noise * rng.standard_normal(rows)
    settings = {"learning_rate": 0.03, "batch_size": 1} | settings
    return ql.MinibatchLearner.torus_network(np.r_[x, x], np.r_[clean + n, clean - n], **settings)


def torus_grid(points=15):
    return ql.Grid((points, points), [(0.0, RING)] * 2)


class Regression:
    """h_i = (w·x_i − y_i) x_i on the plane or line of weights: everything is a polynomial in w."""

    def __init__(self, d, seed=0, rows=50):
        rng = np.random.default_rng(seed)
        self.x = rng.standard_normal((rows, d)) * np.array([1.0, 0.7])[:d]
        self.y = self.x @ np.array([0.5, -0.3])[:d] + 2.0 * rng.standard_normal(rows)

    def __call__(self, w, index):
        x = self.x[index]
        error = np.einsum("rj,rbj->rb", w, x) - self.y[index]
        return error[..., None] * x

    def loss(self, w):
        return np.mean((w @ self.x.T - self.y) ** 2, axis=1) / 2

    def learner(self, **settings):
        d = self.x.shape[1]
        settings = {"learning_rate": 0.02, "batch_size": 2, "reference_covariance": 4.0} | settings
        return ql.MinibatchLearner(self, len(self.y), periods=[None] * d, **settings)


def product_of_rings(rows=20, **settings):
    """A ring learner, and the torus learner whose two components are that ring's with samples of their own."""
    one = ring_learner(rows=rows, **settings)
    n = one.n_samples

    def gradient(q, index):
        pair = one.per_sample_gradient(q[:, :1], index % n), one.per_sample_gradient(q[:, 1:], index // n)
        return np.concatenate(pair, axis=2)

    return one, ql.MinibatchLearner(gradient, n * n, periods=[RING, RING], learning_rate=one.learning_rate,
                                    batch_size=one.batch_size, alpha=one.alpha, reference_covariance=one.reference_covariance)
