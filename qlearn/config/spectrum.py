"""A spectrum file: a Hamiltonian by formulas, a learning system or a learner, and what is wanted of its spectrum."""

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np

from qlearn import checks
from qlearn.config.dataset import DataConfig
from qlearn.config.keys import read, text, unknown_keys
from qlearn.config.learner import data_section, minibatch_learner, model_of
from qlearn.config.operators import Source, learner_source, read_hamiltonian, read_parameters, read_system
from qlearn.config.reading import parsed, plain
from qlearn.config.sections import LearnerConfig, read_learner
from qlearn.config.spectrum_sections import (
    BandsConfig,
    GridConfig,
    HamiltonianConfig,
    LevelsConfig,
    LinesConfig,
    RelaxationConfig,
    SystemConfig,
    read_bands,
)
from qlearn.errors import ArgumentError, ConfigError, QlearnError
from qlearn.hamiltonian import Hamiltonian
from qlearn.spectrum.bands.twisted import twisted_axes

__all__ = ["SPECTRUM_SECTIONS", "SpectrumConfig", "load_spectrum"]

SPECTRUM_SECTIONS = {
    "grid": GridConfig,
    "hamiltonian": HamiltonianConfig,
    "system": SystemConfig,
    "data": DataConfig,
    "learner": LearnerConfig,
    "levels": LevelsConfig,
    "bands": BandsConfig,
    "relaxation": RelaxationConfig,
    "lines": LinesConfig,
}

SOURCES = ("hamiltonian", "system", "learner")
_LARGEST = 1e100
WANTED = ("levels", "bands", "relaxation", "lines")


@final
@dataclass(frozen=True, eq=False)
class SpectrumConfig:
    """One spectrum file, checked; of ``levels``, ``bands``, ``relaxation``, ``lines`` those asked for are not None.

    source : grid, learning system or learner, and what the spectrum is of, in words.     hamiltonian : where more than relaxation
    is asked for.     settings : every key of the file with the defaults filled in.
    """

    title: str
    path: Path
    source: Source
    hamiltonian: Hamiltonian | None
    levels: LevelsConfig | None
    bands: BandsConfig | None
    relaxation: RelaxationConfig | None
    lines: LinesConfig | None
    settings: Mapping[str, Any]

    @property
    def needs_qutip(self) -> bool:
        """Whether the file asks for a comparison with QuTiP."""
        return self.levels is not None and self.levels.qutip


def load_spectrum(path: str | Path, *, allow_code: bool = False) -> SpectrumConfig:
    """Read and check a spectrum file with the data that it names; ``allow_code`` lets ``learner.gradient`` run.

    Raises ConfigError with one line for whatever is wrong: unknown keys (with those that come near), missing or wrong values, a
    forbidden formula, a grid that does not go with the coordinates, nothing asked for.
    """
    path = Path(path)
    try:
        return _checked(path, parsed(path), allow_code)
    except ArgumentError as error:
        raise ConfigError(f"{path}: {' '.join(str(error).split())}") from None


def _checked(path: Path, content: dict[str, Any], allow_code: bool) -> SpectrumConfig:
    unknown_keys("", content, ["title", "parameters", *SPECTRUM_SECTIONS])
    title = text("title", content.get("title", path.stem), 'For example title = "My well".')
    kind = _exactly_one(content, SOURCES, "what the spectrum is of")
    if not any(name in content for name in WANTED):
        checks.fail("the file", f"must ask for something: {_listed(WANTED)}", "none of them", "Write [levels] with count = 10.")
    parameters = read_parameters(content.get("parameters", {}))
    sections = {name: _section(name, content) for name in SPECTRUM_SECTIONS if name in content}
    source = _source(kind, sections, parameters, path.parent, allow_code)
    wanted = {name: sections.get(name) for name in WANTED}
    H = _within(kind, source.hamiltonian) if any(wanted[name] for name in wanted if name != "relaxation") else None
    _check_wanted(wanted, source, H)
    settings = {"title": title, **{name: plain(value) for name, value in sections.items()},
                **({"parameters": parameters} if parameters else {})}
    return SpectrumConfig(title=title, path=path, source=source, hamiltonian=H, settings=settings, **wanted)


