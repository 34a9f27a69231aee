"""Optimisers whose metric is made of the gradients' own statistics, a reference network, and records of what they did."""

from qlearn.optimisers.covariant import CovariantGradientDescent
from qlearn.optimisers.network import TanhNetwork, teacher_data
from qlearn.optimisers.record import GradientRecord
from qlearn.optimisers.state import OptimiserState

__all__ = ["CovariantGradientDescent", "GradientRecord", "OptimiserState", "TanhNetwork", "teacher_data"]
