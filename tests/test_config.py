"""Verification files: every example loads; every mistake gets one line that names the key and what to do."""

import os
import tomllib
import zipfile
from pathlib import Path

import numpy as np
import pytest

from qlearn.config import SECTIONS, load
from qlearn.config.keys import section_keys
from qlearn.errors import ArgumentError, ConfigError

EXAMPLES = Path(__file__).parents[1] / "examples"

MINIMAL = """
[data]
file = "own.csv"
features = ["a", "b"]
target = "y"

[learner]
model = "ring_neuron"
loss = "squared"
learning_rate = 0.01
"""


def own_csv(rows=12):
    rng = np.random.default_rng(0)
    lines = [f"{name},{a:.6f},{b:.6f},{y:.6f}" for name, (a, b, y) in zip("abcdefghijklmnop"[:rows], rng.normal(size=(rows, 3)),
                                                                       strict=False)]
    return "\n".join(["name,a,b,y", *lines]) + "\n"


@pytest.fixture
def case(tmp_path):
    """Write a TOML file and its CSV; return a function that loads them."""
    def run(toml=MINIMAL, csv=None, **options):
        (tmp_path / "own.csv").write_text(own_csv() if csv is None else csv, encoding="utf-8")
        (tmp_path / "own.toml").write_text(toml, encoding="utf-8")
        return load(tmp_path / "own.toml", **options)
    return run


def refused(run, words, *arguments, **options):
    """The error is one line and says all of the words."""
    with pytest.raises(ConfigError) as caught:
        run(*arguments, **options)
    message = str(caught.value)
    assert "\n" not in message and len(message) < 700, message
    for word in words:
        assert word in message, message
    return message


# --- what is read -----------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.toml")), ids=lambda path: path.stem)
def test_every_example_loads(path):
    config = load(path, allow_code=True)
    gradient = config.model.gradient(np.zeros((2, 1)), np.zeros((2, 3), int))
    assert gradient.shape == (2, 3, 1)


def test_the_main_example_spells_every_key_out_with_its_default():
    """No key is left unsaid, and nothing differs from the defaults but what has none and the stricter control."""
    stricter = {"every_rate": True}
    content = tomllib.loads((EXAMPLES / "diabetes.toml").read_text(encoding="utf-8"))
    for name in ("replicas", "rates", "tests", "controls", "real_time"):
        keys = section_keys(SECTIONS[name])
        assert set(content[name]) == set(keys)
        for key, field in keys.items():
            value = content[name][key]
            assert (tuple(value) if isinstance(value, list) else value) == stricter.get(key, field.default), key


def test_settings_hold_the_file_with_its_defaults_filled_in():
    path = EXAMPLES / "diabetes.toml"
    assert load(path).settings == tomllib.loads(path.read_text(encoding="utf-8"))


def test_the_diabetes_data_are_standardised_then_doubled_with_opposite_noise():
    data = load(EXAMPLES / "diabetes.toml").data
    assert data.x.shape == (884, 2) and data.y.shape == (884,)
    np.testing.assert_array_equal(data.x[:442], data.x[442:])
    np.testing.assert_allclose(data.x.mean(axis=0), 0, atol=1e-14)
    np.testing.assert_allclose(data.x.std(axis=0), 1, rtol=1e-14)
    noise = 8 * np.random.default_rng(0).standard_normal(442)
    np.testing.assert_allclose((data.y[:442] - data.y[442:]) / 2, noise, atol=1e-14)
    raw = load(EXAMPLES / "diabetes_raw.toml").data
    np.testing.assert_allclose((data.y[:442] + data.y[442:]) / 2, raw.y, atol=1e-14)
    assert abs(np.corrcoef(raw.x[:, 0], raw.y)[0, 1] - 0.5864501) < 1e-7       # bmi against the response


def test_the_diabetes_file_is_the_published_set():
    table = np.genfromtxt(EXAMPLES / "data" / "diabetes.csv", delimiter=",", names=True)
    assert len(table) == 442 and len(table.dtype.names) == 11
    np.testing.assert_array_equal(table["target"][:5], [151, 75, 141, 206, 135])
    np.testing.assert_allclose(table["bmi"].mean(), 26.375791855203620, rtol=1e-14)
    np.testing.assert_allclose(table["s5"].sum(), 2051.5036, atol=1e-9)


