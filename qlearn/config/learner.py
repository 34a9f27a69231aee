"""[data] and [learner] → the model, and the MinibatchLearner that they mean."""

from pathlib import Path
from typing import Any

import numpy as np

from qlearn import checks
from qlearn.config.code import CodeModel, load_gradient
from qlearn.config.dataset import DataConfig, Dataset, load_dataset, read_data
from qlearn.config.keys import table
from qlearn.config.sections import LearnerConfig
from qlearn.systems.catalogue import RingModel
from qlearn.systems.minibatch import MinibatchLearner

__all__ = ["data_section", "minibatch_learner", "model_of", "section_of"]

_FINE = 1 << 14          # where max U and min U are looked for


def section_of(content: dict[str, Any], name: str) -> dict[str, Any]:
    """The table of a section that must be there."""
    if name not in content:
        checks.fail(f"[{name}]", "is missing", "no such section",
                    "The examples folder has complete files to start from.")
    return table(name, content[name], "")


def data_section(content: dict[str, Any], learner: LearnerConfig) -> DataConfig | None:
    """The [data] that goes with the learner; None where its gradients come from code."""
    if learner.gradient is None:
        return read_data(section_of(content, "data"))
    if "data" in content:
        checks.fail("[data]", "does not go with learner.gradient", "both",
                    "The code brings its own samples; remove one of the two.")
    return None


def model_of(learner: LearnerConfig, data: DataConfig | None, folder: Path,
             allow_code: bool) -> tuple[Dataset | None, RingModel | CodeModel]:
    """The data, None for code, and the model that gives per-sample gradients."""
    if data is None:
        assert learner.gradient is not None and learner.samples is not None and learner.period is not None
        return None, load_gradient(learner.gradient, learner.samples, learner.period, folder, allow_code=allow_code)
    assert learner.model is not None and learner.loss is not None
    dataset = load_dataset(data, folder, labels=learner.loss == "logistic")
    return dataset, RingModel(dataset.x, dataset.y, learner.model, learner.loss)


def minibatch_learner(model: RingModel | CodeModel, settings: LearnerConfig) -> MinibatchLearner:
    """The learner of a model and of [learner], with the learning rate that its rule gives."""
    unit = MinibatchLearner(model.gradient, model.n_samples, periods=[model.period], learning_rate=1.0,
                            batch_size=settings.batch_size, alpha=settings.alpha, ito_correction=settings.ito_correction,
                            loss=model.mean_loss)
    return unit.with_(learning_rate=_learning_rate(unit, settings))


def _learning_rate(unit: MinibatchLearner, settings: LearnerConfig) -> float:
    """η as given, or from T = ηC₀/2B with T as given or T = fraction·(max U − min U)."""
    if settings.learning_rate is not None:
        return settings.learning_rate
    temperature = settings.temperature
    if temperature is None:
        assert settings.temperature_over_loss_range is not None
        loss = unit.loss_at(np.arange(_FINE) * unit.period / _FINE)
        temperature = settings.temperature_over_loss_range * float(np.ptp(loss))
    return 2 * unit.batch_size * temperature / unit.reference_covariance
