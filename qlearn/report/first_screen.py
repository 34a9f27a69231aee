"""What a reader sees first: the question, the verdict, what was tested and what is assumed, then every claim in a table."""

from collections.abc import Sequence

from qlearn.report.markup import escape, mark, number, p_value, percent
from qlearn.verification.claims import Claim, Verification

__all__ = ["first_screen", "verdict_table"]

GROUPS = {"derivation": "The equation", "learner": "The learner", "rates": "How fast learners forget their start",
          "density": "Where learners are found", "real time": "Real time: the Schrödinger equation on the same ring"}

QUESTION = ("A learner that looks at a few randomly drawn samples at a time moves in a noisy way. Theory says that this noise "
            "can make a crowd of such learners obey the equations of quantum mechanics, with a “Planck constant” ħ set by "
            "the learner's temperature. This page says what was tested of that for one learner, how, and what came out.")


def first_screen(verification: Verification) -> str:
    """Title, question, verdict, and the cards that keep tested, assumed and guided apart."""
    return (f'<p class="over">qlearn · verification of a learner</p><h1>{escape(verification.title)}</h1>'
            f'<p class="lead">{QUESTION}</p>{_verdict(verification)}{_cards(verification)}')


def _verdict(verification: Verification) -> str:
    claims, controls = _of_role(verification, "claim"), _of_role(verification, "control")
    held, rejected = sum(c.passed for c in claims), sum(c.passed for c in controls)
    if verification.passed:
        words = f"All {len(claims)} claims hold" + (f", and all {len(controls)} controls were rejected" if controls else "")
    else:
        words = f"{len(claims) - held} of {len(claims)} claims fail" if held < len(claims) else f"All {len(claims)} claims hold"
        words += f"; {rejected} of {len(controls)} controls were rejected, as all must be" if controls else ""
    failed = [claim for claim in verification.claims if not claim.passed]
    causes = "".join(f"<li><b>{escape(claim.name)}</b>: {escape(claim.reason)}</li>" for claim in failed)
    explanation = ("A control is a comparison made wrong on purpose. It has to be rejected: that shows that the tests can fail."
                   if controls else "")
    return (f'<div class="verdict {"good" if verification.passed else "bad"}"><strong>{words}.</strong>'
            f"<p>{_in_short(verification)} {explanation}</p>{f'<ul>{causes}</ul>' if causes else ''}</div>")


def _in_short(verification: Verification) -> str:
    """The main finding in numbers, whatever the verdict is."""
    rates = verification.figures.get("rates")
    if rates is None:
        return ""
    measured = max(abs(rates["replicas"] - rates["operator"]) / rates["errors"])
    theory = 100 * max(abs(rates["levels"] / rates["operator"] - 1))
    return (f"The rates at which the training runs forget their start differ from an exact calculation by at most "
            f"{number(float(measured), 2)} standard errors, and that calculation from the energy levels of a Schrödinger-like "
            f"operator by at most {number(float(theory), 2)}\u202f%.")


def _cards(verification: Verification) -> str:
    count = verification.summary.get("replicas")
    runs = f"{number(count)} independent training runs" if count else "Independent training runs"
    source = escape(verification.summary.get("source", ""))
    guided = _list(verification, ("guided",))
    return '<div class="cards">' + "".join([
        _card("Tested on data", f"{runs} were compared with exact calculations. No wave function ψ is used here. "
                                f"Data: {source}.", _list(verification, ("data",))),
        _card("Guided by ψ", "These learners read their drift from a solved wave ψ. They test that the noise of learners "
                             "reproduces |ψ|²; they are no independent evidence for the equation." if guided else
                             "Nothing: this learner has no one ħ, so there is no wave that could guide it.", guided),
        _card("Assumed, not tested", "Two assumptions lead to the Schrödinger equation in real time. What is tested on data "
                                     "needs neither.", _assumptions()),
        _card("Checked by calculation", "The derivation, by computer algebra, and the solvers, against each other.",
              _list(verification, ("derivation", "numerical"))),
    ]) + "</div>"