def test_the_made_up_table_is_written_again_byte_for_byte():
    namespace = {"__name__": "made_up", "__file__": str(EXAMPLES / "data" / "make_workshop.py")}
    exec((EXAMPLES / "data" / "make_workshop.py").read_text(encoding="utf-8"), namespace)
    assert namespace["table"]() == (EXAMPLES / "data" / "workshop.csv").read_text(encoding="utf-8")


def test_a_minimal_file_gets_every_default(case):
    config = case()
    assert config.title == "own" and config.seed == 0 and config.replicas.count == 100_000
    assert config.learner.batch_size == 1 and config.learner.alpha == 1.0 and config.data.x.shape == (12, 2)
    assert config.potential.text == config.real_time.potential and set(config.settings) == {"title", "seed", *SECTIONS}


def test_npz_arrays_are_read(case, tmp_path):
    x, y = np.arange(24.0).reshape(12, 2), np.arange(12, dtype=np.float32)
    np.savez(tmp_path / "own.npz", x=x, y=y)
    toml = MINIMAL.replace("own.csv", "own.npz").replace('["a", "b"]', '"x"')
    data = case(toml).data
    np.testing.assert_array_equal(data.x, x)
    np.testing.assert_array_equal(data.y, y)


def test_generated_data_follow_their_definition(case):
    section = """[data.generate]
kind = "two_gaussian_features"
rows = 20000
seed = 3
covariance = [[1.0, 0.3], [0.3, 0.5]]
teacher_angle = 0.7
label_noise_std = 2.0
"""
    toml = section + MINIMAL[MINIMAL.index("[learner]"):]
    data = case(toml).data
    np.testing.assert_allclose(np.cov(data.x.T), [[1, 0.3], [0.3, 0.5]], atol=0.05)     # 5 standard errors
    residual = data.y - data.x @ [np.cos(0.7), np.sin(0.7)]
    assert abs(residual.std() - 2) < 0.05 and abs(residual.mean()) < 0.07
    np.testing.assert_array_equal(case(toml).data.y, data.y)


def test_logistic_labels_are_not_standardised(case):
    csv = own_csv().splitlines()
    rows = [line.rsplit(",", 1)[0] + (",1" if i % 3 else ",-1") for i, line in enumerate(csv[1:])]
    toml = MINIMAL.replace('"squared"', '"logistic"').replace('target = "y"', 'target = "y"\nstandardise = true')
    data = case(toml, "\n".join([csv[0], *rows])).data
    assert set(data.y) == {-1.0, 1.0} and "labels kept" in data.description
    np.testing.assert_allclose(data.x.std(axis=0), 1)


def test_a_byte_order_mark_and_windows_line_ends_are_no_part_of_the_data(case):
    plain, marked = case().data, case(csv="\ufeff" + own_csv().replace("\n", "\r\n")).data
    np.testing.assert_array_equal(plain.x, marked.x)


# --- mistakes in the file ---------------------------------------------------------------------------------------------

def changed(old, new):
    assert old in MINIMAL
    return MINIMAL.replace(old, new)


