"""Autocorrelation of a propagated state, and the lines that it is made of.

    C(t) = ⟨ψ(0)|ψ(t)⟩ = Σ_n |c_n|² exp(−iE_n t/ħ)        H Hermitian, c_n = ⟨n|ψ(0)⟩

Where H and ψ(0) are real, ψ(−t) = ψ(t)*, and C(t + t') = ∫ψ(t)ψ(t') reaches twice as far.

Source: M. D. Feit, J. A. Fleck, A. Steiger, J. Comput. Phys. 47, 412 (1982); the doubled time: V. Engel, Chem. Phys. Lett.
189, 76 (1992).
"""

from dataclasses import replace
from typing import Any

import numpy as np

from qlearn import checks
from qlearn.errors import UnsupportedError
from qlearn.hamiltonian import Hamiltonian
from qlearn.kernels.arrays import to_numpy
from qlearn.results import Result
from qlearn.spectrum.lines.energy_distribution import EnergyDistribution, energy_distribution
from qlearn.spectrum.lines.fourier_peaks import WINDOWS, LineShape, fitted_peaks
from qlearn.spectrum.lines.harmonic_inversion import FEWEST_SAMPLES, harmonic_inversion
from qlearn.spectrum.lines.lines import Lines, RejectedLines

__all__ = ["autocorrelation", "autocorrelation_spectrum", "stored_states"]

REAL = 1e-12            # of ‖ψ‖: how far a real ψ may be from real
UNIFORM = 1e-9          # of dt
MOST_FOLDED = 1e-3      # of ‖ψ‖²: more weight beyond the band is refused
DOUBT = 4.0             # a line with less than this times the weight beyond the band may be a folded one
SAME = 0.5              # of a Fourier bin of the mirrored signal


def autocorrelation(result: Result, *, doubled: bool | None = None) -> tuple[np.ndarray, np.ndarray]:
    """(times, C): C(t) = Σ ψ(0)* ψ(t) ΔV at t = 0, dt, …, from the stored states of one run; summed over channels.

    doubled : True reaches twice the time by C(t + t') = ∫ψ(t)ψ(t'), which needs a real symmetric V and T, a loss allowed, and a
        ψ(0) that is real up to one phase; None does so where that holds.     Not normalised: C(0) = ‖ψ(0)‖².
    ArgumentError where states are missing, times are not uniform or doubling does not hold; UnsupportedError for a batch, H(t),
    f(|ψ|²), imaginary time and backward runs.

    >>> import qlearn as ql
    >>> grid = ql.Grid(64, (-9, 9))
    >>> H = ql.Hamiltonian(grid, lambda x: x**2 / 2)
    >>> run = ql.sesolve(H, ql.gaussian(grid, center=1, width=2**-0.5), np.linspace(0, 3, 31))
    >>> t, C = autocorrelation(run)                         # twice the time, for H and ψ are real
    >>> bool(np.allclose(C, np.exp(-0.5j * t - 0.5 * (1 - np.exp(-1j * t))), atol=1e-7)), float(t[-1].round(10))
    (True, 6.0)
    """
    dt, states = stored_states(result)
    H, start = result.hamiltonian, states[0].ravel()
    rows = states.reshape(len(states), -1)
    double = _doubling(H, start, doubled)
    if double is None:
        values = rows @ start.conj()
    else:
        values = np.empty(2 * len(rows) - 1, complex)
        values[::2] = np.einsum("ti,ti->t", rows, rows) * double
        values[1::2] = np.einsum("ti,ti->t", rows[1:], rows[:-1]) * double
    return dt * np.arange(len(values)), values * H.grid.cell_volume


