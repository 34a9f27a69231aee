"""What a formula from a stranger may contain: the whitelist of the safe parser, checked node by node.

Text is read by Python's own grammar into a syntax tree; whatever is not on the list below is refused, by name, before
anything is computed. Nothing here evaluates, executes or imports what a text says.
"""

import ast
import math
import warnings
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, NoReturn, final

import numpy as np

from qlearn import checks

__all__ = ["FUNCTIONS", "OPERATORS", "SIGNS", "Reader", "constant", "listed", "plain_name", "syntax_tree"]

FUNCTIONS = {
    "sin": np.sin, "cos": np.cos, "tan": np.tan, "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan,
    "sinh": np.sinh, "cosh": np.cosh, "tanh": np.tanh, "exp": np.exp, "log": np.log, "sqrt": np.sqrt, "abs": np.abs,
}
_MATH = {name: getattr(math, name) for name in FUNCTIONS if name != "abs"} | {"abs": abs}
OPERATORS: dict[type, Any] = {
    ast.Add: lambda a, b: a + b, ast.Sub: lambda a, b: a - b, ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b, ast.Pow: lambda a, b: a ** b,
}
SIGNS: dict[type, Any] = {ast.UAdd: lambda a: a, ast.USub: lambda a: -a}
_LENGTH, _DEPTH, _DEGREE = 4000, 120, 200
_ALLOWED = "Allowed are numbers, + - * / **, parentheses, pi"



@final
@dataclass(frozen=True, eq=False)
class Reader:
    """Checks every node; ``degree`` bounds how large powers of a subtree can become and is nan-free by construction."""

    argument: str
    declared: frozenset[str]
    functions: frozenset[str]

    def degree(self, node: ast.expr) -> float:
        """Return a bound on the polynomial degree of a node, 0 where it is constant; refuse what is not on the list."""
        degree = self._degree(node)
        if degree > _DEGREE:
            self.refuse(f"must not contain powers above degree {_DEGREE}", node)
        if not degree and not isinstance(node, ast.Constant):
            self._check_constant(node)
        return degree

    def _degree(self, node: ast.expr) -> float:
        if isinstance(node, ast.Constant):
            return self._number(node)
        if isinstance(node, ast.Name):
            return self._name(node)
        if isinstance(node, ast.Call):
            return self._call(node)
        if isinstance(node, ast.UnaryOp) and type(node.op) in SIGNS:
            return self.degree(node.operand)
        if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
            return self._operation(node)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitXor):
            self.refuse("must not contain '^'", node, "Write ** for a power.")
        self.refuse(f"must not contain {_kind(node)}", node)

    def _number(self, node: ast.Constant) -> float:
        value = node.value
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            kind = {bool: "True or False", str: "a string", complex: "an imaginary number"}.get(
                type(value), "a constant that is no number")
            self.refuse(f"must not contain {kind}", node)
        if abs(value) > 1e300:
            self.refuse("must not contain a number above 1e300", node)
        return 0.0

    def _name(self, node: ast.Name) -> float:
        if node.id == "pi":
            return 0.0
        if node.id in FUNCTIONS or node.id in self.functions:
            self.refuse(f"must apply the function {node.id} to an argument", node, f"Write {node.id}(…).")
        if node.id not in self.declared:
            self.refuse(f"must not contain the name {node.id[:40]!r}", node)
        return 1.0

    def _call(self, node: ast.Call) -> float:
        if not isinstance(node.func, ast.Name):
            self.refuse(f"must not call {_kind(node.func)}", node)
        name = node.func.id
        if name not in FUNCTIONS and name not in self.functions:
            self.refuse(f"must not call {name[:40]!r}", node)
        if node.keywords:
            self.refuse(f"must not contain a keyword argument in {name}(…)", node)
        if not node.args or (name in FUNCTIONS and len(node.args) != 1):
            self.refuse(f"must give {name} {'one argument' if name in FUNCTIONS else 'an argument'}", node)
        degrees = [self.degree(argument) for argument in node.args]
        return 1.0 if any(degrees) or name in self.functions else 0.0

    def _operation(self, node: ast.BinOp) -> float:
        left, right = self.degree(node.left), self.degree(node.right)
        if isinstance(node.op, ast.Div) and not right and constant(node.right) == 0:
            self.refuse("must not divide by zero", node)
        if isinstance(node.op, ast.Pow):
            return left * max(abs(constant(node.right)), 1.0) if not right else max(left, right, 1.0)
        return left + right if isinstance(node.op, (ast.Mult, ast.Div)) else max(left, right)

    def _check_constant(self, node: ast.expr) -> None:
        try:
            value = constant(node)
        except (OverflowError, ValueError, ZeroDivisionError, TypeError):
            value = math.inf
        if isinstance(value, complex) or not abs(value) <= 1e300:
            self.refuse("must not contain a constant that is not real and finite, or above 1e300", node)
        if value == 0 and isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow) and constant(node.left) != 0:
            self.refuse("must not contain a constant power that vanishes in double precision", node)

    def refuse(self, requirement: str, node: ast.expr, remedy: str = "") -> NoReturn:
        names = f", the names {listed(self.declared)}" if self.declared else ""
        undefined = f", {listed(self.functions)}" if self.functions else ""
        checks.fail(self.argument, requirement, repr(_source(node)),
                    f"{remedy} {_ALLOWED}{names} and the functions {listed(FUNCTIONS)}{undefined}.".strip())


