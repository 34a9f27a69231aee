"""A Result in a file: all its numbers, HDF5 (see qlearn.storage)."""

import os
from typing import Any

import numpy as np

from qlearn import checks, storage
from qlearn.errors import StorageError
from qlearn.results.operators import hamiltonian_from, hamiltonian_numbers
from qlearn.results.result import Result

__all__ = ["load", "save"]


def save(result: Result, path: Any) -> None:
    """Write the Result; see ``Result.save``."""
    place = storage.as_path("path", path)
    keys = list(result.e_data)
    if not all(storable_key(key) for key in keys):
        checks.fail("e_ops", "must have strings, numbers or tuples of them as keys where a result is saved", keys,
                    "Name them by strings.")
    for i, array in enumerate(result.expect):
        if array.dtype.kind not in storage.NUMERIC:
            checks.fail(f"expect[{i}]", "must hold numbers to be saved", str(array.dtype),
                        "Let the callable of e_ops return numbers.")
    times = result.times if result.states is not None else result.times[[0, -1]]
    storage.write(place, "result", {
        "hamiltonian": hamiltonian_numbers(result.hamiltonian, np.unique(times)), "times": result.times,
        "states": result.states, "final_state": result.final_state, "expect": list(result.expect), "keys": keys,
        "method": result.method, "stats": result.stats})


def load(path: str | os.PathLike) -> Result:
    """The Result that ``Result.save`` wrote: times, states, numbers and stats bit for bit, arrays of NumPy.

    Nothing in the file is evaluated. Its Hamiltonian is made of tables, for callables are not stored: it does what needs
    tables only, and says so where more is asked: V(t, q) is known at the times of the stored states (without them at the
    first and the last), a nonlinearity f cannot be evaluated, a finer grid has no values.

    Raises StorageError for a file that is missing, damaged, foreign, or of a newer format.
    """
    if not isinstance(path, str | os.PathLike):
        checks.fail("path", "must be the path of a file", path)
    content = storage.read(storage.as_path("path", path), "result")
    try:
        H = hamiltonian_from(content["hamiltonian"])
        arrays = [content["times"], content["states"], content["final_state"], *content["expect"]]
        for array in arrays:
            if array is not None:
                array.flags.writeable = False
        data = dict(zip(content["keys"], content["expect"], strict=True)) if content["keys"] else {}
        return Result(H, content["times"], content["states"], content["final_state"], content["expect"], data,
                      content["method"], content["stats"])
    except (KeyError, AttributeError, TypeError) as error:
        raise StorageError(f"{path} is not a result as qlearn writes it: {error!r}.") from error


def storable_key(key: Any) -> bool:
    return storage.storable(key) and isinstance(key, str | int | float | complex | tuple | None)
