"""qlearn spectrum: exit codes, the table, files that are the same twice, nothing written where the input is bad."""

import csv
import json
import sys

import numpy as np
import pytest

import qlearn as ql
from qlearn.cli import run

WELL = """
title = "A <b>well</b>"
[grid]
points = 48
bounds = [-8, 8]
[hamiltonian]
potential = "x**2/2"
[levels]
count = 3
tol = 1e-9
"""


@pytest.fixture
def command(tmp_path, capsys):
    """(text of a file, options) → exit code, what was printed, the folder."""
    def call(text, *options):
        (tmp_path / "case.toml").write_text(text, encoding="utf-8")
        code = run(["spectrum", str(tmp_path / "case.toml"), "--out", str(tmp_path / "out"), *options])
        return code, capsys.readouterr(), tmp_path / "out"
    return call


def test_levels_are_printed_and_written(command):
    code, printed, out = command(WELL + "states = true\n")
    assert code == 0 and "3 of 3 certified" in printed.out and "index.html" in printed.out
    assert all(line.strip() == line.rstrip().strip() and len(line) <= 80 for line in printed.out.splitlines()[:-1])
    assert {path.name for path in out.iterdir()} == {"index.html", "results.json", "levels.csv", "spectrum.h5"}
    spectrum = ql.eigenstates(ql.Hamiltonian(ql.Grid(48, (-8, 8)), lambda x: x**2 / 2), 3, tol=1e-9)
    results = json.loads((out / "results.json").read_text(encoding="utf-8"))
    rows = list(csv.DictReader((out / "levels.csv").read_text(encoding="utf-8").splitlines()))
    for j, energy in enumerate(spectrum.energies):
        assert results["levels"]["rows"][j]["energy"] == energy == float(rows[j]["energy"])
        assert float(rows[j]["error_bound"]) == spectrum.error_bounds[j] and rows[j]["certified"] == "true"
    assert results["passed"] is True and results["settings"]["levels"]["count"] == 3
    assert np.array_equal(ql.load(out / "spectrum.h5").states, spectrum.states)


def test_two_runs_write_the_same_bytes(command):
    texts = []
    for _ in range(2):
        _, _, out = command(WELL + "[bands]\ncount = 2\npoints = 5\n")
        texts.append([(out / name).read_bytes() for name in ("results.json", "levels.csv", "bands.csv")])
    assert texts[0] == texts[1]


def test_the_page_is_whole_and_shows_text_as_text(command):
    _, _, out = command(WELL + "[bands]\ncount = 2\npoints = 5\n")
    page = (out / "index.html").read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>") and page.rstrip().endswith("</html>") and page.count("data:image/svg+xml") == 2
    assert "A &lt;b&gt;well&lt;/b&gt;" in page and "<b>well" not in page and "http" not in page.replace("http://www.w3.org", "")
    assert "Every number has the accuracy" in page and page.count("✓ certified") == 3 + 2


