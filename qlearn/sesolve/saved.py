"""What sesolve keeps of the states it passes: the states themselves and the numbers of e_ops."""

from collections.abc import Callable
from typing import Any, final

import numpy as np

from qlearn import checks
from qlearn.hamiltonian import Hamiltonian
from qlearn.kernels.arrays import like, namespace, to_numpy
from qlearn.observables import as_observable

__all__ = ["Log"]


@final
class Log:
    """Values of the observables, and states where they are kept, one entry a time."""

    def __init__(self, H: Hamiltonian, e_ops: Any, store_states: bool | None, psi0: Any, count: int):
        self.keys, entries, names = _entries(e_ops)
        self.entries = entries
        self.observables: list[Callable] = [as_observable(H, entry, name) for entry, name in zip(entries, names, strict=True)]
        self.keep = not entries if store_states is None else bool(store_states)
        self.psi0, self.length = psi0, 0
        self.values: list[list[Any]] = [[] for _ in entries]
        native = not isinstance(psi0, np.ndarray)
        self._states: Any = None if not self.keep else [] if native else np.empty((count, *psi0.shape), dtype=complex)

    def take(self, t: float, psi: Any) -> None:
        """One more time. Where an observable raises nothing is taken."""
        if isinstance(psi, np.ndarray):
            psi.flags.writeable = False
        numbers = self.numbers(t, psi)
        for values, number in zip(self.values, numbers, strict=True):
            values.append(number)
        if isinstance(self._states, list):
            self._states.append(psi)
        elif self._states is not None:
            self._states[self.length] = psi
        self.length += 1

    def numbers(self, t: float, psi: Any) -> list[Any]:
        return [observable(t, psi) for observable in self.observables]

    @property
    def states(self) -> Any:
        """(n, …, *state_shape) so far, of ψ0's own kind; None where they are not kept."""
        if isinstance(self._states, list):
            return namespace(self.psi0).stack(self._states)
        return None if self._states is None else self._states[:self.length]

    @property
    def arrays(self) -> list[np.ndarray]:
        return [np.array(values) for values in self.values]

    def result(self) -> tuple[Any, list[np.ndarray], dict[Any, np.ndarray]]:
        """(states, expect, e_data), read-only."""
        states, arrays = self.states, self.arrays
        for array in (states, *arrays):
            if isinstance(array, np.ndarray):
                array.flags.writeable = False
        return states, arrays, dict(zip(self.keys, arrays, strict=True)) if self.keys is not None else {}

    def snapshot(self) -> dict[str, Any]:
        return {"length": self.length, "states": self.states if self.length else None, "expect": self.arrays}

    def restore(self, saved: dict[str, Any]) -> None:
        self.length = saved["length"]
        self.values = [list(array) for array in saved["expect"]]
        if self.keep and self.length:
            if isinstance(self._states, list):
                self._states = [like(to_numpy(state), self.psi0) for state in saved["states"]]
            else:
                self._states[:self.length] = saved["states"]


def _entries(e_ops: Any) -> tuple[list[Any] | None, list[Any], list[str]]:
    """(keys, entries, names in messages); no keys where e_ops was not a dict."""
    if e_ops is None:
        return None, [], []
    if isinstance(e_ops, dict):
        return list(e_ops), list(e_ops.values()), [f"e_ops[{key!r}]" for key in e_ops]
    if not isinstance(e_ops, list | tuple):
        e_ops = [e_ops]
    if any(isinstance(entry, dict) for entry in e_ops):
        checks.fail("e_ops", "must be one entry, a list or a dict of them", e_ops)
    return None, list(e_ops), [f"e_ops[{i}]" for i in range(len(e_ops))]
