"""Wannier functions of isolated bands: the localised orthonormal functions that span the same as the waves of all θ.

    w_R(x) = (1/n) Σ_θ e^{−2πiθ·R} ψ_θ(x),    ψ_θ(x + L) = e^{2πiθ} ψ_θ(x),    ⟨w_R|w_R′⟩ = δ_RR′

What is free is the phase (for g bands a unitary matrix) of ψ_θ at each θ, the gauge. On one ring it is that of parallel
transport, spread evenly so that it closes: there is none more localised (N. Marzari and D. Vanderbilt, Phys. Rev. B 56, 12847
(1997), section IV.C.1). On two: one band by parallel transport along one axis and then along the other, then with the divergence
of the Berry connection taken out, which minimises its spread; several bands by their values at chosen points, Löwdin
orthonormalised, localised but not minimal (A. Damle, L. Lin, L. Ying, J. Chem. Theory Comput. 11, 1463 (2015)). The obstacle is
the Chern number, from the Berry flux through the cells of the mesh (T. Fukui, Y. Hatsugai, H. Suzuki, J. Phys. Soc. Jpn. 74,
1674 (2005)).
"""

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from qlearn import checks
from qlearn.errors import RegimeError, UnsupportedError
from qlearn.grids import Grid
from qlearn.spectrum.bands.bloch import BlochFamily
from qlearn.spectrum.bands.crossings import Followed
from qlearn.spectrum.bands.gauges import by_points, chern_number, in_two_dimensions, transported
from qlearn.spectrum.bands.localised import energies_in, localised

__all__ = ["Wannier", "wannier_functions"]

MESH = 1e-9         # deviation of θ from a uniform mesh that counts as rounding


@final
@dataclass(frozen=True, eq=False)
class Wannier:
    """Wannier functions w_0 of g bands, on a grid of n cells a twisted axis, n the number of θ; the home cell is in the middle.

    grid : the enlarged grid; its twist, nθ₀, is 0 for θ = j/n.      functions : (g, *state shape of that grid).
    centres : (g, p) ⟨x⟩ along the twisted axes, in the home cell.    spreads : (g,) Σ_a ⟨x_a²⟩ − ⟨x_a⟩², units of length².
    hoppings : (n1, …, g, g) ⟨w_0|H|w_R⟩, R in FFT order.             chern : the Chern number, 0; None on one ring.
    orthonormality : max |⟨w_R|w_R′⟩ − δ| over all lattice shifts.
    decay : (g, p) estimates of h in |w| ~ e^{−h|x|} (one band of one ring: |x|^{−¾} e^{−h|x|}), from the norms of the cells; NaN
        with fewer than three cells to tell it from. Six bands of two lattices against Kohn's branch points: 0.1 to 3 % off, in
        deep wells, which leave six cells above rounding, 8 and 11 % too small.
    """

    grid: Grid
    functions: np.ndarray
    centres: np.ndarray
    spreads: np.ndarray
    hoppings: np.ndarray
    orthonormality: float
    decay: np.ndarray
    chern: int | None

    def __post_init__(self):
        for array in (self.functions, self.centres, self.spreads, self.hoppings, self.decay):
            array.flags.writeable = False

    def plot(self, **settings: Any) -> Any:
        """Draw |w|² on a logarithmic scale: see qlearn.plots."""
        from qlearn.plots import wannier

        return wannier(self, **settings)


