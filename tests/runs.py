"""One method, one run, without the save loop: what its stepper returns, and its record."""

import numpy as np

from qlearn.methods import Record, Task


def run(method, H, psi, times, tol=1e-9, *, imaginary=False):
    """(the states at times[1:], the record)."""
    times, record = np.asarray(times, dtype=float), Record()
    method.check(H, imaginary)
    stepper = method.start(Task(H, psi, times, tol, record, imaginary))
    states = [reach(stepper, t - times[0]) for t in times[1:]]
    return states, record


def reach(stepper, target):
    while (psi := stepper.move(float(target))) is None:
        pass
    return psi


def resumed(method, H, psi, times, tol, stop, *, imaginary=False):
    """The last state of a run that is saved after each of ``stop`` moves and gone on with by a new stepper."""
    times = np.asarray(times, dtype=float)
    stepper, moves = method.start(Task(H, psi, times, tol, Record(), imaginary)), 0
    for t in times[1:]:
        while True:
            state = stepper.move(float(t - times[0]))
            moves += 1
            if moves % stop == 0:
                saved = {name: np.array(value) if isinstance(value, np.ndarray) else value
                         for name, value in stepper.snapshot().items()}
                stepper = method.start(Task(H, psi, times, tol, Record(), imaginary))
                stepper.restore(saved)
            if state is not None:
                break
    return state
