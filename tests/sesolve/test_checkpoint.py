"""Interrupted and gone on with: the same bits as a run that never stopped; another problem, a damaged file: refused."""

import os
import shutil
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pytest

import qlearn as ql
from qlearn import storage
from qlearn.errors import ArgumentError, StorageError, StorageWarning

GRID = ql.Grid(64, (-8, 8))
X = GRID.axes[0]
H = ql.Hamiltonian(GRID, lambda x: x**2 / 2 + 0.05 * x**3 * np.exp(-x**2 / 9))
DRIVEN = ql.Hamiltonian(GRID, lambda t, x: x**2 / 2 + 0.3 * np.sin(2 * t) * x * np.exp(-x**2 / 20), time_dependent=True)
PSI = ql.gaussian(GRID, center=1, width=0.6, momentum=0.5)
TIMES = np.array([0, 0.3, 1.7, 1.8, 4.0])
CASES = {
    "Strang": (H, ql.Strang(dt=0.01)), "Strang auto": (H, ql.Strang()), "RKN6": (H, ql.RKN6()),
    "RKN6 driven": (DRIVEN, ql.RKN6()),
    "Chebyshev": (H, ql.Chebyshev()), "Dense": (H, ql.Dense()), "chosen": (H, None), "chosen driven": (DRIVEN, None),
    **{name: (H, getattr(ql, name)()) for name in
       ("Gradient6", "ProcessedGradient6", "BM4", "BM6", "Chin4", "Yoshida4", "Lanczos", "Magnus4")},
    "mean field": (ql.Hamiltonian(GRID, lambda x: x**2 / 2, nonlinearity=lambda n: n), None),
    "mean field, curved": (ql.Hamiltonian(GRID, lambda x: x**2 / 2, metric=lambda x: 1 + 0.1 * np.cos(np.pi * x / 8),
                                          nonlinearity=lambda n: n), None),
    "complex mean field": (ql.Hamiltonian(GRID, lambda x: x**2 / 2, nonlinearity=lambda n: n + 0.2j * (1 - n)), None),
    "complex mean field, fixed": (ql.Hamiltonian(GRID, 0.0, nonlinearity=lambda n: n + 0.2j * (1 - n)), ql.BM4(dt=0.02)),
    "gain": (ql.Hamiltonian(GRID, lambda x: x**2 / 2 + 0.5j * np.exp(-x**2)), None),
    "given up": (DRIVEN, None),
    "in parts that stand still": (ql.Hamiltonian(GRID, ql.SeparablePotential(lambda x: x**2 / 2,
                                                                             [(lambda t: 1.0 * (t > 1.75), np.sin)])), None),
    "in parts": (ql.Hamiltonian(GRID, ql.SeparablePotential(lambda x: x**2 / 2, [(lambda t: abs(t - 1.3) + (t > 1.75), np.sin)])),
                 None),
    "CrankNicolson": (H, ql.CrankNicolson(dt=0.02)), "Magnus4 driven": (DRIVEN, ql.Magnus4()),
}


