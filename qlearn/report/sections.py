"""The six sections below the first screen; a section whose data are missing says why in place of its figures."""

from collections.abc import Mapping, Sequence
from typing import Any

from qlearn import plots
from qlearn.report import equations
from qlearn.report.markup import escape, figure, figures, mark, number, p_value, percent, table
from qlearn.verification.claims import Claim, Verification

__all__ = ["SECTIONS", "sections"]

ANGLE = "x, angle on the ring"
LONG = 5000             # characters of MathML


def sections(verification: Verification) -> str:
    """All sections in order, each with its anchor."""
    return "".join(f'<section id="{anchor}"><h2>{i}. {title}</h2>{draw(verification)}</section>'
                   for i, (anchor, title, draw) in enumerate(SECTIONS, start=1))


# --- 1. derivation ----------------------------------------------------------------------------------------------------

def _derivation(verification: Verification) -> str:
    text = ("<p>Each line below was checked by computer algebra when this page was made. The residual is what is left when the "
            "line is written out for unknown functions and one side is taken from the other: it must be 0.</p>")
    shown: set[tuple[str, str]] = set()
    parts = [_one_derivation(title, derivation, shown) for title, derivation in verification.derivations]
    return text + ("".join(parts) or "<p>No derivation was made; the verdicts above say why.</p>") + _numbers(verification)


def _one_derivation(title: str, derivation: Any, shown: set[tuple[str, str]]) -> str:
    """The equation, what it assumes, and its steps; steps already shown are named and not repeated."""
    rows = derivation.mathml()
    new = [row for row in rows if row[:2] not in shown]
    shown.update(row[:2] for row in rows)
    before = f"{len(rows) - len(new)} steps as above, and " if len(new) < len(rows) else ""
    steps = "".join(
        f'<li><b>{escape(name)}</b> <span class="mark {"good" if residual == "0" else "bad"}">residual {escape(residual)}</span>'
        f'<span class="sub">{escape(source)}</span>{equations.block(formula)}</li>'
        for name, formula, residual, source in new)
    notes = "".join(f"<li>{escape(note)}</li>" for note in derivation.notes)
    return (f"<h3>{escape(title)}</h3>{_result(derivation.equation.mathml())}"
            f'<ul class="note">{notes}</ul><details open><summary>{before}{len(new)} steps</summary>'
            f'<ol class="steps">{steps}</ol></details>')


def _result(formula: str) -> str:
    """The equation; one with long numbers in it is folded away."""
    if len(formula) < LONG:
        return equations.block(formula)
    return f"<details><summary>The equation with this learner's numbers written out</summary>{equations.block(formula)}</details>"


FACTS = {
    "temperature": ("T", "learning temperature, ηC₀/2B"), "hbar": ("ħ", "effective Planck constant, 2T"),
    "mass": ("m", "mass, 1/η"), "diffusion": ("D", "diffusion constant, ηT"),
    "proper_length": ("L", "proper length of the ring, ∮√g dq"),
    "time_unit_steps": ("τ", "unit of time of section 6, (L/2π)²/(ηT), in steps"),
    "potential": ("V", "potential of section 6, from the file"),
}


def _numbers(verification: Verification) -> str:
    rows = [(f"<b>{sign}</b>", escape(meaning), number(verification.summary[name], 6))
            for name, (sign, meaning) in FACTS.items() if name in verification.summary]
    if "hbar" not in verification.summary:
        return "<p>This learner has no one temperature and no one ħ, so there are no numbers to put in.</p>"
    return "<h3>With the numbers of this learner</h3>" + table(("", "Meaning", "Value"), rows)


# --- 2. the learner ---------------------------------------------------------------------------------------------------

LEARNER = {
    "source": "Data", "samples": "Samples", "batch_size": "Samples a step, B", "learning_rate": "Learning rate, η",
    "alpha": "Regime, α", "ito_correction": "Itô correction", "reference_covariance": "Mean gradient covariance, C₀",
    "cycle_affinity": "Cycle affinity (0: no steady current in the diffusion limit)",
    "eps3": "Skewness of the noise, ε₃ = max |U′κ₃|/C²",
}


