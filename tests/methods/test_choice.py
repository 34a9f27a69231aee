"""method=None says which method and why."""

import numpy as np
import pytest

import qlearn as ql
from qlearn.errors import ArgumentError
from qlearn.exact import MetricRing

GRID = ql.Grid(128, (-8, 8))
PSI = ql.gaussian(GRID, center=-1, width=0.6)


@pytest.mark.parametrize(("H", "end", "name", "why"), [
    (ql.Hamiltonian(GRID, lambda x: np.cos(np.pi * x / 4)), 0.1, "Chebyshev", "are enough"),
    (ql.Hamiltonian(GRID, lambda x: np.cos(np.pi * x / 4)), 20.0, "RKN6", "against"),
    (ql.Hamiltonian(GRID, lambda x: np.where(abs(x) < 1, 50.0, 0.0)), 20.0, "Chebyshev", "against"),
    (ql.Hamiltonian(GRID, lambda t, x: np.cos(np.pi * x / 4 + t), time_dependent=True), 1.0, "RKN6", "depends on t"),
    (MetricRing(0.3).hamiltonian(128), 1.0, "Chebyshev", "metric"),
], ids=["short", "smooth", "rough", "driven", "metric"])
@pytest.mark.filterwarnings("ignore:the grid is too coarse")
def test_the_choice_is_explained(H, end, name, why):
    result = ql.sesolve(H, PSI, [0, end], tol=1e-7)
    assert result.method.startswith(name) and why in result.method


@pytest.mark.parametrize("dt", [0, -1, np.nan, "0.1"])
def test_a_bad_step_is_named(dt):
    for method in (ql.Strang, ql.RKN6):
        with pytest.raises(ArgumentError, match="dt must be"):
            method(dt=dt)
