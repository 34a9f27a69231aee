"""Statistics: does an ensemble follow its reference, as far as its size can tell?"""

from qlearn.compare.against import LIMITED_SHARE, compare
from qlearn.compare.comparison import Comparison, Rates, Row, Verdict
from qlearn.compare.distances import ks_distance, kuiper_distance
from qlearn.compare.fidelity import fidelity
from qlearn.compare.p_values import holm, ks_floor, ks_p, kuiper_floor, kuiper_p, power_of_z, t_p
from qlearn.compare.powers import kuiper_power, power

__all__ = [
    "LIMITED_SHARE",
    "Comparison",
    "Rates",
    "Row",
    "Verdict",
    "compare",
    "fidelity",
    "holm",
    "ks_distance",
    "ks_floor",
    "ks_p",
    "kuiper_distance",
    "kuiper_floor",
    "kuiper_p",
    "kuiper_power",
    "power",
    "power_of_z",
    "t_p",
]
