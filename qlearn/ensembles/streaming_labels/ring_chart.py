"""The proper length of a ring with a metric: x = 2πs(q)/S, s = ∫√g dq, and back."""

from collections.abc import Callable
from functools import cached_property
from typing import Any, final

import numpy as np

from qlearn import checks

__all__ = ["RingChart"]

_TABLE = 1 << 14        # points; linear interpolation between them is right to about 1e-8
_ERROR = 1e-5           # largest relative error of √g between them


@final
class RingChart:
    """A ring q ~ q + L with g(q) > 0, a callable (n,) -> (n,) or (1, 1, n), or flat (None).

    >>> chart = RingChart(2 * np.pi, lambda q: (1 + 0.5 * np.cos(q)) ** 2)
    >>> round(chart.length / (2 * np.pi), 12), bool(abs(chart.angle(1.0) - (1 + 0.5 * np.sin(1.0))) < 1e-8)
    (1.0, True)
    """

    def __init__(self, period: float, metric: Callable[[np.ndarray], Any] | None):
        self.period = checks.real("period", period, above=0)
        if metric is not None and not callable(metric):
            checks.fail("metric", "must be a callable g(q), or None for a flat ring", metric)
        self.metric = metric
        self.length = self.period
        if metric is not None:
            self.length = float(self.period * np.mean(self._root_table))
            middle = self.root(self._points + 0.5 * self.period / _TABLE)
            error = np.max(np.abs(0.5 * (self._root_table + np.roll(self._root_table, -1)) / middle - 1))
            if error > _ERROR:
                checks.fail("metric(q)", f"must be periodic and smooth on {_TABLE} points", f"a jump of {error:.1g} of √g",
                            f"It must have the period {self.period:g}.")

    def root(self, q: Any) -> np.ndarray:
        """√g at q (n,)."""
        q = np.asarray(q, dtype=float)
        if self.metric is None:
            return np.ones_like(q)
        g = checks.finite_array("metric(q)", np.reshape(self.metric(q.ravel()), -1), shape=(q.size,))
        if not g.min() > 0:
            checks.fail("metric(q)", "must be positive everywhere", float(g.min()))
        return np.sqrt(g).reshape(q.shape)

    def angle(self, q: Any) -> np.ndarray:
        """x = 2πs(q)/S, unwrapped; x(0) = 0."""
        turns = 2 * np.pi / self.period
        q = np.asarray(q, dtype=float)
        return turns * q if self.metric is None else turns * q + np.interp(q, self._points, self.wave, period=self.period)

    def coordinate(self, x: Any) -> np.ndarray:
        """q of x in [0, 2π], by Newton steps on the table's interpolant."""
        x = np.asarray(x, dtype=float)
        q = x * self.period / (2 * np.pi)
        if self.metric is not None:
            ends = np.append(2 * np.pi / self.period * self._points + self.wave, 2 * np.pi + self.wave[0])
            q = np.interp(x, ends, np.append(self._points, self.period))
        return q

    def per_angle(self, q: np.ndarray) -> np.ndarray:
        """dq/dx = S/(2π√g)."""
        return self.length / (2 * np.pi * self.root(q))

    @property
    def points(self) -> np.ndarray:
        """The q of the tables."""
        return self._points

    @cached_property
    def wave(self) -> np.ndarray:
        """x(q) − 2πq/L at the points, zero at q = 0."""
        modes = np.fft.rfft(self._root_table, norm="forward")
        k = np.arange(len(modes))
        modes[1:] /= 1j * k[1:]
        modes[0] = 0
        wave = np.fft.irfft(modes, _TABLE, norm="forward") * (self.period / self.length)
        return wave - wave[0]

    @cached_property
    def metric_slope(self) -> np.ndarray:
        """g'(q) at the points, from the Fourier series of g."""
        modes = np.fft.rfft(self._root_table**2, norm="forward")
        modes *= 2j * np.pi / self.period * np.arange(len(modes))
        return np.fft.irfft(modes, _TABLE, norm="forward")

    @cached_property
    def _points(self) -> np.ndarray:
        return np.arange(_TABLE) * self.period / _TABLE

    @cached_property
    def _root_table(self) -> np.ndarray:
        return self.root(self._points)
