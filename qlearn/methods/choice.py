"""Which method where none is named: the one that needs fewer transforms, as far as the first state tells; those of a series in H,
with more to be done besides, count DEARER times.
"""

from dataclasses import dataclass
from typing import final

import numpy as np

from qlearn.grids import Grid
from qlearn.hamiltonian import Hamiltonian
from qlearn.hamiltonian.gradients import derivatives, joins_smoothly
from qlearn.hamiltonian.tables import one_for_all, point_levels
from qlearn.kernels.arrays import to_numpy
from qlearn.kernels.phases import may_compile
from qlearn.methods.chebyshev import Chebyshev, expansion_length
from qlearn.methods.driven_extents import by_trajectories
from qlearn.methods.energies import Spectrum, spectrum_of
from qlearn.methods.frozen import FrozenOperator
from qlearn.methods.kernel import SplittingKernel
from qlearn.methods.lanczos import Lanczos, lanczos_pairs
from qlearn.methods.magnus import Magnus4
from qlearn.methods.multi_product import MultiProduct6
from qlearn.methods.presence import Presence
from qlearn.methods.reach import SPREADS
from qlearn.methods.splitting import BM4, BM6, RKN6, Chin4, Gradient6, ProcessedGradient6, Splitting
from qlearn.methods.steps import AutomaticSteps
from qlearn.methods.task import Method, Task

__all__ = ["choose"]

DEARER = 1.5  # times as long a transform of a series takes as one of a splitting, at least: 1.3 to 2.6 in compiled loops
FEW = 300  # FFT pairs that are not worth a trial
LOOKS = (0.0, 0.13, 0.37, 0.71, 1.0)  # parts of the time at which a driven V is looked at
SEAM = 60.0  # times as many steps as the first state asks for, once a splitting meets a kink of V at the seam
STRONG = 4.0  # times the energies that are reached: a W that splittings with steps back in time are no longer cheap with
LOOSE = 1e-5  # tol from which order 4 costs less than order 6 with a loss: found on a static and a driven line
FARTHEST = 8.0  # standard deviations of the energy that may be met, at least
WORTH_A_PROCESSOR = 1.25  # times fewer transforms: its forecast is to be confirmed first, at a price that may be lost
MIRROR = 0.01  # of the largest slope: what V may have at a wall


def choose(task: Task) -> tuple[Method, str]:
    """(method, why). What the choice tries on the first state is counted in the record; what it learns stays with the task."""
    settled = _settled(task) or _short(task)
    if settled is None:
        plan = _planned(task)
        settled = _foreseen(task, plan) or _compared(task, plan)
    return settled[0], f"chosen {settled[1]}"


def _settled(task: Task) -> tuple[Method, str] | None:
    """The method where the kind of problem leaves one, None where a comparison is needed."""
    H, imaginary = task.hamiltonian, task.imaginary
    flat, driven = H.is_diagonal_in_k, H.time_dependent
    if H.nonlinearity is not None:
        if imaginary:
            return MultiProduct6(), "for f(|ψ|²) in imaginary time, which takes steps forwards alone"
        if H.kinetic_depends_on_time and not H.kinetic_moves_uniformly:
            return BM4(), "for f(|ψ|²) and an A that depends on t"
        if H.channels is not None:
            return BM6(), "for f(|ψ|²) with channels"
        if H.has_complex_mean_field:
            return BM6(), "for a complex f(|ψ|²)"
        return RKN6(), "for f(|ψ|²), whose gradient is not to be had"
    if imaginary:
        return Chebyshev(), "for imaginary time, where the terms grow with the root of the time only"
    if not flat:
        what = "T is not diagonal in the wavenumbers"
        if H.kinetic_moves_uniformly:
            return _driven(task)
        if driven:
            return Magnus4(), f"because {what} and H depends on t"
        return (Chebyshev(), f"because {what}") if H.is_hermitian else (Lanczos(), f"because {what} and H is not Hermitian")
    if driven:
        return _driven(task)
    return None if H.is_hermitian else _lossy(task)


def _driven(task: Task) -> tuple[Method, str]:
    """For a flat, linear H(t), A the same everywhere; V is looked at at a few times."""
    H = task.hamiltonian
    moving = "V depends on t" if H.potential_depends_on_time else "A depends on t and on nothing else"
    if H.channels is not None:
        if H.is_hermitian:
            return BM6(), f"because {moving}, with channels"
        losses = _losses(task)
        if _turns_cheaply(H, losses) and _is_faint(task, losses):
            return BM6(), f"because {moving}, with channels whose loss is small enough for steps back in time"
        return Magnus4(), f"because {moving}, with channels, and H is not Hermitian"
    smooth = all(H.gradient_is_smooth(float(task.times[0] + part * task.span), task.outset.energy) for part in LOOKS)
    if H.is_hermitian:
        if smooth and _meets_a_seam(task):
            return RKN6(), f"because {moving}, and V has a kink at the ends, which the state may reach"
        return (Gradient6(), f"because {moving}, and V is smooth") if smooth \
            else (RKN6(), f"because {moving}, and V has kinks, steps or narrow features")
    return (_forwards(task), f"because {moving}, and H is not Hermitian: no kicks back in time") if smooth \
        else (Magnus4(), f"because {moving}, V is not smooth, and H is not Hermitian")


