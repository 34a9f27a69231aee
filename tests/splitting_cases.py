"""Potentials, states and a reference for the loops of the splittings."""

import numpy as np

import qlearn as ql


def bowl(*q):
    return 0.4 * sum(x**2 for x in q) + 0.1 * np.sin(q[0])


def packet(grid, batch=()):
    psi = np.exp(-sum((x - 0.7) ** 2 for x in grid.mesh) / 2 + 0.5j * grid.mesh[0])
    return np.array(np.broadcast_to(psi, (*batch, *grid.shape)))


def STEEP(x):
    return 1e7 + x**2


DRIVE = ql.SeparablePotential(bowl, [(lambda t: np.sin(1.3 * t), lambda *q: q[0]), (lambda t: t, lambda *q: np.cos(q[-1]))])
STEEP_DRIVE = ql.SeparablePotential(lambda x: x**2, [(lambda t: 1e7, np.cos)])


def steps_of_strang(kernel, psi):
    """ψ after two steps of 0.1 by a kernel of Strang, and by NumPy, for a V that does not move."""
    H = kernel.hamiltonian
    kick, drift = np.exp(-0.05j * H.potential_table(0.0)), np.exp(-0.1j * H.kinetic.table)
    exact = psi
    for _ in range(2):
        exact = kick * np.fft.ifft(drift * np.fft.fft(kick * exact))
    return kernel.steps(psi.copy(), 0.0, 0.1, 2), exact
