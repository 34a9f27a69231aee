"""Ensembles in files: what is read is what was written, bit for bit; what cannot be stored is named."""

import numpy as np
import pytest

import qlearn as ql
from qlearn.ensembles import Ensemble
from qlearn.ensembles.streams import Stream
from qlearn.errors import ArgumentError, StorageError
from qlearn.grids import Grid

PERIODS = (2 * np.pi, None)
GRID = Grid((4, 3), [(0, 2 * np.pi), (-9, 9)], ("periodic", "wall"), (0.25, 0.0))


def positions():
    return np.random.default_rng(0).normal(size=(2, 50, 2))


def stored():
    carriers = Ensemble([0.0, 1.0], positions()[:, :7], PERIODS, {"seed": 2})
    return Ensemble([0.0, 1.0], positions(), PERIODS, {"seed": 1, "share": 0.1, "made": np.sin}, carriers,
                    flow=lambda t, q: (q, q))


def streamed():
    stream = Stream(GRID, PERIODS, 2)
    for index, q in enumerate(positions()):
        stream.record(index, q.T)
    return Ensemble([0.0, 1.0], None, PERIODS, {"seed": 1}, streamed=stream.done())


def test_positions_and_carriers_come_back(tmp_path):
    stored().save(tmp_path / "run.h5")
    back = ql.load(tmp_path / "run.h5")
    np.testing.assert_array_equal(back.positions, positions())
    np.testing.assert_array_equal(back.carriers.positions, positions()[:, :7])
    assert back.periods == PERIODS and back.stats == {"seed": 1, "share": 0.1, "not_stored": ["made"]} and back.flow is None


def test_streams_come_back(tmp_path):
    streamed().save(tmp_path / "run.h5")
    back = ql.load(tmp_path / "run.h5")
    assert back.positions is None and back.learners == 50
    for name in ("counts", "outside", "mean", "covariance", "waves"):
        np.testing.assert_array_equal(getattr(back.streamed, name), getattr(streamed().streamed, name))
    np.testing.assert_array_equal(back.histograms(GRID), streamed().histograms(GRID))


def test_what_is_no_file_of_an_ensemble_is_refused(tmp_path):
    from qlearn import storage

    storage.write(tmp_path / "other.h5", "ensemble", {"times": np.zeros(1)})
    with pytest.raises(StorageError, match="not an ensemble as qlearn writes it"):
        ql.load(tmp_path / "other.h5")
    with pytest.raises(ArgumentError, match="path"):
        stored().save(3)
