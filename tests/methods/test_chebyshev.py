"""Bessel functions and the expansion."""

import numpy as np
import pytest
from scipy.special import jv

import qlearn as ql
from qlearn.errors import UnsupportedError
from qlearn.methods import Record, Task
from qlearn.methods.bessel import bessel_functions


@pytest.mark.parametrize("z", [1e-9, 0.5, -3.0, 24.9, 25.1, -60.0, 800.0])
def test_bessel_functions(z):
    count = int(abs(z) + 10 * abs(z) ** (1 / 3)) + 60
    values = bessel_functions(np.array([z], dtype=np.longdouble), count)[0]
    np.testing.assert_allclose(values, jv(np.arange(count), z), atol=3e-14)
    assert values[0] ** 2 + 2 * np.sum(values[1:] ** 2) == pytest.approx(1, abs=1e-15)  # DLMF 10.23.3


@pytest.mark.parametrize("end", [2.0, -2.0, 30.0], ids=["forwards", "backwards", "many expansions"])
def test_against_the_dense_reference(end):
    grid = ql.Grid(48, (0, 2 * np.pi), twist=0.2)
    H = ql.Hamiltonian(grid, lambda x: np.where(np.abs(x - 3) < 1, 3.0, 0.0), hbar=1.4)  # steps of V do not matter
    psi0 = np.random.default_rng(1).standard_normal((2, 48)) + 0j
    times = np.array([0, 0.3, 0.31, 1.0]) * end
    found, reference = (method.start(Task(H, psi0, times, 1e-10, Record())) for method in (ql.Chebyshev(), ql.Dense()))
    for t in times[1:]:
        while (psi := found.move(float(t))) is None:
            pass
        assert np.max(grid.norm(psi - reference.move(float(t)))) < 1e-10


def test_a_constant_hamiltonian_only_turns_the_phase():
    grid = ql.Grid(2, (0, 1e12))  # T ~ 1e-23
    H = ql.Hamiltonian(grid, 2.0)
    final = ql.sesolve(H, np.full(2, 1e-6), [0, 1.0], method=ql.Chebyshev(), tol=0.5).final_state
    np.testing.assert_allclose(final, 1e-6 * np.exp(-2j), rtol=1e-12)


@pytest.mark.parametrize("method", [ql.Chebyshev(), ql.Dense()], ids=["Chebyshev", "Dense"])
def test_time_dependence_is_refused_with_an_alternative(method):
    H = ql.Hamiltonian(ql.Grid(16, (0, 1)), lambda t, x: t * x, time_dependent=True)
    with pytest.raises(UnsupportedError, match="RKN6"):
        ql.sesolve(H, np.ones(16), [0, 1], method=method)


def test_dense_refuses_large_grids():
    with pytest.raises(UnsupportedError, match="Chebyshev"):
        ql.sesolve(ql.Hamiltonian(ql.Grid(8192, (0, 1)), 0.0), np.ones(8192), [0, 1], method=ql.Dense())