def test_what_is_not_certified_is_exit_code_1_and_named(command):
    code, printed, out = command(WELL.replace("x**2/2", "abs(x)"))
    assert code == 1 and "NOT CERTIFIED" in printed.out and "does not resolve the state" in " ".join(printed.out.split())
    results = json.loads((out / "results.json").read_text(encoding="utf-8"))
    assert results["passed"] is False and any("exceeds tol" in note for note in results["levels"]["notes"])
    assert "Not every number has the accuracy" in (out / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(("change", "words"), [
    (("count = 3", "number = 3"), "levels.number is no key"), (("x**2/2", "eval('1')"), "hamiltonian.potential must not"),
    (("count = 3", "count = 49"), "levels.count must be at most 48"), (("[levels]", "[levles]"), "Did you mean levels"),
    (("points = 48", "points = 2049\nboundary = 'wall'"), "[levels]: compare_qutip is not offered for the levels of 2049 points"),
], ids=["unknown key", "code", "too many", "unknown section", "refused later"])
def test_bad_files_get_one_line_and_write_nothing(command, change, words):
    code, printed, out = command(WELL.replace(*change) + ("qutip = true\n" if "qutip" in words else ""))
    lines = [line for line in printed.err.splitlines() if line.startswith("qlearn: ")]
    assert code == 2 and len(lines) == 1 and words in lines[0] and "case.toml" in lines[0] and not out.exists()


def test_qutip_is_compared_and_missed_before_any_work(command, monkeypatch):
    code, printed, out = command(WELL + "qutip = true\n")
    assert code == 0 and "to QuTiP" in printed.out
    row = json.loads((out / "results.json").read_text(encoding="utf-8"))["levels"]["rows"][0]
    assert row["qutip_difference"] < 1e-12 and abs(row["qutip_overlap"] - 1) < 1e-12
    monkeypatch.setitem(sys.modules, "qutip", None)
    monkeypatch.setattr("qlearn.analysis.analyse", lambda *_, **__: pytest.fail("must not run"))
    code, printed, _ = command(WELL + "qutip = true\n")
    assert code == 2 and "pip install 'qlearn[verify]'" in printed.err


def test_a_level_that_qutip_does_not_have_is_not_certified(command, monkeypatch):
    from dataclasses import replace

    import qlearn.analysis.levels as part

    solve = part.eigenstates

    def missed(H, k, **options):
        found = solve(H, k + 1, **options)
        names, keep = ("energies", "states", "residuals", "error_bounds"), [0, 1, 3]
        return replace(found, **{name: getattr(found, name)[keep] for name in names})

    monkeypatch.setattr(part, "eigenstates", missed)
    code, printed, _ = command(WELL + "qutip = true\n")
    assert code == 1 and "missed a level" in " ".join(printed.out.split()) and "2 of 3 certified" in printed.out


def test_rates_of_a_system_however_small(command):
    code, printed, out = command("""
[grid]
points = 96
bounds = [-2.2, 2.2]
[system]
loss = "(q**2 - 1)**2"
learning_rate = 1.0
temperature = 0.05
[relaxation]
count = 2
""")
    assert code == 0 and "2 of 2 certified to tol = 1e-08 of each rate" in printed.out
    assert (out / "index.html").read_text(encoding="utf-8").count("data:image/svg+xml") == 2        # eigenvalues, density at rest
    (first, _) = json.loads((out / "results.json").read_text(encoding="utf-8"))["relaxation"]["rows"]
    assert first["rate"] == pytest.approx(3.6386057e-9, rel=1e-7) and first["digits"] > 8


def test_levels_near_an_energy(command):
    _, printed, out = command(WELL + "target = 4.6\n")
    energies = [row["energy"] for row in json.loads((out / "results.json").read_text(encoding="utf-8"))["levels"]["rows"]]
    np.testing.assert_allclose(energies, [3.5, 4.5, 5.5], atol=1e-9)
    assert "levels nearest to 4.6" in printed.out


def test_a_folder_that_is_a_file_is_refused_before_the_run(tmp_path, capsys):
    (tmp_path / "out").write_text("mine")
    (tmp_path / "case.toml").write_text(WELL, encoding="utf-8")
    assert run(["spectrum", str(tmp_path / "case.toml"), "--out", str(tmp_path / "out")]) == 2
    assert "--out must be a folder" in capsys.readouterr().err and (tmp_path / "out").read_text() == "mine"


def test_lines_of_a_packet_are_estimates_and_said_to_be(command):
    text = WELL.split("[levels]")[0].replace("-8, 8", "-9, 9")
    packet = "[lines]\ncenter = 1.0\nwidth = 0.7071067811865476\nduration = 8\nsamples = 41\n"
    code, printed, out = command(text + packet)
    assert code == 0 and "within tol" in printed.out and "certified" not in printed.out
    results = json.loads((out / "results.json").read_text(encoding="utf-8"))["lines"]
    poisson = np.exp(-0.5) * np.cumprod([1, *(0.5 / np.arange(1, 6))])
    for j, row in enumerate(results["rows"][:6]):
        assert abs(row["energy"] - j - 0.5) <= row["error_estimate"] and "error_bound" not in row
        assert row["weight"] == pytest.approx(poisson[j], abs=1e-8)
    assert min(row["weight"] for row in results["rows"]) >= 1e-6
    code, printed, _ = command(text + packet + "least_weight = 0.5\n" + "tol = 1e-15\n")
    assert code == 1 and "NOT WITHIN TOL" in printed.out


def test_a_packet_without_lines_is_refused(command):
    packet = "[lines]\ncenter = 3.0\nwidth = 0.7071067811865476\nduration = 8\nsamples = 81\nleast_weight = 0.5\n"
    code, printed, out = command(WELL.split("[levels]")[0].replace("-8, 8", "-9, 9") + packet)
    assert code == 2 and "found no line of the weight 0.5" in printed.err and not out.exists()


def test_levels_of_a_loss_have_widths_and_estimates(command):
    lossy = WELL.replace("[levels]", "absorber = '0.1*x**2'\n[levels]").replace("tol = 1e-9", "qutip = true")
    code, printed, out = command(lossy)
    rows = [line.split() for line in printed.out.splitlines() if line.endswith("within tol  ")]
    assert "…" not in printed.out and [len(row) for row in rows] == [6, 6, 6]       # each on one line
    assert max(map(len, printed.out.splitlines()[:-1])) <= 80
    assert code == 0 and "width Γ" in printed.out and "QuTiP 5" in printed.out
    rows = json.loads((out / "results.json").read_text(encoding="utf-8"))["levels"]["rows"]
    exact = np.sqrt(1 - 0.2j) * (np.arange(3) + 0.5)
    found = np.array([row["energy"] - 0.5j * row["width"] for row in rows])
    assert np.all(np.abs(found - exact) <= [row["error_estimate"] for row in rows])
    assert max(row["qutip_difference"] for row in rows) < 1e-10


def test_rates_without_detailed_balance_are_estimates(command):
    text = """
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
alpha = 0.0
learning_rate = 0.02
[grid]
points = 81
[relaxation]
count = 2
"""
    code, printed, out = command(text)
    results = json.loads((out / "results.json").read_text(encoding="utf-8"))["relaxation"]
    assert code == 0 and results["summary"]["operator"] == "fokker-planck" and results["summary"]["detailed balance"] is False
    assert "within tol" in printed.out and all("error_estimate" in row and "frequency" in row for row in results["rows"])
