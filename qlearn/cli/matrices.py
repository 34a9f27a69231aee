"""Matrices and lists as the command line writes them: rows end with ";", entries with ","."""

from qlearn import checks

__all__ = ["entries", "matrix"]


def matrix(text: str | None) -> str | list[str] | list[list[str]] | None:
    """One entry, "a, b" one an axis, "a, b; b, c" a matrix; commas inside brackets belong to a function.

    >>> matrix("1 + f(x, y), 0; 0, 1")
    [['1 + f(x, y)', '0'], ['0', '1']]
    >>> matrix("g(q)")
    'g(q)'
    """
    if text is None:
        return None
    rows = [entries(row) for row in text.split(";")]
    if len(rows) > 1:
        return rows
    return rows[0] if len(rows[0]) > 1 else rows[0][0]


def entries(text: str) -> list[str]:
    """Split at the commas that stand in no bracket.

    >>> entries("2*pi, none")
    ['2*pi', 'none']
    """
    parts, depth = [""], 0
    for character in text:
        depth += (character in "([{") - (character in ")]}")
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    found = [part.strip() for part in parts]
    if not all(found):
        checks.fail("a list", "must have an entry between any two commas", text)
    return found
