"""Digits obtained and digits certified: a number with an error bound of its own against one that is known."""

from typing import Any

import numpy as np

from validation.evidence import Evidence

__all__ = ["digits"]


def digits(what: str, found: Any, exact: Any, bounds: Any, needed: float, *, known: float = 0.0, scale: Any = None) -> Evidence:
    """The line holds where every number has the digits needed, and none is farther from its exact value than its bound.

    found, exact, bounds : numbers or arrays of one shape, complex ones too.     needed : digits, −log₁₀ of the relative error.
    known : what the exact values themselves may be off by, relative.     scale : what errors are relative to; default |exact|.
    """
    found, exact, bounds = (np.atleast_1d(np.asarray(values)) for values in (found, exact, bounds))
    unit = np.abs(exact) if scale is None else np.broadcast_to(np.asarray(scale, float), exact.shape)
    errors, certified = np.abs(found - exact) / unit, bounds / unit
    worst, claimed = float(np.max(errors)), float(np.max(certified))
    honest = bool(np.all(errors <= certified + known))
    text = f"{what}: {_digits(worst)} digits obtained, {_digits(claimed)} certified"
    return Evidence(text if honest else f"{text}, NOT within the bound", worst, f"≤ {10.0**-needed:.1e}, ≤ own bound",
                    bool(worst <= 10.0**-needed) and honest, floor=max(known, float(np.finfo(float).eps)))


def _digits(error: float) -> str:
    return "all" if error == 0 else f"{-np.log10(error):.1f}"