MISTAKES = {
    "unknown key": (changed("target =", "traget ="), ["data.traget", "Did you mean target"]),
    "unknown section": (MINIMAL + "\n[replica]\n", ["replica is no key or section", "Did you mean replicas"]),
    "unknown key, nothing near": (MINIMAL + "\n[tests]\nxyzzy = 1\n", ["tests.xyzzy", "Valid here: level"]),
    "missing section": ("[data]\nfile = 'own.csv'\n", ["[learner]", "is missing"]),
    "section as a value": (MINIMAL.replace("[learner]", "[x]").replace("[data]", "learner = 3\n[data]"), ["learner"]),
    "missing target": (changed('target = "y"', ""), ["data.target", "is missing"]),
    "missing loss": (changed('loss = "squared"', ""), ["learner.loss", "squared, logistic"]),
    "wrong type": (changed("learning_rate = 0.01", 'learning_rate = "fast"'), ["learner.learning_rate", "real number",
                    "given fast"]),
    "flag as a text": (MINIMAL + "\n[controls]\nplain_ito = 'yes'\n", ["controls.plain_ito", "true or false"]),
    "count as a float": (MINIMAL + "\n[replicas]\ncount = 1e5\n", ["replicas.count", "an integer"]),
    "count too small": (MINIMAL + "\n[replicas]\ncount = 10\n", ["replicas.count", "≥ 1000", "given 10"]),
    "unknown model": (changed("ring_neuron", "perceptron"), ["learner.model", "'tanh_ring_neuron'"]),
    "negative temperature": (changed("learning_rate = 0.01", "temperature = -0.4"), ["learner.temperature", "> 0", "-0.4"]),
    "zero learning rate": (changed("learning_rate = 0.01", "learning_rate = 0.0"), ["learner.learning_rate", "> 0"]),
    "infinite learning rate": (changed("learning_rate = 0.01", "learning_rate = inf"), ["learner.learning_rate", "finite"]),
    "two step rules": (MINIMAL + "temperature = 0.4\n", ["exactly one of", "learning_rate and temperature"]),
    "no step rule": (changed("learning_rate = 0.01", ""), ["exactly one of", "none of them"]),
    "alpha not finite": (MINIMAL + "alpha = nan\n", ["learner.alpha", "finite"]),
    "control equal to the learner": (MINIMAL + "alpha = 0\n", ["controls.alpha", "must differ", "alpha = 1.0"]),
    "Ito control without Ito": (MINIMAL + "ito_correction = false\n", ["controls.plain_ito", "plain_ito = false"]),
    "temperature control of 1": (MINIMAL + "[controls]\ntemperature_factor = 1\n", ["controls.temperature_factor"]),
    "margin of wrong length": (MINIMAL + "[rates]\ncount = 3\n", ["rates.margin", "rates.count = 3"]),
    "margin not positive": (MINIMAL + "[rates]\nmargin = [0.04, 0.04, 0.04, 0]\n", ["rates.margin[3]", "> 0"]),
    "basis too small": (MINIMAL + "[rates]\nbasis = 1\n", ["rates.basis", "at least rates.count/2"]),
    "step above duration": (MINIMAL + "[real_time]\nstep = 5.0\n", ["real_time.step", "real_time.duration"]),
    "call of a function that is not listed": (MINIMAL + "[real_time]\npotential = '__import__(\"os\").getcwd()'\n",
                                              ["real_time.potential", "must not call"]),
    "unknown name": (MINIMAL + "[real_time]\npotential = 'k*cos(x)'\n", ["real_time.potential", "'k'"]),
    "not a formula": (MINIMAL + "[real_time]\npotential = 'cos(x'\n", ["real_time.potential", "formula"]),
    "potential not periodic": (MINIMAL + "[real_time]\npotential = 'x**2'\n", ["real_time.potential", "period 2π"]),
    "potential with a pole": (MINIMAL + "[real_time]\npotential = 'sqrt(cos(x))'\n", ["real_time.potential", "finite"]),
    "one feature": (changed('["a", "b"]', '["a"]'), ["data.features", "two different columns"]),
    "three features": (changed('["a", "b"]', '["a", "b", "name"]'), ["data.features", "two different columns"]),
    "the same feature twice": (changed('["a", "b"]', '["a", "a"]'), ["data.features", "two different columns"]),
    "target among the features": (changed('target = "y"', 'target = "a"'), ["data.target", "features"]),
    "file and generate": (changed("[learner]", "[data.generate]\nkind='two_gaussian_features'\nrows=100\nseed=1\n"
                                  "covariance=[[1,0],[0,1]]\nteacher_angle=0\nlabel_noise_std=1\n[learner]"),
                          ["data.file and data.generate", "exclude each other"]),
    "neither file nor generate": (changed('file = "own.csv"', ""), ["data.file and data.generate", "neither"]),
    "label noise of another kind": (changed("[learner]", "[data.label_noise]\nkind='white'\nscale=1\nseed=0\n[learner]"),
                                    ["data.label_noise.kind", "antithetic"]),
    "label noise as a number": (changed("[learner]", "label_noise = 8\n[learner]"), ["data.label_noise", "must be a section"]),
    "negative seed": ("seed = -1\n" + MINIMAL, ["seed", "≥ 0"]),
    "empty title": ("title = ' '\n" + MINIMAL, ["title", "not empty"]),
    "model and code": (MINIMAL + "samples = 5\n", ["learner.samples", "≥ 10"]),
    "samples without code": (MINIMAL + "samples = 50\n", ["learner.samples", "Remove samples"]),
    "broken TOML": ("title = \n" + MINIMAL, ["not valid TOML", "line 1"]),
    "key given twice": (MINIMAL + "learning_rate = 0.02\n", ["not valid TOML", "line 11", "given once"]),
    "section given twice": (MINIMAL + "[data]\nfile = 'x'\n", ["not valid TOML", "line 11", "given once"]),
    "whole number beyond float": (changed("learning_rate = 0.01", "learning_rate = 1" + 400 * "0"), ["learner.learning_rate",
                                  "finite"]),
    "number of thousands of digits": (changed("learning_rate = 0.01", "learning_rate = 1" + 5000 * "0"), ["not valid TOML"]),
    "learning rate beyond reason": (changed("learning_rate = 0.01", "learning_rate = 1e300"), ["learning_rate", "≤ 1e+60"]),
    "minibatch beyond memory": (MINIMAL + "batch_size = 1000000000\n", ["learner.batch_size", "≤ 10000"]),
    "alpha beyond reason": (MINIMAL + "alpha = 1e300\n", ["learner.alpha", "≤ 4"]),
    "alpha control too near": (MINIMAL + "[controls]\nalpha = 1.001\n", ["controls.alpha", "by 0.05 or more", "1.001 and 1"]),
    "temperature control too near": (MINIMAL + "[controls]\ntemperature_factor = 1.01\n", ["temperature_factor", "0.05"]),
    "temperature control beyond reason": (MINIMAL + "[controls]\ntemperature_factor = 1e300\n", ["temperature_factor", "≤ 10"]),
    "start too narrow for the grid": (MINIMAL + "[replicas]\nstart_width = 0.02\n", ["replicas.start_width", "at least 0.1"]),
    "density after the burn-in": (MINIMAL + "[replicas]\ndensity_times = [1.0, 18.0]\n", ["density_times", "burn_in = 18"]),
    "records beyond memory": (MINIMAL + "[replicas]\ncount = 100000000\n", ["44 recorded times", "count = 4545454"]),
    "field beyond memory": (MINIMAL + "[real_time]\nstep = 1e-9\n", ["real_time.step", "step = 1.3e-05 or more"]),
    "learners beyond memory": (MINIMAL + "[real_time]\nlearners = 1000000\nsave_times = 1000\n", ["learners", "199800"]),
    "step too long for the packet": (MINIMAL + "[real_time]\nstart_momentum = 30\n", ["step = 0.00043 or less"]),
    "points too few for the packet": (MINIMAL + "[real_time]\nstart_width = 0.05\nstep = 1e-4\npoints = 100\n",
                                      ["real_time.points", "points = 135 or more"]),
    "more points than QuTiP is asked for": (MINIMAL + "[real_time]\npoints = 4096\n", ["real_time.points", "≤ 2048"]),
    "long unknown key": (1000 * "k" + " = 1\n" + MINIMAL, ["kkk… is no key"]),
    "nested beyond reason": ("a = " + 3000 * "[" + 3000 * "]", ["not valid TOML"]),
}


