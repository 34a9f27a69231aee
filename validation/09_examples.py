"""``qlearn verify`` on every example: exit code 0 where everything holds, 1 where it must fail, with the cause named."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from validation.evidence import Evidence

EXAMPLES = Path(__file__).parents[1] / "examples"
EXPECTED = {
    "diabetes.toml": (0, ""),
    "generated.toml": (0, ""),
    "own_data.toml": (0, ""),
    "code.toml": (0, ""),
    "diabetes_raw.toml": (1, "diffusion approximation does not hold"),
    "diabetes_alpha0.toml": (1, "α = 0 is not the quantum regime"),
    "diabetes_alpha_half.toml": (1, "α = 0.5 is not the quantum regime"),
}


def evidence() -> list[Evidence]:
    lines = []
    for name, (code, cause) in EXPECTED.items():
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-m", "qlearn", "verify", str(EXAMPLES / name), "--out", folder, "--allow-code"]
            run = subprocess.run(command, capture_output=True, text=True, check=False)
            text = json.dumps(json.loads((Path(folder) / "results.json").read_text(encoding="utf-8")), ensure_ascii=False)
        lines.append(Evidence(f"{name}: exit code" + (f", cause “{cause}”" if cause else ""), float(run.returncode), f"= {code}",
                              run.returncode == code and cause in text, control=code != 0))
    return lines
