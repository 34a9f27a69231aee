"""What can go wrong, by name."""

__all__ = [
    "AccuracyWarning",
    "ArgumentError",
    "ConfigError",
    "DerivationError",
    "MissingExtraError",
    "QlearnError",
    "RegimeError",
    "StoppedRunError",
    "StorageError",
    "StorageWarning",
    "UnsupportedError",
]


class QlearnError(Exception):
    """Base of every error that qlearn raises on purpose."""


class ArgumentError(QlearnError, ValueError):
    """An argument breaks its requirement."""


class RegimeError(QlearnError, ValueError):
    """The theory gives no such thing for this system: no ħ for α ≠ 1, the Euclidean branch, a nonlinear equation."""


class StoppedRunError(RegimeError):
    """A self-consistent run stopped, for a node is near or its fields broke down; ``ensemble`` holds what was reached."""

    def __init__(self, message: str, ensemble: object):
        super().__init__(message)
        self.ensemble = ensemble

    def __reduce__(self):
        return type(self), (self.args[0], self.ensemble)


class UnsupportedError(QlearnError, NotImplementedError):
    """The request makes sense and is not offered; the message names an alternative."""


class DerivationError(QlearnError, ArithmeticError):
    """A step of a derivation leaves a residual: the equation does not follow, and is not returned."""


class ConfigError(QlearnError, ValueError):
    """A key of a TOML file is unknown, missing or wrong; the message names the key and the remedy."""


class MissingExtraError(QlearnError, ImportError):
    """An optional package is needed; the message names the extra that installs it."""


class StorageError(QlearnError, OSError):
    """A file cannot be written, or is not what it is asked for: foreign, damaged, newer, of another problem."""


class StorageWarning(UserWarning):
    """A checkpoint could not be written; the run goes on and the last one stays as it is."""


class AccuracyWarning(UserWarning):
    """The numbers are less accurate than was asked for, or cannot be certified; the message says what to do."""
