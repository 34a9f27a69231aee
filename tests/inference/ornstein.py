"""Ensembles with exact transitions: Ornstein–Uhlenbeck of given rates, and one that turns."""

import numpy as np

import qlearn as ql


def stationary(rates, replicas, records, lag, seed, start=1.0):
    """dq = −r q dt + √(2r) dW: variance 1, eigenvalues Σ n_a r_a; the start has variance start²."""
    rates, rng = np.atleast_1d(np.asarray(rates, float)), np.random.default_rng(seed)
    q = np.empty((records, replicas, len(rates)))
    q[0] = start * rng.standard_normal((replicas, len(rates)))
    decay = np.exp(-rates * lag)
    for row in range(1, records):
        q[row] = decay * q[row - 1] + np.sqrt(1 - decay**2) * rng.standard_normal((replicas, len(rates)))
    return ql.Ensemble(lag * np.arange(records), q, (None,) * len(rates))


def turning(rate, frequency, replicas, records, lag, seed):
    """z = q1 + iq2, dz = −(rate + i·frequency) z dt + noise: no detailed balance, eigenvalues rate ± i·frequency, 2·rate, …"""
    rng = np.random.default_rng(seed)
    z = np.empty((records, replicas), complex)
    z[0] = rng.standard_normal((replicas, 2)) @ [1, 1j]
    for row in range(1, records):
        noise = np.sqrt(1 - np.exp(-2 * rate * lag)) * rng.standard_normal((replicas, 2)) @ [1, 1j]
        z[row] = np.exp(-(rate + 1j * frequency) * lag) * z[row - 1] + noise
    return ql.Ensemble(lag * np.arange(records), np.stack([z.real, z.imag], axis=-1), (None, None))
