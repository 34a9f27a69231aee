"""Ensembles of learners: guided, static, replicas; nothing here sees a solver."""

from qlearn.ensembles.ensemble import Ensemble
from qlearn.ensembles.simulate import simulate

__all__ = ["Ensemble", "simulate"]
