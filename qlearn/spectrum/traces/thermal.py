"""Thermal equilibrium of H: Z = Tr e^{−βH} and what follows from it, by levels or by cooled random states."""

import warnings
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import Any, final

import numpy as np

from qlearn import checks
from qlearn.errors import AccuracyWarning, RegimeError, UnsupportedError
from qlearn.hamiltonian import DENSE_LIMIT, Hamiltonian
from qlearn.spectrum.eigenstates import eigenstates
from qlearn.spectrum.levels import Spectrum
from qlearn.spectrum.traces.golden_thompson import partition_bound
from qlearn.spectrum.traces.level_sums import Levels, level_bounds
from qlearn.spectrum.traces.observables import Observables
from qlearn.spectrum.traces.partition_sums import NAMES, Sums, boltzmann_sums, jackknife, quantities
from qlearn.spectrum.traces.random_phases import EXACT_LIMIT, dimension, hermitian, over_vectors
from qlearn.spectrum.traces.typicality import Cooled, cooled

__all__ = ["Thermal", "thermal"]

_FEW = 0.15             # standard error of ln Z: beyond it, for equal levels, up to twice too many results miss their 99.9 %
_GRIDS_OWN = 1e-3       # share of Z from energies that the grid cuts, from which on a warning says so


@final
@dataclass(frozen=True, eq=False)
class Thermal:
    """Equilibrium at each β; k_B = 1.

    betas, log_partition, energy, heat_capacity, entropy : (n,) ln Z, ⟨E⟩, β²(⟨E²⟩ − ⟨E⟩²), β⟨E⟩ + ln Z.
    averages : name -> (n,) Tr(O e^{−βH})/Z.
    errors : name -> (n,) standard errors of the random states; 0 where all is from levels.
    bounds : name -> (n,) what is left besides: by levels a bound, of the levels' errors and of those left out; by random states
        an estimate: of rounding, of the errors of levels summed one by one, and the difference of two quadrature rules that
        lie on both sides of ln Z (for averages 0).
    grid_share : (n,) share of Z from energies above ``grid_energy``, where the levels are the grid's and not those of space.
    levels : how many were summed one by one.     vectors, steps : random states and their Lanczos steps, 0 without.
    """

    betas: np.ndarray
    log_partition: np.ndarray
    energy: np.ndarray
    heat_capacity: np.ndarray
    entropy: np.ndarray
    averages: dict[str, np.ndarray]
    errors: dict[str, np.ndarray]
    bounds: dict[str, np.ndarray]
    grid_share: np.ndarray
    grid_energy: float
    method: str
    levels: int
    vectors: int
    steps: int

    @property
    def free_energy(self) -> np.ndarray:
        """−ln Z/β, (n,); ArgumentError where a β is 0."""
        if np.any(self.betas == 0):
            checks.fail("betas", "must be > 0 for a free energy", "0", "Take log_partition.")
        return -self.log_partition / self.betas


