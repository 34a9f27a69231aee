"""What a step costs by kind of ensemble, at a million learners: guided by ψ, and self-consistent."""

from collections.abc import Callable

import numpy as np

from benchmarks.machine import described
from benchmarks.table import Table, held
from benchmarks.timing import once

__all__ = ["ensemble_kinds", "seconds_a_step"]

H, STEPS = 0.01, (3, 9)


def guided(learners: int) -> Callable[[int], float]:
    """Seconds of a run of so many steps, guided by a solved ψ."""
    import qlearn as ql

    grid = ql.Grid(256, [(-8, 8)])
    psi0 = np.exp(-(grid.axes[0] - 1)**2 / (4 * 0.4**2)).astype(complex)
    psi0 /= np.sqrt(np.sum(np.abs(psi0)**2) * grid.cell_volume)
    result = ql.sesolve(ql.Hamiltonian(grid, lambda q: q**2 / 2), psi0, np.linspace(0, STEPS[1] * H, 10))
    system = _system()
    return lambda steps: once(lambda: ql.simulate(system, None, [0.0, steps * H], kind="guided", learners=learners, seed=1,
                                                  field=result, dt=H))


def self_consistent(learners: int, nodes: str) -> Callable[[int], float]:
    """The same without ψ: carriers make the fields, noisy learners read them; by poles, or by the smooth method ("stop")."""
    import qlearn as ql

    grid = ql.Grid(256, [(-8, 8)])
    values = np.exp(-(grid.axes[0] - 1)**2 / (2 * 0.4**2))
    density = ql.densities.GridDensity(grid, values / (values.sum() * grid.cell_volume))
    system = _system()
    return lambda steps: once(lambda: ql.simulate(system, (density, lambda q: 0 * q), [0.0, steps * H], kind="self-consistent",
                                                  nodes=nodes, learners=learners, seed=1, dt=H))


def _system():
    import qlearn as ql

    return ql.LearningSystem("q", potential="q**2/2", learning_rate=1.0, temperature=0.5)


def seconds_a_step(run: Callable[[int], float]) -> float:
    """From two lengths of run, so that the start does not count."""
    short, long = STEPS
    return (run(long) - run(short)) / (long - short)


def ensemble_kinds(quick: bool = False) -> list[Table]:
    """Guided and self-consistent by both methods in turn; the median over the rounds of the ratio of a step."""
    learners, rounds = (20_000, 1) if quick else (1_000_000, 3)
    runs = {"guided": guided(learners), "self-consistent, poles": self_consistent(learners, "poles"),
            "self-consistent, smooth": self_consistent(learners, "stop")}
    for run in runs.values():
        run(2)
    times = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            times[name].append(seconds_a_step(run))
    rows = [["guided", f"{np.median(times['guided']) * 1e3:.1f}", "1", ""]]
    for name in list(runs)[1:]:
        ratio = float(np.median(np.array(times[name]) / np.array(times["guided"])))
        rows.append([name, f"{np.median(times[name]) * 1e3:.1f}", f"{ratio:.2f}", held(ratio, 4)])
    columns = ["kind", "ms a step", "times a guided one", "bar"]
    return [Table("Kinds of ensembles", _WORDS.format(learners=learners), columns, rows, described())]


_WORDS = """\
`ql.simulate` of the displaced, squeezed oscillator, N(1, 0.4²), {learners} learners, steps of 0.01: the difference of runs
of 9 and 3 steps, over 6. Guided: stochastic Heun in a stored ψ on 256 points. Self-consistent: carriers, fields and noisy
learners together."""
