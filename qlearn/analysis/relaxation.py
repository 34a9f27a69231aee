"""[relaxation]: the rates at which a learner forgets."""

from typing import Any

from qlearn.analysis.levels import digits
from qlearn.analysis.parts import Part, judged
from qlearn.config import SpectrumConfig
from qlearn.spectrum import Relaxation
from qlearn.spectrum import relaxation as solved

__all__ = ["relaxation"]


def relaxation(config: SpectrumConfig) -> Part:
    """The rates of the file, each certified where its bound is at most tol times the rate."""
    asked, source = config.relaxation, config.source
    assert asked is not None
    found = solved(source.learner, asked.count, grid=source.grid, parameters=source.parameters, tol=asked.tol)
    summary = {"operator": found.kind, "method": found.method, "grid": list(found.grid.shape), "time unit": found.time_unit,
               "detailed balance": found.detailed_balance, "circulation": found.circulation,
               "entropy production": found.entropy_production}
    return Part("relaxation", f"The {asked.count} slowest relaxation rates", asked.tol, "of each rate", _rows(found, asked.tol),
                summary, found, "The eigenvalues λ of the learner's Fokker–Planck operator; the rates are −Re λ.",
                beside=((found.stationary, "The density of learners at rest."),) if found.grid.ndim < 3 else ())


def _rows(found: Relaxation, tol: float) -> tuple[dict[str, Any], ...]:
    rows = []
    for j, eigenvalue in enumerate(found.eigenvalues[1:], start=1):
        bound = float(found.error_bounds[j])
        row: dict[str, Any] = {"number": j, "rate": -float(eigenvalue.real)}
        if found.kind != "witten":
            row["frequency"] = float(eigenvalue.imag)
        rows.append({**row, "residual": float(found.residuals[j]), "digits": digits(eigenvalue, bound),
                     **judged(bound, tol * abs(eigenvalue), bounded=found.kind == "witten")})
    return tuple(rows)
