"""Derivation: the steps that lead from a learning system to its equation, and what they rest on."""

from dataclasses import dataclass
from typing import final

from qlearn.derivation.equation import Equation
from qlearn.derivation.mathml import to_mathml
from qlearn.derivation.printing import to_latex, to_text
from qlearn.derivation.steps import Step

__all__ = ["Derivation"]


@final
@dataclass(frozen=True, eq=False)
class Derivation:
    """The result of ``derive``: every step with its residual, the equation, and what was assumed.

    ``steps`` : tuple of Step(name, statement, residual, source); a residual is the statement, written out in components
    for undefined functions on an undefined metric, and is 0. ``equation`` : the Equation. ``notes`` : assumptions,
    conditions and readings, as sentences.
    """

    steps: tuple[Step, ...]
    equation: Equation
    convention: str
    reading: str | None
    notes: tuple[str, ...]

    @property
    def residuals_vanish(self) -> bool:
        """Whether every residual is 0; ``derive`` returns nothing else, so this is for reports to print."""
        return all(step.holds for step in self.steps)

    def latex(self) -> str:
        """All steps and the equation as LaTeX."""
        lines = [f"% {step.name} [{step.source}], residual {step.residual}\n\\[ {to_latex(step.statement)} \\]"
                 for step in self.steps]
        return "\n".join([*lines, f"% {self.equation.kind}\n\\[ {self.equation.latex()} \\]"])

    def mathml(self) -> list[tuple[str, str, str, str]]:
        """(name, presentation MathML, residual, source) of each step, for a report; the equation is ``equation.mathml()``."""
        return [(step.name, to_mathml(step.statement), str(step.residual), step.source) for step in self.steps]

    def table(self) -> list[tuple[str, str, str, str]]:
        """(name, statement in plain text, residual, source) of each step."""
        return [(step.name, to_text(step.statement), str(step.residual), step.source) for step in self.steps]

    def __str__(self) -> str:
        lines = [f"{name}\n    {statement}\n    residual {residual}   [{source}]" for name, statement, residual, source
                 in self.table()]
        result = [to_text(line) for line in (self.equation.statement, *self.equation.definitions)]
        return "\n".join([*lines, f"=> {self.equation.kind}", *(f"    {line}" for line in result), *self.notes])
