"""The lengths of V that bound a step."""

import numpy as np
import pytest

import qlearn as ql
from qlearn.methods import Record
from qlearn.methods.features import features_of, finest_lengths, lengths_below
from qlearn.methods.reach import RESOLVED, Reach

GRID = ql.Grid(512, (-10, 10))
X = GRID.axes[0]


@pytest.mark.parametrize(("potential", "of_slope", "of_curvature"), [
    (np.cos(2 * X), 0.5, 1.0), (0 * X, np.inf, np.inf), (3 * X, np.inf, np.inf), (X**2 / 2, 10.0, np.inf),
    (50 * np.cos(X / 5) - 20 * np.exp(-(X / 0.3) ** 2), 0.3 / 2 * 2**0.5 * np.exp(-0.5), 0.741 * 0.3),
    (X**2 / 2 + 0.01 * np.exp(-X**2), 10.0, 0.741),
    (np.minimum(X**2, 50), 50**0.5, np.inf), (np.where(np.abs(X) < 1, 5.0, 0.0), GRID.spacing[0], GRID.spacing[0]),
    (np.stack([X**2 / 2, 0.1 * np.cos(2 * X)]), 10.0, 1.0),
], ids=["cos", "flat", "linear", "oscillator", "narrow in broad", "bump on a slope", "kink out of reach", "step", "two parts"])
def test_feature_lengths(potential, of_slope, of_curvature):
    lengths = lengths_below(49.0, features_of(potential, GRID.spacing))
    assert lengths.of_slope[0] == pytest.approx(of_slope, rel=0.05)
    assert lengths.of_curvature[0] == pytest.approx(of_curvature, rel=0.05)


@pytest.mark.parametrize("energy", [-1.0, 0.3, 5.0, 60.0])
def test_the_compiled_look_at_features_finds_the_same(energy):
    parts = np.stack([X**2 / 2, 0.1 * np.cos(2 * X), np.minimum(np.abs(X), 3.0)])
    for potential, level in ((parts[0], None), (parts, None), (parts, parts.min(axis=0))):
        features = features_of(potential, GRID.spacing, level)
        with ql.phase_backend("numpy"):
            wanted = lengths_below(energy, features)
        assert lengths_below(energy, features) == wanted


def test_limits_of_a_packet():
    H = ql.Hamiltonian(GRID, np.cos(2 * X), mass=2.0, hbar=0.5)
    psi = ql.gaussian(GRID, center=1, width=1.5, momentum=8.0, hbar=0.5)
    turn, longest = Reach(H, Record()).limits(np.stack([psi, 0 * psi]), 0.0)
    assert longest == pytest.approx(0.5 / 4.0, rel=0.01)
    energy = H.expect(psi)
    assert turn == pytest.approx(0.5 / np.sqrt(GRID.norm(H @ psi) ** 2 - energy**2), rel=1e-9)


@pytest.mark.parametrize(("potential", "expected"), [
    (X**2, np.inf), (X**4, 5.0), (np.cos(2 * X), 1.0), (X**4 + 1e-3 * np.exp(-X**2), 0.51),
    (np.where(np.abs(X) < 1, 5.0, 0.0), GRID.spacing[0])], ids=["oscillator", "quartic", "cos", "bump on a quartic", "step"])
def test_finest_lengths(potential, expected):
    """A bump on a quartic shows in the sixth and seventh derivatives, (max − min of H₆ e^{−x²})/max|H₇ e^{−x²}| = 0.51."""
    reached = np.ones(X.shape, dtype=bool)
    assert finest_lengths(potential[None], GRID.spacing, reached)[0] == pytest.approx(expected, rel=0.02)


def test_steps_that_resolve_a_bump():
    """q = √(p² + 4π/h) − p has to be large beside 1/λ of the bump; none counts that is faint, or out of reach, whatever V does
    there."""
    psi = ql.gaussian(GRID, center=-3, width=0.7, momentum=2.0)
    bumps = [0 * X, 1e-3 * np.exp(-X**2), 1e-9 * np.exp(-X**2), 1e-3 * np.exp(-(X - 9.5) ** 2)]
    bumps.append(bumps[1] + 1e4 * (np.abs(X) > 8))
    for bump, long in zip(bumps, (True, False, True, True, False), strict=True):
        reach = Reach(ql.Hamiltonian(GRID, X**4 / 100 + bump), Record())
        reach.limits(psi, 0.0)
        assert reach.resolved(0.0, 1e-7) > 0.02
        assert (reach.resolved(0.0, 1e-7) > 0.4) is long


def test_the_longest_step_that_is_resolved():
    """There (√(p² + 4π/h) − p) λ = RESOLVED for the largest p at the energy that the state reaches."""
    V, psi = np.cos(2 * X), ql.gaussian(GRID, center=-3, width=0.7, momentum=2.0)
    reach = Reach(ql.Hamiltonian(GRID, V), Record())
    reach.limits(psi, 0.0)
    longest, p = reach.resolved(0.0, 1e-7), np.sqrt(2 * (reach.energy - V.min()))
    (length,) = finest_lengths(V[None], GRID.spacing)
    assert (np.sqrt(p**2 + 4 * np.pi / longest) - p) * length == pytest.approx(RESOLVED, rel=1e-6)
