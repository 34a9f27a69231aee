"""Splitting schemes as numbers: V kicks and T drifts in turn, b_0 a_0 b_1 a_1 … a_{s−1} b_s.

One step h is  K_s exp(−i a_{s−1} h T/ħ) … exp(−i a_0 h T/ħ) K_0, K_0 applied first; t advances with the drifts, so that
kick j is taken at t + h (a_0 + … + a_{j−1}):

    K_j = exp(−(i/ħ)(b_j h V − c_j h³ ∂VᵀM⁻¹∂V))

The schemes of this module have c = 0, but Chin's; those found for this package stand in ``gradient_coefficients``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import final

__all__ = ["BM4_DIGITS", "BM4_TABLE", "BM6_DIGITS", "BM6_TABLE", "CHIN4_TABLE", "RKN6_DIGITS", "RKN6_TABLE", "STRANG_TABLE",
           "YOSHIDA4_TABLE", "Digits", "Processor", "SplittingTable", "symmetric"]

Digits = tuple[Decimal, ...]


@final
@dataclass(frozen=True)
class Processor:
    """Done once before a run of equal steps: kick 0, drift 0, kick 1, …; and its inverse once behind. Σ drifts = 0."""

    kicks: tuple[float, ...]
    gradients: tuple[float, ...]
    drifts: tuple[float, ...]


@final
@dataclass(frozen=True)
class SplittingTable:
    """``kicks`` b_0 … b_s and ``drifts`` a_0 … a_{s−1}, each summing to 1, and ``gradients`` c_0 … c_s or nothing.

    order : the error of a step ∝ h^(order+1); with a processor, of processed steps.   nystrom : its conditions need
    [V,[V,[V,T]]] = 0, which holds where T is quadratic in the momenta and V(q) a number at each point.
    """

    order: int
    kicks: tuple[float, ...]
    drifts: tuple[float, ...]
    source: str
    gradients: tuple[float, ...] = ()
    processor: Processor | None = None
    nystrom: bool = False

    @property
    def pairs(self) -> int:
        """FFT pairs of a step."""
        return len(self.drifts)

    @property
    def processor_pairs(self) -> int:
        """FFT pairs of the processor before and behind a run, in all."""
        return 0 if self.processor is None else 2 * len(self.processor.drifts)

    @property
    def is_positive(self) -> bool:
        """True where no coefficient is negative: the scheme can go forward in imaginary time."""
        return self.processor is None and min(*self.kicks, *self.drifts, *self.gradients, 0.0) >= 0

    @property
    def rows(self) -> list[tuple[float, float]]:
        """(b_j, c_j) of each kick."""
        return list(zip(self.kicks, self.gradients or (0.0,) * len(self.kicks), strict=True))


def symmetric(half: Sequence[str], count: int, total: int = 1) -> Digits:
    """``count`` coefficients that read the same from both ends and sum to ``total``: the first ones given, the middle found."""
    with localcontext() as context:
        context.prec = 40
        given = [Decimal(digits) for digits in half]
        rest = total - 2 * sum(given)
        middle = [rest] if count % 2 else [rest / 2, rest / 2]
        if 2 * len(given) + len(middle) != count:
            raise ValueError(f"{len(given)} coefficients do not determine {count}")
        return (*given, *middle, *reversed(given))


def _table(order: int, kicks: Digits, drifts: Digits, source: str, **more) -> SplittingTable:
    return SplittingTable(order, tuple(map(float, kicks)), tuple(map(float, drifts)), source, **more)


STRANG_TABLE = SplittingTable(order=2, kicks=(0.5, 0.5), drifts=(1.0,),
                              source="G. Strang, SIAM J. Numer. Anal. 5, 506 (1968)")

_W = "1.351207191959657634047687808971460826922"  # 1/(2 − 2^(1/3))

YOSHIDA4_TABLE = _table(4, symmetric(["0.675603595979828817023843904485730413461"], 4), symmetric([_W], 3),
                        "H. Yoshida, Phys. Lett. A 150, 262 (1990), eq. (2.11)")

CHIN4_TABLE = SplittingTable(order=4, kicks=(1 / 6, 2 / 3, 1 / 6), drifts=(0.5, 0.5), gradients=(0.0, 1 / 72, 0.0), nystrom=True,
                             source="S. A. Chin, Phys. Lett. A 226, 344 (1997), scheme A")

BM4_DIGITS = (symmetric(["0.0792036964311957", "0.353172906049774", "-0.0420650803577195"], 7),
              symmetric(["0.209515106613362", "-0.143851773179818"], 6))
BM4_TABLE = _table(4, *BM4_DIGITS, source="S. Blanes, P. C. Moan, J. Comput. Appl. Math. 142, 313 (2002), S6 of order 4")

BM6_DIGITS = (symmetric(["0.0502627644003922", "0.413514300428344", "0.0450798897943977", "-0.188054853819569",
                         "0.541960678450780"], 11),
              symmetric(["0.148816447901042", "-0.132385865767784", "0.067307604692185", "0.432666402578175"], 10))
BM6_TABLE = _table(6, *BM6_DIGITS, source="S. Blanes, P. C. Moan, J. Comput. Appl. Math. 142, 313 (2002), S10 of order 6")

RKN6_DIGITS = (symmetric(["0.0414649985182624", "0.198128671918067", "-0.0400061921041533", "0.0752539843015807",
                          "-0.0115113874206879"], 12),
               symmetric(["0.123229775946271", "0.290553797799558", "-0.127049212625417", "-0.246331761062075",
                          "0.357208872795928"], 11))
RKN6_TABLE = _table(6, *RKN6_DIGITS, nystrom=True,
                    source="S. Blanes, P. C. Moan, J. Comput. Appl. Math. 142, 313 (2002), SRKN of order 6 with 11 stages")
