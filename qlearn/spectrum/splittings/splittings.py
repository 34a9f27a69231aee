"""Tunnelling splittings to relative accuracy: not the difference of two levels but the flux through the plane between the wells.

Let ψ_e be even and ψ_o odd under a reflection, Hψ = Eψ each. On one side of the plane x = c, by Green's theorem,

    (E_o − E_e) ∫_{x>c} ψ_e* ψ_o = (ħ²/2m) ∮ [ψ_e* ∂_xψ_o − ψ_o ∂_xψ_e*]|_{x=c},

on a ring minus the same at the second plane c + L/2: no difference of large numbers. What is needed is the states' decay in the
barrier to relative accuracy, which ``half_space`` gives. (Landau and Lifshitz, Quantum Mechanics, §50, problem 3, where the right
side is approximated; here it is not.)
"""

import warnings
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from qlearn import checks
from qlearn.errors import AccuracyWarning, UnsupportedError
from qlearn.hamiltonian import Hamiltonian
from qlearn.spectrum.splittings.half_space import ORDER
from qlearn.spectrum.splittings.one_side import ACROSS, BLOCK, OneSide
from qlearn.spectrum.splittings.parity import Reflection, reflection
from qlearn.spectrum.splittings.tunnelling import Flux, flux_splitting

__all__ = ["Splitting", "splitting"]

FINER = 1.3             # times as many points of an axis in the next set
TRIES = 6
SAFETY = 5.0            # times the change from the set before: chosen after a well where the change was half the error. In 419
                        # random wells afterwards (lines and rings, pairs 0 to 2) errors were at most 0.62 of the estimate.
WORTHLESS = 0.1         # relative errors above are refused


@final
@dataclass(frozen=True, eq=False)
class Splitting:
    """E_odd − E_even of a pair, with a relative error.

    value : units of energy, positive where the even state is the lower.
    relative_error : an estimate, no proof: five times the change from the last but one set of points, and eight times the
        rounding, residual over gap.
    energies : (E_even, E_odd), to about ε‖H‖ each: their difference is worth less than ``value``.
    states : (2, *shape) on the grid of H, Σ|ψ|²ΔV = 1, even first; read-only.
    pair, axis, center : which.     stats : points of each set, its value, S = −log of the decay at the plane.
    """

    hamiltonian: Hamiltonian
    value: float
    relative_error: float
    energies: tuple[float, float]
    states: np.ndarray
    pair: int
    reflection: Reflection
    stats: dict[str, Any]

    def __post_init__(self):
        self.states.flags.writeable = False

    @property
    def error(self) -> float:
        """relative_error · |value|."""
        return self.relative_error * abs(self.value)

    @property
    def period(self) -> float:
        """2πħ/|E_odd − E_even|: the time in which a state of one well goes to the other and comes back."""
        return 2 * np.pi * self.hamiltonian.hbar / abs(self.value)

    def __repr__(self) -> str:
        return f"Splitting({self.value:.12g} ± {self.error:.1e}, pair {self.pair}, reflected axes {self.reflection.axes})"


def splitting(H: Hamiltonian, pair: int = 0, *, axis: Any = 0, center: Any = None, tol: float = 1e-6) -> Splitting:
    """E_odd − E_even of the ``pair``-th even and the ``pair``-th odd state under x → 2c − x, to a relative error.

    Parameters
    ----------
    H : static, linear, one channel, no loss, no metric, no A; V a number, callable or SymPy expression, symmetric under the
        reflection. Splittings of any size down to e^{−660}: the difference of two levels has lost all digits at ε‖H‖.
    pair : 0 for the lowest even and the lowest odd state. Counted in each sector by itself, so where levels of one parity come
        closer than their splitting, look at ``states``.
    axis : the axis normal to the plane between the wells; several axes are reflected at once, the first is the normal:
        range(d) for the inversion.     center : c, one number an axis; default the middle of the grid.
    tol : relative error at which refinement of the points stops; the first set is as fine as the grid of H.

    Returns
    -------
    Splitting, with ``relative_error`` an estimate from two sets of points and the rounding.

    Raises
    ------
    RegimeError where V is not symmetric: the difference of two levels is then no tunnelling splitting.
    UnsupportedError for what H may not have, for too many points, and where not even one digit was found.
    AccuracyWarning where the estimate exceeds tol.

    >>> from qlearn import Grid
    >>> H = Hamiltonian(Grid(96, (-2.5, 2.5)), lambda x: (x**2 - 1) ** 2, hbar=0.1)
    >>> found = splitting(H, tol=1e-8)
    >>> f"{found.value:.6e}", found.relative_error < 1e-8
    ('2.077108e-08', True)
    """
    mirror = _checked(H, axis, center)
    pair = checks.integer("pair", pair, least=0)
    tol = checks.real("tol", tol, above=0)
    side = OneSide(H, mirror)
    tried: list[Flux] = []
    error = np.inf
    for attempt in range(TRIES):
        half = side.points(FINER**attempt)
        if half is None:
            break
        kept, finer = half, FINER**attempt
        tried.append(flux_splitting(half, pair))
        error = _error(tried)
        if error <= tol:
            break
    _judge(tried, error, tol)
    last = tried[-1]
    stats = {"points": tuple(flux.waves.shape[1:] for flux in tried), "values": tuple(flux.value for flux in tried),
             "depth": last.depth, "rounding": last.rounding}
    states = side.on_grid(kept, finer, last.waves)
    return Splitting(H, last.value, error, last.energies, states, pair, mirror, stats)


