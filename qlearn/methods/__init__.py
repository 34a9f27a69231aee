"""HOW ψ MOVES: every method is a small final class with the same interface, see qlearn.methods.record.Method."""

from qlearn.methods.chebyshev import Chebyshev
from qlearn.methods.choice import choose
from qlearn.methods.crank_nicolson import CrankNicolson
from qlearn.methods.dense import Dense
from qlearn.methods.lanczos import Lanczos
from qlearn.methods.magnus import Magnus4
from qlearn.methods.record import Method, Record, Stepper, Task
from qlearn.methods.splitting import RKN6, Strang

__all__ = ["RKN6", "Chebyshev", "CrankNicolson", "Dense", "Lanczos", "Magnus4", "Method", "Record", "Stepper", "Strang", "Task", "choose"]
