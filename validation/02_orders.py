"""Every method has its order, on complex ψ with its phase, against closed forms: oscillators, wells, channels, solitons, a ring.

Mean fields on a curved line, in a field and with coupled states are among them, and MultiProduct6 in imaginary time.

Rule fixed beforehand: the step count is raised until the error is below 1e-3, 1e-8, 1e-10 for the orders 2, 4, 6, then five
counts from there up to twice as many; the slope is order ± 0.1.  (Drifts on curved lines err by 1e-16 max T t/ħ in all: their
grids are no finer than needed, after 256 points had shown slopes of 5.3 to 5.8 at errors of 1e-12.)  ProcessedGradient6, from
1e-7: at least 5.9, since order 7 to 8 shows before 6.  Chebyshev, Lanczos and Dense have no step: an absolute bound, which says
that the grids are fine enough too.  Control: a Lie step (order 1) under the same fit.
"""

import warnings
from functools import partial

import numpy as np

import qlearn as ql
from qlearn.errors import AccuracyWarning
from qlearn.exact import (
    AharonovBohmRing,
    BrightSoliton,
    DrivenOscillator,
    GaussianPacket,
    Gausson,
    ModulatedOscillator,
    Morse,
    RabiPacket,
    ReflectionlessPacket,
)
from validation.evidence import Evidence, at_least, at_most, between
from validation.mean_fields import Cooled, Coupled, Curved, Gauged
from validation.propagation import slope

LINE, WIDE = ql.Grid(256, (-16.0, 16.0)), ql.Grid(480, (-24.0, 24.0))
VALLEY = ql.Grid(320, (-3.5, 24.0))
BENT, FIELD, COLD = ql.Grid(160, (-5 * np.pi, 5 * np.pi)), ql.Grid(160, (-5 * np.pi, 5 * np.pi)), ql.Grid(96, (-8.0, 8.0))
DURATION = 2.0
TARGETS = {2: 1e-3, 4: 1e-8, 6: 1e-10}        # errors below which the leading term is seen alone
USABLE = 1e-7        # for ProcessedGradient6, whose leading term is below rounding for an oscillator
MOST = 4000         # steps; a method that needs more fails here


class MorseMixture:
    """Two states of a Morse well, as a problem with .hamiltonian and .state."""

    well = Morse(depth=12.0, inverse_width=0.5)
    hamiltonian = well.hamiltonian
    state = partial(well.state, weights=[0.8, 0.6j])


PACKET = GaussianPacket(center=1.0, width=0.5, momentum=0.7, chirp=0.3, omega=1.0)      # squeezed, moving, chirped
GAUSSON = Gausson(strength=1.0, center=-1.0, momentum=1.0)
PROBLEMS = {
    "squeezed oscillator": (PACKET, LINE),
    "Morse": (MorseMixture, VALLEY),
    "Pöschl–Teller": (ReflectionlessPacket(GaussianPacket(center=-0.5, width=0.9, momentum=1.0)), WIDE),
    "forced oscillator": (DrivenOscillator(center=0.5, width=0.6, omega=1.1, force=2.0, drive=2.3, chirp=0.2), LINE),
    "modulated oscillator": (ModulatedOscillator(center=1.0, width=0.6, rate=1.0, modulation=0.3, drive=2.7, momentum=0.5), LINE),
    "Rabi": (RabiPacket(PACKET, coupling=1.6 - 1.2j, detuning=1.5), LINE),
    "soliton": (BrightSoliton(attraction=2.4, center=-1.0, momentum=1.0), WIDE),
    "gausson": (GAUSSON, LINE),
    "coupled solitons": (Coupled(BrightSoliton(attraction=2.4, center=-1.0, momentum=1.0)), WIDE),
    "coupled gaussons": (Coupled(GAUSSON), LINE),
    "gausson on a curved line": (Curved(GAUSSON), BENT),
    "gausson in a field": (Gauged(GAUSSON), FIELD),
}
SMOOTH, DRIVEN = ["squeezed oscillator", "Morse"], ["forced oscillator", "modulated oscillator"]
STATIC = [*SMOOTH, "Pöschl–Teller"]
NONLINEAR, CURVED = ["soliton", "gausson", "coupled solitons"], ["gausson on a curved line", "gausson in a field"]
SLOPES = {
    ql.Strang: [*STATIC, *DRIVEN, "Rabi", *NONLINEAR, *CURVED],
    ql.Yoshida4: [*STATIC, *DRIVEN, "Rabi", *NONLINEAR],
    ql.BM4: [*STATIC, *DRIVEN, "Rabi", *NONLINEAR, *CURVED],
    ql.Chin4: [*STATIC, *DRIVEN],
    ql.BM6: [*SMOOTH, *DRIVEN, "Rabi", "gausson", "coupled gaussons", "gausson on a curved line"],
    ql.RKN6: [*SMOOTH, *DRIVEN, "gausson", *CURVED],
    ql.Gradient6: [*SMOOTH, *DRIVEN],
    ql.ProcessedGradient6: [*SMOOTH, *DRIVEN],
    ql.Magnus4: DRIVEN,
    ql.CrankNicolson: ["squeezed oscillator", "forced oscillator"],
}


