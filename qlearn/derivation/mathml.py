"""Equations as presentation MathML: a browser shows it without any script or network."""

import re
from collections.abc import Callable
from xml.sax.saxutils import escape

import sympy as sp
from sympy.core.function import AppliedUndef
from sympy.printing.precedence import PRECEDENCE, precedence

from qlearn.derivation.notation import (
    ActionIntegral,
    Covariant,
    Divergence,
    GradientSquared,
    LaplaceBeltrami,
    SecondDerivative,
    SpaceIntegral,
    TensorDivergence,
    TensorSquare,
    TimeDerivative,
)
from qlearn.derivation.printing import GREEK, rank, shortened

__all__ = ["to_mathml"]


def to_mathml(*expressions: sp.Basic) -> str:
    """A <math> element of presentation MathML, one row an expression: self-contained, for any browser of today.

    >>> to_mathml(sp.Eq(sp.Symbol("hbar"), sp.Symbol("E")))
    '<math xmlns="http://www.w3.org/1998/Math/MathML" display="block"><mi>ħ</mi><mo>=</mo><mi>E</mi></math>'
    """
    rows = [_mathml(shortened(expression)) for expression in expressions]
    body = rows[0] if len(rows) == 1 else '<mtable displaystyle="true">' + "".join(
        f'<mtr><mtd style="text-align: left">{_row(row)}</mtd></mtr>' for row in rows) + "</mtable>"
    return f'<math xmlns="http://www.w3.org/1998/Math/MathML" display="block">{body}</math>'


def _mathml(expression: sp.Basic) -> str:
    for kind, write in _WRITERS:
        if isinstance(expression, kind):
            return write(expression)
    return f"<mtext>{escape(str(expression))}</mtext>"


_NABLA = '<mi mathvariant="normal">∇</mi>'
_LAPLACE = '<msub><mi mathvariant="normal">Δ</mi><mi>g</mi></msub>'


def _squared(row: str) -> str:
    return f"<msup>{row}<mn>2</mn></msup>"


def _row(*parts: str) -> str:
    return f"<mrow>{''.join(parts)}</mrow>"


def _operator(sign: str) -> str:
    return f"<mo>{escape(sign)}</mo>"


def _bracketed(expression: sp.Basic, level: int) -> str:
    """The expression, in brackets where it binds less than the level."""
    inner = _mathml(expression)
    return _row(_operator("("), inner, _operator(")")) if precedence(expression) < level else _row(inner)


def _identifier(name: str) -> str:
    """A name, its trailing number or what follows _ as a subscript, Greek where it spells a Greek letter."""
    if name == "gammaprime":
        return "<msup><mi>γ</mi><mo>′</mo></msup>"
    stem, _, index = name.partition("_")
    if not index and (found := re.fullmatch(r"([A-Za-z]+?)(\d+)", name)):
        stem, index = found.groups()
    letter = f"<mi>{escape(GREEK.get(stem, stem))}</mi>"
    if not index:
        return letter
    return f"<msub>{letter}<mi>{escape(GREEK.get(index, index))}</mi></msub>"


def _sum(expression: sp.Add) -> str:
    parts = []
    for number, term in enumerate(sorted(expression.as_ordered_terms(), key=rank)):
        negative = term.could_extract_minus_sign()
        if number or negative:
            parts.append(_operator("−" if negative else "+"))
        parts.append(_bracketed(-term if negative else term, PRECEDENCE["Add"] + 1))
    return _row(*parts)


def _product(expression: sp.Mul) -> str:
    if expression.could_extract_minus_sign():
        return _row(_operator("−"), _bracketed(-expression, PRECEDENCE["Mul"]))
    above, below = sp.fraction(expression, exact=True)
    if below != 1:
        sums = [factor for factor in sp.Mul.make_args(above) if isinstance(factor, sp.Add)]
        rest = sp.Mul(*(factor for factor in sp.Mul.make_args(above) if not isinstance(factor, sp.Add)))
        fraction = f"<mfrac>{_row(_mathml(rest))}{_row(_mathml(below))}</mfrac>"
        return _row(fraction, *(_bracketed(factor, PRECEDENCE["Mul"]) for factor in sums))
    factors = expression.as_ordered_factors()
    factors.sort(key=lambda factor: (factor.has(Covariant), isinstance(factor, sp.Add) and not factor.has(Covariant)))
    thin = '<mspace width="0.1em"/>'
    return thin.join(_bracketed(factor, PRECEDENCE["Mul"]) if not factor.is_Number else _mathml(factor)
                     for factor in factors)


def _power(expression: sp.Pow) -> str:
    base, exponent = expression.args
    if exponent == sp.S.Half:
        return f"<msqrt>{_mathml(base)}</msqrt>"
    if exponent.is_Number and exponent < 0:
        return f"<mfrac><mn>1</mn>{_row(_mathml(base ** -exponent))}</mfrac>"
    if isinstance(base, Covariant):
        return f"<msup>{_row(_operator('('), _mathml(base), _operator(')'))}{_row(_mathml(exponent))}</msup>"
    return f"<msup>{_bracketed(base, PRECEDENCE['Atom'])}{_row(_mathml(exponent))}</msup>"