def autocorrelation_spectrum(result: Result, *, method: str = "peaks", window: str = "blackmanharris",
                             energies: tuple[float, float] | None = None, threshold: float = 1e-6,
                             doubled: bool | None = None) -> Lines:
    """E_n and |c_n|² of the states that a propagated ψ is made of: Lines with error estimates, and the spectrum as .curve.

    Parameters
    ----------
    result : of sesolve in real time, static linear Hermitian H, one ψ, states stored at uniform times.
    method : "peaks": those of the Fourier transform under a window, fitted together with its line shape; resolves neighbours
        some 4 (Hann) to 10 (Kaiser) times πħ/T apart.     "inversion": ql.harmonic_inversion of the same C(t), for signals
        shorter by 4 to 271 times than peaks fitted one by one need, in what was tried.
    window : hann, blackman, blackmanharris, nuttall, gaussian (σ = 0.15 of T) or kaiser (β = 30).
    energies : (low, high): lines returned; None all.     threshold : peaks lower than this times the highest are left out.
    doubled : see ``autocorrelation``.

    The energies must fit into ⟨H⟩ ± πħ/dt: weight beyond is folded into it. It is measured (Lanczos, 60 steps): more than 1e-3 is
    an error which names the dt that is needed, and lines with less than 4 times the weight beyond are rejected.
    errors: what the fit leaves near a line, carried through the fit, or those of the inversion; and ħε/(|c_n|T) for the error
    ε of the propagation that stats["error_estimate"] states. Estimates: a line without a peak of its own is not seen, see
    .resolution.

    Raises
    ------
    ArgumentError, UnsupportedError: see ``autocorrelation``; UnsupportedError for a loss.

    >>> import qlearn as ql
    >>> grid = ql.Grid(64, (-9, 9))
    >>> H = ql.Hamiltonian(grid, lambda x: x**2 / 2)
    >>> run = ql.sesolve(H, ql.gaussian(grid, center=1, width=2**-0.5), np.linspace(0, 40, 201), tol=1e-10)
    >>> lines = autocorrelation_spectrum(run)
    >>> lines.energies[:3].round(7).tolist(), (lines.weights[:3] * np.exp(0.5)).round(6).tolist()
    ([0.5, 1.5, 2.5], [1.0, 0.5, 0.125])
    """
    checks.choice("method", method, ("peaks", "inversion"))
    checks.choice("window", window, WINDOWS)
    threshold = checks.real("threshold", threshold, above=0, most=0.5)
    times, c = autocorrelation(result, doubled=doubled)
    H = result.hamiltonian
    if not H.is_hermitian:
        raise UnsupportedError("autocorrelation_spectrum of an H with a loss is not offered, for its lines have widths; take "
                               "t, C = ql.autocorrelation(result); ql.harmonic_inversion(C, t[1], hbar=H.hbar).")
    dt = float(times[1])
    spread = energy_distribution(H, stored_states(result)[1][0])
    folded = _folded(H, spread, dt)
    low, high = _energies(energies, spread.mean, np.pi * H.hbar / dt)
    if method == "inversion":
        found = harmonic_inversion(c, dt, hbar=H.hbar, centre=spread.mean, hermitian=True, window=(low, high))
    else:
        found = _peaks(c, dt, H.hbar, spread.mean, window, threshold, (low, high))
    drift = H.hbar * float(result.stats["error_estimate"]) * np.sqrt(c[0].real) / abs(result.times[-1] - result.times[0])
    return _honest(found, drift, folded * c[0].real)


def stored_states(result: Any) -> tuple[float, np.ndarray]:
    """(dt, states (n, *state_shape)) of a run that has an autocorrelation."""
    if not isinstance(result, Result):
        checks.fail("result", "must be a qlearn.Result of sesolve", type(result).__name__,
                    "Signals are for ql.harmonic_inversion.")
    H = result.hamiltonian
    if result.states is None:
        checks.fail("result", "must hold its states", "store_states=False", "Call sesolve with store_states=True.")
    if result.states.ndim != 1 + len(H.state_shape):
        raise UnsupportedError(f"the autocorrelation of a batch of shape {result.states.shape[1:-len(H.state_shape)]} is not "
                               "offered; solve its members one by one.")
    if H.time_dependent or not H.is_linear:
        raise UnsupportedError("the autocorrelation of a state under H(t) or f(|ψ|²) is not offered, for it has no lines at "
                               "energies of H; freeze the potential with H.at(t).")
    if "residual" in result.stats:
        raise UnsupportedError("the autocorrelation in imaginary time is not offered, for ψ is scaled there; run in real time.")
    steps = np.diff(result.times)
    if len(result.times) < FEWEST_SAMPLES or np.max(np.abs(steps - steps[0])) > UNIFORM * abs(steps[0]):
        checks.fail("result.times", f"must be uniform, at least {FEWEST_SAMPLES}", f"{len(result.times)} times",
                    "Call sesolve with tlist = np.arange(n) * dt.")
    if steps[0] < 0:
        raise UnsupportedError("the autocorrelation of a backward run is not offered; run forward from the same ψ.")
    return float(result.times[-1] - result.times[0]) / (len(result.times) - 1), to_numpy(result.states)


def _doubling(H: Hamiltonian, start: np.ndarray, doubled: bool | None) -> complex | None:
    """exp(−2iφ) of ψ(0) = e^{iφ} × a real state where the time may be doubled, else None."""
    if doubled is False:
        return None
    square = complex(np.sum(start * start))
    turn = np.exp(-1j * np.angle(square))
    stray = float(np.linalg.norm((start * np.sqrt(turn)).imag))
    real_state = stray <= REAL * float(np.linalg.norm(start))
    real_table = not np.iscomplexobj(H.potential_table()) or not H.potential_table().imag.any()
    if real_state and real_table and H.kinetic.is_real:
        return complex(turn)
    if doubled:
        what = "ψ(0) with an imaginary part" if not real_state else "a complex H"
        checks.fail("doubled", "needs a real symmetric H and a real ψ(0)", what, "Leave doubled= out.")
    return None


