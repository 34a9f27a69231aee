"""U, ∂U and C of a learner with a line among its axes: evaluated where they are asked for, slopes of C by differences."""

from dataclasses import dataclass
from itertools import pairwise
from typing import final

import numpy as np

from qlearn import checks
from qlearn.errors import RegimeError
from qlearn.systems.minibatch.averages import Gradient, Loss, moments
from qlearn.systems.minibatch.torus_fields import check_covariance

__all__ = ["LineFields"]

_LEVELS = 9                 # differences over max(1, |q|)·2^−1 … 2^−9
_SLOPE_ERROR = 1e-6         # of the slopes of C, relative, above which they are refused
_PANELS = 10                # doublings of the number of panels of a path integral
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(16)


@final
@dataclass(frozen=True, eq=False)
class LineFields:
    """What TorusFields offers, without a table: every call sums over all samples.

    ∂_νC is a central difference, extrapolated twice (error of order δ⁶), with the spacing δ of those tried whose last two
    extrapolations differ least: the difference is the error estimate.  U is ∫∂U along the straight line from q = 0.
    """

    gradient_of: Gradient
    n_samples: int
    periods: tuple[float | None, ...]
    loss: Loss | None

    def gradient_at(self, q: np.ndarray) -> np.ndarray:
        """∂_μU (n, d)."""
        return moments(self.gradient_of, self.n_samples, q, third=False)[0]

    def covariance_at(self, q: np.ndarray) -> np.ndarray:
        """C (n, d, d); RegimeError where it is singular."""
        gradient, covariance, _ = moments(self.gradient_of, self.n_samples, q, third=False)
        check_covariance(gradient, covariance, q)
        return covariance

    def covariance_slopes_at(self, q: np.ndarray) -> np.ndarray:
        """∂_νC (n, d, d, d), ν the second index; RegimeError where differences do not converge."""
        slopes, errors = zip(*(self._slope(q, axis) for axis in range(q.shape[1])), strict=True)
        found, error = np.stack(slopes, axis=1), np.max(errors, axis=0)
        size = np.max(np.abs(found)) + 1e-4 * np.max(np.abs(self.covariance_at(q[:1])))     # of C itself 1e-10
        if np.max(error) > _SLOPE_ERROR * size:
            raise RegimeError("per_sample_gradient must be smooth: the slope of its covariance is known to "
                              f"{np.max(error) / size:.1g} only at q = {q[np.argmax(error)]}. Use a smooth activation and loss, "
                              "and coordinates in which it varies over lengths of order one.")
        return found

    def _slope(self, q: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
        """∂C along one axis (n, d, d), and its estimated error (n,)."""
        unit = np.maximum(1.0, np.abs(q[:, axis]))
        plain = []
        for level in range(1, _LEVELS + 1):
            step = np.zeros_like(q)
            step[:, axis] = unit * 0.5**level
            wide = 2 * step[:, axis, None, None]
            above, below = (moments(self.gradient_of, self.n_samples, q + sign * step, third=False)[1] for sign in (1, -1))
            plain.append((above - below) / wide)
        once = [(4 * b - a) / 3 for a, b in pairwise(plain)]
        twice = np.stack([(16 * b - a) / 15 for a, b in pairwise(once)])
        spread = np.max(np.abs(twice - np.stack(once[1:])), axis=(2, 3))
        change = np.max(np.abs(np.diff(twice, axis=0)), axis=(2, 3))
        error = spread[1:] + change
        best = np.argmin(error, axis=0)
        rows = np.arange(len(q))
        return twice[1:][best, rows], error[best, rows]

    def loss_at(self, q: np.ndarray) -> np.ndarray:
        """U (n,), the given one or ∫∂U from 0; checked at three points against ∫∂U along the axes one after the other."""
        some = q[np.unique([0, len(q) // 2, len(q) - 1])] if len(q) else q
        values = self._integral(np.zeros_like(q), q) if self.loss is None else \
            checks.finite_array("loss(q)", self.loss(q), shape=(len(q),))
        if len(q):
            self._check(some, values[np.unique([0, len(q) // 2, len(q) - 1])])
        return values

    def _check(self, q: np.ndarray, values: np.ndarray) -> None:
        corner, rises, size = np.zeros_like(q), np.zeros(len(q)), 0.0
        for axis in range(q.shape[1]):
            following = corner.copy()
            following[:, axis] = q[:, axis]
            rise = self._integral(corner, following)
            rises, corner, size = rises + rise, following, size + float(np.max(np.abs(rise)))
        base = 0.0 if self.loss is None else float(self.loss(np.zeros((1, q.shape[1])))[0])
        defect = float(np.max(np.abs(values - base - rises)))
        if defect > 1e-7 * (size + 1e-3 * abs(base)):
            checks.fail("per_sample_gradient" if self.loss is None else "loss", "must have the gradient of one loss as its mean "
                        "(no curl)" if self.loss is None else "must have the mean of per_sample_gradient as its derivative",
                        f"a difference of {defect:.3g} between two ways of integrating it")

    def _integral(self, start: np.ndarray, end: np.ndarray) -> np.ndarray:
        """∫∂U·dq along straight lines, by Gauss panels doubled until nothing changes."""
        before = np.full(len(start), np.inf)
        for doubling in range(_PANELS):
            panels = 1 << doubling
            place = ((np.arange(panels)[:, None] + 0.5 * (_NODES + 1)) / panels).ravel()
            weight = np.tile(0.5 * _WEIGHTS / panels, panels)
            q = start[:, None] + place[None, :, None] * (end - start)[:, None]
            slope = self.gradient_at(q.reshape(-1, q.shape[2])).reshape(q.shape)
            now = np.einsum("npd,nd,p->n", slope, end - start, weight)
            if np.max(np.abs(now - before), initial=0.0) <= 1e-11 * (np.max(np.abs(now), initial=0.0) + 1e-300):
                return now
            before = now
        checks.fail("per_sample_gradient", "must have a mean that can be integrated along straight lines",
                    "a mean gradient with kinks, steps or noise", "Give the mean loss as loss=.")
