"""Resonances by complex scaling: closed forms, estimates that cover the errors, what must not be taken for one, refusals."""

import numpy as np
import pytest
import sympy

import qlearn as ql
from qlearn.errors import AccuracyWarning, ArgumentError, RegimeError, UnsupportedError
from qlearn.exact import BarrierPoles, EckartBarrier, InvertedOscillator, RadialBarrier
from qlearn.spectrum import resonances
from qlearn.spectrum.resonances.complex_scaling import ScaledHamiltonian, loop_defect

BOX = ql.Grid(128, (-14, 14))


def well(x):
    """A well behind two barriers, (x²/2 − 0.8)e^{−x²/10}."""
    return (0.5 * x**2 - 0.8) * np.exp(-0.1 * x**2)


@pytest.mark.parametrize(("mass", "hbar", "width"), [(1.0, 1.0, 1.0), (2.0, 0.7, 1.0), (1.0, 1.0, 1.5)])
def test_first_pole_of_a_barrier(mass, hbar, width):
    case = BarrierPoles(2.0, width, mass, hbar)
    found = resonances(case.hamiltonian(ql.Grid(160, (-18, 18))), 1, target=case.energy(0))
    error = abs(found.energies[0] - case.energy(0))
    assert error < 1e-7 and error <= found.errors[0]
    assert found.widths[0] == -2 * found.energies[0].imag and np.asarray(found).shape == (1,)
    assert found.states.shape == (1, 160)
    assert abs(np.sum(found.states**2) * found.hamiltonian.grid.cell_volume - 1) < 1e-12


def test_several_poles_of_an_inverted_oscillator():
    found = resonances(InvertedOscillator().hamiltonian(ql.Grid(96, (-9, 9))), 3, target=-0.4j)
    errors = np.abs(found.energies - [-0.5j, -1.5j, -2.5j])
    assert np.max(errors) < 1e-9 and np.all(errors <= found.errors)


def test_known_radial_resonances_within_their_estimates():
    case = RadialBarrier()
    found = resonances(case.hamiltonian(300, 18.0), 2, target=3.6, center=0.0, angle=0.3)
    errors = np.abs(found.energies - [case.energy(0), case.energy(1)])
    assert np.max(errors) < 1e-7 and np.all(errors <= found.errors) and np.all(found.errors < 1e-5)


def test_uniform_and_exterior_scaling_agree():
    uniform = resonances(ql.Hamiltonian(BOX, well), 2, target=1.5, angle=0.3)
    exterior = resonances(ql.Hamiltonian(ql.Grid(360, (-22, 22)), well), 2, target=1.5, angle=0.5, exterior=10.0)
    assert np.all(np.abs(uniform.energies - exterior.energies) <= uniform.errors + exterior.errors)
    assert np.all(exterior.errors < 1e-4) and "exterior" in exterior.method


def test_exterior_scaling_takes_a_potential_with_a_kink_inside():
    """|x| < 3 holds the kink; the same resonance on a finer grid within the estimate."""
    def bumps(x):
        return np.where(np.abs(x) < 3, np.abs(x) * (3 - np.abs(x)), 0.0)
    with pytest.raises(UnsupportedError, match="not analytic"):
        resonances(ql.Hamiltonian(BOX, bumps), 1, target=1.5)
    coarse, fine = (resonances(ql.Hamiltonian(ql.Grid(n, (-12, 12)), bumps), 1, target=1.5, angle=0.5, exterior=3.5)
                    for n in (160, 480))
    assert abs(coarse.energies[0] - fine.energies[0]) <= coarse.errors[0] + fine.errors[0] and coarse.errors[0] < 0.05


def test_sympy_and_channels_that_do_not_couple_give_the_resonances_of_each():
    x = sympy.Symbol("x")
    first = (x**2 / 2 - sympy.Rational(4, 5)) * sympy.exp(-(x**2) / 10)
    both = ql.Hamiltonian(BOX, sympy.Matrix([[first, 0], [0, first + 1]]))
    single = resonances(ql.Hamiltonian(BOX, first), 1, target=1.3, angle=0.3)
    pair = resonances(both, 2, target=1.85, angle=0.3)
    expected = np.sort_complex(np.array([1.784582869 - 0.1737507096j, 0.6209709510 + 1 - 5.8266626e-5j]))
    np.testing.assert_allclose(np.sort_complex(pair.energies), expected, atol=1e-6)
    assert abs(single.energies[0] - (1.3271970727 - 0.0154473188j)) < single.errors[0] < 1e-5


def test_a_bound_state_in_a_closed_channel_decays_into_the_open_one():
    """Feshbach: the width grows as the square of a weak coupling."""
    def coupled(strength):
        def V(x):
            g = np.exp(-(x**2) / 2)
            return [[0 * x, strength * g], [strength * g, 1.5 - 2.0 * g]]
        return resonances(ql.Hamiltonian(ql.Grid(112, (-16, 16)), V), 1, target=0.75, angle=0.4)
    weak, twice = coupled(0.05), coupled(0.1)
    assert abs(twice.widths[0] / weak.widths[0] / 4 - 1) < 0.05 and weak.widths[0] > 0


