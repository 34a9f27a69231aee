"""Problems with known answers: tests, validation, benchmarks and documentation all draw on these."""

from qlearn.exact.anharmonic import DoubleWell, QuarticOscillator, SexticWell
from qlearn.exact.barriers import EckartBarrier, SquareBarrier
from qlearn.exact.boxes import BoxPacket
from qlearn.exact.channels import LandauZener, RabiPacket
from qlearn.exact.directional_packets import DirectionalPacket
from qlearn.exact.gaussians import DrivenOscillator, GaussianPacket
from qlearn.exact.henon_heiles import HenonHeiles
from qlearn.exact.lame import LameBands
from qlearn.exact.magnetic import FockDarwin
from qlearn.exact.oscillators import ModulatedOscillator, QuadraticPacket
from qlearn.exact.relaxation import BarrierFlux, OrnsteinUhlenbeck
from qlearn.exact.resonances import BarrierPoles, InvertedOscillator, LossyOscillator, RadialBarrier
from qlearn.exact.rings import AharonovBohmRing, MathieuBands, MathieuRing, MetricRing, RingPacket, TwistedRing
from qlearn.exact.solitons import BrightSoliton, DissipativeSoliton, Gausson, SolitonBreather
from qlearn.exact.spheres import Sphere, TorusOfRevolution
from qlearn.exact.wells import Morse, PoschlTeller, ReflectionlessPacket

__all__ = ["AharonovBohmRing",
           "BarrierFlux",
           "BarrierPoles",
           "BoxPacket",
           "BrightSoliton",
           "DirectionalPacket",
           "DissipativeSoliton",
           "DoubleWell",
           "DrivenOscillator",
           "EckartBarrier",
           "FockDarwin",
           "GaussianPacket",
           "Gausson",
           "HenonHeiles",
           "InvertedOscillator",
           "LameBands",
           "LandauZener",
           "LossyOscillator",
           "MathieuBands",
           "MathieuRing",
           "MetricRing",
           "ModulatedOscillator",
           "Morse",
           "OrnsteinUhlenbeck",
           "PoschlTeller",
           "QuadraticPacket",
           "QuarticOscillator",
           "RabiPacket",
           "RadialBarrier",
           "ReflectionlessPacket",
           "RingPacket",
           "SexticWell",
           "SolitonBreather",
           "Sphere",
           "SquareBarrier",
           "TorusOfRevolution",
           "TwistedRing",
]