def _section(name: str, content: dict[str, Any]) -> Any:
    """One section, read and checked by itself."""
    if name == "learner":
        return read_learner(content[name])
    if name == "data":
        if "learner" not in content:
            checks.fail("[data]", "goes with [learner] only", "no [learner]", "Remove it, or describe the learner.")
        return data_section(content, read_learner(content["learner"]))
    if name == "bands":
        return read_bands(content[name])
    return SPECTRUM_SECTIONS[name](**read(SPECTRUM_SECTIONS[name], name, content[name]))


def _source(kind: str, sections: dict[str, Any], parameters: dict[str, float], folder: Path, allow_code: bool) -> Source:
    if kind == "learner":
        if parameters:
            checks.fail("[parameters]", "goes with formulas, [hamiltonian] or [system]", "[learner] with it", "Remove it.")
        if sections["learner"].gradient is None and "data" not in sections:
            checks.fail("[data]", "is missing", "no such section", "Name the data that the learner sees.")
        _, model = model_of(sections["learner"], sections.get("data"), folder, allow_code)
        return learner_source(minibatch_learner(model, sections["learner"]), sections.get("grid"))
    if "grid" not in sections:
        checks.fail("[grid]", "is missing", "no such section", "Write [grid] with points = 256 and bounds = [-10, 10].")
    build: Callable[..., Source] = read_hamiltonian if kind == "hamiltonian" else read_system
    return _within(kind, build, sections[kind], sections["grid"], parameters)


def _check_wanted(wanted: dict[str, Any], source: Source, H: Hamiltonian | None) -> None:
    if H is not None:
        _check_size(H)
        size = math.prod(H.state_shape)
        for name in ("levels", "bands"):
            if wanted[name] is not None and wanted[name].count > size:
                checks.fail(f"{name}.count", f"must be at most {size}, the number of points", wanted[name].count,
                            "Take a finer grid.")
    if H is not None and wanted["lines"] is not None and H.channels is not None:
        checks.fail("[lines]", "needs a potential of one channel", f"{H.channels} channels",
                    "In Python: ql.sesolve from a start of your own, then ql.autocorrelation_spectrum.")
    if H is not None and wanted["bands"] is not None:
        _check_turns(wanted["bands"], twisted_axes(H.grid))
    if wanted["relaxation"] is not None and source.learner is None:
        checks.fail("[relaxation]", "needs a learner: [learner], or [system] with a loss", source.words,
                    "For the levels of a Hamiltonian write [levels].")


def _check_turns(bands: BandsConfig, axes: Collection[int]) -> None:
    """One θ a twisted axis."""
    if not axes:
        checks.fail("[bands]", "needs a periodic axis that is no azimuth round a pole", "none",
                    "For other boundaries write [levels].")
    if bands.points is not None and len(axes) > 1:
        checks.fail("bands.points", "goes with one periodic axis", f"{len(axes)} of them",
                    f"Write bands.thetas, rows with {len(axes)} numbers each.")
    widths = {len(item) if isinstance(item, tuple) else 1 for item in bands.thetas or ()}
    if widths - {len(axes)}:
        checks.fail("bands.thetas", f"must have {len(axes)} number(s) a row, one a periodic axis", list(bands.thetas or ()))


def _check_size(H: Hamiltonian) -> None:
    """Squares of energies must be numbers."""
    with np.errstate(all="ignore"):
        low, high = H.spectral_bounds
    if not (np.isfinite(high - low) and max(abs(low), abs(high)) < _LARGEST):
        checks.fail("[hamiltonian]", f"must have energies below {_LARGEST:g} on its grid", f"{low:.3g} … {high:.3g}",
                    "Use other units: ħ, mass, bounds and potential of ordinary size.")


def _exactly_one(content: Mapping[str, Any], names: tuple[str, ...], what: str) -> str:
    given = [name for name in names if name in content]
    if len(given) != 1:
        checks.fail("the file", f"must hold exactly one of {_listed(names)}, {what}", _listed(given) or "none of them",
                    "Keep the one that you mean." if given else 'For example [hamiltonian] with potential = "x**2/2".')
    return given[0]


def _listed(names: Any) -> str:
    return ", ".join(f"[{name}]" for name in names)


def _within(section: str, build: Callable[..., Any], *arguments: Any) -> Any:
    """What the constructors refuse is told with its section."""
    try:
        return build(*arguments)
    except QlearnError as error:
        words = str(error)
        placed = words.startswith((f"{section}.", "[", "grid.", "parameters."))
        raise ArgumentError(words if placed else f"[{section}]: {words}") from None
