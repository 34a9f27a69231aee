"""splitting: against mpmath from 1e-1 to 1e-82, closed forms, rings, inversions; refusals; differences of levels as a control."""

import warnings

import mpmath
import numpy as np
import pytest
from scipy.special import mathieu_a, mathieu_b

import qlearn as ql
from qlearn.errors import AccuracyWarning, ArgumentError, RegimeError, UnsupportedError
from qlearn.exact import MathieuRing

# (x² − 1)² between walls at ±2.5, ħ and E_odd − E_even of the lowest pair: validation/shooting.py with 150 and 200 digits
QUARTIC = {0.5: 0.1156069930376080273, 0.2: 0.00034229880510156114118, 0.1: 2.0771080601936724535e-8,
           0.05: 9.7793164906952446711e-17, 0.02: 1.7023315127563409503e-41, 0.01: 1.371402672015421227e-82}


def quartic(hbar, points=None, boundary="wall"):
    grid = ql.Grid(points or int(20 / hbar**0.5), (-2.5, 2.5), boundary)
    return ql.Hamiltonian(grid, lambda x: (x**2 - 1) ** 2, hbar=hbar)


@pytest.mark.parametrize("hbar", QUARTIC)
def test_of_any_size_and_within_the_estimate(hbar):
    found = ql.splitting(quartic(hbar), tol=1e-8)
    error = abs(found.value / QUARTIC[hbar] - 1)
    assert error < 1e-8 and error <= found.relative_error <= 1e-8


def test_differences_of_levels_cannot_say_it():
    """Control: below ε‖H‖ the plain difference has no digit, and its error bounds admit that."""
    spectrum = ql.eigenstates(quartic(0.05, 128), 2)
    difference = spectrum.energies[1] - spectrum.energies[0]
    assert abs(difference / QUARTIC[0.05] - 1) > 0.1
    assert spectrum.error_bounds.sum() > QUARTIC[0.05]


@pytest.mark.parametrize("pair", [0, 1, 4])
def test_oscillator_pairs_are_one_quantum_apart(pair):
    found = ql.splitting(ql.Hamiltonian(ql.Grid(80, (-10, 10)), lambda x: x**2 / 2), pair)
    assert abs(found.value - 1) <= found.error < 1e-6
    np.testing.assert_allclose(found.energies, [2 * pair + 0.5, 2 * pair + 1.5], atol=1e-8)


@pytest.mark.parametrize("pair", [0, 1])
@pytest.mark.parametrize("strength", [0.0, 1.0, 8.0])
def test_two_barriers_of_a_ring(strength, pair):
    found = ql.splitting(MathieuRing(strength).hamiltonian(48), pair)
    exact = 0.5 * (mathieu_b(pair + 1, strength) - mathieu_a(pair, strength))
    assert abs(found.value - exact) <= found.error + 1e-14 and found.relative_error < 1e-6


def test_half_a_twist_subtracts_the_second_barrier():
    """θ = ½: the paths round both sides of the ring interfere; equal barriers leave nothing, which is refused, not printed."""
    def ring(twist, uneven):
        return ql.Hamiltonian(ql.Grid(64, (0, 2 * np.pi), twist=twist), lambda x: 30 * np.cos(2 * x) + uneven * np.cos(x))
    with pytest.raises(UnsupportedError, match="not resolved"):
        ql.splitting(ring(0.5, 0.0))
    found = ql.splitting(ring(0.5, 10.0))
    levels = ql.eigenstates(ring(0.5, 10.0), 2)
    assert abs(found.value - np.diff(levels.energies)[0]) < 1e-11
    assert abs(levels.hamiltonian.grid.inner(found.states[0], levels.states[0])) > 1 - 1e-7
    whole, both = ql.splitting(ring(0.0, 10.0)).value, ql.splitting(ring(0.0, 0.0)).value
    assert whole != both and whole > 0


def test_states_are_those_of_the_levels():
    H = quartic(0.5, 80)
    found, levels = ql.splitting(H, 1), ql.eigenstates(H, 4, tol=1e-8)
    for state, level in zip(found.states, levels.states[2:], strict=True):
        assert abs(abs(H.grid.inner(state, level)) - 1) < 1e-9
    assert ql.parities(levels) == (1, -1, 1, -1)
    np.testing.assert_allclose(found.energies, levels.energies[2:], atol=1e-9)
    assert found.period == pytest.approx(2 * np.pi * 0.5 / found.value) and "pair (1, 1)" in repr(found)
    with pytest.raises(ValueError, match="read-only"):
        found.states[0] = 0


