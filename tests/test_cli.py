"""The command line: exit codes, one clear line for bad input, nothing written where nothing was found out."""

import json
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import qlearn
from qlearn.cli import run
from qlearn.cli.matrices import entries, matrix
from qlearn.cli.progress import Bars
from qlearn.errors import ArgumentError, RegimeError
from qlearn.verification.claims import Claim, Verification

EXAMPLES = Path(__file__).parents[1] / "examples"

CLAIM = Claim("A claim", "rates", "claim", "data", "this with that", "max |z|", 1.0, 1.4, None, 0.5, None, True, "As expected.")
HOLDS = Verification("Made up", {"seed": 0}, (CLAIM,), (), {}, {}, {})
FAILS = replace(HOLDS, claims=(replace(CLAIM, passed=False, reason="It is not so."),))


@pytest.fixture
def found(monkeypatch):
    """Put a made-up result, or an error, in the place of the computation."""
    def put(outcome):
        def verify(config, progress):
            progress("replicas", 1, 2)
            if isinstance(outcome, BaseException):
                raise outcome
            return outcome
        monkeypatch.setattr("qlearn.verification.verify", verify)
    return put


def refusal(capsys, arguments, code=2):
    """Run; check the exit code and that standard error holds one line; return it."""
    assert run(arguments) == code
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1 and lines[0].startswith("qlearn: ") and "Traceback" not in lines[0]
    return lines[0]


# --- verify -----------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("outcome", "code", "words"), [(HOLDS, 0, "1 of 1 claims hold"), (FAILS, 1, "It is not so.")],
                         ids=["holds", "fails"])
def test_the_exit_code_is_the_verdict(found, tmp_path, capsys, outcome, code, words):
    found(outcome)
    out = tmp_path / "deep" / "report"
    assert run(["verify", str(EXAMPLES / "own_data.toml"), "--out", str(out)]) == code
    shown = capsys.readouterr().out
    assert words in shown and "index.html" in shown
    assert json.loads((out / "results.json").read_text(encoding="utf-8"))["passed"] is (code == 0)


@pytest.mark.parametrize(("error", "code", "words"), [
    (KeyboardInterrupt(), 130, "interrupted"),
    (RegimeError("there is no\nsuch thing"), 2, "own_data.toml: there is no such thing"),
], ids=["Ctrl-C", "refused"])
def test_an_earlier_report_survives_an_interruption_and_a_refusal(found, tmp_path, capsys, error, code, words):
    (tmp_path / "index.html").write_text("old")
    found(error)
    assert run(["verify", str(EXAMPLES / "own_data.toml"), "--out", str(tmp_path)]) == code
    assert words in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["index.html"] and (tmp_path / "index.html").read_text() == "old"


@pytest.mark.parametrize(("change", "words"), [
    (("learner", "lerner"), ["lerner", "learner"]), (("0.25", "-0.25"), ["learner.temperature_over_loss_range", "> 0", "-0.25"]),
    (("workshop.csv", "absent.csv"), ["data.file", "must exist"]), (('"hardness"', '"operator"'), ["data.file", "line 2", "'C'"]),
    (("[learner]", "[real_time]\npotential = 'eval(\"1\")'\n[learner]"), ["real_time.potential", "must not call"]),
], ids=["unknown section", "negative temperature", "missing data", "text in data", "forbidden call"])
def test_bad_files_get_one_line_and_write_nothing(tmp_path, capsys, change, words):
    toml = (EXAMPLES / "own_data.toml").read_text(encoding="utf-8").replace(*change)
    toml = toml.replace('"data/', f'"{EXAMPLES.as_posix()}/data/')
    (tmp_path / "bad.toml").write_text(toml, encoding="utf-8")
    line = refusal(capsys, ["verify", str(tmp_path / "bad.toml"), "--out", str(tmp_path / "out")])
    assert all(word in line for word in words), line
    assert not (tmp_path / "out").exists()


def test_what_a_file_says_does_not_steer_the_terminal(tmp_path, capsys):
    (tmp_path / "bad.toml").write_text(r'"a\u001b[31m\u0000b" = 1', encoding="utf-8")
    assert "a?[31m?b is no key" in refusal(capsys, ["verify", str(tmp_path / "bad.toml"), "--out", str(tmp_path / "out")])


def test_code_needs_the_flag(tmp_path, capsys, found):
    found(HOLDS)
    line = refusal(capsys, ["verify", str(EXAMPLES / "code.toml"), "--out", str(tmp_path / "out")])
    assert "--allow-code" in line and not (tmp_path / "out").exists()
    assert run(["verify", str(EXAMPLES / "code.toml"), "--out", str(tmp_path / "out"), "--allow-code"]) == 0


def test_a_folder_that_is_a_file_is_refused_before_the_run(tmp_path, capsys, found):
    found(AssertionError("must not run"))
    (tmp_path / "file").write_text("mine")
    assert "--out" in refusal(capsys, ["verify", str(EXAMPLES / "own_data.toml"), "--out", str(tmp_path / "file")])
    assert (tmp_path / "file").read_text() == "mine"


def test_a_folder_that_cannot_be_made_is_one_line(found, tmp_path, capsys):
    found(AssertionError("must not run"))
    line = refusal(capsys, ["verify", str(EXAMPLES / "own_data.toml"), "--out", str(tmp_path / (300 * "a"))])
    assert "--out must be a folder" in line and "Name another folder" in line


def test_a_report_that_cannot_be_written_is_refused_before_the_run(found, tmp_path, capsys):
    found(AssertionError("must not run"))
    (tmp_path / "index.html").mkdir()
    line = refusal(capsys, ["verify", str(EXAMPLES / "own_data.toml"), "--out", str(tmp_path)])
    assert "--out must be a folder where index.html can be written" in line
    assert not (tmp_path / "results.json").exists()