def _folded(H: Hamiltonian, spread: EnergyDistribution, dt: float) -> float:
    """The share of ‖ψ‖² beyond ⟨H⟩ ± πħ/dt; refused where it is large."""
    edge = np.pi * H.hbar / dt
    beyond = spread.beyond(edge)
    if beyond > MOST_FOLDED:
        low, high = H.spectral_bounds
        enough, safe = np.pi * H.hbar / spread.reach(1e-10), 2 * np.pi * H.hbar / (high - low)
        checks.fail("the time step of the states", f"must hold the energies of ψ in ±πħ/dt round ⟨H⟩ = {spread.mean:.4g}",
                    f"dt = {dt:.4g}, ±{edge:.4g}, with {beyond:.1e} of |ψ|² beyond, which is folded",
                    f"Store states every {enough:.3g} or less; {safe:.3g} is safe for every ψ on this grid.")
    return beyond


def _energies(energies: Any, mean: float, edge: float) -> tuple[float, float]:
    if energies is None:
        return mean - edge, mean + edge
    low, high = checks.finite_array("energies", energies, shape=(2,))
    if not low < high or high < mean - edge or low > mean + edge:
        checks.fail("energies", f"must be (low, high) that meets the band ({mean - edge:.6g}, {mean + edge:.6g})",
                    f"({low:g}, {high:g})")
    return max(float(low), mean - edge), min(float(high), mean + edge)


def _peaks(c: np.ndarray, dt: float, hbar: float, centre: float, window: str, threshold: float,
           inside: tuple[float, float]) -> Lines:
    """Lines from the peaks of C(t)e^{i·centre·t/ħ} under the window."""
    unit = hbar / dt
    peaks = fitted_peaks(c * np.exp(1j * np.arange(len(c)) * (centre / unit)), LineShape.of(window, len(c)), threshold)
    theta = np.remainder(peaks.theta + np.pi, 2 * np.pi) - np.pi
    energies, order = centre + theta * unit, np.argsort(theta, kind="stable")
    bin_ = np.pi / len(c)
    good = peaks.converged & (peaks.heights > 2 * peaks.height_errors) & (peaks.errors < SAME * bin_)
    order = order[(energies[order] >= inside[0]) & (energies[order] <= inside[1])]
    kept, left = order[good[order]], order[~good[order]]
    rejected = RejectedLines(energies[left], np.zeros(len(left)), peaks.heights[left], peaks.errors[left] * unit,
                             ("no peak of one line: what is near it does not fit",) * len(left))
    places = np.fft.fftshift(np.fft.fftfreq(len(peaks.spectrum))) * 2 * np.pi * unit + centre
    curve = np.fft.fftshift(peaks.spectrum)
    errors = peaks.errors[kept] * unit + np.finfo(float).eps * abs(centre)
    return Lines(energies[kept], np.zeros(len(kept)), peaks.heights[kept], errors, peaks.height_errors[kept],
                 np.full(len(kept), peaks.resolution * unit), float(np.sqrt(np.mean(peaks.residual**2))), dt, dt * (len(c) - 1),
                 rejected, hbar, (places, curve), False, f"peaks under a {window} window", {"window": window})


def _honest(lines: Lines, drift: float, folded: float) -> Lines:
    """With the error of the propagation, and without lines that may be folded ones."""
    roots = np.sqrt(np.maximum(lines.weights.real, np.finfo(float).tiny))
    errors = lines.errors + drift / roots
    weight_errors = lines.weight_errors + drift * lines.duration / lines.hbar * roots
    doubtful = lines.weights.real <= DOUBT * folded
    old = lines.rejected
    rejected = RejectedLines(np.append(old.energies, lines.energies[doubtful]), np.append(old.widths, lines.widths[doubtful]),
                             np.append(old.weights, lines.weights[doubtful]), np.append(old.errors, errors[doubtful]),
                             old.reasons + ("may be folded from beyond ±πħ/dt",) * int(np.sum(doubtful)))
    good = ~doubtful
    return replace(lines, energies=lines.energies[good], widths=lines.widths[good], weights=lines.weights[good],
                   errors=errors[good], weight_errors=weight_errors[good], resolution=lines.resolution[good],
                   rejected=rejected, stats=lines.stats | {"folded": folded})
