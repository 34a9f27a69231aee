"""The order conditions of every splitting table hold to 30 digits: free Lie algebra of T and V, Nyström modulo [V,[V,[V,T]]].

Controls: a coefficient changed by 1e-20; the kernel without its processor; a Nyström scheme under conditions for any T and V.
"""

from decimal import Decimal

from qlearn.methods import coefficients as published
from qlearn.methods import gradient_coefficients as own
from qlearn.methods.order_conditions import conditions, refined, rows_of
from validation.evidence import Evidence, at_least, at_most

BOUND = 1e-30


def largest(values) -> float:
    return float(max(abs(x) for x in values))


def plain(digits) -> list:
    return rows_of(digits[0], None, digits[1])


def changed(rows: list, place: int, size: str) -> list:
    """One kick larger, its neighbour smaller: the sums stay."""
    rows, amount = list(rows), Decimal(size)
    for index, sign in ((place, 1), (place + 1, -1)):
        a, b, c = rows[index]
        rows[index] = (a, b + sign * amount, c)
    return rows


def published_bm4_again() -> float:
    """How far the 15 published digits of BM4 lie from the nearest solution, found anew."""
    given = [Decimal(x) for x in ("0.0792036964311957", "0.353172906049774", "-0.0420650803577195",
                                  "0.209515106613362", "-0.143851773179818")]

    def left(x):
        return conditions(rows_of(published.symmetric(x[:3], 7), None, published.symmetric(x[3:], 6)), 4, nystrom=False)
    return largest([x - y for x, y in zip(refined(given, left), given, strict=True)])


def evidence() -> list[Evidence]:
    processor = rows_of(*own.PROCESSOR_DIGITS)
    kernel = rows_of(*own.PROCESSED_GRADIENT6_DIGITS)
    lines = [at_most(f"{name}: largest defect to order {order}", largest(conditions(rows, order, nystrom)), BOUND)
             for name, rows, order, nystrom in (
                 ("BM4", plain(published.BM4_DIGITS), 4, False), ("BM6", plain(published.BM6_DIGITS), 6, False),
                 ("RKN6", plain(published.RKN6_DIGITS), 6, True), ("Gradient6", rows_of(*own.GRADIENT6_DIGITS), 6, True),
                 ("Gradient6Seven", rows_of(*own.GRADIENT6_SEVEN_DIGITS), 6, True))]
    lines.append(at_most("ProcessedGradient6: largest defect to order 6", largest(conditions(kernel, 6, True, processor)), BOUND))
    lines.append(at_most("BM4: published digits from the solution", published_bm4_again(), 1e-15))
    wrong = changed(rows_of(*own.GRADIENT6_DIGITS), 1, "1e-20")
    controls = (("Gradient6, one kick changed by 1e-20", conditions(wrong, 6, True), 1e-23),
                ("ProcessedGradient6, one kick of the processor changed by 1e-20",
                 conditions(kernel, 6, True, changed(processor, 3, "1e-20")), 1e-23),
                ("ProcessedGradient6 without its processor", conditions(kernel, 6, True), 1e-4),
                ("RKN6 for T and V of any kind", conditions(plain(published.RKN6_DIGITS), 6, False), 1e-7))
    return lines + [at_least(f"{what}: largest defect", largest(found), bound, control=True) for what, found, bound in controls]
