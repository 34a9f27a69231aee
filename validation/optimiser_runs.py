"""Training runs of a 100-parameter network, ten at once, recorded for the power α of g ∝ κ^α."""

from collections.abc import Iterator

import numpy as np

import qlearn as ql
from qlearn.optimisers import teacher_data

__all__ = ["NETWORK", "full_metric_records", "records"]

NETWORK = ql.TanhNetwork(8, 10)
SAMPLES, BATCH, STEPS, CHECKPOINTS = 4000, 16, 2000, (500, 1000, 1500, 2000)
GRADIENTS, UPDATES = 2000, 100
Records = list[list[ql.GradientRecord]]


def records(optimiser: ql.CovariantGradientDescent, seeds: list[int]) -> tuple[Records, Records]:
    """For every seed (data, start, minibatches) the records at all checkpoints: of the metric as it runs, and of its moments
    gathered anew from 3/(1 − β₂) minibatches at the same parameters. Gradients are drawn with replacement."""
    x, y, q, draw, rng = _begin(seeds)
    state = optimiser.init(q)
    running: Records = [[] for _ in seeds]
    anew: Records = [[] for _ in seeds]
    for step in range(1, STEPS + 1):
        q, state = optimiser.step(q, NETWORK.gradient(q, *next(draw)), state)
        if step not in CHECKPOINTS:
            continue
        fresh = optimiser.init(q)
        for _ in range(round(3 / (1 - optimiser.beta2)) if optimiser.alpha else 1):
            fresh = optimiser.step(q, NETWORK.gradient(q, *next(draw)), fresh)[1]
        updates = np.stack([optimiser.step(q, NETWORK.gradient(q, *next(draw)), fresh)[0] - q for _ in range(UPDATES)])
        metrics = optimiser.metric(state), optimiser.metric(fresh)
        for run in range(len(seeds)):
            index = rng.integers(0, SAMPLES, GRADIENTS)
            h = NETWORK.per_sample_gradients(q[run], x[run, index], y[run, index])
            running[run].append(ql.GradientRecord(h, metric=metrics[0][run]))
            anew[run].append(ql.GradientRecord(h, metric=metrics[1][run], updates=updates[:, run]))
    return running, anew


def full_metric_records(optimiser: ql.CovariantGradientDescent, full: ql.CovariantGradientDescent, seeds: list[int],
                        alphas: list[float]) -> list[Records]:
    """At the end of training with one optimiser, the full metric of another gathered from 3/(1 − β₂) minibatches, for each α."""
    from dataclasses import replace

    x, y, q, draw, rng = _begin(seeds)
    state = optimiser.init(q)
    for _ in range(STEPS):
        q, state = optimiser.step(q, NETWORK.gradient(q, *next(draw)), state)
    found: list[Records] = [[[] for _ in seeds] for _ in alphas]
    waiting = replace(full, warmup=10**9)                                    # moments only, nothing is inverted
    for run in range(len(seeds)):
        moments = waiting.init(q[run])
        count = round(3 / (1 - full.beta2))
        index = rng.integers(0, SAMPLES, (count, BATCH))
        for h in NETWORK.gradient(q[run], x[run, index], y[run, index]):
            moments = waiting.step(q[run], h, moments)[1]
        index = rng.integers(0, SAMPLES, 2 * GRADIENTS)
        h = NETWORK.per_sample_gradients(q[run], x[run, index], y[run, index])
        for rows, alpha in zip(found, alphas, strict=True):
            rows[run].append(ql.GradientRecord(h, metric=replace(full, alpha=alpha).metric(moments)))
    return found


def _begin(seeds: list[int]) -> tuple[np.ndarray, np.ndarray, np.ndarray, Iterator, np.random.Generator]:
    rng = np.random.default_rng([1, *seeds])
    data = [teacher_data(SAMPLES, seed=seed) for seed in seeds]
    x, y = np.stack([d[0] for d in data]), np.stack([d[1] for d in data])
    q = np.stack([NETWORK.start(np.random.default_rng([2, seed])) for seed in seeds])
    return x, y, q, _batches(x, y, rng), rng


def _batches(x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Minibatches of every run, with replacement."""
    runs = np.arange(len(x))[:, None]
    while True:
        index = rng.integers(0, SAMPLES, (len(x), BATCH))
        yield x[runs, index], y[runs, index]
