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
ERRATIC = 2             # sets before that count where tol was not met: at kinks in V two may agree by chance; set after one did
WORTHLESS = 0.1         # relative errors above are refused

_CLOSE = ("The two states are no pair of wells (see pair=(even, odd)), or another level of the same parity lies too close: if "
          "one axis alone tells these levels apart, reflect that one.")
_ROUGH = "Take a finer grid to begin with, or a V without steps."


@final
@dataclass(frozen=True, eq=False)
class Splitting:
    """E_odd − E_even of a pair, with a relative error.

    value : units of energy, positive where the even state is the lower.
    relative_error : an estimate, no proof: five times the change from the last but one set of points (where tol was not met, the
        larger from the two before), and eight times the rounding, residual over gap.
    energies : (E_even, E_odd), to about ε‖H‖ each: their difference is worth less than ``value``.
    states : (2, *shape) on the grid of H, Σ|ψ|²ΔV = 1, even first; read-only.
    pair : numbers of the even and of the odd state.     reflection : which axes, in which point.
    stats : points of each set, its value, the rounding of the last, and "depth", by how much −log|ψ| has grown at the plane: next
        to nothing where the pair lies above the barrier, so that its splitting is a difference like others and no tunnelling.
    """

    hamiltonian: Hamiltonian
    value: float
    relative_error: float
    energies: tuple[float, float]
    states: np.ndarray
    pair: tuple[int, int]
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
        """2πħ/|E_odd − E_even|: the time in which the sum of the two states, in one well where they tunnel, comes back."""
        return 2 * np.pi * self.hamiltonian.hbar / abs(self.value)

    def __repr__(self) -> str:
        return f"Splitting({self.value:.12g} ± {self.error:.1e}, pair {self.pair}, reflected axes {self.reflection.axes})"


def splitting(H: Hamiltonian, pair: Any = 0, *, axis: Any = 0, center: Any = None, tol: float = 1e-6) -> Splitting:
    """E_odd − E_even of an even and an odd state under x → 2c − x, to a relative error.

    Parameters
    ----------
    H : static, linear, one channel, no loss, no metric, no A; V a number, callable or SymPy expression, symmetric under the
        reflection. Splittings of any size down to e^{−660}: the difference of two levels has lost all digits at ε‖H‖.
    pair : 0 for the lowest even and the lowest odd state, 1 for the next ones; (i, j) for even state i and odd state j. Each
        parity is counted by itself, and any two states have a difference: with a third well in the middle, whose states are even
        or odd alone, the pair of the outer wells may be (1, 0). ``parities(eigenstates(H, k))`` shows the order down to ε‖H‖.
    axis : the axis normal to the plane between the wells; several axes are reflected at once, the first is the normal:
        range(d) for the inversion.     center : c, one number an axis; default the middle of the grid.
    tol : relative error at which refinement of the points stops; the first set is as fine as the grid of H.

    V is taken on the side x > c alone, and for symmetric where its image differs by less than 1e-10 of V − min V + ħ²π²/2mb², b
    the length of that side. A smaller defect is passed over, though one as large as the splitting would confine the states to a
    well each: ``value`` is that of the symmetric V. Cost, measured on one core: 0.1 s on a line, 17 s in a plane of 40 × 40
    points, 73 s in space with 20 × 12 × 12, for the factors of sparse matrices of up to 7 and 14 thousand rows.

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
    even, odd = (pair, pair) if np.ndim(pair) == 0 else _two(pair)
    numbers = checks.integer("pair", even, least=0), checks.integer("pair", odd, least=0)
    tol = checks.real("tol", tol, above=0)
    side = OneSide(H, mirror)
    tried: list[Flux] = []
    error = np.inf
    for attempt in range(TRIES):
        half = side.points(FINER**attempt)
        if half is None:
            break
        kept, finer = half, FINER**attempt
        tried.append(flux_splitting(half, numbers))
        error = _error(tried)
        if error <= tol or tried[-1].rounding > WORTHLESS:      # which more points only increase
            break
    if error > tol:
        error = _error(tried, ERRATIC)
    _judge(tried, error, tol)
    last = tried[-1]
    stats = {"points": tuple(flux.waves.shape[1:] for flux in tried), "values": tuple(flux.value for flux in tried),
             "depth": last.depth, "rounding": last.rounding}
    states = side.on_grid(kept, finer, last.waves)
    return Splitting(H, last.value, error, last.energies, states, numbers, mirror, stats)


def _two(pair: Any) -> tuple[Any, Any]:
    if len(pair) != 2:
        checks.fail("pair", "must be one number, or that of an even and that of an odd state", pair)
    return pair[0], pair[1]


def _error(tried: list[Flux], back: int = 1) -> float:
    """The largest change from the sets of points before, as many as ``back``, and rounding."""
    if len(tried) < 2:
        return np.inf
    last = tried[-1]
    change = max(abs(last.value - before.value) for before in tried[-1 - back:-1])
    return SAFETY * change / max(abs(last.value), 1e-300) + last.rounding


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
    if not tried or (len(tried) < 2 and tried[-1].rounding <= WORTHLESS):
        raise UnsupportedError(f"splitting with more than {ACROSS} points across the plane, or {BLOCK // ORDER} functions there, "
                               "is not offered; take a coarser grid, which is refined until tol is met.")
    if error <= tol:
        return
    values = ", ".join(f"{flux.value:.6g}" for flux in tried)
    last = tried[-1]
    words = f"sets of points gave {values}, with {last.rounding:.1e} for rounding"
    if error > WORTHLESS:
        raise UnsupportedError(f"the splitting is not resolved: {words}. {_CLOSE if last.rounding > WORTHLESS else _ROUGH}")
    limit = last.rounding > 0.5 * _error(tried)
    advice = "Take a larger tol." if limit else "Take a finer grid to begin with, or a V without kinks."
    warnings.warn(f"the relative error {error:.1e} exceeds tol = {tol:g}: {words}. {advice}", AccuracyWarning, stacklevel=3)
