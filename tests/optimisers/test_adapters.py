"""PyTorch and optax: the same steps, and records of live optimisers. Single precision is theirs by default; f64 here."""

import copy

import numpy as np
import pytest

import qlearn as ql
from qlearn.errors import ArgumentError, UnsupportedError

CGD = ql.CovariantGradientDescent
SHAPES = ((3, 2), (4,))


@pytest.fixture
def torch():
    return pytest.importorskip("torch", reason="tests the adapter to PyTorch")


def parameters(torch):
    rng = np.random.default_rng(0)
    return [torch.nn.Parameter(torch.tensor(rng.standard_normal(shape))) for shape in SHAPES]


def by_numpy(optimiser, steps):
    q = [p.detach().numpy() for p in steps["start"]]
    state = optimiser.init(q)
    for noise in steps["noise"]:
        q, state = optimiser.step(q, [a + h for a, h in zip(q, noise, strict=True)], state)
    return q, state


@pytest.mark.parametrize("optimiser", [CGD.sgd(0.1, momentum=0.5), CGD.rmsprop(0.01, centered=True), CGD.adam(0.01),
                                       CGD.adabelief(0.01), CGD(0.01, alpha=0.75, warmup=4, floor=1e-3, reference=2.0)],
                         ids=["sgd", "rmsprop", "adam", "adabelief", "α = ¾"])
def test_the_torch_optimiser_takes_the_same_steps(torch, optimiser):
    from qlearn.optimisers.pytorch import metric

    rng = np.random.default_rng(1)
    noise = [[rng.standard_normal(shape) for shape in SHAPES] for _ in range(30)]
    live = parameters(torch)
    start = [p.clone() for p in live]
    steps = optimiser.torch(live)
    for row in noise:
        for p, h in zip(live, row, strict=True):
            p.grad = p.detach() + torch.tensor(h)
        steps.step()
    q, state = by_numpy(optimiser, {"start": start, "noise": noise})
    assert max(np.max(np.abs(p.detach().numpy() - a)) for p, a in zip(live, q, strict=True)) < 1e-12
    g, _ = metric(steps)
    expected = np.concatenate([np.ravel(part) for part in optimiser.metric(state)])
    assert g == pytest.approx(expected, rel=1e-10)


def test_a_torch_run_resumes_from_its_state_dict(torch):
    live = parameters(torch)
    steps = CGD(0.05, alpha=0.5, warmup=2).torch(live)

    def train(steps, count):
        for _ in range(count):
            steps.zero_grad()
            sum((p**2).sum() for p in live).backward()
            steps.step()

    train(steps, 5)
    saved, values = copy.deepcopy(steps.state_dict()), [p.detach().clone() for p in live]
    train(steps, 5)
    whole = [p.detach().clone() for p in live]
    for p, value in zip(live, values, strict=True):
        p.data.copy_(value)
    again = CGD(0.05, alpha=0.5, warmup=2).torch(live)
    again.load_state_dict(saved)
    train(again, 5)
    assert all(torch.equal(a, b) for a, b in zip(live, whole, strict=True))


def test_a_full_metric_is_refused_in_torch(torch):
    with pytest.raises(UnsupportedError, match="diagonal"):
        CGD(0.1, matrix="full").torch(parameters(torch))


LIVE = {
    "SGD": (dict(lr=0.01), lambda v, t: np.ones_like(v)),
    "RMSprop": (dict(lr=1e-3, alpha=0.9), lambda v, t: np.sqrt(v) + 1e-8),
    "Adam": (dict(lr=1e-3, betas=(0.9, 0.9)), lambda v, t: np.sqrt(v / (1 - 0.9**t)) + 1e-8),
    "AdamW": (dict(lr=1e-3, betas=(0.9, 0.9)), lambda v, t: np.sqrt(v / (1 - 0.9**t)) + 1e-8),
    "NAdam": (dict(lr=1e-3, betas=(0.9, 0.9)), lambda v, t: np.sqrt(v / (1 - 0.9**t)) + 1e-8),
    "Adagrad": (dict(lr=1e-3), None),
}


