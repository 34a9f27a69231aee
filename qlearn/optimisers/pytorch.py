"""PyTorch: covariant gradient descent as a torch.optim.Optimizer, and records of live optimisers. Needs torch when used."""

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import numpy as np

from qlearn import checks
from qlearn.errors import MissingExtraError, UnsupportedError
from qlearn.optimisers.moments import newest_weight
from qlearn.optimisers.record import GradientRecord

__all__ = ["metric", "optimiser", "per_sample_gradients", "record"]

_KNOWN = ("CovariantSteps", "RMSprop", "Adam", "AdamW", "NAdam", "Adagrad")


def optimiser(settings: Any, parameters: Any) -> Any:
    """The CovariantGradientDescent as a torch.optim.Optimizer: diagonal metrics, real parameters, the same numbers.

    Its settings are the param group's (``learning_rate`` is ``"lr"`` there, so that schedulers work); its state_dict resumes.

    >>> import pytest, qlearn as ql; torch = pytest.importorskip("torch")
    >>> weights = torch.nn.Parameter(torch.ones(2, dtype=torch.float64))
    >>> steps = optimiser(ql.CovariantGradientDescent.adam(0.1), [weights])
    >>> (weights**2).sum().backward(); steps.step()
    >>> weights.detach().numpy().round(3).tolist()
    [0.9, 0.9]
    """
    if settings.matrix == "full" and settings.alpha != 0:
        raise UnsupportedError("matrix='full' is not offered in PyTorch; take matrix='diagonal', or step NumPy arrays.")
    return _steps()(parameters, settings)


def _torch() -> Any:
    try:
        import torch
    except ImportError as error:
        raise MissingExtraError("PyTorch is needed for this, an optional package. Install torch.") from error
    return torch


@cache
def _steps() -> Any:
    """The class; PyTorch knows optimisers by inheritance, and step is all that it leaves open."""
    torch = _torch()

    class CovariantSteps(torch.optim.Optimizer):         # type: ignore[misc, name-defined]
        def __init__(self, parameters: Any, settings: Any):
            self.settings = settings
            super().__init__(parameters, {"lr": settings.learning_rate})

        @torch.no_grad()
        def step(self, closure: Callable[[], Any] | None = None) -> Any:
            loss = None
            if closure is not None:
                with torch.enable_grad():
                    loss = closure()
            for group in self.param_groups:
                for q in group["params"]:
                    if q.grad is not None:
                        _step(q, q.grad, self.state[q], group["lr"], self.settings)
            return loss

    return CovariantSteps


def _step(q: Any, h: Any, state: dict[str, Any], learning_rate: float, settings: Any) -> None:
    """The equations of CovariantGradientDescent on one tensor."""
    if h.is_sparse or h.is_complex():
        raise UnsupportedError("sparse and complex gradients are not offered; give dense real ones.")
    if not state:
        state.update(step=0, **{name: q.new_zeros(q.shape) for name in ("first", "statistic", "mean")})
    state["step"] += 1
    step, corrected = state["step"], settings.bias_correction
    state["first"].add_(h - state["first"], alpha=newest_weight(settings.beta1, step, corrected))
    if settings.alpha != 0:
        _gather(h, state, newest_weight(settings.beta2, step, corrected), settings)
    if step > settings.warmup:
        moved = state["first"] if settings.alpha == 0 else state["first"] / _metric(state["statistic"], settings)
        wrong = int((~moved.isfinite()).sum())
        if wrong:
            checks.fail("the gradient over the metric", "must be finite", f"{wrong} of {moved.numel()} values that are not, in a "
                        f"tensor of shape {tuple(q.shape)}: NaN in a gradient, or gradients that were 0 so far",
                        "Look at the loss; give epsilon or floor, or warmup steps.")
        q.sub_(learning_rate * moved)


def _gather(h: Any, state: dict[str, Any], weight: float, settings: Any) -> None:
    if settings.statistic == "covariance":
        deviation = h - state["mean"]
        state["statistic"].addcmul_(deviation, deviation, value=weight).mul_(1 - weight)
        state["mean"].add_(deviation, alpha=weight)
        return
    value = h
    if settings.statistic == "belief":
        shrunk = 1 - settings.beta1 ** state["step"] if settings.bias_correction else 1.0
        value = h - state["first"] * shrunk
    state["statistic"].add_(value * value - state["statistic"], alpha=weight)


def _metric(statistic: Any, settings: Any) -> Any:
    base = (statistic + settings.floor) / settings.reference
    return (base.sqrt() if settings.alpha == 0.5 else base**settings.alpha) + settings.epsilon


# --- records -----------------------------------------------------------------------------------------------------------

