"""Levels: quoted or closed numbers to the digits stated, certified by their own bounds; every problem by a second method.

1-D to 3-D, walls, a sphere, a field; negative and zero levels like others. Pairs that share no code: qlearn's eigenstates, Taylor
shooting and oscillator functions in mpmath or NumPy, differences of order 8 in SciPy, QuTiP's Fock space, imaginary time,
polynomials in cos θ. The digits quoted for Hénon and Heiles are secondary: see qlearn/exact/henon_heiles.py.
Controls: a quartic term 0.01 % too strong; a grid too coarse; the bare potential of Hénon and Heiles against the bound one.
"""

import numpy as np
import qutip
from scipy.linalg import eigh
from scipy.sparse import csc_matrix, diags, identity, kron
from scipy.sparse.linalg import eigsh

import qlearn as ql
from qlearn.exact import FockDarwin, HenonHeiles, Morse, PoschlTeller, QuarticOscillator, SexticWell, Sphere
from validation import bases, shooting
from validation.digits import digits
from validation.evidence import Evidence, at_least, at_most

LINE, WALLS = ql.Grid(160, (-6.0, 6.0)), ql.Grid(159, (-6.0, 6.0), "wall")
QUARTIC = QuarticOscillator(strength=1.0, mass=0.5)
MORSE = Morse(depth=12.0, inverse_width=0.5, mass=1.1, hbar=0.9)
VALLEY = ql.Grid(384, (-3.5, 26.0))
BOUND = HenonHeiles(binding=1.0)
WELL, FIELD = PoschlTeller(index=3.4, inverse_width=0.8, mass=1.1, hbar=0.9), FockDarwin(field=1.1, omega=0.9)
SPHERE = Sphere(radius=1.3, mass=0.7)
SPACE = ql.Hamiltonian(ql.Grid((36, 40, 40), [(-8.0, 8.0), (-7.0, 7.0), (-6.5, 6.5)]),
                       lambda x, y, z: 0.5 * (x**2 + 2 * y**2 + 3 * z**2))
TURNED = ql.Hamiltonian(ql.Grid((56, 56), [(-4.4, 4.4)] * 2), lambda x, y: x**4 + 6 * x**2 * y**2 + y**4, mass=0.5)
SQUARE = ql.Grid((64, 64), [(-9.0, 9.0)] * 2)
DIFFERENCES = (-205 / 72, 8 / 5, -1 / 5, 8 / 315, -1 / 560)      # ∂², order 8


def levels(what: str, H: ql.Hamiltonian, exact: np.ndarray, needed: float, *, known: float = 1e-15, scale: float | None = None,
           take: slice = slice(None), tol: float = 1e-9) -> Evidence:
    """Levels against exact ones, each with its bound."""
    found = ql.eigenstates(H, len(exact) if take == slice(None) else take.stop, tol=tol)
    return digits(what, found.energies[take], exact, found.error_bounds[take], needed, known=known, scale=scale)


def differences(V: object, bounds: tuple[float, float], count: int, k: int, *, mass: float = 1.0, hbar: float = 1.0,
                ndim: int = 1) -> np.ndarray:
    """The k lowest levels by central differences of order 8, ψ = 0 outside, shift-invert below V."""
    x, step = np.linspace(*bounds, count + 2)[1:-1], (bounds[1] - bounds[0]) / (count + 1)
    unit = -(hbar**2) / (2 * mass * step**2)
    T = diags([np.full(count - abs(j), unit * DIFFERENCES[abs(j)]) for j in range(-4, 5)], range(-4, 5))
    if ndim == 2:
        T = kron(T, identity(count)) + kron(identity(count), T)
    table = V(*np.meshgrid(*[x] * ndim, indexing="ij")).ravel()
    return np.sort(eigsh(csc_matrix(T + diags(table)), k, sigma=float(table.min()) - 1.0, v0=np.ones(len(table)),
                         return_eigenvectors=False))