@pytest.mark.parametrize(("toml", "words"), MISTAKES.values(), ids=MISTAKES.keys())
def test_mistakes_in_the_file_are_named(case, toml, words):
    refused(case, words, toml)


def test_missing_file_directory_and_encoding(tmp_path):
    refused(load, ["absent.toml", "cannot be read", "Check the path"], tmp_path / "absent.toml")
    refused(load, ["directory"], tmp_path)
    refused(load, ["cannot be read", "Check the path"], tmp_path / (300 * "a"))
    (tmp_path / "latin.toml").write_bytes("title = 'x'\n# über\n".encode("latin-1"))
    refused(load, ["line 2", "UTF-8"], tmp_path / "latin.toml")


@pytest.mark.parametrize("covariance", ["[[1, 2], [2, 1]]", "[[1, 0.1], [0.2, 1]]", "[[1, 0], [0, 1], [1, 1]]",
                                        "[[nan, 0], [0, 1]]"])
def test_a_covariance_must_be_one(case, covariance):
    toml = ("[data.generate]\nkind='two_gaussian_features'\nrows=100\nseed=1\nteacher_angle=0\nlabel_noise_std=1\n"
            f"covariance={covariance}\n" + MINIMAL[MINIMAL.index("[learner]"):])
    refused(case, ["data.generate.covariance"], toml)


