"""Writes workshop.csv: made-up castings, as a stand-in for a table of your own.  No such foundry exists.

Furnace temperature in °C ~ N(1480, 25²).  Cooling rate in K/s = 12 + 0.06 (temperature − 1480) + N(0, 2²).
Hardness in HV = 210 + 0.35 (temperature − 1480) + 6 (cooling − 12) + N(0, 9²).  The operator is a letter, drawn at random.
"""

import csv
import io
from pathlib import Path

import numpy as np

ROWS, SEED = 600, 5


def table() -> str:
    """Return the file's text."""
    rng = np.random.default_rng(SEED)
    temperature = rng.normal(1480, 25, ROWS)
    cooling = 12 + 0.06 * (temperature - 1480) + rng.normal(0, 2, ROWS)
    hardness = 210 + 0.35 * (temperature - 1480) + 6 * (cooling - 12) + rng.normal(0, 9, ROWS)
    operator = rng.choice(list("ABC"), ROWS)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["casting", "operator", "furnace temperature", "cooling rate", "hardness"])
    for i in range(ROWS):
        writer.writerow([i + 1, operator[i], f"{temperature[i]:.1f}", f"{cooling[i]:.2f}", f"{hardness[i]:.1f}"])
    return text.getvalue()


if __name__ == "__main__":
    Path(__file__).with_name("workshop.csv").write_text(table(), encoding="utf-8")
