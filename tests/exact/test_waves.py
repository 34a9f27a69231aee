"""Every closed form obeys its equation, and has its norm and limits: by differences, without the package's operators."""

import numpy as np
import pytest
from differences import bend, residual, slope

from qlearn.errors import ArgumentError
from qlearn.exact import (
    AharonovBohmRing,
    BoxPacket,
    BrightSoliton,
    DissipativeSoliton,
    FockDarwin,
    GaussianPacket,
    Gausson,
    LandauZener,
    ModulatedOscillator,
    Morse,
    PoschlTeller,
    QuadraticPacket,
    RabiPacket,
    ReflectionlessPacket,
    SolitonBreather,
)

X = np.linspace(-5.0, 5.0, 201)
DX = X[1] - X[0]
TIMES = (-1.3, 0.0, 0.7, 2.9)
FREE = GaussianPacket(-2.0, 0.6, momentum=1.5, mass=1.2, hbar=0.9)
TUNED = ModulatedOscillator(center=0.8, width=0.5, rate=1.1, modulation=0.4, drive=1.7, momentum=0.3, chirp=0.2, mass=1.2,
                            hbar=0.9)


@pytest.mark.parametrize("t", TIMES)
@pytest.mark.parametrize(("problem", "potential"), [
    (TUNED, lambda x, t: 0.6 * TUNED.frequency_squared(t) * x**2),
    (ReflectionlessPacket(FREE, 0.8), lambda x, t: -(0.72**2) / 1.2 / np.cosh(0.8 * x) ** 2),
    (BoxPacket(FREE, 5.0), lambda x, t: 0 * x),
], ids=["modulated", "reflectionless", "box"])
def test_packets_obey_their_equation(problem, potential, t):
    assert residual(problem.state, X, t, potential(X, t), mass=1.2, hbar=0.9) < 3e-7
    assert residual(problem.state, X, t, potential(X, t), mass=1.2, hbar=0.91) > 1e-3


def test_the_modulated_frequency_is_that_of_ermakov():
    """ρ̈ + ω²ρ = ρ⁻³ by differences of ρ = s^{-1/2}."""
    def width(t):
        return (1.1 * (1 + 0.4 * np.cos(1.7 * t))) ** -0.5
    for t in TIMES:
        assert bend(width, t, 0.02) + TUNED.frequency_squared(t) * width(t) == pytest.approx(width(t) ** -3, rel=1e-9)


def test_the_modulated_oscillator_keeps_its_norm_and_a_continuous_phase():
    states = np.array([TUNED.state(X, t) for t in np.arange(-7, 7, 0.02)])
    np.testing.assert_allclose(np.sum(np.abs(states) ** 2, axis=1) * DX, 1, atol=1e-5)
    assert np.max(np.sqrt(np.sum(np.abs(np.diff(states, axis=0)) ** 2, axis=1) * DX)) < 0.2


def test_without_modulation_it_is_the_gaussian_packet():
    plain = ModulatedOscillator(1.0, 0.5, 1.3, 0.0, 2.0, momentum=0.4, chirp=0.1)
    usual = GaussianPacket(1.0, 0.5, momentum=0.4, chirp=0.1, omega=1.3)
    for t in TIMES:
        np.testing.assert_allclose(plain.state(X, t), usual.state(X, t), atol=1e-13)


QUADRATIC = {
    "coupled": QuadraticPacket([0.5, -0.4], [0.7, 0.5], [0.3, -0.8], [[1.3, 0.4], [0.4, 0.9]], mass=[[1.2, 0.3], [0.3, 0.8]],
                               hbar=0.9),
    "magnetic": FockDarwin(field=1.4, omega=0.8, mass=1.2, hbar=0.9).packet([0.5, -0.4], [0.7, 0.5], [0.3, -0.8]),
}