# --- mistakes in the data ---------------------------------------------------------------------------------------------

def with_cell(text, line=5):
    lines = own_csv().splitlines()
    cells = lines[line - 1].split(",")
    lines[line - 1] = ",".join([*cells[:2], text, cells[3]])
    return "\n".join(lines)


TABLES = {
    "NaN": (with_cell("nan"), ["line 5", "'b'", "finite", "nan"]),
    "infinite": (with_cell("-inf"), ["line 5", "'b'", "-inf"]),
    "empty cell": (with_cell(" "), ["line 5", "'b'", "empty cell", "does not guess"]),
    "text": (with_cell("n/a"), ["line 5", "'b'", "must be a number", "'n/a'"]),
    "decimal comma": (with_cell('"3,5"'), ["line 5", "'b'", "decimal point"]),
    "underscore": (with_cell("1_000"), ["line 5", "'b'", "must be a number"]),
    "huge": (with_cell("1e300"), ["line 5", "'b'", "1e+50"]),
    "cell missing": (with_cell("1").replace(",1,", ",", 1), ["line 5", "must have 4 cells"]),
    "missing column": (own_csv().replace("name,a,b,y", "name,a,c,y"), ["'b'", "It has 'name', 'a', 'c', 'y'"]),
    "column twice": (own_csv().replace("name,a,b,y", "a,a,b,y"), ["'a'", "2 times", "Rename"]),
    "semicolons": (own_csv().replace(",", ";"), ["commas", "semicolons"]),
    "tabs": (own_csv().replace(",", "\t"), ["commas", "tabs"]),
    "no header": ("\n".join(f"{i},{i + 1},{i * i}" for i in range(20)), ["line of column names", "a,b,target"]),
    "too few rows": (own_csv(9), ["at least 10 rows", "9 in own.csv"]),
    "only a header": ("a,b,y\n", ["header line and rows"]),
    "empty file": ("", ["header line and rows"]),
    "open quote": (own_csv() + 'q,1,2,"3\n', ["valid CSV", "line 14"]),
}


@pytest.mark.parametrize(("csv", "words"), TABLES.values(), ids=TABLES.keys())
def test_mistakes_in_the_table_are_named_with_their_place(case, csv, words):
    refused(case, ["own.toml", *words], csv=csv)


def test_a_bad_cell_in_a_column_that_is_not_used_does_no_harm(case):
    assert case(csv=own_csv().replace("\nc,", "\n,")).data.x.shape == (12, 2)


def test_constant_column_cannot_be_standardised(case):
    csv = "name,a,b,y\n" + "".join(f"x,{i},7.25,{i * i}\n" for i in range(12))
    toml = changed('target = "y"', 'target = "y"\nstandardise = true')
    refused(case, ["data.standardise", "'b'", "constant"], toml, csv)
    assert case(csv=csv).data.x.shape == (12, 2)


@pytest.mark.parametrize("factor", ["e40", "e-40"])
def test_data_of_a_magnitude_whose_fourth_power_is_no_number_are_refused_unless_standardised(case, factor):
    lines = [line.split(",") for line in own_csv().splitlines()]
    csv = "\n".join([",".join(lines[0]), *(",".join([a, *(cell + factor for cell in cells)]) for a, *cells in lines[1:])])
    refused(case, ["data.features", "magnitude", "standardise = true"], csv=csv)
    standardised = changed('target = "y"', 'target = "y"\nstandardise = true')
    np.testing.assert_allclose(case(standardised, csv).data.x, case(standardised).data.x, rtol=1e-9)
    noise = standardised.replace("[learner]", "[data.label_noise]\nkind='antithetic'\nscale=1e20\nseed=0\n[learner]")
    refused(case, ["data.target", "label noise included"], noise)


def test_labels_of_the_logistic_loss(case):
    refused(case, ["labels −1 and +1"], changed('"squared"', '"logistic"'))


@pytest.mark.parametrize(("content", "words"), [
    ("\ufeffa,b,y\n1,2,3\n".encode("utf-16"), ["UTF-16"]),
    ("a,b,y\n1,2,3\n4,5,é\n".encode("latin-1"), ["line 3", "UTF-8"]),
], ids=["UTF-16", "Latin-1"])
def test_other_encodings_are_named(tmp_path, content, words):
    (tmp_path / "own.csv").write_bytes(content)
    (tmp_path / "own.toml").write_text(MINIMAL, encoding="utf-8")
    refused(load, ["data.file", *words], tmp_path / "own.toml")


