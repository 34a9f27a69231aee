"""Problems with known answers: tests, validation, benchmarks and documentation all draw on these."""

from qlearn.exact.gaussians import DrivenOscillator, GaussianPacket
from qlearn.exact.rings import MathieuRing, MetricRing, RingPacket, TwistedRing

__all__ = ["DrivenOscillator", "GaussianPacket", "MathieuRing", "MetricRing", "RingPacket", "TwistedRing"]
