"""A spectrum file gives the numbers of the same Python code bit for bit, and its levels are QuTiP's to 1e-11 of ‖H‖.

Levels, bands and rates are read back from the files that the command wrote. Where qlearn diagonalises densely it shares LAPACK
with QuTiP; the iterative solver shares nothing. Controls: a file with another ħ, one with another mass, a formula that is no
formula, a spectrum with a level left out, two states mixed.
"""

import csv
import json
import tempfile
import warnings
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from io import StringIO
from pathlib import Path

import numpy as np

import qlearn as ql
from qlearn.cli import run
from qlearn.errors import AccuracyWarning
from validation.digits import digits
from validation.evidence import Evidence, at_least, at_most

EXAMPLES = Path(__file__).parents[1] / "examples" / "spectra"
A = 0.111803398874989


def written(text: str) -> tuple[int, dict, dict[str, list[dict]], ql.Spectrum | None]:
    """Exit code, results.json, the CSV files and spectrum.h5 of a file with this text."""
    with tempfile.TemporaryDirectory() as folder:
        file, out = Path(folder, "case.toml"), Path(folder, "out")
        file.write_text(text.replace('"../data/', f'"{EXAMPLES.parent.as_posix()}/data/'), encoding="utf-8")
        with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
            code = run(["spectrum", str(file), "--out", str(out)])
        if code == 2:
            return code, {}, {}, None
        tables = {path.stem: list(csv.DictReader(path.read_text(encoding="utf-8").splitlines())) for path in out.glob("*.csv")}
        stored = ql.load(out / "spectrum.h5") if (out / "spectrum.h5").exists() else None
        return code, json.loads((out / "results.json").read_text(encoding="utf-8")), tables, stored


def example(name: str) -> str:
    return (EXAMPLES / f"{name}.toml").read_text(encoding="utf-8")


def henon_heiles(points: int) -> ql.Hamiltonian:
    return ql.Hamiltonian(ql.Grid((points, points), [(-7, 7)] * 2), lambda x, y: (
        (x**2 + y**2) / 2 + A * (x**2 * y - y**3 / 3) + A**2 * (x**2 + y**2) ** 2 / 16))


def apart(rows: list[dict], names: tuple[str, ...], arrays: tuple[np.ndarray, ...]) -> float:
    """The largest difference of columns that were read from a file from arrays; 0 where every bit agrees."""
    columns = [np.array([float(row[name]) for row in rows]) for name in names]
    return max(float(np.max(np.abs(column - array))) for column, array in zip(columns, arrays, strict=True))


def files() -> list[Evidence]:
    """The command against Python, bit for bit."""
    lines = []
    code, results, tables, _ = written(example("henon_heiles"))
    python = ql.eigenstates(henon_heiles(36), 12, tol=1e-7)
    energies = (python.energies, python.error_bounds)
    lines.append(at_most("Hénon–Heiles, levels.csv: largest difference from Python", apart(
        tables["levels"], ("energy", "error_bound"), energies), 0))
    lines.append(at_most("the same, results.json", apart(results["levels"]["rows"], ("energy", "error_bound"), energies), 0))
    _, _, tables, stored = written(example("lattice"))
    lattice = ql.Hamiltonian(ql.Grid(48, (0, 2 * np.pi)), lambda x: 2 * 0.7 * np.cos(2 * x), mass=0.5)
    bands, python = ql.bands(lattice, np.linspace(-0.5, 0.5, 41), 4), ql.eigenstates(lattice, 6)
    assert stored is not None
    lines.append(at_most("lattice, bands.csv", apart(tables["bands"], ("energy", "error_bound"),
                                                     (bands.energies.ravel(), bands.error_bounds.ravel())), 0))
    lines.append(at_most("lattice, states of spectrum.h5", np.max(np.abs(stored.states - python.states)), 0))
    _, _, tables, _ = written(example("double_well"))
    system = ql.LearningSystem("q", loss="(q**2 - 1)**2", learning_rate=1.0, temperature="T")
    slow = ql.relaxation(system, 4, grid=ql.Grid(128, (-2.2, 2.2)), parameters={"T": 0.05})
    lines.append(at_most("double well, relaxation.csv", apart(tables["relaxation"], ("rate", "error_bound"),
                                                              (slow.rates(), slow.error_bounds[1:])), 0))
    first, second = (written(example("diabetes"))[1] for _ in range(2))
    lines.append(at_most("learner of data, results.json of two runs: characters apart", float(first != second), 0))
    lines.append(at_most("exit code where every number is certified", code, 0))
    return lines


