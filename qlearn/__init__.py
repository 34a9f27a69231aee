"""qlearn: does this learning system behave like a quantum system, and how well do we know?

    import qlearn as ql

Every public name is listed below with the module that holds it; a module is imported when one of its names is first used,
so that ``import qlearn`` costs nothing and needs neither SymPy nor QuTiP nor matplotlib.
"""

import sys
from importlib import import_module
from types import ModuleType

__version__ = "0.12.0"

_HOME = {
    "Grid": "grids",
    "fft_backend": "kernels.fft",
    "phase_backend": "kernels.phases",
    "Hamiltonian": "hamiltonian",
    "SeparablePotential": "hamiltonian",
    "Absorber": "hamiltonian",
    "gaussian": "states",
    "box_state": "states",
    "plane_wave": "states",
    "sesolve": "sesolve",
    "propagate": "sesolve",
    "Checkpoint": "sesolve",
    "Result": "results",
    "load": "loading",
    "Strang": "methods",
    "Yoshida4": "methods",
    "BM4": "methods",
    "BM6": "methods",
    "RKN6": "methods",
    "Gradient6": "methods",
    "ProcessedGradient6": "methods",
    "Chin4": "methods",
    "Chebyshev": "methods",
    "Lanczos": "methods",
    "Magnus4": "methods",
    "MultiProduct6": "methods",
    "CrankNicolson": "methods",
    "Dense": "methods",
    "eigenstates": "spectrum",
    "Spectrum": "spectrum",
    "splitting": "spectrum",
    "Splitting": "spectrum",
    "parities": "spectrum",
    "thermal": "spectrum",
    "relaxation": "spectrum",
    "Relaxation": "spectrum",
    "resonances": "spectrum",
    "Resonances": "spectrum",
    "density_of_states": "spectrum",
    "autocorrelation": "spectrum",
    "autocorrelation_spectrum": "spectrum",
    "harmonic_inversion": "spectrum",
    "line_states": "spectrum",
    "spectral_function": "spectrum",
    "Lines": "spectrum",
    "bands": "spectrum",
    "Bands": "spectrum",
    "LearningSystem": "systems.base",
    "derive": "derivation",
    "MinibatchLearner": "systems.minibatch",
    "simulate": "ensembles",
    "Ensemble": "ensembles",
    "StreamingLearner": "ensembles",
    "compare": "compare",
    "fidelity": "compare",
    "CovariantGradientDescent": "optimisers",
    "GradientRecord": "optimisers",
    "TanhNetwork": "optimisers",
    "sweep": "sweep",
    "regime_diagnostics": "inference",
    "circulation": "inference",
    "estimate_alpha": "inference",
    "estimate_hbar": "inference",
    "relaxation_rates": "inference",
    "implied_timescales": "inference",
    "ProductBasis": "inference",
    "to_qutip": "interop",
    "from_qutip": "interop",
    "compare_qutip": "interop",
}

_MODULES = ("densities", "errors", "exact", "fields", "observables", "phase", "plots")   # ql.phase.madelung, …

__all__ = [*_HOME, "__version__"]


def __getattr__(name: str):
    if name in _MODULES:
        return import_module(f"qlearn.{name}")
    if name not in _HOME:
        raise AttributeError(f"qlearn has no name {name!r}; it has {', '.join(sorted([*_HOME, *_MODULES]))}")
    value = getattr(import_module(f"qlearn.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME, *_MODULES})


class _Package(ModuleType):
    """``qlearn.compare`` and ``qlearn.sesolve`` are the functions, also after their modules were imported."""

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _HOME and isinstance(value, ModuleType)):
            ModuleType.__setattr__(self, name, value)


sys.modules[__name__].__class__ = _Package