def test_missing_data_file_and_directory(case, tmp_path):
    refused(case, ["data.file", "must exist", "absent.csv"], changed("own.csv", "absent.csv"))
    (tmp_path / "folder.csv").mkdir()
    refused(case, ["data.file", "must be a file", "folder.csv"], changed("own.csv", "folder.csv"))
    refused(case, ["data.file", "must be readable", "File name too long"], changed("own.csv", 300 * "a"))
    refused(case, ["data.file", "must exist"], changed("own.csv", "a\\u0000b"))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_a_pipe_is_no_file(case, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    refused(load, ["a device or a pipe"], tmp_path / "pipe")
    refused(case, ["data.file", "must be a file", "pipe"], changed("own.csv", "pipe"))


X, Y = np.ones((12, 2)), np.ones(12)
ARCHIVES = {
    "object array": ({"x": np.array([[object(), 1]] * 12, dtype=object), "y": Y}, ["'x'", "never unpickles"]),
    "text array": ({"x": np.full((12, 2), "a"), "y": Y}, ["'x'", "real numbers"]),
    "complex array": ({"x": X * 1j, "y": Y}, ["'x'", "complex"]),
    "missing array": ({"features": X, "y": Y}, ["'x'", "It has 'features', 'y'"]),
    "three features": ({"x": np.ones((12, 3)), "y": Y}, ["(n, 2)", "(12, 3)"]),
    "targets of wrong length": ({"x": X, "y": np.ones(11)}, ["data.target", "(12,)", "(11,)"]),
    "NaN": ({"x": np.where(np.arange(24).reshape(12, 2) == 9, np.nan, 1.0), "y": Y}, ["element [4, 1]", "'x'", "nan"]),
}


@pytest.mark.parametrize(("arrays", "words"), ARCHIVES.values(), ids=ARCHIVES.keys())
def test_mistakes_in_an_npz_file_are_named(case, tmp_path, arrays, words):
    np.savez(tmp_path / "own.npz", **arrays)
    refused(case, words, MINIMAL.replace("own.csv", "own.npz").replace('["a", "b"]', '"x"'))


def test_what_only_bears_the_name_npz_is_refused_and_never_unpickled(case, tmp_path):
    import pickle

    (tmp_path / "own.npz").write_bytes(pickle.dumps(Exploding()))
    refused(case, ["not a zip archive"], MINIMAL.replace("own.csv", "own.npz").replace('["a", "b"]', '"x"'))
    refused(case, ["data.features", "one array"], MINIMAL.replace("own.csv", "own.npz"))
    refused(case, ["data.features", "two columns"], MINIMAL.replace('["a", "b"]', '"x"'))


def members(path, **contents):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in contents.items():
            archive.writestr(name + ".npy", content)


def test_damaged_npz_files_are_named(case, tmp_path):
    toml = MINIMAL.replace("own.csv", "own.npz").replace('["a", "b"]', '"x"')
    members(tmp_path / "own.npz", x=b"no array", y=b"")
    refused(case, ["array 'x' of own.npz", "bytes that are no array"], toml)
    data = (tmp_path / "own.npz").read_bytes()
    (tmp_path / "own.npz").write_bytes(bytes(8) + data[8:])
    refused(case, ["data.file", "own.npz, which is damaged"], toml)
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (100000000000, 2), }".ljust(117) + b"\n"
    members(tmp_path / "own.npz", x=b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header, y=b"")
    refused(case, ["array 'x' of own.npz", "damaged"], toml)


@pytest.mark.skipif(np.finfo(np.longdouble).max == np.finfo(float).max, reason="long double is double here")
def test_long_doubles_beyond_double_are_infinite(case, tmp_path):
    np.savez(tmp_path / "own.npz", x=X * np.longdouble("1e4000"), y=Y)
    refused(case, ["element [0, 0] of array 'x'", "finite"], MINIMAL.replace("own.csv", "own.npz").replace('["a", "b"]', '"x"'))


class Exploding:
    """Unpickling it would fail the test."""

    def __reduce__(self):
        return pytest.fail, ("unpickled",)


