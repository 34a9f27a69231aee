"""A spectrum file: a Hamiltonian by formulas, a learning system or a learner, and what is wanted of its spectrum."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from qlearn import checks
from qlearn.config.keys import read, text, unknown_keys
from qlearn.config.operators import read_hamiltonian, read_parameters, read_system
from qlearn.config.reading import parsed, plain
from qlearn.config.spectrum_sections import GridConfig, HamiltonianConfig, LevelsConfig, SystemConfig
from qlearn.errors import ArgumentError, ConfigError, QlearnError
from qlearn.hamiltonian import Hamiltonian

__all__ = ["SPECTRUM_SECTIONS", "SpectrumConfig", "load_spectrum"]

SPECTRUM_SECTIONS = {
    "grid": GridConfig,
    "hamiltonian": HamiltonianConfig,
    "system": SystemConfig,
    "levels": LevelsConfig,
}

SOURCES = ("hamiltonian", "system")
WANTED = ("levels",)


@final
@dataclass(frozen=True, eq=False)
class SpectrumConfig:
    """One spectrum file, checked: ``hamiltonian`` is ready, and of the wanted parts those asked for are not None.

    subject : what the spectrum is of, in words.     system : the LearningSystem of [system], or None.
    ``settings`` holds every key of the file with the defaults filled in.
    """

    title: str
    path: Path
    subject: str
    hamiltonian: Hamiltonian
    system: Any
    levels: LevelsConfig | None
    settings: Mapping[str, Any]

    @property
    def needs_qutip(self) -> bool:
        """Whether the file asks for a comparison with QuTiP."""
        return self.levels is not None and self.levels.qutip


def load_spectrum(path: str | Path) -> SpectrumConfig:
    """Read and check a spectrum file.

    Raises ConfigError with one line for whatever is wrong: unknown keys (with those that come near), missing or wrong values, a
    forbidden formula, a grid that does not go with the coordinates, nothing asked for.
    """
    path = Path(path)
    try:
        return _checked(path, parsed(path))
    except ArgumentError as error:
        raise ConfigError(f"{path}: {' '.join(str(error).split())}") from None


def _checked(path: Path, content: dict[str, Any]) -> SpectrumConfig:
    unknown_keys("", content, ["title", "parameters", *SPECTRUM_SECTIONS])
    title = text("title", content.get("title", path.stem), 'For example title = "My well".')
    source = _exactly_one(content, SOURCES, "what the spectrum is of")
    if not any(name in content for name in WANTED):
        checks.fail("the file", f"must ask for something: {_listed(WANTED)}", "none of them", "Write [levels] with count = 10.")
    sections: dict[str, Any] = {name: section(**read(section, name, content[name]))
                                for name, section in SPECTRUM_SECTIONS.items() if name in content}
    parameters = read_parameters(content.get("parameters", {}))
    if "grid" not in content:
        checks.fail("[grid]", "is missing", "no such section", "Write [grid] with points = 256 and bounds = [-10, 10].")
    build: Callable[..., tuple[Any, Hamiltonian]] = read_hamiltonian if source == "hamiltonian" else read_system
    system, H = _within(source, build, sections[source], sections["grid"], parameters)
    settings = {"title": title, **{name: plain(value) for name, value in sections.items()},
                **({"parameters": parameters} if parameters else {})}
    _check_count(sections.get("levels"), H)
    return SpectrumConfig(title, path, _subject(sections[source], H), H, system, sections.get("levels"), settings)


def _subject(source: Any, H: Hamiltonian) -> str:
    grid = " × ".join(map(str, H.grid.shape))
    what = source.potential if source.potential is not None else f"ħH_E of the loss {source.loss}"
    return f"{'V = ' if source.potential is not None else ''}{what}, {grid} points"


def _check_count(config: LevelsConfig | None, H: Hamiltonian) -> None:
    size = math.prod(H.state_shape)
    if config is not None and config.count > size:
        checks.fail("levels.count", f"must be at most {size}, the number of points", config.count, "Take a finer grid.")


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