@pytest.mark.parametrize("t", [-1.3, 0.0, 2.9, 7.1])
@pytest.mark.parametrize("name", QUADRATIC)
def test_quadratic_packets_obey_their_equation(name, t):
    """½(p − Bx)ᵀM⁻¹(p − Bx)ψ from first and mixed derivatives at scattered points; div A = 0 here."""
    packet, step = QUADRATIC[name], 0.02
    rng = np.random.default_rng(3)
    q = packet.path(t)[0]
    x, y = q[:, None] + rng.normal(0, 0.7, (2, 40))
    inverse = np.linalg.inv(packet.mass)
    a = np.tensordot(packet.field, np.stack([x, y]), axes=1)

    def psi(u, v, s=t):
        return packet.state(u, v, t=s)

    first = [slope(lambda u: psi(u, y), x, step), slope(lambda v: psi(x, v), y, step)]
    second = np.array([[bend(lambda u: psi(u, y), x, step), slope(lambda u: slope(lambda v: psi(u, v), y, step), x, step)],
                       [slope(lambda u: slope(lambda v: psi(u, v), y, step), x, step), bend(lambda v: psi(x, v), y, step)]])
    value = psi(x, y)
    kinetic = np.einsum("ij,ij...->...", inverse, -packet.hbar**2 * second + np.einsum("i...,j...->ij...", a, a) * value
                        + 2j * packet.hbar * np.einsum("i...,j...->ij...", a, np.array(first))) / 2
    rate = 1j * packet.hbar * slope(lambda s: psi(x, y, s), t, step)
    assert np.max(np.abs(rate - kinetic - packet.potential(x, y) * value)) < 1e-6 * np.max(np.abs(rate))


def test_quadratic_packets_have_norm_one_and_reduce_to_products():
    x, y = np.meshgrid(np.linspace(-8, 8, 161), np.linspace(-8, 8, 161), indexing="ij")
    for packet in QUADRATIC.values():
        assert np.sum(np.abs(packet.state(x, y, t=2.0)) ** 2) * 0.01 == pytest.approx(1, abs=1e-9)
    product = QuadraticPacket([0.5, -0.4], [0.7, 0.5], [0.3, -0.8], np.diag([1.0, 4.0]))
    a, b = GaussianPacket(0.5, 0.7, 0.3, omega=1.0), GaussianPacket(-0.4, 0.5, -0.8, omega=2.0)
    for t in (-1.0, 0.0, 5.3):
        np.testing.assert_allclose(product.state(x, y, t=t), a.state(x, t) * b.state(y, t), atol=1e-12)


def test_levels_of_coupled_oscillators_and_of_the_field():
    packet = QUADRATIC["coupled"]
    squares = np.linalg.eigvals(np.linalg.solve(packet.mass, packet.stiffness))
    np.testing.assert_allclose(packet.frequencies, np.sort(squares.real**0.5), rtol=1e-12)
    np.testing.assert_allclose(packet.levels(1), [0.45 * packet.frequencies.sum()], rtol=1e-12)
    dot = FockDarwin(field=1.4, omega=0.8, mass=1.2, hbar=0.9)
    by_quantum_numbers = sorted(dot.energy(n, l) for n in range(12) for l in range(-12, 13))
    np.testing.assert_allclose(dot.levels(8), by_quantum_numbers[:8], rtol=1e-12)
    np.testing.assert_allclose(QUADRATIC["magnetic"].levels(8), dot.levels(8), rtol=1e-11)


@pytest.mark.parametrize(("n", "angular"), [(0, 0), (1, 2), (2, -1)])
def test_states_of_the_field(n, angular):
    """H ψ = Eψ by differences; norm 1."""
    dot = FockDarwin(field=1.4, omega=0.8, mass=1.2, hbar=0.9)
    x, y = np.meshgrid(np.linspace(-7, 7, 141), np.linspace(-7, 7, 141), indexing="ij")

    def psi(u, v):
        return dot.eigenstate(u, v, n, angular)

    value = psi(x, y)
    laplacian = bend(lambda u: psi(u, y), x, 0.03) + bend(lambda v: psi(x, v), y, 0.03)
    ax, ay = dot.vector_potential(x, y)
    cross = ax * slope(lambda u: psi(u, y), x, 0.03) + ay * slope(lambda v: psi(x, v), y, 0.03)
    applied = (-0.81 * laplacian + 2j * 0.9 * cross + (ax**2 + ay**2) * value) / 2.4 + 0.6 * 0.64 * (x**2 + y**2) * value
    assert np.max(np.abs(applied - dot.energy(n, angular) * value)) < 1e-8
    assert np.sum(np.abs(value) ** 2) * 0.01 == pytest.approx(1, abs=1e-10)