def test_a_plane_of_wells_and_units():
    """Separable in x: the splitting is that of one dimension; mass and length change with ħ fixed by the scale of V."""
    def V(x, y):
        return 7 * ((x / 3) ** 2 - 1) ** 2 + 0.9 * (y / 3) ** 2 * 7
    H = ql.Hamiltonian(ql.Grid((24, 14), [(-7.5, 7.5), (-5.4, 5.4)]), V, mass=1 / 63, hbar=0.2)     # ħ²/2ma²V = the case ħ = 0.2
    found = ql.splitting(H, tol=1e-7)
    assert abs(found.value / (7 * QUARTIC[0.2]) - 1) <= found.relative_error + 1e-9 < 1e-7
    levels = ql.eigenstates(ql.Hamiltonian(ql.Grid((48, 20), H.grid.bounds), V, mass=1 / 63, hbar=0.2), 2, tol=1e-2)
    assert np.diff(levels.energies)[0] == pytest.approx(found.value, rel=1e-4)


@pytest.mark.parametrize("axis", [(0, 1), (1, 0)])
def test_wells_turned_against_the_axes_by_inversion(axis):
    c, s = np.cos(0.6), np.sin(0.6)
    H = ql.Hamiltonian(ql.Grid((22, 22), [(-2.5, 2.5)] * 2),
                       lambda x, y: ((c * x + s * y) ** 2 - 1) ** 2 + 1.3 * (c * y - s * x) ** 2, hbar=0.2)
    found = ql.splitting(H, axis=axis, tol=1e-6)
    assert abs(found.value / QUARTIC[0.2] - 1) <= found.relative_error <= 1e-6
    with pytest.raises(RegimeError, match="not symmetric"):
        ql.splitting(H, axis=0)


def test_wells_in_space():
    H = ql.Hamiltonian(ql.Grid((16, 8, 8), [(-2.5, 2.5), (-2.6, 2.6), (-2.6, 2.6)], ("wall", "periodic", "periodic")),
                       lambda x, y, z: (x**2 - 1) ** 2 + y**2 + z**2 + 0.4 * y * z, hbar=0.5)
    found = ql.splitting(H, tol=1e-3)
    assert abs(found.value / QUARTIC[0.5] - 1) <= found.relative_error <= 1e-3
    assert found.states.shape == (2, 16, 8, 8) and found.stats["points"][0][1] < 64


def test_the_outer_two_of_three_wells():
    """The states of the middle well are even or odd alone: its ground state is even number 0, so the outer pair is (1, 0)."""
    H = ql.Hamiltonian(ql.Grid(128, (-2, 2)), lambda x: 8 * x**2 * (x**2 - 1) ** 2, hbar=0.1)
    levels = ql.eigenstates(H, 3)
    assert ql.parities(levels) == (1, -1, 1)                    # even above odd: negative
    found = ql.splitting(H, (1, 0), tol=1e-8)
    assert abs(found.value - (levels.energies[1] - levels.energies[2])) < levels.error_bounds.sum() and found.value < 0
    assert found.pair == (1, 0) and found.relative_error < 1e-8
    assert ql.splitting(H).value == pytest.approx(np.diff(levels.energies)[0], rel=1e-6)      # a difference, but of no pair
    with pytest.raises(ArgumentError, match="one number, or that of"):
        ql.splitting(H, (1, 0, 0))


def test_degenerate_levels_of_one_parity_are_refused_at_once():
    """Four wells by inversion: the odd levels (+, −) and (−, +) coincide; one axis alone tells them apart. No set is refined."""
    H = ql.Hamiltonian(ql.Grid((20, 20), [(-2.3, 2.3)] * 2), lambda x, y: (x**2 - 1) ** 2 + (y**2 - 1) ** 2, hbar=0.5)
    with pytest.raises(UnsupportedError, match=r"sets of points gave 0\.1156\d*, with .* reflect that one"):
        ql.splitting(H, axis=(0, 1))


def test_values_that_agree_by_chance_do_not_count():
    """A kink in V: the last two of six values differ by 2e-6, and are off by 1e-4 (exact: Runge–Kutta from kink to kink)."""
    a, c = 1.1377932678579665, 0.7634834309038385
    H = ql.Hamiltonian(ql.Grid(43, (-2.5, 2.5), "wall"), lambda x: c * np.abs(np.abs(x) - a) * (1 + 0.3 * x**2),
                       hbar=0.4657947305874717)
    with pytest.warns(AccuracyWarning, match="without kinks"):
        found = ql.splitting(H)
    assert abs(found.stats["values"][-1] / found.stats["values"][-2] - 1) < 2e-6
    assert 5e-6 < abs(found.value - 0.06588758608341311) <= found.error


