"""How much shorter a signal harmonic inversion needs than a fit of Fourier peaks, at the same error of the lines."""

import statistics

from benchmarks.machine import described
from benchmarks.table import Table, held
from validation.line_lengths import METHODS, cases, lengths

__all__ = ["lines"]

BAR = 10.0
WORDS = """\
The shortest time T from which each line is read to 1e-6 of the mean spacing and none besides, by the rules of
`validation/line_lengths.py`, which says what was fixed beforehand and what was changed after first runs: random superpositions of
ten lines with noise of 1e-10, and autocorrelations of propagated packets.
Every method gets the same mirrored samples; the Fourier peaks are fitted with the line shape of the best of three windows, one by
one (alone) or with their neighbours (together). ∞: the whole signal was not enough; the ratio is then at least what is said."""


def lines(quick: bool = False) -> list[Table]:
    rows, ratios = [], []
    for case in cases()[8:] if quick else cases():
        found = lengths(case)
        longest = (len(case.signal) - 1) * case.dt
        ratio = min(found["peaks alone"], longest) / found["inversion"]
        ratios.append(ratio)
        more = "≥ " if found["peaks alone"] > longest else ""
        cells = [f"{found[name]:.4g}" if found[name] <= longest else "∞" for name in METHODS]
        rows.append([case.name, *cells, f"{more}{ratio:.3g}", held(ratio, BAR, most=False)])
    middle = statistics.median(ratios)
    rows.append(["median", *[""] * len(METHODS), f"{middle:.3g}", held(middle, BAR, most=False)])
    return [Table("Lines", WORDS, ["signal", *(f"{name}, T" for name in METHODS), "peaks alone / inversion", "bar"], rows,
                  described())]
