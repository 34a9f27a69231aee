"""The grid of the certificate, and the bounds of blocks of levels."""

import numpy as np
import pytest

import qlearn as ql
from qlearn.spectrum.hermitian.certificate import _quadratic, band, finer


def well(points, extra=0.0):
    grid = ql.Grid((points, points), [(-9, 9)] * 2)
    return ql.Hamiltonian(grid, lambda x, y: (x**2 + 2 * y**2) / 2 + 0.1 * x * y + extra * np.cos(2 * np.pi * points * x / 18))


@pytest.mark.parametrize("points", [36, 54, 72])
def test_it_has_twice_the_wavenumbers_of_the_states(points):
    spectrum = ql.eigenstates(well(points), 4, method="reduced", tol=1e-4)
    grid, certified = spectrum.hamiltonian.grid, spectrum.certified_on
    for axis in range(2):
        powers = np.sum(np.abs(np.fft.fft(spectrum.states, axis=1 + axis)) ** 2, axis=(0, 2 - axis))
        occupied = band(ql.Grid(points, (-9, 9)), powers) * np.max(np.abs(grid.wavenumbers[axis]))
        assert points < certified.shape[axis] <= 2 * points
        assert certified.shape[axis] == 2 * points or np.max(np.abs(certified.wavenumbers[axis])) >= 1.98 * occupied
    assert (points == 36) == (certified.shape[0] == 72)


def test_it_sees_a_potential_between_the_points():
    """One wave of V from point to point: a constant for the grid, and still the bounds cover what it does."""
    spectrum = ql.eigenstates(well(72), 4, method="reduced")
    with pytest.warns(ql.errors.AccuracyWarning):
        blind = ql.eigenstates(well(72, 0.5), 4, method="reduced")
    assert blind.certified_on.shape == spectrum.certified_on.shape and max(blind.certified_on.shape) < 100
    np.testing.assert_allclose(blind.energies, spectrum.energies + 0.5, atol=1e-9)
    assert np.all(blind.error_bounds > 0.5) and np.max(spectrum.error_bounds) < 1e-8


def test_tables_are_certified_on_their_own_points():
    H = well(36)
    table = ql.Hamiltonian(H.grid, H.potential_table())
    assert finer(table, [0.3, 0.3]) is table and table.on(H.grid.refined(2)) is None
    box = ql.Hamiltonian(ql.Grid(39, (0, 1), "wall"), np.cos)
    assert [finer(box, [share]).grid.shape for share in (0.5, 0.6, 0.7, 0.9)] == [(49,), (49,), (59,), (79,)]


@pytest.mark.parametrize("lowest", [True, False])
def test_bounds_of_blocks_are_those_of_each_block_alone(lowest):
    rng = np.random.default_rng(3)
    energies, residuals = np.sort(rng.uniform(0, 9, 12)), 10.0 ** rng.uniform(-6, -1, 12)
    coupling, rounded = 1e-5 * rng.standard_normal((12, 12)), np.full(12, 1e-14)
    good = np.ones(12, dtype=bool)
    good[9] = False
    start, expected = 0 if lowest else 1, np.full(12, np.inf)
    for end in range(start + 1, 10):
        for i in range(start, end):
            size = np.linalg.norm(residuals[start:end])
            gap = energies[end] - residuals[end] - rounded[end] - energies[i] - size
            if start:
                gap = min(gap, energies[i] - energies[0] - residuals[0] - rounded[0] - size)
            shift = np.linalg.norm(coupling[start:end, start:end])
            if gap > shift:
                expected[i] = min(expected[i], shift + size**2 / (gap - shift))
    found = _quadratic(energies, residuals, coupling, rounded, good, lowest)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert np.isfinite(found).sum() >= 3 and np.all(np.isinf(found[9:]))
