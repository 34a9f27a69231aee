"""Splitting schemes as numbers: V kicks and T drifts in turn, b_0 a_0 b_1 a_1 … a_{s−1} b_s.

One step h is  K_s exp(−i a_{s−1} h T/ħ) … exp(−i a_0 h T/ħ) K_0, K_0 applied first; t advances with the drifts, so that
kick j is taken at t + h (a_0 + … + a_{j−1}):

    K_j = exp(−(i/ħ)(b_j h V − c_j h³ ∂VᵀM⁻¹∂V))

The schemes of this module have c = 0, but Chin's; those found for this package stand in ``gradient_coefficients``. Digits
beyond the 16 of a float serve the order conditions, which they meet to 1e-31 (``order_conditions``).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import final

__all__ = ["BM4_DIGITS", "BM4_TABLE", "BM6_DIGITS", "BM6_TABLE", "CHIN4_TABLE", "RKN6_DIGITS", "RKN6_TABLE", "STRANG_TABLE",
           "YOSHIDA4_TABLE", "Digits", "Processor", "SplittingTable", "symmetric"]

Digits = tuple[Decimal, ...]


@final
@dataclass(frozen=True, eq=False)
class Processor:
    """Done once before a run of equal steps: kick 0, drift 0, kick 1, …; and its inverse once behind. Σ drifts = 0."""

    kicks: tuple[float, ...]
    gradients: tuple[float, ...]
    drifts: tuple[float, ...]


@final
@dataclass(frozen=True, eq=False)
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
        context.prec = 50
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

# Published to 15 or 16 digits; the further ones solve the same conditions (``order_conditions.refined``).

BM4_DIGITS = (
    symmetric(["0.07920369643119566943366349588828", "0.35317290604977398848106131157312",
               "-0.04206508035771953536811029830252"], 7),
    symmetric(["0.20951510661336202127407264002951", "-0.14385177317981800827511505785653"], 6))
BM4_TABLE = _table(order=4, kicks=BM4_DIGITS[0], drifts=BM4_DIGITS[1],
                  source="S. Blanes, P. C. Moan, J. Comput. Appl. Math. 142, 313 (2002), S6 of order 4")

BM6_DIGITS = (
    symmetric(["0.05026276440039268602122165440258", "0.41351430042834381506306372012926",
               "0.04507988979439806296889705212518", "-0.18805485381956891479912848891481",
               "0.54196067845078013483141474093140"], 11),
    symmetric(["0.14881644790104323192090100553624", "-0.13238586576778364744884542660043",
               "0.06730760469218445815025789659179", "0.43266640257817359752766797088511"], 10))
BM6_TABLE = _table(order=6, kicks=BM6_DIGITS[0], drifts=BM6_DIGITS[1],
                  source="S. Blanes, P. C. Moan, J. Comput. Appl. Math. 142, 313 (2002), S10 of order 6")

RKN6_DIGITS = (
    symmetric(["0.04146499851826284329877813391678", "0.19812867191806654113672647318283",
               "-0.04000619210415268688882836353690", "0.07525398430158034112787887852658",
               "-0.01151138742068777006244320150066"], 12),
    symmetric(["0.12322977594627115156108638033724", "0.29055379779955827036641416932346",
               "-0.12704921262541691566250505382524", "-0.24633176106207540419497348910837",
               "0.35720887279592775261986034962448"], 11))
RKN6_TABLE = _table(order=6, kicks=RKN6_DIGITS[0], drifts=RKN6_DIGITS[1], nystrom=True,
                   source="S. Blanes, P. C. Moan, J. Comput. Appl. Math. 142, 313 (2002), SRKN of order 6 with 11 stages")
