"""Spectrum files: they mean the Hamiltonian that Python code would build, bit for bit; every mistake gets one line."""

import tomllib
from pathlib import Path

import numpy as np
import pytest

import qlearn as ql
from qlearn.config import SPECTRUM_SECTIONS, load_spectrum
from qlearn.errors import ConfigError

EXAMPLES = sorted((Path(__file__).parents[1] / "examples" / "spectra").glob("*.toml"))

WELL = """
[grid]
points = 64
bounds = [-8, 8]

[hamiltonian]
potential = "k*x**2/2 + a*x**4"

[parameters]
k = 1.0
a = 0.1

[levels]
count = 3
"""

SYSTEM = """
[grid]
points = 65

[system]
loss = "U0*cos(q)"
learning_rate = "g"
metric = "1 + q0*cos(q)/2"
periods = "2*pi"

[parameters]
U0 = 0.5
g = 0.1
T = 0.3
q0 = 0.4

[relaxation]
count = 2

[levels]
count = 3
"""

LEARNER = """
[data.generate]
kind = "two_gaussian_features"
rows = 400
seed = 1
covariance = [[1.0, 0.3], [0.3, 0.5]]
teacher_angle = 0.7
label_noise_std = 3.0

[learner]
model = "ring_neuron"
loss = "squared"
learning_rate = 0.02

[relaxation]
count = 2
"""


@pytest.fixture
def case(tmp_path):
    def load(text):
        (tmp_path / "case.toml").write_text(text, encoding="utf-8")
        return load_spectrum(tmp_path / "case.toml")
    return load


def equal(a, b, psi):
    return np.array_equal(a @ psi, b @ psi)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_loads_and_its_settings_are_the_file_with_defaults(path):
    config = load_spectrum(path)
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    assert set(content) <= set(config.settings)
    for name in set(content) & set(SPECTRUM_SECTIONS) - {"data"}:
        for key, value in content[name].items():
            assert config.settings[name][key] in (value, [value]), f"{name}.{key}"      # bounds are pairs, one an axis


def test_formulas_mean_what_python_means_bit_for_bit(case):
    config = case(WELL)
    grid = ql.Grid(64, (-8, 8))
    same = ql.Hamiltonian(grid, lambda x: 1.0 * x**2 / 2 + 0.1 * x**4)
    psi = ql.gaussian(grid, center=0.4, width=0.7, momentum=1.0)
    assert equal(config.hamiltonian, same, psi) and equal(config.hamiltonian.refined(), same.refined(), np.ones(128))
    assert config.levels.tol == 1e-10 and config.bands is None and config.title == "case"


def test_every_kind_of_hamiltonian(case):
    text = """
[grid]
points = [12, 10]
bounds = [[-3, 3], [0, "2*pi"]]
boundary = ["wall", "periodic"]
twist = [0, 0.3]
[hamiltonian]
potential = [["x**2 + cos(y)", "c"], ["c", "x**2 + 1"]]
mass = [[1.0, 0.2], [0.2, 1.4]]
hbar = 0.7
vector_potential = ["0", 0.4]
absorber = "0.1*x**2"
[parameters]
c = 0.3
[levels]
count = 3
"""
    grid = ql.Grid((12, 10), [(-3, 3), (0, 2 * np.pi)], ("wall", "periodic"), twist=(0, 0.3))
    same = ql.Hamiltonian(grid, lambda x, y: np.array([[x**2 + np.cos(y), 0.3 + 0 * x], [0.3 + 0 * x, x**2 + 1]]),
                          mass=[[1.0, 0.2], [0.2, 1.4]], hbar=0.7, vector_potential=lambda x, y: np.array([0 * x, 0.4 + 0 * x]),
                          absorber=lambda x, y: 0.1 * x**2)
    psi = np.random.default_rng(0).standard_normal((2, 12, 10))
    assert equal(case(text).hamiltonian, same, psi)


