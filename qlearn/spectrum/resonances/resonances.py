"""Resonances E − iΓ/2 by complex scaling: eigenvalues of H_θ that do not turn with θ.

    ψ ~ e^{ikx} at x → ∞,    |ψ|² ~ e^{−Γt/ħ},    e^{−iE_res t/ħ} with E_res = E − iΓ/2
"""

import warnings
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from qlearn import checks
from qlearn.errors import AccuracyWarning, RegimeError, UnsupportedError
from qlearn.hamiltonian import DENSE_LIMIT, Hamiltonian
from qlearn.hamiltonian.kinetic import FlatKinetic
from qlearn.hamiltonian.symbolic import is_sympy
from qlearn.spectrum.resonances.complex_scaling import ScaledHamiltonian, loop_defect
from qlearn.spectrum.resonances.standing import Candidate, candidates, distinct, edge, error_estimate

__all__ = ["Resonances", "resonances"]

ANGLES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
FEWER = (0.2, 0.4, 0.6)     # in more than one dimension
STEEPEST = 0.78     # π/4: waves e^{ikz} with T < 0 grow beyond
COPIES = 3          # of the angles at which a resonance shows, those of the least expected error, are tried
RESOLVED = 0.03     # largest error over the kinetic energy; set after 2 of 450 random problems gave false ones at 0.1
APART = 0.1         # largest error over the distance to the lowest V at the open ends; set after 3 of 126 were false without
ANALYTIC = 1e-10    # loop integrals of V, relative, that count as zero; 1e-15 is usual


@final
@dataclass(frozen=True, eq=False)
class Resonances:
    """k resonances, nearest to the target first.

    energies : (k,) complex, E − iΓ/2.     positions, widths : (k,) E and Γ.
    errors : (k,) estimates, not bounds, of |δ(E − iΓ/2)|; twice that for Γ: the sum of twice the changes with the angle, the box
        and the grid and of the condition number times residual and rounding; ``contributions`` has these four, (k, 4).
    angles : (k,) θ at which each was taken.     condition : (k,) κ there, of which ε‖H‖κ is the floor of every error.
    turning : (k,) |dE/dθ| over that of a free wave of the same kinetic energy.
    continuum : (k, m) complex, the eigenvalues near the target, at the angle of each, that turn with θ or are bound.
    states : (k, *state_shape) on the path z(x), ∫ψ(z)²dz = 1 without complex conjugate, in half-densities.
    np.asarray : energies.
    """

    hamiltonian: Hamiltonian
    energies: np.ndarray
    errors: np.ndarray
    contributions: np.ndarray
    angles: np.ndarray
    condition: np.ndarray
    turning: np.ndarray
    continuum: np.ndarray
    states: np.ndarray
    method: str

    def __post_init__(self):
        for name, value in vars(self).items():
            if isinstance(value, np.ndarray):
                getattr(self, name).flags.writeable = False

    @property
    def positions(self) -> np.ndarray:
        return self.energies.real

    @property
    def widths(self) -> np.ndarray:
        """Γ; a state lives for ħ/Γ."""
        return -2 * self.energies.imag

    def __str__(self) -> str:
        rows = [f"{len(self.energies)} resonances E − iΓ/2, {self.method}; errors are estimates",
                f"{'E':>20} {'Γ':>12} {'error':>9} {'angle':>6} {'κ':>9}"]
        rows += [f"{energy.real:>20.13g} {-2 * energy.imag:>12.4e} {error:>9.1e} {angle:>6.2f} {kappa:>9.2e}" for
                 energy, error, angle, kappa in zip(self.energies, self.errors, self.angles, self.condition, strict=True)]
        return "\n".join(rows)

    def plot(self, **settings: Any) -> Any:
        """Draw resonances and the turned continuum in the complex plane: see qlearn.plots."""
        from qlearn.plots import resonances

        return resonances(self, **settings)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.asarray(self.energies, dtype=dtype)


