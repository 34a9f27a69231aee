"""optax: the metric in an optimiser's state, and records of it. Needs jax when used."""

from typing import Any

import numpy as np

from qlearn import checks
from qlearn.errors import MissingExtraError, UnsupportedError
from qlearn.optimisers.record import GradientRecord

__all__ = ["metric", "record"]

_KNOWN = ("ScaleByAdamState", "ScaleByBeliefState", "ScaleByRmsState", "ScaleByRmsWithCountState")


def metric(state: Any, *, b2: float, eps: float, eps_root: float = 0.0,
           eps_in_sqrt: bool = True) -> tuple[np.ndarray, float]:
    """g of every parameter in an optax state, (P,) in the order of jax.tree.leaves, and its floor.

    The settings are those that the optimiser was made with: a state does not hold them.

    ScaleByAdamState (adam, adamw): √(ν̂ + eps_root) + eps, ν̂ = ν/(1 − b2^count).   ScaleByBeliefState (adabelief): √ν̂ + eps,
    eps_root being in ν already.   ScaleByRmsState (rmsprop): √(ν + eps), or √ν + eps with eps_in_sqrt=False.
    Without any of these: UnsupportedError.  Of a chain only this link is seen: what scales layers besides, as the trust ratios of
    lamb or rates by multi_transform, is not in g; measure such optimisers by updates=.
    """
    leaves = _jax().tree_util.tree_leaves
    found = _scale(state)
    if found is None:
        raise UnsupportedError(f"state must hold one of {', '.join(_KNOWN)}; it does not. Give GradientRecord(gradients, "
                               "metric=g) the g of its steps, or updates= alone.")
    b2, eps = checks.real("b2", b2, least=0, most=1 - 1e-15), checks.real("eps", eps, least=0)
    kind = type(found).__name__
    nu = np.concatenate([np.ravel(np.asarray(leaf, dtype=float)) for leaf in leaves(found.nu)])
    if kind != "ScaleByRmsState":
        if int(found.count) == 0:
            checks.fail("state", "must be of an optimiser that has taken a step", f"a {kind} with count 0")
        nu = nu / (1 - b2 ** int(found.count))
    if kind.startswith("ScaleByRms"):
        return (np.sqrt(nu + eps), float(np.sqrt(eps))) if eps_in_sqrt else (np.sqrt(nu) + eps, eps)
    if kind == "ScaleByBeliefState":
        return np.sqrt(nu) + eps, float(np.sqrt(eps_root / (1 - b2)) + eps)
    return np.sqrt(nu + eps_root) + eps, float(np.sqrt(eps_root) + eps)


def record(state: Any, gradients: Any, *, b2: float, eps: float, eps_root: float = 0.0,
           eps_in_sqrt: bool = True) -> GradientRecord:
    """The GradientRecord of an optax state; gradients as jax.vmap(jax.grad(loss), (None, 0))(parameters, samples) gives them:
    leaves as the parameters', each with the samples as its first axis.

    >>> import pytest; optax = pytest.importorskip("optax"); import jax.numpy as jnp
    >>> adam, w = optax.adam(1e-3), {"w": jnp.ones(3)}
    >>> _, state = adam.update({"w": jnp.arange(1.0, 4.0)}, adam.init(w))
    >>> record(state, {"w": np.random.default_rng(0).normal(size=(40, 3))}, b2=0.999, eps=1e-8).metric.round(3).tolist()
    [1.0, 2.0, 3.0]
    """
    g, floor = metric(state, b2=b2, eps=eps, eps_root=eps_root, eps_in_sqrt=eps_in_sqrt)
    leaves = [np.asarray(leaf, dtype=float) for leaf in _jax().tree_util.tree_leaves(gradients)]
    return GradientRecord(np.concatenate([leaf.reshape(len(leaf), -1) for leaf in leaves], axis=1), metric=g, floor=floor)


def _scale(state: Any) -> Any:
    """The first state of a known kind in nested tuples."""
    if type(state).__name__ in _KNOWN:
        return state
    if isinstance(state, tuple):
        return next((found for part in state if (found := _scale(part)) is not None), None)
    return None


def _jax() -> Any:
    try:
        import jax
    except ImportError as error:
        raise MissingExtraError("JAX is needed for this, an optional package. Install jax and optax.") from error
    return jax