def test_a_metric_is_a_formula_a_diagonal_or_rows(case):
    text = """
[grid]
points = [8, 12]
bounds = [[0, "pi"], [0, "2*pi"]]
boundary = ["pole", "periodic"]
[hamiltonian]
potential = "cos(u)"
coordinates = "u v"
metric = METRIC
[levels]
count = 3
"""
    grid = ql.Grid((8, 12), [(0, np.pi), (0, 2 * np.pi)], ("pole", "periodic"))
    same = ql.Hamiltonian(grid, lambda u, v: np.cos(u), metric=lambda u, v: [[1, 0], [0, np.sin(u) ** 2]])
    psi = np.random.default_rng(0).standard_normal((8, 12))
    for metric in ('["1", "sin(u)**2"]', '[["1", "0"], ["0", "sin(u)**2"]]'):
        assert equal(case(text.replace("METRIC", metric)).hamiltonian, same, psi)
    ring = WELL.replace("bounds = [-8, 8]", 'bounds = [0, "2*pi"]').replace("k*x**2/2 + a*x**4", "k*cos(a*0*x)")
    one = case(ring.replace("[parameters]", 'metric = "2 + cos(x)"\n[parameters]')).hamiltonian
    np.testing.assert_allclose(one.root_metric, (2 + np.cos(one.grid.axes[0])) ** 0.25)


def test_a_learning_system_gets_its_derived_hamiltonian_and_its_ring(case):
    config = case(SYSTEM)
    system = ql.LearningSystem("q", loss="U0*cos(q)", learning_rate="g", metric="1 + q0*cos(q)/2", periods="2*pi")
    numbers = {"U0": 0.5, "g": 0.1, "T": 0.3, "q0": 0.4}
    grid = ql.Grid(65, (0, 2 * np.pi))
    same = ql.derive(system).equation.hamiltonian(grid, **numbers)
    assert equal(config.hamiltonian, same, np.cos(grid.axes[0])) and config.source.parameters == numbers
    assert config.source.grid.same_as(grid) and config.source.learner.names == ("q",)


def test_a_learner_is_made_of_data(case):
    config = case(LEARNER)
    assert config.hamiltonian is None and config.source.learner.learning_rate == 0.02 and config.source.grid.shape == (161,)
    assert case(LEARNER + "[levels]\ncount = 2\n").hamiltonian.hbar == pytest.approx(config.source.learner.hbar)
    assert case(LEARNER + "[grid]\npoints = 81\n").source.grid.shape == (81,)


