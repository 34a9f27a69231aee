"""Without Numba learners of every kind run, with the same numbers: two processes, one that cannot import numba."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

SCRIPT = Path(__file__).with_name("learners_of_every_kind.py")
PROBE = "from qlearn.kernels.normals import normals; from qlearn.kernels.phases import may_compile; " \
        "print(may_compile(), normals(1, 2, 0, 3)[0].tolist())"


def test_the_same_numbers_with_numba_and_without(tmp_path):
    """Bit for bit, but for self-consistent learners: their sums over carriers are rounded in another order (1e-14 measured)."""
    pytest.importorskip("numba", reason="compares with it")
    found = []
    for mode in ([], ["hidden"]):
        path = tmp_path / f"learners{len(mode)}.npz"
        subprocess.run([sys.executable, str(SCRIPT), str(path), *mode], check=True)
        found.append(np.load(path))
    compiled, plain = found
    assert set(compiled) == set(plain) and len(set(compiled)) == 11
    for name in compiled:
        if name.startswith("rounded"):
            np.testing.assert_allclose(compiled[name], plain[name], rtol=0, atol=1e-11)
        else:
            np.testing.assert_array_equal(compiled[name].view(np.int64), plain[name].view(np.int64), err_msg=name)


def test_numba_that_may_not_compile_is_left_alone():
    """NUMBA_DISABLE_JIT=1, as debuggers and coverage set it: intrinsics have no Python form, so NumPy's twin runs."""
    pytest.importorskip("numba", reason="is about it")
    said = [subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=True,
                           env=os.environ | {"NUMBA_DISABLE_JIT": flag}).stdout.split(" ", 1) for flag in "01"]
    assert [words[0] for words in said] == ["True", "False"] and said[0][1] == said[1][1]
