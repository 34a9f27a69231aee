"""One command's worth of evidence: does this learner behave like a quantum system, and how well do we know?

``verify(config)`` runs the whole line (derive, learner, rates, densities, real time) and returns a Verification.
"""

from qlearn.verification.claims import Claim, Verification
from qlearn.verification.run import verify

__all__ = ["Claim", "Verification", "verify"]