# --- code -------------------------------------------------------------------------------------------------------------

CODE = """
[learner]
gradient = "own:gradient"
samples = 50
period = 6.283185307179586
learning_rate = 0.01
"""
GOOD = "import numpy as np\ndef gradient(q, index):\n    return np.sin(q - index)[:, :, None]\n"


def coded(tmp_path, module, toml=CODE, allow_code=True):
    (tmp_path / "own.py").write_text(module, encoding="utf-8")
    (tmp_path / "own.toml").write_text(toml, encoding="utf-8")
    return load(tmp_path / "own.toml", allow_code=allow_code)


def test_code_runs_only_where_it_is_allowed(tmp_path):
    trap = "open('ran', 'w')\n"
    refused(coded, ["learner.gradient", "--allow-code", "own.py"], tmp_path, trap + GOOD, allow_code=False)
    assert not (tmp_path / "ran").exists() and not Path("ran").exists()
    config = coded(tmp_path, GOOD)
    assert config.data is None and config.model.n_samples == 50 and config.model.mean_loss is None


@pytest.mark.parametrize(("module", "words"), {
    "no such function": ("def other(): pass\n", ["must name a function", "'gradient'"]),
    "import fails": ("1/0\n", ["does not", "ZeroDivisionError"]),
    "module exits": ("raise SystemExit(3)\n", ["does not", "SystemExit"]),
    "syntax": ("def gradient(:\n", ["does not", "SyntaxError"]),
    "raises": ("def gradient(q, index):\n    raise KeyError('x')\n", ["KeyError"]),
    "exits": ("import sys\ndef gradient(q, index):\n    sys.exit(0)\n", ["must work", "SystemExit"]),
    "wrong shape": ("import numpy as np\ndef gradient(q, index):\n    return np.sin(q - index)\n", ["(5, 3, 1)", "(5, 3)"]),
    "a list": (GOOD.replace("None]", "None].tolist()"), ["float64", "a list"]),
    "single precision": (GOOD.replace("None]", "None].astype('f4')"), ["float64", "float32"]),
    "changes q": (GOOD.replace("    return", "    q += 1\n    return"), ["must not change q or index"]),
    "not finite": ("def gradient(q, index):\n    return index[:, :, None] * float('nan')\n", ["finite"]),
    "not periodic": ("def gradient(q, index):\n    return (q - index)[:, :, None]\n", ["periodic", "learner.period"]),
    "random": ("import numpy as np\nr = np.random.default_rng(0)\ndef gradient(q, index):\n"
               "    return r.normal(size=index.shape)[:, :, None]\n", ["must return the same"]),
}.values(), ids=lambda value: value[-1] if isinstance(value, list) else "")
def test_mistakes_in_code_are_named(tmp_path, module, words):
    refused(coded, ["learner.gradient", *words], tmp_path, module)


def test_code_that_fails_later_is_named_too(tmp_path):
    """Whatever happens on other shapes than those that were tried, sys.exit(0) included."""
    module = GOOD.replace("    return", "    if len(q) == 7:\n        raise SystemExit(0)\n    return")
    gradient = coded(tmp_path, module).model.gradient
    with pytest.raises(ArgumentError, match=r"learner.gradient must work for q of shape \(7, 1\).*SystemExit"):
        gradient(np.zeros((7, 1)), np.zeros((7, 2), int))
    assert gradient(np.zeros((8, 1)), np.zeros((8, 2), int)).shape == (8, 2, 1)


@pytest.mark.parametrize(("reference", "words"), [
    ("own", ["module:function"]), ("own:", ["module:function"]), ("../own:gradient", ["module:function"]),
    ("os:getcwd", ["beside the TOML file", "os.py"]),
])
def test_a_reference_names_a_module_beside_the_file(tmp_path, reference, words):
    refused(coded, ["learner.gradient", *words], tmp_path, GOOD, CODE.replace("own:gradient", reference))


def test_code_brings_its_own_samples(tmp_path):
    refused(coded, ["[data]", "learner.gradient"], tmp_path, GOOD, "[data]\nfile = 'a.csv'\n" + CODE)
    refused(coded, ["learner.period", "is needed"], tmp_path, GOOD, CODE.replace("period =", "#"))
    refused(coded, ["learner.loss", "Remove loss"], tmp_path, GOOD, CODE + "loss = 'squared'\n")