def test_the_two_gauges_have_the_same_field():
    dot, x, y = FockDarwin(field=1.4, omega=0.8), np.array([0.3, -1.0]), np.array([0.8, 2.0])
    change = np.stack([slope(lambda u: dot.gauge_function(u, y), x, 0.1), slope(lambda v: dot.gauge_function(x, v), y, 0.1)])
    np.testing.assert_allclose(dot.landau_gauge(x, y) - dot.vector_potential(x, y), change, atol=1e-12)


MORSE = Morse(depth=9.0, inverse_width=0.6, mass=1.2, hbar=0.9)


def test_morse_states_are_eigenstates():
    x = np.linspace(-2.5, 30, 3251)
    states = np.array([MORSE.eigenstate(x, n) for n in range(5)])
    np.testing.assert_allclose(states @ states.T * 0.01, np.eye(5), atol=1e-10)
    assert np.all(states[:, 2000] > 0)
    for n in range(5):
        applied = -0.81 / 2.4 * bend(lambda y, n=n: MORSE.eigenstate(y, n), x, 0.02) + MORSE.potential(x) * states[n]
        assert np.max(np.abs(applied - MORSE.energy(n) * states[n])) < 1e-8
    with pytest.raises(ArgumentError, match="n must be"):
        MORSE.energy(MORSE.bound)


def test_morse_superpositions_obey_their_equation():
    for t in TIMES:
        assert residual(lambda x, s: MORSE.state(x, s, [0.6, 0.5j, -0.3]), X / 2 + 1, t, MORSE.potential(X / 2 + 1), mass=1.2,
                        hbar=0.9) < 1e-7


def test_a_deep_morse_well_is_an_oscillator():
    deep = Morse(depth=5e7, inverse_width=1e-4)
    np.testing.assert_allclose([deep.energy(n) for n in range(3)], [0.5, 1.5, 2.5], atol=1e-7)


def test_poschl_teller_levels_and_reflection_by_shooting():
    """k and E from the integration of the equation through the well, with DOP853."""
    from scipy.integrate import solve_ivp

    well = PoschlTeller(index=1.6, inverse_width=0.7, mass=1.2, hbar=0.9)
    unit = 0.81 / 2.4

    def through(energy, start, slope0):
        def equation(x, y):
            return [y[1], (well.potential(x) - energy) / unit * y[0]]
        return solve_ivp(equation, (-30, 30), [start, slope0], method="DOP853", rtol=1e-12, atol=1e-14).y[:, -1]

    k = 0.5
    value, rate = through(unit * k**2, np.exp(-30j * k) + 0j, 1j * k * np.exp(-30j * k))     # e^{ikx} on the left
    forward, backward = (value + rate / (1j * k)) / 2, (value - rate / (1j * k)) / 2
    assert abs(backward / forward) ** 2 == pytest.approx(well.reflection(k), rel=1e-8)
    for energy in well.levels(2):
        decay = np.sqrt(-energy / unit)
        ends = [np.abs(to_the_middle(well, unit, energy * factor, decay)) for factor in (1.0, 1 + 1e-6)]
        assert min(ends[0]) < 1e-8 * max(ends[0])
        assert min(ends[1]) > 1e-7 * max(ends[1])
    assert PoschlTeller(index=3.0).reflection(0.4) < 1e-25


def to_the_middle(well, unit, energy, decay):
    """(ψ, ψ'/k) at 0 of the solution that decays to the left: one of them is 0 for a level."""
    from scipy.integrate import solve_ivp

    end = -18 / well.inverse_width
    found = solve_ivp(lambda x, y: [y[1], (well.potential(x) - energy) / unit * y[0]], (end, 0), [1e-6, 1e-6 * decay],
                      method="DOP853", rtol=1e-13, atol=1e-300).y[:, -1]
    return found * [decay, 1]


