"""results.json: every number behind the report, as strict JSON; the same run gives the same bytes."""

import json
import math
import platform
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

import qlearn
from qlearn.verification.claims import Verification

__all__ = ["json_text", "results", "versions"]


def results(verification: Verification) -> str:
    """The verification as JSON text: claims, summary, tables, the arrays of the figures, settings, versions.

    A number that is not finite becomes null; there is no NaN.  Times taken are left out, so that two runs compare equal.
    """
    content = {
        "title": verification.title,
        "passed": verification.passed,
        "claims": [asdict(claim) for claim in verification.claims],
        "summary": verification.summary,
        "derivations": [_derivation(title, derivation) for title, derivation in verification.derivations],
        "tables": verification.tables,
        "figures": verification.figures,
        "settings": verification.settings,
        "versions": versions(),
    }
    return json_text(content)


def json_text(content: Mapping[str, Any]) -> str:
    """Strict JSON of mappings, lists, arrays and numbers."""
    return json.dumps(_plain(content), ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def versions() -> dict[str, str]:
    """Versions of qlearn, Python and what it calculates with; what is not installed is left out."""
    found = {"qlearn": qlearn.__version__, "Python": platform.python_version()}
    for name in ("numpy", "scipy", "sympy", "qutip"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _derivation(title: str, derivation: Any) -> dict[str, Any]:
    steps = [{"name": step.name, "residual": str(step.residual), "source": step.source} for step in derivation.steps]
    return {"title": title, "kind": derivation.equation.kind, "latex": derivation.equation.latex(), "steps": steps}


def _plain(value: Any) -> Any:
    """Only dict, list, str, int, float, bool and None."""
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, complex):
        return {"real": _plain(value.real), "imag": _plain(value.imag)}
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, str | int | None) else str(value)
