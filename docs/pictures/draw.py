"""Draws the pictures of docs/spectrum.md:  python docs/pictures/draw.py"""

from pathlib import Path

import numpy as np

import qlearn as ql

HERE = Path(__file__).parent
A = 0.0125**0.5


def quartic():
    return ql.eigenstates(ql.Hamiltonian(ql.Grid(128, (-8, 8)), lambda x: x**4, mass=0.5), 6).plot()


def henon_heiles():
    H = ql.Hamiltonian(ql.Grid((40, 40), [(-8, 8)] * 2), lambda x, y: (
        (x**2 + y**2) / 2 + A * (x**2 * y - y**3 / 3) + A**2 * (x**2 + y**2) ** 2 / 16))
    return ql.eigenstates(H, 10).plot()


def lattice():
    return ql.bands(ql.Hamiltonian(ql.Grid(48, (0, 2 * np.pi)), lambda x: 0.8 * np.cos(x)), np.linspace(-0.5, 0.5, 61), 4).plot()


PICTURES = {"quartic": quartic, "henon_heiles": henon_heiles, "lattice": lattice}


def draw(folder: Path = HERE) -> None:
    for name, picture in PICTURES.items():
        picture().savefig(folder / f"{name}.png", dpi=90, metadata={"Software": None})


if __name__ == "__main__":
    draw()