def _error(tried: list[Flux]) -> float:
    """The change from the set of points before, and rounding."""
    if len(tried) < 2:
        return np.inf
    before, last = tried[-2], tried[-1]
    return SAFETY * abs(last.value - before.value) / max(abs(last.value), 1e-300) + last.rounding


def _checked(H: Hamiltonian, axis: Any, center: Any) -> Reflection:
    if not isinstance(H, Hamiltonian):
        checks.fail("H", "must be a qlearn.Hamiltonian", H)
    if H.time_dependent:
        checks.fail("H", "must be static", repr(H), "Write H.at(t) for the operator at time t.")
    refused = {"f(|ψ|²)": not H.is_linear, "a loss": not H.is_hermitian, "a metric": H.metric is not None,
               "channels": H.channels is not None, "a batch": bool(H.batch_shape)}
    for what, present in refused.items():
        if present:
            hint = "take the proper length as coordinate" if what == "a metric" else "take differences of eigenstates' energies"
            raise UnsupportedError(f"splitting is not offered with {what}; {hint}.")
    if H.vector_potential is not None and (callable(H.vector_potential) or np.any(H.kinetic.vector_potential())):
        raise UnsupportedError("splitting is not offered with a vector potential, which has no parity of its own; take "
                               "differences of eigenstates' energies.")
    mirror = reflection(H.grid, axis, center)
    across = [a for a in range(H.grid.ndim) if a not in mirror.axes[1:] and a != mirror.axes[0]]
    first = mirror.axes[0]
    if any(H.kinetic.inverse[first, a] != 0 for a in range(H.grid.ndim) if a != first) \
            or any(H.kinetic.inverse[a, b] != 0 for a in mirror.axes for b in across):
        raise UnsupportedError("splitting is not offered with a mass that couples the reflected axes to others; turn to the "
                               "principal axes of M.")
    for a in mirror.axes:
        theta = H.grid.sectors[a]
        if theta not in ((0.0, 0.5) if a == first else (0.0,)):
            raise UnsupportedError(f"splitting is not offered at the twist {theta:g} of the reflected axis {a}, where states "
                                   "have no parity; take differences of eigenstates' energies.")
    return mirror


def _judge(tried: list[Flux], error: float, tol: float) -> None:
    """Refuse what is noise; warn where tol was not met."""
    if len(tried) < 2:
        raise UnsupportedError(f"splitting with more than {ACROSS} points across the plane, or {BLOCK // ORDER} functions there, "
                               "is not offered; take a coarser grid, which is refined until tol is met.")
    if error <= tol:
        return
    values = ", ".join(f"{flux.value:.6g}" for flux in tried)
    last = tried[-1]
    words = f"sets of points gave {values}, with {last.rounding:.1e} for rounding"
    if error > WORTHLESS:
        raise UnsupportedError(f"the splitting is not resolved: {words}. Take a finer grid to begin with; where rounding sets "
                               "the limit, the pair is no pair of wells, or another level of its parity lies close.")
    advice = "Take a larger tol." if last.rounding > 0.5 * error else "Take a finer grid to begin with, or a V without kinks."
    warnings.warn(f"the relative error {error:.1e} exceeds tol = {tol:g}: {words}. {advice}", AccuracyWarning, stacklevel=3)
