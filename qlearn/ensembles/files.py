"""An Ensemble in a file: all its numbers, HDF5 (see qlearn.storage)."""

import os
from typing import Any

from qlearn import checks, storage
from qlearn.ensembles.ensemble import Ensemble
from qlearn.ensembles.streams import Streamed
from qlearn.errors import StorageError
from qlearn.grids import Grid

__all__ = ["load", "save"]

MOMENTS = ("learners", "counts", "outside", "mean", "covariance", "waves")


def save(ensemble: Ensemble, path: Any) -> None:
    """Write the Ensemble; see ``Ensemble.save``."""
    storage.write(storage.as_path("path", path), "ensemble", _numbers(ensemble))


def load(path: str | os.PathLike) -> Ensemble:
    """The Ensemble that ``Ensemble.save`` wrote, bit for bit; its ``flow`` is None, for functions are not stored.

    Raises StorageError for a file that is missing, damaged, foreign, or of a newer format.
    """
    if not isinstance(path, str | os.PathLike):
        checks.fail("path", "must be the path of a file", path)
    content = storage.read(storage.as_path("path", path), "ensemble")
    try:
        return _made(content)
    except (KeyError, AttributeError, TypeError) as error:
        raise StorageError(f"{path} is not an ensemble as qlearn writes it: {error!r}.") from error


def _numbers(ensemble: Ensemble) -> dict[str, Any]:
    streamed, carriers = ensemble.streamed, ensemble.carriers
    stats = {name: value for name, value in ensemble.stats.items() if storage.storable(value)}
    lost = [name for name in ensemble.stats if name not in stats]
    return {"times": ensemble.times, "positions": ensemble.positions, "periods": ensemble.periods,
            "stats": {**stats, "not_stored": lost} if lost else stats,
            "carriers": None if carriers is None else _numbers(carriers),
            "streamed": None if streamed is None else {
                "grid": {name: getattr(streamed.grid, name) for name in ("shape", "bounds", "boundary", "twist")},
                **{name: getattr(streamed, name) for name in MOMENTS}}}


def _made(content: dict[str, Any]) -> Ensemble:
    streamed, carriers = content["streamed"], content["carriers"]
    if streamed is not None:
        streamed = Streamed(Grid(**streamed["grid"]), **{name: streamed[name] for name in MOMENTS})
    return Ensemble(content["times"], content["positions"], content["periods"], content["stats"],
                    None if carriers is None else _made(carriers), streamed=streamed)
