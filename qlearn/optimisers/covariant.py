"""Covariant gradient descent: the metric is a power of the gradients' own running covariance or second moment."""

import os
from dataclasses import KW_ONLY, asdict, dataclass
from typing import Any, final

import numpy as np

from qlearn import checks, storage
from qlearn.errors import StorageError
from qlearn.optimisers.layout import flatten
from qlearn.optimisers.moments import averaged, covariance, newest_weight, squared
from qlearn.optimisers.state import OptimiserState

__all__ = ["CovariantGradientDescent"]

STATISTICS = ("covariance", "second_moment", "belief")
_GATHERED = 20          # gradients before a covariance is used


@final
@dataclass(frozen=True)
class CovariantGradientDescent:
    """Steps q ← q − η g⁻¹ m, with g = ((S + δ)/S₀)^α + ε, S a running statistic of the gradients h_t, t = 1, 2, …

        a_i = (1 − β_i)/(1 − β_i^t)  with bias_correction, else  a_i = 1 − β_i                       (weight of the newest)
        m ← m + a₁ (h_t − m)                                                                         (force)
        "second_moment":  S ← S + a₂ (h_t h_tᵀ − S)
        "covariance":     S ← (1 − a₂)(S + a₂ (h_t − n)(h_t − n)ᵀ),   n ← n + a₂ (h_t − n),   that is ⟨hhᵀ⟩ − ⟨h⟩⟨h⟩ᵀ
        "belief":         S ← S + a₂ (d dᵀ − S),   d = h_t − M_t,   M_t the average of h with β₁ *not* bias-corrected
        q ← q − η g⁻¹ m

    All averages start at 0. S is used with the newest gradient in it. ``matrix="diagonal"`` keeps the diagonal of S only, and the
    power is taken element by element; ``"full"`` takes the power of the matrix in its eigenbasis, δ and ε times the identity.
    ε stands outside the power, δ inside: δ = 0 gives Adam's √v + ε.

    Parameters
    ----------
    learning_rate : η > 0
    alpha : the regime: 0 equilibration (g constant), ½ efficient learning, 1 quantum; any real number.
    statistic : "covariance", "second_moment" or "belief"; of no effect for α = 0.
    matrix : "diagonal", or "full" (P³ operations a step; needs δ or ε > 0, for S has rank ≤ t).
    beta1, beta2 : 0 ≤ β < 1, memory of force and metric; GV25 write β = τ/(1 + τ).
    bias_correction, epsilon (ε ≥ 0), floor (δ ≥ 0), reference (S₀ > 0)
    warmup : for the first steps the moments are gathered and q stays where it is. A bias-corrected covariance is exactly 0
        after one gradient and wild after a few, and steps with it would be of the order 1/ε: so the default is 20 for it
        without δ (from 20 Gaussian gradients it is below a tenth of its mean once in 4·10⁶ parameters), else 0.

    Methods: ``init(q)``, ``step(q, gradient, state)``, ``metric(state)``, ``save(path, state)``, ``load(path, q)``; the class
    methods ``sgd``, ``rmsprop``, ``adam``, ``adabelief`` are the known optimisers as settings of this one; ``torch(parameters)``
    is the same as a torch.optim.Optimizer. For a schedule, take ``dataclasses.replace(optimiser, learning_rate=…)``; the state
    stays.

    Raises ArgumentError for settings out of range, gradients that are not finite or not laid out as q, and a g that is 0 or
    not finite where it must be inverted.

    With h the gradient of a minibatch, S estimates κ, its noise covariance, and α = 1 has
    D^{μν} = (η²/2) g⁻¹κg⁻¹ = (ηS₀/2) η g^{μν}: T = ηS₀/2, ħ = ηS₀. A metric that is averaged along the path
    changes the learner's law (THEORY.md 6): for one that follows (2) take ``MinibatchLearner``, whose metric is a function of q.

    Source: Guskov and Vanchurin, Covariant gradient descent, arXiv:2504.05279, where the averages are exponential in time
    and RMSProp, Adam and AdaBelief are named as limits.

    Examples
    --------
    >>> optimiser = CovariantGradientDescent(0.1, alpha=0.5, statistic="second_moment", beta2=0.9)
    >>> q = {"w": np.array([[3.0, -2.0]]), "b": np.array([1.0])}
    >>> state = optimiser.init(q)
    >>> for _ in range(3):
    ...     q, state = optimiser.step(q, q, state)          # the loss |q|²/2: equal steps along every axis
    >>> q["w"].round(1).tolist(), q["b"].round(1).tolist(), state.step
    ([[2.7, -1.7]], [0.7], 3)
    """

    learning_rate: float
    _: KW_ONLY
    alpha: float = 1.0
    statistic: str = "covariance"
    matrix: str = "diagonal"
    beta1: float = 0.0
    beta2: float = 0.99
    bias_correction: bool = True
    epsilon: float = 1e-8
    floor: float = 0.0
    reference: float = 1.0
    warmup: int | None = None

    def __post_init__(self) -> None:
        put = lambda name, value: object.__setattr__(self, name, value)  # noqa: E731
        put("learning_rate", checks.real("learning_rate", self.learning_rate, above=0))
        put("alpha", checks.real("alpha", self.alpha))
        put("reference", checks.real("reference", self.reference, above=0))
        for name in ("epsilon", "floor"):
            put(name, checks.real(name, getattr(self, name), least=0))
        for name in ("beta1", "beta2"):
            if checks.real(name, getattr(self, name), least=0) >= 1:
                checks.fail(name, "must be below 1", getattr(self, name))
            put(name, float(getattr(self, name)))
        checks.choice("statistic", self.statistic, STATISTICS)
        checks.choice("matrix", self.matrix, ("diagonal", "full"))
        if self.warmup is None:
            unknown = self.alpha != 0 and self.statistic == "covariance" and self.bias_correction and self.floor == 0
            put("warmup", _GATHERED if unknown else 0)
        put("warmup", checks.integer("warmup", self.warmup, least=0))
        if self.matrix == "full" and self.alpha != 0 and self.epsilon == 0 and self.floor == 0:
            checks.fail("epsilon and floor", "must not both be 0 with matrix='full': S has no inverse before P steps", "0 and 0",
                        "Take epsilon=1e-8.")

    # --- the known optimisers as settings -------------------------------------------------------------------------

    @classmethod
    def sgd(cls, learning_rate: float, *, momentum: float = 0.0) -> "CovariantGradientDescent":
        """α = 0. With momentum μ as in torch.optim.SGD, b ← μb + h, q ← q − ηb: b is m/(1 − μ) with β₁ = μ."""
        momentum = checks.real("momentum", momentum, least=0)
        if momentum >= 1:
            checks.fail("momentum", "must be below 1", momentum)
        return cls(learning_rate / (1 - momentum), alpha=0.0, beta1=momentum, bias_correction=False, epsilon=0.0)

    @classmethod
    def rmsprop(cls, learning_rate: float, *, beta2: float = 0.99, epsilon: float = 1e-8,
                centered: bool = False) -> "CovariantGradientDescent":
        """α = ½ as torch.optim.RMSprop(alpha=beta2): no bias correction, √v + ε; centered uses the covariance."""
        return cls(learning_rate, alpha=0.5, statistic="covariance" if centered else "second_moment", beta2=beta2,
                   bias_correction=False, epsilon=epsilon)

    @classmethod
    def adam(cls, learning_rate: float, *, beta1: float = 0.9, beta2: float = 0.999,
             epsilon: float = 1e-8) -> "CovariantGradientDescent":
        """α = ½ as torch.optim.Adam: m̂/(√v̂ + ε). Kingma and Ba, arXiv:1412.6980, algorithm 1."""
        return cls(learning_rate, alpha=0.5, statistic="second_moment", beta1=beta1, beta2=beta2, epsilon=epsilon)

    @classmethod
    def adabelief(cls, learning_rate: float, *, beta1: float = 0.9, beta2: float = 0.999,
                  epsilon: float = 1e-16) -> "CovariantGradientDescent":
        """α = ½ as published (Zhuang et al., arXiv:2010.07468, algorithm 2) and as optax.adabelief with eps = eps_root = ε.

        They add ε to s in each step, s ← β₂s + (1 − β₂)(h − m)² + ε, and divide by 1 − β₂^t: the sum of those is exactly
        δ = ε/(1 − β₂). Besides, ε stands outside the root too.
        """
        beta2 = checks.real("beta2", beta2, least=0, most=1 - 1e-15)
        return cls(learning_rate, alpha=0.5, statistic="belief", beta1=beta1, beta2=beta2, epsilon=epsilon,
                   floor=epsilon / (1 - beta2))

    # --- steps ------------------------------------------------------------------------------------------------------

    def init(self, q: Any) -> OptimiserState:
        """The state before the first gradient; q one array of any shape, or a list, tuple or dict of arrays."""
        vector, layout = flatten("q", q)
        zero, statistic, mean = np.zeros_like(vector), None, None
        if self.alpha != 0:
            statistic = np.zeros((vector.size, vector.size)) if self.matrix == "full" else zero
            mean = zero if self.statistic == "covariance" else None
        return OptimiserState(0, layout, zero, mean, statistic)

    def step(self, q: Any, gradient: Any, state: OptimiserState) -> tuple[Any, OptimiserState]:
        """(q, state) after one gradient of the loss, laid out as q; nothing given is changed."""
        h, layout = flatten("gradient", gradient)
        vector, given = flatten("q", q)
        for name, other in (("gradient", layout), ("q", given)):
            if other != state.layout:
                checks.fail(name, "must be laid out as the q of init", f"shapes {other.shapes} for {state.layout.shapes}")
        state = self._taken_in(h, state)
        if state.step > int(self.warmup or 0):
            vector -= self.learning_rate * self._raised(state.first, state)
        return layout.restore(vector), state

    def metric(self, state: OptimiserState) -> Any:
        """g laid out as q, or the matrix (P, P) with matrix="full"; 1 for α = 0."""
        if state.statistic is None:
            return state.layout.restore(np.ones_like(state.first))
        if self.matrix == "full":
            values, vectors = self._spectrum(state.statistic)
            return (vectors * values) @ vectors.T
        return state.layout.restore(self._power(state.statistic))

    def _taken_in(self, h: np.ndarray, state: OptimiserState) -> OptimiserState:
        step, full = state.step + 1, self.matrix == "full"
        first = averaged(state.first, h, newest_weight(self.beta1, step, self.bias_correction))
        mean, statistic = state.mean, state.statistic
        if statistic is not None:
            weight = newest_weight(self.beta2, step, self.bias_correction)
            if mean is not None:
                statistic = covariance(statistic, mean, h, weight, full)
                mean = averaged(mean, h, weight)
            elif self.statistic == "belief":
                shrunk = first * (1 - self.beta1**step) if self.bias_correction else first
                statistic = averaged(statistic, squared(h - shrunk, full), weight)
            else:
                statistic = averaged(statistic, squared(h, full), weight)
        return OptimiserState(step, state.layout, first, mean, statistic)

    def _raised(self, force: np.ndarray, state: OptimiserState) -> np.ndarray:
        """g⁻¹ m."""
        if state.statistic is None:
            return force
        if self.matrix == "full":
            values, vectors = self._spectrum(state.statistic)
            return vectors @ ((vectors.T @ force) / self._positive(values))
        return force / self._positive(self._power(state.statistic))

    def _power(self, statistic: np.ndarray) -> np.ndarray:
        base = statistic + self.floor if self.floor else statistic
        base = base / self.reference if self.reference != 1 else base
        with np.errstate(all="ignore"):
            power = np.sqrt(base) if self.alpha == 0.5 else base if self.alpha == 1 else base**self.alpha
            return power + self.epsilon

    def _spectrum(self, statistic: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Eigenvalues of g and eigenvectors; negative eigenvalues of S, which only rounding makes, count as 0."""
        values, vectors = np.linalg.eigh(statistic)
        return self._power(np.maximum(values, 0)), vectors

    def _positive(self, g: np.ndarray) -> np.ndarray:
        wrong = ~(np.isfinite(g) & (g > 0))
        if wrong.any():
            checks.fail("the metric", "must be positive and finite to be inverted",
                        f"{int(wrong.sum())} of {g.size} values that are not: gradients that were 0 so far",
                        "Give epsilon or floor, or warmup steps.")
        return g

    # --- files ------------------------------------------------------------------------------------------------------

    def save(self, path: str | os.PathLike, state: OptimiserState) -> None:
        """Write the state, and these settings with it, to one HDF5 file."""
        storage.write(storage.as_path("path", path), "optimiser", {"settings": asdict(self), "state": state.content()})

    def load(self, path: str | os.PathLike, q: Any) -> OptimiserState:
        """The state that ``save`` wrote, bit for bit, for parameters laid out as q; a run goes on as if never interrupted.

        Raises StorageError for a file that is not one, or of other settings; the learning rate alone may differ.
        """
        content = storage.read(storage.as_path("path", path), "optimiser")
        mine, theirs = asdict(self), content["settings"]
        other = [name for name in mine if name != "learning_rate" and theirs.get(name) != mine[name]]
        if other:
            raise StorageError(f"{path} was written by an optimiser with other settings: "
                               + ", ".join(f"{name} = {theirs.get(name)!r}, here {mine[name]!r}" for name in other)
                               + ". Load it with the settings it was written with.")
        begin, saved = self.init(q), content["state"]
        same = {name: value for name, value in begin.content().items() if name in ("container", "names", "shapes")}
        if any(saved[name] != value for name, value in same.items()):
            checks.fail("q", "must be laid out as the parameters of the saved state", f"shapes {begin.layout.shapes}",
                        f"The file has {saved['shapes']}.")
        return OptimiserState(saved["step"], begin.layout, saved["first"], saved["mean"], saved["statistic"])

    def torch(self, parameters: Any) -> Any:
        """This optimiser as a torch.optim.Optimizer over the parameters (diagonal metrics; needs PyTorch)."""
        from qlearn.optimisers.pytorch import optimiser

        return optimiser(self, parameters)
