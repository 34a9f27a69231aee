"""What claims about streaming learners and circulation share: packets without nodes on flat, twisted and curved rings."""

import numpy as np

import qlearn as ql

TURN = 2 * np.pi
PERIOD = 4 * np.pi          # a free packet of ħ = m = 1 on a ring of length 2π is back, for windings 0, 1/2, 1, …


def bent(q):
    """g(q) = (1 + 0.4 cos q)²: proper angle q + 0.4 sin q."""
    return (1 + 0.4 * np.cos(q))[None, None] ** 2


def revival(winding: float = 0.0, metric=None, until: float = PERIOD, width: float = 0.9, times: int = 401) -> ql.Result:
    """A free packet, Gaussian in the proper angle summed over its images, with this winding; it has no node at any time."""
    whole = np.floor(winding)
    grid = ql.Grid(64 if metric is None else 96, (0.0, TURN), twist=winding - whole)
    H = ql.Hamiltonian(grid, 0.0, metric=metric)
    angle = grid.axes[0] if metric is None else grid.axes[0] + 0.4 * np.sin(grid.axes[0])
    packet = ql.exact.RingPacket(ql.exact.GaussianPacket(center=2.0, width=width, momentum=winding), TURN, winding - whole)
    psi0 = packet.state(angle, 0.0) * H.root_metric
    psi0 = psi0 / (np.linalg.norm(psi0) * grid.cell_volume**0.5)
    return ql.sesolve(H, psi0, np.linspace(0.0, until, times), tol=1e-9, store_states=True)
