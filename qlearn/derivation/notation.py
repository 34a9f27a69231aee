"""The letters of THEORY.md and the covariant operators that its equations are written with.

The operators stay unevaluated: an equation reads as on paper, and qlearn.derivation.geometry writes the very same object
out in components when its residual is computed.
"""

from typing import final

import sympy as sp

__all__ = [
    "CHI",
    "DELTA_PHI",
    "DELTA_RHO",
    "GAMMA",
    "GAMMA1",
    "HBAR",
    "LAMBDA",
    "MASS",
    "MU",
    "PHI",
    "PSI",
    "RHO",
    "SCORE",
    "ActionIntegral",
    "D",
    "Divergence",
    "F",
    "GradientSquared",
    "LaplaceBeltrami",
    "N",
    "R",
    "S",
    "SecondDerivative",
    "SpaceIntegral",
    "T",
    "TensorDivergence",
    "TensorSquare",
    "TimeDerivative",
    "V",
    "W",
]

RHO = sp.Symbol("rho", positive=True)
R = sp.Symbol("R", positive=True)
F, PHI, V, W, CHI, S = sp.symbols("F phi V W chi S", real=True)
SCORE = sp.Symbol("Phi", real=True)
PSI = sp.Symbol("psi")
D, T, GAMMA, GAMMA1, MU, HBAR, MASS = sp.symbols("D T gamma gammaprime mu hbar m", positive=True)
N = sp.Symbol("N", positive=True)
LAMBDA = 1 / MU
DELTA_RHO, DELTA_PHI = sp.symbols("delta_rho delta_phi", real=True)


class Covariant(sp.Function):
    """A covariant operator; subclasses give their number of arguments and how they are written."""

    tex: str
    text: str
    plain: tuple[str, str] | None = None  # tex and text where the weight (argument 1) is 1

    def _latex(self, printer, exp=None):
        tex = self.plain[0] if self.plain and self.args[1] == 1 else self.tex
        body = tex.format(*(_bracketed(argument, printer._print(argument)) for argument in self.args))
        return body if exp is None else rf"\left({body}\right)^{{{exp}}}"

    def _sympystr(self, printer):
        text = self.plain[1] if self.plain and self.args[1] == 1 else self.text
        return text.format(*(_bracketed(argument, printer._print(argument), "({})") for argument in self.args))


@final
class TimeDerivative(Covariant):
    """∂_t f."""

    nargs = 1
    tex, text = r"\partial_t {0}", "∂_t {0}"


@final
class GradientSquared(Covariant):
    """|∇f|² = g^{μν} ∂_μf ∂_νf."""

    nargs = 1
    tex, text = r"|\nabla {0}|^2", "|∇{0}|²"


@final
class LaplaceBeltrami(Covariant):
    """Δ_g f = (1/√|g|) ∂_μ(√|g| g^{μν} ∂_νf)."""

    nargs = 1
    tex, text = r"\Delta_g {0}", "Δ_g {0}"


@final
class Divergence(Covariant):
    """∇_μ(a ∇^μ f)."""

    nargs = 2
    tex, text = r"\nabla_\mu ({0}\, \nabla^\mu {1})", "∇_μ({0} ∇^μ {1})"


@final
class TensorSquare(Covariant):
    """K^{μν} ∂_μf ∂_νf of a tensor K."""

    nargs = 2
    tex, text = r"{0}^{{\mu\nu}} \partial_\mu {1}\, \partial_\nu {1}", "{0}^μν ∂_μ{1} ∂_ν{1}"


@final
class TensorDivergence(Covariant):
    """∇_μ(a K^{μν} ∂_νf) of a tensor K; the arguments are K, a, f."""

    nargs = 3
    tex, text = r"\nabla_\mu ({1}\, {0}^{{\mu\nu}} \partial_\nu {2})", "∇_μ({1} {0}^μν ∂_ν {2})"
    plain = r"\nabla_\mu ({0}^{{\mu\nu}} \partial_\nu {2})", "∇_μ({0}^μν ∂_ν {2})"


@final
class ActionIntegral(Covariant):
    """∫dt ∫√|g| dq of a density."""

    nargs = 1
    tex, text = r"\int\! dt \int\! \sqrt{{|g|}}\, dq \left[ {0} \right]", "∫dt ∫√|g|dq [ {0} ]"


@final
class SpaceIntegral(Covariant):
    """∫√|g| dq of a density."""

    nargs = 1
    tex, text = r"\int\! \sqrt{{|g|}}\, dq \left[ {0} \right]", "∫√|g|dq [ {0} ]"


@final
class SecondDerivative(Covariant):
    """∂²f/∂q² by one coordinate; the arguments are q, f."""

    nargs = 2
    tex, text = r"\partial_{{{0}}}^2 {1}", "∂_{0}² {1}"


def _bracketed(argument: sp.Expr, printed: str, form: str = r"\left({}\right)") -> str:
    """Brackets around a sum or product inside an operator."""
    return form.format(printed) if isinstance(argument, (sp.Add, sp.Mul)) else printed
