"""Reference states of the problems, by methods that share no code with the solver; each is confirmed by a second one.

problem   reference                                           confirmed by
P1        dense diagonalisation on its grid                   compositions of order 8
P2        Chebyshev series of exp(−iHT), 1e-14                compositions of order 8
P3        compositions of order 8, steps of T/1500            Runge–Kutta of order 8 (DOP853) on another grid

They are computed once and kept in benchmarks/.cache.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import scipy.fft
import scipy.linalg
import scipy.special
from scipy.integrate import solve_ivp

from benchmarks.problems import Problem, drive_factor, drive_shape

__all__ = ["at_points", "chebyshev", "composition", "dense", "reference", "runge_kutta"]

CACHE = Path(__file__).parent / ".cache"

# Kahan and Li (1997), 17 symmetric steps of order 8: the first eight and the middle one.
KAHAN_LI = (0.13020248308889008087881763, 0.56116298177510838456196441, -0.38947496264484728640807860,
            0.15884190655515560089621075, -0.39590389413323757733623154, 0.18453964097831570709183254,
            0.25837438768632204729397911, 0.29501172360931029887096624, -0.60550853383003451169892108)


def dense(problem: Problem) -> np.ndarray:
    """exp(−iHT)ψ0 by diagonalisation of the real symmetric matrix of H; static V, one axis."""
    (k,) = problem.wavenumbers
    row = np.fft.ifft(k**2 / 2).real  # T is a circulant matrix of this first column
    matrix = scipy.linalg.circulant(row) + np.diag(problem.potential())
    energies, vectors = scipy.linalg.eigh((matrix + matrix.T) / 2, driver="evd")
    return vectors @ (np.exp(-1j * energies * problem.duration) * (vectors.T @ problem.initial))


def chebyshev(problem: Problem) -> np.ndarray:
    """exp(−iHT)ψ0 = exp(−icT) Σ_n (2 − δ_n0)(−i)ⁿ J_n(RT) T_n((H − c)/R) ψ0; static V."""
    potential, kinetic = problem.potential(), problem.kinetic
    low, high = float(potential.min()), float(potential.max() + kinetic.max())
    centre, radius = (low + high) / 2, (high - low) / 2 * 1.0001
    angle = radius * problem.duration
    weights = scipy.special.jv(np.arange(int(angle + 40 * angle ** (1 / 3) + 40)), angle)
    weights = weights[:int(np.max(np.nonzero(np.abs(weights) > 1e-17)[0])) + 1]

    def scaled(psi: np.ndarray) -> np.ndarray:
        return (scipy.fft.ifftn(kinetic * scipy.fft.fftn(psi)) + (potential - centre) * psi) / radius

    before = problem.initial
    now = scaled(before)
    total = weights[0] * before - 2j * weights[1] * now
    for n, weight in enumerate(weights[2:], start=2):
        before, now = now, 2 * scaled(now) - before
        total += 2 * (-1j) ** (n % 4) * weight * now
    return np.exp(-1j * centre * problem.duration) * total


def composition(problem: Problem, steps: int) -> np.ndarray:
    """Strang steps (half drift, kick at the middle time, half drift) composed to order 8; V may depend on time."""
    lengths = np.array([*KAHAN_LI, *KAHAN_LI[-2::-1]]) * (problem.duration / steps)
    kinetic, static, mesh = problem.kinetic, problem.static(*problem.mesh), problem.mesh
    shape = drive_shape(*mesh) if problem.driven else None
    drifts = [np.exp(-0.5j * (a + b) * kinetic) for a, b in zip(lengths, np.roll(lengths, 1), strict=True)]
    kicks = {h: np.exp(-1j * h * static) for h in lengths}
    modes, time = scipy.fft.fftn(problem.initial) * np.exp(-0.5j * lengths[0] * kinetic), 0.0
    for step in range(steps):
        for index, h in enumerate(lengths):
            if index or step:
                modes *= drifts[index]
            psi = scipy.fft.ifftn(modes, overwrite_x=True) * kicks[h]
            if shape is not None:
                psi *= np.exp(-1j * h * drive_factor(time + h / 2) * shape)
            modes, time = scipy.fft.fftn(psi, overwrite_x=True), time + h
    return scipy.fft.ifftn(modes * np.exp(-0.5j * lengths[-1] * kinetic))


def runge_kutta(problem: Problem, tolerance: float = 1e-13) -> np.ndarray:
    """DOP853 on i∂_tψ = Hψ."""
    kinetic, static = problem.kinetic, problem.static(*problem.mesh)
    shape = drive_shape(*problem.mesh) if problem.driven else None

    def slope(t: float, psi: np.ndarray) -> np.ndarray:
        potential = static if shape is None else static + drive_factor(t) * shape
        return -1j * (scipy.fft.ifft(kinetic * scipy.fft.fft(psi)) + potential * psi)

    return solve_ivp(slope, (0, problem.duration), problem.initial, "DOP853", t_eval=[problem.duration], rtol=tolerance,
                     atol=tolerance).y[:, -1]


def at_points(problem: Problem, psi: np.ndarray, x: np.ndarray) -> np.ndarray:
    """ψ of one axis at other points, by its trigonometric interpolation; ψ negligible outside the box of the problem."""
    (a, b), (n,) = problem.bounds[0], problem.shape
    values = np.exp(1j * np.outer(x - a, problem.wavenumbers[0])) @ (np.fft.fft(psi) / n)
    return np.where((x >= a) & (x < b), values, 0)


def reference(problem: Problem) -> np.ndarray:
    """The reference state at T on the grid of the problem as DESIGN fixes it, from the cache where it is there."""
    return _cached(f"{problem.name}_{'x'.join(map(str, problem.shape))}", _MAKERS[problem.name], problem)


def confirmation(problem: Problem) -> float:
    """The distance between the reference and its second computation."""
    first = reference(problem)
    if problem.name == "P3":
        other = problem.on((320,), ((-26.0, 26.0),))
        second = _cached("P3_second", runge_kutta, other)
        return other.error(second, at_points(problem, first, other.axes[0]))
    second = _cached(f"{problem.name}_second", lambda p: composition(p, 600 if p.name == "P1" else 200), problem)
    return problem.error(second, first)


def _cached(name: str, make: Callable[[Problem], np.ndarray], problem: Problem) -> np.ndarray:
    path = CACHE / f"{name}.npy"
    if path.exists():
        return np.load(path)
    state = make(problem)
    CACHE.mkdir(exist_ok=True)
    np.save(path, state)
    return state


_MAKERS: dict[str, Callable[[Problem], np.ndarray]] = {
    "P1": dense, "P2": chebyshev, "P3": lambda problem: composition(problem, 1500)}