def published() -> list[Evidence]:
    """Against numbers of others and closed forms."""
    sides = 1.0, 2**0.5, 3**0.5
    space = np.sort([sum(w * (n + 0.5) for w, n in zip(sides, ns, strict=True)) for ns in np.ndindex(6, 6, 6)])[:12]
    turned = 2 ** (1 / 3) * np.sort(np.add.outer(QUARTIC.levels(6), QUARTIC.levels(6)).ravel())[:10]
    lines = [
        levels("p² + x⁴ on a ring: eight levels", QUARTIC.hamiltonian(LINE), QUARTIC.levels(8), 12),
        levels("p² + x⁴ between walls: eight levels", QUARTIC.hamiltonian(WALLS), QUARTIC.levels(8), 12),
        levels("Morse: six levels", MORSE.hamiltonian(VALLEY), np.array([MORSE.energy(n) for n in range(6)]), 10, known=1e-12),
        levels("Pöschl–Teller, λ = 3.4: three negative levels", WELL.hamiltonian(ql.Grid(768, (-60.0, 60.0))), WELL.levels(3), 9),
        levels("Fock–Darwin: ten levels", FIELD.hamiltonian(ql.Grid((40, 40), [(-7.5, 7.5)] * 2)), FIELD.levels(10), 10),
        levels("sphere l(l + 1): sixteen levels", SPHERE.hamiltonian((12, 24)), SPHERE.levels(16), 12,
               scale=SPHERE.energy(1)),
        levels("oscillator in space, 1 : √2 : √3: twelve levels", SPACE, space, 9),
        levels("p² + x⁴ + 6x²y² + y⁴, sums of quartic levels: ten", TURNED, turned, 9),
        at_most("Hénon–Heiles, λ² = 0.0125: ten levels against the four digits quoted",
                np.max(np.abs(ql.eigenstates(HenonHeiles().hamiltonian(SQUARE), 10).energies - HenonHeiles().published())),
                5.001e-5),
    ]
    for index in (1, 2, 3):
        exact = SexticWell(index).levels()
        lines.append(levels(f"p² + x⁶ − {4 * index - 1}x²: {index} even level{'s' * (index > 1)} in closed form, "
                            f"{', '.join(f'{e:.3g}' for e in exact)}", SexticWell(index).hamiltonian(ql.Grid(160, (-4.0, 4.0))),
                            exact, 11, scale=8.0, take=slice(0, 2 * index - 1, 2)))
    return lines


def pairs() -> list[Evidence]:
    """One problem, two methods that share no code; the digits of the coarser of the two are asked for."""
    quartic = ql.eigenstates(QUARTIC.hamiltonian(LINE), 8)
    shot = np.array([float(shooting.level([0, 0, 0, 0, 1], 6, e, odd=bool(n % 2), digits=40, mass="0.5"))
                     for n, e in enumerate(quartic.energies[:3])])
    fock = qutip.momentum(120) ** 2 + qutip.position(120) ** 4
    bound = ql.eigenstates(BOUND.hamiltonian(SQUARE), 20)
    product = bases.plane(BOUND.terms(), (32, 32), (2**-0.5, 2**-0.5), most=31)[:20]
    anharmonic = ql.eigenstates(ql.Hamiltonian(LINE, lambda x: x**2 + x**4, mass=0.5), 8)
    functions = bases.one_dimension({2: 1.0, 4: 1.0}, 90, 0.42, mass=0.5)[:8]
    morse = ql.eigenstates(MORSE.hamiltonian(VALLEY), 6)
    start = np.exp(-(LINE.axes[0] - 0.3) ** 2) + 0j
    cooled = ql.sesolve(QUARTIC.hamiltonian(LINE), start / LINE.norm(start), [0.0, 12.0], imaginary_time=True,
                        tol=1e-9).final_state
    return [
        digits("p² + x⁴: eigenstates and Taylor shooting", quartic.energies[:3], shot, quartic.error_bounds[:3], 12, known=1e-15),
        digits("p² + x⁴: eigenstates and QuTiP's Fock space", quartic.energies, fock.eigenenergies()[:8], quartic.error_bounds,
               10, known=1e-11),
        at_most("p² + x⁴: eigenstates and differences of order 8, eight levels, relative",
                np.max(np.abs(differences(QUARTIC.potential, (-5.5, 5.5), 800, 8, mass=0.5) / quartic.energies - 1)), 1e-9),
        at_most("p² + x⁴: eigenstates and imaginary time, ground level",
                abs(float(QUARTIC.hamiltonian(LINE).expect(cooled)) - quartic.energies[0]), 1e-10),
        digits("p² + x² + x⁴: eigenstates and oscillator functions", anharmonic.energies, functions, anharmonic.error_bounds, 11,
               known=1e-13),
        at_most("Morse: eigenstates and differences of order 8, six levels, relative",
                np.max(np.abs(differences(MORSE.potential, (-3.5, 26.0), 1500, 6, mass=1.1, hbar=0.9) / morse.energies - 1)),
                1e-8),
        digits("bound Hénon–Heiles: eigenstates and oscillator functions, twenty levels", bound.energies, product,
               bound.error_bounds, 11, known=1e-13),
        at_most("bound Hénon–Heiles: eigenstates and differences of order 8, ten levels, relative",
                np.max(np.abs(differences(BOUND.potential, (-7.5, 7.5), 110, 10, ndim=2) / bound.energies[:10] - 1)), 1e-6),
    ]


