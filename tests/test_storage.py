"""The file format: what is written is what is read, to the bit; what is not to be trusted is refused."""

import os
import random
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from qlearn import storage
from qlearn.errors import ArgumentError, StorageError

TREE = {"none": None, "truth": True, "whole": 2**80, "number": -0.0, "complex": 1 - 2j, "words": "ψ\n", "empty": "",
        "list": [1, (2.5, [])], "tree": {"z": 1, "a": {"deep": np.arange(6).reshape(2, 3) * (1 + 1j)}},
        "mask": np.array([True, False]), "nothing": np.zeros((0, 3)), "infinite": np.array([np.nan, np.inf, -0.0]),
        "small": np.arange(3, dtype=np.int8), "scalar": np.float64(3)}


@pytest.fixture
def path(tmp_path):
    place = tmp_path / "file.h5"
    storage.write(place, "result", TREE)
    return place


def test_a_tree_comes_back_bit_for_bit_and_in_order(path):
    back = storage.read(path, "result")
    assert storage.digest(back) == storage.digest(TREE) and list(back) == list(TREE) and list(back["tree"]) == ["z", "a"]
    assert back["whole"] == 2**80 and back["list"] == [1, (2.5, [])] and back["truth"] is True and back["none"] is None
    assert np.signbit(back["number"]) and back["small"].dtype == np.int8
    assert os.listdir(path.parent) == ["file.h5"]


@pytest.mark.parametrize("change", [{"number": 0.0}, {"whole": 2**80 + 1}, {"words": "ψ"}, {"list": [1, [2.5, []]]},
                                    {"small": np.arange(3)}, {"truth": 1}], ids=lambda c: next(iter(c)))
def test_the_digest_sees_every_change(change):
    assert storage.digest({**TREE, **change}) != storage.digest(TREE)


def test_no_flipped_bit_is_believed(path, tmp_path):
    data, rng = path.read_bytes(), random.Random(0)
    refused = 0
    for _ in range(200):
        damaged = bytearray(data)
        damaged[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        other = tmp_path / "damaged.h5"
        other.write_bytes(damaged)
        try:
            assert storage.digest(storage.read(other, "result")) == storage.digest(TREE)
        except StorageError:
            refused += 1
    assert refused > 20


def edited(path, change):
    with h5py.File(path, "r+") as file:
        change(file)
    return path


@pytest.mark.parametrize(("change", "words"), [
    (lambda f: f.attrs.update(version=2), "newer qlearn"), (lambda f: f.attrs.update(format="other"), "not one of qlearn"),
    (lambda f: f.attrs.update(kind="checkpoint"), "holds a checkpoint, not a result"),
    (lambda f: f.__delitem__("content/small"), "checksum"),
    (lambda f: f["content"].__setitem__("list", h5py.ExternalLink("/etc/other.h5", "/")), "links|damaged|exists"),
    (lambda f: f.attrs.__delitem__("sha256"), "damaged"),
], ids=["version", "format", "kind", "missing", "link", "no checksum"])
def test_other_files_are_refused(path, change, words):
    def relinked(file):
        if "list" in file["content"]:
            del file["content/list"]
        change(file)

    edited(path, relinked if words.startswith("links") else change)
    with pytest.raises(StorageError, match=words):
        storage.read(path, "result")


def test_no_file_and_no_hdf5(tmp_path):
    with pytest.raises(StorageError, match="there is no file"):
        storage.read(tmp_path / "nothing.h5", "result")
    (tmp_path / "text.h5").write_text("qlearn")
    with pytest.raises(StorageError, match="not an HDF5 file"):
        storage.read(tmp_path / "text.h5", "result")


@pytest.mark.parametrize("value", [object(), np.array([None]), {"a/b": 1}, {1: 2}, np.array(["text"]), {1, 2}],
                         ids=["object", "objects", "slash", "number as name", "array of text", "set"])
def test_what_cannot_be_stored_is_refused_and_the_old_file_stays(path, value):
    before = path.read_bytes()
    with pytest.raises((ArgumentError, StorageError)):
        storage.write(path, "result", {"value": value})
    assert path.read_bytes() == before and os.listdir(path.parent) == ["file.h5"]


LIMITED = """
import resource, signal, sys
import numpy as np
from pathlib import Path
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
from qlearn import storage
import h5py
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
try:
    storage.write(Path(sys.argv[1]), "result", {"large": np.zeros(100_000)})
except storage.StorageError as error:
    print("refused", error)
"""


def test_a_file_that_the_system_cuts_short_leaves_the_old_one(path):
    """The limit of the file size stands for a full disk."""
    pytest.importorskip("resource", reason="limits of a process are a module of Unix")
    before = path.read_bytes()
    output = subprocess.run([sys.executable, "-c", LIMITED, str(path)], capture_output=True, text=True, check=False)
    assert output.stdout.startswith("refused"), output.stderr
    assert path.read_bytes() == before and os.listdir(path.parent) == ["file.h5"]


def test_a_link_to_a_file_stays_a_link(path, tmp_path):
    link = tmp_path / "link.h5"
    link.symlink_to(path)
    storage.write(storage.as_path("path", link), "result", {"a": 1})
    assert link.is_symlink() and storage.read(path, "result") == {"a": 1}
    assert storage.as_path("path", "~/x.h5") == Path(os.path.realpath(os.path.expanduser("~"))) / "x.h5"
