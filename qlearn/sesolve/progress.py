"""A bar that follows the time ψ has reached, also within one long interval."""

from types import TracebackType
from typing import Any, final

from qlearn.errors import MissingExtraError

__all__ = ["ProgressBar"]

FORM = "{desc}: {percentage:3.0f}%|{bar}| t − t0 = {n:.4g} of {total:.4g} [{elapsed}<{remaining}]"


@final
class ProgressBar:
    """``show(reached)`` with the time since tlist[0]; nothing at all where it is not wanted."""

    def __init__(self, wanted: bool, span: float):
        self._bar: Any = None
        self._span = abs(span)
        if wanted and span != 0:
            self._bar = _tqdm()(total=self._span, desc="sesolve", bar_format=FORM)

    def show(self, reached: float) -> None:
        if self._bar is not None:
            self._bar.update(max(0.0, min(abs(reached), self._span) - self._bar.n))

    def __enter__(self) -> "ProgressBar":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._bar is not None:
            self._bar.close()


def _tqdm() -> Any:
    try:
        from tqdm.auto import tqdm
    except ImportError as error:
        raise MissingExtraError("progress_bar needs tqdm: pip install tqdm, or leave progress_bar=False.") from error
    return tqdm