def test_separable_resonance_in_two_dimensions():
    grid = ql.Grid((30, 16), [(-8, 8), (-5, 5)])
    found = resonances(ql.Hamiltonian(grid, lambda x, y: well(x) + y**2 / 2), 1, target=1.83, angle=0.3)
    error = abs(found.energies[0] - (1.3271970727 + 0.5 - 0.0154473188j))
    assert error <= found.errors[0] < 1e-2


def test_overlapping_resonances_above_a_double_barrier_are_told_apart():
    def double(x):
        return 2 * (1 / np.cosh(x - 4) ** 2 + 1 / np.cosh(x + 4) ** 2)
    found = resonances(ql.Hamiltonian(ql.Grid(200, (-20, 20)), double), 3, target=2.2, angle=0.2)
    gaps = np.abs(found.energies[:, None] - found.energies)[np.triu_indices(3, 1)]
    assert np.min(gaps) > 0.4 and np.max(found.widths) > 0.5 and np.all(found.errors < 1e-3)


def test_narrow_widths_stop_at_the_floor_of_their_error():
    H = ql.Hamiltonian(ql.Grid(224, (-20, 20)), lambda x: 0.5 * x**2 * np.exp(-0.06 * x**2))
    found = resonances(H, 1, target=0.48, angle=0.2)
    assert abs(found.energies[0].real - 0.4767379057526) < 1e-10
    assert abs(found.widths[0] - 1.61e-11) < 2 * found.errors[0] and found.errors[0] < 1e-10


@pytest.mark.parametrize("potential", [lambda x: 0 * x, lambda x: -2 / np.cosh(x) ** 2, lambda x: x**2 / 2],
                         ids=["free", "bound", "oscillator"])
def test_no_turned_wave_and_no_bound_state_is_a_resonance(potential):
    with pytest.raises(RegimeError, match="no resonance"):
        resonances(ql.Hamiltonian(BOX, potential), 2, target=0.5)


def test_bound_states_of_a_radial_well_are_left_out_and_its_resonance_is_not():
    """A well of −6 at r = 0, where the wall is no open end, behind a barrier."""
    H = ql.Hamiltonian(ql.Grid(160, (0, 16), "wall"), lambda r: (2 * r**2 - 6) * np.exp(-(r**2) / 4))
    bound = ql.eigenstates(ql.Hamiltonian(H.grid, H.potential), 1, tol=1e-2).energies[0]
    found = resonances(H, 2, target=-1.0, center=0.0)
    assert bound < -0.5 and np.all(found.positions > 0) and np.all(found.widths > 0) and np.all(found.errors < 1e-3)


def test_an_angle_too_small_does_not_uncover():
    case = BarrierPoles(2.0)
    with pytest.raises(RegimeError, match="larger angle"):
        resonances(case.hamiltonian(BOX), 1, target=case.energy(0), angle=0.15)


def test_fewer_than_asked_are_said():
    with pytest.warns(AccuracyWarning, match="of 3 resonances"):
        resonances(BarrierPoles(2.0).hamiltonian(BOX), 3, target=2 - 1j, angle=0.5)


@pytest.mark.parametrize("potential", [lambda x: np.exp(-np.abs(x)), lambda x: 1 / np.cosh(np.real(x)) ** 2,
                                       lambda x: np.where(np.real(x) > 1, 1.0, 0.0), lambda x: 1 / ((x - 3) ** 2 + 0.01)],
                         ids=["kink", "real part", "step", "poles beside the axis"])
def test_potentials_that_are_not_analytic_are_refused(potential):
    with pytest.raises(UnsupportedError, match="not analytic"):
        resonances(ql.Hamiltonian(BOX, potential), 1, target=1.0)


@pytest.mark.parametrize("potential", [lambda x: np.heaviside(x, 0.5), EckartBarrier(2.0, 1.0).potential,
                                       lambda x: np.interp(x, [-8, 0, 8], [0, 1, 0])], ids=["heaviside", "float", "interp"])
def test_potentials_that_take_no_complex_numbers_are_refused_by_that_name(potential):
    with pytest.raises(UnsupportedError, match="complex arrays"):
        resonances(ql.Hamiltonian(BOX, potential), 1, target=1.0)


def test_loop_defect_tells_analytic_potentials():
    scaled = ScaledHamiltonian(ql.Hamiltonian(BOX, well), (0.0,), 0.5)
    assert loop_defect(scaled) < 1e-9
    plane = ql.Hamiltonian(ql.Grid((32, 32), [(-6, 6)] * 2), lambda x, y: np.exp(-(x**2) - y**2))
    assert loop_defect(ScaledHamiltonian(plane, (0.0, 0.0), 0.4)) < 1e-9
    broken = ql.Hamiltonian(ql.Grid((32, 32), [(-6, 6)] * 2), lambda x, y: np.exp(-np.abs(x * x) - y**2))
    assert loop_defect(ScaledHamiltonian(broken, (0.0, 0.0), 0.4)) > 1e-4