@pytest.fixture(autouse=True)
def ctrl_c_is_heard():
    """A shell that starts the tests in the background has interrupts ignored, here and in processes that are started."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(autouse=True)
def splittings_are_given_up_early(request, monkeypatch):
    """Where a test says so."""
    if "given up" in request.node.name:
        monkeypatch.setattr("qlearn.methods.guard.ENOUGH_DRIVEN", 0.05)


class Breaks(Exception):
    pass


def breaking(at):
    """An e_op that gives a number, and raises once at the given time."""
    left = [at]

    def observe(t, psi):
        if left and t >= left[0]:
            left.clear()
            raise Breaks
        return np.abs(psi[..., 5]) ** 2

    return observe


def solve(hamiltonian, method, **options):
    options = {"store_states": True, "tol": 1e-4, **options}
    return ql.sesolve(hamiltonian, PSI, TIMES, method=method, **options)


def same(a, b):
    assert np.array_equal(a.states, b.states) and np.array_equal(a.final_state, b.final_state) and a.method == b.method
    assert all(np.array_equal(x, y) for x, y in zip(a.expect, b.expect, strict=True))
    other = ("wall_time", "resumed")
    np.testing.assert_equal({k: v for k, v in a.stats.items() if k not in other},
                            {k: v for k, v in b.stats.items() if k not in other})


@pytest.mark.parametrize("name", CASES)
def test_a_run_that_broke_twice_ends_with_the_same_bits(name, tmp_path):
    hamiltonian, method = CASES[name]
    whole = solve(hamiltonian, method, e_ops=breaking(9))
    path = tmp_path / "run.h5"
    for at in (0.3, 1.8):
        with pytest.raises(Breaks):
            solve(hamiltonian, method, e_ops=breaking(at), checkpoint=path)
    resumed = solve(hamiltonian, method, e_ops=breaking(9), checkpoint=path)
    assert resumed.stats["resumed"] == 2 and whole.stats["resumed"] == 0
    same(whole, resumed)
    again = solve(hamiltonian, method, e_ops=breaking(9), checkpoint=path)
    same(whole, again)
    assert os.listdir(tmp_path) == ["run.h5"]


@pytest.mark.parametrize("name", [name for name in CASES if name != "CrankNicolson"])
def test_every_stretch_can_be_gone_on_from(name, tmp_path, monkeypatch):
    """Each file that a run writes between two stretches leads to the same end."""
    hamiltonian, method = CASES[name]
    files, write = [], storage.write

    def copying(path, kind, content):
        write(path, kind, content)
        files.append(shutil.copy(path, tmp_path / f"{len(files)}.h5"))

    monkeypatch.setattr(storage, "write", copying)
    whole = solve(hamiltonian, method, checkpoint=ql.Checkpoint(tmp_path / "run.h5", every=0))
    monkeypatch.setattr(storage, "write", write)
    assert len(files) >= len(TIMES)
    for number in sorted({1, len(files) // 3, len(files) // 2, len(files) - 2}):
        same(whole, solve(hamiltonian, method, checkpoint=tmp_path / f"{number}.h5"))


@pytest.mark.parametrize("losses", [0, np.array([[1], [2], [0]])], ids=["hermitian", "losses"])
def test_one_state_in_a_batch_of_potentials_goes_on_to_the_same_bits(losses, tmp_path):
    batch = ql.Hamiltonian(H.grid, np.stack([np.cos(np.pi * X / 8), np.sin(np.pi * X / 8), 0 * X]) - 0.2j * losses)
    whole = solve(batch, None, e_ops=breaking(100))
    with pytest.raises(Breaks):
        solve(batch, None, e_ops=breaking(1.0), checkpoint=tmp_path / "run.h5")
    same(whole, solve(batch, None, e_ops=breaking(100), checkpoint=tmp_path / "run.h5"))


def test_a_batch_and_imaginary_time_and_one_time(tmp_path):
    batch = np.stack([PSI, 2j * PSI])
    options = {"e_ops": {"x": X, "E": H}, "tol": 1e-6, "checkpoint": tmp_path / "b.h5"}
    first = ql.sesolve(H, batch, TIMES, **options)
    second = ql.sesolve(H, batch, TIMES, **options)
    assert np.array_equal(first.e_data["E"], second.e_data["E"]) and second.stats["resumed"] == 1
    one = [ql.sesolve(H, PSI, [1.0], checkpoint=tmp_path / "one.h5") for _ in range(2)]
    assert np.array_equal(one[0].final_state, one[1].final_state) and one[1].times.tolist() == [1.0]


PROGRAM = """
import sys
import numpy as np
sys.path[:0] = [{here!r}]
import test_checkpoint as tests
import qlearn as ql
name, path = sys.argv[1:]
hamiltonian, method = tests.CASES[name]
def slow(t, psi):
    import time
    time.sleep(0.15)
    return float(t)
