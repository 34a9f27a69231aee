"""QuTiP: conventions of kets and operators, and its diagonalisation as a second opinion."""

import sys
import warnings
from dataclasses import replace

import numpy as np
import pytest

import qlearn as ql
from qlearn.errors import AccuracyWarning, ArgumentError, MissingExtraError, UnsupportedError

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
GRID = ql.Grid((12, 10), [(-4, 4), (0, 2 * np.pi)], twist=(0, 0.3))
H = ql.Hamiltonian(GRID, lambda x, y: x**2 / 2 + np.cos(y), mass=(1.0, 1.4), hbar=0.7)
PSI = ql.gaussian(GRID, center=(0.3, 3), width=(0.7, 0.8), momentum=(0, 0.5), hbar=0.7)


def test_kets_and_operators():
    ket, operator = ql.to_qutip(PSI, GRID), ql.to_qutip(H)
    assert ket.isket and ket.norm() == pytest.approx(1) and ket.dims[0] == [12, 10]
    assert operator.dims == [[12, 10], [12, 10]] and operator.isherm
    assert (operator * ket).overlap(ket).real == pytest.approx(H.expect(PSI) / 0.7)
    np.testing.assert_allclose(ql.from_qutip(ket, GRID), PSI, atol=1e-15)


@pytest.mark.filterwarnings("ignore:the grid")
def test_the_same_evolution_with_its_phase():
    result = ql.sesolve(H, PSI, [1.0, 1.4, 2.5], tol=1e-9, method=ql.RKN6())
    comparison = ql.compare_qutip(result)
    assert comparison.largest < 1e-9 and comparison.differences[0] < 1e-14
    assert comparison.differences.shape == (3,) and "diag" in comparison.method and comparison.points == 120
    assert [ket.dims[0] for ket in ql.to_qutip(result)] == [[12, 10]] * 3


@pytest.mark.filterwarnings("ignore:the")
def test_a_wrong_solution_is_seen():
    """Negative control: a coarse Strang run differs by what it is wrong."""
    result = ql.sesolve(H, PSI, [0, 2.0], method=ql.Strang(dt=0.25))
    exact = ql.sesolve(H, PSI, [0, 2.0], method=ql.Dense())
    error = GRID.norm(result.final_state - exact.final_state)
    assert error > 1e-3 and ql.compare_qutip(result).largest == pytest.approx(error, rel=1e-6)


@pytest.mark.filterwarnings("ignore:the grid")
def test_refusals():
    with pytest.raises(ArgumentError, match="grid"):
        ql.to_qutip(PSI)
    with pytest.raises(UnsupportedError, match="kets"):
        ql.from_qutip(ql.to_qutip(H), GRID)
    with pytest.raises(ArgumentError, match="120 components"):
        ql.from_qutip(ql.to_qutip(np.ones(8), ql.Grid(8, (0, 1))), GRID)
    with pytest.raises(ArgumentError, match="Result of sesolve"):
        ql.compare_qutip(H)
    with pytest.raises(ArgumentError, match="store_states"):
        ql.compare_qutip(ql.sesolve(H, PSI, [0, 0.1], store_states=False))
    driven = ql.Hamiltonian(ql.Grid(16, (0, 6)), lambda t, x: np.cos(t) + 0 * x, time_dependent=True)
    with pytest.raises(UnsupportedError, match="RKN6"):
        ql.compare_qutip(ql.sesolve(driven, ql.plane_wave(driven.grid, 1), [0, 0.1]))


@pytest.mark.parametrize("system", ["walls", "sphere", "channels", "field"])
def test_walls_poles_channels_and_vector_potentials_go_along(system):
    def wells(x):
        return np.array([[x**2, 0.3 + 0 * x], [0.3 + 0 * x, x**2 + 1]])

    both = [(-3, 3)] * 2
    sphere = ql.Grid((5, 6), [(0, np.pi), (0, 2 * np.pi)], ("pole", "periodic"))
    operator = {
        "walls": ql.Hamiltonian(ql.Grid((5, 6), both, ("wall", "periodic")), lambda x, y: x**2, mass=[[1, 0.2], [0.2, 1]],
                                hbar=0.7),
        "sphere": ql.Hamiltonian(sphere, lambda a, b: np.cos(a), metric=lambda a, b: [[1, 0], [0, np.sin(a) ** 2]]),
        "channels": ql.Hamiltonian(ql.Grid(8, (-3, 3), "wall"), wells),
        "field": ql.Hamiltonian(ql.Grid((5, 6), both), lambda x, y: x**2, vector_potential=lambda x, y: (np.sin(y), np.cos(x))),
    }[system]
    rng = np.random.default_rng(1)
    psi = rng.standard_normal(operator.state_shape) + 1j * rng.standard_normal(operator.state_shape)
    ket, theirs = ql.to_qutip(psi, operator.grid), ql.to_qutip(operator)
    assert theirs.isherm and theirs.dims == [list(operator.state_shape)] * 2 and ket.dims[0] == list(operator.state_shape)
    np.testing.assert_allclose(ql.from_qutip(theirs * ket, operator.grid), (operator @ psi) / operator.hbar, atol=1e-11)


