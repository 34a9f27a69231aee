"""Accuracy: the numbers that say how finely a run is cut in time and in markers."""

from dataclasses import dataclass, replace

import numpy as np

from qlearn import checks

__all__ = ["Accuracy"]


@dataclass(frozen=True)
class Accuracy:
    """Set by measured convergence, not by verdicts.

    Steps of the field are in units of ħ/E, E = mean kinetic energy + spread of V at that time.  Errors of the carriers' levels at
    the end, largest of all carriers, in units of 1/√N for N = 4e5, measured against steps of 0.01 and 4096 markers (34;
    a perfect sample has 0.83 of them): ring with winding 0.005, quartic 0.008, squeezed 0.002; against 16384 markers: ring
    through two nodes 0.04.

    carriers : steps of the carriers in one dimension, each with a refit at its end (order 1: what the refit corrects is late)
    swarm : the same in more dimensions, where each carrier is moved on its own; its error, half of 5000 carriers within 0.03/√N
        and 99 of 100 within 0.3/√N (the plane of validation 34), is half at half the step
    law : steps of the law of the field (order 2)
    noise : steps of the noisy learners times the rate of their drift, (2ħ/m) Var(∂p/p) (weak order 2)
    markers : nodes of the lattice over the carriers' starts, in one dimension
    """

    carriers: float = 0.04
    swarm: float = 0.16
    law: float = 0.01
    noise: float = 0.05
    markers: int = 4096

    def __post_init__(self):
        for name in ("carriers", "swarm", "law", "noise"):
            checks.real(name, getattr(self, name), above=0)
        checks.integer("markers", self.markers, least=16)

    def step(self, dimension: int) -> float:
        """Steps of the carriers in ħ/E."""
        return self.carriers if dimension == 1 else self.swarm

    def pieces(self, dimension: int) -> int:
        """Steps of the law in one of the carriers, even in more dimensions, where its middle is read."""
        pieces = int(np.ceil(self.step(dimension) / self.law * (1 - 1e-12)))
        return pieces if dimension == 1 else 2 * ((pieces + 1) // 2)

    def halved(self) -> "Accuracy":
        """Half of all steps in time."""
        return replace(self, carriers=self.carriers / 2, swarm=self.swarm / 2, law=self.law / 2, noise=self.noise / 2)
