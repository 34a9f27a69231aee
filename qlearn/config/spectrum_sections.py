"""The sections of a spectrum file, key by key; the defaults stand here and nowhere else."""

from dataclasses import dataclass
from typing import Any, final

from qlearn import checks
from qlearn.boundaries import BOUNDARIES
from qlearn.config.formulas import constant
from qlearn.config.keys import Check, flag, key, name_of, number, read, text, whole

__all__ = ["BandsConfig", "GridConfig", "HamiltonianConfig", "LevelsConfig", "LinesConfig", "RelaxationConfig", "SystemConfig",
           "read_bands"]

_AXES = 4
_POINTS = whole(least=2, most=10**7)
_MANY = whole(least=1, most=10_000)
_TOLERANCE = number(least=1e-15, most=0.1)


def one_or_list(check: Check, what: str) -> Check:
    """One value for all axes, or a list with one an axis, as a tuple."""
    def checked(name: str, value: Any, remedy: str) -> Any:
        if not isinstance(value, list):
            return check(name, value, remedy)
        if not 1 <= len(value) <= _AXES:
            checks.fail(name, f"must be {what} or a list of at most {_AXES}, one an axis", value, remedy)
        return tuple(check(f"{name}[{i}]", item, remedy) for i, item in enumerate(value))
    return checked


def _end(name: str, value: Any, remedy: str) -> Any:
    constant(name, value, remedy)
    return value


def _pair(name: str, value: Any, remedy: str) -> tuple[Any, Any]:
    if not isinstance(value, list) or len(value) != 2:
        checks.fail(name, "must be a pair [a, b] of ends", value, remedy)
    a, b = (_end(f"{name}[{i}]", end, remedy) for i, end in enumerate(value))
    if not constant(name, a) < constant(name, b):
        checks.fail(name, "must have a < b", value, remedy)
    return a, b


def _bounds(name: str, value: Any, remedy: str) -> tuple[tuple[Any, Any], ...]:
    rows = value if isinstance(value, list) and value and all(isinstance(row, list) for row in value) else [value]
    if len(rows) > _AXES:
        checks.fail(name, f"must be at most {_AXES} pairs [a, b], one an axis", value, remedy)
    return tuple(_pair(name if rows[0] is value else f"{name}[{i}]", row, remedy) for i, row in enumerate(rows))


def _kind(name: str, value: Any, remedy: str) -> str:
    return checks.choice(name, text(name, value, remedy), BOUNDARIES, remedy)


def _entry(name: str, value: Any, remedy: str) -> Any:
    """A formula in quotes, or a number."""
    if isinstance(value, str):
        return text(name, value, remedy)
    return checks.real(name, value, remedy=remedy)


def entries(*, rows: bool = True) -> Check:
    """A formula or number; a list of them; with ``rows`` a square of them."""
    def checked(name: str, value: Any, remedy: str) -> Any:
        if not isinstance(value, list):
            return _entry(name, value, remedy)
        square = bool(value) and all(isinstance(row, list) and len(row) == len(value) for row in value)
        if square and rows:
            return tuple(tuple(_entry(f"{name}[{i}][{j}]", item, remedy) for j, item in enumerate(row))
                         for i, row in enumerate(value))
        if not value or any(isinstance(item, list) for item in value):
            checks.fail(name, f"must be a formula, a list of formulas{' or a square of rows' if rows else ''}", value, remedy)
        return tuple(_entry(f"{name}[{i}]", item, remedy) for i, item in enumerate(value))
    return checked


def _matrix_or_formula(name: str, value: Any, remedy: str) -> Any:
    found = entries()(name, value, remedy)
    if isinstance(found, tuple) and not isinstance(found[0], tuple):
        checks.fail(name, "must be a formula, or for channels a square of rows of formulas", value, remedy)
    return found


