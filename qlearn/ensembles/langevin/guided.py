"""The noisy learner of a solved ψ: its loss field F = φ + T ln ρ is read from ψ (THEORY.md 4, guided ensemble)."""

import copy
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, final

import numpy as np

from qlearn import checks
from qlearn.densities import GridDensity
from qlearn.ensembles.langevin.plan import PlainDrift, Plan, geometric_step, plain_drift, space_of
from qlearn.errors import AccuracyWarning, RegimeError, UnsupportedError
from qlearn.fields import GridField
from qlearn.fields.grid_field import weighted
from qlearn.fields.sphere_law import SphereLaw
from qlearn.results import Result

if TYPE_CHECKING:
    from qlearn.systems.base import LearningSystem
    from qlearn.systems.noise_geometry import NoiseGeometry

__all__ = ["GuidedDrift", "guided_plan", "velocities"]

_SMALLEST = 1e-200      # |ψ|² below this counts as this: the drift is limited there anyway
_TIME_ERROR = 1e-4      # of ψ between stored times, above which we warn
_STEPS = 200            # default dt = ħ/(200 K)


def velocities(field: Any, ratio: float, t: float, *q: Any) -> tuple[np.ndarray, np.ndarray]:
    """Current velocity v = (ħ/m) Im(∂ψ/ψ) and osmotic velocity u = (ħ/m) Re(∂ψ/ψ), each (d, n), with ratio = ħ/m.

    The forward drift of the learner is v + u, the backward drift v − u; with D = ħ/2m, u = D ∂ln ρ.
    ∂ is with respect to the coordinates (lower index).

    Examples
    --------
    >>> v, u = velocities(lambda t, q: (np.exp(2j * q), 2j * np.exp(2j * q)[None]), 1.0, 0.0, np.array([0.3]))
    >>> bool(abs(v[0, 0] - 2) < 1e-12), bool(abs(u[0, 0]) < 1e-12)
    (True, True)
    """
    psi, grad = field(t, *q)
    scaled = grad * (ratio * np.conj(psi) / np.maximum(np.abs(psi)**2, _SMALLEST))
    return scaled.imag, scaled.real


@final
@dataclass(frozen=True, eq=False)
class GuidedDrift:
    """2D ∂ψ/ψ as a complex covector: its real part is the osmotic, its imaginary part the current velocity, b = v + u their sum
    (lower index, 2D = ħ/m); plain Itô on a metric adds its extra drift to the real part."""

    field: Any
    ratio: float                            # ħ/m = 2D
    extra: PlainDrift | None = None

    def __call__(self, t: float, q: np.ndarray) -> np.ndarray:
        return self._of(q, *self.field(t, *q))

    def between(self, t: float, later: float) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
        """The drift at times (n,) of the learners' own in [t, later]: ψ and ∂ψ by parabolas through t, the middle and later,
        which err by (later − t)³|∂³ψ/∂t³|/125."""
        moments = (t, 0.5 * (t + later), later)
        mixed = self.field.mixture(moments) if isinstance(self.field, GridField) \
            else lambda weights, q: weighted(weights, [self.field(moment, *q) for moment in moments])

        def at(times: np.ndarray, q: np.ndarray) -> np.ndarray:
            x = (times - t) / (later - t)
            return self._of(q, *mixed(np.stack([(1 - x) * (1 - 2 * x), 4 * x * (1 - x), x * (2 * x - 1)]), q))

        return at

    def _of(self, q: np.ndarray, psi: np.ndarray, grad: np.ndarray) -> np.ndarray:
        weight = psi.real * psi.real
        weight += psi.imag * psi.imag
        np.maximum(weight, _SMALLEST, out=weight)
        scale = np.conjugate(psi, dtype=complex)        # a real ψ has nodes too: what is complex is cut near them
        scale *= self.ratio / weight
        b = grad * scale
        return b if self.extra is None else b + self.extra(q)

    def __copy__(self) -> "GuidedDrift":
        """A block's own: a GridField keeps the slices it used last, and blocks on other threads use other times."""
        return replace(self, field=copy.copy(self.field))