def test_the_reflectionless_packet_has_norm_one():
    packet = ReflectionlessPacket(GaussianPacket(-2.0, 0.6, momentum=1.5), 0.8)
    x = np.linspace(-60, 60, 6001)
    for t in (0.0, 3.0):
        assert np.sum(np.abs(packet.state(x, t)) ** 2) * 0.02 == pytest.approx(1, abs=1e-10)


def test_box_revivals_and_walls():
    box = BoxPacket(GaussianPacket(1.1, 0.15, momentum=3.0, mass=1.2, hbar=0.9), 4.0)
    x, period = np.linspace(0, 4, 81), box.revival_time
    start = box.state(x, 0.0)
    assert np.max(np.abs(box.state(np.array([0.0, 4.0]), 0.3 * period))) < 1e-12
    for part, expected in ((1, start), (1 / 2, -start[::-1]), (1 / 4, (0.5 - 0.5j) * start - (0.5 + 0.5j) * start[::-1])):
        np.testing.assert_allclose(box.state(x, part * period), expected, atol=1e-10)
    assert box.levels(2)[1] == pytest.approx((0.9 * np.pi * 2 / 4) ** 2 / 2.4)


def test_a_flux_is_a_twist():
    """The packet obeys ½(p − A)²ψ/m and ψ(x + L) = e^{2πiθ}ψ(x)."""
    ring, a = AharonovBohmRing(length=6.0, vector_potential=0.7, theta=0.3, mass=1.2, hbar=0.9), 0.7
    packet, x = GaussianPacket(2.0, 0.5, momentum=1.1, mass=1.2, hbar=0.9), np.linspace(0, 6, 61)

    def psi(y, t=0.8):
        return ring.packet_state(y, t, packet)

    rate = 0.9j * slope(lambda s: psi(x, s), 0.8, 0.02)
    applied = (-0.81 * bend(psi, x, 0.02) + 2j * 0.9 * a * slope(psi, x, 0.02) + a * a * psi(x)) / 2.4
    assert np.max(np.abs(rate - applied)) < 1e-7
    np.testing.assert_allclose(psi(x + 6.0), np.exp(0.6j * np.pi) * psi(x), atol=1e-12)
    step = 1e-4
    moved = [AharonovBohmRing(6.0, a + s * step / 6.0, 0.3, 1.2, 0.9).equivalent.energy(1) for s in (-1, 1)]
    assert ring.current(1) == pytest.approx(-(moved[1] - moved[0]) / (2 * step), rel=1e-7)


COHERENT = GaussianPacket(0.8, 0.6, omega=1.1, mass=1.2, hbar=0.9)


@pytest.mark.parametrize("decay", [0.0, 0.6])
@pytest.mark.parametrize("t", TIMES)
def test_two_channels_obey_their_equation(t, decay):
    rabi = RabiPacket(COHERENT, coupling=0.7 - 0.4j, detuning=0.5, decay=decay)
    assert residual(rabi.state, X, t, rabi.potential(X), mass=1.2, hbar=0.9) < 3e-7
    sweep = LandauZener(COHERENT, sweep=1.3, coupling=0.5, start=-2.0, decay=decay)
    assert residual(sweep.state, X, t, sweep.potential(t, X), mass=1.2, hbar=0.9) < 3e-7
    if not decay:
        assert np.sum(np.abs(sweep.amplitudes(t)) ** 2) == pytest.approx(1, abs=1e-13)


def test_landau_zener_against_its_start_and_its_limit():
    sweep = LandauZener(COHERENT, sweep=1.3, coupling=0.4, start=-400.0)
    np.testing.assert_allclose(sweep.amplitudes(-400.0), [1, 0], atol=1e-14)
    assert abs(sweep.amplitudes(400.0)[0]) ** 2 == pytest.approx(sweep.asymptotic, abs=4e-3)  # the error falls as g/(α t)
    np.testing.assert_allclose(RabiPacket(COHERENT, 0.5).amplitudes(0.0), [1, 0])


