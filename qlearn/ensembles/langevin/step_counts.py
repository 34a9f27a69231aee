"""How many steps a run takes, and a refusal before any work where the default would take more than an hour."""

from typing import Any

import numpy as np

from qlearn import checks

__all__ = ["step_counts"]

_MOST = 1e9             # steps between two stored times
_HOUR = 3600.0
_FUSED, _FEWEST = 1e-8, 256                 # seconds a learner-step of a compiled formula; learners that cost as much as one
_CALLS, _WALKED = 5e-4, 2e-7                # seconds a step and a learner-step of all else: in round numbers


def step_counts(times: np.ndarray, dt: float | None, default: Any, learners: int, fused: bool) -> np.ndarray:
    """How many equal steps of at most dt, or of default() where dt is None, each interval takes, (n − 1,).

    Raises
    ------
    ArgumentError above 10⁹ steps an interval, and where the default makes a run of more than an hour, roughly estimated.
    """
    step = default() if dt is None else dt
    counts = np.maximum(1, np.ceil(np.diff(times) / step * (1 - 1e-12)))
    seconds = counts.sum() * (_FUSED * max(learners, _FEWEST) if fused else _CALLS + _WALKED * learners)
    if dt is None and seconds > _HOUR:
        checks.fail("dt", "must be given where the default makes a run of more than an hour",
                    f"None: {counts.sum():.2g} steps of {step:.2g} for {learners} learners, some {seconds / _HOUR:.1g} hours",
                    "The default follows how steep the start is, and is kept. Start at a less steep place; or run to t = "
                    f"{times[0] + 500 * step:.12g} and go on from its positions, for each run has a default of its own; or give "
                    f"dt (dt={step:.3g} runs this one).")
    if not np.all(counts <= _MOST):
        checks.fail("dt", f"must cut each interval of tlist into at most {_MOST:.0e} steps", f"{step:.3g}, which makes "
                    f"{counts.max():.3g}", "Take a larger dt.")
    return counts.astype(int)
