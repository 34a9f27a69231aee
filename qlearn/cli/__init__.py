"""The commands ``qlearn verify FILE``, ``qlearn spectrum FILE``, ``qlearn derive``; bad input is one line and exit code 2."""

import os
import sys
import warnings
from collections.abc import Sequence
from typing import Any

from qlearn.errors import DerivationError, QlearnError

__all__ = ["main", "run"]

_INTERRUPTED = 130          # the shell's code for Ctrl-C, which Typer may return by itself


def main() -> None:
    """Entry point of the ``qlearn`` command."""
    for stream in (sys.stdout, sys.stderr):
        getattr(stream, "reconfigure", lambda **_: None)(errors="replace")      # a terminal without ψ shows "?"
    try:
        code = run(sys.argv[1:])
        sys.stdout.flush()
    except BrokenPipeError:                                                      # as in: qlearn derive … | head
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    sys.exit(code)


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code: 0 all holds, 1 some verdict fails, 2 bad input, 130 interrupted."""
    import typer

    from qlearn.cli.commands import app

    usage_error: type[Any] = next(base for base in typer.BadParameter.__mro__ if base.__name__ == "ClickException")
    with warnings.catch_warnings():
        warnings.showwarning = _show_warning  # type: ignore[assignment]
        try:
            code = int(app(list(arguments), prog_name="qlearn", standalone_mode=False) or 0)
            return _interrupted() if code == _INTERRUPTED else code
        except DerivationError as error:
            return _refuse(str(error), 1)
        except QlearnError as error:
            return _refuse(str(error), 2)
        except (KeyboardInterrupt, typer.Abort):
            return _interrupted()
        except usage_error as error:  # type: ignore[misc]
            return _usage(error)


def _interrupted() -> int:
    return _refuse("interrupted; nothing was written", _INTERRUPTED)


def _usage(error: Any) -> int:
    """A wrong option or argument; asking for nothing shows the help."""
    message = str(error.format_message())
    if type(error).__name__ == "NoArgsIsHelpError":
        print(message)
        return 2
    return _refuse(f"{message} Try: qlearn --help", 2)


def _refuse(message: str, code: int) -> int:
    print(f"qlearn: {_one_line(message)}", file=sys.stderr)
    return code


def _show_warning(message: Warning | str, *rest: Any) -> None:
    print(f"qlearn: warning: {_one_line(str(message))}", file=sys.stderr)


def _one_line(text: str) -> str:
    """What came from a file must not steer the terminal."""
    return "".join(sign if sign.isprintable() else "?" for sign in " ".join(text.split()))
