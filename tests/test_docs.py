"""The documentation runs: every Python session, every console line marked runnable, every TOML block, every link and list."""

import doctest
import importlib.util
import json
import re
import shlex
import tomllib
from pathlib import Path

import numpy as np
import pytest
from test_architecture import LAYERS

from qlearn.cli import run
from qlearn.config import SECTIONS, SPECTRUM_SECTIONS, load, load_spectrum
from qlearn.config.dataset import GenerateConfig, LabelNoiseConfig
from qlearn.config.keys import section_keys

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
TABLES = {**SECTIONS, "data.label_noise": LabelNoiseConfig, "data.generate": GenerateConfig}
SPECTRUM_TABLES = {name: section for name, section in SPECTRUM_SECTIONS.items() if name not in SECTIONS}
FILES = {"files.md": TABLES, "spectrum_files.md": SPECTRUM_TABLES}

parametrize_pages = pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)


def blocks(path, kind):
    """(line, text) of every fenced block of this kind."""
    text = path.read_text(encoding="utf-8")
    return [(text[:match.start()].count("\n") + 1, match[1])
            for match in re.finditer(rf"^```{re.escape(kind)}\n(.*?)^```", text, re.M | re.S)]


@parametrize_pages
def test_python_sessions_print_what_they_show(path, monkeypatch):
    monkeypatch.chdir(ROOT)
    session = "\n".join(text for _, text in blocks(path, "pycon"))
    test = doctest.DocTestParser().get_doctest(session, {}, path.name, str(path), 0)
    messages = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE, verbose=False)
    with np.errstate(all="raise", under="ignore"):
        outcome = runner.run(test, out=messages.append)
    assert outcome.failed == 0, "".join(messages)


def test_the_check_of_sessions_sees_a_wrong_number(tmp_path, monkeypatch):
    (tmp_path / "wrong.md").write_text("```pycon\n>>> 1 + 1\n3\n\n```\n", encoding="utf-8")
    with pytest.raises(AssertionError, match="Expected"):
        test_python_sessions_print_what_they_show(tmp_path / "wrong.md", monkeypatch)


def test_there_is_something_to_run_and_no_python_that_is_not():
    counts = {path.name: sum(text.count(">>>") for _, text in blocks(path, "pycon")) for path in PAGES}
    assert counts["tutorial.md"] >= 25 and counts["README.md"] >= 4 and counts["theory.md"] >= 6
    assert [path.name for path in PAGES if blocks(path, "python")] == []


@parametrize_pages
def test_console_lines_print_what_they_show(path, monkeypatch, capsys, tmp_path):
    """Lines marked runnable: each shown line occurs in the output, in order; … stands for lines left out."""
    monkeypatch.chdir(ROOT)
    for line, text in blocks(path, "console runnable"):
        command, *shown = text.rstrip("\n").split("\n")
        assert command.startswith("$ qlearn "), f"{path.name}:{line}"
        arguments = shlex.split(command)[2:]
        if "--out" in arguments:
            arguments[arguments.index("--out") + 1] = str(tmp_path)
        assert run(arguments) == 0
        output, place = capsys.readouterr().out.split("\n"), -1
        for expected in shown:
            if expected != "…":
                assert expected in output[place + 1:], f"{path.name}:{line}: {expected}"
                place = output.index(expected, place + 1)


@parametrize_pages
def test_commands_that_are_shown_exist(path, capsys):
    """Lines that take too long to run here name commands and options that there are."""
    for _, text in blocks(path, "console"):
        for command in re.findall(r"^\$ qlearn (\w+)(.*)$", text, re.M):
            assert run([command[0], "--help"]) == 0
            known = capsys.readouterr().out
            assert all(option in known for option in re.findall(r"--[a-z-]+", command[1]))


@parametrize_pages
def test_toml_blocks_have_only_keys_that_exist(path):
    for line, text in blocks(path, "toml"):
        content = tomllib.loads(text)
        for name, table in content.items():
            if name not in ("title", "parameters"):
                section = {**SECTIONS, **SPECTRUM_SECTIONS}[name]
                assert set(table) <= set(section_keys(section)), f"{path.name}:{line}"


def test_the_minimal_file_of_the_documentation_loads(tmp_path):
    (_, text), *_ = blocks(ROOT / "docs" / "files.md", "toml")
    (tmp_path / "own.csv").write_text((ROOT / "examples" / "data" / "workshop.csv").read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "own.toml").write_text(text, encoding="utf-8")
    assert load(tmp_path / "own.toml").data.x.shape == (600, 2)


def test_the_refusal_that_is_shown_is_the_one_that_comes(tmp_path, monkeypatch, capsys):
    text = (ROOT / "docs" / "files.md").read_text(encoding="utf-8")
    shown = next(line for line in text.splitlines() if line.startswith("qlearn: own.toml: "))
    (_, minimal), *_ = blocks(ROOT / "docs" / "files.md", "toml")
    wrong = minimal.replace("temperature_over_loss_range = 0.25", "temperature = -0.4")
    (tmp_path / "own.toml").write_text(wrong, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert run(["verify", "own.toml"]) == 2
    assert capsys.readouterr().err.startswith(shown.removesuffix("…"))


@pytest.mark.parametrize("page", FILES)
def test_every_key_is_documented_with_its_default(page):
    """The tables of the pages are those that the sections give; on failure the message holds the text to paste."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    written = text[text.index("-->\n") + 4:text.index("<!-- end of keys -->")].strip()
    assert written == key_tables(FILES[page]), f"paste into docs/{page}:\n{key_tables(FILES[page])}"


def test_the_spectrum_file_of_the_documentation_loads(tmp_path):
    (_, text), *_ = blocks(ROOT / "docs" / "spectrum_files.md", "toml")
    (tmp_path / "well.toml").write_text(text, encoding="utf-8")
    assert load_spectrum(tmp_path / "well.toml").levels.count == 10


def key_tables(tables):
    parts, escaped = [], "\\|"
    for name, section in tables.items():
        rows = [f"| `{key}` | {field.metadata['meaning'].replace('|', escaped)} | {shown(field)} |"
                for key, field in section_keys(section).items()]
        parts.append("\n".join([f"### `[{name}]`", "", "| key | meaning | default |", "|---|---|---|", *rows]))
    return "\n\n".join(parts)


def shown(field):
    default, example = field.default, field.metadata["example"]
    if default is not None and default is not field.default_factory:
        return f"`{json.dumps(default, ensure_ascii=False)}`"
    return "none" if example is None else f"none; as in `{json.dumps(example, ensure_ascii=False)}`"


def test_the_architecture_page_lists_the_layers_in_their_order():
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `([a-z_]+)` \|", text, re.M)
    assert listed == LAYERS


@parametrize_pages
def test_links_lead_somewhere(path):
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", path.read_text(encoding="utf-8")):
        assert target.startswith("https://") or (path.parent / target).exists(), target


@parametrize_pages
def test_files_that_are_named_exist(path):
    text = path.read_text(encoding="utf-8")
    for name in re.findall(r"`((?:examples|docs|tests|validation|qlearn)/[\w./*]+)`", text):
        assert list(ROOT.glob(name.rstrip("/"))), f"{path.name} names {name}"


def test_every_picture_is_drawn_by_its_script(tmp_path):
    spec = importlib.util.spec_from_file_location("draw", ROOT / "docs" / "pictures" / "draw.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    script.draw(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in (ROOT / "docs" / "pictures").glob("*.png")}


def test_the_changelog_has_the_version():
    import qlearn

    assert f"## {qlearn.__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
