"""results.json of a spectrum, and its tables as CSV: the same file gives the same bytes."""

import csv
import io
from typing import Any

from qlearn.analysis import Analysis, Part
from qlearn.report.results import json_text, versions

__all__ = ["csv_texts", "spectrum_results"]


def spectrum_results(analysis: Analysis) -> str:
    """The analysis as strict JSON: tables, scales, methods, notes, settings, versions; no times."""
    return json_text({"title": analysis.title, "subject": analysis.subject, "passed": analysis.passed,
                      **{part.name: _part(part) for part in analysis.parts}, "settings": analysis.settings,
                      "versions": versions()})


def _part(part: Part) -> dict[str, Any]:
    return {"title": part.title, "passed": part.passed, "passing": part.passing, "tol": part.tol,
            "criterion": part.criterion, "summary": part.summary,
            "notes": part.notes, "rows": part.rows, **({"digest": part.digest} if part.digest else {})}


def csv_texts(analysis: Analysis) -> dict[str, str]:
    """levels.csv and its like: a line of names, then numbers that read back to the same bits; none is an empty cell."""
    return {f"{part.name}.csv": _csv(part) for part in analysis.parts}


def _csv(part: Part) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(part.rows[0])
    writer.writerows([_cell(value) for value in row.values()] for row in part.rows)
    return out.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else repr(value)
