"""Checkpoints: a run that was interrupted goes on from its file and ends with the same bits as one that was not.

The file holds everything between two moves of the method, and a fingerprint of the problem. A run of another problem is refused,
by the name of what differs.
"""

import os
import signal
import threading
import warnings
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from types import FrameType, TracebackType
from typing import Any, final

import numpy as np

from qlearn import checks, storage
from qlearn.errors import StorageError, StorageWarning
from qlearn.kernels.arrays import as_complex
from qlearn.sesolve.fingerprint import fingerprint
from qlearn.sesolve.run import Run
from qlearn.sesolve.saved import Log

__all__ = ["Checkpoint", "Keeper"]

BUSY = 20.0  # times as long as a write takes, at least, from one write to the next


@final
@dataclass(frozen=True)
class Checkpoint:
    """Where and how often ``sesolve`` saves itself.

    path : the file, HDF5; its folder must exist.   every : seconds between writes, 60 by default; 0 writes after each stretch
    of the method. Where a write takes so long that it would use more than 5 % of the time, the writes are rarer.

    Raises ArgumentError, also for a path in a folder that does not exist.

    >>> Checkpoint("run.h5", every=30).every
    30.0
    """

    path: Any
    every: float = 60.0

    def __post_init__(self):
        object.__setattr__(self, "path", storage.as_path("checkpoint", self.path))
        object.__setattr__(self, "every", checks.real("every", self.every, least=0, remedy="Give seconds."))


@final
class Keeper:
    """Saves a run: when it is due, at the end, and on the way out of an interrupted ``with`` block. Without a checkpoint
    nothing is done. A first Ctrl-C waits for the end of the stretch that is under way; a second one does not."""

    def __init__(self, checkpoint: Any, run: Run, log: Log):
        if isinstance(checkpoint, str | os.PathLike):
            checkpoint = Checkpoint(checkpoint)
        if checkpoint is not None and not isinstance(checkpoint, Checkpoint):
            checks.fail("checkpoint", "must be None, a path or ql.Checkpoint(path, every=seconds)", checkpoint)
        self.path: Path | None = None if checkpoint is None else checkpoint.path
        self.every, self.run, self.log = 0.0 if checkpoint is None else checkpoint.every, run, log
        self.stopped: str | None = None
        self.resumed, self.seconds = 0, 0.0
        self._print: dict[str, str] = {}
        self._interrupted, self._guarded = False, False
        self._handler: Any = None
        self._started = self._written = monotonic()
        self._cost = 0.0
        if self.path is not None:
            storage.usable("checkpoint", self.path)
            self._print = fingerprint(run.problem, log)

    def resume(self) -> None:
        """Go on from the file where there is one."""
        if self.path is None or not self.path.exists():
            return
        saved = storage.read(self.path, "checkpoint")
        self._compare(saved["fingerprint"])
        self.run.restore(saved["run"])
        self.log.restore(saved["log"])
        self._compare_numbers()
        self.stopped, self.resumed, self.seconds = saved["stopped"], saved["resumed"] + 1, saved["seconds"]

    def check(self) -> None:
        """After a stretch: write if it is due; a Ctrl-C that came meanwhile is raised now."""
        if self._interrupted:
            raise KeyboardInterrupt
        if self.path is not None:
            since = monotonic() - self._written
            if since >= self.every and (self.every == 0 or since >= BUSY * self._cost):
                self.save()

    def save(self) -> None:
        """Write the state of the run; where that fails the run goes on, with a warning, and the file stays as it was."""
        if self.path is None:
            return
        started = monotonic()
        guarded, self._guarded = self._guarded, True
        try:
            storage.write(self.path, "checkpoint", {
                "fingerprint": self._print, "stopped": self.stopped, "resumed": self.resumed, "run": self.run.snapshot(),
                "seconds": self.seconds + started - self._started, "log": self._numeric_log()})
        except StorageError as error:
            warnings.warn(f"no checkpoint at t = {self.run.time:g}: {error}", StorageWarning, stacklevel=4)
        finally:
            self._guarded = guarded
        self._written = monotonic()
        self._cost = self._written - started

    def __enter__(self) -> "Keeper":
        if self.path is not None and threading.current_thread() is threading.main_thread() \
                and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            self._handler = signal.signal(signal.SIGINT, self._interrupt)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            if error is not None and not self.run.moving:
                self._interrupted = True
                self.save()
        finally:
            if self._handler is not None:
                signal.signal(signal.SIGINT, self._handler)

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        if self._interrupted or not (self.run.moving or self._guarded):
            raise KeyboardInterrupt
        self._interrupted = True

    def _numeric_log(self) -> dict[str, Any]:
        log = self.log.snapshot()
        for i, array in enumerate(log["expect"]):
            if array.dtype.kind not in storage.NUMERIC:
                checks.fail(f"e_ops {i}", "must give numbers where there is a checkpoint", str(array.dtype),
                            "Let the callable return a number, 0.0 for instance.")
        return log

    def _compare(self, stored: dict[str, str]) -> None:
        differing = [name for name in {**stored, **self._print} if stored.get(name) != self._print.get(name)]
        if differing:
            raise StorageError(f"the checkpoint {self.path} belongs to another problem: {', '.join(differing)} "
                               f"{'differs' if len(differing) == 1 else 'differ'}. Give another path, or delete the file to "
                               "start anew; to go beyond a finished tlist start from the final_state of its result.")

    def _compare_numbers(self) -> None:
        if self.log.length and self.log.values:
            p = self.run.problem
            now = self.log.numbers(float(p.times[0]), as_complex(p.psi0))
            if not all(np.array_equal(np.asarray(a), array[0], equal_nan=True)
                       for a, array in zip(now, self.log.arrays, strict=True)):
                raise StorageError(f"the checkpoint {self.path} was made with other e_ops: at tlist[0] they gave other "
                                   "numbers. Give another path, or delete the file to start anew.")

    @property
    def wall_time(self) -> float:
        """Seconds of all parts of the run."""
        return self.seconds + monotonic() - self._started
