"""Phases: a ← a exp(−iθ) with θ a real table, or a sum of tables with weights, in one pass.

The angle is taken modulo 2π exactly enough (Cody and Waite, Software Manual for the Elementary Functions, 1980): the result is
right to 1e-15 for |θ| < 1e5 at any speed below, and by the C library beyond.

    numba, where it is installed     one compiled pass, about 4 ns an element    (numpy.exp of a complex array takes 50 to 120)
    NumPy                            the same in blocks that stay in the cache, about 15 ns

Loading the compiled passes costs half a second at first use (with the compiled loop of the splittings half a minute
once after an installation, then they are kept on disk). "auto" takes numba wherever it is installed, whatever the problem, so
that a problem has the same bits in every process.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import cache
from importlib.util import find_spec
from operator import imul
from typing import Any, final

import numpy as np

from qlearn import checks
from qlearn.errors import MissingExtraError
from qlearn.kernels.arrays import like, namespace

__all__ = ["Phases", "Product", "choose_phases", "may_compile", "phase_backend"]

Product = tuple[Callable[[Any, Any], Any], Any]  # a function of φ and of what is given with it; in place where φ is NumPy's

LARGEST = 1e5           # |θ| up to which the short reduction is exact
BLOCK = 8192            # elements of a block: seven such arrays stay in the second cache

_ROOTS = 512
_EIGHTH = np.exp(-2j * np.pi * np.arange(_ROOTS // 8 + 1) / _ROOTS)
_QUARTER = np.concatenate([_EIGHTH, -1j * _EIGHTH[-2::-1].conj()])[:-1]  # from small angles, so that the last digit is right
_FINE = np.concatenate([_QUARTER, -1j * _QUARTER, -_QUARTER, 1j * _QUARTER])
_PER_STEP = _ROOTS / (2 * np.pi)
# 2π/512 in three parts: 30 bits, 30 bits, the rest
_STEP = (float.fromhex("0x1.921fb54p-7"), float.fromhex("0x1.10b46118p-37"), float.fromhex("0x1.313198a2e037p-68"))

_choice = "auto"


@final
class phase_backend(AbstractContextManager):
    """Choose how NumPy phases are computed: "auto" (default), "numpy" or "numba"; at once, or for a ``with`` block.

    All give the same numbers to rounding. Runs that are under way keep theirs.

    Raises ArgumentError for another name, MissingExtraError for "numba" where it is not installed.

    >>> with phase_backend("numpy"):
    ...     choose_phases().name
    'numpy'
    """

    def __init__(self, name: str):
        global _choice
        checks.choice("name", name, ("auto", "numpy", "numba"))
        if name == "numba" and find_spec("numba") is None:
            raise MissingExtraError('phase_backend("numba") needs numba: pip install numba, or use "numpy".')
        self._before, self._name, _choice = [_choice], name, name
        self._entered = False

    def __enter__(self) -> "phase_backend":
        """Also again, and inside of itself: what was in force at each entry comes back."""
        global _choice
        if self._entered:
            self._before.append(_choice)
        self._entered, _choice = True, self._name
        return self

    def __exit__(self, *reason: object) -> None:
        global _choice
        _choice = self._before.pop()


@final
class Phases:
    """The phase passes, all compiled or all NumPy. ``name`` is "numba" or "numpy"."""

    def __init__(self, name: str):
        self.name = name
        self._compiled: Any = _load() if name == "numba" else None

    def table(self, angle: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
        """exp(−iθ), complex, of the shape of ``angle``."""
        angle = np.ascontiguousarray(angle, dtype=float)
        out = np.empty(angle.shape, dtype=complex) if out is None else out
        if self._compiled is not None:
            self._compiled.table(angle.reshape(-1), out.reshape(-1))
        else:
            _by_blocks(angle.reshape(-1), out.reshape(-1))
        return out

    def exponentials(self, tables: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """exp(−i Σ_r w_kr g_r), complex, (K, *shape), for tables (R, *shape) and weights (K, R)."""
        rows = np.ascontiguousarray(tables).reshape(len(tables), -1)
        rows.flags.writeable = False  # of this view: one kind of arrays, compiled once
        out = np.empty((len(weights), rows.shape[1]), dtype=complex)
        if self._compiled is None or not _many().exponentials(rows, np.ascontiguousarray(weights), out.view(float)):
            some = max(1, BLOCK // rows.shape[1])
            for k in range(0, len(weights), some):
                self.table(weights[k:k + some] @ rows, out[k:k + some])
        return out.reshape(-1, *tables.shape[1:])

    def turn(self, phi: Any, angle: Any) -> Any:
        """φ ← φ exp(−iθ) for φ (…, *shape) and θ that broadcasts against it; in place where φ is NumPy's."""
        if not isinstance(phi, np.ndarray):
            xp = namespace(phi)
            angle = like(angle, phi) if isinstance(angle, np.ndarray) else angle
            return phi * xp.exp(-1j * angle)
        if self._compiled is not None and phi.shape == angle.shape and phi.flags.c_contiguous and angle.flags.c_contiguous:
            self._compiled.turn(phi.reshape(-1), angle.reshape(-1))
            return phi
        phi *= self.table(angle)
        return phi

    def turn_by_form(self, phi: Any, tables: np.ndarray, numbers: np.ndarray, linear: float, square: float = 0.0) -> Any:
        """φ ← φ exp(−iθ), θ = linear·Σ_r n_r g_r + square·Σ_{r≤s} n_r n_s g_rs, the same for all members of a batch.

        tables : the g_r, then the g_rs in the order 00, 01, …, 11, … where square ≠ 0; (…, *shape).   numbers : (R,).
        """
        fits = isinstance(phi, np.ndarray) and phi.shape == tables.shape[1:] and phi.flags.c_contiguous
        if fits and self._compiled is not None:
            self._compiled.turn_by_form(phi.reshape(-1), tables.reshape(len(tables), -1), numbers, linear, square)
            return phi
        return self.turn(phi, np.tensordot(form_weights(numbers, linear, square), tables, axes=1))

    def outer(self, angles: list[np.ndarray], phi: Any, scale: float = 1.0) -> Product:
        """φ ← scale·φ exp(−i Σ_a θ_a), one angle (N_a,) for each of the last axes of φ; arrays like ``phi``."""
        shape, parts = tuple(angle.size for angle in angles), [self.table(angle) for angle in angles]
        lead = scale * parts[0]
        for part in parts[1:-1]:
            lead = np.multiply.outer(lead, part).reshape(-1)
        if self._compiled is None or len(parts) == 1 or not isinstance(phi, np.ndarray):
            table = lead if len(parts) == 1 else np.multiply.outer(lead, parts[-1])
            return imul, like(table.reshape(shape), phi)
        return self._turn_outer, (lead, parts[-1])

    def _turn_outer(self, phi: np.ndarray, parts: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        lead, last = parts
        if not phi.flags.c_contiguous:
            phi = np.ascontiguousarray(phi)
        self._compiled.turn_outer(phi.reshape(-1, lead.size, last.size), lead, last)
        return phi


def form_weights(numbers: np.ndarray, linear: float, square: float) -> np.ndarray:
    """What each table of a form counts, see ``turn_by_form``."""
    weights = linear * numbers
    if not square:
        return weights
    return np.concatenate([weights, square * np.outer(numbers, numbers)[np.triu_indices(len(numbers))]])


def choose_phases() -> Phases:
    """The passes by the choice in force."""
    return Phases("numba" if may_compile() else "numpy")


def may_compile() -> bool:
    """True where compiled code may be loaded: numba is installed, and ``phase_backend("numpy")`` is not in force."""
    return _choice == "numba" or (_choice == "auto" and _can_compile())


@cache
def _can_compile() -> bool:
    """True where numba is installed, finds a place to keep what it compiled, and was not told NUMBA_DISABLE_JIT=1."""
    if find_spec("numba") is None:
        return False
    try:
        _load()
    except RuntimeError:
        return False
    import numba

    return not getattr(numba.config, "DISABLE_JIT", 0)


def _load() -> Any:
    try:
        from qlearn.kernels import compiled
    except ImportError as error:
        raise MissingExtraError("these phases need numba: pip install numba.") from error
    return compiled


@cache
def _many() -> Any:
    from qlearn.kernels import compiled_exponentials

    return compiled_exponentials


def _by_blocks(angle: np.ndarray, out: np.ndarray) -> None:
    """exp(−iθ) = exp(−2πi q/512) exp(−ir), |r| ≤ π/512: the first from a list, the second a short polynomial."""
    size = min(BLOCK, angle.size)
    q, r, s = np.empty(size), np.empty(size), np.empty(size)
    small, index = np.empty(size, dtype=complex), np.empty(size, dtype=np.int64)
    for start in range(0, angle.size, size):
        theta, target = angle[start:start + size], out[start:start + size]
        if np.max(np.abs(theta)) > LARGEST:
            target.real, target.imag = np.cos(theta), -np.sin(theta)
            continue
        n = theta.size
        _one_block(theta, target, q[:n], r[:n], s[:n], small[:n], index[:n])


def _one_block(theta: np.ndarray, out: np.ndarray, q: np.ndarray, r: np.ndarray, s: np.ndarray, small: np.ndarray,
               index: np.ndarray) -> None:
    np.multiply(theta, _PER_STEP, out=q)
    np.rint(q, out=q)
    np.copyto(index, q, casting="unsafe")
    np.bitwise_and(index, _ROOTS - 1, out=index)
    np.subtract(theta, np.multiply(q, _STEP[0], out=r), out=r)
    r -= np.multiply(q, _STEP[1], out=s)
    r -= np.multiply(q, _STEP[2], out=s)
    np.multiply(r, r, out=q)                # q is r² from here on
    np.multiply(q, 1 / 24, out=s)
    s -= 0.5
    s *= q
    np.add(s, 1.0, out=small.real)          # 1 − r²/2 + r⁴/24
    np.multiply(q, -1 / 120, out=s)
    s += 1 / 6
    s *= q
    s -= 1.0
    np.multiply(s, r, out=small.imag)       # −(r − r³/6 + r⁵/120)
    np.take(_FINE, index, out=out, mode="clip")
    np.multiply(out, small, out=out)
