"""Accuracy: the numbers that say how finely a run is cut in time and in markers."""

from dataclasses import dataclass, replace

from qlearn import checks

__all__ = ["Accuracy"]


@dataclass(frozen=True)
class Accuracy:
    """Set by measured convergence, not by verdicts (tests/ensembles/nodes/test_accuracy.py).

    carriers : steps of the carriers, each with a refit at its end, in ħ/E; E = mean kinetic energy + spread of V at that time
    pieces : steps of the law of the field in one of these (order 2)
    noise : steps of the noisy learners times the rate of their drift, (2ħ/m) Var(∂p/p)
    markers : nodes of the lattice over the carriers' starts, in one dimension
    """

    carriers: float = 0.08
    pieces: int = 8
    noise: float = 0.05
    markers: int = 1024

    def __post_init__(self):
        checks.real("carriers", self.carriers, above=0)
        checks.integer("pieces", self.pieces, least=1)
        checks.real("noise", self.noise, above=0)
        checks.integer("markers", self.markers, least=16)

    def halved(self) -> "Accuracy":
        """Half the steps of everything in time."""
        return replace(self, carriers=self.carriers / 2, noise=self.noise / 2)