def _card(title: str, text: str, items: str) -> str:
    return f'<section class="card"><h3>{title}</h3><p>{text}</p>{items}</section>'


def _list(verification: Verification, evidence: Sequence[str]) -> str:
    """The claims of this evidence, three or more of a group in one line, and how many of its controls were rejected."""
    chosen = [claim for claim in verification.claims if claim.evidence in evidence]
    claims = [claim for claim in chosen if claim.role == "claim"]
    items = [item for group in dict.fromkeys(claim.group for claim in claims)
             for item in _items(group, [claim for claim in claims if claim.group == group])]
    controls = [claim.passed for claim in chosen if claim.role == "control"]
    if controls:
        items.append(_item(all(controls), f"{sum(controls)} of {len(controls)} controls rejected"))
    return f"<ul>{''.join(items)}</ul>" if items else ""


def _items(group: str, claims: Sequence[Claim]) -> list[str]:
    if len(claims) < 3:
        return [_item(claim.passed, claim.name) for claim in claims]
    held = sum(claim.passed for claim in claims)
    return [_item(held == len(claims), f"{GROUPS.get(group, group)}: {held} of {len(claims)} claims hold")]


def _item(passed: bool, words: str) -> str:
    return f'<li class="{"good" if passed else "bad"}">{escape(words)}</li>'


def _assumptions() -> str:
    return ('<ul><li class="open">A1, stationary entropy production: the learners’ density and free energy make a certain '
            'action stationary.</li><li class="open">A2, shift symmetry: the free energy counts only up to whole multiples of '
            '2πħ, so that ψ has one value at each place.</li></ul>')


# --- the table of verdicts --------------------------------------------------------------------------------------------

COLUMNS = ("Verdict", "What was compared", "Distance", "Floor or margin", "p, adjusted", "Power")


def verdict_table(claims: Sequence[Claim]) -> str:
    """Every claim and control, by group, with distance, floor or margin, p-value and power."""
    head = "".join(f'<th scope="col">{column}</th>' for column in COLUMNS)
    body = []
    for group in dict.fromkeys([*GROUPS, *(claim.group for claim in claims)]):
        rows = [_row(claim) for role in ("claim", "control") for claim in claims if claim.group == group and claim.role == role]
        if rows:
            title = escape(GROUPS.get(group, group))
            body += [f'<tr class="group"><th colspan="{len(COLUMNS)}" scope="rowgroup">{title}</th></tr>', *rows]
    return f'<table class="verdicts"><thead><tr>{head}</tr></thead><tbody>{"".join(body)}</tbody></table>'


def _row(claim: Claim) -> str:
    control = "Control: " if claim.role == "control" else ""
    name = (f"<b>{control}{escape(claim.name)}</b><span class=\"sub\">{escape(claim.compared)}</span>"
            f'<span class="why">{escape(claim.reason)}</span>')
    cells = (mark(claim.passed, claim.role), name, _distance(claim), _yardstick(claim), p_value(claim.p_adjusted),
             percent(claim.power) if claim.role == "control" else "")
    return "<tr>" + "".join(_cell(label, cell) for label, cell in zip(COLUMNS, cells, strict=True)) + "</tr>"


def _cell(label: str, cell: str) -> str:
    """A cell; one that has nothing to say takes no line on a narrow screen."""
    return f'<td data-label="{label}">{cell}</td>' if cell not in ("", "—") else f'<td class="none">{cell}</td>'


def _distance(claim: Claim) -> str:
    if claim.distance is None:
        return "—"
    return f'{number(claim.distance)}<span class="sub">{escape(claim.distance_name)}</span>'


def _yardstick(claim: Claim) -> str:
    if claim.margin is not None:
        return f'{number(claim.margin)}<span class="sub">margin</span>'
    if claim.floor is not None:
        return f'{number(claim.floor)}<span class="sub">floor</span>'
    return "—"


def _of_role(verification: Verification, role: str) -> list[Claim]:
    return [claim for claim in verification.claims if claim.role == role]
