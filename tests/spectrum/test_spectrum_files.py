"""Spectra in files: every number comes back, and a file says what it holds."""

import numpy as np
import pytest

import qlearn as ql
from qlearn import storage
from qlearn.errors import ArgumentError, StorageError

GRID = ql.Grid(48, (-6, 6), twist=0.2)


def wells(x):
    return np.array([[x**2, 0.3 + 0 * x], [0.3 + 0 * x, x**2 + 1]])


SYSTEMS = {
    "twist and field": ql.Hamiltonian(GRID, lambda x: np.cos(np.pi * x / 6), vector_potential=0.3, mass=1.3, hbar=0.7),
    "walls": ql.Hamiltonian(ql.Grid((12, 9), [(-3, 3)] * 2, "wall"), lambda x, y: x**2 + y, mass=[[1, 0.2], [0.2, 1]]),
    "channels": ql.Hamiltonian(ql.Grid(40, (-6, 6)), wells),
    "loss": ql.Hamiltonian(ql.Grid(40, (-6, 6)), lambda x: x**2 / 2, absorber=lambda x: 0.1 * x**2),
    "metric": ql.Hamiltonian(ql.Grid(32, (0, 2 * np.pi)), np.cos, metric=lambda x: 1 + 0.3 * np.cos(x)),
}


@pytest.mark.filterwarnings("ignore:the error bound")
@pytest.mark.parametrize("name", SYSTEMS)
def test_every_number_comes_back(name, tmp_path):
    spectrum = ql.eigenstates(SYSTEMS[name], 4)
    spectrum.save(tmp_path / "levels.h5")
    back = ql.load(tmp_path / "levels.h5")
    for field in ("energies", "states", "residuals", "error_bounds"):
        ours, theirs = getattr(spectrum, field), getattr(back, field)
        assert np.array_equal(ours, theirs) and ours.dtype == theirs.dtype and not theirs.flags.writeable
    assert back.method == spectrum.method and storage.digest(back.stats) == storage.digest(spectrum.stats)
    assert back.certified_on.same_as(spectrum.certified_on) and back.hamiltonian.grid.same_as(spectrum.hamiltonian.grid)
    np.testing.assert_allclose(back.hamiltonian @ back.states[0], spectrum.hamiltonian @ spectrum.states[0], atol=1e-11)


def test_load_opens_results_and_spectra_and_names_what_it_does_not_open(tmp_path):
    H = SYSTEMS["twist and field"]
    ql.eigenstates(H, 1).save(tmp_path / "spectrum.h5")
    ql.sesolve(H, ql.gaussian(GRID, center=0, width=0.7), [0, 0.1], tol=1e-6).save(tmp_path / "result.h5")
    assert isinstance(ql.load(tmp_path / "spectrum.h5"), ql.Spectrum) and isinstance(ql.load(tmp_path / "result.h5"), ql.Result)
    storage.write(tmp_path / "other.h5", "checkpoint", {"step": 3})
    with pytest.raises(StorageError, match=r"holds a checkpoint, not a result, a spectrum or an ensemble\. Give it to sesolve"):
        ql.load(tmp_path / "other.h5")
    (tmp_path / "text.h5").write_text("levels")
    with pytest.raises(StorageError, match="damaged or not an HDF5 file"):
        ql.load(tmp_path / "text.h5")
    with pytest.raises(StorageError, match="there is no file"):
        ql.load(tmp_path / "absent.h5")
    with pytest.raises(ArgumentError, match="path of a file"):
        ql.load(3)


def test_a_file_of_another_make_is_refused(tmp_path):
    storage.write(tmp_path / "spectrum.h5", "spectrum", {"energies": np.zeros(2)})
    with pytest.raises(StorageError, match="not a spectrum as qlearn writes it"):
        ql.load(tmp_path / "spectrum.h5")
