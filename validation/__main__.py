"""Run the claims and write the evidence: ``python -m validation [NN …]``; exit code 0 only if every line holds.

results/NN_claim.json is the last run of each claim, results/evidence.md the table of all of them.
"""

import importlib
import json
import sys
import time
from pathlib import Path

FOLDER = Path(__file__).parent
RESULTS = FOLDER / "results"


def claims(chosen: list[str]) -> list[str]:
    """Names of the scripts NN_claim, all or those whose number is chosen."""
    names = sorted(path.stem for path in FOLDER.glob("[0-9][0-9]_*.py"))
    unknown = [number for number in chosen if number not in {name[:2] for name in names}]
    if unknown:
        sys.exit(f"validation: no claim {', '.join(unknown)}; there are {', '.join(names)}")
    return [name for name in names if not chosen or name[:2] in chosen]


def run(name: str) -> dict:
    module = importlib.import_module(f"validation.{name}")
    start = time.perf_counter()
    lines = module.evidence()
    return {"claim": module.__doc__.strip().splitlines()[0], "command": f"python -m validation {name[:2]}",
            "seconds": round(time.perf_counter() - start, 1), "passed": all(line.passed for line in lines),
            "evidence": [line.row() for line in lines]}


def table(results: dict[str, dict]) -> str:
    rows = ["| claim | what was measured | value | bound | floor | holds |", "|---|---|---|---|---|---|"]
    for name, result in results.items():
        for line in result["evidence"]:
            floor = "" if line["floor"] is None else f"{line['floor']:.3g}"
            what = (("control: " if line["control"] else "") + line["what"]).replace("|", "\\|")
            rows.append(f"| {name[:2]} | {what} | {line['value']:.4g} | {line['bound']} | {floor} "
                        f"| {'yes' if line['passed'] else '**no**'} |")
    return "\n".join(rows) + "\n"


def main() -> None:
    RESULTS.mkdir(exist_ok=True)
    results = {}
    for name in claims(sys.argv[1:]):
        results[name] = run(name)
        (RESULTS / f"{name}.json").write_text(json.dumps(results[name], indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        print(f"{'ok  ' if results[name]['passed'] else 'FAIL'} {name}  {results[name]['seconds']} s", flush=True)
    print(table(results))
    stored = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(RESULTS.glob("*.json"))}
    (RESULTS / "evidence.md").write_text("# Evidence\n\n" + table(stored), encoding="utf-8")
    sys.exit(not all(result["passed"] for result in results.values()))


if __name__ == "__main__":
    main()
