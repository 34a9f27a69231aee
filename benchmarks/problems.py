"""The three problems that every number of the wave benchmark refers to, ħ = m = 1, and their reference states.

P1  a double well, V = 10((x/10)² − 1)² clipped at 800; N = 1024 on [−40, 40); ψ0 ∝ exp(−(x + 10)²/2 + 7ix); T = 20.
P2  Hénon–Heiles, V = r²/2 + λ(x²y − y³/3), λ = 0.02; 256² on [−24, 24)²; ψ0 ∝ exp(−((x − 6)² + (y − 6)²)/2); T = 10.
P3  P1 driven: V + 2 sin(1.3t) sin²(πt/20)·clip(x, −30, 30).

Errors are √(Σ|ψ − ψ_reference|² ΔV) at T, the global phase included. Nothing here uses the solver that is measured.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, final

import numpy as np

__all__ = ["PROBLEMS", "Problem", "drive_factor", "drive_shape", "p1", "p2", "p3"]

HEIGHT, WELL, CLIP = 10.0, 10.0, 800.0
COUPLING = 0.02


@final
@dataclass(frozen=True, eq=False)
class Problem:
    """A potential, a packet, a box and a duration.

    static(*q) and packet(*q) take arrays of coordinates; packet is normalised on the line, so its grid norm is 1 to rounding
    on any grid that holds it. driven says whether f(t)·g(x) of ``drive_factor`` and ``drive_shape`` is added to V.
    shape, bounds : points and (a, b) an axis, the end b excluded.
    """

    name: str
    shape: tuple[int, ...]
    bounds: tuple[tuple[float, float], ...]
    duration: float
    static: Callable[..., np.ndarray]
    packet: Callable[..., np.ndarray]
    driven: bool = False

    def on(self, shape: tuple[int, ...], bounds: tuple[tuple[float, float], ...] | None = None) -> "Problem":
        """The same problem with other points or another box."""
        return Problem(self.name, shape, bounds or self.bounds, self.duration, self.static, self.packet, self.driven)

    @property
    def axes(self) -> list[np.ndarray]:
        """Points x_j = a + j(b − a)/N of each axis."""
        return [a + (b - a) / n * np.arange(n) for n, (a, b) in zip(self.shape, self.bounds, strict=True)]

    @property
    def mesh(self) -> list[np.ndarray]:
        return list(np.meshgrid(*self.axes, indexing="ij"))

    @property
    def cell_volume(self) -> float:
        return float(np.prod([(b - a) / n for n, (a, b) in zip(self.shape, self.bounds, strict=True)]))

    @property
    def wavenumbers(self) -> list[np.ndarray]:
        """Of each axis, FFT order."""
        return [2 * np.pi * np.fft.fftfreq(n, (b - a) / n) for n, (a, b) in zip(self.shape, self.bounds, strict=True)]

    @property
    def kinetic(self) -> np.ndarray:
        """|k|²/2, (*shape) in FFT order."""
        return sum(k**2 for k in np.meshgrid(*self.wavenumbers, indexing="ij")) / 2

    def potential(self, t: float = 0.0) -> np.ndarray:
        """V on the points at time t."""
        values = self.static(*self.mesh)
        return values + drive_factor(t) * drive_shape(*self.mesh) if self.driven else values

    @cached_property
    def initial(self) -> np.ndarray:
        """ψ0, complex (*shape)."""
        return self.packet(*self.mesh)

    def error(self, psi: np.ndarray, reference: np.ndarray) -> float:
        """√(Σ|ψ − reference|² ΔV)."""
        return float(np.linalg.norm(psi - reference) * np.sqrt(self.cell_volume))


def drive_factor(t: Any) -> Any:
    """2 sin(1.3t) sin²(πt/20), of a number or an array."""
    return 2 * np.sin(1.3 * t) * np.sin(np.pi * t / 20) ** 2


def drive_shape(x: np.ndarray) -> np.ndarray:
    """clip(x, −30, 30)."""
    return np.clip(x, -30.0, 30.0)


def _double_well(x: np.ndarray) -> np.ndarray:
    return np.minimum(HEIGHT * ((x / WELL) ** 2 - 1) ** 2, CLIP)


def _henon_heiles(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return (x**2 + y**2) / 2 + COUPLING * (x**2 * y - y**3 / 3)


def _moving_packet(x: np.ndarray) -> np.ndarray:
    return np.pi**-0.25 * np.exp(-((x + 10) ** 2) / 2 + 7j * x)


def _displaced_packet(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.pi**-0.5 * np.exp(-((x - 6) ** 2 + (y - 6) ** 2) / 2) + 0j


def p1() -> Problem:
    return Problem("P1", (1024,), ((-40.0, 40.0),), 20.0, _double_well, _moving_packet)


def p2() -> Problem:
    return Problem("P2", (256, 256), ((-24.0, 24.0),) * 2, 10.0, _henon_heiles, _displaced_packet)


def p3() -> Problem:
    return Problem("P3", (1024,), ((-40.0, 40.0),), 20.0, _double_well, _moving_packet, driven=True)


PROBLEMS: dict[str, Callable[[], Problem]] = {"P1": p1, "P2": p2, "P3": p3}
