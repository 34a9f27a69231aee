"""Ensembles of learners: guided, static, replicas, taught by labels; nothing here sees a solver."""

from qlearn.ensembles.ensemble import Ensemble
from qlearn.ensembles.simulate import simulate
from qlearn.ensembles.streaming_labels.streaming_learner import StreamingLearner

__all__ = ["Ensemble", "StreamingLearner", "simulate"]