def _learner(verification: Verification) -> str:
    summary, drawn = verification.summary, verification.figures.get("learner")
    rows = [(escape(label), number(summary[name], 4)) for name, label in LEARNER.items() if name in summary]
    text = (f"<p>The learner has one trainable variable q on a ring. One step, with the mean gradient h<sub>B</sub> of B samples "
            f"drawn with replacement, is</p>{equations.block(equations.STEP)}<p>with the metric</p>"
            f"{equations.block(equations.FAMILY)}<p>where C(q) is the scatter of the gradients between samples and v(q) the Itô "
            f"correction.</p>{table(('', ''), rows)}")
    if "eps3_meaning" in summary:
        text += (f'<p class="note">ε₃ measures how far single steps are from gaussian noise; the diffusion approximation '
                 f'(2) needs it small. Here it is {number(summary["eps3"])}, {escape(summary["eps3_meaning"])}.</p>')
    if drawn is None:
        return text
    period = _period(drawn["q"])
    return text + figures(
        figure(plots.loss(drawn["q"], drawn["loss"], period=period),
               "Mean loss U over the ring. Learning drives q downhill; noise drives it about."),
        figure(plots.metric(drawn["q"], drawn["covariance"], drawn["metric"], period=period),
               "How strongly the gradients of single samples scatter (C), and the metric g that the steps are measured in."))


# --- 3. rates ---------------------------------------------------------------------------------------------------------

def _rates(verification: Verification) -> str:
    drawn = verification.figures.get("rates")
    text = ("<p>A crowd of learners forgets where it started, at certain rates. They were found in three ways: <b>measured</b> "
            "from many independent training runs (replicas); calculated <b>exactly</b>, without sampling, from the "
            "operator of one training step; and as the energy levels of the <b>Schrödinger-like operator</b></p>"
            f"{equations.block(equations.WITTEN)}<p>Replicas against the exact operator is a test of statistics: the differences "
            "must look like chance. The exact operator against the levels is a test of the theory's approximation: the "
            "differences must stay within margins that were declared beforehand.</p>")
    rows = verification.tables.get("rates", [])
    shown = _plain_table(rows) if rows else ""
    if drawn is None:
        return text + shown + _claims(verification, "rates")
    levels = (drawn["names"], drawn["operator"], drawn["replicas"], drawn["errors"], drawn["levels"])
    margin = [row["margin"] for row in rows] or [0.0] * len(drawn["names"])
    return text + figures(
        figure(plots.rates(*levels), "The rates in units of the learning rate η."),
        figure(plots.rate_differences(*levels, margin=margin),
               "The same, magnified: differences from the exact operator in per cent."),
        *_landscape(verification)) + shown + _claims(verification, "rates")


def _landscape(verification: Verification) -> list[str]:
    drawn = verification.figures.get("landscape")
    if drawn is None:
        return []
    return [figure(plots.landscape(drawn["q"], drawn["potential"], drawn["levels"], period=_period(drawn["q"])),
                   "Where the levels come from: the potential W of the Schrödinger-like operator, and the levels in it. The "
                   "lowest is zero: it is the state of rest.")]


# --- 4. densities -----------------------------------------------------------------------------------------------------

def _densities(verification: Verification) -> str:
    text = ("<p>Where are the learners? From a narrow start the crowd spreads and settles. The bars are the replicas, the line "
            "is the exact law, calculated without sampling. Their distance (Kuiper's) is compared with its floor, the distance "
            "that a perfect sample of the same size typically shows.</p>")
    evolution, last = verification.figures.get("evolution"), verification.figures.get("stationary")
    drawn = [] if evolution is None else [_moment(evolution, row) for row in range(len(evolution["times"]))
                                          if last is None or row < len(evolution["times"]) - 1]
    if last is not None:
        drawn.append(figure(plots.law(
            last["q"], last["operator"], last["edges"], last["replicas"], title="Settled", exact_label="exact law",
            sample_label="replicas", extra=None if last.get("gibbs") is None else ("√g exp(−U/T)", last["gibbs"])),
            "The density after all is forgotten. The dotted line is the law that the diffusion approximation gives."))
    return text + figures(*drawn) + _claims(verification, "density")


def _moment(evolution: Mapping[str, Any], row: int) -> str:
    time = evolution["times"][row]
    return figure(plots.law(evolution["q"], evolution["operator"][row], evolution["replicas_edges"], evolution["replicas"][row],
                            title=f"Time {time:.3g}/η", exact_label="exact law", sample_label="replicas"),
                  f"Density at time {time:.3g}/η after the narrow start.")


# --- 5. controls ------------------------------------------------------------------------------------------------------

