"""The parts that a file asks for, one after the other."""

import time
import warnings
from collections.abc import Callable
from dataclasses import replace

from qlearn.analysis.bands import bands
from qlearn.analysis.levels import levels
from qlearn.analysis.lines import lines
from qlearn.analysis.parts import Analysis, Part
from qlearn.analysis.relaxation import relaxation
from qlearn.config import SpectrumConfig
from qlearn.errors import AccuracyWarning, ArgumentError, RegimeError, UnsupportedError

__all__ = ["PARTS", "analyse"]

PARTS: dict[str, Callable[[SpectrumConfig], Part]] = {"levels": levels, "bands": bands,
                                                        "relaxation": relaxation, "lines": lines}


def analyse(config: SpectrumConfig, progress: Callable[[str, int, int], None] | None = None) -> Analysis:
    """Calculate what a spectrum file asks for; ``progress(stage, done, total)`` is told before and after each part.

    Warnings of accuracy become notes of their part. Raises what the parts raise: UnsupportedError, ArgumentError, RegimeError.
    """
    tell = progress or (lambda stage, done, total: None)
    parts, seconds = [], {}
    for name, calculate in PARTS.items():
        if getattr(config, name) is None:
            continue
        tell(name, 0, 1)
        started = time.perf_counter()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", AccuracyWarning)
            part = _placed(name, calculate, config)
        told = tuple(str(warning.message) for warning in caught if issubclass(warning.category, AccuracyWarning))
        parts.append(replace(part, notes=(*told, *part.notes)))
        seconds[name] = time.perf_counter() - started
        tell(name, 1, 1)
    saved = next((part.drawn for part in parts if part.name == "levels" and config.levels and config.levels.states), None)
    return Analysis(config.title, config.source.words, tuple(parts), config.settings, saved, seconds)


def _placed(name: str, calculate: Callable[[SpectrumConfig], Part], config: SpectrumConfig) -> Part:
    """What a part refuses is told with its section."""
    try:
        return calculate(config)
    except (ArgumentError, RegimeError, UnsupportedError) as error:
        words = str(error)
        raise type(error)(words if words.startswith("[") else f"[{name}]: {words}") from None