def _forwards(task: Task) -> Splitting:
    """A splitting none of whose kicks goes back in time, so that no W amplifies in any."""
    return Chin4() if task.tol >= LOOSE else Gradient6()


def _turns_cheaply(H: Hamiltonian, losses: list[np.ndarray]) -> bool:
    """For channels: True where the exponential of V − iW has a closed form, or W is the same for all of them."""
    return H.channels == 2 or all(one_for_all(loss, int(H.channels or 0), H.grid.ndim) is not None for loss in losses)


def _is_faint(task: Task, losses: list[np.ndarray]) -> bool:
    """For channels: True where steps back in time, in which W amplifies, need not be shorter than ψ asks for anyway."""
    H = task.hamiltonian
    lowest = point_levels(H.potential_table(float(task.times[0])), H.channels, H.grid.ndim)[0]
    strongest = max((float(np.max(np.abs(point_levels(loss, H.channels, H.grid.ndim)))) for loss in losses), default=0.0)
    return strongest < STRONG * (task.outset.energy - lowest)


def _losses(task: Task) -> list[np.ndarray]:
    """W at the times at which H is looked at."""
    H = task.hamiltonian
    parts = LOOKS if H.time_dependent else LOOKS[:1]
    return [loss for part in parts if (loss := H.loss_table(float(task.times[0] + part * task.span))) is not None]


def _lossy(task: Task) -> tuple[Method, str]:
    """For a static flat H − iW: Lanczos where even the whole spectrum costs it less than a splitting needs for the first state,
    which W may not have met; a splitting gets no cheaper later."""
    H = task.hamiltonian
    splitting: Splitting
    if H.channels is None:
        if not H.gradient_is_smooth():
            return Lanczos(), "because H is not Hermitian and V − iW is not one smooth function"
        splitting, words = _forwards(task), "V − iW is smooth: no kicks back in time"
    else:
        if not _is_faint(task, _losses(task)):
            return Lanczos(), "because H is not Hermitian and its loss is too strong for steps back in time"
        splitting, words = BM6(), "its loss is small enough for steps back in time"
    most = lanczos_pairs(H, abs(task.span), task.tol)
    if most <= 2 * Lanczos().dimension:
        return Lanczos(), f"because H is not Hermitian and at most {most:.0f} FFT pairs are enough"
    least = _splitting_pairs(task, splitting)
    if most < least:
        return Lanczos(), f"because H is not Hermitian, for at most {most:.0f} FFT pairs against {least:.0f} of {splitting.name}"
    return splitting, f"because H is not Hermitian and {words}"


def _short(task: Task) -> tuple[Method, str] | None:
    """For a static flat H: a run so short that a trial would cost more than it saves."""
    low, high = task.hamiltonian.spectral_bounds
    series = expansion_length((high - low) / 2 * abs(task.span) / task.hamiltonian.hbar)
    if series < FEW or task.span == 0:
        return Chebyshev(), f"because about {series:.0f} FFT pairs are enough"
    return None


@final
@dataclass(frozen=True)
class _Plan:
    """A gradient scheme with the FFT pairs of the whole run by its forecast, and its steps."""

    method: Splitting
    pairs: float
    steps: AutomaticSteps


def _planned(task: Task) -> _Plan | None:
    """For a static flat Hermitian H whose run can be foreseen from trajectories, at the cost of a few transforms: the gradient
    scheme that needs fewer."""
    H = task.hamiltonian
    if not H.is_hermitian or H.channels is not None:
        return None
    if not task.outset.foreseeable:
        return None
    plain = AutomaticSteps(SplittingKernel(H, Gradient6.table, task.record), task.outset, task.tol)
    pairs = plain.foreseen
    if pairs is None:
        return None
    most = pairs / WORTH_A_PROCESSOR
    processed = AutomaticSteps(SplittingKernel(H, ProcessedGradient6.table, task.record), task.outset, task.tol, most)
    fewer = processed.foreseen
    if fewer is not None and fewer < most and processed.trusted(task.outset.phi):
        return _Plan(ProcessedGradient6(), fewer, processed)
    return _Plan(Gradient6(), pairs, plain)