@final
@dataclass(frozen=True)
class GridConfig:
    """[grid]: the points of each axis."""

    points: int | tuple[int, ...] = key(one_or_list(_POINTS, "a number"), meaning="the number of points, one an axis",
                                        example=256)
    bounds: tuple[tuple[Any, Any], ...] | None = key(
        _bounds, None, meaning='the ends [a, b] of each axis, numbers or "2*pi"; a [system] with periods has them itself',
        example=[-10, 10])
    boundary: str | tuple[str, ...] = key(one_or_list(_kind, "a name"), "periodic",
                                          meaning='"periodic", "wall" or "pole", one an axis')
    twist: float | tuple[float, ...] = key(one_or_list(number(least=-1e6, most=1e6), "a number"), 0.0,
                                           meaning="θ of ψ(b) = e^{2πiθ} ψ(a), one an axis")


@final
@dataclass(frozen=True)
class HamiltonianConfig:
    """[hamiltonian]: H = ½ (p − A)ᵀM⁻¹(p − A) + V − iW, or −(ħ²/2m) Δ_g + V with a metric, by formulas."""

    potential: str | float | tuple = key(_matrix_or_formula, meaning="V, a formula; rows of formulas for channels",
                                         example="x**2/2")
    coordinates: str | None = key(
        text, None, meaning='the names of the coordinates; left out: "x", "x y", "x y z", "x1 x2 x3 x4"', example="x y")
    mass: str | float | tuple = key(entries(), 1.0, meaning="m, one number an axis, or the rows of a mass matrix")
    hbar: float = key(number(above=0, most=1e60), 1.0, meaning="ħ")
    metric: str | float | tuple | None = key(
        entries(), None, meaning="g_ij: a formula in 1-D, one an axis on the diagonal, or rows",
        example=[["1", "0"], ["0", "sin(x)**2"]])
    vector_potential: str | float | tuple | None = key(
        entries(rows=False), None, meaning="A, one formula an axis", example=["-y/2", "x/2"])
    absorber: str | float | tuple | None = key(
        _entry, None, meaning="W ≥ 0 of −iW: levels are complex then", example="exp(x - 12)")


@final
@dataclass(frozen=True)
class SystemConfig:
    """[system]: a learning system by its formulas; its derived Hamiltonian is used, ħH_E for a static loss."""

    coordinates: str = key(text, "q", meaning="the names of the coordinates")
    loss: str | None = key(text, None, meaning="the static loss U(q): H is ħH_E, whose levels are ħ times the relaxation rates",
                           example="U0*cos(q)")
    potential: str | None = key(text, None, meaning="V(q): H is that of the Schrödinger equation with ħ = 2T, m = 1/γ",
                                example="k*q**2/2")
    learning_rate: str | float = key(_entry, "gamma", meaning="γ, a number or a formula of [parameters]")
    temperature: str | float = key(_entry, "T", meaning="T, a number or a formula of [parameters]")
    metric: str | float | tuple | None = key(
        entries(), None, meaning="g_ij: a formula in 1-D, one an axis on the diagonal, or rows", example="1 + a*cos(q)/2")
    covariance: str | float | tuple | None = key(entries(), None, meaning="κ, written like the metric; then g = (κ/κ₀)^α",
                                                 example="1 + a*cos(q)/2")
    alpha: float = key(number(least=-4, most=4), 1.0, meaning="α")
    reference_covariance: str | float | tuple | None = key(_entry, 1.0, meaning="κ₀")
    periods: str | float | tuple | None = key(
        entries(rows=False), None, meaning='the period of each axis; "none" for a line', example="2*pi")


