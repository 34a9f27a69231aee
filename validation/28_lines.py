"""Lines of signals: levels from a propagated packet, damped and real signals, noise, and how short a signal may be.

Morse and harmonic levels in closed form; a constant loss −iW moves every level to E − iW exactly; synthetic signals with known
lines under noise; pure noise. Controls: samples too far apart are refused, Fourier peaks fail where the inversion succeeds, a
tenth of the errors does not cover.
"""

import numpy as np

import qlearn as ql
from qlearn.errors import ArgumentError
from qlearn.exact import Morse
from validation.digits import digits
from validation.evidence import Evidence, at_least, at_most
from validation.line_lengths import cases, lengths

WELL, GRID = Morse(depth=60.0, inverse_width=0.25), ql.Grid(144, (-4.2, 11.0), "wall")
LOSS = 0.07
SIGNALS, NOISE = 60, 1e-4


def evidence() -> list[Evidence]:
    return [*_packet(), *_lossy(), _real(), *_noisy(), *_short()]


def _packet() -> list[Evidence]:
    """Nine levels of a Morse well, by both methods, from one run each; the oscillator."""
    H, psi = WELL.hamiltonian(GRID), ql.gaussian(GRID, center=0.7, width=0.43)
    exact = np.array([WELL.energy(n) for n in range(6)])
    long = ql.sesolve(H, psi, 0.12 * np.arange(301), tol=1e-10)
    short = ql.sesolve(H, psi, 0.12 * np.arange(51), tol=1e-10)
    weights = np.abs([np.vdot(state, psi) * GRID.cell_volume for state in ql.eigenstates(H, 6).states]) ** 2
    peaks, lines = ql.autocorrelation_spectrum(long), ql.autocorrelation_spectrum(short, method="inversion")
    grid = ql.Grid(96, (-10, 10))
    oscillator = ql.sesolve(ql.Hamiltonian(grid, lambda x: x**2 / 2), ql.gaussian(grid, center=1.5, width=2**-0.5),
                            0.2 * np.arange(61), tol=1e-10)
    ladder = ql.autocorrelation_spectrum(oscillator, method="inversion")
    coarse = ql.sesolve(H, psi, 0.6 * np.arange(61), tol=1e-6)
    return [
        digits("Morse, six levels, peaks of T = 36", peaks.energies[:6], exact, peaks.errors[:6], 6),
        digits("Morse, six levels, inversion of T = 6", lines.energies[:6], exact, lines.errors[:6], 6),
        digits("their weights |c_n|²", lines.weights[:6], weights, lines.weight_errors[:6], 5, scale=1.0),
        digits("oscillator, eight levels, inversion of T = 12", ladder.energies[:8], np.arange(8) + 0.5, ladder.errors[:8], 6),
        at_least("states 0.6 apart: refused as folded", _refused(coarse), 1, control=True),
    ]


def _refused(run: ql.Result) -> float:
    try:
        ql.autocorrelation_spectrum(run)
    except ArgumentError as error:
        return float("folded" in str(error))
    return 0.0


def _lossy() -> list[Evidence]:
    """V − iW with a constant W: ħω = E − iW."""
    H = ql.Hamiltonian(GRID, WELL.potential(GRID.axes[0]) - 1j * LOSS)
    t, c = ql.autocorrelation(ql.sesolve(H, ql.gaussian(GRID, center=0.7, width=0.43), 0.12 * np.arange(81), tol=1e-10))
    lines = ql.harmonic_inversion(c, t[1], centre=8.0)
    exact = np.array([WELL.energy(n) for n in range(4)])
    found = np.array([np.argmin(np.abs(lines.energies - energy)) for energy in exact])
    errors = lines.errors[found] + 1e-9         # the propagation's own, which the signal does not tell
    return [digits("Morse with −iW: E − iW of four levels", lines.frequencies[found], exact - 1j * LOSS, errors, 7)]


def _real() -> Evidence:
    """Relaxation: a real signal of pure decays and one damped oscillation."""
    n, rates = np.arange(150), np.array([0.02, 0.11, 0.3])
    c = np.exp(-np.outer(0.2 * n, rates)) @ [1.0, 0.6, 0.3] + 0.2 * np.exp(-0.01 * n) * np.cos(0.5 * n)
    lines = ql.harmonic_inversion(c, 0.2)
    still = np.flatnonzero(lines.energies == 0)
    still = still[np.argsort(lines.rates[still])]
    found = np.append(lines.rates[still], lines.energies[-1]) if len(still) == 3 else np.full(4, np.nan)
    return digits("real signal: three relaxation rates, one frequency", found, np.append(rates, 2.5),
                  np.append(lines.errors[still], lines.errors[-1]) if len(still) == 3 else np.zeros(4), 7)


def _noisy() -> list[Evidence]:
    """Known lines under white noise: how many are within their errors; pure noise."""
    rng, beyond, tenth, seen, missed, alarms = np.random.default_rng(28), 0, 0, 0, 0, 0
    for _ in range(SIGNALS):
        omega = np.arange(5) - 2.0 + rng.uniform(-0.3, 0.3, 5)
        d = rng.uniform(0.1, 1, 5) * np.exp(2j * np.pi * rng.uniform(size=5))
        noise = rng.normal(size=(2, 80))
        noise = (noise[0] + 1j * noise[1]) / np.sqrt(2)
        lines = ql.harmonic_inversion(np.exp(-1j * np.outer(np.arange(80), omega)) @ d + NOISE * noise, 1.0)
        apart = np.min(np.abs(lines.frequencies[:, None] - omega), axis=1)
        seen, missed = seen + len(lines), missed + 5 - len(lines)
        beyond, tenth = beyond + np.sum(apart > lines.errors), tenth + np.sum(apart > lines.errors / 10)
        alarms += len(ql.harmonic_inversion(noise, 1.0))
    return [
        at_most(f"{seen} lines under noise of 1e-4: share beyond its error", beyond / seen, 0.01),
        at_most("lines missed, or too many", abs(missed), 0),
        at_least("a tenth of the errors: share beyond it", tenth / seen, 0.2, control=True),
        at_most(f"{SIGNALS} signals of pure noise: lines", alarms, 1),
    ]


def _short() -> list[Evidence]:
    """The bar: line errors of 1e-6 from signals ten times shorter than the Fourier peak fit needs."""
    found = [lengths(case) for case in cases()]
    alone = np.array([times["peaks alone"] / times["inversion"] for times in found])
    together = np.array([times["peaks together"] / times["inversion"] for times in found])

    def words(ratios: np.ndarray) -> str:
        tens = f"{np.sum(ratios >= 10)} of {len(ratios)} at 10 or more"
        return f"median {np.median(ratios):.1f}, {tens}, least {np.min(ratios):.1f}"
    return [
        at_least(f"time that Feit and Fleck's peaks need over the inversion's ({words(alone)}): geometric mean",
                 float(np.exp(np.mean(np.log(alone)))), 10.0),
        at_least(f"the same for peaks fitted together ({words(together)})", float(np.exp(np.mean(np.log(together)))), 4.0),
        at_least("cases in which Fourier peaks fail at the time that the inversion needs, of 13",
                 float(np.sum(together > 1)), 13, control=True),
    ]