def metric(live: Any) -> tuple[np.ndarray, float]:
    """g of every parameter of a live optimiser, (P,) in the order of its param groups, and its floor (largest ε).

    SGD: 1.  RMSprop: √v + ε, centered √(v − n²) + ε.  Adam, AdamW, NAdam: √v̂ + ε, with amsgrad the largest v.
    Adagrad: √Σh² + ε.  The optimiser of ``CovariantGradientDescent.torch``: its own.  Others: UnsupportedError.

    Parameters that do not learn are left out: those with requires_grad=False, and those of groups with the learning rate 0.
    Learning rates differ by group: g is divided by the group's rate over that of the first, since only lr/g moves parameters.
    Raises ArgumentError where a parameter has taken no step yet, as one that the loss does not depend on.
    """
    parts, floors, first = [], [], None
    for group, q in _learning(live):
        first = float(group["lr"]) if first is None else first
        g, floor = _metric_of(live, group, q)
        parts.append(np.ravel(g) * (first / float(group["lr"])))
        floors.append(floor * (first / float(group["lr"])))
    return np.concatenate(parts), max(floors)


def _learning(live: Any) -> list[tuple[dict[str, Any], Any]]:
    """(group, parameter) of what a step moves, in the order of the groups."""
    if not isinstance(live, _torch().optim.Optimizer):
        checks.fail("the optimiser", "must be a torch.optim.Optimizer", type(live).__name__)
    found = [(group, q) for group in live.param_groups if float(group["lr"]) for q in group["params"] if q.requires_grad]
    if not found:
        checks.fail("the optimiser", "must have parameters that learn", "all of them frozen, or learning rates 0")
    return found


def _metric_of(live: Any, group: dict[str, Any], q: Any) -> tuple[np.ndarray, float]:
    kind, state = type(live).__name__, live.state.get(q, {})
    if kind == "SGD":
        return np.ones(tuple(q.shape)), 0.0
    if kind not in _KNOWN:
        raise UnsupportedError(f"the metric of {kind} is not known; give GradientRecord(gradients, metric=g) the g of its step "
                               "q ← q − η g⁻¹ m, or updates= alone.")
    if not state:
        checks.fail("the optimiser", "must have taken a step with every parameter, to have a metric",
                    f"a {kind} without state of one of shape {tuple(q.shape)}",
                    "Take a step; freeze parameters that the loss does not depend on by requires_grad_(False).")
    if kind == "CovariantSteps":
        s = live.settings
        if s.alpha == 0:
            return np.ones(tuple(q.shape)), 0.0
        return _numpy(_metric(state["statistic"], s)), (s.floor / s.reference) ** s.alpha + s.epsilon
    if kind == "RMSprop":
        v = state["square_avg"] - (state["grad_avg"] ** 2 if group["centered"] else 0)
    elif kind in ("Adam", "AdamW", "NAdam"):
        largest = group.get("amsgrad", False)
        v = state["max_exp_avg_sq" if largest else "exp_avg_sq"] / (1 - group["betas"][1] ** float(state["step"]))
    else:
        v = state["sum"]                                                        # Adagrad
    return np.sqrt(_numpy(v)) + group["eps"], float(group["eps"])


def per_sample_gradients(loss: Callable[[Any], Any], parameters: Iterable[Any], samples: Iterable[Any]) -> np.ndarray:
    """(n, P) gradients of ``loss(sample)``, one number, one backward pass each; 0 for parameters that it does not depend on.

    The parameters in their order, all with requires_grad. Works under torch.no_grad too.
    """
    torch, parameters, rows = _torch(), list(parameters), []
    for sample in samples:
        with torch.enable_grad():
            value = loss(sample)
        if not isinstance(value, torch.Tensor) or value.numel() != 1 or not value.requires_grad:
            checks.fail("loss(sample)", "must be one number that depends on the parameters, as a tensor",
                        f"shape {tuple(value.shape)}, requires_grad {value.requires_grad}" if isinstance(value, torch.Tensor)
                        else type(value).__name__, "Take the mean over a minibatch; do not detach.")
        parts = torch.autograd.grad(value, parameters, allow_unused=True, materialize_grads=True)
        rows.append(np.concatenate([np.ravel(_numpy(part)) for part in parts]))
    if not rows:
        checks.fail("samples", "must hold at least one sample", "none")
    return np.stack(rows)


def record(live: Any, loss: Callable[[Any], Any], samples: Iterable[Any]) -> GradientRecord:
    """The GradientRecord of a live optimiser now: gradients of ``loss(sample)`` for every sample, and its metric.

    A sample may be a minibatch, if all have one size. Neither the parameters nor the optimiser are changed. Parameters that do
    not learn are left out, see ``metric``. The loss is that of the samples: a weight decay is the same for all and has no noise.

    >>> import pytest; torch = pytest.importorskip("torch")
    >>> w = torch.nn.Parameter(torch.ones(3)); live = torch.optim.Adam([w])
    >>> x = torch.randn(40, 3, generator=torch.Generator().manual_seed(0))
    >>> (x[0] @ w).backward(); live.step()
    >>> record(live, lambda row: (row @ w - 1)**2, x).gradients.shape
    (40, 3)
    """
    g, floor = metric(live)
    return GradientRecord(per_sample_gradients(loss, [q for _, q in _learning(live)], samples), metric=g, floor=floor)


def _numpy(tensor: Any) -> np.ndarray:
    return tensor.detach().cpu().double().numpy()
