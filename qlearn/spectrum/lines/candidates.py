"""Candidates for lines: what a matrix pencil finds in a band, with errors, and the reasons against those not believed."""

from dataclasses import dataclass, replace
from typing import final

import numpy as np

from qlearn.spectrum.lines.matrix_pencil import EPS, Exponentials, exponentials, phases_of
from qlearn.spectrum.lines.narrow_band import STOPPED, Band

__all__ = ["DEVIATIONS", "Candidates", "candidates", "folded", "joined"]

DEVIATIONS = 4.0        # of the bound's; the pencil's variance is 1.5 times the least one, so that exp(−11) lies beyond
SHORTER = 0.85          # share of the samples of the second pencil
OTHER_ROWS = 0.42       # and the share of those that its matrix has as rows
SAME = 0.25             # of a Fourier bin: farther apart two findings are not of one line
ROUNDING = 16 * EPS     # of a phase
SHORTEST = 3.0          # of −Im θ: a line that loses 95 % within a sample


@final
@dataclass(frozen=True, eq=False)
class Candidates:
    """Phases θ = ω dt per sample of the signal and weights d, (k,); ``reasons`` "" where a line is believed."""

    theta: np.ndarray
    d: np.ndarray
    errors: np.ndarray
    d_errors: np.ndarray
    resolution: np.ndarray
    reasons: np.ndarray
    noise: float
    saturated: bool

    def where(self, index: np.ndarray) -> "Candidates":
        """Those of a mask, or in the order of an index."""
        return replace(self, **{name: getattr(self, name)[index] for name in _ARRAYS})


_ARRAYS = ("theta", "d", "errors", "d_errors", "resolution", "reasons")


def candidates(c: np.ndarray, band: Band, first: int, *, hermitian: bool, growing: bool, noise: float | None) -> Candidates:
    """Those of one band of c, whose first sample has the number ``first``."""
    y = band.narrowed(c)
    inner = None if noise is None else noise / band.whiteness
    fit = exponentials(y, noise=inner)
    narrow = phases_of(fit.z)
    bin_ = 2 * np.pi / len(y)
    own = DEVIATIONS * band.depth * fit.log_errors + ROUNDING
    apart = _nearest(narrow, _second(y, inner))
    errors = np.maximum(own, np.where(apart < SAME * bin_, apart, 0.0))
    theta = band.phases(narrow)
    gain = band.gain(theta)
    turn = np.exp(1j * theta.real * first) / np.where(gain == 0, 1, gain)      # first is 0 but for lines with Im θ = 0
    d = fit.d * turn
    d_errors = (DEVIATIONS * band.depth * fit.d_errors + 16 * ROUNDING * float(np.max(np.abs(y)))) * np.abs(turn)
    reasons = _reasons(fit, narrow, own, apart, bin_, growing or hermitian)
    if len(band.filter) > 1:
        weak = np.minimum(np.abs(d), np.abs(fit.d)) < STOPPED * float(np.max(np.abs(c)))
        reasons[(reasons == "") & weak] = "as weak as what the filter lets through"
    if hermitian:
        reasons[(reasons == "") & (np.abs(narrow.imag) > SAME * bin_)] = "it decays or grows, and no line of a Hermitian H does"
        reasons[(reasons == "") & (d.real < np.abs(d.imag))] = "its weight is not positive"
        errors, d_errors = np.maximum(errors, np.abs(narrow.imag)), np.maximum(d_errors, np.abs(d.imag))
    resolution = _resolution(fit, narrow, len(y))
    inside = np.abs(narrow.real) <= (band.half * band.step + errors if len(band.filter) > 1 else np.inf)
    theta = np.remainder(theta.real + np.pi, 2 * np.pi) - np.pi + 1j * theta.imag
    return Candidates(theta, d, errors / band.step + 4 * EPS * np.abs(theta), d_errors, resolution / band.step, reasons,
                      fit.noise * band.whiteness * band.depth, fit.saturated).where(inside)


