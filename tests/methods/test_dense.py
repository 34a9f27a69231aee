"""The dense reference, against SciPy's own exponential, and every linear method on whatever array it is given."""

import numpy as np
import pytest
from runs import run
from scipy.linalg import expm

import qlearn as ql
from qlearn.errors import ArgumentError, UnsupportedError

GRID = ql.Grid(32, (0, 6), twist=0.2)
X = GRID.axes[0]
COUPLED = np.array([[np.cos(np.pi * X / 3), 0.4j * np.sin(np.pi * X / 3)], [-0.4j * np.sin(np.pi * X / 3), 1 + 0 * X]])
PSI = ql.gaussian(GRID, center=3, width=0.6, momentum=1)
PROBLEMS = {
    "scalar": (ql.Hamiltonian(GRID, np.cos(np.pi * X / 3), hbar=0.8), PSI),
    "absorber": (ql.Hamiltonian(GRID, np.cos(np.pi * X / 3), absorber=0.3 * (1 + np.sin(np.pi * X / 3))), PSI),
    "gain": (ql.Hamiltonian(GRID, np.cos(np.pi * X / 3) + 0.2j), PSI),
    "channels": (ql.Hamiltonian(GRID, COUPLED), np.stack([PSI, 0.5j * PSI])),
    "lossy channels": (ql.Hamiltonian(GRID, COUPLED, absorber=0.3 + 0 * X), np.stack([PSI, 0.5j * PSI])),
    "metric": (ql.Hamiltonian(GRID, np.cos(np.pi * X / 3), metric=lambda q: 1 + 0.3 * np.cos(np.pi * q / 3)), PSI),
}
METHODS = [ql.Dense(), ql.Chebyshev(), ql.Lanczos(), ql.Magnus4()]


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.name)
@pytest.mark.parametrize("problem", PROBLEMS)
def test_every_linear_method_on_every_static_problem(problem, method):
    H, psi0 = PROBLEMS[problem]
    if method.name == "Chebyshev" and not H.is_hermitian:
        with pytest.raises(UnsupportedError, match="Lanczos"):
            method.check(H)
        return
    exact = (expm(-1.5j / H.hbar * H.to_matrix()) @ psi0.ravel()).reshape(psi0.shape)
    (final,), record = run(method, H, psi0, [0, 1.5], 1e-8)
    assert H.norm(final - exact) < 1e-8, record.note


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.name)
def test_a_batch_over_v_and_psi(method):
    strengths = np.array([0.5, 1.0, 3.0])[:, None]
    H = ql.Hamiltonian(GRID, strengths * np.cos(np.pi * X / 3))
    batch = np.stack([np.stack([PSI, 2 * PSI, PSI.conj()]), np.stack([PSI, 0 * PSI, PSI])])
    (found,), _ = run(method, H, batch, [0, 1.0], 1e-8)
    for member, strength in enumerate(strengths[:, 0]):
        one = ql.Hamiltonian(GRID, strength * np.cos(np.pi * X / 3))
        exact = (expm(-1j * one.to_matrix()) @ batch[:, member].T).T
        assert np.max(GRID.norm(found[:, member] - exact)) < 2e-8


@pytest.mark.parametrize("imaginary", [False, True], ids=["real", "imaginary"])
@pytest.mark.parametrize("method", [ql.Dense(), ql.Chebyshev(), ql.Lanczos(dt=0.1), ql.Magnus4(dt=0.1)], ids=lambda m: m.name)
@pytest.mark.parametrize("problem", ["scalar", "channels"])
@pytest.mark.parametrize("kind", ["array_api_strict", "torch"])
def test_arrays_of_other_kinds_give_the_same_numbers(kind, problem, method, imaginary):
    xp = pytest.importorskip(kind, reason=f"{kind} is an optional kind of array")
    if kind == "torch":
        pytest.importorskip("array_api_compat", reason="PyTorch needs array_api_compat")
    if imaginary and method.name == "Magnus4":
        return
    H, psi0 = PROBLEMS[problem]
    (expected,), _ = run(method, H, psi0, [0, 0.5], 1e-12, imaginary=imaginary)
    (found,), _ = run(method, H, xp.asarray(psi0), [0, 0.5], 1e-12, imaginary=imaginary)
    assert type(found) is type(xp.asarray(psi0))
    np.testing.assert_allclose(np.asarray(found), expected, atol=1e-12)


def test_crank_nicolson_refuses_arrays_of_other_kinds():
    xp = pytest.importorskip("array_api_strict", reason="array_api_strict is an optional kind of array")
    with pytest.raises(ArgumentError, match="NumPy"):
        run(ql.CrankNicolson(), *[PROBLEMS["scalar"][0], xp.asarray(PSI)], [0, 1.0])


def test_imaginary_time_cannot_overflow():
    H = ql.Hamiltonian(GRID, np.cos(np.pi * X / 3) - 1e4)
    (final,), _ = run(ql.Dense(), H, PSI, [0, 50.0], imaginary=True)
    assert GRID.norm(final) == pytest.approx(1, rel=1e-12)


@pytest.mark.parametrize("method", [*METHODS, ql.CrankNicolson()], ids=lambda m: m.name)
def test_nonlinear_equations_are_refused_with_an_alternative(method):
    with pytest.raises(UnsupportedError, match="RKN6"):
        method.check(ql.Hamiltonian(GRID, 0.0, nonlinearity=lambda n: n))
