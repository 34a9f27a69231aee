"""[levels]: eigenstates with their bounds, and QuTiP's where asked for."""

from typing import Any

import numpy as np

from qlearn.analysis.parts import Part
from qlearn.config import SpectrumConfig
from qlearn.hamiltonian import Hamiltonian
from qlearn.interop import QutipLevels, compare_qutip
from qlearn.interop.levels import ONE_LEVEL
from qlearn.spectrum import Spectrum, eigenstates

__all__ = ["digits", "energy_scale", "levels", "multiplets"]


def levels(config: SpectrumConfig) -> Part:
    """The levels of the file, each certified where its bound is at most tol times the energy scale."""
    asked = config.levels
    assert asked is not None and config.hamiltonian is not None
    spectrum = eigenstates(config.hamiltonian, asked.count, tol=asked.tol, target=asked.target)
    compared = compare_qutip(spectrum) if asked.qutip else None
    assert compared is None or isinstance(compared, QutipLevels)
    scale = energy_scale(spectrum)
    agree = _agreement(spectrum, compared)
    rows = _rows(spectrum, asked.tol * scale, compared, agree)
    notes = [] if compared is None or agree.all() else [_disagreement(compared, agree)]
    summary = {"energy scale": scale, "method": spectrum.method, "grid": list(spectrum.hamiltonian.grid.shape),
               "certified on the grid": list(spectrum.certified_on.shape), **_qutip_summary(compared)}
    what = "lowest levels" if asked.target is None else f"levels nearest to {asked.target:g}"
    return Part("levels", f"The {len(rows)} {what}", asked.tol, rows, summary, spectrum,
                "The levels, each with what its state looks like; bars are error bounds where they can be seen.", tuple(notes))


def energy_scale(spectrum: Spectrum) -> float:
    """What tol is relative to: the highest level above the least V, plus the kinetic energy of one wave round the box."""
    H: Hamiltonian = spectrum.hamiltonian
    wave = min(0.5 * float(np.min(H.kinetic.inverse[axis, axis])) * (H.hbar * 2 * np.pi / length) ** 2
               for axis, length in enumerate(H.grid.lengths))
    return float(np.max(spectrum.energies.real) - (H.spectral_bounds[0] - H.kinetic.bounds[0]) + wave)


def multiplets(energies: np.ndarray, bounds: np.ndarray) -> np.ndarray:
    """For each level how many neighbours, itself included, the bounds do not tell it from: 1 where it stands alone."""
    order = np.argsort(energies.real, kind="stable")
    e, b = energies[order], bounds[order]
    apart = np.abs(np.diff(e)) > b[1:] + b[:-1]
    group = np.concatenate([[0], np.cumsum(apart)])
    sizes = np.empty(len(e), dtype=int)
    sizes[order] = np.bincount(group)[group]
    return sizes


def digits(value: complex, bound: float) -> float | None:
    """−log₁₀ of the bound relative to the value; None where the value is not told from zero."""
    if abs(value) <= bound:
        return None
    return float(np.log10(abs(value) / max(bound, np.finfo(float).tiny)))


def _rows(spectrum: Spectrum, most: float, compared: QutipLevels | None, agree: np.ndarray) -> tuple[dict[str, Any], ...]:
    sizes = multiplets(spectrum.energies, spectrum.error_bounds)
    rows = []
    for j, energy in enumerate(spectrum.energies):
        bound = float(spectrum.error_bounds[j])
        row = {"level": j, "energy": float(energy.real)}
        if np.iscomplexobj(spectrum.energies):
            row["width"] = -2 * float(energy.imag)
        row |= {"error_bound": bound, "residual": float(spectrum.residuals[j]), "digits": digits(energy, bound),
                "degenerate": int(sizes[j])}
        if compared is not None:
            row |= {"qutip": float(compared.energies[j].real), "qutip_difference": float(compared.differences[j]),
                    "qutip_overlap": float(compared.overlaps[j])}
        rows.append({**row, "certified": bool(bound <= most and agree[j])})
    return tuple(rows)


def _agreement(spectrum: Spectrum, compared: QutipLevels | None) -> np.ndarray:
    """Whether QuTiP's level lies within the bound and the rounding of both; True where it was not asked."""
    if compared is None:
        return np.ones(len(spectrum.energies), dtype=bool)
    return compared.differences <= spectrum.error_bounds + ONE_LEVEL * compared.scale


def _disagreement(compared: QutipLevels, agree: np.ndarray) -> str:
    worst = int(np.argmax(np.where(agree, 0, compared.differences)))
    return (f"QuTiP's level {worst} on the same grid differs by {compared.differences[worst]:.2g}, more than bound and rounding "
            "allow: one of the two solvers missed a level or is wrong.")


def _qutip_summary(compared: QutipLevels | None) -> dict[str, Any]:
    if compared is None:
        return {}
    return {"QuTiP": f"{compared.version}, {compared.method}", "largest difference from QuTiP": compared.largest,
            "norm of H": compared.scale, "least overlap with QuTiP's states": float(np.min(compared.overlaps)),
            "QuTiP's levels below the first": compared.below}