def test_a_loss_is_not_compared():
    lossy = ql.Hamiltonian(ql.Grid(16, (0, 6)), 0.0, absorber=0.1)
    with pytest.raises(UnsupportedError, match="without loss"):
        ql.compare_qutip(ql.sesolve(lossy, ql.plane_wave(lossy.grid, 1), [0, 0.1]))


def test_without_qutip_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "qutip", None)
    with pytest.raises(MissingExtraError, match="verify"):
        ql.to_qutip(H)


def test_a_batch_is_named_as_what_is_wrong():
    grid = ql.Grid(16, (-4, 4))
    result = ql.sesolve(ql.Hamiltonian(grid, 0.0), np.ones((2, 16)), [0, 0.1])
    with pytest.raises(ArgumentError, match=r"states of shape \(2, 2, 16\)"):
        ql.to_qutip(result)


# --- levels -----------------------------------------------------------------------------------------------------------

def quiet(H, k, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AccuracyWarning)
        return ql.eigenstates(H, k, **options)


@pytest.mark.parametrize("hbar", [1.0, 0.37])
def test_levels_agree_with_those_of_qutip(hbar):
    spectrum = ql.eigenstates(ql.Hamiltonian(ql.Grid(96, (-8, 8)), lambda x: x**2 / 2, hbar=hbar, mass=1.2), 6)
    compared = ql.compare_qutip(spectrum)
    np.testing.assert_allclose(compared.energies, hbar * (np.arange(6) + 0.5) / np.sqrt(1.2), atol=1e-11)
    assert compared.largest < 1e-12 * compared.scale and compared.below == 0 and compared.points == 96
    assert np.all(np.abs(compared.overlaps - 1) < 1e-12) and compared.seconds > 0


def test_degenerate_levels_are_compared_as_subspaces():
    grid = ql.Grid((16, 16), [(-5, 5)] * 2)
    spectrum = quiet(ql.Hamiltonian(grid, lambda x, y: (x**2 + y**2) / 2), 5)     # the last multiplet is cut
    mixed = np.array(spectrum.states)
    mixed[1:3] = [(mixed[1] + mixed[2]) / np.sqrt(2), (mixed[1] - mixed[2]) / np.sqrt(2)]
    for states in (spectrum.states, mixed):
        compared = ql.compare_qutip(replace(spectrum, states=states))
        assert np.all(np.abs(compared.overlaps - 1) < 1e-9) and compared.largest < 1e-12 * compared.scale


def test_a_wrong_state_and_a_missed_level_show():
    spectrum = ql.eigenstates(ql.Hamiltonian(ql.Grid(64, (-8, 8)), lambda x: x**2 / 2), 4)
    swapped = replace(spectrum, states=np.array(spectrum.states)[[1, 0, 2, 3]])
    np.testing.assert_allclose(ql.compare_qutip(swapped).overlaps, [0, 0, 1, 1], atol=1e-9)
    rest = [0, 2, 3]
    missed = replace(spectrum, energies=spectrum.energies[rest], states=spectrum.states[rest])
    assert ql.compare_qutip(missed).largest == pytest.approx(1, abs=1e-9)
    above = replace(spectrum, energies=spectrum.energies[2:], states=spectrum.states[2:])
    assert ql.compare_qutip(above).below == 2 and ql.compare_qutip(above).largest < 1e-11


def test_levels_of_a_loss_are_compared_one_by_one():
    H = ql.Hamiltonian(ql.Grid(48, (-6, 6)), lambda x: x**2 / 2, absorber=0.1)
    spectrum = quiet(H, 3)
    compared = ql.compare_qutip(spectrum)
    assert compared.below is None and compared.largest < 1e-11 * compared.scale and np.all(np.abs(compared.overlaps - 1) < 1e-9)
    np.testing.assert_allclose(compared.energies, np.arange(3) + 0.5 - 0.1j, atol=1e-9)
    assert ql.compare_qutip(replace(spectrum, energies=np.conj(spectrum.energies))).largest > 0.1


def test_states_of_a_spectrum_are_kets():
    spectrum = ql.eigenstates(ql.Hamiltonian(ql.Grid(64, (-8, 8)), lambda x: x**2 / 2), 2)
    kets = ql.to_qutip(spectrum)
    assert len(kets) == 2 and abs(kets[0].overlap(kets[1])) < 1e-12
    np.testing.assert_allclose(ql.from_qutip(kets[1], spectrum.hamiltonian.grid), spectrum.states[1], atol=1e-14)


def test_too_many_points_for_levels_are_refused():
    grid = ql.Grid(2049, (-8, 8))
    spectrum = ql.Spectrum(ql.Hamiltonian(grid, 0.0), np.zeros(1), np.ones((1, 2049)), np.zeros(1), np.zeros(1), grid)
    with pytest.raises(UnsupportedError, match="limit 2048"):
        ql.compare_qutip(spectrum)


def test_a_small_loss_is_not_taken_for_none():
    """QuTiP's own test of hermiticity has a tolerance, 1e-12; here H says what it is."""
    H = ql.Hamiltonian(ql.Grid(16, (-6, 6)), lambda x: x**2 / 2, absorber=1e-13)
    assert not ql.to_qutip(H).isherm
