"""The safe parser: what it reads it reads as Python and SymPy do; whatever else it names and refuses, quickly."""

import subprocess
import sys
import time

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from qlearn.errors import ArgumentError
from qlearn.systems.expressions import FUNCTIONS, identifiers, parse

HOSTILE = {
    "q.__class__": "an attribute",
    "q.real": "an attribute",
    "__import__('os')": "'__import__'",
    "eval('1')": "'eval'",
    "f(q)": "'f'",
    "(lambda x: x)(q)": "a lambda",
    "lambda: q": "a lambda",
    "[q for q in q]": "a comprehension",
    "{q: q}": "a dictionary",
    "q[0]": "an index",
    "q if q else q": "an if",
    "q < 1": "a comparison",
    "q and q": "and/or",
    "not q": "the operator not",
    "q // 2": "an operator other than",
    "q % 2": "an operator other than",
    "q @ q": "an operator other than",
    "q ^ 2": "Write ** for a power",
    "q, q": "a comma",
    "'q'": "a string",
    "f'{q}'": "a string",
    "True": "True or False",
    "None": "a constant that is no number",
    "1j*q": "an imaginary number",
    "sin(x=q)": "a keyword argument",
    "sin(*q)": "a star",
    "sin(q, q)": "one argument",
    "sin()": "one argument",
    "sin": "apply the function sin",
    "x": "the name 'x'",
    "_q": "the name '_q'",
    "__class__": "the name '__class__'",
    "1e999": "above 1e300",
    "9**9**9**9": "not real and finite",
    "((9**9)**9)**9**9": "not real and finite",
    "(((0.5**100)**100)**100)**100": "vanishes in double precision",
    "q**1e9": "powers above degree",
    "(q + 1)**(10**6)": "powers above degree",
    "((q**100)**100)**100": "powers above degree",
    "10**1000*q": "not real and finite",
    "exp(1000)": "not real and finite",
    "(-1)**0.5": "not real and finite",
    "log(-1)": "not real and finite",
    "1/(1 - 1)": "divide by zero",
    "q/0": "divide by zero",
    "q; q": "must be a formula",
    "q := 1": "must be a formula",
    "": "must be a formula",
    "2 q": "must be a formula",
    "ｓｉｎ(q)": "U+FF53",
    "sin(q)\n+1": "U+000A",
    "с + q": "U+0441",
    "\x00": "U+0000",
    "q+" * 5000 + "q": "at most 4000 characters",
    "(" * 1000 + "q" + ")" * 1000: "brackets",
    "-" * 3000 + "q": "nested",
    "q**" * 900 + "q": "nested",
    "9" * 400: "above 1e300",
}


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:24].encode("unicode_escape").decode())
def test_hostile_text_is_refused_by_name_in_one_line_and_at_once(text):
    start = time.perf_counter()
    with pytest.raises(ArgumentError) as caught:
        parse(text, ["q"], argument="potential")
    assert time.perf_counter() - start < 1
    message = str(caught.value)
    assert HOSTILE[text] in message and message.startswith("potential ")
    assert "\n" not in message and len(message) < 600


def test_a_refusal_says_what_is_allowed():
    with pytest.raises(ArgumentError, match=r"\+ - \* / \*\*.* the names a, q and the functions .*sin.*tanh, U"):
        parse("x", ["q", "a"], functions=["U"])


@pytest.mark.parametrize("value", [5, None, 1.5, b"q", ["q"]], ids=repr)
def test_only_texts_are_read(value):
    with pytest.raises(ArgumentError, match="must be a text"):
        parse(value, ["q"])


@pytest.mark.parametrize("name", ["sin", "pi", "_q", "q.r", "", "ħ"])
def test_names_that_cannot_be_declared(name):
    with pytest.raises(ArgumentError, match="names must be plain names"):
        parse("1", [name])


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_has_the_same_numbers_in_numpy_and_sympy(name):
    formula = parse(f"{name}(q)", ["q"])
    at = 0.37
    assert float(formula.evaluate(q=at)) == pytest.approx(float(formula.sympy().subs(sp.Symbol("q", real=True), at)), rel=1e-14)


