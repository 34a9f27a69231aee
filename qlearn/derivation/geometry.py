"""Covariant equations written out in components, on an undefined metric, as algebra on jets."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import final

import sympy as sp

from qlearn.derivation.jets import TIME, JetSpace
from qlearn.derivation.notation import (
    Divergence,
    GradientSquared,
    LaplaceBeltrami,
    SecondDerivative,
    TensorDivergence,
    TensorSquare,
    TimeDerivative,
)

__all__ = ["Geometry"]


@final
@dataclass(frozen=True, eq=False)
class Geometry:
    """A d-dimensional space with the inverse metric g^{ij}(q) and the density √|g|(q) as undefined functions.

    The identities of the derivation hold whatever √|g| is, so it is left independent of g^{ij}; on a flat space
    g^{ij} = δ^{ij} and √|g| = 1. ``tensors`` holds further symmetric tensors K^{ij}(q) of undefined functions, and
    ``fields`` what each letter of an equation stands for.
    """

    space: JetSpace
    inverse: sp.Matrix
    volume: sp.Expr
    coordinates: tuple[sp.Symbol, ...] = ()
    fields: dict[sp.Symbol, sp.Expr] = field(default_factory=dict)
    tensors: dict[sp.Symbol, sp.Matrix] = field(default_factory=dict)

    @classmethod
    def of(cls, dimension: int, *, curved: bool, coordinates: tuple[sp.Symbol, ...] = ()) -> "Geometry":
        space = JetSpace(dimension)
        if not curved:
            return cls(space, sp.eye(dimension), sp.S.One, coordinates)
        inverse = undefined_tensor(space, "g")
        return cls(space, inverse, space.field("sqrt_g", time=False, positive=True), coordinates)

    def let(self, letter: sp.Symbol, *, time: bool = True, space: bool = True) -> sp.Symbol:
        """Let a letter stand for an undefined function of t and q (or of one of them); return its jet symbol."""
        self.fields[letter] = self.space.field(letter.name, time=time, space=space, positive=bool(letter.is_positive))
        return self.fields[letter]

    def let_tensor(self, letter: sp.Symbol) -> None:
        """Let a letter stand for a symmetric tensor of undefined functions of q."""
        self.tensors[letter] = undefined_tensor(self.space, letter.name)

    def components(self, expression: sp.Expr) -> sp.Expr:
        """Write a covariant expression out in jets, expanded."""
        return sp.expand(self._write_out(expression))

    def variation(self, density: sp.Expr, changes: dict[sp.Symbol, sp.Symbol]) -> sp.Expr:
        """Σ_f E_f(√|g| density) δf for letters f and their variations δf: the first variation of the integral."""
        lagrangian = sp.expand(self.volume * self.components(density))
        return sp.expand(sum(self.space.euler(lagrangian, self.fields[letter]) * change
                             for letter, change in changes.items()))

    def gradient(self, f: sp.Expr) -> list[sp.Expr]:
        return [self.space.derivative(f, axis) for axis in range(1, self.space.dimension + 1)]

    def divergence(self, vector: list[sp.Expr]) -> sp.Expr:
        """(1/√|g|) ∂_i(√|g| v^i)."""
        total = sum(self.space.derivative(self.volume * part, axis + 1) for axis, part in enumerate(vector))
        return sp.expand(total / self.volume)

    def raised(self, covector: list[sp.Expr], tensor: sp.Matrix) -> list[sp.Expr]:
        return list(tensor * sp.Matrix(covector))

    def _write_out(self, expression: sp.Expr) -> sp.Expr:
        if expression in self.fields:
            return self.fields[expression]
        if not expression.args:
            return expression
        if isinstance(expression, (TensorSquare, TensorDivergence)):
            tensor, *rest = expression.args
            return _OPERATORS[type(expression)](self, self.tensors[tensor], *map(self._write_out, rest))
        if isinstance(expression, SecondDerivative):
            axis = self.coordinates.index(expression.args[0]) + 1
            first = self.space.derivative(self._write_out(expression.args[1]), axis)
            return self.space.derivative(first, axis)
        arguments = [self._write_out(argument) for argument in expression.args]
        if type(expression) in _OPERATORS:
            return _OPERATORS[type(expression)](self, *arguments)
        return expression.func(*arguments)


def undefined_tensor(space: JetSpace, name: str) -> sp.Matrix:
    """A symmetric d × d matrix of undefined functions of q."""
    entries = {(i, j): space.field(f"{name}{i + 1}{j + 1}", time=False)
               for i in range(space.dimension) for j in range(i, space.dimension)}
    return sp.Matrix(space.dimension, space.dimension, lambda i, j: entries[min(i, j), max(i, j)])


def _squared(geometry: Geometry, tensor: sp.Matrix, f: sp.Expr) -> sp.Expr:
    gradient = geometry.gradient(f)
    return sum(a * b for a, b in zip(gradient, geometry.raised(gradient, tensor), strict=True))


def _divergence(geometry: Geometry, tensor: sp.Matrix, a: sp.Expr, f: sp.Expr) -> sp.Expr:
    return geometry.divergence([a * part for part in geometry.raised(geometry.gradient(f), tensor)])


_OPERATORS: dict[type, Callable[..., sp.Expr]] = {
    TimeDerivative: lambda geometry, f: geometry.space.derivative(f, TIME),
    GradientSquared: lambda geometry, f: _squared(geometry, geometry.inverse, f),
    LaplaceBeltrami: lambda geometry, f: _divergence(geometry, geometry.inverse, sp.S.One, f),
    Divergence: lambda geometry, a, f: _divergence(geometry, geometry.inverse, a, f),
    TensorSquare: _squared,
    TensorDivergence: _divergence,
}
