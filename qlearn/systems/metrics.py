"""Metrics and covariances as symmetric matrices of formulas; g = (κ/κ₀)^α."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np
import sympy as sp

from qlearn import checks
from qlearn.errors import UnsupportedError
from qlearn.systems.formulas import NumericFunction, Symbols

__all__ = ["PositiveMetric", "covariance_ratio", "determinant", "inverse_matrix", "matrix_power", "metric_matrix"]


@final
@dataclass(frozen=True, eq=False)
class PositiveMetric:
    """A metric as a NumPy callable (*q) -> (d, d, *shape) that refuses points where it is not positive definite."""

    function: NumericFunction

    def __call__(self, *q: Any) -> np.ndarray:
        metric = self.function(*q)
        lowest = np.linalg.eigvalsh(np.moveaxis(metric, (0, 1), (-2, -1))).min()
        if not lowest > 0:
            checks.fail("metric", "must be positive definite everywhere", f"a lowest eigenvalue of {lowest:.3g}")
        return metric


def covariance_ratio(symbols: Symbols, covariance: Any, reference: Any, metric: Any) -> sp.Matrix | None:
    if covariance is None:
        return None
    if metric is not None:
        checks.fail("metric and covariance", "exclude each other", "both", "Give metric=, or covariance= with alpha=.")
    unit = symbols.constant("reference_covariance", reference)
    return sp.ImmutableMatrix(_checked_matrix(symbols, "covariance", covariance, scalar=True) / unit)


def metric_matrix(symbols: Symbols, metric: Any, ratio: sp.Matrix | None, alpha: sp.Expr) -> sp.Matrix | None:
    if ratio is not None:
        result = matrix_power(ratio, alpha)
    elif metric is not None:
        result = _checked_matrix(symbols, "metric", metric, scalar=False)
    else:
        return None
    return None if result == sp.eye(result.rows) else sp.ImmutableMatrix(result)


def inverse_matrix(matrix: sp.Matrix) -> sp.Matrix:
    """g^{ij}, entry by entry where it is diagonal, else cofactors over the determinant: formulas stay as they were written.

    Multiplied out, W of a learner on a torus is ten times as long, and simplifying it takes longer than anyone waits.
    """
    size = matrix.rows
    if matrix.is_diagonal():
        return sp.diag(*(1 / matrix[i, i] for i in range(size)))
    whole = determinant(matrix)
    return sp.Matrix(size, size, lambda i, j: (-1) ** (i + j) * determinant(matrix.minor_submatrix(j, i)) / whole)


def determinant(matrix: sp.Matrix) -> sp.Expr:
    """|g| along the first row, nothing multiplied out."""
    if matrix.is_diagonal():
        return sp.Mul(*matrix.diagonal())
    return sp.Add(*((-1) ** j * matrix[0, j] * determinant(matrix.minor_submatrix(0, j)) for j in range(matrix.cols)
                    if matrix[0, j] != 0))


def matrix_power(matrix: sp.Matrix, power: sp.Expr) -> sp.Matrix:
    """A power of a symmetric matrix: entry by entry where it is diagonal; else the power must be an integer."""
    if matrix.is_diagonal():
        return sp.diag(*(matrix[i, i] ** power for i in range(matrix.rows)))
    if power.is_Integer:
        return matrix ** int(power)
    raise UnsupportedError(f"the power {power} of a covariance that is not diagonal is not offered. Rotate the coordinates "
                           "into its eigenbasis, or give the metric itself as metric=.")


def _matrix(symbols: Symbols, argument: str, value: Any, *, scalar: bool) -> sp.Matrix:
    """A symmetric d × d matrix from one entry, one an axis, or all."""
    dimension = len(symbols.coordinates)
    rows = value.tolist() if isinstance(value, (sp.MatrixBase, np.ndarray)) else value
    if not isinstance(rows, (list, tuple)):
        if dimension > 1 and not scalar:
            checks.fail(argument, f"must be {dimension} entries or a {dimension} × {dimension} matrix", repr(value))
        return symbols.read(argument, rows) * sp.eye(dimension)
    if len(rows) != dimension:
        checks.fail(argument, f"must be {dimension} entries or a {dimension} × {dimension} matrix", repr(value))
    if not any(isinstance(row, (list, tuple)) for row in rows):
        return sp.diag(*(symbols.read(argument, entry) for entry in rows))
    if any(not isinstance(row, (list, tuple)) or len(row) != dimension for row in rows):
        checks.fail(argument, f"must be {dimension} entries or a {dimension} × {dimension} matrix", repr(value))
    matrix = sp.Matrix([[symbols.read(argument, entry) for entry in row] for row in rows])
    if any(sp.simplify(entry) != 0 for entry in matrix - matrix.T):
        checks.fail(argument, "must be symmetric", repr(value))
    return matrix


def _checked_matrix(symbols: Symbols, argument: str, value: Any, *, scalar: bool) -> sp.Matrix:
    matrix = _matrix(symbols, argument, value, scalar=scalar)
    if any("t" in {symbol.name for symbol in entry.free_symbols} for entry in matrix):
        checks.fail(argument, "must not depend on t", str(matrix.tolist()))
    for size in range(1, matrix.rows + 1):
        if determinant(matrix[:size, :size]).is_nonpositive:
            checks.fail(argument, "must be positive definite", str(matrix.tolist()))
    return matrix
