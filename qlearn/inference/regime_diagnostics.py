"""How far a learning system is from one ħ: the spread η of its directions and the superposition defect (THEORY.md 2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

import numpy as np

from qlearn import checks
from qlearn.errors import RegimeError
from qlearn.grids import Grid
from qlearn.inference.superposition import FLOOR, Superposition, superposition_defect

if TYPE_CHECKING:
    from qlearn.systems.base import LearningSystem

__all__ = ["RegimeDiagnostics", "regime_diagnostics"]

READINGS = ("nelson", "action")


@final
@dataclass(frozen=True, eq=False)
class RegimeDiagnostics:
    """One row an α, one column a direction (an axis, or an eigenvector of g⁻¹κ in ascending order).

    alphas : (n,)     masses : m_i = g_i/γ, (n, d)     hbar : ħ without index, declared or the geometric mean, (n,)
    nelson : ħ_i² = (2T_i)², T_i = Tκ_i/(κ₀g_i), (n, d)     action : ħ_i² = 8T_iT̄ − 4T̄², T̄ the geometric mean, (n, d)
    eta : max_ij |ln(ħ_i/ħ_j)| of Nelson's reading, (n,)     eta_action : of the action's, ∞ where an ħ_i² ≤ 0, (n,)
    defects : a Superposition for each α where states were given, else None     reading : of the ħ_i in them
    """

    alphas: np.ndarray
    masses: np.ndarray
    hbar: np.ndarray
    nelson: np.ndarray
    action: np.ndarray
    eta: np.ndarray
    eta_action: np.ndarray
    defects: tuple[Superposition, ...] | None
    reading: str

    @property
    def defect(self) -> np.ndarray:
        """Δ (n, times). Raises RegimeError without states: η alone was asked for."""
        if self.defects is None:
            raise RegimeError("a superposition defect belongs to declared states; give states=(a, b), grid= and times=.")
        return np.stack([one.values for one in self.defects])

    def table(self) -> list[dict[str, Any]]:
        """alpha, hbar, eta, eta_action, and with states: defect (at the last time), error, nodes."""
        rows = []
        for i, alpha in enumerate(self.alphas):
            row = {"alpha": float(alpha), "hbar": float(self.hbar[i]), "eta": float(self.eta[i]),
                   "eta_action": float(self.eta_action[i])}
            if self.defects is not None:
                one = self.defects[i]
                row |= {"defect": float(one.values[-1]), "error": one.error, "nodes": one.nodes}
            rows.append(row)
        return rows

    def plot(self, axes: Any = None) -> Any:
        """Draw η and Δ against α: see qlearn.plots."""
        from qlearn.plots import regime

        return regime(self, axes)

    def __str__(self) -> str:
        rows = self.table()
        lines = ["".join(f"{name:>12}" for name in rows[0])]
        return "\n".join(lines + ["".join(f"{value:>12.4g}" for value in row.values()) for row in rows])


def regime_diagnostics(system: Any, *, alphas: Any = None, metric: Any = None, parameters: Mapping[str, float] | None = None,
                       states: Any = None, grid: Grid | None = None, times: Any = None, potential: Any = None,
                       learning_rate: float = 1.0, temperature: float = 0.5, hbar: float | None = None,
                       reading: str = "nelson", tol: float = 1e-8, floor: float = FLOOR) -> RegimeDiagnostics:
    """ħ of each direction of a constant covariance, η = max |ln(ħ_i/ħ_j)|, and Δ(t) of declared states, for one α or many.

    In the eigenbasis of a constant κ, with g_i = (κ_i/κ₀)^α, each direction has its own temperature T_i = T(κ_i/κ₀)^{1−α} and
    two readings give it an ħ_i (THEORY.md 2): "nelson", ħ_i = 2m_iD_i = 2T_i, which assumes the current ∇φ/m, and "action",
    ħ_i² = 8T_iT̄ − 4T̄² of the action (4) with 1/μ = T̄.  One ħ, and a linear equation, is there iff η = 0: α = 1, or isotropic κ.
    With states (a, b) also

        Δ(t) = ‖Φ_t(a + b) − Φ_t(a) − Φ_t(b)‖ / ‖Φ_t(a) + Φ_t(b)‖

    under iħψ_t = Hψ + Σ_i ((ħ² − ħ_i²)/2m_i)(∂_i²|ψ|/|ψ|)ψ, ħ without index being declared.  The size of Δ depends on the states
    (b = 0 shows nothing, and so do products of functions of one axis that differ along a direction with ħ_i = ħ alone); that it
    vanishes at α = 1, for all states, and grows linearly in |α − 1| for most, does not.

    Parameters
    ----------
    system : LearningSystem with constant covariance (or none), or κ/κ₀ itself: (d,) or (d, d)
    alphas : one or several α; default that of the system, for a κ given as numbers 1
    metric : with κ as numbers, a measured constant g (d,) or (d, d) instead of κ^α; no alphas then (the row says NaN)
    parameters : numbers for the symbols of a LearningSystem
    states, grid, times : a and b, arrays (*grid.shape,); a periodic grid that they do not reach the ends of; increasing times,
        a and b at the first
    potential : V(*q), with κ as numbers (default 0); a LearningSystem has its own
    learning_rate, temperature : γ and T, with κ as numbers; (1, ½) makes ħ = m = 1 where κ = κ₀
    hbar : ħ without index; default the geometric mean of the ħ_i, 2T̄ where one of them is not real
    reading : "nelson" or "action", of the ħ_i in Δ
    tol, floor : of the solver, and δ of ∂²|ψ|/|ψ| = |ψ|∂²|ψ|/(|ψ|² + δ² max|ψ|²)

    Raises
    ------
    RegimeError for κ that depends on q and, with states, for an ħ_i² ≤ 0; ArgumentError for bad arguments; with states κ must be
    diagonal.  Where it fails: nodes of a + b, where the extra term is singular for α ≠ 1 (``nodes`` tells how high they are).

    Examples
    --------
    >>> found = regime_diagnostics([2.0, 0.5], alphas=[0, 0.5, 1])
    >>> found.eta.round(4).tolist(), found.hbar.round(9).tolist()
    ([1.3863, 0.6931, 0.0], [1.0, 1.0, 1.0])
    >>> found.nelson[0].tolist(), found.action[0].tolist()              # κ^{2(1−α)}; the action's is not positive
    ([4.0, 0.25], [3.0, 0.0])
    """
    checks.choice("reading", reading, READINGS)
    noise = _noise(system, parameters, metric, potential, learning_rate, temperature)
    powers = _alphas(alphas, noise.alpha, noise.metric)
    rows = [_directions(noise.ratio, float(alpha), noise.metric, states is not None) for alpha in powers]
    masses = np.stack([g for g, _ in rows]) / noise.learning_rate
    each = noise.temperature * np.stack([c / g for g, c in rows])
    mean = np.exp(np.mean(np.log(each), axis=1, keepdims=True))
    nelson, action = 4 * each**2, 8 * each * mean - 4 * mean**2
    squares = nelson if reading == "nelson" else action
    declared = _declared(squares, mean[:, 0], hbar)
    defects = None
    if states is not None:
        grid = _checked_grid(grid, times, masses.shape[1])
        defects = tuple(superposition_defect(grid, noise.potential, states, times, mass=m, squares=own, hbar=float(h),
                                             time_dependent=noise.moving, tol=tol, floor=floor)
                        for m, own, h in zip(masses, squares, declared, strict=True))
    return RegimeDiagnostics(powers, masses, declared, nelson, action, _spread(nelson), _spread(action), defects, reading)


@dataclass(frozen=True, eq=False)
class _Noise:
    """κ/κ₀ (d, d), α, γ, T, a measured metric, and V with whether it depends on t."""

    ratio: np.ndarray
    alpha: float
    learning_rate: float
    temperature: float
    metric: np.ndarray | None
    potential: Any
    moving: bool


def _noise(system: Any, parameters: Any, metric: Any, potential: Any, learning_rate: float, temperature: float) -> _Noise:
    from qlearn.systems.base import LearningSystem  # here, for it loads SymPy

    if isinstance(system, LearningSystem):
        _not_with_a_system(metric, potential)
        return _of_system(system, parameters)
    ratio = _matrix("system", system)
    if parameters:
        checks.fail("parameters", "are for the symbols of a LearningSystem", parameters)
    own = None if metric is None else _matrix("metric", metric, len(ratio))
    return _Noise(ratio, 1.0, checks.real("learning_rate", learning_rate, above=0),
                  checks.real("temperature", temperature, above=0), own, 0.0 if potential is None else potential, False)


def _spread(squares: np.ndarray) -> np.ndarray:
    """max_ij |ln(ħ_i/ħ_j)| of each row, ∞ where an ħ_i² ≤ 0."""
    real = np.all(squares > 0, axis=1)
    return np.where(real, 0.5 * np.ptp(np.log(np.where(squares > 0, squares, 1.0)), axis=1), np.inf)


def _checked_grid(grid: Any, times: Any, dimension: int) -> Grid:
    if not isinstance(grid, Grid) or grid.ndim != dimension:
        checks.fail("grid", f"must be a Grid of {dimension} axes where states are given", repr(grid))
    if times is None:
        checks.fail("times", "must be given with states", "None", "For example times=[0, 1].")
    return grid


def _not_with_a_system(metric: Any, potential: Any) -> None:
    for name, value in (("metric", metric), ("potential", potential)):
        if value is not None:
            checks.fail(name, "is for a covariance given as numbers", "it with a LearningSystem", "The system has its own.")


def _of_system(system: "LearningSystem", parameters: Any) -> _Noise:
    from qlearn.systems.formulas import numeric_parameters

    if system.covariance is None and system.metric is not None:
        checks.fail("system", "must have a covariance, not a metric", "a metric, whose noise is isotropic in it: one ħ, η = 0",
                    "Give covariance= and alpha=.")
    formulas = [system.learning_rate, system.temperature, system.alpha, *(system.covariance or [])]
    free = set().union(*(formula.free_symbols for formula in formulas))
    if free & {*system.coordinates, system.time}:
        raise RegimeError("the covariance and the temperature must be constant for directions with an ħ_i each; this system's "
                          "depend on q or t. derive(system) gives the equation with a tensor.")
    names = {symbol.name for symbol in free}
    numbers = numeric_parameters(system.parameters, free,
                                 {name: value for name, value in (parameters or {}).items() if str(name) in names})
    values = {symbol: numbers[symbol.name] for symbol in free}
    gamma, temperature, alpha, *entries = (float(formula.subs(values)) for formula in formulas)
    ratio = np.array(entries).reshape(2 * [system.dimension]) if entries else np.eye(system.dimension)
    potential = 0.0 if system.potential is None else system.potential_function(parameters)
    return _Noise(ratio, alpha, gamma, temperature, None, potential, system.time_dependent)


def _matrix(name: str, given: Any, size: int | None = None) -> np.ndarray:
    """A symmetric positive definite matrix, from itself or its diagonal."""
    array = checks.finite_array(name, given)
    array = np.diag(np.atleast_1d(array)) if array.ndim < 2 else array
    square = array.ndim == 2 and array.shape == 2 * (size or len(array),) and np.allclose(array, array.T)
    if not square or not np.all(np.linalg.eigvalsh(array) > 0):
        checks.fail(name, "must be a LearningSystem, or positive numbers (d,), or a symmetric positive matrix (d, d)"
                    if name == "system" else f"must be {size} positive numbers or a symmetric positive matrix", given)
    return array


def _alphas(alphas: Any, given: float, metric: np.ndarray | None) -> np.ndarray:
    if metric is not None:
        if alphas is not None:
            checks.fail("alphas", "must not be given with a metric, which stands in the place of κ^α", alphas)
        return np.array([np.nan])
    powers = np.atleast_1d(checks.finite_array("alphas", given if alphas is None else alphas))
    if powers.ndim != 1 or powers.size == 0:
        checks.fail("alphas", "must be one number or a list", alphas)
    return powers


def _directions(ratio: np.ndarray, alpha: float, metric: np.ndarray | None, axes: bool) -> tuple[np.ndarray, np.ndarray]:
    """g_i and c_i = κ_i/κ₀ of each direction."""
    diagonal = np.count_nonzero(ratio - np.diag(np.diag(ratio))) == 0
    if axes and not (diagonal and (metric is None or np.count_nonzero(metric - np.diag(np.diag(metric))) == 0)):
        checks.fail("system", "must have a diagonal covariance (and metric) where states are given", ratio.tolist(),
                    "Turn the coordinates to its eigenvectors.")
    if metric is None:
        c = np.diag(ratio).copy() if diagonal else np.linalg.eigvalsh(ratio)
        return c**alpha, c
    if axes:
        return np.diag(metric).copy(), np.diag(ratio).copy()
    root = np.linalg.inv(np.linalg.cholesky(metric))
    return np.ones(len(ratio)), np.linalg.eigvalsh(root @ ratio @ root.T)


def _declared(squares: np.ndarray, mean: np.ndarray, hbar: float | None) -> np.ndarray:
    if hbar is not None:
        return np.full(len(squares), checks.real("hbar", hbar, above=0))
    real = np.all(squares > 0, axis=1)
    return np.where(real, np.exp(0.5 * np.mean(np.log(np.where(squares > 0, squares, 1.0)), axis=1)), 2 * mean)
