"""What sesolve returns, and its files."""

from qlearn.results.files import load
from qlearn.results.result import Result

__all__ = ["Result", "load"]