def wannier_functions(family: BlochFamily, found: list[Followed], band: Any) -> Wannier:
    """See ``Bands.wannier``: sorted bands, consecutive, apart from all others at each θ of a uniform mesh of the zone."""
    rows = _rows(found, band)
    first, order, shape = _mesh(np.stack([f.sector.theta for f in found]))
    if len(shape) > 2:
        raise UnsupportedError("Wannier functions over three twisted axes are not offered; take a cut of one or two axes.")
    _need_isolated(found, rows)
    frames = _frames(family, [found[i] for i in order], rows).reshape(*shape, len(rows), family.size)
    energies = np.stack([found[i].sector.energies[rows] for i in order]).reshape(*shape, len(rows))
    turn = [family.twisted.turn(a) for a in range(len(shape))]
    zone = [start + np.arange(n) / n for start, n in zip(first, shape, strict=True)]
    chern = chern_number(frames, turn) if len(shape) == 2 else None
    if chern:
        raise RegimeError(f"bands {rows.tolist()} have the Chern number {chern}: no exponentially localised Wannier functions "
                          "exist (C. Brouder et al., Phys. Rev. Lett. 98, 046402 (2007)). Take them together with bands whose "
                          "Chern numbers sum up to zero with theirs.")
    if len(shape) == 1:
        smooth = transported(frames, turn[0])
    else:
        lengths = family.hamiltonian.grid.lengths[list(family.axes)]
        smooth = in_two_dimensions(frames, turn, lengths) if len(rows) == 1 else by_points(family, frames, zone)
    found_there = localised(family, smooth, energies_in(frames, energies, smooth), zone)
    return Wannier(**vars(found_there), chern=chern)


def _rows(found: list[Followed], band: Any) -> np.ndarray:
    given = np.atleast_1d(np.asarray(band))
    k = len(found[0].places)
    if given.dtype.kind not in "iu" or given.ndim != 1 or not len(given) or np.any(given < 0) or np.any(given >= k):
        checks.fail("band", f"must be a band number 0 … {k - 1}, or several", band)
    rows = np.sort(given)
    if np.any(np.diff(rows) != 1):
        checks.fail("band", "must name consecutive bands, each once", band, "Bands in between belong to the group.")
    return rows


def _mesh(points: np.ndarray) -> tuple[np.ndarray, np.ndarray, tuple[int, ...]]:
    """First θ of each axis, the order of the points as a C-ordered mesh, its shape."""
    inside = np.mod(points, 1.0)
    inside[inside > 1 - MESH] = 0.0
    columns: list[np.ndarray] = []
    shape, first = [], []
    for values in inside.T:
        least = values.min()
        count = 1 + int(np.sum(np.diff(np.sort(values)) > MESH))
        places = (values - least) * count
        if np.max(np.abs(places - np.rint(places))) > MESH * count:
            columns = []
            break
        columns.append(np.rint(places).astype(int))
        shape.append(count)
        first.append(least)
    if len(columns) != inside.shape[1] or np.prod(shape) != len(points) \
            or len(np.unique(np.ravel_multi_index(columns, shape))) != len(points):
        checks.fail("thetas", "must be a uniform mesh of the whole zone for Wannier functions, each θ modulo 1 once",
                    f"{len(points)} values", "Take np.arange(n) / n; θ = 0 and θ = 1 are the same.")
    return np.array(first), np.argsort(np.ravel_multi_index(columns, shape)), tuple(shape)


def _need_isolated(found: list[Followed], rows: np.ndarray) -> None:
    for sector in (f.sector for f in found):
        for low in (rows[0] - 1, rows[-1]):
            if low < 0 or low + 1 >= len(sector.energies):
                continue
            if sector.clusters[low] == sector.clusters[low + 1]:
                raise RegimeError(f"bands {low} and {low + 1} touch at θ = {sector.theta.tolist()}: "
                                  f"{rows.tolist()} is no isolated group and its Wannier functions are not localised. "
                                  "Take both bands together, wannier([…]).")


def _frames(family: BlochFamily, found: list[Followed], rows: np.ndarray) -> np.ndarray:
    """u of these levels for θ in [0, 1), (n, g, size), Σ|u|² = 1."""
    frames = []
    for sector in (f.sector for f in found):
        inside = np.mod(sector.theta, 1.0)
        inside[inside > 1 - MESH] = 0.0
        u = family.waves(sector.at(inside), sector.states[rows])
        frames.append(u.reshape(len(rows), -1) * np.sqrt(family.twisted.base.grid.cell_volume))
    return np.stack(frames)


