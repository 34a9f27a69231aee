"""[levels]: eigenstates with their bounds, and QuTiP's where asked for."""

from typing import Any

import numpy as np

from qlearn.analysis.parts import Part, judged
from qlearn.config import SpectrumConfig
from qlearn.interop import QutipLevels, compare_qutip
from qlearn.interop.levels import ONE_LEVEL, check_size
from qlearn.spectrum import Spectrum, eigenstates
from qlearn.spectrum.goal import Goal
from qlearn.spectrum.multiplets import multiplets

__all__ = ["digits", "levels"]


def levels(config: SpectrumConfig) -> Part:
    """The levels of the file, each certified where its bound is at most tol times the energy scale."""
    asked = config.levels
    assert asked is not None and config.hamiltonian is not None
    if asked.qutip:
        check_size(config.hamiltonian)
    spectrum = eigenstates(config.hamiltonian, asked.count, tol=asked.tol, target=asked.target)
    compared = compare_qutip(spectrum) if asked.qutip else None
    assert compared is None or isinstance(compared, QutipLevels)
    scale = Goal(spectrum.hamiltonian, asked.tol).scale(float(np.max(spectrum.energies.real)))
    agree = _agreement(spectrum, compared)
    rows = _rows(spectrum, asked.tol * scale, compared, agree)
    notes = [] if compared is None or agree.all() else [_disagreement(compared, agree)]
    summary = {"energy scale": scale, "method": spectrum.method, "grid": list(spectrum.hamiltonian.grid.shape),
               "certified on the grid": list(spectrum.certified_on.shape), **_qutip_summary(compared)}
    what = "lowest levels" if asked.target is None else f"levels nearest to {asked.target:g}"
    return Part("levels", f"The {len(rows)} {what}", asked.tol, f"of the energy scale {scale:.4g}", rows, summary, spectrum,
                "The levels, each with what its state looks like; bars are error bounds where they can be seen.", tuple(notes))


def digits(value: complex, bound: float) -> float | None:
    """−log₁₀ of the bound relative to the value; None where the value is not told from zero."""
    if abs(value) <= bound:
        return None
    return float(np.log10(abs(value) / max(bound, np.finfo(float).tiny)))


def _rows(spectrum: Spectrum, most: float, compared: QutipLevels | None, agree: np.ndarray) -> tuple[dict[str, Any], ...]:
    """The bounds of complex levels are of first order, and called estimates."""
    sizes = {int(j): len(group) for group in multiplets(spectrum.energies, spectrum.error_bounds) for j in group}
    bounded = not np.iscomplexobj(spectrum.energies)
    rows = []
    for j, energy in enumerate(spectrum.energies):
        bound = float(spectrum.error_bounds[j])
        row: dict[str, Any] = {"level": j, "energy": float(energy.real)}
        if not bounded:
            row["width"] = -2 * float(energy.imag)
        row |= judged(bound, most if agree[j] else -1.0, bounded=bounded)
        row |= {"residual": float(spectrum.residuals[j]), "digits": digits(energy, bound), "degenerate": sizes[j]}
        if compared is not None:
            row |= {"qutip": float(compared.energies[j].real), "qutip_difference": float(compared.differences[j]),
                    "qutip_overlap": float(compared.overlaps[j])}
        rows.append(row)
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
