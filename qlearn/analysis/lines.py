"""[lines]: what a propagated packet is made of."""

from typing import Any

import numpy as np

from qlearn.analysis.levels import digits
from qlearn.analysis.parts import Part, judged
from qlearn.config import SpectrumConfig
from qlearn.errors import RegimeError
from qlearn.sesolve import sesolve
from qlearn.spectrum import Lines, autocorrelation_spectrum
from qlearn.spectrum.goal import Goal
from qlearn.states import gaussian

__all__ = ["lines"]


def lines(config: SpectrumConfig) -> Part:
    """The lines of the file, each with an estimate of its error."""
    asked, H = config.lines, config.hamiltonian
    assert asked is not None and H is not None
    start = gaussian(H.grid, center=asked.center, width=asked.width, momentum=asked.momentum, hbar=H.hbar)
    run = sesolve(H, start, np.linspace(0, asked.duration, asked.samples), tol=asked.propagation_tol, store_states=True)
    found = autocorrelation_spectrum(run, method=asked.method)
    kept = np.flatnonzero(np.abs(found.weights) >= asked.least_weight)
    if len(kept) == 0:
        raise RegimeError(f"[lines] found no line of the weight {asked.least_weight:g} or more. Take a longer duration, more "
                          "samples, another packet or a smaller least_weight.")
    scale = Goal(H, asked.tol).scale(float(found.energies[kept[-1]]))
    summary = {"energy scale": scale, "method": found.method, "propagation": run.method, "time span used": found.duration,
               "noise": found.noise, "lines rejected": len(found.rejected), "lines of less weight": len(found) - len(kept),
               "weight of all lines": float(np.sum(found.weights))}
    return Part("lines", f"{len(kept)} lines of a packet", asked.tol, f"of the energy scale {scale:.4g}",
                _rows(found, kept, asked.tol * scale), summary, found, "Where the packet has levels, and how much of each.")


def _rows(found: Lines, kept: np.ndarray, most: float) -> tuple[dict[str, Any], ...]:
    return tuple({"line": number, "energy": float(found.energies[j]), "weight": float(found.weights[j]),
                  "weight_error_estimate": float(found.weight_errors[j]), "digits": digits(found.energies[j], found.errors[j]),
                  **judged(float(found.errors[j]), most, bounded=False)} for number, j in enumerate(kept))