def _exponential(expression: sp.exp) -> str:
    above, below = sp.fraction(expression.args[0])
    slashed = "" if below == 1 else _operator("/") + _bracketed(below, PRECEDENCE["Pow"])
    return f"<msup><mi>e</mi>{_row(_bracketed(above, PRECEDENCE['Mul']) if slashed else _mathml(above), slashed)}</msup>"


def _rational(value: sp.Rational) -> str:
    if value < 0:
        return _row(_operator("−"), _rational(-value))
    if value.q == 1:
        return f"<mn>{value.p}</mn>"
    return f"<mfrac><mn>{value.p}</mn><mn>{value.q}</mn></mfrac>"


def _function(expression: sp.Function) -> str:
    name = {"log": "ln", "Abs": "abs"}.get(expression.func.__name__, expression.func.__name__)
    arguments = _operator(",").join(_mathml(argument) for argument in expression.args)
    letter = _identifier(name) if isinstance(expression, AppliedUndef) else f"<mi>{name}</mi>"
    return _row(letter, "<mo>&#x2061;</mo>", _operator("("), arguments, _operator(")"))


def _derivative(expression: sp.Derivative) -> str:
    parts = []
    for variable, count in expression.variable_count:
        partial = f"<msub><mi>∂</mi>{_mathml(variable)}</msub>"
        parts.append(partial if count == 1 else f"<msubsup><mi>∂</mi>{_mathml(variable)}{_mathml(count)}</msubsup>")
    return _row(*parts, _bracketed(expression.expr, PRECEDENCE["Mul"]))


def _argument(expression: sp.Basic) -> str:
    """The argument of an operator: in brackets where it is a sum or a product."""
    inner = _mathml(expression)
    return _row(_operator("("), inner, _operator(")")) if isinstance(expression, (sp.Add, sp.Mul)) else inner


def _nabla(index: str, *, up: bool = False) -> str:
    tag = "msup" if up else "msub"
    return f"<{tag}>{_NABLA}<mi>{index}</mi></{tag}>"


def _partial(index: str) -> str:
    return f"<msub><mi>∂</mi><mi>{index}</mi></msub>"


def _divergence(weight: sp.Basic, *flux: str) -> str:
    front = [] if weight == 1 else [_argument(weight), '<mspace width="0.2em"/>']
    return _row(_nabla("μ"), _operator("("), *front, *flux, _operator(")"))


def _tensor(letter: sp.Basic) -> str:
    return f"<msup>{_mathml(letter)}<mrow><mi>μ</mi><mi>ν</mi></mrow></msup>"


def _integral(density: sp.Basic, *measures: str) -> str:
    volume = "<msqrt><mrow><mo>|</mo><mi>g</mi><mo>|</mo></mrow></msqrt>"
    signs = {"t": "<mo>∫</mo><mi>d</mi><mi>t</mi>", "q": f"<mo>∫</mo>{volume}<mi>d</mi><mi>q</mi>"}
    return _row(*(signs[measure] for measure in measures), _operator("["), _mathml(density), _operator("]"))


_WRITERS: list[tuple[type, Callable[..., str]]] = [
    (sp.Equality, lambda e: _mathml(e.lhs) + _operator("=") + _mathml(e.rhs)),
    (TimeDerivative, lambda e: _row(_partial("t"), _argument(e.args[0]))),
    (GradientSquared, lambda e: _squared(_row(_operator("|"), _NABLA, _argument(e.args[0]), _operator("|")))),
    (LaplaceBeltrami, lambda e: _row(_LAPLACE, _argument(e.args[0]))),
    (Divergence, lambda e: _divergence(e.args[0], _nabla("μ", up=True), _argument(e.args[1]))),
    (TensorSquare, lambda e: _row(_tensor(e.args[0]), _partial("μ"), _argument(e.args[1]), _partial("ν"),
                                  _argument(e.args[1]))),
    (TensorDivergence, lambda e: _divergence(e.args[1], _tensor(e.args[0]), _partial("ν"), _argument(e.args[2]))),
    (SecondDerivative, lambda e: _row(f"<msubsup><mi>∂</mi>{_mathml(e.args[0])}<mn>2</mn></msubsup>",
                                      _argument(e.args[1]))),
    (SpaceIntegral, lambda e: _integral(e.args[0], "q")),
    (ActionIntegral, lambda e: _integral(e.args[0], "t", "q")),
    (sp.Add, _sum),
    (sp.Mul, _product),
    (sp.exp, _exponential),
    (sp.Pow, _power),
    (sp.Rational, _rational),
    (sp.Float, lambda e: _row(_operator("−"), _mathml(-e)) if e < 0 else f"<mn>{float(e):.6g}</mn>"),
    (sp.Symbol, lambda e: _identifier(e.name)),
    (type(sp.I), lambda e: "<mi>i</mi>"),
    (sp.NumberSymbol, lambda e: f"<mi>{GREEK.get(str(e), str(e))}</mi>"),
    (sp.Derivative, _derivative),
    (sp.Function, _function),
    (sp.MatrixBase, lambda e: _row(_operator("("), "<mtable>" + "".join(
        "<mtr>" + "".join(f"<mtd>{_mathml(entry)}</mtd>" for entry in row) + "</mtr>" for row in e.tolist())
        + "</mtable>", _operator(")"))),
]
