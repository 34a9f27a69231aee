"""LearnerStatistics: what the data say about a learner at given points, exactly."""

from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np

__all__ = ["LearnerStatistics"]


@final
@dataclass(frozen=True, eq=False)
class LearnerStatistics:
    """Exact averages over the data at points q; nothing is sampled.

    With one parameter every array has the shape of q, (N,).  With d parameters q is (d, *shape), as ``grid.points``, and

    ``loss`` U (*shape), ``gradient`` ∂_μU (d, *shape), ``covariance`` C_μν per sample (d, d, *shape), ``third_cumulant``
    κ₃_μνλ of the per-sample gradient (d, d, d, *shape), ``metric`` g = (C/C₀)^α (d, d, *shape), a matrix power.
    """

    q: np.ndarray
    loss: np.ndarray
    gradient: np.ndarray
    covariance: np.ndarray
    third_cumulant: np.ndarray
    metric: np.ndarray

    @cached_property
    def eps3(self) -> float:
        """ε₃ = max |κ₃(w, w, w)|/(wᵀCw), w = C⁻¹∂U; for one parameter max |U'κ₃|/C².

        It measures the error of the diffusion approximation, which does not vanish with η at fixed ħ, and depends neither on α
        nor on the coordinates.  Along the most likely path from a well over a barrier the exponent of the diffusion limit,
        ∫U'/T, is wrong by ⅔ of κ₃(w, w, w)/(wᵀCw) of itself, to first order in the third cumulant.
        """
        if self.covariance.ndim == self.q.ndim:
            return float(np.max(np.abs(self.gradient * self.third_cumulant) / self.covariance**2))
        d = len(self.q)
        u = np.moveaxis(self.gradient, 0, -1).reshape(-1, d)
        C = np.moveaxis(self.covariance, (0, 1), (-2, -1)).reshape(-1, d, d)
        third = np.moveaxis(self.third_cumulant, (0, 1, 2), (-3, -2, -1)).reshape(-1, d, d, d)
        w = np.linalg.solve(C, u[..., None])[..., 0]
        length = np.einsum("na,na->n", w, u)
        cube = np.abs(np.einsum("nabc,na,nb,nc->n", third, w, w, w))
        moving = length > 0                                     # where ∂U = 0 the ratio tends to 0
        return float(np.max(cube[moving] / length[moving], initial=0.0))
