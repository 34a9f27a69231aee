"""A verification file: what is verified, against what, at which level; all of it fixed before the run.

``load`` reads TOML into frozen dataclasses.  Every number that a file leaves out has its default in ``sections``; every
error names the key, what it must be, what was given and what to write instead.
"""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, final

from qlearn import checks
from qlearn.config.code import CodeModel, load_gradient
from qlearn.config.dataset import DataConfig, Dataset, load_dataset, read_data
from qlearn.config.keys import read, table, text, unknown_keys, whole
from qlearn.config.sections import (
    ControlsConfig,
    LearnerConfig,
    RatesConfig,
    RealTimeConfig,
    ReplicasConfig,
    TestsConfig,
    read_learner,
    read_rates,
    read_real_time,
    read_replicas,
)
from qlearn.errors import ArgumentError, ConfigError
from qlearn.systems.catalogue import RingModel
from qlearn.systems.expressions import Expression

__all__ = ["Dataset", "VerifyConfig", "load"]

SECTIONS = {
    "data": DataConfig,
    "learner": LearnerConfig,
    "replicas": ReplicasConfig,
    "rates": RatesConfig,
    "tests": TestsConfig,
    "controls": ControlsConfig,
    "real_time": RealTimeConfig,
}

_APART = 0.05           # a control that is nearer to what it controls shows nothing


@final
@dataclass(frozen=True, eq=False)
class VerifyConfig:
    """One verification, checked and with its data loaded.

    ``data`` is None where the gradients come from code.  ``model`` has ``.gradient(q (r, 1), index (r, b))`` of shape
    (r, b, 1), ``.mean_loss`` (None for code), ``.n_samples``, ``.period``.  ``potential`` is V, parsed: ``.evaluate(x=,
    L=, gamma=, T=, hbar=)``.  ``settings`` holds every key of the file with the defaults filled in.
    """

    title: str
    seed: int
    path: Path
    data: Dataset | None
    learner: LearnerConfig
    model: RingModel | CodeModel
    replicas: ReplicasConfig
    rates: RatesConfig
    tests: TestsConfig
    controls: ControlsConfig
    real_time: RealTimeConfig
    potential: Expression
    settings: Mapping[str, Any]


def load(path: str | Path, *, allow_code: bool = False) -> VerifyConfig:
    """Read and check a verification file with the data that it names; ``allow_code`` lets ``learner.gradient`` run.

    Raises ConfigError with one line for whatever is wrong: unknown keys (with those that come near), missing or wrong
    values, data that are missing, not numbers or too few, a forbidden expression, code without ``allow_code``.
    """
    path = Path(path)
    try:
        return _checked(path, _parsed(path), allow_code)
    except ArgumentError as error:
        raise ConfigError(f"{path}: {' '.join(str(error).split())}") from None


def _parsed(path: Path) -> dict[str, Any]:
    try:
        if path.is_dir():
            raise ArgumentError("this is a directory, not a TOML file. Name a file in it, for example diabetes.toml.")
        if path.exists() and not path.is_file():
            raise ArgumentError("this is a device or a pipe, not a TOML file. Name a file.")
        content = path.read_bytes()
    except OSError as error:
        raise ArgumentError(f"the file cannot be read: {error.strerror}. Check the path.") from None
    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ArgumentError(f"line {line} is not UTF-8 text. Save the file as UTF-8.") from None
    except (ValueError, RecursionError) as error:             # ValueError: bad TOML, or a number of thousands of digits
        raise ArgumentError(f"this is not valid TOML: {error}. Keys read name = value, texts stand in quotes, and each "
                            "key and section is given once.") from None


def _checked(path: Path, content: dict[str, Any], allow_code: bool) -> VerifyConfig:
    unknown_keys("", content, ["title", "seed", *SECTIONS])
    learner = read_learner(_section(content, "learner"))
    data_config = _data_section(content, learner)
    plain = {name: SECTIONS[name](**read(SECTIONS[name], name, content.get(name, {}))) for name in ("tests", "controls")}
    replicas = read_replicas(content.get("replicas", {}), learner.period or 2 * math.pi)
    rates = read_rates(content.get("rates", {}))
    real_time, potential = read_real_time(content.get("real_time", {}))
    _check_controls(plain["controls"], learner)
    title = text("title", content.get("title", path.stem), 'For example title = "My learner".')
    seed = whole(least=0)("seed", content.get("seed", 0), "For example seed = 0.")
    data, model = _model(learner, data_config, path.parent, allow_code)
    sections = {"data": data_config, "learner": learner, "replicas": replicas, **plain, "rates": rates, "real_time": real_time}
    settings = {"title": title, "seed": seed, **{name: _plain(sections[name]) for name in SECTIONS if sections[name]}}
    return VerifyConfig(title=title, seed=seed, path=path, data=data, learner=learner, model=model, replicas=replicas,
                        rates=rates, real_time=real_time, potential=potential, settings=settings, **plain)


def _section(content: dict[str, Any], name: str) -> dict[str, Any]:
    if name not in content:
        checks.fail(f"[{name}]", "is missing", "no such section",
                    "The examples folder has complete files to start from.")
    return table(name, content[name], "")


def _data_section(content: dict[str, Any], learner: LearnerConfig) -> DataConfig | None:
    if learner.gradient is None:
        return read_data(_section(content, "data"))
    if "data" in content:
        checks.fail("[data]", "does not go with learner.gradient", "both",
                    "The code brings its own samples; remove one of the two.")
    return None


def _check_controls(controls: ControlsConfig, learner: LearnerConfig) -> None:
    """A control must differ from what it controls."""
    if abs(controls.alpha - learner.alpha) < _APART:
        checks.fail("controls.alpha", f"must differ from learner.alpha by {_APART:g} or more",
                    f"{controls.alpha:g} and {learner.alpha:g}",
                    f"Write alpha = {0.0 if learner.alpha else 1.0} in [controls].")
    if controls.plain_ito and not learner.ito_correction:
        checks.fail("controls.plain_ito", "needs learner.ito_correction = true, or it compares like with like", "true",
                    "Write plain_ito = false in [controls].")
    if abs(controls.temperature_factor - 1) < _APART:
        checks.fail("controls.temperature_factor", f"must differ from 1 by {_APART:g} or more", controls.temperature_factor,
                    "Write temperature_factor = 1.25.")


def _model(learner: LearnerConfig, data: DataConfig | None, folder: Path,
           allow_code: bool) -> tuple[Dataset | None, RingModel | CodeModel]:
    if data is None:
        assert learner.gradient is not None and learner.samples is not None and learner.period is not None
        return None, load_gradient(learner.gradient, learner.samples, learner.period, folder, allow_code=allow_code)
    assert learner.model is not None and learner.loss is not None
    dataset = load_dataset(data, folder, labels=learner.loss == "logistic")
    return dataset, RingModel(dataset.x, dataset.y, learner.model, learner.loss)


def _plain(section: Any) -> dict[str, Any]:
    """The section as a table again, without the keys that are not set."""
    return {name: _plain_value(value) for name, value in asdict(section).items() if value is not None}


def _plain_value(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain_value(item) for name, item in value.items() if item is not None}
    return [_plain_value(item) for item in value] if isinstance(value, list | tuple) else value
