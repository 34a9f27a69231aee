"""The same ensemble by others: dq = (q − q³) dt + dW, all learners from q = ½, one thread, doubles.

Each contestant returns the positions at the end; ``law_of`` says how far its mean and variance are from ours, in standard errors.
"""

import os
from collections.abc import Callable

import numpy as np

from benchmarks.machine import described
from benchmarks.table import Table, held
from benchmarks.timing import interleave

__all__ = ["PEERS", "Work", "deviation", "learner_peers"]

H, START = 0.01, 0.5
PIECE = 16384       # learners that NumPy moves at a time: its arrays stay in the cache


class Work:
    """How many learners and steps."""

    def __init__(self, learners: int, steps: int):
        self.learners, self.steps = learners, steps


def ours(work: Work) -> Callable[[], np.ndarray]:
    """The loop of ``simulate(kind="static")``, weak order 2."""
    from qlearn.kernels.learner_steps import kicked_steps
    from qlearn.systems.base import LearningSystem

    programs = LearningSystem("q", loss="q**4/4 - q**2/2", learning_rate=1.0, temperature=0.5).drift_programs().of_steps([H])
    assert programs is not None

    def run() -> np.ndarray:
        pieces = [kicked_steps(programs[0], np.full((1, min(PIECE, work.learners - first)), START), work.steps, H, 0.5, seed=1,
                               first_step=0, first=first)[0][0] for first in range(0, work.learners, PIECE)]
        return np.concatenate(pieces)
    return run


def simulated(work: Work) -> Callable[[], np.ndarray]:
    """``ql.simulate`` itself, planning included."""
    import qlearn as ql

    system = ql.LearningSystem("q", loss="q**4/4 - q**2/2", learning_rate=1.0, temperature=0.5)
    return lambda: ql.simulate(system, START, [0.0, work.steps * H], kind="static", learners=work.learners, seed=2,
                               dt=H).positions[-1, :, 0]


def numpy_in_place(work: Work) -> Callable[[], np.ndarray]:
    """Euler, SFC64, every operation in place on pieces that stay in the cache."""
    generator = np.random.Generator(np.random.SFC64(3))

    def run() -> np.ndarray:
        q = np.full(work.learners, START)
        kick, force = np.empty(PIECE), np.empty(PIECE)
        for first in range(0, work.learners, PIECE):
            piece = q[first:first + PIECE]
            xi, b = kick[:piece.size], force[:piece.size]
            for _ in range(work.steps):
                generator.standard_normal(out=xi)
                xi *= np.sqrt(H)
                np.multiply(piece, piece, out=b)
                np.subtract(1.0, b, out=b)
                b *= piece
                b *= H
                piece += b
                piece += xi
        return q
    return run


def torchsde_euler(work: Work) -> Callable[[], np.ndarray]:
    """torchsde.sdeint, Euler, diagonal noise, no gradients, BrownianInterval with the step as its hint."""
    import torch
    import torchsde

    torch.set_num_threads(1)

    class DoubleWell:
        noise_type, sde_type = "diagonal", "ito"

        def f(self, t, q):
            return q - q * q * q

        def g(self, t, q):
            return ones

    start, ones = torch.full((work.learners, 1), START, dtype=torch.float64), torch.ones((work.learners, 1), dtype=torch.float64)
    times = torch.tensor([0.0, work.steps * H], dtype=torch.float64)

    def run() -> np.ndarray:
        with torch.no_grad():
            path = torchsde.BrownianInterval(0.0, work.steps * H, size=tuple(start.shape), dtype=torch.float64, dt=H,
                                             cache_size=4)
            return torchsde.sdeint(DoubleWell(), start, times, bm=path, method="euler", dt=H)[-1, :, 0].numpy()
    return run


def _jax():
    os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")
    import jax

    jax.config.update("jax_enable_x64", True)
    return jax


def _diffrax(work: Work, path_of: Callable, blocks: int) -> Callable[[], np.ndarray]:
    """diffeqsolve with Euler, all learners as one array; ``blocks`` solves in one compiled scan, each with its own path."""
    jax = _jax()
    import diffrax
    import jax.numpy as jnp
    import lineax

    count = work.steps // blocks
    drift = diffrax.ODETerm(lambda t, q, args: q - q * q * q)
    identity = lineax.IdentityLinearOperator(jax.ShapeDtypeStruct((work.learners,), np.float64))

    def block(q, key):
        noise = diffrax.ControlTerm(lambda t, q, args: identity, path_of(diffrax, jax, key, count, work.learners))
        terms = diffrax.MultiTerm(drift, noise)
        solved = diffrax.diffeqsolve(terms, diffrax.Euler(), 0.0, count * H, H, q, saveat=diffrax.SaveAt(t1=True),
                                     adjoint=diffrax.ForwardMode(), max_steps=count + 1)
        return solved.ys[0], None

    @jax.jit
    def solve(key):
        return jax.lax.scan(block, jnp.full(work.learners, START), jax.random.split(key, blocks))[0]

    return lambda: np.asarray(solve(jax.random.key(4)).block_until_ready())