@pytest.mark.parametrize("temperature", [0.2, 0.05])
def test_of_a_loss_it_is_the_slow_relaxation_rate(temperature):
    """ħH_E of a double well: the even ground state lies at 0, so E_odd − E_even = ħ · the slowest rate; no code is shared."""
    well, grid = ql.LearningSystem("q", loss="(q**2 - 1)**2", learning_rate=1, temperature="T"), ql.Grid(180, (-2.3, 2.3))
    H = ql.derive(well).equation.hamiltonian(grid, T=temperature)
    found, slow = ql.splitting(H, tol=1e-8), ql.relaxation(well, 1, grid=grid, parameters={"T": temperature})
    assert abs(found.value / H.hbar / slow.rates()[0] - 1) < 1e-11
    assert abs(found.energies[0]) < 1e-11


def test_above_the_barrier_nothing_decays():
    deep, above = (ql.splitting(quartic(0.1), pair).stats["depth"] for pair in (0, 6))
    assert deep > 8 and above < 0.5


def test_unequal_wells_are_refused_with_the_defect():
    H = ql.Hamiltonian(ql.Grid(64, (-2.5, 2.5)), lambda x: (x**2 - 1) ** 2 + 1e-7 * x, hbar=0.2)
    with pytest.raises(RegimeError, match=r"differs from V at the image by .*e-07.* no tunnelling"):
        ql.splitting(H)
    shifted = ql.Hamiltonian(ql.Grid(64, (-1.5, 3.5)), lambda x: ((x - 0.9) ** 2 - 1) ** 2, hbar=0.2)
    with pytest.raises(RegimeError, match="center="):
        ql.splitting(shifted)


def test_sympy_and_a_constant():
    import sympy
    x = sympy.Symbol("x")
    H = ql.Hamiltonian(ql.Grid(44, (-2.5, 2.5), "wall"), (x**2 - 1) ** 2, hbar=0.2)
    assert abs(ql.splitting(H).value / QUARTIC[0.2] - 1) < 1e-6
    box = ql.splitting(ql.Hamiltonian(ql.Grid(30, (0, np.pi), "wall"), 2.0))
    assert abs(box.value - 1.5) <= box.error


def test_kinks_and_small_tolerances_are_told():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = ql.splitting(quartic(0.2), tol=1e-15)
    assert [w.category for w in caught] == [AccuracyWarning] and "larger tol" in str(caught[0].message)
    assert found.relative_error > 1e-15
    with pytest.raises(UnsupportedError, match="out of the range of numbers"):
        ql.splitting(quartic(0.002))


@pytest.mark.parametrize(("change", "words"), [
    ({"potential": np.zeros(16)}, "between the points"), ({"vector_potential": [0.3]}, "vector potential"),
    ({"metric": lambda x: 1 + 0 * x}, "metric"), ({"absorber": 0.1}, "loss"), ({"nonlinearity": lambda n: n}, "ψ"),
    ({"potential": lambda x: np.zeros((2, 2, *x.shape))}, "channels"), ({"potential": np.zeros((3, 16))}, "batch")])
def test_what_is_not_offered(change, words):
    H = ql.Hamiltonian(ql.Grid(16, (-1, 1)), **{"potential": 0.0, **change})
    with pytest.raises(UnsupportedError, match=words):
        ql.splitting(H)


def test_refusals():
    with pytest.raises(ArgumentError, match="Hamiltonian"):
        ql.splitting(3)
    with pytest.raises(ArgumentError, match="pair"):
        ql.splitting(quartic(0.5), -1)
    with pytest.raises(ArgumentError, match="tol"):
        ql.splitting(quartic(0.5), tol=0)
    with pytest.raises(ArgumentError, match="static"):
        ql.splitting(ql.Hamiltonian(ql.Grid(16, (-1, 1)), lambda t, x: t * x**2, time_dependent=True))
    with pytest.raises(UnsupportedError, match="twist"):
        ql.splitting(ql.Hamiltonian(ql.Grid(16, (-1, 1), twist=0.3), 0.0))
    plane = ql.Grid((16, 16), [(-1, 1)] * 2)
    with pytest.raises(UnsupportedError, match="principal axes"):
        ql.splitting(ql.Hamiltonian(plane, 0.0, mass=[[1, 0.2], [0.2, 1]]))
    with pytest.raises(UnsupportedError, match="coarser grid"):
        ql.splitting(ql.Hamiltonian(ql.Grid((16, 600), [(-1, 1)] * 2), 0.0))


def test_the_reference_itself():
    """Shooting reproduces a stored number with other digits and steps."""
    shooting = pytest.importorskip("validation.shooting")
    value = shooting.splitting([1, 0, -2, 0, 1], 2.5, (0.26, 0.2604), hbar=0.2, digits=40, steps=17)
    assert abs(value - mpmath.mpf("0.00034229880510156114118")) < 1e-19
