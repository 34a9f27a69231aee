"""A Spectrum in a file: all its numbers, HDF5 (see qlearn.storage)."""

import os
from typing import Any

import numpy as np

from qlearn import checks, storage
from qlearn.errors import StorageError
from qlearn.results.operators import grid_from, grid_numbers, hamiltonian_from, hamiltonian_numbers
from qlearn.spectrum.levels import Spectrum

__all__ = ["load", "save"]

ARRAYS = ("energies", "states", "residuals", "error_bounds")


def save(spectrum: Spectrum, path: Any) -> None:
    """Write the Spectrum; see ``Spectrum.save``."""
    place = storage.as_path("path", path)
    storage.write(place, "spectrum", {
        "hamiltonian": hamiltonian_numbers(spectrum.hamiltonian, np.zeros(1)),
        "certified_on": grid_numbers(spectrum.certified_on),
        **{name: getattr(spectrum, name) for name in ARRAYS}, "method": spectrum.method, "stats": spectrum.stats})


def load(path: str | os.PathLike) -> Spectrum:
    """The Spectrum that ``Spectrum.save`` wrote: levels, states, bounds bit for bit.

    Nothing in the file is evaluated. Its Hamiltonian is made of tables, for callables are not stored: it has no values on a
    finer grid, so that new eigenstates of it are certified on its own grid only.

    Raises StorageError for a file that is missing, damaged, foreign, or of a newer format.
    """
    if not isinstance(path, str | os.PathLike):
        checks.fail("path", "must be the path of a file", path)
    content = storage.read(storage.as_path("path", path), "spectrum")
    try:
        return Spectrum(hamiltonian=hamiltonian_from(content["hamiltonian"]), certified_on=grid_from(content["certified_on"]),
                        method=content["method"], stats=content["stats"], **{name: content[name] for name in ARRAYS})
    except (KeyError, AttributeError, TypeError) as error:
        raise StorageError(f"{path} is not a spectrum as qlearn writes it: {error!r}.") from error
