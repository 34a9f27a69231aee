"""Powers of symmetric positive matrices and their derivatives."""

import numpy as np

__all__ = ["power", "power_slopes"]


def power(matrices: np.ndarray, p: float) -> np.ndarray:
    """A^p of symmetric positive A (n, d, d), by eigenvectors."""
    if matrices.shape[-1] == 1:
        return matrices**p
    values, vectors = np.linalg.eigh(matrices)
    return (vectors * values[:, None, :]**p) @ np.swapaxes(vectors, 1, 2)


def power_slopes(matrices: np.ndarray, slopes: np.ndarray, p: float) -> np.ndarray:
    """∂_ν(A^p) (n, d, d, d) from ∂_νA (n, d, d, d), ν the second index, by divided differences in the eigenbasis:

        Vᵀ ∂(A^p) V = (λ_i^p − λ_j^p)/(λ_i − λ_j) · Vᵀ ∂A V,     p λ^(p−1) where λ_i = λ_j

    Source: Daleckii and Krein, Am. Math. Soc. Transl. 47 (1965) 1; Bhatia, Matrix Analysis (1997), theorem V.3.3.
    """
    if matrices.shape[-1] == 1:
        return p * matrices[:, None]**(p - 1) * slopes
    values, vectors = np.linalg.eigh(matrices)
    first, second = values[:, :, None], values[:, None, :]
    logarithm = np.log1p((first - second) / second)
    equal = logarithm == 0
    safe = np.where(equal, 1.0, logarithm)
    quotient = second**(p - 1) * np.where(equal, p, np.expm1(p * safe) / np.expm1(safe))
    turned, back = vectors[:, None], np.swapaxes(vectors, 1, 2)[:, None]
    return turned @ ((back @ slopes @ turned) * quotient[:, None]) @ back
