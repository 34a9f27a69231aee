"""Every kind of kick against the exponential of its matrix at each point, and the order it leaves to the schemes."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.linalg import expm

import qlearn as ql
from qlearn.errors import ArgumentError, UnsupportedError
from qlearn.kernels.phases import Phases
from qlearn.methods import Record
from qlearn.methods.coefficients import STRANG_TABLE
from qlearn.methods.gradient_coefficients import GRADIENT6_TABLE
from qlearn.methods.kernel import SplittingKernel
from qlearn.methods.kicks import ChannelKicks, DrivenKicks, EvaluatedKicks, StaticKicks, kicks_for

RNG = np.random.default_rng(8)
GRID = ql.Grid(96, (-12, 12))
X = GRID.axes[0]
PSI = np.exp(-(X - 0.4) ** 2 / 1.5 + 0.8j * X)
PSI = PSI / GRID.norm(PSI)
RING, FEW = ql.Grid(48, (-np.pi, np.pi)), ql.Grid(16, (-np.pi, np.pi))
AROUND = np.exp(np.cos(RING.axes[0]) + 1j * RING.axes[0])


def kick_of(H, b=0.3, c=0.0, h=0.2, time=0.0, psi=PSI, imaginary=False, name="numpy"):
    kicks = kicks_for(H, Phases(name), imaginary, GRADIENT6_TABLE if c else STRANG_TABLE)
    return kicks, _called(kicks, b, c, h, time, psi)


def _called(kicks, b, c, h, time, psi):
    (kick, given), = kicks.prepare(np.array([(b, c)]), h, psi)
    return kick(psi.copy(), time if given is None else given)


def run(H, method, steps, span=1.0, psi=PSI, imaginary=False):
    kernel = SplittingKernel(H, method.table, Record(), imaginary)
    phi = kernel.enter(psi.astype(complex), 0.0, span / steps)
    phi = kernel.steps(phi, 0.0, span / steps, steps)
    return kernel.leave(phi, span, span / steps)


def slope(H, method, counts, exact, **more):
    errors = [float(np.linalg.norm(run(H, method, n, **more) - exact)) for n in counts]
    assert min(errors) > 5e-13, errors
    return -np.polyfit(np.log(counts), np.log(errors), 1)[0]


def test_static_kick_with_gradient_and_loss():
    H = ql.Hamiltonian(GRID, lambda x: np.cos(x) + 0.1 * x**2, mass=1.7, hbar=0.8, absorber=lambda x: 0.05 * x**2)
    kicks, found = kick_of(H, c=0.04)
    v, g = H.potential_table() - 1j * H.loss_table(), H.gradient_squared()
    assert isinstance(kicks, StaticKicks)
    assert np.allclose(found, PSI * np.exp(-1j / 0.8 * (0.3 * 0.2 * v - 0.04 * 0.2**3 * g)), atol=1e-14)


@pytest.mark.parametrize("c", [0.0, 0.7])
@pytest.mark.parametrize("shape", [(96,), (2, 96)], ids=["one", "batch"])
@pytest.mark.parametrize("absorbing", [False, True])
def test_a_lossy_drive_is_the_same_as_v_of_t(shape, c, absorbing):
    """Losses that stand still, in V and as an absorber, and that are driven."""
    terms = [(np.sin, lambda x: 0.3 * x - 0.05j * x**2), (lambda t: np.cos(2 * t), lambda x: 0.1 * np.sin(x))]
    static, more = (lambda x: x**2 / 9 - 0.1j * np.cos(x) ** 2), {"absorber": lambda x: 0.02 * x**2} if absorbing else {}
    separable = ql.Hamiltonian(GRID, ql.SeparablePotential(static, terms), mass=1.3, hbar=0.7, **more)
    called = ql.Hamiltonian(GRID, lambda t, x: static(x) + sum(f(t) * g(x) for f, g in terms), mass=1.3, hbar=0.7,
                            time_dependent=True, **more)
    psi = np.broadcast_to(PSI, shape).astype(complex)
    for name in ("numpy", "numba"):
        kinds, found = zip(*(kick_of(H, c=c, time=0.9, psi=psi, name=name) for H in (separable, called)), strict=True)
        assert [type(kind) for kind in kinds] == [DrivenKicks, EvaluatedKicks]
        assert np.allclose(*found, atol=1e-13) and np.linalg.norm(found[0]) < 0.9999 * np.linalg.norm(psi)
    table = ql.Gradient6.table if c else ql.BM6.table
    runs = []
    for H in (separable, called):
        kernel = SplittingKernel(H, table, Record())
        runs.append(kernel.steps(psi.copy(), 0.3, 0.05, 7))
    assert np.allclose(*runs, atol=1e-12)


@pytest.mark.parametrize("c", [0.0, 0.7])
@pytest.mark.parametrize("shape", [(96,), (2, 96)], ids=["one", "batch"])
def test_a_separable_drive_is_the_same_as_v_of_t(shape, c):
    terms = [(np.sin, lambda x: 0.3 * x), (lambda t: np.cos(2 * t), lambda x: 0.1 * np.sin(x))]
    driven = ql.Hamiltonian(GRID, ql.SeparablePotential(lambda x: 0.4 * x**2, terms), hbar=0.8, mass=1.3)
    plain = ql.Hamiltonian(GRID, lambda t, x: 0.4 * x**2 + 0.3 * np.sin(t) * x + 0.1 * np.cos(2 * t) * np.sin(x),
                           time_dependent=True, hbar=0.8, mass=1.3)
    psi = np.broadcast_to(PSI, shape).copy()
    kicks, found = kick_of(driven, c=c, time=0.7, psi=psi)
    others, wanted = kick_of(plain, c=c, time=0.7, psi=psi)
    assert isinstance(kicks, DrivenKicks)
    assert isinstance(others, EvaluatedKicks)
    assert np.allclose(found, wanted, atol=1e-13)
    assert not np.allclose(found, kick_of(driven, c=c, time=0.9, psi=psi)[1], atol=1e-4)


@pytest.mark.parametrize("imaginary", [False, True])
@pytest.mark.parametrize("channels", [2, 3, 4])
def test_channels_turn_by_the_exponential_of_their_matrix(channels, imaginary):
    a = RNG.normal(size=(channels, channels, 96)) + 1j * RNG.normal(size=(channels, channels, 96))
    table = a + np.conj(np.swapaxes(a, 0, 1))
    table[:, :, 5] = np.eye(channels) * 0.3   # two equal levels
    table[:, :, 6] = 0
    H = ql.Hamiltonian(GRID, table, hbar=0.8, absorber=None if imaginary else (lambda x: 0.02 * x**2))
    psi = RNG.normal(size=(3, channels, 96)) + 1j * RNG.normal(size=(3, channels, 96))
    kicks, found = kick_of(H, psi=psi, imaginary=imaginary)
    assert isinstance(kicks, ChannelKicks)
    loss = 0.02 * X**2 * (not imaginary)
    wanted = np.stack([np.einsum("ij,bj->bi", expm((-1 if imaginary else -1j) * 0.06 / 0.8
                                                   * (table[:, :, p] - 1j * loss[p] * np.eye(channels))), psi[:, :, p])
                       for p in range(96)], axis=-1)
    if imaginary:  # up to one factor
        found, wanted = found / np.linalg.norm(found), wanted / np.linalg.norm(wanted)
    assert np.allclose(found, wanted, atol=1e-13)


LOSSES = {"one decays": np.diag([0.4, 0, 0.1, 0]), "gain and loss": np.diag([0.4, -0.2, 0.1, 0]),
          "coupled": np.eye(4) + 0.3j * (np.eye(4, k=1) - np.eye(4, k=-1)), "strong": np.diag([4000.0, 0, 0.1, 0])}


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("channels", [2, 3, 4])
def test_channels_that_decay_differently_turn_by_the_exponential_of_their_matrix(channels, loss):
    a = RNG.normal(size=(channels, channels, 96)) + 1j * RNG.normal(size=(channels, channels, 96))
    table = a + np.conj(np.swapaxes(a, 0, 1)) - 1j * np.multiply.outer(LOSSES[loss][:channels, :channels], 1 + np.cos(X))
    table[:2, :2, 5] = np.array([[0, 0.2], [0.2, -0.4j]])  # an exceptional point: one level, one vector
    table[:2, :2, 6] = np.array([[0, 0.2], [0.2, -0.4000004j]])
    table[:, :, 7] = 0
    H = ql.Hamiltonian(GRID, table, hbar=0.8)
    psi = RNG.normal(size=(3, channels, 96)) + 1j * RNG.normal(size=(3, channels, 96))
    found = kick_of(H, psi=psi)[1]
    wanted = np.stack([np.einsum("ij,bj->bi", expm(-1j * 0.06 / 0.8 * table[:, :, p]), psi[:, :, p]) for p in range(96)], axis=-1)
    assert np.allclose(found, wanted, atol=1e-13)


def test_imaginary_channels_with_a_wide_gap_stay_in_range():
    table = np.zeros((2, 2, 96))
    table[0, 0], table[1, 1], table[0, 1], table[1, 0] = -4e4, 4e4, 3.0, 3.0
    found = kick_of(ql.Hamiltonian(GRID, table), psi=np.stack([PSI, PSI]), imaginary=True)[1]
    assert np.isfinite(found).all()
    assert np.max(np.abs(found[0])) > 0.1 * np.max(np.abs(PSI))


def test_a_nonlinear_kick_keeps_the_density_and_takes_ln_at_zeros():
    psi = PSI.copy()
    psi[:5] = 0
    H = ql.Hamiltonian(GRID, lambda x: x**2 / 2, nonlinearity=lambda n: 0.3 * np.log(n))
    found = kick_of(H, psi=psi)[1]
    assert np.allclose(np.abs(found), np.abs(psi), atol=1e-15)
    density = np.abs(psi[5:]) ** 2
    assert np.allclose(found[5:], psi[5:] * np.exp(-0.06j * (X[5:] ** 2 / 2 + 0.3 * np.log(density))), atol=1e-14)


def test_a_nonlinear_kick_with_a_loss_follows_the_decaying_density():
    """iħ∂ψ = (g|ψ|² − iW)ψ at one point has n(s) = n0 exp(−2Ws/ħ) and the phase g∫n ds/ħ, in closed form."""
    H = ql.Hamiltonian(GRID, 0.0, nonlinearity=lambda n: 2.0 * n, absorber=lambda x: 0.4 + 0 * x, hbar=0.9)
    found, weight = kick_of(H, b=1.0, h=0.5)[1], 0.5 / 0.9
    area = np.abs(PSI) ** 2 * (1 - np.exp(-2 * 0.4 * weight)) / (2 * 0.4)
    assert np.allclose(found, PSI * np.exp(-0.4 * weight - 2j * area), atol=1e-12)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_kick_of_losses_by_threes(sign):
    """iħ∂ψ = (gn − iKn²)ψ at one point: n(s) = n0/√(1 + 4Kn0²s/ħ) and the phase (g/ħ)∫n ds, in closed form; backwards too."""
    H = ql.Hamiltonian(GRID, 0.0, nonlinearity=lambda n: 2.0 * n - 0.3j * n**2, hbar=0.9)
    psi = 1.4 * PSI
    found, weight, n = kick_of(H, b=1.0, h=sign * 0.1, psi=psi)[1], sign * 0.1 / 0.9, np.abs(psi) ** 2
    root = np.sqrt(1 + 4 * 0.3 * n**2 * weight)
    area = np.divide(root - 1, 2 * 0.3 * n, out=np.zeros(96), where=n > 1e-6)
    assert np.allclose(found, psi * root**-0.5 * np.exp(-2j * area), atol=1e-11)
    back = kick_of(H, b=1.0, h=-sign * 0.1, psi=found)[1]
    assert np.allclose(back, psi, atol=1e-14)  # to rounding, not to the order of the collocation


def test_a_kick_of_a_complex_mean_field_with_a_loss_and_with_channels():
    """Against an ordinary differential equation at each point; f of one channel depends on the other."""
    def f(n):
        return np.stack([n[..., 0, :] - 0.4j * n[..., 1, :], 0.2 * n[..., 0, :] - 0.1j * n[..., 1, :] ** 2], axis=-2)
    one = ql.Hamiltonian(GRID, lambda x: np.cos(x), nonlinearity=lambda n: n + 0.4j / (1 + n), absorber=lambda x: 0.3 + 0 * x)
    two = ql.Hamiltonian(GRID, np.zeros((2, 2, 96)), nonlinearity=f)
    for H, psi in ((one, 1.2 * PSI), (two, np.stack([PSI, 0.8j * PSI]))):
        found = kick_of(H, b=1.0, h=0.1, psi=psi)[1]
        rate = lambda t, y, H=H, psi=psi: -1j * ((H.optical_potential() if H.channels is None else 0)  # noqa: E731
                                                 + H.mean_field(y.reshape(psi.shape))).ravel() * y
        exact = solve_ivp(rate, (0, 0.1), psi.ravel(), method="DOP853", rtol=1e-13, atol=1e-14).y[:, -1].reshape(psi.shape)
        assert np.allclose(found, exact, atol=1e-11)


def test_a_batch_of_potentials():
    stack = np.stack([0.5 * k * X**2 for k in (1.0, 1.5, 2.0)])
    psi = np.broadcast_to(PSI, (3, 96)).copy()
    for k, found in enumerate(kick_of(ql.Hamiltonian(GRID, stack), psi=psi, c=0.1)[1]):
        alone = kick_of(ql.Hamiltonian(GRID, stack[k]), c=0.1)[1]
        assert np.allclose(found, alone, atol=1e-14)


@pytest.mark.parametrize("method", [ql.Strang, ql.Yoshida4, ql.BM4, ql.BM6], ids=lambda m: m.__name__)
def test_channels_have_the_order(method):
    coupling = 0.5 * np.exp(-X**2 / 2)
    table = np.array([[0.3 * X**2, coupling * np.exp(0.4j * X)], [coupling * np.exp(-0.4j * X), 0.2 * X**2 + np.sin(X)]])
    H, psi = ql.Hamiltonian(GRID, table), np.stack([PSI, 0.5 * PSI])
    exact = (expm(-1j * H.to_matrix()) @ psi.ravel()).reshape(psi.shape)
    counts = {2: [20, 30, 45, 70], 4: [16, 22, 30, 42], 6: [8, 10, 13, 17]}[method.order]
    assert abs(slope(H, method, counts, exact, psi=psi) - method.order) < 0.1


@pytest.mark.parametrize("channels", [2, 3])
@pytest.mark.parametrize("method", [ql.Strang, ql.Yoshida4, ql.BM4, ql.BM6], ids=lambda m: m.__name__)
def test_channels_that_decay_differently_have_the_order(method, channels):
    x = RING.axes[0]
    coupling = 0.5 * np.exp(1j * x)
    table = np.zeros((channels, channels, RING.size), dtype=complex)
    table[0, 0], table[0, 1], table[1, 0], table[1, 1] = 2 * np.cos(x), coupling, np.conj(coupling), -0.6j * (1 + np.sin(x))
    table[-1, -1] += 0.3j * np.cos(x)  # where it is positive: a gain
    H, psi = ql.Hamiltonian(RING, table, mass=4.0), np.stack([AROUND, 0.5 * AROUND, 0.1j * AROUND][:channels])
    exact = (expm(-1j * H.to_matrix()) @ psi.ravel()).reshape(psi.shape)
    counts = {2: [20, 30, 45, 70], 4: [16, 22, 30, 42], 6: [4, 5, 7, 9]}[method.order]
    assert abs(slope(H, method, counts, exact, psi=psi) - method.order) < 0.1


def test_a_nystrom_scheme_would_lose_its_order_with_channels():
    """Why RKN6 is refused there."""
    table = np.array([[0.3 * X**2, np.cos(X)], [np.cos(X), 0.2 * X**2 + np.sin(X)]])
    H, psi = ql.Hamiltonian(GRID, 3 * table), np.stack([PSI, 0.5 * PSI])
    exact = (expm(-1j * H.to_matrix()) @ psi.ravel()).reshape(psi.shape)
    assert slope(H, ql.RKN6, [12, 17, 24, 34], exact, psi=psi) < 5.5


@pytest.mark.parametrize("method", [ql.Strang, ql.Chin4, ql.BM6, ql.RKN6, ql.Gradient6, ql.ProcessedGradient6],
                         ids=lambda m: m.__name__)
def test_an_absorber_keeps_the_order(method):
    """Kicks of V − iW with negative coefficients too, as long as |b|hW/ħ stays small."""
    H = ql.Hamiltonian(RING, lambda x: 5 * np.cos(x), mass=8.0, absorber=lambda x: 0.4 * (1 + np.cos(x - 1)))
    exact = expm(-2j * H.to_matrix()) @ AROUND
    assert np.linalg.norm(exact) < 0.9 * np.linalg.norm(AROUND)
    counts = {2: [40, 60, 90, 140], 4: [24, 34, 50, 72], 6: [10, 12, 14, 17]}[method.order]
    found = slope(H, method, counts, exact, psi=AROUND, span=2.0)
    assert found > 5.9 if method is ql.ProcessedGradient6 else abs(found - method.order) < 0.1


@pytest.mark.parametrize("method", [ql.Strang, ql.Chin4], ids=lambda m: m.__name__)
def test_imaginary_time_has_the_order(method):
    H = ql.Hamiltonian(GRID, lambda x: 0.3 * x**2 + np.sin(x))
    exact = expm(-H.to_matrix()) @ PSI
    exact *= np.linalg.norm(PSI) / np.linalg.norm(exact)
    counts = {2: [20, 30, 45, 70], 4: [8, 12, 17, 25]}[method.order]
    assert abs(slope(H, method, counts, exact, imaginary=True) - method.order) < 0.1


@pytest.mark.parametrize("method", [ql.Strang, ql.Yoshida4, ql.BM4, ql.RKN6, ql.BM6], ids=lambda m: m.__name__)
def test_nonlinear_equations_have_the_order(method):
    """Against BM6 with finer steps, all steps below the resonance h max T = 2πħ of split steps."""
    H = ql.Hamiltonian(FEW, lambda x: 0.5 * np.cos(x), nonlinearity=lambda n: 3 * n)
    psi = (1 + 0.3 * np.exp(1j * FEW.axes[0]) + 0.2 * np.cos(FEW.axes[0])) / 3
    exact = run(H, ql.BM6, 300, psi=psi, span=4.0)
    assert abs(slope(H, method, [70, 80, 92, 105], exact, psi=psi, span=4.0) - method.order) < 0.1


COMPLEX = {"threes": lambda n: 1.5 * n - 0.4j * n**2, "laser": lambda n: n + 1j * (2 / (1 + n) - 0.6)}


@pytest.mark.parametrize("f", COMPLEX)
@pytest.mark.parametrize("method", [ql.Strang, ql.Yoshida4, ql.BM4, ql.BM6], ids=lambda m: m.__name__)
def test_complex_mean_fields_have_the_order(method, f):
    H = ql.Hamiltonian(FEW, lambda x: 0.5 * np.cos(x), nonlinearity=COMPLEX[f])
    psi = 1 + 0.3 * np.exp(1j * FEW.axes[0]) + 0.2 * np.cos(FEW.axes[0])
    exact = run(H, ql.BM6, 300, psi=psi)
    assert abs(slope(H, method, [36, 42, 50, 58], exact, psi=psi) - method.order) < 0.1


def test_a_nystrom_scheme_would_lose_its_order_with_a_complex_mean_field():
    """Why RKN6 is refused there."""
    H = ql.Hamiltonian(FEW, lambda x: 0.5 * np.cos(x), nonlinearity=lambda n: 2 * n - 4j * n**2)
    psi = 1 + 0.3 * np.exp(1j * FEW.axes[0]) + 0.2 * np.cos(FEW.axes[0])
    assert slope(H, ql.RKN6, [36, 42, 50, 58], run(H, ql.BM6, 300, psi=psi), psi=psi) < 5.5


def test_nonlinear_imaginary_time_has_order_2():
    H = ql.Hamiltonian(GRID, lambda x: 0.3 * x**2, nonlinearity=lambda n: 1.5 * n)
    exact = (4 * run(H, ql.Strang, 1600, imaginary=True) - run(H, ql.Strang, 800, imaginary=True)) / 3
    assert abs(slope(H, ql.Strang, [20, 30, 45, 70], exact, imaginary=True) - 2) < 0.1


def test_the_imaginary_kick_at_the_density_of_its_start_would_not_pass():
    """Negative control of the order in imaginary time: f of the first density has slope 1."""
    H = ql.Hamiltonian(GRID, lambda x: 0.3 * x**2, nonlinearity=lambda n: 1.5 * n)
    exact = (4 * run(H, ql.Strang, 1600, imaginary=True) - run(H, ql.Strang, 800, imaginary=True)) / 3
    kinetic = H.kinetic.table

    def crude(steps):
        phi, h, size = PSI.copy(), 1 / steps, np.linalg.norm(PSI)
        for _ in range(steps):
            for half in (0, 1):
                phi = phi * np.exp(-h / 2 * (0.3 * X**2 + 1.5 * np.abs(phi) ** 2 * size**2 / np.linalg.norm(phi) ** 2))
                phi = phi if half else np.fft.ifft(np.exp(-h * kinetic) * np.fft.fft(phi))
            phi = phi * size / np.linalg.norm(phi)
        return phi
    errors = [np.linalg.norm(crude(n) - exact) for n in (40, 80, 160)]
    assert -np.polyfit(np.log([40, 80, 160]), np.log(errors), 1)[0] < 1.5


@pytest.mark.parametrize("method", [ql.Strang, ql.Yoshida4, ql.BM4, ql.BM6], ids=lambda m: m.__name__)
def test_nonlinear_channels_have_the_order(method):
    """A kick is split by the scheme itself; against BM6 with finer steps."""
    x = FEW.axes[0]
    table = np.array([[0.5 * np.cos(x), 0.4 * np.exp(1j * x)], [0.4 * np.exp(-1j * x), 0 * x]])
    H = ql.Hamiltonian(FEW, table, nonlinearity=lambda n: np.stack([9 * n[..., 0, :] + n[..., 1, :], 9 * n[..., 0, :]], axis=-2))
    psi = (1 + 0.3 * np.exp(1j * x) + 0.2 * np.cos(x)) / 3
    psi = np.stack([psi, 0.6j * psi[::-1]])
    exact = run(H, ql.BM6, 600, psi=psi, span=4.0)
    assert abs(slope(H, method, [150, 172, 198, 225], exact, psi=psi, span=4.0) - method.order) < 0.1
    assert np.linalg.norm(exact) == pytest.approx(np.linalg.norm(psi), abs=1e-11)


@pytest.mark.parametrize("loss", [None, lambda x: 0.02 * (1 - np.cos(x))], ids=["static", "lossy"])
def test_large_matrices_are_made_anew_in_each_kick(loss, monkeypatch):
    x = FEW.axes[0]
    table = np.array([[0.5 * np.cos(x), 0.4 * np.exp(1j * x)], [0.4 * np.exp(-1j * x), 0 * x]])
    H = ql.Hamiltonian(FEW, table, nonlinearity=lambda n: 2 * n, absorber=loss)
    psi = np.stack([np.exp(1j * x), np.cos(x)]) / 3
    kept = run(H, ql.BM6, 10, psi=psi)
    monkeypatch.setattr("qlearn.methods.kicks.FEW_MATRICES", 0)
    assert np.array_equal(run(H, ql.BM6, 10, psi=psi), kept)


def test_nonlinear_channels_in_imaginary_time_have_order_2():
    table = np.array([[0.3 * X**2, 0.4 + 0 * X], [0.4 + 0 * X, 0.2 * X**2]])
    H = ql.Hamiltonian(GRID, table, nonlinearity=lambda n: 1.2 * n)
    more = dict(psi=np.stack([PSI, 0.6j * PSI]), imaginary=True)
    exact = (4 * run(H, ql.Strang, 1200, **more) - run(H, ql.Strang, 600, **more)) / 3
    assert abs(slope(H, ql.Strang, [20, 30, 45, 70], exact, **more) - 2) < 0.1


@pytest.mark.parametrize("channels", [None, 2, 3])
def test_members_of_a_batch_with_far_offsets_do_not_underflow_each_other(channels):
    """In imaginary time one common factor would leave nothing of the member whose V lies 1e5 higher."""
    offsets = np.array([0.0, 1e5])
    if channels is None:
        table, psi = offsets[:, None] + 0.3 * X**2, np.stack([PSI, PSI])
    else:
        table = np.eye(channels)[None, :, :, None] * (offsets[:, None] + 0.3 * X**2)[:, None, None, :] + 0.1
        psi = np.broadcast_to(PSI, (2, channels, 96)).copy()
    found = run(ql.Hamiltonian(GRID, table), ql.Strang, 10, psi=psi, imaginary=True)
    assert np.allclose(found[0], found[1], atol=1e-7)
    assert np.linalg.norm(found[0]) > 0.5


def test_a_step_that_leaves_nothing_is_refused():
    far = np.where(np.abs(X) < 6, 1e6, 0.0)
    with pytest.raises(ArgumentError, match="underflow"):
        run(ql.Hamiltonian(GRID, far), ql.Strang, 1, psi=np.where(np.abs(X) < 2, PSI, 0), imaginary=True)


REFUSED = [
    (ql.Gradient6, dict(potential=np.ones((2, 2, 96))), False, "BM6"),
    (ql.Chin4, dict(potential=np.ones((2, 2, 96))), False, "BM6"),
    (ql.RKN6, dict(potential=np.ones((2, 2, 96))), False, "BM6"),
    (ql.Gradient6, dict(potential=0.0, nonlinearity=lambda n: n), False, "RKN6"),
    (ql.RKN6, dict(potential=0.0, nonlinearity=lambda n: -1j * n), False, "BM6"),
    (ql.Strang, dict(potential=0.0, nonlinearity=lambda n: -1j * n), True, "Im f"),
    (ql.ProcessedGradient6, dict(potential=0.0, nonlinearity=lambda n: n), False, "BM6"),
    (ql.RKN6, dict(potential=0.0), True, "Chin4.*Strang"),
    (ql.Chin4, dict(potential=0.0, nonlinearity=lambda n: n), True, r"Strang\(\)"),
    (ql.Gradient6, dict(potential=np.ones((2, 2, 96))), True, r"Use MultiProduct6\(\) or Strang\(\)\."),
    (ql.Strang, dict(potential=0.0, absorber=np.ones(96)), True, "Hermitian"),
    (ql.Gradient6, dict(potential=0.0, metric=lambda x: 1 + 0 * x), False, "Chebyshev"),
]


@pytest.mark.parametrize(("method", "given", "imaginary", "words"), REFUSED)
def test_refusals_name_what_to_take(method, given, imaginary, words):
    with pytest.raises(UnsupportedError, match=words):
        method().check(ql.Hamiltonian(GRID, **given), imaginary)
