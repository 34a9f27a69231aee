"""Equations as LaTeX and as plain text, in a physicist's order of terms."""

import re

import sympy as sp
from sympy.printing.latex import LatexPrinter
from sympy.printing.str import StrPrinter

from qlearn.derivation.notation import Covariant, R, SecondDerivative, TimeDerivative

__all__ = ["GREEK", "rank", "shortened", "to_latex", "to_text"]

GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "eta": "η", "theta": "θ", "kappa": "κ",
    "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ", "phi": "φ",
    "chi": "χ", "psi": "ψ", "omega": "ω", "hbar": "ħ", "Phi": "Φ", "Psi": "Ψ", "Gamma": "Γ", "Delta": "Δ",
    "Omega": "Ω", "zeta": "ζ", "Lambda": "Λ", "Sigma": "Σ", "Theta": "Θ",
}


_LONGEST = 10**4  # rationals with a larger denominator are shown as decimals of 6 digits


class _Ordered(LatexPrinter):
    """SymPy's LaTeX with sums in the order of a physicist: ∂_t first, what is differentiated next, the rest last."""

    def _as_ordered_terms(self, expr, order=None):
        return sorted(super()._as_ordered_terms(expr, order), key=rank)


class _OrderedText(StrPrinter):
    def _as_ordered_terms(self, expr, order=None):
        return sorted(super()._as_ordered_terms(expr, order), key=rank)


def to_latex(expression: sp.Basic) -> str:
    r"""LaTeX of a statement.

    >>> from qlearn.derivation.schrodinger import schrodinger_equation
    >>> to_latex(schrodinger_equation())
    'i \\hbar \\partial_t \\psi = - \\frac{\\hbar^{2} \\Delta_g \\psi}{2 m} + V \\psi'
    """
    return _Ordered({"ln_notation": True}).doprint(shortened(expression))


def to_text(expression: sp.Basic) -> str:
    """Plain text of a statement, with Greek letters.

    >>> from qlearn.derivation.schrodinger import schrodinger_equation
    >>> to_text(schrodinger_equation())
    'i*ħ*∂_t ψ = -ħ**2*Δ_g ψ/(2*m) + V*ψ'
    """
    if isinstance(expression, sp.Equality):
        return f"{to_text(expression.lhs)} = {to_text(expression.rhs)}"
    text = _OrderedText().doprint(shortened(expression))
    text = re.sub(r"\bI\b", "i", text).replace("gammaprime", "γ'").replace("log(", "ln(")
    return re.sub(r"[A-Za-z]+", lambda word: GREEK.get(word.group(), word.group()), text)


def shortened(expression: sp.Basic) -> sp.Basic:
    """Long decimals with 6 digits, for the eye only."""
    numbers = expression.atoms(sp.Rational, sp.Float)
    long = {number: sp.Float(number, 6) for number in numbers if number.is_Float or number.q > _LONGEST}
    return expression.xreplace(long) if long else expression


def rank(term: sp.Expr) -> tuple[int, bool, str]:
    """∂_t first, then what is differentiated (linear terms before those in R = |ψ|), then the rest."""
    if term.has(TimeDerivative):
        return 0, False, ""
    if not term.has(Covariant):
        return 2, False, ""
    return 1, term.has(R), ",".join(sorted(str(second.args) for second in term.atoms(SecondDerivative)))