def thermal(H: Hamiltonian, beta: Any, *, observables: Mapping[str, Any] | None = None, method: str | None = None,
            levels: int | Spectrum | None = None, vectors: int = 20, seed: int = 0, tol: float = 1e-8,
            executor: Executor | None = None) -> Thermal:
    """Z = Tr e^{−βH}, ⟨E⟩, heat capacity, entropy and averages Tr(O e^{−βH})/Z of a Hermitian H of any kind.

    Parameters
    ----------
    H : static, linear, Hermitian Hamiltonian; walls, twists, poles, metric, A and channels included.
    beta : β ≥ 0, one or (n,), in 1/energy. Sums are taken from the lowest level on, so that no β overflows.
    observables : name -> array f(q) (*shape) | callable f(*q) | Hamiltonian | with channels a matrix (c, c) or (c, c, *shape).
    method : "levels": a sum over levels, with a bound of what their errors and the levels left out can change; "typicality":
        over random states cooled by Lanczos, with standard errors; None: "levels" up to 1024 points or where ``levels`` is given.
    levels : how many of the lowest, or a Spectrum of them that is at hand. By "levels" None means all of the grid (up to 4096
        points): then Z is the grid's, and so are the bounds. With a number, Z is that of H on the finer grid on which
        ``eigenstates`` certifies, as far as no level was missed. By "typicality" these are summed one by one and only the
        rest is sampled: for large β that takes most of the noise away.
    vectors, seed : random states and their seed. The standard error of Z is √(Z(2β)/vectors), by the scatter of the states: with
        vectors − 1 degrees of freedom, and far from normal where a single level counts (β large: give ``levels``);
        AccuracyWarning where that of Z exceeds 15 %.
    tol : by "typicality" Lanczos goes on until ln Z of each state is known so well; by "levels" AccuracyWarning where the bound
        of ln Z is larger.
    executor : of threads; the same numbers come out for any executor and number of workers.

    Raises
    ------
    ArgumentError; UnsupportedError for a loss, f(|ψ|²), batches, all levels of too large a grid; RegimeError where the levels
    left out could be more than half of Z. Warns AccuracyWarning where more than 1e-3 of Z comes from energies above min V
    plus the least of the largest T of the axes: small β sees the grid's levels, at β = 0 Z is their number.

    >>> from qlearn.grids import Grid
    >>> found = thermal(Hamiltonian(Grid(64, (-10, 10)), lambda x: x**2 / 2), [1.0, 5.0], levels=40)
    >>> exact = -np.log(2 * np.sinh(found.betas / 2))
    >>> bool(np.all(np.abs(found.log_partition - exact) <= found.bounds["log_partition"]))
    True
    """
    H = hermitian(H, "a thermal average")
    betas = checks.finite_array("beta", np.atleast_1d(beta), shape=(None,))
    if betas.size == 0 or np.any(betas < 0):
        checks.fail("beta", "must be ≥ 0, one number or several", beta)
    if method is not None:
        checks.choice("method", method, ("levels", "typicality"))
    tol = checks.real("tol", tol, above=0)
    observed = Observables(H, observables)
    method = method or ("levels" if levels is not None or dimension(H) <= EXACT_LIMIT else "typicality")
    if method == "levels":
        return _by_levels(H, betas, observed, levels, tol)
    return _by_typicality(H, betas, observed, levels, vectors, seed, tol, executor)


# --- by levels ----------------------------------------------------------------------------------------------------------

def _by_levels(H: Hamiltonian, betas: np.ndarray, observed: Observables, levels: int | Spectrum | None, tol: float) -> Thermal:
    if levels is None:
        found, states = _all_levels(H)
        words = f"all {len(found.energies)} levels of the grid"
    else:
        spectrum = _spectrum(H, levels)
        whole = int(np.prod(spectrum.certified_on.shape)) * (H.channels or 1)
        found = Levels(spectrum.energies, np.maximum.accumulate(spectrum.error_bounds), spectrum.residuals,
                       whole - len(spectrum.energies), _partition(H, spectrum))
        states, words = spectrum.states, f"the lowest {len(spectrum.energies)} levels: {spectrum.method}"
    values = observed(states.astype(complex))
    grid_energy = _grid_energy(H)
    sums = boltzmann_sums(found.energies, np.ones(len(found.energies)), betas, float(found.energies[0]), grid_energy)
    with np.errstate(over="ignore"):
        factors = np.exp(-betas[:, None] * (found.energies - found.energies[0]))
    sums = Sums(sums.origin, sums.moments, sums.above, (values @ factors.T)[:, None])
    rows = quantities(betas, sums)
    bounds, tails = level_bounds(found, betas, observed.half_spreads)
    _complain(betas, bounds[0], tails, tol, len(found.energies))
    return _thermal(betas, observed.names, rows, np.zeros_like(rows), bounds, grid_energy, words, len(found.energies), 0, 0)


def _all_levels(H: Hamiltonian) -> tuple[Levels, np.ndarray]:
    """Every level of the grid; the bounds hold for the matrix: residuals, the defect of orthogonality and rounding."""
    if dimension(H) > DENSE_LIMIT:
        raise UnsupportedError(f"all levels of {dimension(H)} points are not offered (limit {DENSE_LIMIT}). Give levels=, or "
                               "take method='typicality'.")
    matrix = H.to_matrix()
    energies, vectors = np.linalg.eigh(matrix)
    size = max(abs(energies[0]), abs(energies[-1]))
    rounding = np.finfo(float).eps * size * np.sqrt(len(energies))
    defect = np.linalg.norm(vectors.conj().T @ vectors - np.eye(len(energies)))
    residuals = np.linalg.norm(matrix @ vectors - vectors * energies, axis=0)
    whole = float(np.linalg.norm(residuals) + defect * size + rounding)
    states = vectors.T.reshape(-1, *H.state_shape) / np.sqrt(H.grid.cell_volume)
    each = np.full(len(energies), whole / np.sqrt(len(energies)))
    return Levels(energies, np.full(len(energies), whole), each, 0), states


