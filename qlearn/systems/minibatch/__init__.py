"""Real learners whose noise is the sampling of their minibatches (THEORY.md 6)."""

from qlearn.systems.minibatch.learner import MinibatchLearner
from qlearn.systems.minibatch.statistics import LearnerStatistics

__all__ = ["LearnerStatistics", "MinibatchLearner"]
