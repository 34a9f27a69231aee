"""Equations as LaTeX, as presentation MathML (for a browser, without any script) and as plain text."""

import re
from collections.abc import Callable
from xml.sax.saxutils import escape

import sympy as sp
from sympy.core.function import AppliedUndef
from sympy.printing.latex import LatexPrinter
from sympy.printing.precedence import PRECEDENCE, precedence
from sympy.printing.str import StrPrinter

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

__all__ = ["to_latex", "to_mathml", "to_text"]

_GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "eta": "η", "theta": "θ", "kappa": "κ",
    "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ", "phi": "φ",
    "chi": "χ", "psi": "ψ", "omega": "ω", "hbar": "ħ", "Phi": "Φ", "Psi": "Ψ", "Gamma": "Γ", "Delta": "Δ",
    "Omega": "Ω", "zeta": "ζ", "Lambda": "Λ", "Sigma": "Σ", "Theta": "Θ",
}


class _Ordered(LatexPrinter):
    """SymPy's LaTeX with sums in the order of a physicist: ∂_t first, what is differentiated next, the rest last."""

    def _as_ordered_terms(self, expr, order=None):
        return sorted(super()._as_ordered_terms(expr, order), key=_rank)


class _OrderedText(StrPrinter):
    def _as_ordered_terms(self, expr, order=None):
        return sorted(super()._as_ordered_terms(expr, order), key=_rank)


def to_latex(expression: sp.Basic) -> str:
    r"""LaTeX of a statement.

    >>> from qlearn.derivation.schrodinger import schrodinger_equation
    >>> to_latex(schrodinger_equation())
    'i \\hbar \\partial_t \\psi = - \\frac{\\hbar^{2} \\Delta_g \\psi}{2 m} + V \\psi'
    """
    return _Ordered({"ln_notation": True}).doprint(expression)


def to_text(expression: sp.Basic) -> str:
    """Plain text of a statement, with Greek letters.

    >>> from qlearn.derivation.schrodinger import schrodinger_equation
    >>> to_text(schrodinger_equation())
    'i*ħ*∂_t ψ = -ħ**2*Δ_g ψ/(2*m) + V*ψ'
    """
    if isinstance(expression, sp.Equality):
        return f"{to_text(expression.lhs)} = {to_text(expression.rhs)}"
    text = _OrderedText().doprint(expression)
    text = re.sub(r"\bI\b", "i", text).replace("gammaprime", "γ'").replace("log(", "ln(")
    return re.sub(r"[A-Za-z]+", lambda word: _GREEK.get(word.group(), word.group()), text)


def to_mathml(*expressions: sp.Basic) -> str:
    """A <math> element of presentation MathML, one row an expression: self-contained, for any browser of today.

    >>> to_mathml(sp.Eq(sp.Symbol("hbar"), sp.Symbol("E")))
    '<math xmlns="http://www.w3.org/1998/Math/MathML" display="block"><mi>ħ</mi><mo>=</mo><mi>E</mi></math>'
    """
    rows = [_mathml(expression) for expression in expressions]
    body = rows[0] if len(rows) == 1 else "<mtable columnalign=\"left\">" + "".join(
        f'<mtr><mtd style="text-align: left">{_row(row)}</mtd></mtr>' for row in rows) + "</mtable>"
    return f'<math xmlns="http://www.w3.org/1998/Math/MathML" display="block">{body}</math>'


def _rank(term: sp.Expr) -> int:
    if term.has(TimeDerivative):
        return 0
    return 1 if term.has(Covariant) else 2


def _mathml(expression: sp.Basic) -> str:
    for kind, write in _WRITERS:
        if isinstance(expression, kind):
            return write(expression)
    return f"<mtext>{escape(str(expression))}</mtext>"


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
    letter = f"<mi>{escape(_GREEK.get(stem, stem))}</mi>"
    if not index:
        return letter
    return f"<msub>{letter}<mi>{escape(_GREEK.get(index, index))}</mi></msub>"


def _sum(expression: sp.Add) -> str:
    parts = []
    for number, term in enumerate(sorted(expression.as_ordered_terms(), key=_rank)):
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
        return f"<mfrac>{_row(_mathml(above))}{_row(_mathml(below))}</mfrac>"
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
        partial = f"<msub><mo>∂</mo>{_mathml(variable)}</msub>"
        parts.append(partial if count == 1 else f"<msubsup><mo>∂</mo>{_mathml(variable)}{_mathml(count)}</msubsup>")
    return _row(*parts, _bracketed(expression.expr, PRECEDENCE["Mul"]))


def _argument(expression: sp.Basic) -> str:
    """The argument of an operator: in brackets where it is a sum or a product."""
    inner = _mathml(expression)
    return _row(_operator("("), inner, _operator(")")) if isinstance(expression, (sp.Add, sp.Mul)) else inner


def _nabla(index: str, *, up: bool = False) -> str:
    tag = "msup" if up else "msub"
    return f"<{tag}><mo>∇</mo><mi>{index}</mi></{tag}>"


def _partial(index: str) -> str:
    return f"<msub><mo>∂</mo><mi>{index}</mi></msub>"


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
    (GradientSquared, lambda e: f"<msup>{_row(_operator('|'), '<mo>∇</mo>', _argument(e.args[0]), _operator('|'))}"
                                "<mn>2</mn></msup>"),
    (LaplaceBeltrami, lambda e: _row("<msub><mo>Δ</mo><mi>g</mi></msub>", _argument(e.args[0]))),
    (Divergence, lambda e: _divergence(e.args[0], _nabla("μ", up=True), _argument(e.args[1]))),
    (TensorSquare, lambda e: _row(_tensor(e.args[0]), _partial("μ"), _argument(e.args[1]), _partial("ν"),
                                  _argument(e.args[1]))),
    (TensorDivergence, lambda e: _divergence(e.args[1], _tensor(e.args[0]), _partial("ν"), _argument(e.args[2]))),
    (SecondDerivative, lambda e: _row(f"<msubsup><mo>∂</mo>{_mathml(e.args[0])}<mn>2</mn></msubsup>",
                                      _argument(e.args[1]))),
    (SpaceIntegral, lambda e: _integral(e.args[0], "q")),
    (ActionIntegral, lambda e: _integral(e.args[0], "t", "q")),
    (sp.Add, _sum),
    (sp.Mul, _product),
    (sp.exp, lambda e: f"<msup><mi>e</mi>{_row(_mathml(e.args[0]))}</msup>"),
    (sp.Pow, _power),
    (sp.Rational, _rational),
    (sp.Float, lambda e: f"<mn>{e}</mn>"),
    (sp.Symbol, lambda e: _identifier(e.name)),
    (type(sp.I), lambda e: "<mi>i</mi>"),
    (sp.NumberSymbol, lambda e: f"<mi>{_GREEK.get(str(e), str(e))}</mi>"),
    (sp.Derivative, _derivative),
    (sp.Function, _function),
    (sp.MatrixBase, lambda e: _row(_operator("("), "<mtable>" + "".join(
        "<mtr>" + "".join(f"<mtd>{_mathml(entry)}</mtd>" for entry in row) + "</mtr>" for row in e.tolist())
        + "</mtable>", _operator(")"))),
]