def _controls(verification: Verification) -> str:
    controls = [claim for claim in verification.claims if claim.role == "control"]
    text = ("<p>Each control is a comparison that must <em>not</em> come out equal, because something in it was made wrong on "
            "purpose. If one were accepted, the tests above would be too weak to mean anything. The power is the chance "
            "that the test rejects it, from the exact operators.</p>")
    rows = [(mark(claim.passed, "control"), f'<b>{escape(claim.name)}</b><span class="sub">{escape(claim.compared)}</span>',
             p_value(claim.p_adjusted), percent(claim.power)) for claim in controls]
    shown = table(("Verdict", "Control", "p, adjusted", "Power"), rows, kind="stack") if rows else "<p>No controls were run.</p>"
    last, rates = verification.figures.get("stationary", {}), verification.figures.get("rates")
    drawn = [figure(plots.wrong_law(last["q"], last["operator"], last["edges"], values, label=label),
                    f"Replicas with {label}, where they settle, against the law of the learner under test.")
             for label, values in last.get("controls", {}).items()]
    if rates is not None and rates.get("controls"):
        drawn.append(figure(plots.rates(rates["names"], rates["operator"], rates["replicas"], rates["errors"],
                                        rates["levels"], rates["controls"]),
                            "The rates of the controls (crosses) against those of the learner under test."))
    return text + shown + figures(*drawn)


# --- 6. real time -----------------------------------------------------------------------------------------------------

def _real_time(verification: Verification) -> str:
    wave, law, winding = (verification.figures.get(name) for name in ("wave", "guided", "winding"))
    text = ("<p>On a ring of the same proper length, with this learner's ħ and mass, the Schrödinger equation was solved for a "
            "potential from the file. <b>This part is guided:</b> learners read their drift from the solved ψ,</p>"
            f"{equations.block(equations.GUIDANCE)}<p>with s the proper length, φ = ħ arg ψ, D = ηT. Their density must be |ψ|² "
            "at every time. A state that winds around the ring carries a circulation of a whole number of quanta,</p>"
            f"{equations.block(equations.CIRCULATION)}<p>which is measured from the learners' own displacements. Nothing in the "
            "learners' flow forces it to be whole: that is assumption A2.</p>")
    if wave is None:
        return ("<p>Not run: without one ħ there is no Schrödinger equation for this learner.</p>"
                + _claims(verification, "real time"))
    drawn = [figure(plots.carpet(wave["x"], wave["times"], wave["density"]),
                    "The solved |ψ|²: across, the place on the ring; upwards, time. No learner enters here.")]
    if law is not None:
        drawn.append(figure(plots.law(law["x"], law["density"], law["edges"], law["histogram"],
                                      title=f"Guided learners at time {law['time']:.3g} τ", exact_label="|ψ|²",
                                      sample_label="guided learners", name=ANGLE),
                            "Where the guided learners are at the last time, against |ψ|²."))
    if winding is not None:
        target = verification.settings.get("real_time", {}).get("winding", round(float(winding["circulation"])))
        drawn += [figure(plots.phase(winding["x"], winding["phase"], winding["times"]),
                         "The phase of the winding state around the ring, in turns."),
                  figure(plots.circulation(float(winding["circulation"]), float(winding["errors"]), target=target),
                         "The circulation measured from learners, in quanta 2πħ; the bar is three standard errors.")]
    return text + figures(*drawn) + _claims(verification, "real time")


# --- shared -----------------------------------------------------------------------------------------------------------

def _claims(verification: Verification, group: str) -> str:
    """What came out of this section, one line a claim."""
    chosen: Sequence[Claim] = [claim for claim in verification.claims if claim.group == group and claim.role == "claim"]
    rows = [(mark(claim.passed, claim.role), f"<b>{escape(claim.name)}</b>", escape(claim.reason)) for claim in chosen]
    return table(("Verdict", "Claim", "Result"), rows, kind="stack") if rows else ""


def _plain_table(rows: Sequence[Mapping[str, Any]]) -> str:
    columns = list(rows[0])
    cells = [[number(row[column], 4, trim=False) for column in columns] for row in rows]
    return f'<div class="scroll">{table([escape(column) for column in columns], cells)}</div>'


def _period(q: Any) -> float:
    return float(len(q) * (q[1] - q[0]))


SECTIONS = (
    ("derivation", "From the learner to the equation", _derivation),
    ("learner", "The learner", _learner),
    ("rates", "How fast learners forget, on three levels", _rates),
    ("densities", "Where learners are found", _densities),
    ("controls", "Controls that must fail", _controls),
    ("real-time", "Real time: the Schrödinger equation on the same ring", _real_time),
)
