"""Reports, of a verification and of a spectrum: index.html for people, results.json for programs, a table for the terminal."""

from pathlib import Path

from qlearn.analysis import Analysis
from qlearn.report.files import check_folder, write_files
from qlearn.report.page import page
from qlearn.report.results import results
from qlearn.report.spectrum_page import spectrum_page
from qlearn.report.spectrum_results import csv_texts, spectrum_results
from qlearn.report.spectrum_terminal import print_spectrum
from qlearn.report.terminal import print_table
from qlearn.verification.claims import Verification

__all__ = ["check_folder", "print_spectrum", "print_table", "write", "write_spectrum"]


def write(verification: Verification, folder: str | Path) -> Path:
    """Write index.html (one file, figures and equations inside) and results.json; return the page's path.

    Both are made in full before an earlier report is replaced; nothing else in the folder is touched.
    Raises ConfigError where the folder cannot be written to, MissingExtraError without matplotlib.
    """
    folder = check_folder(folder)
    texts = {"results.json": results(verification), "index.html": page(verification)}
    write_files(folder, texts)
    return folder / "index.html"


def write_spectrum(analysis: Analysis, folder: str | Path) -> Path:
    """Write index.html, results.json, a CSV a table and, where the file asks for states, spectrum.h5; return the page's path.

    All texts are made in full before an earlier report is replaced; nothing else in the folder is touched.
    Raises ConfigError where the folder cannot be written to, MissingExtraError without matplotlib, StorageError.
    """
    folder = check_folder(folder)
    texts = {"results.json": spectrum_results(analysis), **csv_texts(analysis), "index.html": spectrum_page(analysis)}
    folder.mkdir(parents=True, exist_ok=True)
    if analysis.saved is not None:
        analysis.saved.save(folder / "spectrum.h5")
    write_files(folder, texts)
    return folder / "index.html"
