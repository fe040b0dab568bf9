"""Figures and how they stand in `docs/benchmarks.md`: a section is replaced by the run that measured it anew."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from bench import machine

PAGE = machine.ROOT / "docs" / "benchmarks.md"


@dataclass(frozen=True)
class Figure:
    """One thing measured. `met` is None where nothing was promised."""

    what: str
    ours: str
    compared: str = ""
    ratio: str = ""
    promised: str = ""
    met: bool | None = None

    @property
    def verdict(self) -> str:
        """Say whether the promise was kept."""
        return "" if self.met is None else "met" if self.met else "**missed**"


@dataclass
class Section:
    """What one part of a run found."""

    name: str
    title: str
    command: str
    figures: list[Figure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    tables: list[tuple[Sequence[str], list[Sequence[str]]]] = field(default_factory=list)

    def text(self, load_before: float) -> str:
        """Return the section in Markdown."""
        at = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
        columns = ("what", "ours", "compared to", "ratio", "promised", "")
        rows = [(f.what, f.ours, f.compared, f.ratio, f.promised, f.verdict) for f in self.figures]
        parts = [
            f"## {self.title}",
            f"`{self.command}` at {machine.commit()}, {at}; load of the machine before {load_before:.1f}, "
            f"after {machine.load():.1f}; {machine.described()}.",
            table(columns, rows),
            *self.notes,
            *(table(*one) for one in self.tables),
        ]
        return "\n\n".join(parts)


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    lines = ["| " + " | ".join(columns) + " |", "|" + " --- |" * len(columns)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines)


def spread(values: Sequence[float], form: str = "{:,.0f}", unit: str = "") -> str:
    """Return the median with the least and the greatest behind it."""
    middle, least, most = (form.format(value) for value in (statistics.median(values), min(values), max(values)))
    return f"{middle}{unit} ({least} to {most})"


def write(section: str, text: str, page: Path = PAGE) -> None:
    """Put the section into the page in place of what an earlier run said, or at the end."""
    begin, end = f"<!-- {section}: begin -->", f"<!-- {section}: end -->"
    whole = page.read_text("utf-8")
    block = f"{begin}\n\n{text}\n\n{end}"
    if begin in whole:
        before, _, rest = whole.partition(begin)
        whole = before + block + rest.partition(end)[2]
    else:
        whole = f"{whole.rstrip()}\n\n{block}\n"
    page.write_text(whole, "utf-8")
