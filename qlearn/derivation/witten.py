"""W of (8) for the explicit formulas of a system: the very expression whose residual was 0, with its fields filled in."""

import sympy as sp

from qlearn.derivation.detailed_balance import score_gradient
from qlearn.derivation.fokker_planck import prepared_static, witten_potential
from qlearn.derivation.geometry import Geometry
from qlearn.derivation.notation import GAMMA, SCORE, D, F, T
from qlearn.derivation.regimes import noise_tensor
from qlearn.systems.base import LearningSystem
from qlearn.systems.metrics import determinant, inverse_matrix

__all__ = ["witten_of"]


def witten_of(system: LearningSystem) -> sp.Expr:
    """W(q) = (γ²/4D)|∇F|² + (γ/2) Δ_gF, F = −U; for other noise with D^{μν} and Φ."""
    tensor = not system.covariant_noise
    geometry = prepared_static(system.dimension, curved=system.metric is not None, tensor=tensor)
    components = geometry.components(witten_potential(tensor=tensor))
    if not tensor:
        components = components.subs(D, GAMMA * T).subs(
            {GAMMA: system.learning_rate, T: system.diffusion_temperature}, simultaneous=True)
    functions = _geometry_functions(system, geometry)
    if tensor:
        noise = noise_tensor(system)
        functions |= {geometry.tensors[D][i, j]: noise[i, j] for i in range(noise.rows) for j in range(i, noise.rows)}
        functions[geometry.fields[SCORE]] = score_gradient(system)
    else:
        functions[geometry.fields[F]] = sp.S.Zero - system.loss
    filled = geometry.space.specialise(components, functions, (system.time, *system.coordinates))
    long = any(number.q > 10**4 for number in filled.atoms(sp.Rational))
    return filled if long else sp.factor_terms(filled)


def _geometry_functions(system: LearningSystem, geometry: Geometry) -> dict:
    if system.metric is None:
        return {}
    inverse = inverse_matrix(system.metric)
    size = system.dimension
    functions = {geometry.inverse[i, j]: inverse[i, j] for i in range(size) for j in range(i, size)}
    functions[geometry.volume] = sp.sqrt(determinant(system.metric))
    return functions
