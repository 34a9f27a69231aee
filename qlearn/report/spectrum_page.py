"""The page of a spectrum: one file of HTML with its figures inside; no script, nothing from the network."""

from typing import Any

from qlearn.analysis import Analysis, Part
from qlearn.report.markup import escape, figure, figures, made_by, number, table
from qlearn.report.results import versions
from qlearn.report.settings import toml
from qlearn.report.spectrum_columns import VERDICTS, columns, heading, shown_value
from qlearn.report.style import STYLE

__all__ = ["spectrum_page"]

WIDE = ".wide figure img, .wide figcaption { max-width: 860px; }"

WORDS = {
    "± bound": "The error bound: H has a level within this distance. It follows from the residuals ‖Hv − Ev‖ of the states, "
               "taken anew, on a grid twice as fine where the potential is a formula, and not from the solver that found them. "
               "It does not say that no level in between was missed.",
    "± estimate": "The error as it was estimated, by rules that tests found to hold; it is no bound.",
    "digits": "How many decimal digits of the number its error leaves standing; — where it is not told from zero.",
    "verdict": "Whether the bound or estimate is at most tol times the energy scale (the highest level above the least "
               "potential, plus the kinetic energy of one wave round the box), for relaxation rates at most tol times the rate.",
    "fold": "How many levels their bounds do not tell apart. Any orthonormal mixture of their states is as good.",
    "to QuTiP": "The distance from the level that QuTiP finds by diagonalising the same matrix; overlap is how much of the "
                "state lies in the space of QuTiP's states of that level.",
}


def spectrum_page(analysis: Analysis) -> str:
    """The analysis as one HTML text."""
    title = escape(f"{analysis.title} · {'all within tol' if analysis.passed else 'not all within tol'}")
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{STYLE}{WIDE}</style></head><body>'
        f'<header><p class="over">qlearn · spectrum</p><h1>{escape(analysis.title)}</h1>'
        f'<p class="lead">{escape(analysis.subject)}</p>{_verdict(analysis)}</header>'
        f"<main>{''.join(map(_part, analysis.parts))}{_settings(analysis)}{_words(analysis)}</main>"
        f"<footer>{made_by(versions())}</footer></body></html>\n")


def _verdict(analysis: Analysis) -> str:
    counts = "".join(f"<li>{escape(part.title)}: {escape(part.verdict)}</li>" for part in analysis.parts)
    words = "Every number has the accuracy asked for" if analysis.passed else "Not every number has the accuracy asked for"
    return f'<div class="verdict {"good" if analysis.passed else "bad"}"><strong>{words}.</strong><ul>{counts}</ul></div>'


def _part(part: Part) -> str:
    notes = "".join(f'<p class="note">{escape(note)}</p>' for note in part.notes)
    names = columns(part)
    rows = [[_cell(name, row) for name in names] for row in part.shown]
    summary = [(escape(name), _value(value)) for name, value in part.summary.items()]
    return (f'<section id="{escape(part.name)}"><h2>{escape(part.title)}</h2>{_figure(part)}{notes}'
            f"{table([heading(name) for name in names], rows, kind='stack')}"
            f"<h3>How</h3>{table(('', ''), summary)}</section>")


def _figure(part: Part) -> str:
    drawn = part.drawn.plot()
    several = len(drawn.axes) > 1           # panels side by side need the width of the page
    shown = [figure(drawn, part.caption), *(figure(thing.plot(), caption) for thing, caption in part.beside)]
    return f'<div class="{"wide" if several else "narrow"}">{figures(*shown) if len(shown) > 1 else shown[0]}</div>'


def _cell(name: str, row: Any) -> str:
    words = escape(shown_value(name, row))
    if name not in VERDICTS:
        return words.replace("-", "−") if isinstance(row[name], float | int) else words
    return f'<span class="mark {"good" if row[name] else "bad"}">{"✓" if row[name] else "✗"} {words.lower()}</span>'


def _value(value: Any) -> str:
    return " × ".join(map(str, value)) if isinstance(value, list) else number(value)


def _settings(analysis: Analysis) -> str:
    rows = [(escape(name), f"{value:.2f} s") for name, value in analysis.seconds.items()]
    times = f"<h3>Time taken</h3>{table(('Part', 'Time'), rows)}" if rows else ""
    return (f'<section id="settings"><h2>Settings of this run</h2><p>As read from the file, with the defaults filled in.</p>'
            f"<pre>{escape(toml(analysis.settings))}</pre>{times}</section>")


def _words(analysis: Analysis) -> str:
    shown = {heading(name) for part in analysis.parts for name in columns(part)}
    items = "".join(f"<dt>{escape(word)}</dt><dd>{escape(meaning)}</dd>" for word, meaning in WORDS.items() if word in shown)
    return f'<section id="words"><h2>Words used here</h2><dl>{items}</dl></section>'