def guided_plan(system: "LearningSystem", parameters: Mapping[str, float] | None, field: Any, start: Any,
                times: np.ndarray, ito: str) -> Plan:
    """Check that the field belongs to the system, and put the drift together."""
    if system.potential is None:
        checks.fail("system", "must have a potential for kind='guided'", "a system with a static loss",
                    "Use kind='static'.")
    gamma, temperature = system.numbers(parameters)
    _check_shift_quantum(system, parameters, temperature)
    geometry, periods = system.noise_geometry(parameters), system.period_numbers(parameters)
    if isinstance(field, Result):
        _check_result(field, gamma, temperature, geometry)
        solved, field = field, field.field()
        if start is None:
            start = _first_on_a_sphere(field, times[0], geometry) if "pole" in field.grid.boundary \
                else _first_density(solved, times[0])
    elif not callable(field):
        checks.fail("field", "must be a Result or a callable (t, *q) -> (psi, grad_psi)", type(field).__name__)
    elif start is None:
        checks.fail("start", "must be given where field is a callable", "None", "Give a density, a point, or an array.")
    elif not isinstance(field, GridField):
        _check_callable(field, float(times[0]), start, len(periods))
    stats: dict[str, Any] = {"field": type(field).__name__}
    if isinstance(field, GridField):
        stats |= _check_field(field, periods, times)
    diffusion = gamma * temperature
    drift = GuidedDrift(field, 2 * diffusion, plain_drift(geometry, ito, diffusion))
    return Plan(drift, space_of(geometry), diffusion, periods, start, partial(_default_step, field, geometry, diffusion), stats)


def _check_shift_quantum(system: "LearningSystem", parameters: Mapping[str, float] | None, temperature: float) -> None:
    quantum = system.shift_quantum
    if quantum is None:
        return
    numbers = {symbol: (parameters or {})[symbol.name] for symbol in quantum.free_symbols}
    if not np.isclose(float(quantum.subs(numbers)), 4 * np.pi * temperature, rtol=1e-9, atol=0):
        raise RegimeError(f"shift_quantum must be 4πT = {4 * np.pi * temperature:g} for learners to follow (7): 1/μ = T is "
                          f"needed; given {float(quantum.subs(numbers)):g}. derive(system) still gives the equation.")


def _check_result(result: Result, gamma: float, temperature: float,
                  geometry: "NoiseGeometry | None") -> None:
    """ħ = 2T, mass = 1/γ, the same metric, and v = ∇φ/m with |ψ|² conserved; else its learners would follow another equation."""
    hamiltonian = result.hamiltonian
    _check_equation(result)
    if not np.isclose(hamiltonian.hbar, 2 * temperature, rtol=1e-9, atol=0):
        checks.fail("field", f"must have ħ = 2T = {2 * temperature:.9g}, the system's", f"ħ = {hamiltonian.hbar:.9g}",
                    "For a control on purpose pass field.field(), whose ħ is not checked, and a start.")
    ndim = hamiltonian.grid.ndim
    mass = np.asarray(hamiltonian.mass, dtype=float)
    mass = np.diag(np.broadcast_to(mass, (ndim,))) if mass.ndim < 2 else mass
    if not np.allclose(mass, np.eye(ndim) / gamma, rtol=1e-9, atol=0):
        checks.fail("field", f"must have the mass 1/γ = {1 / gamma:.9g}, the system's", f"mass {hamiltonian.mass!r}")
    mesh = hamiltonian.grid.mesh
    mine, theirs = _tensor(None if geometry is None else geometry.metric, mesh), _tensor(hamiltonian.metric, mesh)
    if not np.allclose(mine, theirs, rtol=1e-9, atol=1e-12 * float(np.max(np.abs(mine)))):
        checks.fail("field", "must have the metric of the system", "another metric")


def _tensor(metric: Any, mesh: tuple[np.ndarray, ...]) -> np.ndarray:
    """g (d, d, *shape) from a callable that returns that, or rows of arrays or numbers, or the one entry of a line."""
    d, shape = len(mesh), mesh[0].shape
    if metric is None:
        return np.broadcast_to(np.eye(d).reshape(d, d, *(1,) * d), (d, d, *shape))
    values = metric(*mesh)
    if d == 1:
        return np.broadcast_to(np.ravel(np.asarray(values, dtype=float)), shape)[None, None]
    return np.array([[np.broadcast_to(np.asarray(entry, dtype=float), shape) for entry in row] for row in values])


def _check_equation(result: Result) -> None:
    """Refuse what the drift (ħ/m)(Im + Re)(∂ψ/ψ) does not follow."""
    hamiltonian = result.hamiltonian
    if "residual" in result.stats:
        raise UnsupportedError("learners guided by a Result in imaginary time are not offered, for its |ψ|² obeys no continuity "
                               "equation; solve in real time, or take kind='static'.")
    if not hamiltonian.is_hermitian:
        raise UnsupportedError("learners guided by a ψ with losses are not offered: none of them vanishes where an absorber or "
                               "Im V takes from |ψ|². Solve without loss on a longer grid.")
    if hamiltonian.vector_potential is not None and (hamiltonian.kinetic_depends_on_time
                                                     or np.any(hamiltonian.kinetic.vector_potential())):
        raise UnsupportedError("learners guided by a ψ with a vector potential are not offered, for their drift has no −A/m. On "
                               "a ring write a constant A as the twist θ − AL/2πħ, else pass a start and a callable "
                               "(t, *q) -> (psi, grad_psi) that returns (∂ − iA/ħ)ψ.")