def resonances(H: Hamiltonian, k: int, *, target: complex, center: Any = None, angle: float | None = None,
               exterior: float | None = None) -> Resonances:
    """The k resonances of H nearest to a target, told from the turning continuum, with estimated errors.

    Parameters
    ----------
    H : static and Hermitian, without metric, A and twist, V a callable that takes complex arrays, or SymPy; channels where the
        matrix V is symmetric. At most 4096 points (times channels). The grid is a box that outgoing waves leave: they have
        decayed along the path at its ends, periodic or not. H.potential is called on z = c + (x − c)e^{iθ}.
    k : how many.     target : an energy, real or complex.
    center : c, a number or one an axis; the middle of a periodic axis. On an axis between walls it must be named: c = a where
        the wall at a is real (the radial equation), another place where both walls only end the box.
    angle : θ in (0, 0.78); None tries 0.1 … 0.7 (three angles in 2-D and 3-D) and
        takes for each resonance the one of the least error.
    exterior : R > 0, in 1-D: V is called with real x for |x − c| < R and need be analytic only outside; the same
        resonances come out.

    A resonance shows where tan 2θ > (Γ/2)/(E − E_t) over all thresholds E_t below it. An eigenvalue counts as one where E moves
    with θ by less than a tenth of what a free wave's does, E lies above the lowest V at the ends of the box, and its error is
    below 3 % of its kinetic energy. One whose Γ is below its error may be a bound state above that lowest
    V. A Γ far below all errors, ε‖H‖κ the least of them, keeps digits of its own with an absorber: stats["loss"] of eigenstates.

    Raises
    ------
    ArgumentError; UnsupportedError for V that is a table, not analytic between axis and path, or an H of another kind;
    RegimeError where no resonance is found. AccuracyWarning where fewer than k are.

    >>> from qlearn import Grid
    >>> barrier = Hamiltonian(Grid(128, (-12, 12)), lambda x: 2 / np.cosh(x) ** 2)
    >>> bool(np.allclose(resonances(barrier, 1, target=2 - 1j).energies, (15**0.5 / 2 - 0.5j) ** 2 / 2))
    True
    """
    k, target, scaled, angles = _checked(H, k, target, center, angle, exterior)
    usable = [one for one in (scaled.at(theta) for theta in angles) if _usable(one)]
    if not usable:
        raise UnsupportedError(f"V is not analytic, or not finite, or larger than the grid resolves, between the axis and the "
                               f"path at the angles {angles}: loop integrals of V there are not zero, or |V| exceeds half the "
                               "highest kinetic energy of the grid. Take a smaller angle, more points, exterior=R where V is not "
                               "analytic for |x − c| < R only, or an absorber and eigenstates.")
    found = distinct(candidates(usable, k, target), target)
    chosen: list[tuple[Candidate, np.ndarray]] = []
    for group in found:
        for one in group[:COPIES]:
            parts = error_estimate(one)
            if _sound(one, parts, chosen):
                chosen.append((one, parts))
                break
        if len(chosen) == k:
            break
    if not chosen:
        raise RegimeError(f"no resonance shows near {target:g} at the angles {angles}: every eigenvalue there turns with the "
                          "continuum, is bound, or changes with box and grid. Take a larger angle, box or grid, or another "
                          "target.")
    if len(chosen) < k:
        warnings.warn(f"{len(chosen)} of {k} resonances were found near {target:g}; broader ones need a larger angle, box or "
                      "grid.",
                      AccuracyWarning, stacklevel=2)
    return _gathered(H, chosen)


