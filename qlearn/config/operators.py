"""[grid], [hamiltonian], [system] and [parameters] → what the spectrum is of, with its Hamiltonian."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from qlearn import checks
from qlearn.config.formulas import Formula, FormulaArray, constant, formula
from qlearn.config.keys import table
from qlearn.config.spectrum_sections import GridConfig, HamiltonianConfig, SystemConfig
from qlearn.errors import ArgumentError
from qlearn.grids import Grid
from qlearn.hamiltonian import Hamiltonian
from qlearn.systems.expressions import FUNCTIONS
from qlearn.systems.grammar import plain_name
from qlearn.systems.minibatch import MinibatchLearner

__all__ = ["Source", "learner_source", "read_hamiltonian", "read_parameters", "read_system"]

NAMES = (("x",), ("x", "y"), ("x", "y", "z"), ("x1", "x2", "x3", "x4"))
_POINTS = 2**24                 # of the whole grid
_LEARNER_POINTS = 161


@final
@dataclass(frozen=True, eq=False)
class Source:
    """What a spectrum is of.

    words : for people.     hamiltonian : makes the Hamiltonian, ħH_E of a static loss; RegimeError where there is none.
    grid : of the coordinates.     learner : what relaxes, a LearningSystem with a loss or a MinibatchLearner, or None, with its
    parameters.
    """

    words: str
    grid: Grid
    hamiltonian: Callable[[], Hamiltonian]
    learner: Any = None
    parameters: Mapping[str, float] | None = None


def read_parameters(values: Any) -> dict[str, float]:
    """[parameters]: names of one's own with their numbers."""
    found = {}
    for name, value in table("parameters", values, "").items():
        _check_name(f"parameters.{checks.shortened(name)}", name)
        found[name] = constant(f"parameters.{name}", value, f"For example {name} = 0.5.")
    return found


def _check_name(where: str, name: str) -> None:
    if not plain_name(name) or name in FUNCTIONS or name == "pi":
        checks.fail(where, "must be a plain name that is no function and not pi", repr(name), "For example a, k2, omega.")


def read_hamiltonian(config: HamiltonianConfig, grid_config: GridConfig,
                     parameters: dict[str, float]) -> Source:
    """H of [hamiltonian] on [grid]."""
    if grid_config.bounds is None:
        checks.fail("grid.bounds", "is missing", "no such key", "The ends of each axis, for example bounds = [-10, 10].")
    grid = _grid(grid_config, [tuple(constant("grid.bounds", end) for end in pair) for pair in grid_config.bounds])
    coordinates = _coordinates(config.coordinates, grid.ndim, parameters)
    reader = _Reader(coordinates, parameters)
    options = {name: reader.read(name, getattr(config, name), grid.ndim) for name in ("metric", "vector_potential", "absorber")}
    potential = reader.read("potential", config.potential, None)
    reader.check_used()
    H = Hamiltonian(grid, potential, mass=_mass(config.mass, grid.ndim), hbar=config.hbar, **options)
    return Source(f"V = {_shown(config.potential)}, {_counted(grid)}", grid, lambda: H)


def _shown(potential: Any) -> str:
    if not isinstance(potential, tuple):
        return str(potential)
    return f"[{'; '.join(', '.join(map(str, row)) for row in potential)}]"


def _counted(grid: Grid) -> str:
    return f"{' × '.join(map(str, grid.shape))} points"


class _Reader:
    """Reads formulas of [hamiltonian] and remembers which names they use."""

    def __init__(self, coordinates: tuple[str, ...], parameters: Mapping[str, float]) -> None:
        self._coordinates, self._parameters, self._used = coordinates, parameters, set[str]()

    def read(self, name: str, given: Any, ndim: int | None) -> Any:
        """A function of the coordinates; a list of formulas must have ``ndim`` entries, a metric becomes a square."""
        if given is None:
            return None
        full = f"hamiltonian.{name}"
        if not isinstance(given, tuple):
            scalar = self._formula(full, given)
            return FormulaArray([[scalar]]) if name == "metric" and ndim == 1 else self._scalar(full, name, scalar, ndim)
        if ndim is not None and len(given) != ndim:
            checks.fail(full, f"must have one entry for each of the {ndim} axes of [grid]", f"{len(given)} entries")
        if isinstance(given[0], tuple):
            return FormulaArray([[self._formula(f"{full}[{i}][{j}]", item) for j, item in enumerate(row)]
                                 for i, row in enumerate(given)])
        entries = [self._formula(f"{full}[{i}]", item) for i, item in enumerate(given)]
        return FormulaArray(_diagonal(entries) if name == "metric" else entries)

    def _scalar(self, full: str, name: str, scalar: Formula, ndim: int | None) -> Any:
        if name == "metric":
            checks.fail(full, f"must have one entry for each of the {ndim} axes of [grid], or rows", scalar.expression.text)
        return FormulaArray([scalar]) if name == "vector_potential" else scalar

    def _formula(self, full: str, given: Any) -> Formula:
        found = formula(full, given, self._coordinates, self._parameters)
        self._used |= found.expression.names
        return found

    def check_used(self) -> None:
        _refuse_unused(self._parameters, self._used)


def _refuse_unused(parameters: Mapping[str, float], used: Collection[str]) -> None:
    for name in parameters:
        if name not in used:
            checks.fail(f"parameters.{name}", "must occur in a formula of the file", "a name that no formula uses",
                        "Correct its spelling or remove it.")


