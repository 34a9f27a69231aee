"""Where learners move: how a displacement in an orthonormal frame moves a point, and what the frame becomes on the way.

In every space a step is q' = exp_q(u): the geodesic that leaves q with the velocity u^a e_a, followed for a unit of time.  The
law of a step does not depend on the frame that is chosen, for the noise is isotropic in it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, final

import numpy as np

from qlearn import checks

__all__ = ["CurvedLine", "CurvedSpace", "FlatSpace", "Space", "Sphere"]

_BENT = 2.0         # largest |Γuu|/|u|; about 0.1 for a typical kick at the default dt

Tensor = Callable[[np.ndarray], list[tuple[tuple[int, ...], np.ndarray]]]


class Space(Protocol):
    """Points q (d, n), displacements u (d, n) in the frame, covectors (d, n) of the coordinates, real or complex.

    along: e^μ_a u^a.    components: e^μ_a b_μ.    predict: exp_q(u), to O(u³), and the frame carried there.    move: exp_q(u), to
    O(u⁵).    bend: (1 − (spread/6) Ric) u in the frame at q, spread = Dh.
    """

    def frame(self, q: np.ndarray) -> Any: ...
    def along(self, frame: Any, u: np.ndarray) -> np.ndarray: ...
    def components(self, frame: Any, covector: np.ndarray) -> np.ndarray: ...
    def predict(self, q: np.ndarray, frame: Any, u: np.ndarray) -> tuple[np.ndarray, Any]: ...
    def move(self, q: np.ndarray, frame: Any, u: np.ndarray) -> np.ndarray: ...
    def bend(self, q: np.ndarray, frame: Any, spread: float, u: np.ndarray) -> np.ndarray: ...


@final
@dataclass(frozen=True, eq=False)
class FlatSpace:
    """Cartesian coordinates: q + u."""

    def frame(self, q: np.ndarray) -> None:
        return None

    def along(self, frame: None, u: np.ndarray) -> np.ndarray:
        return u

    def components(self, frame: None, covector: np.ndarray) -> np.ndarray:
        return covector

    def predict(self, q: np.ndarray, frame: None, u: np.ndarray) -> tuple[np.ndarray, None]:
        return q + u, None

    def move(self, q: np.ndarray, frame: None, u: np.ndarray) -> np.ndarray:
        return q + u

    def bend(self, q: np.ndarray, frame: None, spread: float, u: np.ndarray) -> np.ndarray:
        return u


@final
@dataclass(frozen=True, eq=False)
class CurvedLine:
    """One coordinate with a metric g(q): moves by a proper length, ∫√g dq = u.

    dq/ds = 1/√g is followed by one step of classical Runge–Kutta, whose error O(u⁵) is below that of the Heun step.
    """

    metric: Callable[[np.ndarray], np.ndarray]          # g(q) -> (1, 1, n)

    def frame(self, q: np.ndarray) -> np.ndarray:
        return 1 / self.root(q)

    def along(self, frame: np.ndarray, u: np.ndarray) -> np.ndarray:
        return frame * u

    def components(self, frame: np.ndarray, covector: np.ndarray) -> np.ndarray:
        return frame * covector

    def predict(self, q: np.ndarray, frame: np.ndarray, u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        moved = self.move(q, frame, u)
        return moved, self.frame(moved)

    def move(self, q: np.ndarray, frame: np.ndarray, u: np.ndarray) -> np.ndarray:
        k1 = u * frame
        k2 = u / self.root(q + 0.5 * k1)
        k3 = u / self.root(q + 0.5 * k2)
        k4 = u / self.root(q + k3)
        return q + (k1 + 2 * (k2 + k3) + k4) / 6

    def bend(self, q: np.ndarray, frame: np.ndarray, spread: float, u: np.ndarray) -> np.ndarray:
        return u

    def root(self, q: np.ndarray) -> np.ndarray:
        """√g at q (1, n), same shape."""
        g = self.metric(q[0])[0]
        if not np.min(g) > 0:
            _not_positive(float(np.min(g)))
        return np.sqrt(g)


@final
@dataclass(frozen=True, eq=False)
class CurvedSpace:
    """Two or three coordinates with a metric: geodesics by classical Runge–Kutta, d²q^μ = −Γ^μ_{αβ} dq^α dq^β.

    frame (d, d, n): e^μ_a, [μ, a], with Σ_a e^μ_a e^ν_a = g^{μν}: the inverse transpose of the Cholesky factor of g.  ``predict``
    carries it along in parallel, de^μ_a = −Γ^μ_{αβ} dq^α e^β_a, by the midpoint rule, right to O(u³); ``move`` is right to O(u⁵).
    """

    metric: Callable[..., np.ndarray]       # g(*q) -> (d, d, n)
    christoffel: Tensor                     # Γ^μ_{αβ}, α ≤ β, where it does not vanish
    ricci: Tensor                           # R_{αβ}, α ≤ β

    def frame(self, q: np.ndarray) -> np.ndarray:
        return _inverse_root(self.metric(*q))

    def along(self, frame: np.ndarray, u: np.ndarray) -> np.ndarray:
        return _along(frame, u)

    def components(self, frame: np.ndarray, covector: np.ndarray) -> np.ndarray:
        return np.einsum("man,mn->an", frame, covector)

    def predict(self, q: np.ndarray, frame: np.ndarray, u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        v = _along(frame, u)
        halfway = frame + 0.5 * self._turn(q, v, frame)
        v_halfway = _along(halfway, u)
        return q + v_halfway, frame + self._turn(q + 0.5 * v, v_halfway, halfway)

    def move(self, q: np.ndarray, frame: np.ndarray, u: np.ndarray) -> np.ndarray:
        v1 = _along(frame, u)
        a1 = self._turn(q, v1, v1)
        _check_turn(frame, u, a1)
        v2 = v1 + 0.5 * a1
        a2 = self._turn(q + 0.5 * v1, v2, v2)
        v3 = v1 + 0.5 * a2
        a3 = self._turn(q + 0.5 * v2, v3, v3)
        v4 = v1 + a3
        return q + (v1 + 2 * (v2 + v3) + v4) / 6

    def bend(self, q: np.ndarray, frame: np.ndarray, spread: float, u: np.ndarray) -> np.ndarray:
        v, lowered = _along(frame, u), np.zeros_like(u)
        for (a, b), values in self.ricci(q):
            lowered[a] += values * v[b]
            if a != b:
                lowered[b] += values * v[a]
        return u - (spread / 6) * self.components(frame, lowered)

    def _turn(self, q: np.ndarray, v: np.ndarray, w: np.ndarray) -> np.ndarray:
        """−Γ^μ_{αβ} v^α w^β, for w (d, n) or (d, d, n)."""
        result = np.zeros_like(w)
        for (m, a, b), values in self.christoffel(q):
            result[m] -= values * (v[a] * w[b] if a == b else v[a] * w[b] + v[b] * w[a])
        return result


@final
@dataclass(frozen=True, eq=False)
class Sphere:
    """g = R²(dθ² + sin²θ dφ²), q = (θ, φ): great circles in closed form, so that learners may pass the poles; φ unwrapped."""

    radius: float

    def frame(self, q: np.ndarray) -> np.ndarray:
        frame = np.zeros((2, 2, q.shape[1]))
        frame[0, 0] = 1 / self.radius
        sine = np.sin(q[0])
        frame[1, 1] = 1 / (self.radius * np.where(sine == 0, 1e-300, sine))     # on a pole ∂_φ of all functions vanishes
        return frame

    def along(self, frame: np.ndarray, u: np.ndarray) -> np.ndarray:
        return _along(frame, u)

    def components(self, frame: np.ndarray, covector: np.ndarray) -> np.ndarray:
        return np.einsum("man,mn->an", frame, covector)

    def predict(self, q: np.ndarray, frame: np.ndarray, u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The frame turns against the meridians by the angle by which the great circle's course changes."""
        moved = self.move(q, frame, u)
        length = np.hypot(u[0], u[1])
        arc, length = length / self.radius, np.where(length > 0, length, 1)
        course = np.arctan2(u[1] / length, u[0] / length)
        later = np.arctan2(np.sin(q[0]) * u[1] / length,
                           np.sin(arc) * np.cos(q[0]) + np.cos(arc) * np.sin(q[0]) * u[0] / length)
        turn = np.where(arc > 0, later - course, 0.0)
        axes = self.frame(moved)
        c, s = np.cos(turn), np.sin(turn)
        return moved, np.stack([np.stack([axes[0, 0] * c, -axes[0, 0] * s]), np.stack([axes[1, 1] * s, axes[1, 1] * c])])

    def move(self, q: np.ndarray, frame: np.ndarray, u: np.ndarray) -> np.ndarray:
        arc = np.hypot(u[0], u[1]) / self.radius
        reach = np.sinc(arc / np.pi) / self.radius
        cosine, sine = np.cos(q[0]), np.sin(q[0])
        outward = sine * np.cos(arc) + cosine * reach * u[0]            # away from the axis, in the meridian plane of q
        sideways = reach * u[1]
        upward = cosine * np.cos(arc) - sine * reach * u[0]
        return np.stack([np.arctan2(np.hypot(outward, sideways), upward), q[1] + np.arctan2(sideways, outward)])

    def bend(self, q: np.ndarray, frame: np.ndarray, spread: float, u: np.ndarray) -> np.ndarray:
        return (1 - spread / (6 * self.radius**2)) * u


