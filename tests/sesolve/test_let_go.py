"""What a run holds is let go with its result: nothing of it waits for Python's search for circles, which comes late where few
objects, of many megabytes, are made."""

import gc
import warnings

import numpy as np
import pytest

import qlearn as ql
from qlearn.errors import AccuracyWarning

LINE = ql.Grid(96, (-8, 8))
PLANE = ql.Grid((20, 24), [(-6, 6), (-5, 5)])


def bowl(*q):
    return 0.4 * sum(x**2 for x in q)


def pulse(t):
    return np.where(t < 0.3, 0.0, 1.0)


DRIVE = ql.SeparablePotential(bowl, [(np.sin, lambda x: x)])
STEP = ql.SeparablePotential(bowl, [(pulse, lambda x: x)])
STATIC, MOVING = ql.Hamiltonian(LINE, bowl), ql.Hamiltonian(LINE, DRIVE)
WIDE = ql.Hamiltonian(ql.Grid(512, (-40, 40)), bowl)
RUNS = {
    "default": (STATIC, {}), "all points": (STATIC, {"window": False}), "driven": (MOVING, {}),
    "plane": (ql.Hamiltonian(PLANE, bowl), {}), "window": (WIDE, {"method": ql.Gradient6()}),
    "kink": (ql.Hamiltonian(LINE, np.abs), {}), "jump": (ql.Hamiltonian(LINE, STEP), {}),
    "V(t)": (ql.Hamiltonian(LINE, lambda t, x: x**2 * np.cos(t), time_dependent=True), {}),
    "loss": (ql.Hamiltonian(LINE, bowl, absorber=lambda x: 0.01 * x**2), {}),
    "mean field": (ql.Hamiltonian(LINE, bowl, nonlinearity=lambda n: n), {}),
    "wall": (ql.Hamiltonian(ql.Grid(96, (-8, 8), boundary="wall"), bowl), {}),
    "imaginary time": (STATIC, {"imaginary_time": True}),
    **{name: (STATIC, {"method": getattr(ql, name)()}) for name in
       ("Chebyshev", "Lanczos", "Dense", "RKN6", "ProcessedGradient6")},
    "products in imaginary time": (STATIC, {"imaginary_time": True, "method": ql.MultiProduct6()}),
    "given dt": (STATIC, {"method": ql.Strang(dt=0.01)}), "Magnus4": (MOVING, {"method": ql.Magnus4()}),
    "Crank-Nicolson": (STATIC, {"method": ql.CrankNicolson(dt=0.01)}),
}


@pytest.fixture
def circles():
    """A function that gives the names of the types, of this package, that only a search for circles finds."""
    def found():
        gc.collect()
        names = sorted({type(left).__qualname__ for left in gc.garbage if type(left).__module__.startswith("qlearn")})
        gc.garbage.clear()
        return names
    gc.collect()
    was, debug = gc.isenabled(), gc.get_debug()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    yield found
    gc.set_debug(debug)
    gc.garbage.clear()
    if was:
        gc.enable()


@pytest.mark.parametrize("case", RUNS)
def test_nothing_waits(case, circles):
    H, given = RUNS[case]
    psi = ql.gaussian(H.grid, center=0.5, width=0.8)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AccuracyWarning)
        ql.sesolve(H, psi, [0, 0.2, 0.6], tol=1e-4, **given)  # compiles, and keeps what H keeps
        circles()
        ql.sesolve(H, psi, [0, 0.2, 0.6], tol=1e-4, **given)
        assert circles() == []
        for t, _ in ql.propagate(H, psi, [0, 0.2, 0.6], tol=1e-4, **given):
            if t > 0.1:
                break
    assert circles() == []
