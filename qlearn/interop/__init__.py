"""To QuTiP and back, and QuTiP as a second opinion on waves and levels.

Conventions of QuTiP: kets ψ√ΔV, dims [[Nx, Ny], [1, 1]] (newer versions print them as [[Nx, Ny], [1]]), and H/ħ.
"""

from qlearn.interop.comparison import compare_qutip
from qlearn.interop.kets import from_qutip, require_qutip, to_qutip
from qlearn.interop.levels import QutipLevels
from qlearn.interop.waves import QutipComparison

__all__ = ["QutipComparison", "QutipLevels", "compare_qutip", "from_qutip", "require_qutip", "to_qutip"]
