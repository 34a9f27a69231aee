"""The diabetes learner of examples/diabetes.toml for any label-noise scale and seed."""

import csv
from pathlib import Path

import numpy as np

import qlearn as ql

__all__ = ["GRID", "learner"]

GRID = ql.Grid(161, [(0.0, 2 * np.pi)])
_FILE = Path(__file__).parents[1] / "examples" / "data" / "diabetes.csv"


def learner(scale: float = 8.0, seed: int = 0, **settings) -> ql.MinibatchLearner:
    """bmi and s5 standardised (ddof 0), antithetic label noise, T = (max U − min U)/4."""
    with _FILE.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    x, y = (np.array([[float(row[name]) for name in names] for row in rows]) for names in (("bmi", "s5"), ("target",)))
    x, y = ((a - a.mean(axis=0)) / a.std(axis=0) for a in (x, y))
    y = y[:, 0]
    if scale:
        n = scale * np.random.default_rng(seed).standard_normal(len(y))
        x, y = np.r_[x, x], np.r_[y + n, y - n]
    unit = ql.MinibatchLearner.ring_neuron(x, y, learning_rate=1.0, batch_size=1)
    loss = unit.loss_at(np.linspace(0, 2 * np.pi, 16384, endpoint=False))
    return unit.with_(learning_rate=2 * float(np.ptp(loss)) / 4 / unit.reference_covariance, **settings)
