"""A verification file: what is verified, against what, at which level; all of it fixed before the run.

``load`` reads TOML into frozen dataclasses.  Every number that a file leaves out has its default in ``sections``; every
error names the key, what it must be, what was given and what to write instead.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from qlearn import checks
from qlearn.config.code import CodeModel
from qlearn.config.dataset import DataConfig, Dataset
from qlearn.config.keys import read, text, unknown_keys, whole
from qlearn.config.learner import data_section, model_of, section_of
from qlearn.config.reading import parsed, plain
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
from qlearn.config.spectrum import SPECTRUM_SECTIONS, SpectrumConfig, load_spectrum
from qlearn.errors import ArgumentError, ConfigError
from qlearn.systems.catalogue import RingModel
from qlearn.systems.expressions import Expression

__all__ = ["SECTIONS", "SPECTRUM_SECTIONS", "Dataset", "SpectrumConfig", "VerifyConfig", "load", "load_spectrum"]

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
        return _checked(path, parsed(path), allow_code)
    except ArgumentError as error:
        raise ConfigError(f"{path}: {' '.join(str(error).split())}") from None


def _checked(path: Path, content: dict[str, Any], allow_code: bool) -> VerifyConfig:
    unknown_keys("", content, ["title", "seed", *SECTIONS])
    learner = read_learner(section_of(content, "learner"))
    data_config = data_section(content, learner)
    simple = {name: SECTIONS[name](**read(SECTIONS[name], name, content.get(name, {}))) for name in ("tests", "controls")}
    replicas = read_replicas(content.get("replicas", {}), learner.period or 2 * math.pi)
    rates = read_rates(content.get("rates", {}))
    real_time, potential = read_real_time(content.get("real_time", {}))
    _check_controls(simple["controls"], learner)
    title = text("title", content.get("title", path.stem), 'For example title = "My learner".')
    seed = whole(least=0)("seed", content.get("seed", 0), "For example seed = 0.")
    data, model = model_of(learner, data_config, path.parent, allow_code)
    sections = {"data": data_config, "learner": learner, "replicas": replicas, **simple, "rates": rates, "real_time": real_time}
    settings = {"title": title, "seed": seed, **{name: plain(sections[name]) for name in SECTIONS if sections[name]}}
    return VerifyConfig(title=title, seed=seed, path=path, data=data, learner=learner, model=model, replicas=replicas,
                        rates=rates, real_time=real_time, potential=potential, settings=settings, **simple)


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
