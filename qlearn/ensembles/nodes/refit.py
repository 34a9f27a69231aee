"""The refit: the modulus of the field gives way to the carriers' density, the poles held.

    ρ̂(q) ∝ B(q) exp(2f(q)),      B = |p|², or Π |sin π(q − z_k)/L|² over the zeros within reach,

with f smooth of low order, S = f' the smooth part of w.  The coefficients are those of greatest likelihood of the carriers,
that is, those whose model has the carriers' mean of every function in the basis.  (Hyvärinen's score matching in the same basis
works too; likelihood needs no moment of 1/(q − z), which hardly exists near a node, and is efficient.)  Then
p ← √ρ̂ exp(i arg p): the phase and the zeros stay, the rest of the modulus is thrown away.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from qlearn.ensembles.nodes.entire import Circle
from qlearn.ensembles.nodes.rule import Rule
from qlearn.errors import RegimeError

__all__ = ["Basis", "LineBasis", "RingBasis", "basis_for", "refit"]

_ITERATIONS = 60
_EXACT = 1e-8           # of the coefficients, where Newton's iteration ends
_WIDE = 3.0             # on a line: polynomials in tanh(y/3), y in standard deviations of the carriers


class Basis(Protocol):
    """Functions of low order: their means over the carriers, and their values on the circle."""

    def means_and_values(self, q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(k,) and (n, k)."""


@dataclass(frozen=True, eq=False)
class RingBasis:
    """cos and sin of 2πj(q − a)/L, j = 1 … order."""

    circle: Circle
    order: int

    def means_and_values(self, q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        means = self._harmonics(2 * np.pi / self.circle.length * (q - self.circle.a)).mean(axis=1)
        return means, self._harmonics(2 * np.pi / self.circle.n * np.arange(self.circle.n)).T

    def _harmonics(self, angle: np.ndarray) -> np.ndarray:
        turn = np.exp(1j * angle)
        power, rows = turn.copy(), []
        for _ in range(self.order):
            rows += [power.real.copy(), power.imag.copy()]
            power *= turn
        return np.stack(rows)


@dataclass(frozen=True, eq=False)
class LineBasis:
    """Legendre polynomials 1 … order of tanh(y/3), y = (q − mean)/std of the carriers: they move along, and stay bounded."""

    circle: Circle
    order: int

    def means_and_values(self, q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        mean, width = q.mean(), q.std()
        return (self._polynomials((q - mean) / width).mean(axis=1), self._polynomials((self.circle.points - mean) / width).T)

    def _polynomials(self, y: np.ndarray) -> np.ndarray:
        u = np.tanh(y / _WIDE)
        rows = [np.ones_like(u), u]
        for j in range(1, self.order):
            rows.append(((2 * j + 1) * u * rows[j] - j * rows[j - 1]) / (j + 1))
        return np.stack(rows[1:])


def basis_for(circle: Circle, ring: bool, order: int) -> Basis:
    """The basis of S on a ring or a line."""
    return RingBasis(circle, order) if ring else LineBasis(circle, order)


def refit(circle: Circle, p: np.ndarray, q: np.ndarray, basis: Basis, rule: Rule, t: float) -> np.ndarray:
    """p with the modulus of the carriers' density, ∮|p|^{2r} dq = 1 (r the residue, 1).

    Raises RegimeError where no density of this form has the carriers' means: the poles of this field are not theirs.
    """
    r, modulus = rule.residue, np.abs(p)
    held = modulus**(2 * r) if rule.reach is None else _factors(circle, p, rule.reach)**r
    density = held
    if rule.refit:
        means, values = basis.means_and_values(q)
        density = _likeliest(held, means, values, t)
    density = density / (density.sum() * circle.length / circle.n)
    scale = modulus.max()
    return density**(0.5 / r) * (p / np.where(modulus > 1e-300 * scale, modulus, 1e-300 * scale))


def _factors(circle: Circle, p: np.ndarray, reach: float) -> np.ndarray:
    """Π |sin π(q − z_k)/L|² over the zeros with |Im z| ≤ reach L/2π."""
    product = np.ones(circle.n)
    if reach > 0:
        for z in circle.zeros(p, reach * circle.length / (2 * np.pi)):
            product = product * np.abs(np.sin(np.pi / circle.length * (circle.points - z)))**2
    return product


def _likeliest(held: np.ndarray, means: np.ndarray, values: np.ndarray, t: float) -> np.ndarray:
    """held · exp(values @ c) with the given means, by Newton's iteration on the concave likelihood; sums to 1."""
    c = np.zeros(values.shape[1])
    held = held / held.sum()

    def tilted(c: np.ndarray) -> tuple[np.ndarray, float]:
        exponent = values @ c
        top = exponent.max()
        density = held * np.exp(exponent - top)
        total = density.sum()
        return density / total, float(means @ c - top - np.log(total))

    density, likelihood = tilted(c)
    for _ in range(_ITERATIONS):
        model = values.T @ density
        spread = (values.T * density) @ values - np.outer(model, model)
        move = np.linalg.lstsq(spread, means - model, rcond=1e-12)[0]
        size = float(np.max(np.abs(move)))
        if size < _EXACT:
            return density
        share = min(1.0, 2.0 / size)
        while share > 1e-6:
            trial, better = tilted(c + share * move)
            if better >= likelihood - 1e-14:
                break
            share *= 0.5
        c, density, likelihood = c + share * move, trial, better
    raise RegimeError(f"at t = {t:g} no density with the poles of this field has the learners' means: the poles cannot be "
                      "identified from these learners. Start the field nearer to their density, or take more learners.")
