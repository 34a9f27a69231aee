"""The whole page: one file of HTML with its figures inside; no script, nothing from the network."""

from qlearn.report.first_screen import first_screen, verdict_table
from qlearn.report.markup import escape, made_by, table
from qlearn.report.results import versions
from qlearn.report.sections import SECTIONS, sections
from qlearn.report.settings import toml
from qlearn.report.style import STYLE
from qlearn.verification.claims import Verification

__all__ = ["page"]

WORDS = {
    "replica": "One of many independent training runs of the same learner, with its own random samples.",
    "exact operator": "The transfer operator of one training step: how it moves a density of learners, averaged over all "
                      "possible minibatches without sampling.",
    "floor": "The distance that a perfect sample of the same size shows in half of all cases. A distance near it cannot be told "
             "from chance.",
    "margin": "The largest difference that was declared acceptable before the run.",
    "p, adjusted": "The chance of a difference at least as large if the claim is true, made larger for the number of tests in "
                   "its family (Holm). A claim fails below the level of the file; a control must come out below it.",
    "power": "The chance that a control is rejected, worked out from exact laws or resampling.",
    "ħ": "The constant that plays the part of Planck's: twice the learning temperature, ħ = 2T. It has nothing to do with the "
         "constant of physics but its place in the equation.",
    "guided": "Learners that read their drift from a wave ψ solved beforehand.",
}


def page(verification: Verification) -> str:
    """The report as one HTML text."""
    title = escape(f"{verification.title} · {'all holds' if verification.passed else 'not all holds'}")
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{STYLE}</style></head><body>'
        f"<header>{first_screen(verification)}{_links()}</header>"
        f'<main><section id="verdicts"><h2>Every verdict</h2>{verdict_table(verification.claims)}</section>'
        f"{sections(verification)}{_run(verification)}{_words()}</main><footer>{_footer()}</footer></body></html>\n")


def _links() -> str:
    links = "".join(f'<a href="#{anchor}">{i}. {name}</a>' for i, (anchor, name, _) in enumerate(SECTIONS, start=1))
    return f'<nav aria-label="Sections"><a href="#verdicts">Every verdict</a>{links}</nav>'


def _run(verification: Verification) -> str:
    seconds = verification.seconds
    rows = [(escape(name), f"{value:.1f} s") for name, value in seconds.items()]
    rows.append(("<b>together</b>", f"<b>{sum(seconds.values()):.1f} s</b>"))
    times = f"<h3>Time taken</h3>{table(('Part', 'Time'), rows)}" if seconds else ""
    return (f'<section id="settings"><h2>Settings of this run</h2><p>As read from the file, with the defaults filled in. All '
            f"of it was fixed before the run; the same file and seed give the same numbers again.</p>"
            f"<pre>{escape(toml(verification.settings))}</pre>{times}</section>")


def _words() -> str:
    items = "".join(f"<dt>{escape(word)}</dt><dd>{escape(meaning)}</dd>" for word, meaning in WORDS.items())
    return f'<section id="words"><h2>Words used here</h2><dl>{items}</dl></section>'


def _footer() -> str:
    return made_by(versions())
