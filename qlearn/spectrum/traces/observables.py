"""Observables of thermal averages: what each entry stands for, and how wide its spectrum is."""

from collections.abc import Mapping
from typing import Any, final

import numpy as np

from qlearn import checks
from qlearn.hamiltonian import Hamiltonian
from qlearn.observables import as_observable
from qlearn.spectrum.traces.partition_sums import NAMES

__all__ = ["Observables"]


@final
class Observables:
    """Entries by name: array f(q) (*shape), callable f(*q), Hamiltonian, or with channels a matrix (c, c) or (c, c, *shape).

    names : in order.     half_spreads : half the widths of their spectra.     Called with states (n, *state_shape) it gives
    (observables, n), ⟨ψ|O|ψ⟩. ArgumentError for an entry that is none of these or is not Hermitian.
    """

    def __init__(self, H: Hamiltonian, given: Mapping[str, Any] | None):
        self.names, self.functions, widths = [], [], []
        for name, entry in (given or {}).items():
            label = f"observables[{name!r}]"
            if name in NAMES:
                checks.fail("observables", f"must have other names than {', '.join(NAMES)}", name)
            if callable(entry) and not isinstance(entry, Hamiltonian):
                entry = checks.finite_array(label, entry(*H.grid.mesh) + np.zeros(H.grid.shape), shape=H.grid.shape)
            _check(H, entry, label)
            self.functions.append(as_observable(H, entry, label))
            self.names.append(str(name))
            widths.append(_half_spread(H, entry, label))
        self.half_spreads = np.array(widths)

    def __call__(self, states: np.ndarray) -> np.ndarray:
        return np.array([function(0.0, states) for function in self.functions]).reshape(-1, len(states))


def _check(H: Hamiltonian, entry: Any, label: str) -> None:
    if isinstance(entry, Hamiltonian):
        return
    c, values = H.channels, np.asarray(entry)
    shapes = [H.grid.shape] if c is None else [H.grid.shape, (c, c), (c, c, *H.grid.shape)]
    if values.dtype.kind not in "fiubc" or values.shape not in shapes:
        words = " or ".join(map(str, shapes))
        checks.fail(label, f"must be a Hamiltonian, a function f(*q), or an array of shape {words}", entry)


def _half_spread(H: Hamiltonian, entry: Any, label: str) -> float:
    if isinstance(entry, Hamiltonian):
        if entry.state_shape != H.state_shape or not entry.grid.same_as(H.grid) or not entry.is_hermitian:
            checks.fail(label, "must be Hermitian and on the grid of H", repr(entry))
        low, high = entry.spectral_bounds
        return (high - low) / 2
    values = np.asarray(entry)
    if values.shape != H.grid.shape:
        if not np.array_equal(values, np.conj(np.swapaxes(values, 0, 1))):
            checks.fail(label, "must be Hermitian", "a matrix that is not")
        values = np.linalg.eigvalsh(np.moveaxis(values, (0, 1), (-2, -1)))
    elif np.iscomplexobj(values):
        checks.fail(label, "must be real", "complex values")
    return float(np.ptp(values)) / 2