def _check_turn(frame: np.ndarray, u: np.ndarray, acceleration: np.ndarray) -> None:
    """Refuse a geodesic that its coordinates bend by more than twice its length: one step of Runge–Kutta does not follow it."""
    bent = np.sqrt(sum((acceleration[m] / frame[m, m])**2 for m in range(len(u))))
    length = np.sqrt(np.sum(u * u, axis=0))
    if np.any(bent > _BENT * length):
        worst = int(np.argmax(bent - _BENT * length))
        checks.fail("dt", "must be short enough for the metric along one step",
                    f"a geodesic bent by {bent[worst]:.2g} over a length of {length[worst]:.2g}",
                    "Take a smaller dt; where the coordinates degenerate (r = 0, a pole) take others.")


def _along(frame: np.ndarray, u: np.ndarray) -> np.ndarray:
    """e^μ_a u^a."""
    return np.einsum("man,an->mn", frame, u)


def _inverse_root(g: np.ndarray) -> np.ndarray:
    """e (d, d, n) with e eᵀ = g⁻¹: L⁻ᵀ of g = LLᵀ, upper triangular."""
    d = len(g)
    lower, inverse = np.zeros_like(g), np.zeros_like(g)
    for i in range(d):
        for j in range(i + 1):
            rest = g[i, j] - sum(lower[i, k] * lower[j, k] for k in range(j))
            if i == j:
                if not np.min(rest) > 0:
                    _not_positive(float(np.min(rest)))
                lower[i, i] = np.sqrt(rest)
            else:
                lower[i, j] = rest / lower[j, j]
    for i in range(d):
        inverse[i, i] = 1 / lower[i, i]
        for j in range(i):
            inverse[j, i] = -sum(lower[i, k] * inverse[j, k] for k in range(j, i)) / lower[i, i]
    return inverse


def _not_positive(pivot: float) -> None:
    checks.fail("metric", "must be positive definite wherever learners go", f"a pivot of {pivot:.3g}",
                "Coordinates that degenerate (a pole, r = 0) are offered for the sphere R²(dθ² + sin²θ dφ²) only.")