def errors_of(solve, order: int, target: float) -> tuple[list[int], list[float]]:
    """Step counts and errors of the rule above; solve(n) -> error with n steps."""
    n = 4
    while (found := solve(n)) > target and n < MOST:
        n = int(np.ceil(n * max(1.2, min(4.0, (found / target) ** (1 / order)))))
    steps = [round(n * 2 ** (j / 4)) for j in range(5)]
    return steps, [solve(n) for n in steps]


def error(name: str, method, tol: float = 1e-8) -> float:
    problem, grid = PROBLEMS[name]
    x, H = grid.axes[0], problem.hamiltonian(grid)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AccuracyWarning)           # long steps are inaccurate: that is what is measured
        result = ql.sesolve(H, problem.state(x, t=0.0), [0.0, DURATION], method=method, tol=tol)
    return float(H.norm(result.final_state - problem.state(x, t=DURATION)))


def cooled_error(steps: int) -> float:
    problem, x = Cooled(), COLD.axes[0]
    result = ql.sesolve(problem.hamiltonian(COLD), problem.state(x, 0.0), [0.0, 1.0], method=ql.MultiProduct6(dt=1 / steps),
                        imaginary_time=True)
    return float(COLD.norm(result.final_state - problem.state(x, 1.0)))


def lie_error(steps: int) -> float:
    h, x, k = DURATION / steps, LINE.axes[0], LINE.wavenumbers[0]
    psi = PACKET.state(x, 0.0)
    for _ in range(steps):
        psi = np.fft.ifft(np.exp(-0.5j * h * k**2) * np.fft.fft(np.exp(-0.5j * h * x**2) * psi))
    return float(LINE.norm(psi - PACKET.state(x, DURATION)))


def slopes(method) -> dict[str, float]:
    target = USABLE if method is ql.ProcessedGradient6 else TARGETS[method.order]
    return {name: slope(*errors_of(lambda n, name=name: error(name, method(dt=DURATION / n)), method.order, target))
            for name in SLOPES[method]}


def exact_methods() -> list[Evidence]:
    ring = AharonovBohmRing(length=12.0, vector_potential=0.7, theta=0.2)
    free, H = GaussianPacket(center=4.0, width=0.6, momentum=2.0), ring.hamiltonian(128)
    x, lines = H.grid.axes[0], []
    for method in (ql.Chebyshev(), ql.Lanczos(), ql.Dense()):
        found = max(error(name, method, 1e-12) for name in STATIC)
        final = ql.sesolve(H, ring.packet_state(x, 0.0, free), [0.0, DURATION], method=method, tol=1e-12).final_state
        found = max(found, float(H.norm(final - ring.packet_state(x, DURATION, free))))
        lines.append(at_most(f"{method.name}: four problems, largest L2 error at tol 1e-12", found, 1e-11, floor=1e-13))
    return lines


def evidence() -> list[Evidence]:
    lines = []
    for method in SLOPES:
        found = slopes(method)
        worst = max(found, key=lambda name: abs(found[name] - method.order))
        if method is ql.ProcessedGradient6:
            worst = min(found, key=found.get)
            lines.append(at_least(f"{method.__name__}: smallest slope of {len(found)} problems ({worst})", found[worst], 5.9))
        else:
            lines.append(between(f"{method.__name__}: slope of {len(found)} problems, farthest ({worst})", found[worst],
                                 method.order - 0.1, method.order + 0.1))
    found = slope(*errors_of(cooled_error, ql.MultiProduct6.order, TARGETS[6]))
    lines.append(between("MultiProduct6 in imaginary time: slope, a logarithmic equation", found, 5.9, 6.1))
    lie = slope([200, 400, 800, 1600], [lie_error(n) for n in (200, 400, 800, 1600)])
    lines.append(Evidence("Lie step: |slope − 2|", abs(lie - 2), "> 0.1", abs(lie - 2) > 0.1, control=True))
    return lines + exact_methods()
