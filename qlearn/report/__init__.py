"""The report of a verification: index.html for people, results.json for programs, a table for the terminal."""

from pathlib import Path

from qlearn.report.files import check_folder, write_files
from qlearn.report.page import page
from qlearn.report.results import results
from qlearn.report.terminal import print_table
from qlearn.verification.claims import Verification

__all__ = ["check_folder", "print_table", "write"]


def write(verification: Verification, folder: str | Path) -> Path:
    """Write index.html (one file, figures and equations inside) and results.json; return the page's path.

    Both are made in full before an earlier report is replaced; nothing else in the folder is touched.
    Raises ConfigError where the folder cannot be written to, MissingExtraError without matplotlib.
    """
    folder = check_folder(folder)
    texts = {"results.json": results(verification), "index.html": page(verification)}
    write_files(folder, texts)
    return folder / "index.html"
