"""ħ∂_τψ = −(H − E)ψ: ground states with their certificate."""

import warnings

import numpy as np
import pytest

import qlearn as ql
from qlearn.errors import AccuracyWarning, ArgumentError, UnsupportedError

GRID = ql.Grid(64, (-8, 8))
X = GRID.axes[0]
HBAR = 0.7
H = ql.Hamiltonian(GRID, lambda x: x**2 / 2, hbar=HBAR)
START = ql.gaussian(GRID, center=1, width=0.5, hbar=HBAR)
METHODS = [ql.Dense(), ql.Chebyshev(), None]


@pytest.mark.parametrize("method", METHODS, ids=lambda m: "chosen" if m is None else m.name)
def test_the_ground_state_of_the_oscillator(method):
    result = ql.sesolve(H, START, [0, 5.0, 20.0], method=method, imaginary_time=True, e_ops=[H], tol=1e-9)
    exact = np.exp(-X**2 / (2 * HBAR))
    exact /= GRID.norm(exact)
    assert GRID.norm(result.final_state - exact) < 1e-8
    assert abs(result.stats["energy"] - HBAR / 2) < 1e-9 and result.stats["residual"] < 1e-7
    assert result.stats["energy_drift"] is None and result.stats["norm_drift"] < 1e-12
    assert np.all(np.diff(result.expect[0]) < 0)


def test_the_path_is_that_of_the_scaled_semigroup_not_only_its_end():
    """exp(−Hτ/ħ)ψ0 scaled, with ħ in its place; the residual certifies an eigenvalue on the way too."""
    energies, vectors = np.linalg.eigh(H.to_matrix())
    result = ql.sesolve(H, START, [0, 0.3, 0.8], imaginary_time=True, tol=1e-10)
    for tau, psi in zip(result.times, result.states, strict=True):
        exact = vectors @ (np.exp(-energies * tau / HBAR) * (vectors.conj().T @ START))
        assert GRID.norm(psi - exact / GRID.norm(exact) * GRID.norm(START)) < 1e-9
    energy, residual = result.stats["energy"], result.stats["residual"]
    assert residual > 0.01 and np.min(np.abs(energies - energy)) <= residual


def test_a_batch_keeps_each_norm_and_has_a_certificate_each():
    batch = np.stack([START, 3j * START])
    result = ql.sesolve(H, batch, [0, 12.0], imaginary_time=True, tol=1e-8)
    np.testing.assert_allclose(GRID.norm(result.final_state), GRID.norm(batch), rtol=1e-12)
    assert result.stats["energy"].shape == result.stats["residual"].shape == (2,)
    np.testing.assert_allclose(result.stats["energy"], HBAR / 2, atol=1e-7)


def test_streaming_until_it_is_good_enough():
    for tau, psi in ql.propagate(H, START, np.linspace(0, 40, 81), imaginary_time=True):  # noqa: B007
        energy = H.expect(psi)
        if GRID.norm(H @ psi - energy * psi) < 1e-4:
            break
    assert 0 < tau < 40 and abs(energy - HBAR / 2) < 1e-7


@pytest.mark.parametrize(("H", "method"), [
    (H, ql.Chebyshev()), (ql.Hamiltonian(GRID, lambda x: x**2 / 2, nonlinearity=lambda n: 2 * n), ql.MultiProduct6())],
    ids=["Chebyshev", "MultiProduct6"])
def test_a_run_in_imaginary_time_goes_on_from_its_checkpoint(H, method, tmp_path):
    options = {"imaginary_time": True, "method": method, "checkpoint": tmp_path / "run.h5"}
    part = ql.sesolve(H, START, [0, 1.0, 9.0], stop=lambda t, psi: t == 1.0, **options)
    whole = ql.sesolve(H, START, [0, 1.0, 9.0], **options)
    del options["checkpoint"]
    alone = ql.sesolve(H, START, [0, 1.0, 9.0], **options)
    assert part.times.tolist() == [0, 1.0] and np.array_equal(alone.final_state, whole.final_state)
    with warnings.catch_warnings(), pytest.raises(Exception, match="imaginary_time" if method.name == "Chebyshev" else "method"):
        ql.sesolve(H, START, [0, 1.0, 9.0], method=ql.Chebyshev() if H.is_linear else ql.RKN6(), checkpoint=tmp_path / "run.h5")


