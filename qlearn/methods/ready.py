"""States at save times that a stepper has reached and not handed out yet."""

from typing import Any, final

import numpy as np

from qlearn.kernels.arrays import like, to_numpy

__all__ = ["Ready"]


@final
class Ready:
    """(time, state) in the order of the times, which count from the first of all."""

    def __init__(self) -> None:
        self.times: list[float] = []
        self._states: list[Any] = []

    def __len__(self) -> int:
        return len(self.times)

    def put(self, time: float, state: Any) -> None:
        self.times.append(time)
        self._states.append(state)

    def take(self) -> Any:
        """The state of the first time, for good."""
        self.times.pop(0)
        return self._states.pop(0)

    def keep(self, count: int) -> None:
        """The first ``count`` of them."""
        del self.times[count:], self._states[count:]

    def snapshot(self) -> dict[str, Any]:
        states = [to_numpy(state) for state in self._states]
        return {"ready_times": np.array(self.times), "ready": np.stack(states) if states else np.zeros(0, dtype=complex)}

    def restore(self, saved: dict[str, Any], kind: Any) -> None:
        """As at the snapshot, arrays of the kind of another one."""
        self.times = np.asarray(saved["ready_times"]).tolist()
        self._states = [like(np.array(state), kind) for state in saved["ready"]]
