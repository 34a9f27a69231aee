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
