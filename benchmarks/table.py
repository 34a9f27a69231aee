"""Tables of results: kept as JSON, printed, and written to a page of docs/."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import final

__all__ = ["Table", "document", "held", "keep", "kept"]

FOLDER = Path(__file__).parent / "results"
DOCS = Path(__file__).parents[1] / "docs"


@final
@dataclass(frozen=True)
class Table:
    """A section: a title, what was measured and how, the columns, the rows, and which machine."""

    title: str
    words: str
    columns: list[str]
    rows: list[list[str]] = field(default_factory=list)
    machine: str = ""

    def markdown(self) -> str:
        lines = [f"| {' | '.join(cells)} |" for cells in ([*self.columns], ["---"] * len(self.columns), *self.rows)]
        machine = f"\n{self.machine}\n" if self.machine else ""
        return f"## {self.title}\n\n{self.words}\n\n" + "\n".join(lines) + f"\n{machine}"


def held(value: float, bar: float, most: bool = True) -> str:
    """The bar and whether the value keeps it: ``most`` for an upper bound."""
    holds = value <= bar if most else value >= bar
    return f"{'≤' if most else '≥'} {bar:g} {'yes' if holds else '**no**'}"


def keep(name: str, tables: list[Table]) -> None:
    """Store the tables of a part."""
    FOLDER.mkdir(exist_ok=True)
    text = json.dumps([asdict(table) for table in tables], indent=1, ensure_ascii=False)
    (FOLDER / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def kept(name: str) -> list[Table]:
    """The stored tables of a part; none where it never ran."""
    path = FOLDER / f"{name}.json"
    return [Table(**entry) for entry in json.loads(path.read_text(encoding="utf-8"))] if path.exists() else []


def document(page: str, introduction: str, names: list[str]) -> str:
    """Write docs/``page`` from the stored tables of these parts, in this order; returns the text."""
    text = "\n".join([introduction, *(table.markdown() for name in names for table in kept(name))])
    (DOCS / page).write_text(text, encoding="utf-8")
    return text