def problems() -> dict[str, ql.Spectrum]:
    channels = ql.Hamiltonian(ql.Grid(120, (-7, 7), "wall"), lambda x: np.array(
        [[x**2 / 2, 0.4 * np.exp(-x**2)], [0.4 * np.exp(-x**2), x**2 / 2 + 0.7]]))
    sphere = ql.Grid((10, 16), [(0, np.pi), (0, 2 * np.pi)], ("pole", "periodic"))
    round_surface = ql.Hamiltonian(sphere, lambda u, v: np.cos(u), metric=lambda u, v: [[1, 0], [0, np.sin(u) ** 2]])
    return {
        "Hénon–Heiles": ql.eigenstates(henon_heiles(22), 12),
        "Hénon–Heiles, iterative": ql.eigenstates(henon_heiles(22), 12, method="iterative"),
        "ring, θ = 0.3, A": ql.eigenstates(ql.Hamiltonian(ql.Grid(96, (0, 2 * np.pi), twist=0.3), np.cos, vector_potential=0.2,
                                                          hbar=0.6), 12),
        "channels between walls": ql.eigenstates(channels, 10),
        "channels between walls, iterative": ql.eigenstates(channels, 10, method="iterative"),
        "sphere": ql.eigenstates(round_surface, 9),
        "absorber": ql.eigenstates(ql.Hamiltonian(ql.Grid(96, (-8, 8)), lambda x: x**2 / 2, absorber=lambda x: 0.1 * x**2), 8),
        "levels near 15 of x⁴": ql.eigenstates(ql.Hamiltonian(ql.Grid(128, (-7, 7)), lambda x: x**4), 6, target=15.0),
    }


def qutip(spectra: dict[str, ql.Spectrum]) -> list[Evidence]:
    """Levels on the same matrix: what the solvers and their rounding leave."""
    lines = []
    for name, spectrum in spectra.items():
        compared = ql.compare_qutip(spectrum)
        lines.append(digits(f"{name}: levels against QuTiP's, relative to ‖H‖", spectrum.energies, compared.energies,
                            spectrum.error_bounds, 11, known=1e-14, scale=compared.scale))
        lines.append(at_most(f"{name}: part of a state outside of QuTiP's level", np.max(1 - compared.overlaps**2), 1e-9,
                             floor=1e-15))
    return lines


def controls(spectra: dict[str, ql.Spectrum]) -> list[Evidence]:
    python = ql.eigenstates(henon_heiles(36), 12, tol=1e-7)
    lines = []
    for key in ("hbar = 1.01", "mass = 1.01"):
        _, _, tables, _ = written(example("henon_heiles").replace("[parameters]", f"{key}\n[parameters]"))
        difference = apart(tables["levels"], ("energy",), (python.energies,))
        lines.append(at_least(f"{key} in the file: largest difference from Python", difference, 1e-3, control=True))
    wrong = example("henon_heiles").replace("y**3/3", "y**3//3")
    lines.append(at_least("a corrupted formula: exit code", written(wrong)[0], 2, control=True))
    whole = spectra["Hénon–Heiles"]
    kept = [j for j in range(12) if j != 5]
    missed = ql.compare_qutip(replace(whole, energies=whole.energies[kept], states=whole.states[kept]))
    lines.append(at_least("a level left out: largest difference from QuTiP's, relative to ‖H‖", missed.largest / missed.scale,
                          1e-11, control=True))
    mixed = np.array(whole.states)
    mixed[[0, 3]] = (mixed[0] + mixed[3]) / 2**0.5, (mixed[0] - mixed[3]) / 2**0.5
    overlaps = ql.compare_qutip(replace(whole, states=mixed)).overlaps
    lines.append(at_least("two states mixed: part outside of QuTiP's level", np.max(1 - overlaps**2), 1e-9, control=True))
    return lines


def evidence() -> list[Evidence]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AccuracyWarning)            # bounds say what the coarse grids leave
        spectra = problems()
        return [*files(), *qutip(spectra), *controls(spectra)]
