"""Rule: what is held of the poles, what is fitted to the learners, and the breaks of the assumptions that serve as controls."""

from dataclasses import dataclass

import numpy as np

from qlearn import checks
from qlearn.errors import UnsupportedError

__all__ = ["Rule"]

_ORDER, _MOST = 4, 64


@dataclass(frozen=True)
class Rule:
    """Fixed before a run, the same for every system.

    order : harmonics (ring) or polynomials (line) of S, the smooth part that is thrown away each step and fitted anew to the
        carriers.  None: 4 where all zeros are held (2, 4, 6 and 8 gave the same verdicts on the seeds of development); within a
        reach b the least k with exp(−kb)/k ≤ 1/(2√N), for a zero at the distance bL/2π or beyond has in ln|p| a k-th harmonic of
        that size at most, and N carriers do not see less
    reach : None: the zeros held are all zeros of the entire function p.  A number b: those with |Im z| ≤ b L/2π; the moduli
        of all the others are thrown away too, so that the density is the carriers' but for one factor |sin π(q − z)/L|² a
        zero held.  A pole at the distance b is seen by learners within about b: 1 is the natural value.  0: no poles.
        Rings only.
    refit, residue, quantum : controls, broken on purpose.  refit=False: the carriers are guided by the field and do not act on
        it; residue ≠ 1: w = S + r p'/p, whose circulation is not quantised in 2πħ; quantum=False: without the quantum potential
    """

    order: int | None = None
    reach: float | None = None
    refit: bool = True
    residue: float = 1.0
    quantum: bool = True

    def __post_init__(self):
        if self.order is not None:
            checks.integer("order", self.order, least=1, most=_MOST)
        checks.real("residue", self.residue, above=0)
        if self.reach is not None:
            checks.real("reach", self.reach, least=0)

    def check(self, rings: tuple[bool, ...]) -> None:
        """Refuse what needs a ring elsewhere."""
        if self.reach is not None and rings != (True,):
            raise UnsupportedError("reach is for one ring: on a line the moduli of far zeros make up the envelope, which no "
                                   "smooth part of low order does. Leave it out (None: all zeros are held).")

    def orders(self, carriers: int) -> int:
        """How many harmonics or polynomials S has.

        >>> Rule().orders(10000), Rule(reach=1.0).orders(10000), Rule(reach=1.0).orders(40000)
        (4, 4, 5)
        """
        if self.order is not None:
            return self.order
        if not self.reach:
            return _ORDER
        k = np.arange(1, _MOST)
        return int(np.argmax(np.append(np.exp(-self.reach * k) / k <= 0.5 / np.sqrt(carriers), True))) + 1

    @property
    def lawful(self) -> bool:
        """Whether nothing is broken on purpose in the law of the field."""
        return self.residue == 1 and self.quantum