def _foreseen(task: Task, plan: _Plan | None) -> tuple[Method, str] | None:
    """The planned scheme, where it stays below what Chebyshev needs for the energies from min V to those reached, whatever is
    clipped."""
    if plan is None:
        return None
    H = task.hamiltonian
    least = expansion_length((task.outset.energy - float(H.potential_table().min())) / 2 * abs(task.span) / H.hbar)
    if 1.5 * plan.pairs > least:
        return None
    task.outset.planned[plan.method.table] = plan.steps
    return plan.method, f"because about {plan.pairs:.0f} FFT pairs are foreseen, and Chebyshev needs at least {least:.0f}"


def _compared(task: Task, plan: _Plan | None) -> tuple[Method, str]:
    """For a static flat Hermitian H: a splitting against the series, by their transforms."""
    H = task.hamiltonian
    operator = FrozenOperator(H)
    phi = operator.enter(task.psi)
    spectrum = spectrum_of(task, operator, phi, clip=True)
    series = expansion_length(spectrum.width * abs(task.span) / H.hbar)
    if plan is not None and plan.method.table.processor is not None:
        splitting, pairs, judged = plan.method, plan.pairs, "foreseen"
    else:
        splitting, judged = _splitting(H, spectrum), "judged from the first state"
        pairs = _splitting_pairs(task, splitting)
    words = f"about {pairs:.0f} FFT pairs of {splitting.name} against {series:.0f} of Chebyshev, {judged}"
    if pairs < DEARER * series and series < SEAM * pairs and _meets_a_seam(task):
        return Chebyshev(), f"because the state may reach the ends, where V has a kink, else for {words}"
    return (splitting if pairs < DEARER * series else Chebyshev()), f"for {words}"


def _meets_a_seam(task: Task) -> bool:
    """True where V has a kink at the ends of an axis, and the state gets there, down to an amplitude of tol: under a drive by
    given factors as trajectories tell, else where V is there below the energies of the first state."""
    H = task.hamiltonian
    if H.channels is not None:
        return False
    time = float(task.times[0]) if H.time_dependent and H.drive is None else 0.0
    kinked: list[int] = H.kept_last("kinked ends", time, lambda: _kinked_axes(H, time))
    axes = [axis for axis in kinked if axis not in task.cut]
    if not axes:
        return False
    if task.outset.factors is not None and H.is_diagonal_in_k and H.grid.is_ring and not H.batch_shape and may_compile():
        presence = Presence(H.grid, to_numpy(task.psi), task.outset.modes(), task.tol)
        found = by_trajectories(H, presence, task.outset.factors, task.span)
        return found is not None and any(found[1][axis] == slice(0, H.grid.shape[axis]) for axis in axes)
    table, spread = H.potential_table(float(task.times[0])), H.hbar / task.outset.limits[0]
    highest = task.outset.energy + (max(FARTHEST, np.sqrt(-4 * np.log(task.tol))) - SPREADS) * spread
    return any(float(np.min(np.take(table, [0, -1], axis=axis - H.grid.ndim))) < highest for axis in axes)


def _kinked_axes(H: Hamiltonian, time: float) -> list[int]:
    """The axes at whose ends V, or a term of it, has a kink."""
    tables = [H.potential_table(time)] if H.drive is None else [H.drive.static.real, *H.drive.tables]
    return [axis for axis in range(H.grid.ndim) if any(_kinked(table, H.grid, axis) for table in tables)]


def _kinked(table: np.ndarray, grid: Grid, axis: int) -> bool:
    """True where V does not continue smoothly from b to a; at walls, which are mirrors, where it arrives with a slope."""
    if grid.boundary[axis] == "periodic":
        return not joins_smoothly(table, grid, axis)
    slope = np.abs(derivatives(table, grid)[axis])
    ends = 2 * np.take(slope, [0, -1], axis=axis - grid.ndim) - np.take(slope, [1, -2], axis=axis - grid.ndim)
    return bool(np.max(ends) > MIRROR * np.max(slope))


def _splitting(H: Hamiltonian, spectrum: Spectrum) -> Splitting:
    """The splitting for a static Hermitian H."""
    if H.channels is not None:
        return BM6()
    return Gradient6() if H.gradient_is_smooth(energy=min(spectrum.ceilings[1], spectrum.highest[1])) else RKN6()


def _splitting_pairs(task: Task, method: Splitting) -> float:
    """By the step that the tolerance allows at the first state."""
    kernel = SplittingKernel(task.hamiltonian, method.table, task.record)
    step = AutomaticSteps(kernel, task.outset, task.tol).predict(task.outset.phi)
    return 1.2 * method.table.pairs * float(np.sum(np.ceil(np.abs(np.diff(task.times)) / step)))
