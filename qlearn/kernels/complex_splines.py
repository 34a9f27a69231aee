"""A complex field and its gradient at many points: periodic quintic splines in two or three dimensions.

The compiled twin (numba) adds up in another order; the two agree to rounding.
"""

import numpy as np

from qlearn.kernels.phases import may_compile
from qlearn.kernels.tensor_splines import ORDER, PIECES, SplineAxes, evaluate, local_values

__all__ = ["field_and_gradient"]


def field_and_gradient(axes: SplineAxes, coefficients: np.ndarray, y: np.ndarray) -> np.ndarray:
    """p and ∂_ap, (1 + d, n), of Σ c_k B_k at y (d, n); all axes periodic, coefficients complex (*cells).

    >>> axes = SplineAxes(np.zeros(2), np.ones(2), np.array([8, 9]), np.ones(2, dtype=bool))
    >>> field_and_gradient(axes, np.full((8, 9), 2j), np.array([[0.3], [20.7]])).round(12)[:, 0].tolist()[0]
    2j
    """
    d, n = y.shape
    if may_compile() and d in (2, 3):
        from qlearn.kernels import compiled_complex_splines

        table = np.pad(coefficients, [(0, ORDER - 1)] * d, mode="wrap")
        out = np.empty((1 + d, n), dtype=complex)
        run = compiled_complex_splines.on_a_plane if d == 2 else compiled_complex_splines.on_a_space
        run(axes.lower, axes.spacing, axes.cells, PIECES, table, np.ascontiguousarray(y), out)
        return out
    orders = np.concatenate([np.zeros((1, d)), np.eye(d)]).astype(np.int64)
    flat = np.stack([coefficients.real.reshape(-1), coefficients.imag.reshape(-1)])
    re, im = evaluate(axes, local_values(axes, np.ascontiguousarray(y)), flat, orders)
    return re + 1j * im
