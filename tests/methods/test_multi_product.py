"""MultiProduct6: its order, closed forms, steps from tol whatever ψ0, certificates, and what it refuses."""

import numpy as np
import pytest
from runs import run

import qlearn as ql
from qlearn.errors import ArgumentError, UnsupportedError
from qlearn.methods.kick_densities import half_way

GRID = ql.Grid(64, (-8, 8))
X = GRID.axes[0]
START = ql.gaussian(GRID, center=0.4, width=0.8)
RING = ql.Grid(24, (0, 2 * np.pi), twist=0.3)


def trap(x):
    return x**2 / 2


def metric(x):
    return (1 + 0.2 * np.cos(x)) ** 2


PROBLEMS = {
    "condensate": (ql.Hamiltonian(GRID, trap, nonlinearity=lambda n: 3 * n), START),
    "attracted": (ql.Hamiltonian(GRID, trap, nonlinearity=lambda n: -3 * n), START),
    "coupled": (ql.Hamiltonian(GRID, np.array([[X**2 / 2, 0.3 + 0 * X], [0.3 + 0 * X, X**2]]), nonlinearity=lambda n: 2 * n),
                np.stack([START, 0.5j * START[::-1]])),
    "batch": (ql.Hamiltonian(GRID, np.stack([X**2 / 2, X**2]), nonlinearity=lambda n: 2 * n), START),
    "curved": (ql.Hamiltonian(RING, np.cos, metric=metric, nonlinearity=lambda n: 6 * n),
               0.4 * np.exp(0.6 * np.cos(RING.axes[0]) + 0.3j * RING.axes[0])),
    "magnetic": (ql.Hamiltonian(RING, np.cos, vector_potential=lambda x: 0.4 * np.sin(x), nonlinearity=lambda n: 6 * n),
                 0.4 * np.exp(0.6 * np.cos(RING.axes[0]) + 0.3j * RING.axes[0]))}


@pytest.mark.parametrize("name", PROBLEMS)
def test_the_measured_slope_is_the_order(name):
    """Step counts from where errors are 3e-10 up to 1.7 times as many, by a rule fixed beforehand."""
    H, psi = PROBLEMS[name]
    (exact,), _ = run(ql.MultiProduct6(dt=1 / 200), H, psi, [0, 1], imaginary=True)

    def error(n):
        (found,), _ = run(ql.MultiProduct6(dt=1 / n), H, psi, [0, 1], imaginary=True)
        return np.max(H.norm(found - exact))

    n = 12
    while error(n) > 3e-10:
        n = int(np.ceil(1.25 * n))
    counts = [int(n * factor) for factor in (1, 1.2, 1.44, 1.7)]
    errors = [error(count) for count in counts]
    assert abs(-np.polyfit(np.log(counts), np.log(errors), 1)[0] - 6) < 0.1, errors


def test_the_sum_without_its_last_product_has_order_4(monkeypatch):
    """Negative control: each product takes one even power of h away."""
    H, psi = PROBLEMS["condensate"]
    (exact,), _ = run(ql.MultiProduct6(dt=1 / 80), H, psi, [0, 1], imaginary=True)
    monkeypatch.setattr("qlearn.methods.multi_product.COUNTS", (1, 2))
    errors = [GRID.norm(run(ql.MultiProduct6(dt=1 / n), H, psi, [0, 1], imaginary=True)[0][-1] - exact) for n in (16, 24, 36)]
    assert abs(-np.polyfit(np.log([16, 24, 36]), np.log(errors), 1)[0] - 4) < 0.2


@pytest.mark.parametrize(("center", "width", "momentum", "end"), [(0.5, 0.8, 0, 4.0), (4, 0.4, 1, 2.0), (2, 0.6, 0, 6.0)])
@pytest.mark.parametrize("tol", [1e-3, 1e-7])
def test_the_true_error_is_below_its_estimate_wherever_it_starts(center, width, momentum, end, tol):
    """A linear H, which Dense solves: what is erred high up grows on the way down by 1/|⟨ground|ψ0⟩|, up to 6e4 here."""
    H, psi = ql.Hamiltonian(GRID, lambda x: 3 * x**2), ql.gaussian(GRID, center=center, width=width, momentum=momentum)
    (exact,), _ = run(ql.Dense(), H, psi, [0, end], imaginary=True)
    found = ql.sesolve(H, psi, [0, end], imaginary_time=True, method=ql.MultiProduct6(), tol=tol)
    assert GRID.norm(found.final_state - exact) < found.stats["error_estimate"] < tol
    assert abs(GRID.norm(found.final_state) - 1) < 1e-13


