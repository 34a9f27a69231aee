"""Opens the files that ``save`` wrote, by what they say that they hold."""

import os
from collections.abc import Callable
from typing import Any

from qlearn import checks, storage
from qlearn.ensembles import files as ensembles
from qlearn.errors import StorageError
from qlearn.results import files as results
from qlearn.spectrum import files as spectra

__all__ = ["load"]

KINDS: dict[str, Callable[[str | os.PathLike], Any]] = {"result": results.load, "spectrum": spectra.load,
                                                        "ensemble": ensembles.load}


def load(path: str | os.PathLike) -> Any:
    """The Result, Spectrum or Ensemble that ``result.save(path)``, … wrote: its numbers bit for bit.

    Nothing in the file is evaluated. The Hamiltonian in it is made of tables, for callables are not stored: it does what needs
    tables only, and says so where more is asked: V(t, q) is known at the times of the stored states (without them at the
    first and the last), a nonlinearity f cannot be evaluated, a finer grid has no values.

    Raises ArgumentError for what is no path; StorageError for a file that is missing, damaged, foreign, of a newer format or of
    another kind, with the kind that it has.

    >>> import os, tempfile
    >>> from qlearn import Grid, Hamiltonian, eigenstates
    >>> spectrum = eigenstates(Hamiltonian(Grid(48, (-8, 8)), lambda x: x**2 / 2), 2)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     spectrum.save(os.path.join(folder, "levels.h5"))
    ...     back = load(os.path.join(folder, "levels.h5"))
    >>> type(back).__name__, bool((back.energies == spectrum.energies).all())
    ('Spectrum', True)
    """
    if not isinstance(path, str | os.PathLike):
        checks.fail("path", "must be the path of a file", path)
    kind = storage.kind_of(storage.as_path("path", path))
    if kind not in KINDS:
        hint = " Give it to sesolve as checkpoint=path." if kind == "checkpoint" else ""
        raise StorageError(f"{path} holds a {kind}, not a result, a spectrum or an ensemble.{hint}")
    return KINDS[kind](path)