def pairs_of_closed_forms() -> list[Evidence]:
    """The problems with closed forms once more, each against a matrix that knows neither its closed form nor a grid of qlearn."""
    negative = ql.eigenstates(WELL.hamiltonian(ql.Grid(768, (-60.0, 60.0))), 3)
    turning = ql.eigenstates(FIELD.hamiltonian(ql.Grid((40, 40), [(-7.5, 7.5)] * 2)), 10)
    globe = ql.eigenstates(SPHERE.hamiltonian((12, 24)), 16)
    space = ql.eigenstates(SPACE, 12)
    both = ql.eigenstates(TURNED, 10)
    quoted = bases.plane(HenonHeiles().terms(), (22, 22), (2**-0.5, 2**-0.5), most=21)[:10]
    lines = [
        at_most("Pöschl–Teller: eigenstates and differences of order 8, three levels, relative", np.max(np.abs(
            differences(WELL.potential, (-40.0, 40.0), 2400, 3, mass=1.1, hbar=0.9) / negative.energies - 1)), 1e-7),
        digits("Fock–Darwin: eigenstates and QuTiP's Fock space of two oscillators", turning.energies, _field_in_fock_space(),
               turning.error_bounds, 10, known=1e-12),
        digits("sphere: eigenstates and polynomials in cos θ, each m by quadrature", globe.energies, _levels_in_polynomials(),
               globe.error_bounds, 12, known=1e-12, scale=SPHERE.energy(1)),
        at_most("oscillator in space: eigenstates and oscillator functions of other frequencies, twelve levels, relative",
                np.max(np.abs(_space_levels() / space.energies - 1)), 1e-9),
        digits("p² + x⁴ + 6x²y² + y⁴: eigenstates and oscillator functions in the plane, ten levels", both.energies, bases.plane(
            {(4, 0): 1.0, (2, 2): 6.0, (0, 4): 1.0}, (44, 44), (0.36, 0.36), mass=0.5)[:10], both.error_bounds, 9, known=1e-10),
        at_most("bare Hénon–Heiles: the four digits quoted and oscillator functions up to degree 21",
                np.max(np.abs(quoted - HenonHeiles().published())), 5.001e-5),
    ]
    for index in (1, 2, 3):
        found = ql.eigenstates(SexticWell(index).hamiltonian(ql.Grid(160, (-4.0, 4.0))), 2 * index - 1)
        functions = bases.one_dimension({6: 1.0, 2: 1.0 - 4 * index}, 110, 0.33, mass=0.5)[:2 * index - 1]
        lines.append(digits(f"p² + x⁶ − {4 * index - 1}x²: eigenstates and oscillator functions, odd levels too", found.energies,
                            functions, found.error_bounds, 10, known=1e-10, scale=8.0))
    return lines