@pytest.mark.parametrize("potential", [lambda x: 2 / np.cosh(x - 5) ** 2, lambda x: 1 / (1 + (x - 3) ** 2) ** 2],
                         ids=["1/cosh²", "double pole"])
def test_poles_without_residue_between_axis_and_path_are_refused(potential):
    """Their ∮V dz is zero: past them H_θ has resonances of its own that are none of H."""
    H = ql.Hamiltonian(BOX, potential)
    with pytest.raises(UnsupportedError, match="not analytic"):
        resonances(H, 1, target=1.75 - 1j, angle=0.6)
    assert loop_defect(ScaledHamiltonian(H, (0.0,), 0.1)) < 1e-12


def test_small_parts_that_are_not_analytic_are_refused():
    with pytest.raises(UnsupportedError, match="not analytic"):
        resonances(ql.Hamiltonian(BOX, lambda x: 2 / np.cosh(x) ** 2 + 1e-6 * np.abs(x) * np.exp(-np.abs(x))), 1, target=2 - 1j)


def test_paths_on_which_the_potential_grows_beyond_the_grid_are_not_taken():
    """At θ = 0.4 |V| reaches 8000 and the eigenvalue 5.385 − 1.001i stands still on 200 and on 400 points: it is none of H."""
    bumps = [(6.45, 0.43, 1.26), (-0.06, 1.01, 0.72), (2.98, 4.13, 0.49), (-0.54, -0.92, 0.89), (-0.79, 0.51, 1.68)]
    H = ql.Hamiltonian(ql.Grid(128, (-20, 20)), lambda x: sum(a * np.exp(-(((x - c) / w) ** 2) / 2) for a, c, w in bumps))
    with pytest.raises(UnsupportedError, match="grid resolves"):
        resonances(H, 1, target=5.385 - 1j, angle=0.4)


def test_a_turned_wave_at_the_threshold_is_no_resonance():
    """0.0008 with an error as large turned up in a box too small to tell; the true poles lie elsewhere."""
    wells = [(-0.43, 3.71, 1.68), (-0.72, -1.78, 1.94), (-1.56, -3.81, 0.86)]
    H = ql.Hamiltonian(ql.Grid(128, (-20, 20)),
                       lambda x: sum(a * (x - c) ** 2 * np.exp(-(((x - c) / w) ** 2) / 2) for a, c, w in wells))
    with pytest.raises(RegimeError, match="no resonance"):
        resonances(H, 1, target=8e-4 - 2e-4j)


@pytest.mark.parametrize("seed", range(6))
def test_random_wells_and_barriers_give_the_same_in_a_larger_box_on_a_finer_grid(seed):
    """Estimates cover the difference."""
    rng = np.random.default_rng(seed)
    heights, places, widths = 3 * rng.standard_normal(4), rng.uniform(-3, 3, 4), rng.uniform(0.6, 2, 4)

    def V(x):
        return sum(a * np.exp(-(((x - c) / w) ** 2) / 2) for a, c, w in zip(heights, places, widths, strict=True))
    try:
        found = resonances(ql.Hamiltonian(ql.Grid(96, (-14, 14)), V), 1, target=2 - 0.5j)
    except RegimeError:
        return
    again = resonances(ql.Hamiltonian(ql.Grid(240, (-20, 20)), V), 1, target=found.energies[0])
    assert abs(again.energies[0] - found.energies[0]) <= found.errors[0] + again.errors[0]


def test_refusals():
    x = BOX.axes[0]
    walls = ql.Grid(64, (0, 10), "wall")
    cases = [
        (ql.Hamiltonian(BOX, well(x)), {}, UnsupportedError, "callable"),
        (ql.Hamiltonian(BOX, well, absorber=0.1), {}, UnsupportedError, "Hermitian"),
        (ql.Hamiltonian(ql.Grid(64, (-8, 8), twist=0.2), well), {}, UnsupportedError, "twist"),
        (ql.Hamiltonian(BOX, well, metric=lambda x: [[1 + 0.1 * np.cos(x)]]), {}, UnsupportedError, "metric"),
        (ql.Hamiltonian(ql.Grid((65, 65), [(0, 1)] * 2), lambda x, y: x * y), {}, UnsupportedError, "coarser"),
        (ql.Hamiltonian(ql.Grid((8, 8), [(0, 1)] * 2), lambda x, y: x * y), {"exterior": 0.1}, UnsupportedError, "one dimension"),
        (ql.Hamiltonian(walls, RadialBarrier().potential), {}, ArgumentError, "center=a"),
        (ql.Hamiltonian(BOX, well), {"center": 20.0}, ArgumentError, "inside the box"),
        (ql.Hamiltonian(BOX, well), {"angle": 1.0}, ArgumentError, "angle"),
        (ql.Hamiltonian(BOX, well), {"exterior": 13.0}, ArgumentError, "exterior"),
        (well, {}, ArgumentError, "H must be"),
    ]
    for H, options, kind, words in cases:
        with pytest.raises(kind, match=words):
            resonances(H, 1, target=1.0, **options)