def _checked(H: Any, k: Any, target: Any, center: Any, angle: Any,
             exterior: Any) -> tuple[int, complex, ScaledHamiltonian, tuple[float, ...]]:
    if not isinstance(H, Hamiltonian):
        checks.fail("H", "must be a qlearn.Hamiltonian", H)
    size = int(np.prod(H.state_shape))
    k = checks.integer("k", k, least=1, most=size // 4)
    target = complex(checks.finite_array("target", target, shape=(), dtype=complex))
    angles: tuple[float, ...] = () if angle is None else (checks.real("angle", angle, above=0, most=STEEPEST),)
    _need_open(H, size)
    angles = angles or (ANGLES if H.grid.ndim == 1 else FEWER)
    if exterior is not None:
        exterior = checks.real("exterior", exterior, above=0)
        if H.grid.ndim > 1:
            raise UnsupportedError("exterior=R is offered in one dimension; leave it out where V is analytic, or take an "
                                   "absorber.")
    centers = _centers(H, center)
    (a, b), c = H.grid.bounds[0], centers[0]
    if exterior is not None and exterior > 0.8 * max(b - c, c - a):
        checks.fail("exterior", f"must be below 0.8 of the way to the end of the box, {0.8 * max(b - c, c - a):g}", exterior)
    return k, target, ScaledHamiltonian(H, centers, angles[0], exterior), angles


def _need_open(H: Hamiltonian, size: int) -> None:
    """UnsupportedError for operators that complex scaling is not offered for."""
    _ = H.spectral_bounds       # refuses what is not static or not linear
    if not H.is_hermitian:
        raise UnsupportedError("resonances are offered for a Hermitian H, for complex scaling needs no absorber. Leave it out, "
                               "or use eigenstates(H, k, target=…), whose levels with an absorber are resonances too.")
    if not isinstance(H.kinetic, FlatKinetic) or np.any(H.kinetic.constant != 0) or "pole" in H.grid.boundary:
        raise UnsupportedError("resonances are offered without metric, vector potential and poles; use an absorber and "
                               "eigenstates.")
    if any(H.grid.sectors):
        raise UnsupportedError("resonances are offered without a twist: a ring has no open end, see bands. Use twist=0 for a "
                               "box.")
    if H.batch_shape:
        raise UnsupportedError(f"resonances are offered for one V, not for a batch {H.batch_shape}.")
    if not (callable(H.potential) or is_sympy(H.potential)):
        raise UnsupportedError("resonances need V at complex coordinates: a callable V(*q) or a SymPy expression, not a table or "
                               "a number. With a table use an absorber and eigenstates.")
    if size > DENSE_LIMIT:
        raise UnsupportedError(f"resonances of {size} points are not offered (limit {DENSE_LIMIT}); take a coarser grid or a "
                               "smaller box.")


def _centers(H: Hamiltonian, center: Any) -> tuple[float, ...]:
    grid = H.grid
    if center is None:
        if "wall" in grid.boundary:
            checks.fail("center", "is needed on a grid with walls", "None", "Give center=a where the wall at a is real, as r = 0 "
                        "of a radial equation; another place where both walls only end the box.")
        return tuple((a + b) / 2 for a, b in grid.bounds)
    given = checks.finite_array("center", [center] * grid.ndim if np.ndim(center) == 0 else center, shape=(grid.ndim,))
    for c, (a, b), kind in zip(given, grid.bounds, grid.boundary, strict=True):
        if not (a <= c < b and (c > a or kind == "wall")):
            checks.fail("center", f"must lie inside the box {(a, b)}, at its lower end only between walls", float(c))
    return tuple(float(c) for c in given)


def _usable(scaled: ScaledHamiltonian) -> bool:
    return bool(np.all(np.isfinite(scaled.potential))) and scaled.is_resolved and loop_defect(scaled) <= ANALYTIC


def _sound(one: Candidate, parts: np.ndarray, before: list[tuple[Candidate, np.ndarray]]) -> bool:
    """True for a converged resonance that is not a poorer copy of one already chosen."""
    error = float(np.sum(parts))
    if error > min(RESOLVED * one.kinetic, APART * abs(one.energy - edge(one.scaled))) or one.energy.imag > error:
        return False
    return all(abs(one.energy - other.energy) > error + float(np.sum(known)) for other, known in before)


def _gathered(H: Hamiltonian, chosen: list[tuple[Candidate, np.ndarray]]) -> Resonances:
    ones, parts = [one for one, _ in chosen], np.array([each for _, each in chosen])
    rows = np.array([one.column / np.sqrt(np.sum(one.column**2) * H.grid.cell_volume) for one in ones])
    scaled = ones[0].scaled
    kind = "uniform complex scaling" if scaled.exterior is None else f"exterior complex scaling beyond {scaled.exterior:g}"
    angles, condition, turning = np.array([(one.scaled.angle, one.condition, one.turning) for one in ones]).T.copy()
    return Resonances(H, np.array([one.energy for one in ones]), parts.sum(axis=1), parts, angles, condition, turning,
                      np.array([one.others for one in ones]), rows.reshape(-1, *H.state_shape), f"{kind}, {H.grid.size} points")
