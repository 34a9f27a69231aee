"""Draws the pictures of docs/waves.md, docs/spectrum.md and docs/ensembles.md:  python docs/pictures/draw.py"""

from functools import cache
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

import qlearn as ql
from qlearn import plots
from qlearn.densities import GridDensity
from qlearn.exact import DissipativeSoliton

HERE = Path(__file__).parent
A = 0.0125**0.5


def momentum_of(plane, psi):
    """<p_x> + i<p_y>."""
    share = np.abs(plane.forward(psi.copy())) ** 2
    kx, ky = np.meshgrid(*plane.wavenumbers, indexing="ij")
    return np.sum((kx + 1j * ky) * share) / np.sum(share)


def condensate():
    """A vortex in a condensate in a trap and a magnetic field, and the orbit that its mean must follow (Kohn's theorem)."""
    plane = ql.Grid((60, 60), [(-10, 10)] * 2)
    H = ql.Hamiltonian(plane, lambda x, y: (x**2 + y**2) / 2, vector_potential=lambda x, y: (-y / 2, x / 2),
                       nonlinearity=lambda n: 20 * n)
    x, y = plane.mesh
    psi = (x - 2.6 + 1j * y) * ql.gaussian(plane, center=(2, 0), width=(0.9, 0.9))
    times = np.linspace(0, 4.5, 4)
    run = ql.sesolve(H, psi / plane.norm(psi), times, tol=1e-3, store_states=True, e_ops={"x": x, "y": y})
    fast, slow = -0.5j - 1j * np.sqrt(1.25), -0.5j + 1j * np.sqrt(1.25)          # z'' = -z - iz' for z = x + iy
    start, momentum = run.e_data["x"][0] + 1j * run.e_data["y"][0], momentum_of(plane, run.states[0])
    share = (momentum - 0.5j * start - slow * start) / (fast - slow)
    moments = np.linspace(0, 4.5, 200)
    orbit = share * np.exp(fast * moments) + (start - share) * np.exp(slow * moments)
    figure = Figure(figsize=(9.6, 2.9), layout="constrained")
    for t, state, mean, axes in zip(times, run.states, zip(run.e_data["x"], run.e_data["y"], strict=True),
                                    figure.subplots(1, 4, sharey=True), strict=True):
        axes.imshow(np.abs(state.T) ** 2, origin="lower", extent=(-10, 10, -10, 10), cmap="viridis", interpolation="bilinear")
        axes.plot(orbit.real, orbit.imag, color="tab:red", lw=1.2)
        axes.plot(*mean, "o", color="white", markeredgecolor="black", ms=6)
        axes.set(title=f"t = {t:g}", xlabel="x", xlim=(-4, 5), ylim=(-4.5, 4.5))
    figure.axes[0].set_ylabel("y")
    return figure