@final
@dataclass(frozen=True)
class LevelsConfig:
    """[levels]: the k lowest levels, or those nearest to a target."""

    count: int = key(_MANY, meaning="k, the number of levels", example=10)
    tol: float = key(_TOLERANCE, 1e-10, meaning="the error bound asked for, in units of the energy scale that the report states")
    target: float | None = key(number(least=-1e60, most=1e60), None,
                               meaning="an energy: the levels nearest to it; left out, the lowest", example=5.0)
    qutip: bool = key(flag, False, meaning="whether QuTiP diagonalises the same matrix and is compared")
    states: bool = key(flag, False, meaning="whether levels and states are also written to spectrum.h5, for ql.load")


def _thetas(name: str, value: Any, remedy: str) -> tuple[Any, ...]:
    """Numbers, or rows with one number a twisted axis."""
    if not isinstance(value, list) or not value:
        checks.fail(name, "must be a list of numbers θ, or of rows with one a twisted axis", value, remedy)
    return tuple(tuple(_turn(f"{name}[{i}][{j}]", part, remedy) for j, part in enumerate(item)) if isinstance(item, list)
                 else _turn(f"{name}[{i}]", item, remedy) for i, item in enumerate(value))


def _turn(name: str, value: Any, remedy: str) -> float:
    return checks.real(name, value, least=-1e6, most=1e6, remedy=remedy)


@final
@dataclass(frozen=True)
class BandsConfig:
    """[bands]: the k lowest branches over the angle θ."""

    count: int = key(whole(least=1, most=1000), meaning="the number of bands", example=4)
    points: int | None = key(whole(least=2, most=10_000), None, meaning="that many θ from −½ to ½, both among them", example=41)
    thetas: tuple | None = key(_thetas, None, meaning="θ in turns, instead of points; rows where several axes are twisted",
                               example=[0, 0.25, 0.5])
    tol: float = key(_TOLERANCE, 1e-10, meaning="the error bound asked for, in units of the energy scale that the report states")


@final
@dataclass(frozen=True)
class RelaxationConfig:
    """[relaxation]: the slowest relaxation rates of a learner in a static loss."""

    count: int = key(whole(least=1, most=1000), meaning="the number of rates, the zero mode not counted", example=4)
    tol: float = key(_TOLERANCE, 1e-8, meaning="the error bound asked for, relative to each rate")


_PLACE = one_or_list(number(least=-1e12, most=1e12), "a number")


@final
@dataclass(frozen=True)
class LinesConfig:
    """[lines]: the lines of a propagated Gaussian packet, with how much of each level is in it."""

    center: float | tuple[float, ...] = key(_PLACE, meaning="the centre of the packet, one number an axis", example=1.0)
    width: float | tuple[float, ...] = key(one_or_list(number(above=0, most=1e12), "a number"),
                                           meaning="the standard deviation of |ψ|², one an axis", example=0.7)
    duration: float = key(number(above=0), meaning="the time span", example=20.0)
    samples: int = key(whole(least=8, most=10**6), meaning="at how many times ψ is taken, 0 and the last among them",
                       example=201)
    momentum: float | tuple[float, ...] = key(_PLACE, 0.0, meaning="the packet's momentum, one number an axis")
    method: str = key(name_of(["inversion", "peaks"]), "inversion",
                      meaning='"inversion", harmonic inversion, or "peaks" of the Fourier transform')
    least_weight: float = key(number(above=0, most=0.5), 1e-6, meaning="the weight below which a line is left out")
    propagation_tol: float = key(_TOLERANCE, 1e-10, meaning="the L2 error allowed to the propagation")
    tol: float = key(_TOLERANCE, 1e-6, meaning="the error asked for, in units of the energy scale that the report states")


def read_bands(values: Any) -> BandsConfig:
    """Check the [bands] table: θ by their number or one by one."""
    config = BandsConfig(**read(BandsConfig, "bands", values))
    checks.one_of_two("bands.points", config.points, "bands.thetas", config.thetas)
    if config.thetas is not None and len({len(item) if isinstance(item, tuple) else 0 for item in config.thetas}) > 1:
        checks.fail("bands.thetas", "must be numbers, or rows of one length", list(config.thetas))
    return config
