"""Lines that die early in a long signal: what a filter as long as a share of the signal does not see is looked for in its head.

The lines that live are subtracted, and the first eighth of what is left is a signal again. Kept are those which die in it and
are stronger than what the errors of the subtracted ones leave.
"""

from dataclasses import replace

import numpy as np

from qlearn import checks
from qlearn.spectrum.lines.candidates import Candidates, candidates, folded, joined
from qlearn.spectrum.lines.narrow_band import MOST_SAMPLES, STOPPED, bands

__all__ = ["found_lines"]

MOST_BANDS = 64
HEAD = 8            # the signal over its head
DIES = 3.0          # e-foldings within the head, from which on a line dies in it


def found_lines(c: np.ndarray, first: int, low: float, high: float, *, hermitian: bool, growing: bool,
                noise: float | None) -> tuple[Candidates, int]:
    """(candidates with phases in low … high, how many bands) of c, whose first sample has the number ``first``."""
    chosen = bands(len(c), low, high, _lifetime(c))
    if len(chosen) > MOST_BANDS:
        checks.fail("window", f"must need at most {MOST_BANDS} bands of {MOST_SAMPLES} samples",
                    f"{len(chosen)} bands for {len(c)} samples", "Give a narrower window= of energies, or thin out the signal.")
    found = joined([candidates(c, band, first, hermitian=hermitian, growing=growing, noise=noise) for band in chosen])
    if len(c) <= MOST_SAMPLES or hermitian:
        return found, len(chosen)
    n = len(c) // HEAD
    lines = found.where((found.reasons == "") & (-found.theta.imag * n < DIES))
    early, _ = found_lines(c[:n] - _samples(lines, n, real=not np.iscomplexobj(c)), 0, low, high, hermitian=False, growing=False,
                           noise=noise or found.noise)
    left = float(np.sum(lines.d_errors + n * lines.errors * np.abs(lines.d))) + STOPPED * float(np.max(np.abs(c)))
    dies = (early.reasons == "") & (-early.theta.imag * n >= DIES) & (np.abs(early.d) > left)
    return found if early.saturated else replace(joined([found, early.where(dies)]), noise=found.noise), len(chosen)


def _samples(lines: Candidates, n: int, *, real: bool) -> np.ndarray:
    """The first n of the lines alone."""
    if not real:
        return np.exp(-1j * np.outer(np.arange(n), lines.theta)) @ lines.d
    lines = folded(lines)
    twice = np.where((lines.theta.real > 0) & (lines.theta.real < np.pi), 2.0, 1.0)
    return (np.exp(-1j * np.outer(np.arange(n), lines.theta)) @ (twice * lines.d)).real


def _lifetime(c: np.ndarray) -> float:
    """(Σ|c|²)²/Σ|c|⁴: how many samples the signal lives, of the order of its length where it does not decay."""
    power = np.abs(c) ** 2
    square = float(np.sum(power**2))
    return float(np.sum(power)) ** 2 / square if square > 0 else float(len(c))