def losses():
    """Left: a sweep through a crossing with a state that decays. Right: a soliton that lives on a gain, and without the gain."""
    figure = Figure(figsize=(9.6, 3.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    times, few = np.linspace(-8, 24, 321), ql.Grid(8, (0, 1))
    for decay, color in zip((0.0, 0.5, 3.0), ("tab:blue", "tab:orange", "tab:green"), strict=True):
        def sweep(t, x, decay=decay):
            return np.multiply.outer(np.array([[t / 2, 0.35], [0.35, -t / 2 - 0.5j * decay]]), np.ones_like(x))
        run = ql.sesolve(ql.Hamiltonian(few, sweep, time_dependent=True), np.array([np.ones(8), np.zeros(8)]), times, tol=1e-6,
                         store_states=True)
        stable, other = np.mean(np.abs(run.states) ** 2, axis=-1).T
        left.plot(times, stable, color=color, label=f"Γ = {decay:g}")
        left.plot(times, other, color=color, ls="--", lw=1)
    left.axhline(np.exp(-2 * np.pi * 0.35**2), color="black", lw=0.8, ls=":")
    left.set(xlabel="t", ylabel="|ψ|², dashed of the state that decays", ylim=(0, 1.02))
    left.legend()
    kept = DissipativeSoliton(attraction=1.0, chirp=0.4, center=-6, momentum=2)
    line = ql.Grid(256, (-16, 16))
    x, moments = line.axes[0], [0, 3, 6]
    fading = ql.Hamiltonian(line, 0.0, nonlinearity=lambda n: kept.nonlinearity(n) - 1j * kept.gain)
    for H, style in ((kept.hamiltonian(line), "-"), (fading, "--")):
        states = ql.sesolve(H, kept.state(x, 0.0), moments, tol=1e-4, store_states=True).states
        for state, color, t in zip(states, ("tab:blue", "tab:orange", "tab:green"), moments, strict=True):
            right.plot(x, np.abs(state) ** 2, style, color=color, label=f"t = {t}" if style == "-" else None)
    right.set(xlabel="x", ylabel="|ψ|², dashed without the gain")
    right.legend()
    return figure


def quartic():
    return ql.eigenstates(ql.Hamiltonian(ql.Grid(128, (-8, 8)), lambda x: x**4, mass=0.5), 6).plot()


def henon_heiles():
    H = ql.Hamiltonian(ql.Grid((40, 40), [(-8, 8)] * 2), lambda x, y: (
        (x**2 + y**2) / 2 + A * (x**2 * y - y**3 / 3) + A**2 * (x**2 + y**2) ** 2 / 16))
    return ql.eigenstates(H, 10).plot()


def lattice():
    return ql.bands(ql.Hamiltonian(ql.Grid(48, (0, 2 * np.pi)), lambda x: 0.8 * np.cos(x)), np.linspace(-0.5, 0.5, 61), 4).plot()


@cache
def well():
    """The tutorial's well: ψ, and learners that never see it."""
    grid = ql.Grid(128, (-6, 6))
    times = np.linspace(0, 3, 4)
    wave = ql.sesolve(ql.Hamiltonian(grid, lambda q: q**2 / 2 + q**4 / 10), ql.gaussian(grid, center=0.6, width=0.6), times,
                      store_states=True)
    system = ql.LearningSystem("q", potential="q**2/2 + q**4/10", learning_rate=1, temperature="1/2")
    run = ql.simulate(system, (wave.density(0), None), times, kind="self-consistent", learners=10_000, seed=0)
    return grid, wave, run


@cache
def ring():
    """A ring on which a zero of ψ passes the real axis, and back."""
    grid = ql.Grid(64, (0, 2 * np.pi))
    law = GridDensity(grid, (1 + 0.5 * np.cos(grid.axes[0])) / (2 * np.pi))
    system = ql.LearningSystem("q", potential="3*cos(q)/10", learning_rate=1, temperature="1/2", periods="2*pi")
    times = np.linspace(0, 6, 61)
    run = ql.simulate(system, (law, lambda q: 0.3 * np.sin(q)), times, kind="self-consistent", nodes="poles", learners=2000,
                      seed=1)
    psi0 = np.sqrt(law.values) * np.exp(0.3j * np.sin(grid.axes[0]))
    wave = ql.sesolve(ql.Hamiltonian(grid, lambda q: 0.3 * np.cos(q)), psi0, times, store_states=True)
    return grid, wave, run


def learners():
    _, wave, run = well()
    edges = np.linspace(-3, 3, 49)
    exact = np.stack([np.diff(wave.density(i).cdf(edges)) / np.diff(edges) for i in range(1, 4)])
    counts = {label: np.stack([np.histogram(one.positions[i], edges)[0] for i in range(1, 4)])
              for label, one in (("noisy learners", run), ("carriers", run.carriers))}
    return plots.densities(edges, exact, counts, run.times[1:])


def phases():
    grid, wave, run = well()
    rows = [1, 2, 3]
    exact = np.unwrap(np.angle(wave.states[rows]), axis=1)
    measured = np.stack([run.flow.phase(run.times[i], grid) for i in rows])
    return plots.phases(grid.axes[0], exact, measured, np.abs(wave.states[rows])**2, run.times[rows])


def paths():
    grid, wave, run = ring()
    return plots.paths(grid.axes[0], run.times, np.abs(wave.states)**2, run.carriers.positions[:, :60, 0], period=2 * np.pi)


def poles():
    _, _, run = ring()
    zeros = [run.flow.band.zeros(run.flow.amplitude(t), 1.0) for t in run.times]
    return plots.poles(run.times, zeros, run.stats["crossings"], height=1.0)


PICTURES = {"condensate": condensate, "losses": losses, "quartic": quartic, "henon_heiles": henon_heiles, "lattice": lattice,
            "learners": learners, "phases": phases, "paths": paths, "poles": poles}


def draw(folder: Path = HERE) -> None:
    for name, picture in PICTURES.items():
        picture().savefig(folder / f"{name}.png", dpi=90, metadata={"Software": None})


if __name__ == "__main__":
    draw()