@pytest.mark.parametrize("name", LIVE)
def test_metrics_of_live_torch_optimisers(torch, name):
    from qlearn.optimisers.pytorch import record

    settings, expected = LIVE[name]
    q = torch.nn.Parameter(torch.zeros(12, dtype=torch.float64))
    live, v, total = getattr(torch.optim, name)([q], **settings), np.zeros(12), np.zeros(12)
    rng = np.random.default_rng(2)
    for _ in range(8):
        h = rng.standard_normal(12) * np.arange(1, 13)
        v, total = 0.9 * v + 0.1 * h**2, total + h**2
        q.grad = torch.tensor(h)
        live.step()
    samples = torch.tensor(rng.standard_normal((40, 12)))
    before = q.detach().clone()
    found = record(live, lambda row: (row * q).sum(), samples)
    assert found.metric == pytest.approx(expected(v, 8) if expected else np.sqrt(total) + 1e-10, rel=1e-9)
    assert np.array_equal(found.gradients, samples.numpy()) and torch.equal(q, before)


def test_learning_rates_of_groups_count_as_metric(torch):
    from qlearn.optimisers.pytorch import metric

    a, b = (torch.nn.Parameter(torch.ones(2)) for _ in range(2))
    g, floor = metric(torch.optim.SGD([{"params": [a], "lr": 0.1}, {"params": [b], "lr": 0.2}]))
    assert g.tolist() == [1, 1, 0.5, 0.5] and floor == 0


def test_what_torch_cannot_tell_is_said(torch):
    from qlearn.optimisers.pytorch import metric, per_sample_gradients

    q = torch.nn.Parameter(torch.ones(2))
    with pytest.raises(ArgumentError, match="must have taken a step"):
        metric(torch.optim.Adam([q]))
    live = torch.optim.Adadelta([q])
    q.sum().backward()
    live.step()
    with pytest.raises(UnsupportedError, match="metric of Adadelta is not known"):
        metric(live)
    with pytest.raises(ArgumentError, match="at least one sample"):
        per_sample_gradients(lambda s: q.sum(), [q], [])


@pytest.mark.parametrize("name", ["adam", "adabelief", "rmsprop", "rmsprop, ε outside"])
def test_metrics_of_optax_states(name):
    optax = pytest.importorskip("optax", reason="tests the adapter to optax")
    import jax

    from qlearn.optimisers.optax_states import record

    kinds = {"adam": (optax.adam(1e-3, b2=0.9), dict(b2=0.9, eps=1e-8)),
             "adabelief": (optax.adabelief(1e-3, b2=0.9), dict(b2=0.9, eps=1e-16, eps_root=1e-16)),
             "rmsprop": (optax.rmsprop(1e-3, decay=0.9), dict(b2=0.9, eps=1e-8)),
             "rmsprop, ε outside": (optax.rmsprop(1e-3, decay=0.9, eps_in_sqrt=False),
                                    dict(b2=0.9, eps=1e-8, eps_in_sqrt=False))}
    optimiser, settings = kinds[name]
    rng = np.random.default_rng(3)
    with jax.enable_x64(True), np.errstate(all="ignore"):
        q = {"b": jax.numpy.zeros(2), "w": jax.numpy.zeros((2, 5))}
        state, v, m = optimiser.init(q), np.zeros(12), np.zeros(12)
        for _ in range(6):
            h = rng.standard_normal(12)
            m = 0.9 * m + 0.1 * h
            v = 0.9 * v + 0.1 * (h - m if name == "adabelief" else h) ** 2
            _, state = optimiser.update({"b": jax.numpy.asarray(h[:2]), "w": jax.numpy.asarray(h[2:].reshape(2, 5))}, state, q)
        gradients = {"b": rng.standard_normal((9, 2)), "w": rng.standard_normal((9, 2, 5))}
        found = record(state, gradients, **settings)
    corrected = v if name.startswith("rms") else v / (1 - 0.9**6)
    assert found.metric == pytest.approx(np.sqrt(corrected), rel=1e-6)
    assert np.array_equal(found.gradients[:, 2:], gradients["w"].reshape(9, 10))


