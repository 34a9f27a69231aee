"""A safe parser for formulas that come from strangers: numbers, + − * / **, declared names, a few functions.

Text is read by Python's own grammar into a syntax tree, and every node of the tree must be on the list of
qlearn.systems.grammar; nothing is ever evaluated, executed or handed to SymPy as text. SymPy is imported only where a
SymPy expression is asked for.
"""

import ast
import math
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from qlearn import checks
from qlearn.systems.grammar import FUNCTIONS, OPERATORS, SIGNS, Reader, listed, plain_name, syntax_tree

__all__ = ["FUNCTIONS", "Expression", "identifiers", "parse"]

@final
@dataclass(frozen=True, eq=False)
class Expression:
    """A formula that went through :func:`parse`.

    Attributes: ``text`` as given; ``declared`` the names that it may use, ``names`` those that it uses; ``functions``
    the undefined functions that it applies. A formula with undefined functions has a SymPy form but no numbers.

    >>> potential = parse("0.5*k*x**2 + cos(pi*x)", ["x", "k"])
    >>> float(potential.evaluate(x=2.0, k=3.0))
    7.0
    >>> potential.sympy()
    k*x**2/2 + cos(pi*x)
    """

    text: str
    declared: frozenset[str]
    names: frozenset[str]
    functions: frozenset[str]
    argument: str
    tree: ast.expr

    def evaluate(self, **arrays: Any) -> np.ndarray:
        """Evaluate in double precision; the arrays broadcast against each other.

        Raises ArgumentError where a name is missing or unknown, or where the result is not finite.
        """
        _check_given(self, arrays)
        values = {name: np.asarray(value, dtype=float) for name, value in arrays.items()}
        shape = np.broadcast_shapes(*(value.shape for value in values.values()))
        with np.errstate(all="ignore"):
            result = np.broadcast_to(np.asarray(_numbers(self.tree, values), dtype=float), shape)
        if not np.all(np.isfinite(result)):
            count = int(np.sum(~np.isfinite(result)))
            checks.fail(self.argument, "must be finite wherever it is evaluated",
                        f"{count} NaN or infinite of {result.size} values of {self.text!r}",
                        "Check its poles, logarithms and roots.")
        return result

    def sympy(self, **symbols: Any) -> Any:
        """The SymPy form, built node by node; names left out become real symbols, decimals exact rationals."""
        unknown = set(symbols) - self.declared
        if unknown:
            checks.fail(self.argument, f"has the names {listed(self.declared)}", f"{sorted(unknown)[0]!r}")
        return _symbolic(self.tree, symbols)


def parse(text: str, names: Collection[str], *, functions: Collection[str] = (),
          argument: str = "expression") -> Expression:
    """Read a formula such as ``"0.5*gamma*T*cos(x)"``.

    ``names`` are the variables that it may use, ``functions`` the undefined functions that it may apply, as in U(q);
    ``argument`` is what error messages call it. Constant parts must be finite and of ordinary size, and powers are
    limited (degree ≤ 200), so that no text takes long. Raises ArgumentError, one line, naming what is not allowed.

    >>> parse("U(q)**2 + a", ["q", "a"], functions=["U"]).sympy()
    a + U(q)**2
    >>> parse("q.__class__", ["q"])
    Traceback (most recent call last):
        ...
    qlearn.errors.ArgumentError: expression must not contain an attribute; given 'q.__class__'. Allowed are ...
    """
    tree = syntax_tree(text, argument)
    reader = Reader(argument, frozenset(names), frozenset(functions))
    for name in [*reader.declared, *reader.functions]:
        if not plain_name(name) or name in FUNCTIONS or name == "pi":
            checks.fail("names", "must be plain names that are not functions or pi themselves", repr(name))
    reader.degree(tree)
    return Expression(text, reader.declared, frozenset(_used(tree)) & reader.declared,
                      frozenset(_applied(tree)) & reader.functions, argument, tree)


def identifiers(text: str, *, argument: str = "expression") -> frozenset[str]:
    """The variable names in a text, for callers to whom every name is a parameter; ``pi`` and functions left out.

    >>> sorted(identifiers("0.5*k*x**2 + U(q) + pi"))
    ['k', 'q', 'x']
    """
    tree = syntax_tree(text, argument)
    return frozenset(name for name in _used(tree) if plain_name(name) and name not in FUNCTIONS and name != "pi")


def _numbers(node: ast.expr, values: dict[str, np.ndarray]) -> Any:
    if isinstance(node, ast.Constant):
        return np.float64(node.value)  # type: ignore[arg-type]
    if isinstance(node, ast.Name):
        return np.float64(math.pi) if node.id == "pi" else values[node.id]
    if isinstance(node, ast.UnaryOp):
        return SIGNS[type(node.op)](_numbers(node.operand, values))
    if isinstance(node, ast.BinOp):
        return OPERATORS[type(node.op)](_numbers(node.left, values), _numbers(node.right, values))
    assert isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    return FUNCTIONS[node.func.id](_numbers(node.args[0], values))


def _symbolic(node: ast.expr, symbols: dict[str, Any]) -> Any:
    import sympy

    if isinstance(node, ast.Constant):
        return sympy.Rational(repr(node.value))
    if isinstance(node, ast.Name):
        return sympy.pi if node.id == "pi" else symbols.get(node.id, sympy.Symbol(node.id, real=True))
    if isinstance(node, ast.UnaryOp):
        return SIGNS[type(node.op)](_symbolic(node.operand, symbols))
    if isinstance(node, ast.BinOp):
        return OPERATORS[type(node.op)](_symbolic(node.left, symbols), _symbolic(node.right, symbols))
    assert isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    arguments = [_symbolic(argument, symbols) for argument in node.args]
    if node.func.id not in FUNCTIONS:
        return sympy.Function(node.func.id)(*arguments)
    return (sympy.Abs if node.func.id == "abs" else getattr(sympy, node.func.id))(*arguments)


def _check_given(expression: Expression, arrays: dict[str, Any]) -> None:
    if expression.functions:
        checks.fail(expression.argument, "has no numbers while it applies an undefined function",
                    repr(expression.text), "Write the function out.")
    missing = expression.names - set(arrays)
    if missing:
        checks.fail(expression.argument, f"needs {listed(expression.names)}", f"no {sorted(missing)[0]!r}")
    unknown = set(arrays) - expression.declared
    if unknown:
        checks.fail(expression.argument, f"has the names {listed(expression.declared)}", f"{sorted(unknown)[0]!r}")


def _used(tree: ast.expr) -> Iterator[str]:
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    return (node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in called)


def _applied(tree: ast.expr) -> Iterator[str]:
    return (node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name))
