"""Splitting schemes as numbers: V kicks and T drifts in turn, b_0 a_0 b_1 a_1 … a_{s−1} b_s.

One step h is  exp(−i b_s h V/ħ) exp(−i a_{s−1} h T/ħ) … exp(−i a_0 h T/ħ) exp(−i b_0 h V/ħ), b_0 applied first; t advances
with the drifts, so that V is taken at t + h (a_0 + … + a_{j−1}) in kick j.
"""

from dataclasses import dataclass
from typing import final

__all__ = ["RKN6_TABLE", "STRANG_TABLE", "SplittingTable"]


@final
@dataclass(frozen=True)
class SplittingTable:
    """A symmetric scheme: ``kicks`` b_0 … b_s and ``drifts`` a_0 … a_{s−1}, each summing to 1; error of a step ∝ h^(order+1)."""

    order: int
    kicks: tuple[float, ...]
    drifts: tuple[float, ...]
    source: str


def _symmetric(half: tuple[float, ...], middle: float) -> tuple[float, ...]:
    return (*half, middle, *reversed(half))


STRANG_TABLE = SplittingTable(order=2, kicks=(0.5, 0.5), drifts=(1.0,),
                              source="G. Strang, SIAM J. Numer. Anal. 5, 506 (1968)")

_B = (0.0414649985182624, 0.198128671918067, -0.0400061921041533, 0.0752539843015807, -0.0115113874206879)
_A = (0.123229775946271, 0.290553797799558, -0.127049212625417, -0.246331761062075, 0.357208872795928)
_B_CENTRE = 0.5 - sum(_B)

RKN6_TABLE = SplittingTable(
    order=6, kicks=(*_B, _B_CENTRE, _B_CENTRE, *reversed(_B)), drifts=_symmetric(_A, 1 - 2 * sum(_A)),
    source="S. Blanes, P. C. Moan, J. Comput. Appl. Math. 142, 313 (2002), SRKN method of order 6 with 11 stages: it needs "
           "[V,[V,[V,T]]] = 0, which holds where T is quadratic in the momenta")