def _spectrum(H: Hamiltonian, levels: int | Spectrum) -> Spectrum:
    if not isinstance(levels, Spectrum):
        k = checks.integer("levels", levels, least=1, most=dimension(H), remedy="A number, or a Spectrum of the lowest.")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", AccuracyWarning)        # its error bounds enter those of every result
            return eigenstates(H, k)
    own = levels.hamiltonian
    if not own.grid.same_as(H.grid) or own.state_shape != H.state_shape:
        checks.fail("levels", "must be a Spectrum of H", repr(own))
    if np.any(np.diff(levels.energies) < 0) or np.iscomplexobj(levels.energies):
        checks.fail("levels", "must be real and ascending, the lowest of H", np.array2string(levels.energies, threshold=8))
    return levels


def _partition(H: Hamiltonian, spectrum: Spectrum) -> Callable[[float], float] | None:
    """Golden and Thompson's bound on the grid on which the levels are certified."""
    fine = H if spectrum.certified_on.same_as(H.grid) else H.refined(2)
    if fine is None or not spectrum.certified_on.same_as(fine.grid):
        return None
    return partition_bound(fine, float(spectrum.energies[0]))


def _complain(betas: np.ndarray, bounds: np.ndarray, tails: np.ndarray, tol: float, count: int) -> None:
    worst = int(np.argmax(tails))
    remedy = f"Take more than the lowest {count} levels, all of them (levels=None) or method='typicality'."
    if tails[worst] >= 0.5:
        raise RegimeError(f"the levels left out could add {tails[worst]:.1g} of Z at β = {betas[worst]:g}. {remedy}")
    worst = int(np.argmax(bounds))
    if bounds[worst] > tol:
        cause = f"the levels left out. {remedy}" if tails[worst] > bounds[worst] / 2 else \
            "the errors of the levels. Take a finer grid, or a larger tol."
        warnings.warn(f"ln Z at β = {betas[worst]:g} is known to {bounds[worst]:.1g} only, not to tol = {tol:g}, because of "
                      f"{cause}", AccuracyWarning, stacklevel=4)


# --- by random states ---------------------------------------------------------------------------------------------------

def _by_typicality(H: Hamiltonian, betas: np.ndarray, observed: Observables, levels: int | Spectrum | None, vectors: int,
                   seed: int, tol: float, executor: Executor | None) -> Thermal:
    spectrum = None if levels is None else _spectrum(H, levels)
    known, summed = (None, None) if spectrum is None else (spectrum.states.astype(complex), spectrum.energies)
    if known is not None and len(known) >= dimension(H):
        checks.fail("levels", "must leave some out for method='typicality'", f"all {len(known)}", "Take method='levels'.")
    found = over_vectors(lambda states: cooled(H, states, betas, tol, known, summed), H, vectors, seed, executor)
    origin = min([one.gauss[row][0][0] for one in found for row in range(len(one.gauss))]
                 + ([] if spectrum is None else [spectrum.energies[0]]))
    above = _grid_energy(H)
    sums = [_pooled(found, rule, betas, origin, above) for rule in ("gauss", "radau")]
    if observed.names:
        averages = _map(executor, partial(_second, H=H, betas=betas, origin=origin, known=known, observe=observed), found)
        sums = [Sums(origin, one.moments, one.above, np.concatenate(averages, axis=1)) for one in sums]
    if spectrum is not None:
        sums = [one + _exact(spectrum, observed, betas, origin, above) for one in sums]
    rows, other = (quantities(betas, one) for one in sums)
    errors, bounds = jackknife(betas, sums[0]), np.abs(other - rows)[:-1]
    bounds[len(NAMES):] = 0
    bounds[:len(NAMES)] += _rounding(H, betas, rows)
    if spectrum is not None:
        exact = Levels(spectrum.energies, np.maximum.accumulate(spectrum.error_bounds), spectrum.residuals, 0)
        bounds += level_bounds(exact, betas, observed.half_spreads)[0]
    steps = max(one.steps for one in found)
    left = max(float(np.max(one.brackets)) for one in found)
    if left > max(tol, 1e-12):
        warnings.warn(f"after {steps} Lanczos steps ln Z of a state is known to {left:.1g} only, not to tol = {tol:g}. Take "
                      "smaller β, or sum the lowest levels one by one: levels=.", AccuracyWarning, stacklevel=3)
    _few(betas, errors[0], vectors)
    words = "typicality" + ("" if spectrum is None else f" above {len(spectrum.energies)} levels")
    return _thermal(betas, observed.names, rows, errors, bounds, above, words, 0 if spectrum is None else
                    len(spectrum.energies), vectors, steps)