@pytest.mark.parametrize(("hamiltonian", "tlist", "error", "words"), [
    (H, [1.0, 0.0], ArgumentError, "must increase in imaginary time"),
    (ql.Hamiltonian(GRID, lambda t, x: t * x**2, time_dependent=True), [0, 1], UnsupportedError, r"H\.at\(t\)"),
])
def test_what_has_no_meaning_is_refused(hamiltonian, tlist, error, words):
    with pytest.raises(error, match=words):
        ql.sesolve(hamiltonian, START, tlist, imaginary_time=True)


def test_a_condensate_has_a_chemical_potential_and_its_residual():
    """Gross–Pitaevskii: T + V + g|ψ|² has the eigenvalue μ = E + ½ g Σ|ψ|⁴ΔV (per norm 1); so is the residual."""
    g = 3.0
    condensate = ql.Hamiltonian(GRID, lambda x: x**2 / 2, hbar=HBAR, nonlinearity=lambda n: g * n)
    result = ql.sesolve(condensate, START, [0, 12.0], imaginary_time=True, tol=1e-6)
    stats, psi = result.stats, result.final_state
    assert stats["residual"] < 1e-4
    quartic = np.sum(np.abs(psi) ** 4) * GRID.cell_volume
    assert abs(stats["chemical_potential"] - stats["energy"] - g * quartic / 2) < 1e-8
    frozen = ql.Hamiltonian(GRID, X**2 / 2 + g * np.abs(psi) ** 2, hbar=HBAR)
    assert abs(np.linalg.eigvalsh(frozen.to_matrix())[0] - stats["chemical_potential"]) < stats["residual"]


def test_no_eigenvalue_is_promised_where_h_is_not_hermitian():
    lossy = ql.Hamiltonian(GRID, X**2 / 2, absorber=0.1 * X**2)
    with pytest.raises(UnsupportedError, match="Leave the absorber"):
        ql.sesolve(lossy, START, [0, 1], imaginary_time=True)


@pytest.mark.parametrize("method", [None, ql.Dense()], ids=["default", "Dense"])
def test_a_start_without_a_part_in_the_ground_state_is_not_said_to_be_followed_for_ever(method):
    """What rounding puts into the ground state grows like exp(τ): seen before it is all that is left."""
    grid = ql.Grid(64, (-8, 8))
    H, odd = ql.Hamiltonian(grid, lambda x: x**2 / 2), grid.axes[0] * np.exp(-grid.axes[0] ** 2 / 2)
    with pytest.warns(AccuracyWarning, match="estimated error") as warned:
        result = ql.sesolve(H, odd, [0, 60.0], imaginary_time=True, method=method)
    assert result.stats["energy"] < 1 and result.stats["error_estimate"] > 1
    assert not any("ql.Chebyshev()" in str(warning.message) for warning in warned)
    assert ql.sesolve(H, odd, [0, 2.0], imaginary_time=True, method=method).stats["error_estimate"] < 1e-8


def test_the_errors_of_a_long_way_add_up_to_less_than_tol():
    grid = ql.Grid(32, (-9, 9))
    H, psi = ql.Hamiltonian(grid, lambda x: x**2 / 2), ql.gaussian(grid, center=0.5, width=1)
    assert ql.sesolve(H, psi, [0, 3000.0], imaginary_time=True, tol=1e-6).stats["error_estimate"] < 1e-6


@pytest.mark.parametrize(("method", "center", "width"), [(None, 4, 0.4), (ql.Lanczos(), 3.5, 0.5)], ids=["default", "Lanczos"])
def test_a_start_high_up_keeps_its_tolerance_without_a_warning(method, center, width):
    """What is erred while ⟨H⟩ is high grows on the way down by 1/|⟨ground|ψ0⟩|, 6e4 and 1e3 here."""
    grid = ql.Grid(64, (-8, 8))
    H, psi = ql.Hamiltonian(grid, lambda x: 3 * x**2), ql.gaussian(grid, center=center, width=width, momentum=1)
    exact, final = (ql.sesolve(H, psi, [0, 2.0], imaginary_time=True, method=one, tol=1e-5).final_state
                    for one in (ql.Dense(), method))
    assert grid.norm(final - exact) < 1e-5