@pytest.mark.parametrize("name", ["condensate", "coupled", "batch", "curved"])
def test_the_default_goes_by_it_and_keeps_its_tolerance(name):
    H, psi = PROBLEMS[name]
    (exact,), _ = run(ql.MultiProduct6(dt=1 / 80), H, psi, [0, 1], imaginary=True)
    result = ql.sesolve(H, psi, [0, 0.3, 1], imaginary_time=True, tol=1e-6)
    assert result.method.startswith("MultiProduct6") and "forwards" in result.method
    assert np.max(H.norm(result.final_state - exact)) / np.max(H.norm(psi)) < result.stats["error_estimate"] < 1e-6


def test_the_ground_state_of_a_condensate_is_one_of_its_mean_field():
    H, _ = PROBLEMS["condensate"]
    stats = ql.sesolve(H, START, [0, 12], imaginary_time=True, tol=1e-8)
    mean = ql.Hamiltonian(GRID, X**2 / 2 + H.mean_field(stats.final_state))
    lowest = np.linalg.eigvalsh(mean.to_matrix())[0]
    assert abs(stats.stats["chemical_potential"] - lowest) < max(stats.stats["residual"] ** 2, 1e-12)
    assert stats.stats["residual"] < 1e-5 and stats.stats["ffts"] < 12000


def test_a_logarithmic_ground_state_is_a_gaussian():
    """−½ψ'' + ½x²ψ − c ln|ψ|² ψ = μψ: exp(−ax²/2)(a/π)^¼ with a² − 2ca = 1."""
    c = 0.7
    a = c + np.hypot(c, 1)
    H = ql.Hamiltonian(GRID, trap, nonlinearity=lambda n: -c * np.log(n))
    final = ql.sesolve(H, ql.gaussian(GRID, center=0.2, width=0.7), [0, 30], imaginary_time=True, tol=1e-7).final_state
    assert GRID.norm(np.abs(final) - (a / np.pi) ** 0.25 * np.exp(-a * X**2 / 2)) < 1e-7


def test_a_kick_undoes_itself():
    """The density half way is the same from either end: with −h the kick leads back to rounding."""
    rng = np.random.default_rng(0)
    density, angle = rng.random((2, 40)), 0.1 * rng.random(40)
    for weight in (0.01, 0.08):
        def f(n):
            return 3 * n + np.sqrt(n)

        middle = half_way(f, density, angle, weight, (-1,))
        after = density * np.exp(-2 * (angle + weight * middle))
        after *= np.sum(density, axis=-1, keepdims=True) / np.sum(after, axis=-1, keepdims=True)
        assert np.allclose(half_way(f, after, -angle, -weight, (-1,)), middle, rtol=1e-12)


def test_a_tolerance_out_of_reach_ends_and_says_so():
    H, psi = PROBLEMS["condensate"]
    with pytest.warns(ql.errors.AccuracyWarning):
        result = ql.sesolve(H, psi, [0, 0.5], imaginary_time=True, tol=1e-16)
    assert 1e-16 < result.stats["error_estimate"] < 1e-10


@pytest.mark.parametrize(("options", "imaginary", "words"), [
    (dict(nonlinearity=lambda n: n), False, "RKN6"), (dict(absorber=0.1), True, "Hermitian"),
    (dict(time_dependent=True), True, "H.at")])
def test_refusals_name_what_to_take(options, imaginary, words):
    V = (lambda t, x: x**2) if "time_dependent" in options else trap
    with pytest.raises(UnsupportedError, match=words):
        ql.MultiProduct6().check(ql.Hamiltonian(GRID, V, **options), imaginary)


def test_a_step_is_positive():
    with pytest.raises(ArgumentError, match="dt"):
        ql.MultiProduct6(dt=0)
