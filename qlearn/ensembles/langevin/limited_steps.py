"""Steps whose drift was limited: from which share on the law of an ensemble is not trusted, and the warning about it."""

import warnings

from qlearn.ensembles.ensemble import Ensemble
from qlearn.errors import AccuracyWarning

__all__ = ["LIMITED_SHARE", "warn_of_limits"]

LIMITED_SHARE = 1e-3        # of the learner-steps, above which no ensemble passes ``compare``


def warn_of_limits(ensemble: Ensemble, stacklevel: int) -> None:
    """AccuracyWarning where more than 1e-3 of the steps of learners, or of carriers, had their drift limited to √(2D/dt)."""
    for one, who in ((ensemble, "learners"), (ensemble.carriers, "carriers")):
        share = 0.0 if one is None else float(one.stats.get("limited_share", 0.0))
        if share > LIMITED_SHARE:
            warnings.warn(f"the drift of {who} was limited in {share:.2g} of their steps (dt = {ensemble.stats['dt']:.3g}), more "
                          f"than {LIMITED_SHARE:g}: their law may be wrong, and compare does not pass it. Take a smaller dt; "
                          "where the loss itself draws them into a pole (log q, 1/q) no dt helps.", AccuracyWarning,
                          stacklevel=stacklevel + 1)