def test_who_stays_in_the_stable_state_does_not_depend_on_the_decay_of_the_other():
    for decay in (0.2, 2.0):
        sweep = LandauZener(COHERENT, sweep=1.3, coupling=0.4, start=-400.0, decay=decay)
        np.testing.assert_allclose(sweep.amplitudes(-400.0), [1, 0], atol=1e-14)
        stayed, gone = np.abs(sweep.amplitudes(400.0)) ** 2
        assert stayed == pytest.approx(sweep.asymptotic, abs=4e-3)
        assert gone < 1e-5


def test_rabi_at_its_exceptional_point_is_the_limit():
    at, near = (RabiPacket(COHERENT, 0.6j, decay=decay).amplitudes(1.7) for decay in (1.2, 1.2 + 1e-9))
    np.testing.assert_allclose(at, near, atol=1e-8)
    np.testing.assert_allclose(at, np.exp(-0.51) * np.array([1 + 0.51, 0.51]), atol=1e-14)


@pytest.mark.parametrize("t", TIMES)
@pytest.mark.parametrize("wave", [
    BrightSoliton(attraction=2.5, center=0.4, momentum=0.8, mass=1.2, hbar=0.9), SolitonBreather(7.0, mass=1.2, hbar=0.9),
    DissipativeSoliton(2.5, 0.7, inverse_width=1.1, center=0.4, momentum=0.8, mass=1.2, hbar=0.9),
    Gausson(0.7, center=0.4, momentum=0.8, mass=1.2, hbar=0.9),
], ids=["soliton", "breather", "dissipative soliton", "gausson"])
def test_nonlinear_waves_obey_their_equation(wave, t):
    density = np.abs(wave.state(X, t)) ** 2
    f = wave.nonlinearity(density) if hasattr(wave, "nonlinearity") else -wave.attraction * density
    assert residual(wave.state, X, t, f, mass=1.2, hbar=0.9) < 3e-6
    x = np.linspace(-30, 30, 6001)
    norm = 2 * np.abs(wave.state(0.4, 0.0)) ** 2 / wave.inverse_width if isinstance(wave, DissipativeSoliton) else 1
    assert np.sum(np.abs(wave.state(x, t)) ** 2) * 0.01 == pytest.approx(norm, abs=1e-10)


def test_the_energy_of_the_soliton():
    wave, x = BrightSoliton(attraction=2.5, momentum=0.8, mass=1.2, hbar=0.9), np.linspace(-30, 30, 6001)
    slopes, density = slope(lambda y: wave.state(y, 0.3), x, 0.02), np.abs(wave.state(x, 0.3)) ** 2
    energy = np.sum(0.81 / 2.4 * np.abs(slopes) ** 2 - 1.25 * density**2) * 0.01
    assert wave.energy == pytest.approx(energy, rel=1e-9)


def test_the_breather_repeats_its_density():
    wave = SolitonBreather(7.0)
    np.testing.assert_allclose(abs(wave.state(X, 0.2 + wave.period)), abs(wave.state(X, 0.2)), atol=1e-12)
    assert np.max(np.abs(abs(wave.state(X, 0.2 + wave.period / 2)) - abs(wave.state(X, 0.2)))) > 0.1


@pytest.mark.parametrize("make", [
    lambda: ModulatedOscillator(0, 1, rate=1, modulation=1.0, drive=1), lambda: QuadraticPacket([0], [-1], [0], [[1]]),
    lambda: Morse(-1.0, 1.0), lambda: PoschlTeller(0.0), lambda: ReflectionlessPacket(COHERENT), lambda: BoxPacket(COHERENT, 1.0),
    lambda: FockDarwin(1.0, 0.0), lambda: RabiPacket(COHERENT, 0.0), lambda: LandauZener(COHERENT, 0.0, 1.0, 0.0),
    lambda: BrightSoliton(0.0), lambda: Gausson(-1.0), lambda: SolitonBreather(0.0), lambda: DissipativeSoliton(1.0, 1.5),
    lambda: DissipativeSoliton(1.0, 0.0),
])
def test_bad_parameters_are_refused(make):
    with pytest.raises(ArgumentError):
        make()
