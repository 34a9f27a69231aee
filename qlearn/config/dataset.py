"""The [data] section: a table of the user's, or generated numbers, made ready for a learner."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np

from qlearn import checks
from qlearn.config.keys import flag, key, name_of, number, read, text, whole
from qlearn.config.tables import read_columns

__all__ = ["DataConfig", "Dataset", "GenerateConfig", "LabelNoiseConfig", "load_dataset", "read_data"]

_FEWEST_ROWS = 10
_SCALE = (1e-12, 1e12)


@final
@dataclass(frozen=True, eq=False)
class Dataset:
    """What the learner sees: features x (n, 2) and targets y (n,), read-only; their source and what was done."""

    x: np.ndarray
    y: np.ndarray
    source: str
    description: str


@final
@dataclass(frozen=True)
class LabelNoiseConfig:
    """[data.label_noise]: each row twice, first y + s n, then y − s n, n standard normal: the noise cancels in U."""

    kind: str = key(name_of(["antithetic"]), meaning="the kind of label noise", example="antithetic")
    scale: float = key(number(above=0), meaning="s, in units of the target", example=8.0)
    seed: int = key(whole(least=0), meaning="the seed of n", example=0)


def _covariance(name: str, value: Any, remedy: str) -> tuple[tuple[float, ...], ...]:
    matrix = checks.finite_array(name, value, shape=(2, 2), remedy=remedy)
    if not np.array_equal(matrix, matrix.T) or np.linalg.eigvalsh(matrix)[0] <= 0:
        checks.fail(name, "must be a symmetric matrix with positive eigenvalues", value, remedy)
    return tuple(tuple(row) for row in matrix.tolist())


@final
@dataclass(frozen=True)
class GenerateConfig:
    """[data.generate]: x gaussian with zero mean, y = x·(cos a, sin a) + s n with a linear teacher at the angle a."""

    kind: str = key(name_of(["two_gaussian_features"]), meaning="the kind of data", example="two_gaussian_features")
    rows: int = key(whole(least=_FEWEST_ROWS, most=10**7), meaning="the number of rows", example=500)
    seed: int = key(whole(least=0), meaning="the seed of all its random numbers", example=1)
    covariance: tuple[tuple[float, ...], ...] = key(_covariance, meaning="the covariance matrix of the two features",
                                                    example=[[1.0, 0.3], [0.3, 0.5]])
    teacher_angle: float = key(number(), meaning="the teacher's angle a in radians", example=0.7)
    label_noise_std: float = key(number(least=0), meaning="the standard deviation s of the noise in y", example=1.0)


def _features(name: str, value: Any, remedy: str) -> str | tuple[str, ...]:
    if isinstance(value, str):
        return text(name, value, remedy)
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        checks.fail(name, "must be two column names (CSV) or one array name (.npz)", value, remedy)
    if len(value) != 2 or value[0] == value[1]:
        checks.fail(name, "must be two different columns: a ring neuron has two features", value, remedy)
    return tuple(value)


@final
@dataclass(frozen=True)
class DataConfig:
    """[data]: either ``file`` with ``features`` and ``target``, or ``generate``."""

    file: str | None = key(text, None, meaning="a CSV or .npz file, relative to the TOML file", example="data/own.csv")
    features: str | tuple[str, ...] | None = key(_features, None, meaning="the two feature columns", example=["a", "b"])
    target: str | None = key(text, None, meaning="the target's column", example="y")
    standardise: bool = key(flag, False, meaning="whether columns become (x − mean)/std, with ddof 0")
    label_noise: LabelNoiseConfig | None = key(  # noqa: RUF009
        lambda name, value, remedy: LabelNoiseConfig(**read(LabelNoiseConfig, name, value)), None,
        meaning="label noise, a section [data.label_noise]")
    generate: GenerateConfig | None = key(  # noqa: RUF009
        lambda name, value, remedy: GenerateConfig(**read(GenerateConfig, name, value)), None,
        meaning="generated data, a section [data.generate]")


def read_data(values: Any) -> DataConfig:
    """Check the [data] table."""
    config = DataConfig(**read(DataConfig, "data", values))
    checks.one_of_two("data.file", config.file, "data.generate", config.generate)
    for name in ("features", "target"):
        given = getattr(config, name)
        if config.file is not None and given is None:
            checks.fail(f"data.{name}", "is missing", "no such key",
                        "Name the columns of data.file that the learner sees.")
        if config.file is None and given is not None:
            checks.fail(f"data.{name}", "belongs to data.file", "data.generate with it", f"Remove {name}.")
    if isinstance(config.features, tuple) and config.target in config.features:
        checks.fail("data.target", "must not be one of the features", config.target)
    return config


def load_dataset(config: DataConfig, folder: Path, *, labels: bool = False) -> Dataset:
    """Read or generate the data; with ``labels`` the targets are classes and are not standardised."""
    if config.generate is not None:
        x, y = _generate(config.generate)
        source = f"{config.generate.rows} generated rows, seed {config.generate.seed}"
        names = "two gaussian features → linear teacher"
    else:
        assert config.file is not None and config.features is not None and config.target is not None
        x, y = read_columns(folder / config.file, config.features, config.target)
        source = config.file
        names = f"{' and '.join(_names(config.features))} → {config.target}"
    _require_rows(len(y), source)
    done = [f"{len(y)} rows, {names}"]
    if config.standardise:
        pairs = zip(x.T, _names(config.features), strict=True)
        x = np.column_stack([_standardised(column, name) for column, name in pairs])
        y = y if labels else _standardised(y, config.target or "y")
        done.append("features standardised, labels kept" if labels else "standardised")
    if config.label_noise is not None:
        x, y = _antithetic(x, y, config.label_noise)
        done.append(f"each row twice with antithetic label noise ± {config.label_noise.scale:g} n")
    _require_scale(x, y)
    x.setflags(write=False)
    y.setflags(write=False)
    return Dataset(x, y, source, "; ".join(done))


def _names(features: str | tuple[str, ...] | None) -> tuple[str, ...]:
    """The names of the two features, for messages."""
    if isinstance(features, tuple):
        return features
    return tuple(f"{features or 'x'}[:, {j}]" for j in range(2))


def _require_rows(rows: int, source: str) -> None:
    if rows < _FEWEST_ROWS:
        checks.fail("data", f"must have at least {_FEWEST_ROWS} rows", f"{rows} in {source}",
                    "Minibatch noise is the scatter between rows; a handful of rows has no such thing.")


def _require_scale(x: np.ndarray, y: np.ndarray) -> None:
    """Fourth powers of the data, in ε₃, must be numbers; a column of zeros is the learner's business."""
    for name, column in (("data.features", x), ("data.target", y)):
        largest = float(np.abs(column).max())
        if largest != 0 and not _SCALE[0] <= largest <= _SCALE[1]:
            checks.fail(name, f"must be of a magnitude between {_SCALE[0]:g} and {_SCALE[1]:g}, label noise included",
                        f"{largest:.3g}", "Set standardise = true, or use other units.")


def _generate(config: GenerateConfig) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(config.seed)
    x = rng.standard_normal((config.rows, 2)) @ np.linalg.cholesky(np.array(config.covariance)).T
    teacher = np.array([np.cos(config.teacher_angle), np.sin(config.teacher_angle)])
    return x, x @ teacher + config.label_noise_std * rng.standard_normal(config.rows)


def _standardised(column: np.ndarray, name: str) -> np.ndarray:
    centred = column - column.mean()
    scale = float(centred.std())
    if scale <= 1e-12 * float(np.abs(column).max()):
        checks.fail("data.standardise", "needs columns that vary", f"{name!r}, which is constant",
                    "Choose another column, or set standardise = false.")
    return centred / scale


def _antithetic(x: np.ndarray, y: np.ndarray, noise: LabelNoiseConfig) -> tuple[np.ndarray, np.ndarray]:
    shift = noise.scale * np.random.default_rng(noise.seed).standard_normal(len(y))
    return np.concatenate([x, x]), np.concatenate([y + shift, y - shift])