def test_a_small_run_end_to_end(tmp_path, capsys):
    """Code, replicas, statistics, real time and report; too small to prove anything, so either verdict will do."""
    toml = (EXAMPLES / "code.toml").read_text(encoding="utf-8").replace("burn_in", "count = 2000\nburn_in")
    toml += "\n[real_time]\nlearners = 1000\nduration = 0.2\nsave_times = 2\n"
    (tmp_path / "small.toml").write_text(toml, encoding="utf-8")
    (tmp_path / "compass.py").write_text((EXAMPLES / "compass.py").read_text(encoding="utf-8"), encoding="utf-8")
    with np.errstate(all="raise", under="ignore"):
        code = run(["verify", str(tmp_path / "small.toml"), "--out", str(tmp_path / "out"), "--allow-code"])
    results = json.loads((tmp_path / "out" / "results.json").read_text(encoding="utf-8"))
    assert code == (0 if results["passed"] else 1)
    page = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert results["title"] in page and page.count("<figure>") >= 13 and len(results["claims"]) >= 12
    assert results["settings"]["replicas"]["count"] == 2000


# --- derive -----------------------------------------------------------------------------------------------------------

def test_derive_prints_each_step_its_residual_and_the_equation(capsys):
    assert run(["derive", "--potential", "k*q**2/2"]) == 0
    shown = capsys.readouterr().out
    assert "Result (schrodinger)" in shown and "ħ = 2*T" in shown and "m = 1/γ" in shown and "Assumed (A1)" in shown
    assert shown.count("residual 0") == shown.count("residual ") >= 7


def test_derive_prints_latex(capsys):
    assert run(["derive", "--loss", "U(q)", "--metric", "g(q)", "--latex"]) == 0
    shown = capsys.readouterr().out
    assert r"\[" in shown and "residual 0" in shown and "ħH_E" in shown


def test_derive_takes_a_tensor_and_a_regime(capsys):
    assert run(["derive", "--coordinates", "x y", "--potential", "V(x, y)", "--covariance", "2, 1/2", "--alpha", "0"]) == 0
    shown = capsys.readouterr().out
    assert "Result (nonlinear)" in shown and "ħ_x" in shown and "ħ_y" in shown


@pytest.mark.parametrize(("arguments", "words"), [
    ([], "potential and loss"), (["--potential", "V(q"], "formula"), (["--potential", "os.system(q)"], "must not call"),
    (["--potential", "V(q)", "--convention", "mine"], "convention"),
    (["--potential", "V(q)", "--metric", "a,,b"], "between any two commas"),
    (["--potential", "V(q)", "--potnetial", "q"], "--potnetial"),
], ids=["nothing", "not a formula", "forbidden call", "convention", "list", "option"])
def test_derive_refuses_in_one_line(capsys, arguments, words):
    assert words in refusal(capsys, ["derive", *arguments])


# --- the rest ---------------------------------------------------------------------------------------------------------

def test_version_help_and_wrong_commands(capsys):
    assert run(["--version"]) == 0 and capsys.readouterr().out.strip() == f"qlearn {qlearn.__version__}"
    assert run(["verify", "--help"]) == 0 and "--allow-code" in capsys.readouterr().out
    assert run([]) == 2 and "Commands" in capsys.readouterr().out
    assert "verfy" in refusal(capsys, ["verfy"])
    assert "file" in refusal(capsys, ["verify"]).lower()


def test_the_module_runs_as_a_command_whatever_the_terminal_can_show(tmp_path):
    environment = {"PYTHONIOENCODING": "ascii", "PATH": "", "PYTHONPATH": str(EXAMPLES.parent)}
    done = subprocess.run([sys.executable, "-m", "qlearn", "verify", str(tmp_path / "ψ.toml")], capture_output=True, text=True,
                          env=environment, cwd=tmp_path, check=False)
    assert done.returncode == 2 and done.stdout == "" and len(done.stderr.strip().splitlines()) == 1
    assert "cannot be read" in done.stderr and list(tmp_path.iterdir()) == []


def test_the_command_line_starts_without_the_heavy_packages():
    code = "import sys, qlearn.cli.commands; print([m for m in ('sympy', 'matplotlib', 'qutip', 'scipy') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_lists_and_matrices_of_the_command_line():
    assert matrix(None) is None and matrix("g(q)") == "g(q)" and matrix("a, b") == ["a", "b"]
    assert matrix("a, f(x, y); f(x, y), b") == [["a", "f(x, y)"], ["f(x, y)", "b"]]
    assert entries(" 2*pi , none") == ["2*pi", "none"]
    with pytest.raises(ArgumentError, match="commas"):
        entries("a,,b")


def test_bars_can_be_told_from_many_threads():
    with Bars() as bars:
        threads = [threading.Thread(target=lambda i=i: [bars(f"stage {i % 3}", n, 50) for n in range(51)]) for i in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        tasks = bars._progress.tasks
    assert len(tasks) == 3 and all(task.finished for task in tasks)


def test_warnings_are_one_line(capsys, monkeypatch):
    import warnings

    def noisy(*arguments, **settings):
        warnings.simplefilter("always")
        warnings.warn("less accurate\nthan asked", UserWarning, stacklevel=1)
        return SimpleNamespace(latex=lambda: "")
    monkeypatch.setattr("qlearn.derivation.derive", noisy)
    assert run(["derive", "--potential", "q", "--latex"]) == 0
    assert capsys.readouterr().err == "qlearn: warning: less accurate than asked\n"