def _check_callable(field: Callable[..., Any], t: float, start: Any, d: int) -> None:
    """What a callable returns at three points of the start: two finite arrays of the right shapes, ψ not zero everywhere."""
    if isinstance(start, GridDensity):
        best = np.argsort(start.values, axis=None)[-3:]
        q = np.stack([axis.ravel()[best] for axis in start.grid.mesh])
    else:
        points = checks.finite_array("start", start)
        q = points.reshape(-1, d)[:3].T if points.size % d == 0 else points[None]
    if len(q) != d or q.size == 0:
        return                                  # simulate tells what is wrong with this start
    found = field(t, *q)
    if not (isinstance(found, tuple) and len(found) == 2):
        checks.fail("field", "must return a tuple (psi, grad_psi)", type(found).__name__)
    n = q.shape[1]
    psi = checks.finite_array("psi of field", found[0], shape=(n,), dtype=complex, remedy="ψ is one number a point.")
    checks.finite_array("grad_psi of field", found[1], shape=(d, n), dtype=complex, remedy="∂ψ has one row a coordinate.")
    if not psi.any():
        checks.fail("field", "must not vanish everywhere at the start", "psi = 0", "Start learners where ψ is.")


def _first_density(result: Result, t: float) -> GridDensity:
    nearest = int(np.argmin(np.abs(result.times - t)))
    if abs(result.times[nearest] - t) > 1e-9 * max(abs(t), float(np.ptp(result.times))):
        checks.fail("tlist", "must begin at a stored time of the field where start=None", f"{t:g}",
                    "Begin at one of field.times, or give start.")
    return result.density(nearest)


def _first_on_a_sphere(field: GridField, t: float, geometry: "NoiseGeometry | None") -> SphereLaw:
    if geometry is None or geometry.sphere is None:
        raise UnsupportedError("start=None between poles is offered on the sphere R²(dθ² + sin²θ dφ²) only, in the coordinates "
                               "(θ, φ); give start positions (learners, d) drawn from |ψ|²√g.")
    return SphereLaw(field, float(t))


def _check_field(field: GridField, periods: tuple[float | None, ...], times: np.ndarray) -> dict[str, float]:
    if field.grid.ndim != len(periods):
        checks.fail("field", f"must have {len(periods)} coordinates, as the system", f"{field.grid.ndim}")
    for period, length in zip(periods, field.grid.lengths, strict=True):
        if period is not None and not np.isclose(period, length, rtol=1e-9, atol=0):
            checks.fail("field", f"must be one period {period:g} long", f"{length:g}")
    span = field.times[-1] - field.times[0]
    if times[0] < field.times[0] - 1e-9 * span or times[-1] > field.times[-1] + 1e-9 * span:
        checks.fail("tlist", f"must lie within the field's times [{field.times[0]:g}, {field.times[-1]:g}]",
                    f"[{times[0]:g}, {times[-1]:g}]", "Solve for a tlist that covers it.")
    if len(times) > 1 and not field.time_error <= _TIME_ERROR:
        warnings.warn(f"field: ψ between its {len(field.times)} stored times is known to {field.time_error:.1e} only (relative "
                      "L2; NaN: fewer than three times). Store more times: the error falls with their fourth power.",
                      AccuracyWarning, stacklevel=4)
    return {"field_space_error": float(field.space_error), "field_time_error": field.time_error}


def _default_step(field: Any, geometry: "NoiseGeometry | None", diffusion: float, start: Any) -> float:
    """ħ/(200 K) = 1/(200 D S), S = ∫|∂ψ|²_g dV/∫|ψ|² dV, the largest of some times; shorter where the metric turns fast."""
    if not isinstance(field, GridField):
        checks.fail("dt", "must be given where field is a callable that is not a GridField", "None")
    rate = diffusion * (field.steepness if geometry is None else _steepness(field, geometry))
    points = np.stack([axis.ravel() for axis in field.grid.mesh])
    return min(1 / (_STEPS * rate) if rate > 0 else np.inf, geometric_step(geometry, diffusion, points))


def _steepness(field: GridField, geometry: "NoiseGeometry") -> float:
    """The largest ∫g^{μν}∂_μψ*∂_νψ √g dq / ∫|ψ|²√g dq over at most nine stored times, by sums over the grid."""
    points = np.stack([axis.ravel() for axis in field.grid.mesh])
    g = np.moveaxis(geometry.metric(*points), -1, 0)
    root, raised = np.sqrt(np.linalg.det(g)), np.linalg.inv(g)
    chosen = np.unique(np.linspace(0, len(field.times) - 1, 9).astype(int))
    worst = 0.0
    for t in field.times[chosen]:
        psi, grad = field(float(t), *points)
        square = np.einsum("mn,nmk,kn->n", grad.conj(), raised, grad).real
        worst = max(worst, float(np.sum(root * square) / np.sum(root * np.abs(psi)**2)))
    return worst
