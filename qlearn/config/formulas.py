"""Formulas of a file as functions of the coordinates: parsed by the safe parser, never executed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from qlearn import checks
from qlearn.systems.expressions import Expression, parse

__all__ = ["Formula", "FormulaArray", "constant", "formula"]


@final
@dataclass(frozen=True, eq=False)
class Formula:
    """f(*q) of a text, the parameters put in."""

    expression: Expression
    coordinates: tuple[str, ...]
    parameters: Mapping[str, float]

    def __call__(self, *q: Any) -> np.ndarray:
        return self.expression.evaluate(**dict(zip(self.coordinates, q, strict=True)), **self.parameters)


@final
@dataclass(frozen=True, eq=False)
class FormulaArray:
    """f(*q) of lists of formulas: (n, *shape) of a list, (n, n, *shape) of rows."""

    entries: Sequence[Any]

    def __call__(self, *q: Any) -> np.ndarray:
        return np.array([[entry(*q) for entry in row] if isinstance(row, list) else row(*q) for row in self.entries])


def formula(name: str, given: Any, coordinates: tuple[str, ...], parameters: Mapping[str, float]) -> Formula:
    """The formula of a text, or of a number."""
    words = given if isinstance(given, str) else repr(checks.real(name, given, remedy='Or write a formula in quotes, "x**2/2".'))
    return Formula(parse(words, [*coordinates, *parameters], argument=name), coordinates, parameters)


def constant(name: str, given: Any, remedy: str = "") -> float:
    """A number, or a formula without names such as "2*pi"."""
    if isinstance(given, str):
        given = float(parse(given, [], argument=name).evaluate())
    return checks.real(name, given, remedy=remedy)
