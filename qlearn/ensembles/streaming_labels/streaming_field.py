"""Which fields can guide a streaming learner: their mass, where their time begins, and what is checked of a Result."""

from typing import Any

import numpy as np

from qlearn import checks
from qlearn.ensembles.streaming_labels.ring_chart import RingChart
from qlearn.errors import UnsupportedError
from qlearn.fields import GridField
from qlearn.results import Result

__all__ = ["begin_of", "check_result", "mass_of"]

_SAME = 1e-6        # relative difference of ħ and of metrics that counts as none


def mass_of(field: Any, mass: float | None) -> float:
    if not isinstance(field, Result):
        return 1.0 if mass is None else checks.real("mass", mass, above=0)
    if mass is not None:
        checks.fail("mass", "is that of the Result and must not be given with one", mass)
    own = np.asarray(field.hamiltonian.mass, dtype=float)
    return float(own.ravel()[0])


def begin_of(field: Any, begin: float | None) -> float:
    if isinstance(field, Result | GridField):
        if begin is not None:
            checks.fail("begin", "is the first time of the field and must not be given with it", begin)
        return float(np.min(field.times))
    return 0.0 if begin is None else checks.real("begin", begin)


def check_result(field: Result, chart: RingChart, quantum: float, amplitude: float) -> None:
    """The equation must be (7) on this ring, with the learner's ħ = quantum and metric."""
    H = field.hamiltonian
    if "residual" in field.stats or not H.is_hermitian:
        raise UnsupportedError("learners guided by a ψ that loses norm, or in imaginary time, are not offered: |ψ|² obeys no "
                               "continuity equation. Solve in real time without loss.")
    if H.vector_potential is not None:
        raise UnsupportedError("learners guided by a ψ with a vector potential are not offered. On a ring write a constant A as "
                               "the twist θ − AL/2πħ.")
    if H.grid.boundary != ("periodic",) or not np.isclose(H.grid.lengths[0], chart.period, rtol=1e-9, atol=0):
        checks.fail("field", f"must live on a ring of length {chart.period:g}", repr(H.grid))
    if not np.isclose(H.hbar, quantum, rtol=_SAME, atol=0):
        needed = amplitude * np.sqrt(H.hbar / quantum)
        checks.fail("amplitude", f"must give ηC₀/B = ħ = {H.hbar:.9g} of the field", f"{amplitude:.9g}, so "
                    f"{quantum:.9g}", f"Take amplitude={needed:.9g}, or StreamingLearner.following.")
    q = H.grid.axes[0]
    theirs = np.ones_like(q) if H.metric is None else np.ravel(H.metric(q))
    if not np.allclose(chart.root(q)**2, theirs, rtol=_SAME, atol=0):
        checks.fail("metric", "must be that of the field", "another one")