def syntax_tree(text: str, argument: str) -> ast.expr:
    """Parse text that passed the checks of length, alphabet and nesting."""
    if not isinstance(text, str):
        checks.fail(argument, "must be a text", f"{type(text).__name__} {text!r}")
    if len(text) > _LENGTH:
        checks.fail(argument, f"must have at most {_LENGTH} characters", f"{len(text)} characters")
    for character in text:
        if not (" " <= character <= "~" or character == "\t"):
            checks.fail(argument, "must be written in plain ASCII on one line",
                        f"the character {character!r} (U+{ord(character):04X})", "Spell Greek out, as in gamma.")
    if text.count("(") > _DEPTH or text.count("[") > _DEPTH or text.count("{") > _DEPTH:
        checks.fail(argument, f"must have at most {_DEPTH} brackets", repr(text))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        reason = getattr(error, "msg", None) or "nested too deeply"
        checks.fail(argument, f"must be a formula ({reason})", repr(text), "For example 0.5*k*x**2 + cos(x).")
    if _deep(tree):
        checks.fail(argument, f"must be nested at most {_DEPTH} deep", repr(text), "Shorten or split it.")
    return tree


def _deep(tree: ast.expr) -> bool:
    level: list[ast.AST] = [tree]
    for _ in range(_DEPTH):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        if not level:
            return False
    return True


def constant(node: ast.expr) -> Any:
    """The value of a checked node without names, in Python floats (so that 9**9**9 overflows at once)."""
    if isinstance(node, ast.Constant):
        return float(node.value)  # type: ignore[arg-type]
    if isinstance(node, ast.Name):
        return math.pi
    if isinstance(node, ast.UnaryOp):
        return SIGNS[type(node.op)](constant(node.operand))
    if isinstance(node, ast.BinOp):
        return OPERATORS[type(node.op)](constant(node.left), constant(node.right))
    assert isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    return _MATH[node.func.id](constant(node.args[0]))


def plain_name(name: Any) -> bool:
    return isinstance(name, str) and name.isascii() and name.isidentifier() and not name.startswith("_")


def _kind(node: ast.expr) -> str:
    words = {
        ast.Attribute: "an attribute", ast.Lambda: "a lambda", ast.Compare: "a comparison", ast.Subscript: "an index",
        ast.BoolOp: "and/or", ast.IfExp: "an if", ast.Tuple: "a comma", ast.List: "a list", ast.Dict: "a dictionary",
        ast.Set: "a set", ast.ListComp: "a comprehension", ast.SetComp: "a comprehension", ast.JoinedStr: "a string",
        ast.DictComp: "a comprehension", ast.GeneratorExp: "a comprehension", ast.Starred: "a star",
        ast.NamedExpr: "an assignment", ast.UnaryOp: "the operator not or ~", ast.Await: "await", ast.Yield: "yield",
        ast.BinOp: "an operator other than + - * / **",
    }
    return words.get(type(node), type(node).__name__)


def _source(node: ast.expr) -> str:
    return ast.unparse(node)


def listed(names: Collection[str]) -> str:
    return ", ".join(sorted(names)) if names else "none"
