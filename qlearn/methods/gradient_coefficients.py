"""Order 6 with a gradient term in the kicks: schemes found for this package by solving their order conditions.

    K_j = exp(−(i/ħ)(b_j h V − c_j h³ ∂VᵀM⁻¹∂V)),      [V,[T,V]] = ħ² ∂VᵀM⁻¹∂V

The conditions are those of the free Lie algebra of T and V modulo [V,[V,[V,T]]] = 0, which holds where T is quadratic in the
momenta. Digits: 16.
"""

from collections.abc import Sequence
from decimal import Decimal

from qlearn.methods.coefficients import Digits, Processor, SplittingTable, symmetric

__all__ = ["GRADIENT6_DIGITS", "GRADIENT6_SEVEN_DIGITS", "GRADIENT6_SEVEN_TABLE", "GRADIENT6_TABLE", "PROCESSED_GRADIENT6_DIGITS",
           "PROCESSED_GRADIENT6_TABLE", "PROCESSOR_DIGITS"]

SOURCE = "found for this package; conditions solved to 30 digits in validation/10_order_conditions.py"


def _digits(kicks: Sequence[str], gradients: Sequence[str], drifts: Sequence[str], stages: int) -> tuple[Digits, Digits, Digits]:
    """(b, c, a) of a symmetric scheme of so many drifts from what is free: b and a without their middle, half of c."""
    mirrored = (*gradients, *reversed(gradients[:-1] if stages % 2 == 0 else gradients))
    return symmetric(kicks, stages + 1), tuple(map(Decimal, mirrored)), symmetric(drifts, stages)


def _table(digits: tuple[Digits, Digits, Digits], processor: Processor | None = None) -> SplittingTable:
    kicks, gradients, drifts = (tuple(map(float, row)) for row in digits)
    return SplittingTable(6, kicks, drifts, SOURCE, gradients, processor, nystrom=True)


GRADIENT6_DIGITS = _digits(
    ["0.05437248280791305", "0.013713711932015989", "0.2703545951366923"],
    ["-0.00008590524725566699", "-0.0001996988923322239", "0.0014867787863953087", "0.0019190854844160182"],
    ["0.340055609324036", "-0.16027751163285944"], 6)

GRADIENT6_SEVEN_DIGITS = _digits(
    ["0.04858414083532849", "0.2516375067213855", "0.04302374164659963"],
    ["0.00004933264811786432", "0.000448805802077201", "0.0008255324856393537", "0.0007799302813663386"],
    ["0.1642721068865158", "0.19702099103339366", "0.184589267712664"], 7)

PROCESSED_GRADIENT6_DIGITS = _digits(
    ["0.13987701639324066", "0.26810468613119254"],
    ["0.0015516059143424845", "0.0033018366629676745", "-0.0010361665890568376"],
    ["0.34243081354424787", "-0.0914764912502952"], 5)

# kicks, gradients and drifts of the processor
PROCESSOR_DIGITS: tuple[Digits, Digits, Digits] = (
    tuple(map(Decimal, [
        "-0.03500090201941438", "-0.10016735165580884", "-0.10192718714316938", "0.04740585353382606", "0.21214552807831158",
        "0.11334795873007775", "0.13595696384517036", "-0.036997147993053425", "-0.1845363834992754",
        "-0.010849124200609342", "-0.03937820767605501"])),
    tuple(map(Decimal, [
        "0.0018304897092123339", "-0.0023527310641087837", "0.0028649930044658354", "-0.0008178461116742132",
        "-0.0027778528889608124", "-0.00347366383989782", "-0.001034392905402976", "0.00017296395650925962",
        "0.007564731651808205", "-0.00280541876157595", "0.0010201655691423495"])),
    tuple(map(Decimal, [
        "-0.12873322176695148", "-0.10673386614670193", "-0.059959608141936044", "0.18700818881442777",
        "0.24583466720589014", "0.08779037128983841", "0.07920590267148175", "-0.1484718288804477", "0.029283387727377905",
        "-0.2266403918338693", "0.04141639906089042"])))

_PROCESSOR = Processor(*(tuple(map(float, row)) for row in PROCESSOR_DIGITS))

GRADIENT6_TABLE = _table(GRADIENT6_DIGITS)
GRADIENT6_SEVEN_TABLE = _table(GRADIENT6_SEVEN_DIGITS)
PROCESSED_GRADIENT6_TABLE = _table(PROCESSED_GRADIENT6_DIGITS, _PROCESSOR)
