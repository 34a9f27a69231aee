"""(8): W by other roads, the zero mode, the rates, and detailed balance where it is needed."""

import mpmath
import numpy as np
import pytest
import scipy.sparse as sparse
import sympy as sp
from scipy.sparse.linalg import eigsh

import qlearn.derivation.fokker_planck as module
from qlearn import Grid, LearningSystem, derive
from qlearn.derivation.fokker_planck import fokker_planck_steps, prepared_static
from qlearn.errors import ArgumentError, RegimeError, UnsupportedError

RING = LearningSystem("q", loss="a*cos(q) + 0.3*sin(2*q)", metric="1 + c*cos(2*q)/2 + sin(q)/10", periods="2*pi")
NUMBERS = {"gamma": 0.1, "T": 0.4, "a": 0.5, "c": 0.6}


CASES = [(1, True, False), (2, True, False), (3, False, False), (2, True, True)]


@pytest.mark.parametrize(("dimension", "curved", "tensor"), CASES)
def test_the_steps_hold(dimension, curved, tensor):
    steps = list(fokker_planck_steps(prepared_static(dimension, curved=curved, tensor=tensor), tensor=tensor))
    assert [step.residual for step in steps] == [0] * len(steps)


@pytest.mark.parametrize("term", [0, 1])
@pytest.mark.parametrize("factor", [-1, 2], ids=["sign", "factor"])
@pytest.mark.parametrize("tensor", [False, True])
def test_a_wrong_W_leaves_a_residual_and_no_zero_mode(term, factor, tensor, monkeypatch):
    right = module.witten_potential

    def wrong(*, tensor):
        terms = sp.Add.make_args(right(tensor=tensor))
        return terms[1 - term] + factor * terms[term]

    monkeypatch.setattr(module, "witten_potential", wrong)
    _, balance, zero, *_ = fokker_planck_steps(prepared_static(1, curved=True, tensor=tensor), tensor=tensor)
    assert balance.residual != 0 and zero.residual != 0


def test_W_of_known_systems():
    q, k = sp.symbols("q k", real=True)
    T, gamma = sp.symbols("T gamma", positive=True)
    well = derive(LearningSystem("q", loss="k*q**2/2")).equation
    assert sp.simplify(well.witten - (gamma * k**2 * q**2 / (4 * T) - gamma * k / 2)) == 0
    assert sp.simplify(well.potential - 2 * T * well.witten) == 0
    U, g = sp.Function("U")(q), sp.Function("g")(q)
    general = derive(LearningSystem("q", loss="U(q)", metric="g(q)")).equation.witten
    laplace = (U.diff(q) / sp.sqrt(g)).diff(q) / sp.sqrt(g)
    assert sp.simplify(general - (gamma * U.diff(q) ** 2 / (4 * T * g) - gamma * laplace / 2)) == 0


def test_W_in_two_dimensions_against_the_fokker_planck_equation_itself():
    """(1/√ρ_s) L[√ρ_s χ] + H_Eχ = 0 for an explicit full metric and an explicit χ, at points, to 25 digits."""
    x, y = sp.symbols("x y", real=True)
    metric = sp.Matrix([[2 + sp.cos(x), sp.sin(y) / 3], [sp.sin(y) / 3, 1 + x**2]])
    loss, chi, gamma, T = sp.sin(x) * y + x**2 * y**2 / 4, sp.exp(-x * y) + x**3, sp.Rational(3, 10), sp.Rational(7, 10)
    system = LearningSystem("x y", loss=loss, metric=metric, learning_rate=gamma, temperature=T)
    witten = derive(system).equation.witten
    volume, inverse, q = sp.sqrt(metric.det()), metric.inv(), (x, y)

    def divergence(weight, f):
        flux = [weight * sum(inverse[i, j] * f.diff(q[j]) for j in range(2)) for i in range(2)]
        return sum((volume * flux[i]).diff(q[i]) for i in range(2)) / volume

    root = sp.exp(-loss / (2 * T))
    law = gamma * divergence(root * chi, loss) + gamma * T * divergence(1, root * chi)
    residual = law / root - gamma * T * divergence(1, chi) + witten * chi
    numeric = sp.lambdify((x, y), [residual, witten * chi], modules="mpmath", cse=True)
    with mpmath.workdps(40):
        for point in ((1 / mpmath.mpf(3), -2 / mpmath.mpf(7)), (mpmath.mpf("1.25"), mpmath.mpf("0.5"))):
            rest, size = numeric(*point)
            assert abs(rest) < 1e-25 * abs(size)


@pytest.mark.parametrize("points", [64, 65], ids=["even", "odd"])
def test_the_zero_mode_on_a_ring_with_a_metric(points):
    grid = Grid(points, (0, 2 * np.pi))
    q = grid.axes[0]
    mode = RING.metric_function(NUMBERS)(q)[0, 0] ** 0.25 * np.exp(-RING.loss_function(NUMBERS)(q) / (2 * NUMBERS["T"]))
    hamiltonian = derive(RING).equation.hamiltonian(grid, **NUMBERS)
    assert np.max(np.abs(hamiltonian @ mode)) < 1e-12
    levels = np.linalg.eigvalsh(hamiltonian.to_matrix())
    assert abs(levels[0]) < 1e-13 and levels[1] > 0.02


