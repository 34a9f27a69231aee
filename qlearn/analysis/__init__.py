"""What a spectrum file asks for, calculated: each part a table of numbers with their error bounds."""

from qlearn.analysis.parts import Analysis, Part
from qlearn.analysis.run import analyse

__all__ = ["Analysis", "Part", "analyse"]
