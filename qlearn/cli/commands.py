"""The commands: each returns its exit code; what is wrong is raised and worded by ``qlearn.cli.main``."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

import qlearn
from qlearn.checks import shortened
from qlearn.cli.matrices import entries, matrix
from qlearn.cli.progress import Bars
from qlearn.errors import ArgumentError, ConfigError, RegimeError, UnsupportedError

__all__ = ["app"]

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None,
                  help="Does this learning system behave like a quantum system, and how well do we know?")


def _version(wanted: bool) -> None:
    if wanted:
        print(f"qlearn {qlearn.__version__}")
        raise typer.Exit


@app.callback()
def qlearn_(version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True,
                                                  help="Print the version.")] = False) -> None:
    """Does this learning system behave like a quantum system, and how well do we know?"""


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(help="TOML file that says what is verified; see the examples folder.")],
    out: Annotated[Path, typer.Option(help="Folder of the report; made if it is missing.")] = Path("report"),
    allow_code: Annotated[bool, typer.Option("--allow-code", help="Let learner.gradient run code beside the file.")] = False,
) -> int:
    """Verify a learner and write a report: index.html and results.json.

    Exit code 0: every claim holds and every control was rejected; 1: not so; 2: bad input, nothing written.
    """
    from qlearn import plots, report
    from qlearn.config import load
    from qlearn.verification import verify as run

    with _writing(out):
        report.check_folder(out)
    plots.require_matplotlib()
    config = load(file, allow_code=allow_code)
    try:
        with Bars() as bars:
            verification = run(config, progress=bars)
    except (ArgumentError, ConfigError, RegimeError) as error:
        raise ConfigError(f"{file}: {error}") from None
    report.print_table(verification)                # before the files, so that a full disk does not lose the verdict
    with _writing(out):
        page = report.write(verification, out)
    print(f"Report: {page}")
    return 0 if verification.passed else 1


@app.command()
def spectrum(
    file: Annotated[Path, typer.Argument(help="TOML file that says what the spectrum is of and what is wanted of it.")],
    out: Annotated[Path, typer.Option(help="Folder of the report; made if it is missing.")] = Path("spectrum"),
    allow_code: Annotated[bool, typer.Option("--allow-code", help="Let learner.gradient run code beside the file.")] = False,
) -> int:
    """Levels, bands and relaxation rates with error bounds: tables, index.html, results.json and CSV files.

    Exit code 0: every number is certified to the tolerance of the file; 1: not so; 2: bad input, nothing written.
    """
    from qlearn import plots, report
    from qlearn.analysis import analyse
    from qlearn.config import load_spectrum

    with _writing(out):
        report.check_folder(out)
    plots.require_matplotlib()
    config = load_spectrum(file, allow_code=allow_code)
    if config.needs_qutip:
        from qlearn.interop import require_qutip

        require_qutip()
    try:
        with Bars() as bars:
            analysis = analyse(config, progress=bars)
    except (ArgumentError, RegimeError, UnsupportedError) as error:
        raise ConfigError(f"{file}: {error}") from None
    report.print_spectrum(analysis)
    with _writing(out):
        page = report.write_spectrum(analysis, out)
    print(f"Report: {page}")
    return 0 if analysis.passed else 1


@contextmanager
def _writing(out: Path) -> Iterator[None]:
    """What the file system refuses is told as a bad --out."""
    try:
        yield
    except OSError as error:
        place = shortened(str(error.filename2 or error.filename))
        raise ConfigError(f"--out must be a folder that a report can be written to; given {shortened(str(out))}: "
                          f"{error.strerror} ({place}). Name another folder.") from None


@app.command()
def derive(
    coordinates: Annotated[str, typer.Option(help='Names of the coordinates, as in "x y".')] = "q",
    potential: Annotated[str | None, typer.Option(help='V(q, t): gives the Schrödinger equation, as in "k*q**2/2".')] = None,
    loss: Annotated[str | None, typer.Option(help='Static loss U(q): gives the Schrödinger-like form (8), as in "U(q)".')] = None,
    learning_rate: Annotated[str, typer.Option(help="γ.")] = "gamma",
    temperature: Annotated[str, typer.Option(help="T.")] = "T",
    metric: Annotated[str | None, typer.Option(help='g: one entry, "a, b" on the diagonal, or "a, b; b, c".')] = None,
    covariance: Annotated[str | None, typer.Option(help="κ, written like the metric; then g = (κ/κ₀)^α.")] = None,
    alpha: Annotated[str, typer.Option(help="α.")] = "1",
    reference_covariance: Annotated[str, typer.Option(help="κ₀.")] = "1",
    shift_quantum: Annotated[str | None, typer.Option(help="h of the shift symmetry F ~ F + h n.")] = None,
    theta: Annotated[str, typer.Option(help="Twist of a ring, one or one an axis.")] = "0",
    periods: Annotated[str | None, typer.Option(help='Periods, one an axis; "none" for a line.')] = None,
    convention: Annotated[str, typer.Option(help="consistent, vanchurin2020 or explicit.")] = "consistent",
    reading: Annotated[str, typer.Option(help="nelson or action, for noise with more than one ħ.")] = "nelson",
    inverse_mu: Annotated[str | None, typer.Option(help="1/μ (explicit, vanchurin2020).")] = None,
    root: Annotated[str | None, typer.Option(help="+ or -: the root for 1/μ, with a shift quantum (explicit).")] = None,
    gamma_prime: Annotated[str | None, typer.Option(help="γ′ (explicit).")] = None,
    latex: Annotated[bool, typer.Option("--latex", help="Print LaTeX.")] = False,
) -> int:
    """Derive the equation of a learning system: each step, its residual, and the equation."""
    from qlearn.derivation import derive as run
    from qlearn.systems.base import LearningSystem

    system = LearningSystem(
        coordinates, potential=potential, loss=loss, learning_rate=learning_rate, temperature=temperature,
        metric=matrix(metric), covariance=matrix(covariance), alpha=alpha, reference_covariance=reference_covariance,
        shift_quantum=shift_quantum, theta=_one_an_axis(theta), periods=_one_an_axis(periods))
    derivation = run(system, convention=convention, reading=reading, inverse_mu=inverse_mu, root=root, gamma_prime=gamma_prime)
    print(derivation.latex() if latex else _told(derivation))
    return 0


def _one_an_axis(text: str | None) -> Any:
    """One value, or a list of them; "none" is no period."""
    if text is None:
        return None
    values = [None if value == "none" else value for value in entries(text)]
    return values if len(values) > 1 else values[0]


def _told(derivation: Any) -> str:
    """The derivation in plain text: numbered steps, then the equation, then what it rests on."""
    from qlearn.derivation.printing import to_text

    lines = []
    for i, (name, statement, residual, source) in enumerate(derivation.table(), start=1):
        lines += [f"{i}. {name}   [{source}]", f"     {statement}", f"     residual {residual}"]
    equation = derivation.equation
    lines += ["", f"Result ({equation.kind})"]
    lines += [f"     {to_text(line)}" for line in (equation.statement, *equation.definitions)]
    return "\n".join([*lines, "", *(f"- {note}" for note in derivation.notes)])
