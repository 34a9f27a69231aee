"""sweep: order, grids, errors kept one a point, executors, resuming, what it refuses."""

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import numpy as np
import pytest

import qlearn as ql
from qlearn.errors import ArgumentError

GRID = {"a": [1.0, 2.0, 3.0], "b": np.array([0.0, 4.0])}


def ratio(a, b):
    if b == 0:
        raise ZeroDivisionError(f"{a}/0")
    return {"ratio": a / b, "product": a * b}


@pytest.mark.parametrize("pool", [None, ThreadPoolExecutor, ProcessPoolExecutor])
def test_nothing_is_lost_and_the_order_is_that_of_the_parameters(pool):
    seen = []
    if pool is None:
        found = ql.sweep(ratio, GRID, progress=seen.append)
    else:
        with pool(2) as executor:
            found = ql.sweep(ratio, GRID, executor, progress=seen.append)
    assert sum(seen) == len(found) == 6 and found.shape == (3, 2)
    assert [point["a"] for point, _ in found] == [1.0, 2.0, 3.0]
    assert [str(error) for _, error in found.failed] == ["1.0/0", "2.0/0", "3.0/0"]
    np.testing.assert_array_equal(found.array(lambda value: value["product"]), [[np.nan, 4], [np.nan, 8], [np.nan, 12]])
    row = found.table()[1]
    assert row == {"a": 1.0, "b": 4.0, "ratio": 0.25, "product": 4.0, "error": None}
    assert "6 points, 3 failed" in str(found) and "ZeroDivisionError: 2.0/0" in str(found)


def test_a_list_of_points_and_a_later_sweep_that_calls_only_what_is_missing():
    calls = []

    def count(n):
        calls.append(n)
        if len(calls) == 2:
            raise RuntimeError("once")
        return n * n

    first = ql.sweep(count, [{"n": 1}, {"n": 2}])
    again = ql.sweep(count, [{"n": 1}, {"n": 2}, {"n": 3}], resume=first)
    assert calls == [1, 2, 2, 3] and again.values == (1, 4, 9) and not again.failed


def test_an_interrupt_is_not_swallowed():
    def stop(n):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ql.sweep(stop, {"n": [1]})


def test_an_empty_grid():
    assert len(ql.sweep(ratio, {"a": [], "b": [1]})) == 0 and len(ql.sweep(ratio, [])) == 0


@pytest.mark.parametrize(("function", "parameters", "message"), [
    (3, {"a": [1]}, "function must be callable"),
    (ratio, {"a": 1}, "parameters.'a'. must be a sequence"),
    (ratio, {"a": "text"}, "must be a sequence"),
    (ratio, 4, "a dict of sequences or a list of dicts"),
    (ratio, [{1: 2}], "names that are text"),
])
def test_what_is_refused(function, parameters, message):
    with pytest.raises(ArgumentError, match=message):
        ql.sweep(function, parameters)
    with pytest.raises(ArgumentError, match="resume"):
        ql.sweep(ratio, GRID, resume=3)


@pytest.mark.parametrize(("call", "message"), [
    (lambda: ql.sweep(ratio, {"a": np.array(3.0)}), "must be a sequence"),
    (lambda: ql.sweep(ratio, GRID, 3), r"executor must be a concurrent\.futures\.Executor; given int"),
    (lambda: ql.sweep(ratio, GRID).array(), r"pick\(value\) must be one number; given dict at \{'a': 1\.0, 'b': np"),
    (lambda: ql.sweep(lambda n: np.ones(n), {"n": [1, 2]}).array(), "given ndarray"),
    (lambda: ql.sweep(lambda n: None, {"n": [1, 2]}).array(), "given NoneType"),
], ids=["0-d array", "executor", "mapping", "arrays", "None"])
def test_what_has_no_place_is_refused_in_words(call, message):
    with pytest.raises(ArgumentError, match=message):
        call()


def test_a_table_loses_no_parameter():
    found = ql.sweep(lambda a: {"a": 2 * a, "error": 0.5}, {"a": [1.0]})
    assert found.table() == [{"a": 1.0, "value": {"a": 2.0, "error": 0.5}, "error": None}]


def test_points_are_found_again_among_many():
    """Numbers that are equal, arrays that are equal; 3000 points in about one pass (all pairs would take half a minute)."""
    first = ql.sweep(lambda n, q: n, {"n": range(1500), "q": [np.ones(2), np.zeros(3)]})
    calls = []
    again = ql.sweep(lambda n, q: calls.append(n), {"n": np.arange(1501.0), "q": [np.ones(2), np.zeros(3)]}, resume=first)
    assert calls == [1500.0, 1500.0] and again.values[:3000] == first.values
