"""Smooth gauges of a group of bands over a uniform mesh of the zone: frames u (n1, …, g, size), each row of norm 1.

``turns``: e^{−2πi(x−a)/L} of each axis, which leads from u(θ) to u(θ + 1) and closes the zone.
"""

import numpy as np
from scipy.linalg import qr, schur

from qlearn.errors import RegimeError
from qlearn.spectrum.bands.bloch import BlochFamily

__all__ = ["by_points", "chern_number", "in_two_dimensions", "transported"]

COARSE = 0.25       # the least singular value of the overlaps of neighbouring θ that counts as a resolved mesh


def _polar(matrix: np.ndarray) -> np.ndarray:
    """The nearest unitary matrix; RegimeError where the mesh is too coarse to tell it."""
    left, sizes, right = np.linalg.svd(matrix)
    if np.min(sizes) < COARSE:
        raise RegimeError(f"the states at neighbouring θ overlap by {np.min(sizes):.2g} only: the mesh is too coarse, or the "
                          "bands nearly touch others. Take more θ, or more bands together.")
    return left @ right


def transported(frames: np.ndarray, turn: np.ndarray) -> np.ndarray:
    """Frames (n, g, size) in the gauge of parallel transport, closed over the zone."""
    n, smooth = len(frames), [frames[0]]
    for raw in [*frames[1:], turn * frames[0]]:
        overlaps = smooth[-1].conj() @ raw.T
        smooth.append(_polar(overlaps).conj() @ raw)
    holonomy = _polar((turn * frames[0]).conj() @ smooth[-1].T)
    triangle, vectors = schur(holonomy, output="complex")
    angles = np.angle(np.diag(triangle))
    return np.stack([np.exp(-1j * angles * j / n)[:, None] * (vectors.T @ frame) for j, frame in enumerate(smooth[:-1])])


def _links(frames: np.ndarray, turn: list[np.ndarray], axis: int) -> np.ndarray:
    """⟨u_θ|u_{θ + 1/n along the axis}⟩, (*mesh, g, g)."""
    ahead = np.roll(frames, -1, axis)
    last = (slice(None),) * axis + (-1,)
    ahead[last] = turn[axis] * ahead[last]
    return frames.conj() @ np.swapaxes(ahead, -1, -2)


def chern_number(frames: np.ndarray, turn: list[np.ndarray]) -> int:
    """The Berry flux through the zone over 2π, of u (n1, n2, g, size); first axis to second counts as positive."""
    first, second = (np.linalg.det(_links(frames, turn, axis)) for axis in (0, 1))
    flux = np.angle(first * np.roll(second, -1, 0) * np.conj(np.roll(first, -1, 1) * second))
    if np.max(np.abs(flux)) > 2.5 or min(np.min(np.abs(first)), np.min(np.abs(second))) < COARSE:
        raise RegimeError("the mesh is too coarse for the Berry flux: "
                          f"{np.max(np.abs(flux)):.2f} through one of its cells. Take more θ.")
    return int(np.rint(-np.sum(flux) / (2 * np.pi)))


def in_two_dimensions(frames: np.ndarray, turn: list[np.ndarray], lengths: np.ndarray) -> np.ndarray:
    """One band: transport along the first axis, from there along the second, closed; then no divergence of the connection."""
    n, m = frames.shape[:2]
    line = transported(frames[:, 0], turn[0])
    smooth, angles = np.empty_like(frames), np.empty(n)
    for i in range(n):
        u = line[i]
        for j in range(m):
            raw = frames[i, j]
            u = u if j == 0 else _polar(u.conj() @ raw.T).conj() @ raw
            smooth[i, j] = u
        raw = turn[1] * frames[i, 0]
        last = _polar(u.conj() @ raw.T).conj() @ raw
        angles[i] = np.angle(np.vdot(turn[1] * line[i], last))
    angles = np.unwrap(angles)
    smooth *= np.exp(-1j * angles[:, None] * np.arange(m) / m)[..., None, None]
    return smooth * np.exp(1j * _divergence_free(smooth, turn, lengths))[..., None, None]


def _divergence_free(frames: np.ndarray, turn: list[np.ndarray], lengths: np.ndarray) -> np.ndarray:
    """Phases χ(θ) that minimise Σ_a Σ_θ (arg link_a + ∂_a χ)²/Δκ_a², one band."""
    mesh = frames.shape[:-2]
    right, symbol = np.zeros(mesh), np.zeros(mesh)
    for axis, n in enumerate(mesh):
        weight = float(n * lengths[axis]) ** 2
        phase = np.angle(_links(frames, turn, axis)[..., 0, 0])
        right += weight * (phase - np.roll(phase, 1, axis))
        symbol += weight * (2 - 2 * np.cos(2 * np.pi * np.arange(n) / n)).reshape((-1,) + (1,) * (len(mesh) - 1 - axis))
    symbol.flat[0] = 1.0
    modes = np.fft.fftn(right) / symbol
    modes.flat[0] = 0.0
    return np.fft.ifftn(modes).real


def by_points(family: BlochFamily, frames: np.ndarray, zone: list[np.ndarray]) -> np.ndarray:
    """Several bands: Löwdin orthonormalised projections of g points, chosen by a pivoted QR of the states nearest θ = 0."""
    mesh, g = frames.shape[:-2], frames.shape[-2]
    middle = tuple(int(np.argmin(np.minimum(t, 1 - t))) for t in zone)
    points = qr(frames[middle], pivoting=True, mode="r")[1][:g]
    smooth = np.empty_like(frames)
    for place in np.ndindex(*mesh):
        phase = family.twisted.plane(np.array([t[i] for t, i in zip(zone, place, strict=True)])).ravel()
        columns = (frames[place] * phase)[:, points]
        left, sizes, right = np.linalg.svd(columns.conj())
        if sizes[-1] < 1e-3 * sizes[0]:
            here = [float(t[i]) for t, i in zip(zone, place, strict=True)]
            raise RegimeError(f"the bands at θ = {here} nearly vanish at the points that were chosen to localise them: together "
                              "they have no such gauge. Take other bands.")
        smooth[place] = (left @ right).T @ frames[place]
    return smooth