@pytest.mark.parametrize(("text", "change", "words"), [
    (WELL, ("points", "point"), ["grid.point ", "Did you mean points?"]),
    (WELL, ("[levels]", "[level]"), ["level is no key or section", "levels"]),
    (WELL, ("[levels]\ncount = 3", ""), ["must ask for something", "[levels], [bands], [relaxation], [lines]"]),
    (WELL, ("[hamiltonian]\npotential", "[system]\ncoordinates = 'x'\npotential"), ["parameters.T", "is missing"]),
    (WELL, ("[grid]\npoints = 64\nbounds = [-8, 8]", ""), ["[grid]", "is missing", "points = 256"]),
    (WELL, ("bounds = [-8, 8]", ""), ["grid.bounds", "is missing"]),
    (WELL, ("[-8, 8]", "[8, -8]"), ["grid.bounds", "a < b"]),
    (WELL, ("[-8, 8]", "[0, 'x']"), ["grid.bounds[1]", "the name 'x'"]),
    (WELL, ("points = 64", "points = 1"), ["grid.points", "≥ 2", "given 1"]),
    (WELL, ("points = 64", "points = [64, 64]"), ["grid.points", "each of the 1 axes"]),
    (WELL, ("points = 64", "points = 64\nboundary = 'open'"), ["grid.boundary", "'periodic', 'wall', 'pole'", "given open"]),
    (WELL, ("points = 64", "points = 64\nboundary = 'wall'\ntwist = 0.2"), ["[grid]", "twist", "no ring"]),
    (WELL, ("a*x**4", "a*x^4"), ["hamiltonian.potential", "'^'", "**"]),
    (WELL, ("a*x**4", "b*x**4"), ["hamiltonian.potential", "'b'"]),
    (WELL, ("a*x**4", "a*__import__('os').system('x')"), ["hamiltonian.potential", "must not"]),
    (WELL, ("a*x**4", "a/x"), ["hamiltonian.potential", "finite"]),
    (WELL, (" + a*x**4", ""), ["parameters.a", "no formula uses"]),
    (WELL, ("a = 0.1", "x = 0.1\na = 0.1"), ["parameters.x", "name of a coordinate"]),
    (WELL, ("a = 0.1", "a = 'one'"), ["parameters.a", "'one'"]),
    (WELL, ("a = 0.1", "sin = 0.1\na = 0.1"), ["parameters.sin", "plain name"]),
    (WELL, ("[parameters]", "mass = [1.0, 2.0]\n[parameters]"), ["hamiltonian.mass", "must be one number"]),
    (WELL, ("[parameters]", "hbar = 0\n[parameters]"), ["hamiltonian.hbar", "> 0"]),
    (WELL, ("[parameters]", "absorber = -1\n[parameters]"), ["[hamiltonian]", "absorber"]),
    (WELL, ("[parameters]", "metric = ['1', '1']\n[parameters]"), ["hamiltonian.metric", "1 axes"]),
    (WELL, ("count = 3", "count = 65"), ["levels.count", "at most 64", "finer grid"]),
    (WELL, ("count = 3", "count = 3\ntol = -1"), ["levels.tol", "given -1"]),
    (WELL, ("count = 3", "count = 3\nqutip = 'yes'"), ["levels.qutip", "true or false"]),
    (WELL, ("[levels]", "[relaxation]\ncount = 2\n[levels]"), ["[relaxation]", "needs a learner"]),
    (WELL, ("[levels]", "[bands]\ncount = 2\n[levels]"), ["bands.points and bands.thetas"]),
    (WELL, ("[levels]", "[bands]\ncount = 2\nthetas = [0, [0, 1]]\n[levels]"), ["bands.thetas", "one length"]),
    (WELL, ("[levels]", "[bands]\ncount = 2\nthetas = [[0, 1]]\n[levels]"), ["bands.thetas", "1 number(s) a row"]),
    (WELL, ("[levels]\ncount = 3", "[bands]\ncount = 2\npoints = 4\n[levels]\ncount = 3"), None),
    (WELL.replace("[-8, 8]", "[-8, 8]\nboundary = 'wall'"), ("[levels]", "[bands]\ncount = 2\npoints = 4\n[levels]"),
     ["[bands]", "periodic axis"]),
    (WELL.replace("[-8, 8]", "[[-8, 8], [-8, 8]]"), ("[levels]", "[bands]\ncount = 2\npoints = 4\n[levels]"),
     ["bands.points", "one periodic axis", "rows with 2 numbers"]),
    (WELL.replace('"k*x**2/2 + a*x**4"', '[["k*x**2", "a"], ["a", "x**2"]]'),
     ("[levels]", "[lines]\ncenter = 0\nwidth = 1\nduration = 1\nsamples = 9\n[levels]"), ["[lines]", "2 channels"]),
    (WELL, ("[-8, 8]", "[0, 1e-250]"), ["[hamiltonian]", "ordinary size"]),
    (WELL, ("k = 1.0", "k = 1e200"), ["[hamiltonian]", "below 1e+100"]),
    (SYSTEM, ("loss =", "potential = '0'\nloss ="), ["[system]", "exclude each other"]),
    (SYSTEM, ("U0 = 0.5", ""), ["parameters.U0", "is missing"]),
    (SYSTEM, ("periods = \"2*pi\"", ""), ["grid.bounds", "has no period"]),
    (SYSTEM, ("[system]", "[system]\nalpha = 0.5"), ["[system]", "alpha"]),
    (LEARNER, ("[learner]", "[grid]\npoints = 64\nbounds = [0, 1]\n[levels]\ncount = 2\n[learner]"), ["[learner]", "period"]),
    (LEARNER, ("learning_rate", "alpha = 0\nlearning_rate"), None),
    (LEARNER + "[levels]\ncount = 2\n", ("learning_rate", "alpha = 0\nlearning_rate"), ["[learner]", "alpha"]),
], ids=lambda value: None)
def test_mistakes_are_named(case, text, change, words):
    assert change[0] in text
    if words is None:
        case(text.replace(*change))         # no mistake
        return
    with pytest.raises(ConfigError) as caught:
        case(text.replace(*change))
    message = str(caught.value)
    assert "case.toml: " in message and "\n" not in message and all(word in message for word in words), message


def test_code_needs_consent(tmp_path):
    (tmp_path / "code.toml").write_text(
        '[learner]\ngradient = "mine:gradient"\nsamples = 50\nperiod = 6.283185307179586\nlearning_rate = 0.01\n'
        "[relaxation]\ncount = 1\n", encoding="utf-8")
    (tmp_path / "mine.py").write_text("raise SystemExit('ran')\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="--allow-code"):
        load_spectrum(tmp_path / "code.toml")
