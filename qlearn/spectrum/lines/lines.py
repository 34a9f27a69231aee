"""Lines: the frequencies of a signal with their weights, widths and errors, however they were found."""

from dataclasses import dataclass, field
from typing import Any, final

import numpy as np

from qlearn import checks

__all__ = ["Lines", "RejectedLines"]


@final
@dataclass(frozen=True, eq=False)
class RejectedLines:
    """What was found and not believed: energies, widths, weights, errors as in Lines, and one reason each, in words."""

    energies: np.ndarray
    widths: np.ndarray
    weights: np.ndarray
    errors: np.ndarray
    reasons: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.energies)


@final
@dataclass(frozen=True, eq=False)
class Lines:
    """c(t) = Σ_k d_k exp(−iω_k t),    ħω_k = E_k − iΓ_k/2;    a real signal: c(t) = Σ_k s_k Re d_k exp(−iω_k t).

    energies : (k,) E_k, ascending.     widths : (k,) Γ_k: the square of a line decays as exp(−Γt/ħ); 0 where H is Hermitian.
    weights : (k,) d_k; |c_k|² ≥ 0, real, for the autocorrelation of a Hermitian H. For a real signal d_k is half of the
        amplitude of a cosine, s_k = 2, and the whole of a line at the ends, E = 0 or πħ/dt, s_k = 1.
    errors : (k,) of E_k − iΓ_k/2, in absolute value.     weight_errors : (k,).     Both are estimates; see the function that
        found the lines for what they cover.
    resolution : (k,) how near another line of the same weight might stand unseen; the errors assume that none does.
    noise : root mean square, per sample, of what no line explains.     dt, duration : of the signal that was used.
    rejected : what was found and not believed.     curve : (energies, spectrum) where there is one, else None.
    real : True for a real signal.     method : in words.     stats : what the method reports of itself.
    """

    energies: np.ndarray
    widths: np.ndarray
    weights: np.ndarray
    errors: np.ndarray
    weight_errors: np.ndarray
    resolution: np.ndarray
    noise: float
    dt: float
    duration: float
    rejected: RejectedLines
    hbar: float = 1.0
    curve: tuple[np.ndarray, np.ndarray] | None = None
    real: bool = False
    method: str = ""
    stats: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self):
        for array in (self.energies, self.widths, self.weights, self.errors, self.weight_errors, self.resolution,
                      *(self.curve or ())):
            array.flags.writeable = False

    def __len__(self) -> int:
        return len(self.energies)

    @property
    def frequencies(self) -> np.ndarray:
        """ω_k = (E_k − iΓ_k/2)/ħ, complex."""
        return (self.energies - 0.5j * self.widths) / self.hbar

    @property
    def rates(self) -> np.ndarray:
        """Γ_k/2ħ = −Im ω_k: how fast each line decays in the signal; the relaxation rates of a real correlation function."""
        return self.widths / (2 * self.hbar)

    def reconstruct(self, n: int) -> np.ndarray:
        """The first n samples c(0), c(dt), … of the lines alone, (n,); real for a real signal."""
        n = checks.integer("n", n, least=0)
        paired = self.real & (self.energies > 0) & (self.energies < (1 - 1e-12) * np.pi * self.hbar / self.dt)
        factors = np.where(paired, 2.0, 1.0)
        samples = np.exp(-1j * self.dt * np.outer(np.arange(n), self.frequencies)) @ (factors * self.weights)
        return samples.real if self.real else samples

    def plot(self, **settings: Any) -> Any:
        """Draw the lines, with the spectrum where there is one: see qlearn.plots."""
        from qlearn.plots import lines

        return lines(self, **settings)

    def __str__(self) -> str:
        rows = [f"{len(self)} lines, {self.method}; {len(self.rejected)} rejected, noise {self.noise:.1e} a sample",
                f"{'energy':>20} {'error':>9} {'width':>11} {'|weight|':>11}"]
        rows += [f"{energy:>20.13g} {error:>9.1e} {width:>11.3e} {abs(weight):>11.3e}" for energy, error, width, weight in
                 zip(self.energies, self.errors, self.widths, self.weights, strict=True)]
        return "\n".join(rows)
