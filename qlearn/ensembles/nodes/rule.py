"""Rule: what is held of the poles, what is fitted to the learners, and the breaks of the assumptions that serve as controls."""

from dataclasses import dataclass

from qlearn import checks
from qlearn.errors import UnsupportedError

__all__ = ["Rule"]


@dataclass(frozen=True)
class Rule:
    """Fixed before a run, the same for every system.

    order : harmonics (ring) or polynomials (line) of S, the smooth part that is thrown away each step and fitted anew to the
        carriers.  4, where the orders 2, 4 and 8 gave the same verdicts on the seeds of development
    reach : None: the zeros held are all zeros of the entire function p.  A number b: those with |Im z| ≤ b L/2π; the moduli
        of all the others are thrown away too, so that the density is the carriers' but for one factor |sin π(q − z)/L|² a
        zero held.  A pole at the distance b is seen by learners within about b: 1 is the natural value.  0: no poles.
        Rings only.
    refit, residue, quantum : controls, broken on purpose.  refit=False: the carriers are guided by the field and do not act on
        it; residue ≠ 1: w = S + r p'/p, whose circulation is not quantised in 2πħ; quantum=False: without the quantum potential
    """

    order: int = 4
    reach: float | None = None
    refit: bool = True
    residue: float = 1.0
    quantum: bool = True

    def __post_init__(self):
        checks.integer("order", self.order, least=1, most=64)
        checks.real("residue", self.residue, above=0)
        if self.reach is not None:
            checks.real("reach", self.reach, least=0)

    def check(self, ring: bool) -> None:
        """Refuse what needs a ring on a line."""
        if self.reach is not None and not ring:
            raise UnsupportedError("reach is for rings: on a line the moduli of far zeros make up the envelope, which no smooth "
                                   "part of low order does. Leave it out (None: all zeros are held).")

    @property
    def lawful(self) -> bool:
        """Whether nothing is broken on purpose in the law of the field."""
        return self.residue == 1 and self.quantum