def test_rates_against_a_finite_volume_generator():
    """The relaxation rates of dP/dt = ∂[(D/√g) ρ_s ∂(P/√gρ_s)] by finite volumes of 2000 cells: E/ħ to 1e-5."""
    cells = 2000
    q = np.arange(cells) * 2 * np.pi / cells
    step = q[1]
    volume = lambda at: np.sqrt(RING.metric_function(NUMBERS)(at)[0, 0])  # noqa: E731
    weight = lambda at: np.exp(-RING.loss_function(NUMBERS)(at) / NUMBERS["T"])  # noqa: E731
    between = NUMBERS["gamma"] * NUMBERS["T"] * weight(q + step / 2) / volume(q + step / 2) / step**2
    scale = 1 / np.sqrt(volume(q) * weight(q))
    following = (np.arange(cells) + 1) % cells
    here = np.arange(cells)
    rows, columns = np.r_[here, following, here, following], np.r_[here, following, following, here]
    generator = sparse.coo_matrix((np.r_[between, between, -between, -between], (rows, columns)), shape=(cells, cells)).tocsc()
    with np.errstate(all="ignore"):
        rates = np.sort(eigsh(sparse.diags(scale) @ generator @ sparse.diags(scale), k=4, sigma=-1e-6, return_eigenvectors=False))
    hamiltonian = derive(RING).equation.hamiltonian(Grid(65, (0, 2 * np.pi)), **NUMBERS)
    levels = np.linalg.eigvalsh(hamiltonian.to_matrix())[:4] / hamiltonian.hbar
    assert np.allclose(levels[1:], rates[1:], rtol=1e-5) and abs(rates[0]) < 1e-9


def test_the_well_relaxes_at_multiples_of_gamma_k():
    equation = derive(LearningSystem("q", loss="k*q**2/2")).equation
    hamiltonian = equation.hamiltonian(Grid(96, (-12, 12)), gamma=0.3, T=0.8, k=1.7)
    levels = np.linalg.eigvalsh(hamiltonian.to_matrix())[:5] / hamiltonian.hbar
    assert np.allclose(levels, 0.3 * 1.7 * np.arange(5), atol=1e-10)


def test_anisotropic_noise_relaxes_at_its_own_rates():
    """α = 0, κ = diag(2, 1/2), U = k·q²/2: dx = −γkx dt + noise, rates γ(n_x k_x + n_y k_y) whatever the noise is."""
    equation = derive(LearningSystem("x y", loss="1.5*x**2/2 + 0.7*y**2/2", covariance=[2, "1/2"], alpha=0)).equation
    assert equation.kind == "fokker-planck" and not equation.learners_follow
    hamiltonian = equation.hamiltonian(Grid((24, 24), [(-6, 6), (-5, 5)]), gamma=1.0, T=0.5)
    levels = np.linalg.eigvalsh(hamiltonian.to_matrix())[:4] / hamiltonian.hbar
    assert np.allclose(levels, [0, 0.7, 1.4, 1.5], atol=2e-4)


NO_BALANCE = {
    "winds around the ring": LearningSystem("q", loss="cos(q) + q/10", periods="2*pi"),
    "the integral of": LearningSystem("q", loss="cos(q) + sin(2*q)", covariance="2 + cos(q)", alpha=0, periods="2*pi"),
    "unknown (undefined functions": LearningSystem("q", loss="U(q)", covariance="kappa(q)", alpha=0, periods="2*pi"),
    "has the curl": LearningSystem("x y", loss="x**2*y**2", covariance=[2, 1], alpha=0),
    "has the curl ": LearningSystem("x y", loss="U(x, y)", covariance=["2 + cos(x)", 1], alpha="1/2"),
}


@pytest.mark.parametrize("message", NO_BALANCE)
def test_without_detailed_balance_there_is_no_equation_8(message):
    with pytest.raises(RegimeError) as caught:
        derive(NO_BALANCE[message])
    assert message.strip() in str(caught.value) and "current" in str(caught.value)


def test_a_symmetric_ring_keeps_detailed_balance_at_alpha_0():
    equation = derive(LearningSystem("q", loss="cos(q)", covariance="2 + cos(q)", alpha=0, periods="2*pi")).equation
    with pytest.raises(UnsupportedError, match="MinibatchLearner"):
        equation.hamiltonian(Grid(16, (0, 2 * np.pi)), gamma=1, T=1)


def test_what_does_not_belong_to_a_static_loss():
    with pytest.raises(ArgumentError, match="must be 'consistent' for a static loss"):
        derive(LearningSystem("q", loss="q**2"), convention="vanchurin2020")
    with pytest.raises(ArgumentError, match="inverse_mu is fixed"):
        derive(LearningSystem("q", loss="q**2"), inverse_mu=1)
    with pytest.raises(ArgumentError, match="theta must be 0"):
        derive(LearningSystem("q", loss="cos(q)", periods="2*pi", theta=0.5))
    with pytest.raises(ArgumentError, match="shift_quantum"):
        derive(LearningSystem("q", loss="q**2", shift_quantum="h"))