tests.solve(hamiltonian, method, e_ops=slow, checkpoint=ql.Checkpoint(path, every=0))
"""


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize(("name", "number"), [("RKN6", "SIGKILL"), ("RKN6 driven", "SIGINT")], ids=["kill -9", "Ctrl-C"])
def test_a_killed_process_is_gone_on_with(name, number, tmp_path):
    path = tmp_path / "run.h5"
    here = str(Path(__file__).parent)
    process = subprocess.Popen([sys.executable, "-c", PROGRAM.format(here=here), name, str(path)], stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while not path.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.2)
    process.send_signal(getattr(signal, number))
    errors = process.communicate(timeout=60)[1].decode()
    assert process.returncode != 0, "it ended before it was killed"
    assert (number == "SIGINT") == ("KeyboardInterrupt" in errors)
    saved = storage.read(path, "checkpoint")
    assert saved["run"]["index"] < len(TIMES) - 1
    hamiltonian, method = CASES[name]
    whole = solve(hamiltonian, method, e_ops=lambda t, psi: float(t))
    same(whole, solve(hamiltonian, method, e_ops=lambda t, psi: float(t), checkpoint=path))


def test_ctrl_c_inside_a_stretch_waits_for_its_end(tmp_path):
    """The signal comes from V(t), in the middle of a stretch; the file holds the state after it."""
    fired = []

    def V(t, x):
        if t > 1.0 and not fired:
            fired.append(t)
            signal.raise_signal(signal.SIGINT)
        return x**2 / 2 * (1 + 0.1 * np.sin(t))

    interrupted = ql.Hamiltonian(GRID, V, time_dependent=True)
    fired.append("none yet")
    whole = solve(interrupted, ql.RKN6())
    handler = signal.getsignal(signal.SIGINT)
    path = tmp_path / "run.h5"
    with pytest.raises(KeyboardInterrupt):
        from qlearn.sesolve import checkpoint as module

        original = module.Keeper.__enter__
        try:
            module.Keeper.__enter__ = lambda self: (fired.clear(), original(self))[1]  # not before: V is sampled then
            solve(interrupted, ql.RKN6(), checkpoint=path)
        finally:
            module.Keeper.__enter__ = original
    assert signal.getsignal(signal.SIGINT) is handler
    assert storage.read(path, "checkpoint")["run"]["record"]["steps"] > 0
    same(whole, solve(interrupted, ql.RKN6(), checkpoint=path))


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    path = tmp_path_factory.mktemp("finished") / "run.h5"
    solve(H, ql.RKN6(), checkpoint=path, e_ops={"x": X})
    return path


@pytest.mark.parametrize(("change", "words"), [
    ({"H": ql.Hamiltonian(GRID, lambda x: x**2 / 2)}, "another problem: V differs"),
    ({"H": ql.Hamiltonian(GRID, H.potential_table(), mass=1.01)}, "mass"),
    ({"H": ql.Hamiltonian(GRID, H.potential_table(), hbar=1.01)}, "hbar"),
    ({"H": ql.Hamiltonian(ql.Grid(64, (-8, 8.1)), H.potential_table())}, "grid"),
    ({"psi0": PSI * 1j}, "psi0 differs"), ({"tlist": [*TIMES, 5.0]}, "tlist differs.*final_state"), ({"tol": 1e-5}, "tol"),
    ({"method": ql.RKN6(dt=0.1)}, "method"), ({"e_ops": {"x": X**2}}, "e_ops"), ({"e_ops": None}, "e_ops"),
    ({"e_ops": {"x": lambda t, psi: 0.1}}, "e_ops"), ({"store_states": False}, "store_states"),
], ids=lambda value: "" if isinstance(value, str) else next(iter(value)))
def test_another_problem_is_refused_by_name_and_its_file_left_alone(finished, change, words, tmp_path):
    path = shutil.copy(finished, tmp_path)
    before = Path(path).read_bytes()
    given = {"H": H, "psi0": PSI, "tlist": TIMES, "method": ql.RKN6(), "tol": 1e-4, "e_ops": {"x": X}, "store_states": True,
             "checkpoint": path, **change}
    with pytest.raises(StorageError, match=words):
        ql.sesolve(given.pop("H"), given.pop("psi0"), given.pop("tlist"), **given)
    assert Path(path).read_bytes() == before


def test_a_callable_that_changed_is_found_by_its_number(tmp_path):
    path = tmp_path / "run.h5"
    with pytest.raises(Breaks):
        solve(H, ql.RKN6(), e_ops=breaking(1.0), checkpoint=path)
    with pytest.raises(StorageError, match="other e_ops"):
        solve(H, ql.RKN6(), e_ops=lambda t, psi: 1.0, checkpoint=path)
    driven = ql.Hamiltonian(GRID, lambda t, x: x**2 / 2 * (1 + t * (t > 3)), time_dependent=True)
    solve(DRIVEN, ql.Strang(dt=0.1), checkpoint=tmp_path / "driven.h5")
    with pytest.raises(StorageError, match="V differs"):
        solve(driven, ql.Strang(dt=0.1), checkpoint=tmp_path / "driven.h5")


def test_a_damaged_or_foreign_file_is_refused(finished, tmp_path):
    path = tmp_path / "run.h5"
    data = bytearray(finished.read_bytes())
    data[data.index(storage.read(finished, "checkpoint")["run"]["psi"].tobytes()) + 100] ^= 1
    for content in (bytes(data), data[:len(data) // 2], b"", b"not a file of ours"):
        path.write_bytes(content)
        with pytest.raises(StorageError, match=r"run\.h5"):
            solve(H, ql.RKN6(), checkpoint=path, e_ops={"x": X})
        assert path.read_bytes() == content
    result = tmp_path / "result.h5"
    solve(H, ql.RKN6()).save(result)
    with pytest.raises(StorageError, match="holds a result, not a checkpoint"):
        solve(H, ql.RKN6(), checkpoint=result)


@pytest.mark.parametrize(("checkpoint", "words"), [
    (3, "must be None, a path or"), ("/nowhere/at/all/run.h5", "folder that exists"), (".", "the folder"),
], ids=["number", "no folder", "folder"])
def test_a_place_that_cannot_be_is_refused_before_any_work(checkpoint, words):
    with pytest.raises(ArgumentError, match=words):
        solve(H, ql.RKN6(), checkpoint=checkpoint)
    with pytest.raises(ArgumentError, match="every"):
        ql.Checkpoint("run.h5", every=-1)


def test_a_folder_that_is_read_only_is_refused_before_any_work(tmp_path, monkeypatch):
    def refused(self, *arguments, **options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "touch", refused)  # root may write anywhere, so the refusal is played
    with pytest.raises(StorageError, match=r"Permission denied.*another folder"):
        solve(H, ql.RKN6(), checkpoint=tmp_path / "run.h5")


def test_a_disk_that_is_full_stops_no_run_and_keeps_the_last_file(tmp_path, monkeypatch):
    path = tmp_path / "run.h5"
    with pytest.raises(Breaks):
        solve(H, ql.RKN6(), e_ops=breaking(1.0), checkpoint=path)
    before = path.read_bytes()

    def full(place):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(storage, "_onto_disk", full)
    with pytest.warns(StorageWarning, match="No space left"):
        result = solve(H, ql.RKN6(), e_ops=breaking(9), checkpoint=path)
    assert path.read_bytes() == before and os.listdir(tmp_path) == ["run.h5"]
    same(result, solve(H, ql.RKN6(), e_ops=breaking(9)))
    with warnings.catch_warnings(), pytest.raises(StorageError, match=r"No space left.*unchanged"):
        result.save(path)
    assert path.read_bytes() == before


def test_values_that_are_no_numbers_are_refused(tmp_path):
    with pytest.raises(ArgumentError, match="must give numbers"):
        solve(H, ql.RKN6(), e_ops=lambda t, psi: "a word", checkpoint=tmp_path / "run.h5")


def test_a_stopped_run_can_be_gone_on_with(tmp_path):
    path = tmp_path / "run.h5"
    part = solve(H, ql.RKN6(), stop=lambda t, psi: t > 1, checkpoint=path)
    assert part.times.tolist() == [0, 0.3, 1.7] and "t = 1.7" in part.stats["stopped"]
    same(part, solve(H, ql.RKN6(), stop=lambda t, psi: t > 1, checkpoint=path))
    same(solve(H, ql.RKN6()), solve(H, ql.RKN6(), checkpoint=path))