def test_what_optax_cannot_tell_is_said():
    optax = pytest.importorskip("optax", reason="tests the adapter to optax")
    import jax.numpy as jnp

    from qlearn.optimisers.optax_states import metric

    with pytest.raises(UnsupportedError, match="ScaleByAdamState"):
        metric(optax.sgd(0.1).init(jnp.zeros(3)), b2=0.9, eps=0.0)
    with pytest.raises(ArgumentError, match="taken a step"):
        metric(optax.adam(0.1).init(jnp.zeros(3)), b2=0.9, eps=0.0)


def taught(torch):
    """A small network, with a bias that is frozen, and the loss of one pair."""
    torch.manual_seed(1)
    network = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1)).double()
    network[0].bias.requires_grad_(False)
    samples = list(zip(torch.randn(8, 1, 3).double(), torch.randn(8, 1, 1).double(), strict=True))
    return network, samples, lambda pair: ((network(pair[0]) - pair[1])**2).mean()


def test_only_parameters_that_learn_are_recorded(torch):
    from qlearn.optimisers.pytorch import record

    network, samples, loss = taught(torch)
    groups = [{"params": network[0].parameters(), "lr": 1e-3}, {"params": [network[2].weight], "lr": 0.0},
              {"params": [network[2].bias], "lr": 2e-3}]
    live = torch.optim.Adam(groups)
    loss(samples[0]).backward()
    live.step()
    live.zero_grad()
    with torch.no_grad():
        found = record(live, loss, samples)
    assert found.parameters == 12 + 1 and found.gradients[:, :12].std() > 0
    v = live.state[network[2].bias]["exp_avg_sq"] / (1 - 0.999)
    assert found.metric[-1] == pytest.approx((v.sqrt().item() + 1e-8) / 2)      # twice the rate of the first group
    for group in live.param_groups:
        group["lr"] = 0.0
    with pytest.raises(ArgumentError, match="all of them frozen"):
        record(live, loss, samples)


def test_parameters_that_the_loss_does_not_depend_on(torch):
    from qlearn.optimisers.pytorch import record

    network, samples, loss = taught(torch)
    network[0].bias.requires_grad_(True)
    idle = torch.nn.Parameter(torch.ones(2).double())
    found = record(torch.optim.SGD([*network.parameters(), idle], lr=0.1), loss, samples)
    assert np.all(found.gradients[:, -2:] == 0) and np.all(found.gradients[:, :-2].std(axis=0) > 0)
    adam = torch.optim.Adam([*network.parameters(), idle])
    loss(samples[0]).backward()
    adam.step()
    with pytest.raises(ArgumentError, match=r"with every parameter.*shape \(2,\).*requires_grad_\(False\)"):
        record(adam, loss, samples)


def test_losses_that_cannot_be_differentiated_are_refused_in_words(torch):
    from qlearn.optimisers.pytorch import metric, record

    network, _, loss = taught(torch)
    live = torch.optim.SGD(network.parameters(), lr=0.1)
    pair = (torch.randn(4, 3).double(), torch.zeros(4, 1).double())
    for wrong, words in ((lambda s: (network(s[0]) - s[1])**2, r"shape \(4, 1\)"), (lambda s: 1.0, "float"),
                         (lambda s: loss(s).detach(), "requires_grad False")):
        with pytest.raises(ArgumentError, match=r"loss\(sample\) must be one number.*" + words):
            record(live, wrong, [pair])
    with pytest.raises(ArgumentError, match=r"torch\.optim\.Optimizer; given Sequential"):
        metric(network)
    with pytest.raises(UnsupportedError, match="LBFGS"):
        metric(torch.optim.LBFGS(network.parameters()))


@pytest.mark.parametrize("gradient", [[1.0, 0.0], [1.0, float("nan")]], ids=["zero without ε", "NaN"])
def test_the_torch_optimiser_writes_no_nan_into_parameters(torch, gradient):
    weights = torch.nn.Parameter(torch.ones(2, dtype=torch.float64))
    steps = CGD(0.1, alpha=0.5, statistic="second_moment", epsilon=0.0).torch([weights])
    weights.grad = torch.tensor(gradient, dtype=torch.float64)
    with pytest.raises(ArgumentError, match="1 of 2 values"):
        steps.step()
    assert weights.detach().tolist() == [1.0, 1.0]