def _field_in_fock_space() -> np.ndarray:
    """(p − A)²/2 + ω²r²/2 in 24 functions an axis, of a frequency that is not Ω; m = ħ = 1."""
    count, w, half = 24, 1.02, FIELD.field / 2
    x, p, one = qutip.position(count) / w**0.5, qutip.momentum(count) * w**0.5, qutip.qeye(count)
    X, Y, P, Q = qutip.tensor(x, one), qutip.tensor(one, x), qutip.tensor(p, one), qutip.tensor(one, p)
    H = ((P + half * Y) ** 2 + (Q - half * X) ** 2 + FIELD.omega**2 * (X**2 + Y**2)) / 2
    return np.sort(H.eigenenergies())[:10]


def _levels_in_polynomials() -> np.ndarray:
    """−Δ on the sphere for ψ = (1 − u²)^{m/2} g(u) e^{imφ}, g a polynomial, u = cos θ: integrals of polynomials, exact."""
    u, weights = np.polynomial.legendre.leggauss(40)
    g, found = np.polynomial.legendre.legvander(u, 8), []
    slope = np.stack([np.polynomial.legendre.Legendre.basis(j).deriv()(u) for j in range(9)], axis=1)
    for m in range(5):
        w = weights * (1 - u**2) ** m
        bend = slope - (m * u / (1 - u**2))[:, None] * g
        matrix = bend.T @ ((w * (1 - u**2))[:, None] * bend) + m**2 * g.T @ ((w / (1 - u**2))[:, None] * g)
        found.append(np.repeat(eigh(matrix, g.T @ (w[:, None] * g), eigvals_only=True), 2 if m else 1))
    return np.sort(np.concatenate(found))[:16] / (2 * SPHERE.mass * SPHERE.radius**2)


def _space_levels() -> np.ndarray:
    """The oscillator in space in 11 functions an axis, of frequencies a twentieth too high, as one matrix."""
    count, squares, one = 11, (1.0, 2.0, 3.0), np.eye(11)
    parts = []
    for square in squares:
        s = (2 * 1.05 * square**0.5) ** -0.5
        parts.append(bases.kinetic(count, s, 1.0, 1.0) + 0.5 * square * bases.power(count, 2, s))
    H = sum(np.kron(np.kron(*(p if a == i else one for i in (0, 1))), p if a == 2 else one) for a, p in enumerate(parts))
    return eigh(H, eigvals_only=True, subset_by_index=(0, 11))


def controls() -> list[Evidence]:
    strong = QuarticOscillator(strength=1.0001, mass=0.5)
    found = ql.eigenstates(strong.hamiltonian(LINE), 8)
    coarse = ql.Grid(24, (-6.0, 6.0))
    few = ql.eigenstates(QUARTIC.hamiltonian(coarse), 8, tol=1e3)
    bare = ql.eigenstates(HenonHeiles().hamiltonian(SQUARE), 20).energies
    bound = bases.plane(BOUND.terms(), (24, 24), (2**-0.5, 2**-0.5), most=23)[:20]
    return [
        at_least("x⁴ 0.01 % too strong: error over certified bound, least of eight",
                 np.min(np.abs(found.energies - QUARTIC.levels(8)) / found.error_bounds), 1e3, control=True),
        at_least("p² + x⁴ on 24 points: largest relative error", np.max(np.abs(few.energies / QUARTIC.levels(8) - 1)), 1e-6,
                 control=True),
        at_most("p² + x⁴ on 24 points: error over certified bound",
                np.max(np.abs(few.energies - QUARTIC.levels(8)) / few.error_bounds), 1.0),
        at_least("bare Hénon–Heiles against the levels of the bound one", np.min(np.abs(bare / bound - 1)), 1e-4, control=True),
    ]


def evidence() -> list[Evidence]:
    return [*published(), *pairs(), *pairs_of_closed_forms(), *controls()]
