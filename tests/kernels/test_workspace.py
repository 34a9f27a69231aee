"""Workspace: arrays come back, are never lent twice, and only those of the last shape are kept."""

import numpy as np

from qlearn.kernels.workspace import Workspace


def test_an_array_is_lent_once_until_it_is_given_back():
    space = Workspace()
    a, b = space.take((3, 4)), space.take((3, 4))
    assert a is not b and a.shape == (3, 4) and a.dtype == complex
    space.give(a)
    assert space.take((3, 4)) is a and space.take((3, 4)) is not a


def test_other_shapes_views_and_kinds_are_not_kept():
    space = Workspace()
    a = space.take((4,))
    space.give(a[::2])
    space.give(np.empty(4))
    assert space.take((4,)).base is None
    space.take((2, 2))
    space.give(a)
    assert space.take((4,)) is not a