def _few(betas: np.ndarray, errors: np.ndarray, vectors: int) -> None:
    """Warn where so few levels count that the errors are far from normal."""
    worst = int(np.argmax(errors))
    if errors[worst] > _FEW:
        warnings.warn(f"so few levels count at β = {betas[worst]:g} that {vectors} random states know Z to "
                      f"{100 * errors[worst]:.0f} % only, and standard errors are not normal. Sum the lowest levels one by one, "
                      "levels=, or take more vectors.", AccuracyWarning, stacklevel=4)


def _rounding(H: Hamiltonian, betas: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """What rounding does to ln Z, ⟨E⟩, C, S (4, β): energies are off by about 4ε‖H‖."""
    off = 4 * np.finfo(float).eps * max(map(abs, H.spectral_bounds))
    eps = np.finfo(float).eps
    return np.array([eps + betas * off, eps + 0 * betas + off, eps + betas * off * rows[2], eps + 2 * betas * off])


def _second(one: Cooled, H: Hamiltonian, betas: np.ndarray, origin: float, known: np.ndarray | None,
            observe: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    return one.second_pass(H, betas, origin, known, observe)


def _map(executor: Executor | None, function: Callable, items: list) -> list:
    return [function(item) for item in items] if executor is None else list(executor.map(function, items))


def _pooled(found: list[Cooled], rule: str, betas: np.ndarray, origin: float, above: float) -> Sums:
    each = [boltzmann_sums(nodes, weights, betas, origin, above) for one in found for nodes, weights in getattr(one, rule)]
    return Sums(origin, np.concatenate([one.moments for one in each], axis=1), np.concatenate([one.above for one in each]),
                np.zeros((0, len(each), len(betas))))


def _exact(spectrum: Spectrum, observed: Observables, betas: np.ndarray, origin: float, above: float) -> Sums:
    sums = boltzmann_sums(spectrum.energies, np.ones(len(spectrum.energies)), betas, origin, above)
    factors = np.exp(-betas[:, None] * (spectrum.energies - origin))
    return Sums(origin, sums.moments, sums.above, (observed(spectrum.states.astype(complex)) @ factors.T)[:, None])


# --- both ---------------------------------------------------------------------------------------------------------------

def _grid_energy(H: Hamiltonian) -> float:
    """min V + the least over the axes of the largest ħ²k²/2m: above it the grid has other levels than space."""
    largest = [0.5 * float(np.min(H.kinetic.inverse[axis, axis])) * (H.hbar * float(np.max(np.abs(k)))) ** 2
               for axis, k in enumerate(H.grid.wavenumbers)]
    return H.spectral_bounds[0] - H.kinetic.bounds[0] + min(largest)


def _thermal(betas: np.ndarray, names: list[str], rows: np.ndarray, errors: np.ndarray, bounds: np.ndarray, grid_energy: float,
             method: str, levels: int, vectors: int, steps: int) -> Thermal:
    every = [*NAMES, *names]
    share = rows[-1]
    worst = int(np.argmax(share))
    if share[worst] > _GRIDS_OWN:
        warnings.warn(f"{100 * share[worst]:.2g} % of Z at β = {betas[worst]:g} is from energies above {grid_energy:.4g}, where "
                      "the levels are the grid's and not those of space. Take a finer grid or larger β.", AccuracyWarning,
                      stacklevel=4)
    averages = dict(zip(names, rows[len(NAMES):-1], strict=True))
    return Thermal(betas.copy(), rows[0], rows[1], rows[2], rows[3], averages, dict(zip(every, errors[:len(every)], strict=True)),
                   dict(zip(every, bounds, strict=True)), share, grid_energy, method, levels, vectors, steps)
