"""HOW ψ MOVES: every method is a small final class with the same interface, see qlearn.methods.task.Method."""

from qlearn.methods.chebyshev import Chebyshev
from qlearn.methods.choice import choose
from qlearn.methods.crank_nicolson import CrankNicolson
from qlearn.methods.dense import Dense
from qlearn.methods.guard import guarded
from qlearn.methods.lanczos import Lanczos
from qlearn.methods.magnus import Magnus4
from qlearn.methods.multi_product import MultiProduct6
from qlearn.methods.record import Record
from qlearn.methods.splitting import BM4, BM6, RKN6, Chin4, Gradient6, ProcessedGradient6, Strang, Yoshida4
from qlearn.methods.task import Method, Stepper, Task

__all__ = ["BM4", "BM6", "RKN6", "Chebyshev", "Chin4", "CrankNicolson", "Dense", "Gradient6", "Lanczos", "Magnus4", "Method",
           "MultiProduct6", "ProcessedGradient6", "Record", "Stepper", "Strang", "Task", "Yoshida4", "choose",
           "guarded"]
