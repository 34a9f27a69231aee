"""The Schrödinger equation follows from the action: every residual of every step is 0, in one to three dimensions.

Residuals come from the Euler–Lagrange equations of the action with undefined functions.  Control: each coefficient of the
action, changed by a tenth, leaves a residual.
"""

from dataclasses import fields, replace

import sympy as sp

import qlearn as ql
from qlearn.derivation.action import ActionCoefficients, action_steps, prepared
from validation.evidence import Evidence, at_least, at_most

SYSTEMS = {
    "1-D, undefined V, metric g(q)": dict(coordinates="q", potential="V(q)", metric=[["g(q)"]]),
    "1-D, static loss U(q), metric g(q)": dict(coordinates="q", loss="U(q)", metric=[["g(q)"]]),
    "2-D, full metric": dict(coordinates="x y", potential="V(x, y)",
                             metric=[["g11(x, y)", "g12(x, y)"], ["g12(x, y)", "g22(x, y)"]]),
    "3-D, flat": dict(coordinates="x y z", potential="V(x, y, z)"),
}


def nonzero(steps) -> int:
    return sum(step.residual != 0 for step in steps)


def evidence() -> list[Evidence]:
    lines = []
    for label, system in SYSTEMS.items():
        steps = ql.derive(ql.LearningSystem(**system)).steps
        lines.append(at_most(f"{label}: residuals other than 0 in {len(steps)} steps", nonzero(steps), 0))
    for term in (field.name for field in fields(ActionCoefficients)):
        right = ActionCoefficients()
        wrong = replace(right, **{term: sp.Rational(11, 10) * getattr(right, term)})
        steps = action_steps(prepared(1, curved=True, tensor=False), tensor=False, coefficients=wrong)
        lines.append(at_least(f"coefficient of (4) changed, {term}: residuals other than 0", nonzero(steps), 1, control=True))
    return lines