def _noise(jax, learners):
    return jax.ShapeDtypeStruct((learners,), np.float64)


def diffrax_by_blocks(work: Work) -> Callable[[], np.ndarray]:
    """Normals of ten steps drawn at once; the path looks them up."""
    return _diffrax(work, _drawn_path, work.steps // 10)


def diffrax_unsafe(work: Work) -> Callable[[], np.ndarray]:
    """Its UnsafeBrownianPath, the one it offers for fixed steps without adjoints."""
    return _diffrax(work, lambda diffrax, jax, key, count, n: diffrax.UnsafeBrownianPath(_noise(jax, n), key), 1)


def diffrax_tree(work: Work) -> Callable[[], np.ndarray]:
    """Its VirtualBrownianTree, the standard one, with the step as tolerance."""
    def path(diffrax, jax, key, count, n):
        return diffrax.VirtualBrownianTree(0.0, count * H + 1e-9, H, _noise(jax, n), key)
    return _diffrax(work, path, 1)


def _drawn_path(diffrax, jax, key, count, learners):
    import jax.numpy as jnp

    class DrawnPath(diffrax.AbstractBrownianPath):
        steps: jax.Array
        levy_area = diffrax.BrownianIncrement

        t0 = 0.0
        t1 = np.inf

        def evaluate(self, t0, t1=None, left=True, use_levy=False):
            return self.steps[jnp.round(t0 / H).astype(int)]

    return DrawnPath(np.sqrt(H) * jax.random.normal(key, (count, learners)))


PEERS: dict[str, tuple[Callable[[Work], Callable[[], np.ndarray]], float | None, str]] = {
    "ours": (ours, None, "2"),
    "ours, all of `ql.simulate`": (simulated, None, "2"),
    "NumPy in place, SFC64": (numpy_in_place, 1.3, "1"),
    "torchsde, BrownianInterval": (torchsde_euler, 10.0, "1"),
    "diffrax, normals by blocks": (diffrax_by_blocks, 2.2, "1"),
    "diffrax, UnsafeBrownianPath": (diffrax_unsafe, None, "1"),
    "diffrax, VirtualBrownianTree": (diffrax_tree, None, "1"),
}


def deviation(q: np.ndarray, other: np.ndarray) -> float:
    """The larger of the differences of mean and of second moment, in standard errors."""
    def one(a: np.ndarray, b: np.ndarray) -> float:
        return abs(a.mean() - b.mean()) / np.sqrt(a.var() / a.size + b.var() / b.size)
    return float(max(one(q, other), one(q**2, other**2)))


def learner_peers(quick: bool = False) -> list[Table]:
    """All of them in turn; those that are not installed are left out."""
    work = Work(1 << 14, 20) if quick else Work(1 << 17, 50)
    calls = {}
    for name, (make, _, _) in PEERS.items():
        try:
            calls[name] = make(work)
        except ImportError:
            continue
    results = {name: call() for name, call in calls.items()}
    times = interleave(calls, 3 if quick else 5)
    rows = []
    for name in calls:
        ratio, bar = times.ratio(name, "ours"), PEERS[name][1]
        low, high = times.spread(name, "ours")
        rate = work.learners * work.steps / times.median(name) / 1e6
        rows.append([name, PEERS[name][2], f"{rate:.1f}", f"{ratio:.2f} ({low:.2f} … {high:.2f})",
                     f"{deviation(results['ours'], results[name]):.1f}", "" if bar is None else held(ratio, bar, most=False)])
    words = _WORDS.format(learners=work.learners, steps=work.steps)
    return [Table("Peers", words, ["contestant", "weak order", "10⁶ learner-steps/s", "times slower (quartiles)",
                                   "law: standard errors from ours", "bar"], rows, described())]


_WORDS = """\
dq = (q − q³) dt + dW, {learners} learners from q = ½, {steps} steps of 0.01, the final positions returned. The others take Euler
steps of the same length, which is order 1; ours is order 2. torchsde: `sdeint`, diagonal noise, no gradients, the step given to
BrownianInterval. diffrax: `diffeqsolve` with Euler and constant steps, compiled before, all learners one array, threefry keys
(its others are slower here); "by blocks": a path that looks up normals drawn ten steps at a time in a scan. Torch and XLA
run on one thread."""