leaves = st.sampled_from(["a", "b", "2", "0.5", "pi", "1.25e-1"])
formulas = st.recursive(leaves, lambda inner: st.one_of(
    st.tuples(inner, st.sampled_from(["+", "-", "*", "/"]), inner).map(lambda parts: f"({parts[0]} {parts[1]} {parts[2]})"),
    inner.map(lambda part: f"-({part})"), inner.map(lambda part: f"tanh({part})"), inner.map(lambda part: f"cos({part})"),
    inner.map(lambda part: f"({part})**2"), inner.map(lambda part: f"exp(sin({part}))")), max_leaves=8)


@given(formulas)
@settings(max_examples=60, deadline=None)
def test_reads_what_python_reads(text):
    """The same numbers as Python's own reading of the text, and as the SymPy form."""
    try:
        formula = parse(text, ["a", "b"])
        value = float(formula.evaluate(a=0.7, b=-1.3))
    except ArgumentError as error:
        assert any(word in str(error) for word in ("divide by zero", "finite", "degree"))
        return
    names = {"a": 0.7, "b": -1.3, "pi": np.pi, "tanh": np.tanh, "cos": np.cos, "sin": np.sin, "exp": np.exp}
    assert value == pytest.approx(eval(text, {"__builtins__": {}}, names), rel=1e-12, abs=1e-12)
    symbolic = formula.sympy(a=sp.Rational(7, 10), b=-sp.Rational(13, 10))
    assert value == pytest.approx(float(symbolic), rel=1e-9, abs=1e-9)


def test_precedence_is_that_of_mathematics():
    assert float(parse("-q**2", ["q"]).evaluate(q=3.0)) == -9
    assert float(parse("2**q**2", ["q"]).evaluate(q=2.0)) == 16
    assert float(parse("1 - q - 1", ["q"]).evaluate(q=1.0)) == -1


def test_arrays_broadcast():
    result = parse("a*q + 1", ["a", "q"]).evaluate(a=np.ones((3, 1)), q=np.arange(4.0))
    assert result.shape == (3, 4) and result[2, 3] == 4
    assert parse("2", ["q"]).evaluate(q=np.zeros(5)).shape == (5,)


def test_what_is_not_finite_is_not_silent():
    with pytest.raises(ArgumentError, match="1 NaN or infinite of 2"):
        parse("1/q", ["q"]).evaluate(q=np.array([0.0, 1.0]))
    with pytest.raises(ArgumentError, match="potential must be finite"):
        parse("log(q)", ["q"], argument="potential").evaluate(q=-1.0)


def test_missing_and_unknown_names_are_named():
    formula = parse("a*q", ["a", "q", "T"])
    assert float(formula.evaluate(a=2.0, q=3.0, T=1.0)) == 6
    with pytest.raises(ArgumentError, match="no 'a'"):
        formula.evaluate(q=1.0)
    with pytest.raises(ArgumentError, match="'z'"):
        formula.evaluate(a=1.0, q=1.0, z=1.0)
    with pytest.raises(ArgumentError, match="'z'"):
        formula.sympy(z=1)


def test_decimals_become_exact_and_symbols_are_real():
    formula = parse("0.1*q + 1e-3", ["q"])
    assert formula.sympy() == sp.Symbol("q", real=True) / 10 + sp.Rational(1, 1000)
    own = sp.Symbol("s", positive=True)
    assert formula.sympy(q=own).free_symbols == {own}


def test_undefined_functions_only_where_declared():
    formula = parse("U(q)**2", ["q"], functions=["U"])
    assert formula.functions == {"U"}
    assert formula.sympy() == sp.Function("U")(sp.Symbol("q", real=True)) ** 2
    with pytest.raises(ArgumentError, match="undefined function"):
        formula.evaluate(q=1.0)
    with pytest.raises(ArgumentError, match="must not call 'U'"):
        parse("U(q)", ["q"])


def test_identifiers_leave_out_functions_and_pi():
    assert identifiers("0.5*k*x**2 + cos(pi*x) + U(q)") == {"k", "x", "q"}


def test_no_text_reaches_sympy_nor_is_sympy_imported():
    code = ("import sys; from qlearn.systems.expressions import parse; f = parse('sin(q)*a', ['q', 'a']); f.evaluate(q=1, a=2);"
            "print('sympy' in sys.modules)")
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "False"
