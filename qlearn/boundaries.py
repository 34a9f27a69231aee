"""What an axis of a grid may be: where its points and wavenumbers are, and which axes go together."""

from typing import Any

import numpy as np
from scipy import fft

from qlearn import checks
from qlearn.kernels.derivatives import gauss_nodes

__all__ = ["BOUNDARIES", "PLACES", "WAVENUMBERS", "boundary_names", "check_together", "counts", "intervals", "twists"]

BOUNDARIES = ("periodic", "wall", "pole")

PLACES = {  # of the points, in units of the length
    "periodic": lambda n: np.arange(n) / n,
    "wall": lambda n: np.arange(1, n + 1) / (n + 1),
    "pole": lambda n: gauss_nodes(n)[0] / np.pi,
}

WAVENUMBERS = {  # wavenumbers, in units of 1/length
    "periodic": lambda n, theta: 2 * np.pi * (fft.fftfreq(n, 1 / n) + theta),
    "wall": lambda n, theta: np.pi * np.arange(1, n + 1),
    "pole": lambda n, theta: np.pi * np.arange(n),
}


def counts(shape: Any) -> tuple[int, ...]:
    """The number of points of each axis."""
    numbers = (shape,) if np.ndim(shape) == 0 else tuple(shape)
    if not numbers:
        checks.fail("shape", "must name at least one axis", shape, "Give (N,) or (Nx, Ny).")
    return tuple(checks.integer("shape", n, least=2, remedy="Each axis needs at least two points.") for n in numbers)


def intervals(bounds: Any, ndim: int) -> tuple[tuple[float, float], ...]:
    """(a, b) of each axis, a < b."""
    pairs = checks.finite_array("bounds", bounds, remedy="Give [(a1, b1), …], one pair an axis.")
    pairs = pairs[None, :] if pairs.ndim == 1 else pairs
    if pairs.shape != (ndim, 2):
        checks.fail("bounds", f"must be {ndim} pair(s) (a, b), one an axis of shape", f"array of shape {pairs.shape}")
    for a, b in pairs:
        if not b > a or not np.isfinite(b - a):
            checks.fail("bounds", "must have a < b on each axis", (float(a), float(b)))
    return tuple((float(a), float(b)) for a, b in pairs)


def boundary_names(boundary: Any, ndim: int) -> tuple[str, ...]:
    """One of BOUNDARIES for each axis."""
    names = (boundary,) * ndim if isinstance(boundary, str) or np.ndim(boundary) == 0 else tuple(boundary)
    if len(names) != ndim:
        checks.fail("boundary", f"must be one name, or one for each of {ndim} axes", boundary)
    for name in names:
        checks.choice("boundary", name, BOUNDARIES)
    return names


def check_together(shape: tuple[int, ...], boundary: tuple[str, ...], sectors: tuple[float, ...]) -> None:
    """No twist at walls and poles; behind each pole axis its azimuth."""
    for axis, (kind, theta) in enumerate(zip(boundary, sectors, strict=True)):
        if kind != "periodic" and theta != 0:
            checks.fail("twist", f"must be 0 on axis {axis}, which is no ring but has the boundary {kind!r}", theta)
        if kind != "pole":
            continue
        if axis + 1 == len(boundary) or boundary[axis + 1] != "periodic":
            checks.fail("boundary", f"'pole' on axis {axis} needs axis {axis + 1} periodic, the azimuth", boundary,
                        "Give (Nθ, Nφ) points on [(0, π), (0, 2π)] with ('pole', 'periodic').")
        if sectors[axis + 1] != 0:
            checks.fail("twist", f"must be 0 on axis {axis + 1}, the azimuth round the poles of axis {axis}", sectors[axis + 1],
                        "A flux through the poles is singular there.")
        if shape[axis + 1] % 2:
            checks.fail("shape", f"must be even on axis {axis + 1}, the azimuth: a point opposite each is needed",
                        shape[axis + 1])


def twists(twist: Any, ndim: int) -> tuple[float, ...]:
    """θ of each axis."""
    thetas = (twist,) * ndim if np.ndim(twist) == 0 else tuple(twist)
    if len(thetas) != ndim:
        checks.fail("twist", f"must be one number θ, or one for each of {ndim} axes", twist)
    return tuple(checks.real("twist", theta) for theta in thetas)