def _diagonal(entries: list[Formula]) -> list[list[Formula]]:
    zero = formula("metric", 0.0, entries[0].coordinates, entries[0].parameters)
    return [[entry if i == j else zero for j in range(len(entries))] for i, entry in enumerate(entries)]


def _coordinates(given: str | None, ndim: int, parameters: Mapping[str, float]) -> tuple[str, ...]:
    names = NAMES[ndim - 1] if given is None else tuple(given.replace(",", " ").split())
    if len(names) != ndim or len(set(names)) < ndim:
        checks.fail("hamiltonian.coordinates", f"must be {ndim} different names, one for each axis of [grid]", given or "",
                    f'For example coordinates = "{" ".join(NAMES[ndim - 1])}".')
    for name in names:
        _check_name("hamiltonian.coordinates", name)
        if name in parameters:
            checks.fail(f"parameters.{name}", "must not be the name of a coordinate", repr(name), "Give it another name.")
    return names


def _mass(given: Any, ndim: int) -> Any:
    numbers = np.vectorize(lambda item: constant("hamiltonian.mass", item), otypes=[float])(given)
    if numbers.ndim and numbers.shape[0] != ndim:
        checks.fail("hamiltonian.mass", f"must be one number, {ndim} of them, or {ndim} rows", list(given))
    return float(numbers) if numbers.ndim == 0 else numbers


def _grid(config: GridConfig, bounds: list[Any]) -> Grid:
    ndim = len(bounds)
    values = {}
    for name in ("points", "boundary", "twist"):
        given = getattr(config, name)
        if not isinstance(given, tuple):
            given = (given,) * ndim
        if len(given) != ndim:
            checks.fail(f"grid.{name}", f"must be one value, or one for each of the {ndim} axes of grid.bounds", list(given))
        values[name] = given
    total = int(np.prod([float(n) for n in values["points"]]))
    if total > _POINTS:
        checks.fail("grid.points", f"must make at most {_POINTS} points in all", f"{total}", "Take fewer points.")
    try:
        return Grid(values["points"], bounds, values["boundary"], values["twist"])
    except ArgumentError as error:
        raise ArgumentError(f"[grid]: {error}") from None


def read_system(config: SystemConfig, grid_config: GridConfig, parameters: dict[str, float]) -> Source:
    """The LearningSystem of [system] on [grid]."""
    from qlearn.derivation import derive
    from qlearn.systems.base import LearningSystem

    periods = _periods(config.periods)
    system = LearningSystem(
        config.coordinates, potential=config.potential, loss=config.loss, learning_rate=config.learning_rate,
        temperature=config.temperature, metric=_rows(config.metric), covariance=_rows(config.covariance), alpha=config.alpha,
        reference_covariance=config.reference_covariance, periods=periods, theta=_twists(grid_config.twist, periods))
    _refuse_unused(parameters, {symbol.name for symbol in system.parameters})
    for symbol in system.parameters:
        if symbol.name not in parameters:
            checks.fail(f"parameters.{symbol.name}", "is missing", "no such key",
                        "The formulas of [system] use it; give its number.")
    grid = _grid(grid_config, _system_bounds(grid_config, system, parameters))
    words = f"loss U = {config.loss}" if config.loss is not None else f"V = {config.potential}"
    return Source(f"{words}, {_counted(grid)}", grid, lambda: derive(system).equation.hamiltonian(grid, **parameters),
                  None if config.loss is None else system, parameters)


def learner_source(learner: MinibatchLearner, grid_config: GridConfig | None) -> Source:
    """A learner of data on its ring, 161 points unless [grid] says otherwise."""
    from qlearn.derivation import derive

    bounds: list[Any] = [(0.0, learner.period)]
    if grid_config is not None and grid_config.bounds is not None:
        bounds = [tuple(constant("grid.bounds", end) for end in pair) for pair in grid_config.bounds]
    grid = Grid(_LEARNER_POINTS, bounds) if grid_config is None else _grid(grid_config, bounds)
    return Source(f"a learner with B = {learner.batch_size} and η = {learner.learning_rate:.4g}, {_counted(grid)}", grid,
                  lambda: derive(learner.system()).equation.hamiltonian(grid), learner)


def _periods(given: Any) -> Any:
    """One for all axes, or one an axis; "none" is no period."""
    if isinstance(given, tuple):
        return [None if item == "none" else item for item in given]
    return None if given == "none" else given


def _rows(value: Any) -> Any:
    return [_rows(item) for item in value] if isinstance(value, tuple) else value


def _twists(twist: Any, periods: Any) -> Any:
    """θ of [grid] as LearningSystem takes it: none on a line."""
    if isinstance(twist, tuple) or not isinstance(periods, list):
        return list(twist) if isinstance(twist, tuple) else twist
    return [twist if period is not None else 0 for period in periods]


def _system_bounds(config: GridConfig, system: Any, parameters: Mapping[str, float]) -> list[Any]:
    """The bounds of the file; on rings (0, period) where it has none."""
    if config.bounds is not None:
        if len(config.bounds) != system.dimension:
            checks.fail("grid.bounds", f"must be one pair for each of the coordinates {', '.join(system.names)}",
                        f"{len(config.bounds)} pairs")
        return [tuple(constant("grid.bounds", end) for end in pair) for pair in config.bounds]
    used = {symbol.name for period in system.periods if period is not None for symbol in period.free_symbols}
    periods = system.period_numbers({name: value for name, value in parameters.items() if name in used})
    if None in periods:
        checks.fail("grid.bounds", f"is needed where a coordinate of {', '.join(system.names)} has no period", "no such key",
                    "For example bounds = [-10, 10].")
    return [(0.0, period) for period in periods]
