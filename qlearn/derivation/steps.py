"""Step: one line of a derivation, with its residual; a residual that is not 0 stops everything."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import final

import sympy as sp

from qlearn.errors import DerivationError

__all__ = ["Step", "checked"]


@final
@dataclass(frozen=True, eq=False)
class Step:
    """One step: its name, the equation in covariant notation, the residual (0 where it holds) and where it is from.

    ``residual`` is what is left of the statement after it was written out in components for undefined functions.
    """

    name: str
    statement: sp.Basic
    residual: sp.Expr
    source: str

    @property
    def holds(self) -> bool:
        return self.residual == 0


def checked(steps: Iterable[Step]) -> tuple[Step, ...]:
    """Return the steps if every residual is 0. Raises DerivationError, naming the first step that fails."""
    steps = tuple(steps)
    for step in steps:
        if not step.holds:
            residual = str(step.residual)
            raise DerivationError(f"the step {step.name!r} does not hold: it leaves the residual "
                                  f"{residual[:200]}{'…' if len(residual) > 200 else ''}")
    return steps
