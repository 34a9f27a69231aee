"""The refit: the modulus of the field gives way to the carriers' density, the poles held.

    ρ̂(q) ∝ B(q) exp(2f(q)),      B = |p|², or Π |sin π(q − z_k)/L|² over the zeros within reach,

with f smooth of low order, S = f' the smooth part of w.  The coefficients are those of greatest likelihood of the carriers,
that is, those whose model has the carriers' mean of every function in the basis.  (Hyvärinen's score matching in the same basis
works too; likelihood needs no moment of 1/(q − z), which hardly exists near a node, and is efficient.)  Then
p ← √ρ̂ exp(i arg p): the phase and the zeros stay, the rest of the modulus is thrown away.
"""

from dataclasses import dataclass

import numpy as np

from qlearn.ensembles.nodes.box import Band
from qlearn.ensembles.nodes.entire import Circle
from qlearn.ensembles.nodes.rule import Rule
from qlearn.errors import RegimeError

__all__ = ["Basis", "refit"]

_ITERATIONS = 60
_EXACT = 1e-16          # of the likelihood a carrier that a step of Newton's iteration gains, where it ends
_WIDE = 3.0             # on a line: polynomials in tanh(y/3), y in standard deviations of the carriers
_SEEN = 1e-18           # in more dimensions: points where |p|² is below this share of its maximum are left out of the sums


@dataclass(frozen=True, eq=False)
class Basis:
    """Functions of low order: their means over the carriers, and their values on the points.

    ring : cos and sin of 2πj(q − a)/L, j = 1 … order
    line : Legendre polynomials 1 … order of tanh(y/3), y = (q − mean)/std of the carriers: they move along, and stay bounded
    several axes : products of these with total degree ≤ order; y = C⁻¹(q − mean) over the lines, CCᵗ the carriers' covariance
    """

    band: Band
    rings: tuple[bool, ...]
    order: int

    def means_and_values(self, q: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(k,) of the carriers at q (d, M) with weights (M,), and (n, k) on the points of the band."""
        lines = [a for a, ring in enumerate(self.rings) if not ring]
        mean = q[lines] @ weights
        apart = q[lines] - mean[:, None]
        whiten = np.linalg.inv(np.linalg.cholesky((apart * weights) @ apart.T))
        grid = self.band.mesh.reshape(len(self.rings), -1)
        return self._functions(q, lines, mean, whiten) @ weights, self._functions(grid, lines, mean, whiten).T

    def _functions(self, q: np.ndarray, lines: list[int], mean: np.ndarray, whiten: np.ndarray) -> np.ndarray:
        """(k, n)."""
        y = dict(zip(lines, whiten @ (q[lines] - mean[:, None]), strict=True))
        rows = [(0, np.ones(1))]
        for a, (circle, ring) in enumerate(zip(self.band.circles, self.rings, strict=True)):
            angle = 2 * np.pi / circle.length * (q[a] - circle.a)
            own = _harmonics(angle, self.order) if ring else _polynomials(y[a], self.order)
            rows = [(low + k, left * right) for low, left in rows for k, right in own if low + k <= self.order]
        return np.stack([row for degree, row in rows if degree > 0])


def _harmonics(angle: np.ndarray, order: int) -> list[tuple[int, np.ndarray]]:
    turn = np.exp(1j * angle)
    power, rows = np.ones_like(turn), [(0, np.ones_like(angle))]
    for j in range(1, order + 1):
        power = power * turn
        rows += [(j, power.real.copy()), (j, power.imag.copy())]
    return rows


def _polynomials(y: np.ndarray, order: int) -> list[tuple[int, np.ndarray]]:
    u = np.tanh(y / _WIDE)
    rows = [np.ones_like(u), u]
    for j in range(1, order):
        rows.append(((2 * j + 1) * u * rows[j] - j * rows[j - 1]) / (j + 1))
    return list(enumerate(rows))


def refit(band: Band, p: np.ndarray, q: np.ndarray, weights: np.ndarray, basis: Basis, rule: Rule, t: float) -> np.ndarray:
    """p with the modulus of the carriers' density, ∫|p|^{2r} dq = 1 (r the residue, 1); carriers at q (d, M) with weights (M,).

    Raises RegimeError where no density of this form has the carriers' means: the poles of this field are not theirs.
    """
    r, modulus = rule.residue, np.abs(p)
    scale = modulus.max()
    if rule.reach is None:
        held = modulus**(2 * r)
    else:
        assert isinstance(band, Circle)
        held = _factors(band, p, rule.reach)**r
    density = held
    if rule.refit:
        means, values = basis.means_and_values(q, weights)
        flat = held.reshape(-1)
        seen = slice(None) if held.ndim == 1 else flat > _SEEN * flat.max()
        exponent = values @ _likeliest(flat[seen], means, values[seen], t)
        density = held * np.exp(exponent - exponent.max()).reshape(held.shape)
    density = density / (density.sum() * band.cell)
    return density**(0.5 / r) * (p / np.where(modulus > 1e-300 * scale, modulus, 1e-300 * scale))


def _factors(circle: Circle, p: np.ndarray, reach: float) -> np.ndarray:
    """Π |sin π(q − z_k)/L|² over the zeros with |Im z| ≤ reach L/2π."""
    product = np.ones(circle.n)
    if reach > 0:
        for z in circle.zeros(p, reach * circle.length / (2 * np.pi)):
            product = product * np.abs(np.sin(np.pi / circle.length * (circle.points - z)))**2
    return product


def _likeliest(held: np.ndarray, means: np.ndarray, values: np.ndarray, t: float) -> np.ndarray:
    """c of the density held · exp(values @ c) that has the given means, by Newton's iteration on the concave likelihood."""
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
        model = density @ values
        spread = values.T @ (values * density[:, None]) - np.outer(model, model)
        move = np.linalg.lstsq(spread, means - model, rcond=1e-12)[0]
        gain = float((means - model) @ move)
        if gain < _EXACT:
            return c
        share = min(1.0, 2.0 / np.sqrt(gain))
        while share > 1e-6:
            trial, better = tilted(c + share * move)
            if better >= likelihood - 1e-14:
                break
            share *= 0.5
        c, density, likelihood = c + share * move, trial, better
    raise RegimeError(f"at t = {t:g} no density with the zeros of this field has the learners' means: the zeros cannot be "
                      "identified from these learners. Start the field nearer to their density, or take more learners.")
