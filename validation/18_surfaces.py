"""Curved surfaces: l(l + 1) and superposed harmonics on the sphere; the torus against one problem in one dimension for each m.

Controls: the half-density without the weight √sin θ; the torus with f taken as its mean, R.
"""

import warnings

import numpy as np

import qlearn as ql
from qlearn.errors import AccuracyWarning
from qlearn.exact import Sphere, TorusOfRevolution
from validation.evidence import Evidence, at_least, at_most
from validation.propagation import carried, distance

SPHERE, TORUS = Sphere(radius=1.3, mass=1.1, hbar=0.9), TorusOfRevolution(2.2, 0.9, mass=1.1, hbar=0.9)
HARMONICS = {(0, 0): 0.5, (2, 1): 0.5j, (3, -3): -0.5, (7, 4): 0.5}
MODES = {(0, 0): 0.5, (1, 2): 0.5j, (2, -1): -0.5, (3, 3): 0.5}
SPAN = (0.0, 5.0)


def sphere() -> list[Evidence]:
    H = SPHERE.hamiltonian((20, 24))
    start, end = (H.root_metric * SPHERE.state(*H.grid.mesh, t, HARMONICS) for t in SPAN)
    scalar = SPHERE.state(*H.grid.mesh, 0.0, HARMONICS) * SPHERE.radius
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AccuracyWarning)           # the control is no smooth function on the sphere
        moved = carried(H, scalar, SPAN)
    levels = ql.eigenstates(SPHERE.hamiltonian((16, 20)), 9).energies
    return [
        at_most("sphere: |norm of four harmonics − 1|", abs(float(H.norm(start)) - 1), 1e-12, floor=1e-15),
        at_most("sphere: four harmonics, l ≤ 7, L2 error", distance(H, carried(H, start, SPAN), end), 1e-8, floor=1e-12),
        at_most("sphere: nine levels, largest error", np.max(np.abs(levels - SPHERE.levels(9))), 1e-9, floor=1e-13),
        at_least("sphere, the scalar in the place of the half-density: L2 error",
                 distance(H, moved, SPHERE.state(*H.grid.mesh, SPAN[1], HARMONICS) * SPHERE.radius), 1e-2, control=True),
    ]


def torus() -> list[Evidence]:
    H = TORUS.hamiltonian((48, 16))
    start, end = (TORUS.state(*H.grid.mesh, t, MODES) for t in SPAN)
    levels = ql.eigenstates(TORUS.hamiltonian((36, 12)), 9).energies
    flat = ql.Hamiltonian(H.grid, 0.0, mass=[TORUS.mass * TORUS.small**2, TORUS.mass * TORUS.large**2], hbar=TORUS.hbar)
    return [
        at_most("torus: four modes, L2 error", distance(H, carried(H, start, SPAN), end), 1e-8, floor=1e-12),
        at_most("torus: nine levels, largest error", np.max(np.abs(levels - TORUS.levels(9))), 1e-9, floor=1e-13),
        at_least("torus, f = R: L2 error", distance(flat, carried(flat, start, SPAN), end), 1e-2, control=True),
    ]


def evidence() -> list[Evidence]:
    return sphere() + torus()
