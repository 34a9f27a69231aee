"""The few fixed equations of the text, as presentation MathML; those of the derivation come from the derivation itself."""

__all__ = ["CIRCULATION", "FAMILY", "GUIDANCE", "STEP", "WITTEN", "block"]


def block(mathml: str) -> str:
    """A MathML expression as an equation on a line of its own."""
    body = mathml if mathml.lstrip().startswith("<math") else f'<math display="block">{mathml}</math>'
    return f'<div class="equation">{body}</div>'


def _row(*parts: str) -> str:
    return f"<mrow>{''.join(parts)}</mrow>"


def _i(*names: str) -> str:
    return "".join(f"<mi>{name}</mi>" for name in names)


def _o(sign: str) -> str:
    return f"<mo>{sign}</mo>"


def _n(value: str) -> str:
    return f"<mn>{value}</mn>"


def _fraction(above: str, below: str) -> str:
    return f"<mfrac>{_row(above)}{_row(below)}</mfrac>"


def _sub(base: str, index: str) -> str:
    return f"<msub>{base}{index}</msub>"


def _sup(base: str, power: str) -> str:
    return f"<msup>{base}{power}</msup>"


def _of(name: str, argument: str = "q") -> str:
    return _i(name) + _o("(") + _i(argument) + _o(")")


# q ← q − (η/g(q)) h_B(q) + v(q)
STEP = _row(_i("q"), _o("←"), _i("q"), _o("−"), _fraction(_i("η"), _of("g")), _sub(_i("h"), _i("B")), _o("("), _i("q"),
            _o(")"), _o("+"), _of("v"))

# g = (C/C₀)^α
FAMILY = _row(_of("g"), _o("="), _sup(_row(_o("("), _of("C"), _o("/"), _sub(_i("C"), _n("0")), _o(")")), _i("α")))

# H_E = −D Δ_g + (γ²/4D) |∇U|² − (γ/2) Δ_g U
_LAPLACE = _sub(_i("Δ"), _i("g"))
WITTEN = _row(_sub(_i("H"), _i("E")), _o("="), _o("−"), _i("D"), _LAPLACE, _o("+"),
              _fraction(_sup(_i("γ"), _n("2")), _n("4") + _i("D")), _sup(_row(_o("|"), _o("∇"), _i("U"), _o("|")), _n("2")),
              _o("−"), _fraction(_i("γ"), _n("2")), _LAPLACE, _i("U"))

# ds = (γ ∂φ + D ∂ ln|ψ|²) dt + √(2D) dW
GUIDANCE = _row(_i("d", "s"), _o("="), _o("("), _i("γ"), _o("∂"), _i("φ"), _o("+"), _i("D"), _o("∂"), _i("ln"),
                _sup(_row(_o("|"), _i("ψ"), _o("|")), _n("2")), _o(")"), _i("d", "t"), _o("+"),
                f"<msqrt>{_n('2')}{_i('D')}</msqrt>", _i("d", "W"))

# ν = (1/2πħ) ∮ m v ds
CIRCULATION = _row(_i("ν"), _o("="), _fraction(_n("1"), _n("2") + _i("π", "ħ")), _o("∮"), _i("m", "v"), _i("d", "s"))
