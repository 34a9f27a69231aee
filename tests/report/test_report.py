"""The report: one file that needs nothing else, says everything, escapes what it is given, and replaces the old one whole."""

import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from qlearn import report
from qlearn.errors import ConfigError
from qlearn.report.markup import number, p_value, percent
from qlearn.report.page import page
from qlearn.report.results import results


class Reader(HTMLParser):
    """Collects the visible text, the addresses and the tags, and that every tag is closed."""

    VOID = ("meta", "img", "br")

    def __init__(self, text):
        super().__init__()
        self.words, self.addresses, self.tags, self.open, self.anchors = [], [], [], [], []
        self.feed(text)
        self.close()
        self.text = " ".join(" ".join(self.words).replace("\u2060", "").split())

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.addresses += [value for name, value in attributes if name in ("src", "href")]
        self.anchors += [value for name, value in attributes if name == "id"]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.words.append(data)


@pytest.fixture(scope="module")
def text(holding):
    return page(holding)


@pytest.fixture(scope="module")
def whole(text):
    return Reader(text)


@pytest.fixture(scope="module")
def broken(failing):
    return Reader(page(failing))


def test_the_page_is_well_formed_and_self_contained(whole, broken):
    for read in (whole, broken):
        assert read.open == [] and "script" not in read.tags and "link" not in read.tags
        assert all(address.startswith(("data:image/svg+xml;base64,", "#")) for address in read.addresses)
        assert all(address[1:] in read.anchors for address in read.addresses if address.startswith("#"))


def test_the_page_loads_nothing_through_its_style(text):
    assert "url(" not in text and "@import" not in text
    named = set(re.findall(r'https?://[^"<> ]+', re.sub(r"base64,[^\"]+", "", text)))
    assert named <= {"http://www.w3.org/1998/Math/MathML"}


def test_the_first_screen_keeps_tested_guided_and_assumed_apart(whole):
    first = whole.text[:whole.text.index("Every verdict")]
    cards = re.search("Tested on data(.*)Guided by ψ(.*)Assumed, not tested(.*)Checked by calculation(.*)", first)
    tested, guided, assumed, checked = cards.groups()
    assert "Measured rates match the exact calculation" in tested and "2 of 2 controls rejected" in tested and "No wave" in tested
    assert "Guided learners follow |ψ|²" in guided and "no independent evidence" in guided
    assert "A1" in assumed and "A2" in assumed and "The Schrödinger equation follows" in checked
    assert "All 6 claims hold, and all 3 controls were rejected." in first


def test_every_claim_is_in_the_table_with_its_numbers(whole, holding):
    table = whole.text[whole.text.index("What was compared"):whole.text.rindex("1. From the learner to the equation")]
    for claim in holding.claims:
        assert claim.name in table and claim.compared in table and claim.reason in table
        assert number(claim.distance).split()[0] in table


def test_a_failure_is_named_with_its_cause_on_the_first_screen(broken):
    first = broken.text[:broken.text.index("Every verdict")]
    assert "1 of 2 claims fail; 0 of 1 controls were rejected, as all must be." in first
    assert "ε₃ = 1.14 is not small <b>&" in first
    assert "Nothing: this learner has no one ħ" in first
    assert "✗ fails" in broken.text and "✗ not rejected" in broken.text


def test_text_from_outside_is_shown_not_run(broken):
    assert "<script>α = 0</script>" in broken.text


def test_sections_without_data_say_so(broken, whole):
    assert "Not run: without one ħ there is no Schrödinger equation" in broken.text
    assert "No derivation was made" in broken.text
    assert whole.tags.count("img") == 15 and broken.tags.count("img") == 11
    assert whole.tags.count("math") >= 11


def test_the_same_verification_gives_the_same_bytes(short):
    """Figures alike: tests/test_plots.py."""
    assert page(short) == page(short) and results(short) == results(short)


def test_results_are_strict_json_and_complete(holding, failing):
    def refuse(constant):
        raise AssertionError(constant)

    content = json.loads(results(holding), parse_constant=refuse)
    assert content["passed"] is True and len(content["claims"]) == len(holding.claims)
    np.testing.assert_array_equal(content["figures"]["rates"]["operator"], holding.figures["rates"]["operator"])
    assert content["derivations"][0]["steps"][0]["residual"] == "0" and content["versions"]["qlearn"]
    bad = json.loads(results(failing), parse_constant=refuse)
    assert bad["passed"] is False and bad["claims"][1]["distance"] is None


def test_times_taken_are_no_part_of_the_results(holding):
    assert results(holding) == results(replace(holding, seconds={"replicas": 1.0}))


def test_writing_replaces_the_report_and_nothing_else(tmp_path, short):
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "index.html").write_text("old")
    written = report.write(short, tmp_path)
    assert written.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["index.html", "notes.txt", "results.json"]
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_an_earlier_report_survives_a_failure(tmp_path, short, monkeypatch):
    report.write(short, tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    monkeypatch.setattr("qlearn.report.page", lambda verification: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        report.write(replace(short, title="new"), tmp_path)
    monkeypatch.undo()
    monkeypatch.setattr("qlearn.report.files.os.fsync", fail_on_second_call())
    with pytest.raises(OSError, match="disk full"):
        report.write(replace(short, title="new"), tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def fail_on_second_call():
    calls = []

    def fsync(descriptor):
        calls.append(descriptor)
        if len(calls) == 2:
            raise OSError("disk full")
    return fsync


def test_folders_that_cannot_be_written_are_refused_and_none_is_made(tmp_path):
    (tmp_path / "file").write_text("x")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(ConfigError, match="is a file"):
            report.check_folder(folder)
    assert report.check_folder(tmp_path / "new" / "deep") == tmp_path / "new" / "deep"
    assert not (tmp_path / "new").exists()


def test_the_terminal_table_fits_80_columns_and_says_what_failed(failing, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    out = io.StringIO()
    report.print_table(failing, out)
    lines = out.getvalue().splitlines()
    assert max(len(line) for line in lines) <= 80
    text = " ".join(" ".join(lines).split())
    assert "ACCEPTED control: Rates, α = 0" in text and "FAILS The rates are energy" in text
    assert "ε₃ = 1.14 is not small <b>&" in text and "1 of 2 claims hold, 0 of 1 controls rejected." in text


@pytest.mark.parametrize(("value", "shown"), [
    (None, "—"), (0.0, "0"), (True, "yes"), (100000, "100\u202f000"), (0.0312, "0.0312"), (0.06, "0.06"), (1.0, "1"),
    (-2.5, "−2.5"), (123456.0, "123456"), (3.1e-10, "3.1\u00a0×\u00a010<sup>−10</sup>"), (-1e7, "−1\u00a0×\u00a010<sup>7</sup>"),
    (float("nan"), "not a number"),
    (float("-inf"), "−∞"), ("<b>", "&lt;b&gt;"),
])
def test_numbers_as_people_read_them(value, shown):
    assert number(value) == shown


def test_probabilities_are_never_rounded_to_certainty():
    assert percent(0.99996) == "&gt;\u202f99.9\u202f%" and percent(0.9994) == "99.9\u202f%" and percent(None) == "—"
    assert p_value(1e-300) == "&lt;\u202f0.0001" and p_value(0.0042) == "0.0042" and p_value(0.5) == "0.50"
