"""Properties of the flow that hold for any method: norm, reversibility, linearity, Galilean shift, products of states."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import qlearn as ql

GRID = ql.Grid(48, (0, 2 * np.pi), twist=0.3)
H = ql.Hamiltonian(GRID, lambda x: np.cos(x) - 0.7 * np.sin(2 * x), mass=1.4, hbar=0.8)
METHODS = [ql.Strang(dt=0.05), ql.RKN6(dt=0.2), ql.RKN6(), ql.Chebyshev(), ql.Dense()]
IDS = ["Strang", "RKN6 fixed", "RKN6", "Chebyshev", "Dense"]


def packet(seed):
    rng = np.random.default_rng(seed)
    return ql.gaussian(GRID, center=rng.uniform(0, 6), width=rng.uniform(0.4, 0.7), momentum=rng.uniform(-2, 2), hbar=0.8) \
        * np.exp(1j * rng.uniform(0, 6))


@pytest.mark.parametrize("method", METHODS, ids=IDS)
@given(seed=st.integers(0, 2**32 - 2), end=st.floats(0.1, 3))
@settings(max_examples=5, deadline=None)
def test_norm_linearity_and_return(method, seed, end):
    a, b, c = packet(seed), packet(seed + 1), 0.3 - 1.1j
    batch = np.stack([a, b, a + c * b])
    forth = ql.sesolve(H, batch, [0, end], method=method, tol=1e-9).final_state
    truncated = isinstance(method, ql.Chebyshev)  # the others are products of unitary factors: rounding, 2e-16 a pair, up to 620
    np.testing.assert_allclose(GRID.norm(forth), GRID.norm(batch), rtol=1e-11 if truncated else 3e-13)
    assert GRID.norm(forth[0] + c * forth[1] - forth[2]) < 1e-12  # one batch takes the same steps: linear to rounding
    back = ql.sesolve(H, forth, [end, 0], method=method, tol=1e-9).final_state
    chosen = method in (ql.Chebyshev(), ql.RKN6())  # steps differ on the way back; fixed ones are symmetric in time
    assert np.max(GRID.norm(back - batch) / GRID.norm(batch)) < (2e-9 if chosen else 1e-12)


def test_return_through_a_driven_potential():
    driven = ql.Hamiltonian(GRID, lambda t, x: np.cos(x - 2 * t), time_dependent=True)
    psi = packet(0)
    forth = ql.sesolve(driven, psi, [0.5, 2.5], method=ql.RKN6(dt=0.1)).final_state
    assert GRID.norm(ql.sesolve(driven, forth, [2.5, 0.5], method=ql.RKN6(dt=0.1)).final_state - psi) < 1e-12
    assert GRID.norm(forth - psi) > 0.1


@given(n=st.integers(-4, 4))
@settings(max_examples=6, deadline=None)
def test_galilean_shift(n):
    """Seen from a frame that moves with v = ħ2πn/mL the free packet is the same packet, up to the boost phase."""
    mass, hbar, t = 1.4, 0.8, 1.7
    free = ql.Hamiltonian(GRID, 0.0, mass=mass, hbar=hbar)
    psi, x = packet(3), GRID.axes[0]
    boosted = ql.sesolve(free, np.exp(1j * n * x) * psi, [0, t], tol=1e-11).final_state
    moved = ql.sesolve(free, psi, [0, t], tol=1e-11).final_state
    v = hbar * n / mass
    modes = GRID.transform(moved) * np.exp(-1j * GRID.wavenumbers[0] * v * t)
    expected = np.exp(1j * (n * x - 0.5 * mass * v**2 * t / hbar)) * GRID.inverse_transform(modes)
    assert GRID.norm(boosted - expected) < 1e-10


def test_product_states_stay_products_and_a_mass_matrix_couples_them():
    grid = ql.Grid((32, 36), [(0, 2 * np.pi)] * 2, twist=(0.0, 0.2))
    axes = [ql.Grid(32, (0, 2 * np.pi)), ql.Grid(36, (0, 2 * np.pi), twist=0.2)]
    potentials = [lambda x: np.cos(x), lambda y: 0.5 * np.sin(y)]
    masses = (1.0, 2.0)
    starts = [ql.gaussian(axis, center=3, width=0.6, momentum=1) for axis in axes]
    parts = [ql.sesolve(ql.Hamiltonian(axis, v, mass=m), psi, [0, 1.0], tol=1e-10).final_state
             for axis, v, m, psi in zip(axes, potentials, masses, starts, strict=True)]
    together = [ql.sesolve(ql.Hamiltonian(grid, lambda x, y: np.cos(x) + 0.5 * np.sin(y), mass=mass), np.outer(*starts),
                           [0, 1.0], tol=1e-9).final_state for mass in (masses, [[1.0, 0.3], [0.3, 2.0]])]
    assert grid.norm(together[0] - np.outer(*parts)) < 2e-9
    assert grid.norm(together[1] - np.outer(*parts)) > 0.01
