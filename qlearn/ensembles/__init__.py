"""Ensembles of learners: guided, static, replicas; nothing here sees a solver."""

from qlearn.ensembles.ensemble import Ensemble

__all__ = ["Ensemble"]
