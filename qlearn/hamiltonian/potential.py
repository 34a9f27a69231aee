"""V as tables on the grid: from a number, an array, a callable, SymPy, or a sum of products f(t) g(q).

    H = T + V − iW,    V → its Hermitian part on the points,    W = absorber − Im V
"""

from collections.abc import Callable
from typing import Any, final

import numpy as np

from qlearn import checks
from qlearn.grids import Grid
from qlearn.hamiltonian.separable import Drive, SeparablePotential, from_sympy, held
from qlearn.hamiltonian.symbolic import is_sympy
from qlearn.hamiltonian.tables import (
    call,
    called,
    checked_values,
    frozen,
    has_loss,
    hermitian_and_loss,
    is_known_everywhere,
    layout,
    values_of,
)

__all__ = ["Potential"]

PROBES = (0.0, 1.0)    # times at which the form of V(t, *q) is looked up


@final
class Potential:
    """V of a Hamiltonian: its real (for channels Hermitian) part and its loss −Im V at any time, checked and kept.

    The tables of the last time are kept, so that asking twice for the same t costs nothing; static tables are made once.
    Attributes: ``channels`` c or None; ``batch`` the leading axes; ``is_complex`` whether there may be a loss.
    """

    def __init__(self, grid: Grid, given: Any, time_dependent: bool, moving_kinetic: bool = False):
        self.grid = grid
        self.source = from_sympy(given, grid.ndim, time_dependent, grid) if is_sympy(given) else given
        separable = isinstance(self.source, SeparablePotential)
        moving = separable or (time_dependent and callable(self.source))
        if time_dependent and not moving and not moving_kinetic:
            checks.fail("potential", "must be a callable V(t, *q), a SymPy expression or a SeparablePotential with "
                        "time_dependent=True", given)
        self.time_dependent = moving
        self._parts = self.source.on(grid) if separable else None
        self._last: tuple[float, np.ndarray, np.ndarray | None] | None = None
        self.channels, self.batch, self.is_complex = self._form()

    def real(self, t: float) -> np.ndarray:
        """V at time t without its loss, (*batch, [c, c,] *shape), read-only."""
        return self._tables(t)[1]

    def loss(self, t: float) -> np.ndarray | None:
        """−Im V, (*batch, *shape), for channels Hermitian (*batch, c, c, *shape), read-only; None where there is none."""
        return self._tables(t)[2]

    def values(self, t: float) -> np.ndarray:
        """V as it was given, complex where it has a loss: what a static copy is made of."""
        _, real, loss = self._tables(t)
        if loss is None:
            return real
        return real - 1j * loss

    @property
    def refinable(self) -> bool:
        """False where a part of V is known on the points of this grid only."""
        if self._parts is not None:
            return bool(self.source.refinable)
        return is_known_everywhere(self.source)

    @property
    def drive(self) -> Drive | None:
        """The real part of ``optical_drive``."""
        whole = self.optical_drive
        return None if whole is None else whole.real_part()

    @property
    def optical_drive(self) -> Drive | None:
        """V0 + Σ f_r(t) g_r for a scalar V that is given, or was found, so, complex with a loss; else None."""
        return None if self.channels is not None else self._parts

    @property
    def drive_numbers(self) -> Callable[[np.ndarray], np.ndarray] | None:
        """f_r max|g_r| of times (n,) -> (n, R) where V = V0 + Σ_r f_r(t) g_r, with channels or without; else None."""
        if self._parts is None:
            return None
        parts, sizes = self._parts, np.abs(self._parts.tables).reshape(len(self._parts.tables), -1).max(axis=1)
        return lambda times: parts.factors_at(times) * sizes

    def on_points(self, some: np.ndarray, alike: float) -> Callable[[float], np.ndarray]:
        """t -> V at points of flat indices, (…, n): a callable is asked for those alone, where at one time it gives there what it
        gives on the whole grid; else for all of them."""
        points = [x.reshape(-1)[some] for x in np.broadcast_arrays(*self.grid.mesh)]

        def whole(t: float) -> np.ndarray:
            return self.values(t).reshape(-1, self.grid.size)[:, some]

        def few(t: float) -> np.ndarray:
            try:
                with np.errstate(all="ignore"):
                    return np.asarray(self.source(t, *points))
            except Exception:  # the whole grid may do, or has an error that says where
                return whole(t)

        for time in PROBES:
            try:
                found, table = few(time), whole(time)
                if np.allclose(found.reshape(table.shape), table, rtol=0, atol=alike * float(np.abs(table).max())):
                    return few
            except Exception:  # a callable that takes its own grid alone, or is not known at a time that nobody asked for
                continue
        return whole

    def between(self, low: float, high: float) -> Any:
        """What to make the same V of, asked for at times from low to high alone."""
        if self._parts is not None:
            terms = zip(self.source.functions, self._parts.tables, strict=True)
            return SeparablePotential(self._parts.static, [(held(f, low, high), table) for f, table in terms])
        return held(self.source, low, high) if self.time_dependent else self.source

    def at_points(self, index: Any) -> Any:
        """What to make the same V of on the points of an index of tables."""
        if self._parts is None:
            return self.real(0.0)[index]
        terms = zip(self.source.functions, self._parts.tables, strict=True)
        return SeparablePotential(self._parts.static[index], [(f, table[index]) for f, table in terms])

    def _form(self) -> tuple[int | None, tuple[int, ...], bool]:
        if not self.time_dependent:
            raw = self._raw(0.0)
            channels, batch = layout(raw.shape, self.grid.shape, "potential")
            real, loss = self._split(raw, channels, "potential")
            self._last = (0.0, frozen(real), None if loss is None else frozen(loss))
            return channels, batch, loss is not None
        samples = self._probed() if self._parts is None else [self._parts.static, *self._parts.tables]
        channels, batch = layout(samples[0].shape, self.grid.shape, "potential")
        lossy = any(np.iscomplexobj(values) if channels is None else has_loss(values, self.grid.ndim) for values in samples)
        return channels, batch, lossy

    def _probed(self) -> list[np.ndarray]:
        """V at the times at which it can be computed, for its shape and type only."""
        first, second = PROBES
        try:
            samples = [values_of(called(self.source, self.grid, first), self.grid, "potential")]
        except (ArithmeticError, TypeError, ValueError):
            return [values_of(self._called(second), self.grid, "potential")]
        try:
            later = values_of(called(self.source, self.grid, second), self.grid, "potential")
        except Exception:           # a look at a time that nobody asked for: V may not be known there
            return samples
        return samples + [later] * (later.shape == samples[0].shape)

    def _tables(self, t: float) -> tuple[float, np.ndarray, np.ndarray | None]:
        last = self._last
        if last is not None and (last[0] == t or not self.time_dependent):
            return last
        name = f"potential(t={t:.6g}, …)" if self.time_dependent else "potential"
        raw = self._raw(t)
        if layout(raw.shape, self.grid.shape, name) != (self.channels, self.batch):
            checks.fail(name, "must have one shape at all times", f"shape {raw.shape}")
        real, loss = self._split(raw, self.channels, name)
        if self.time_dependent and (loss is not None) and not self.is_complex:
            checks.fail(name, "must be complex at all times or at none",
                        f"a real V at t = {PROBES[0]:g} and {PROBES[1]:g}, a complex one here",
                        "Return complex numbers at all times; with channels give a SeparablePotential.")
        if self.time_dependent and self.is_complex and loss is None:
            loss = np.zeros_like(real)
        self._last = (t, frozen(real), None if loss is None else frozen(loss))
        return self._last

    def _raw(self, t: float) -> np.ndarray:
        if self._parts is not None:
            return self._parts.values(t)
        if not callable(self.source):
            return checked_values(self.source, self.grid, "potential")
        return checked_values(self._called(t), self.grid, f"potential(t={t:.6g}, …)" if self.time_dependent else "potential")

    def _called(self, t: float) -> Any:
        return call("potential", self.source, self.grid, t if self.time_dependent else None)

    def _split(self, raw: np.ndarray, channels: int | None, name: str) -> tuple[np.ndarray, np.ndarray | None]:
        """(Hermitian part, W) of V = Hermitian − iW; W None where it is zero and stays so."""
        if channels is not None:
            return hermitian_and_loss(raw, channels, self.grid.ndim, name)
        if not np.iscomplexobj(raw):
            return np.array(raw, copy=None if self._parts is not None else True), None
        if not self.time_dependent and not np.any(raw.imag):
            return np.array(raw.real), None
        return np.array(raw.real), -raw.imag
