"""Progress bars on standard error, one a stage; told from any thread."""

import threading
from types import TracebackType
from typing import Any

__all__ = ["Bars"]


class Bars:
    """A context manager that is called as ``bars(stage, done, total)``."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

        self._lock = threading.Lock()
        self._tasks: dict[str, Any] = {}
        self._progress = Progress(TextColumn("{task.description:<36}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn(),
                                  console=Console(stderr=True))

    def __enter__(self) -> "Bars":
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._progress.stop()

    def __call__(self, stage: str, done: int, total: int) -> None:
        with self._lock:
            if stage not in self._tasks:
                self._tasks[stage] = self._progress.add_task(stage, total=total)
            self._progress.update(self._tasks[stage], completed=done, total=total)