def joined(found: list[Candidates]) -> Candidates:
    """Of all bands; a line on the border of two that both see is kept once, with the smaller error."""
    parts = {name: np.concatenate([getattr(one, name) for one in found]) for name in _ARRAYS}
    whole = Candidates(**parts, noise=float(np.median([one.noise for one in found])),
                       saturated=any(one.saturated for one in found))
    band = np.concatenate([np.full(len(one.theta), i) for i, one in enumerate(found)])
    keep = np.ones(len(band), bool)
    for i in np.flatnonzero(whole.reasons == ""):
        twins = (band != band[i]) & (whole.reasons == "") & keep \
            & (np.abs(whole.theta - whole.theta[i]) <= whole.errors + whole.errors[i])
        keep[i] = not np.any(twins & ((whole.errors < whole.errors[i]) | ((whole.errors == whole.errors[i]) & (band < band[i]))))
    return whole.where(keep)


def folded(found: Candidates) -> Candidates:
    """Of a real signal's pairs ±Re θ one each; a line without mirror image that is within its error of 0 or π is put there."""
    theta, errors = found.theta, found.errors
    images = np.abs(np.exp(1j * (theta[:, None] + theta[None, :].conj())) - 1)
    np.fill_diagonal(images, np.inf)
    single = ~np.any(images <= errors[:, None] + errors[None, :], axis=1)
    ends = np.where(np.abs(theta.real) < np.pi / 2, 0.0, np.pi)
    moved = np.where(single | (theta.real == -np.pi), np.abs(np.abs(theta.real) - ends), np.inf)
    at_end = moved <= errors
    found = replace(found, theta=np.where(at_end, ends, theta.real) + 1j * theta.imag, d=np.where(at_end, found.d.real, found.d),
                    errors=errors + np.where(at_end, moved, 0.0))
    return found.where(found.theta.real >= 0)


def _second(y: np.ndarray, noise: float | None) -> np.ndarray:
    again = exponentials(y[:max(int(SHORTER * len(y)), min(len(y), 8))], OTHER_ROWS, noise=noise)
    return phases_of(again.z)


def _resolution(fit: Exponentials, narrow: np.ndarray, n: int) -> np.ndarray:
    """2π/n_k √(the least weight that would be seen, over that of the line, at most 1), n_k the samples that the line lives."""
    fading = 2 * np.maximum(np.abs(narrow.imag), 1e-3 / n)
    lived = -np.expm1(-fading * n) / fading
    level = DEVIATIONS * fit.noise / np.sqrt(lived)
    return 2 * np.pi / lived * np.sqrt(level / np.maximum(np.abs(fit.d), level))


def _reasons(fit: Exponentials, narrow: np.ndarray, own: np.ndarray, apart: np.ndarray, bin_: float, growing: bool) -> np.ndarray:
    reasons = np.full(len(narrow), "", dtype=object)
    room = SAME * (bin_ + np.abs(narrow.imag))
    tests = [(own > room, "its error is as large as a quarter of a Fourier bin"),
             (apart > room, "not found again in 85 % of the signal"),
             (np.abs(fit.d) < DEVIATIONS * fit.d_errors, "its weight is that of noise"),
             (np.abs(narrow.imag) > SHORTEST, "it dies within a sample")]
    if not growing:
        tests.append((narrow.imag > own, "it grows; growing=True keeps such lines"))
    for mask, words in tests:
        reasons[mask & (reasons == "")] = words
    return reasons


def _nearest(theta: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Distance of each phase to the nearest of the others, round the circle; infinite where there is none."""
    difference = theta[:, None] - others[None, :]
    turned = np.remainder(difference.real + np.pi, 2 * np.pi) - np.pi + 1j * difference.imag
    return np.min(np.abs(turned), axis=1, initial=np.inf)
