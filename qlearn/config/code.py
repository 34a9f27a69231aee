"""Per-sample gradients from a module of the user's; it is imported only where the user allows code to run."""

import importlib.util
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import final

import numpy as np

from qlearn import checks
from qlearn.systems.minibatch.domain import check_gradient

__all__ = ["CodeModel", "load_gradient"]

_NAME = "learner.gradient"


@final
@dataclass(frozen=True, eq=False)
class _Gradient:
    """The user's function; whatever goes wrong in it, at any time of the run, is told as a mistake in learner.gradient."""

    function: Callable[[np.ndarray, np.ndarray], np.ndarray]

    def __call__(self, q: np.ndarray, index: np.ndarray) -> np.ndarray:
        shapes = f"for q of shape {q.shape} and index of shape {index.shape}"
        try:
            value = self.function(q, index)
        except (Exception, SystemExit) as error:        # sys.exit() in it must not pass for a verdict
            checks.fail(_NAME, f"must work {shapes}", _told(error))
        wanted = (*index.shape, 1)
        if not isinstance(value, np.ndarray) or value.dtype != np.float64 or value.shape != wanted:
            given = f"{value.dtype} of shape {value.shape}" if isinstance(value, np.ndarray) else f"a {type(value).__name__}"
            checks.fail(_NAME, f"must return a float64 array of shape {wanted} {shapes}", given,
                        "It returns one gradient a learner and sample.")
        return value


@final
@dataclass(frozen=True, eq=False)
class CodeModel:
    """A learner given by code: ``gradient(q (r, 1), index (r, b))`` of shape (r, b, 1), periodic in q."""

    gradient: Callable[[np.ndarray, np.ndarray], np.ndarray]
    n_samples: int
    period: float
    mean_loss: None = None
    trigonometric_degree: None = None


def load_gradient(reference: str, samples: int, period: float, folder: Path, *, allow_code: bool) -> CodeModel:
    """Import ``module:function`` from the folder, try it once, and return the learner that it defines."""
    path, function = _locate(reference, folder)
    if not allow_code:
        checks.fail(_NAME, "runs Python code, which needs your consent", f"{path.name}:{function}",
                    f"Read {path}; if you trust it, repeat with --allow-code (in Python: allow_code=True).")
    gradient = getattr(_import(path), function, None)
    if not callable(gradient):
        checks.fail(_NAME, f"must name a function of {path.name}", repr(function))
    model = CodeModel(_Gradient(gradient), samples, period)
    check_gradient(model.gradient, samples, (period,), _NAME, "learner.period")
    return model


def _locate(reference: str, folder: Path) -> tuple[Path, str]:
    module, colon, function = reference.partition(":")
    if not colon or not all(part.isidentifier() for part in [*module.split("."), function]):
        checks.fail(_NAME, 'must have the form "module:function"', reference,
                    "The module is a .py file beside the TOML file.")
    path = folder.joinpath(*module.split(".")).with_suffix(".py")
    if not path.is_file():
        checks.fail(_NAME, "must name a module beside the TOML file", reference, f"There is no file {path}.")
    return path, function


def _import(path: Path) -> ModuleType:
    """Run the file as a module of a name of its own, so that it hides no installed package."""
    name = f"qlearn_user_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        checks.fail(_NAME, f"must name a module that imports; {path.name} does not", _told(error))
    return module


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"
