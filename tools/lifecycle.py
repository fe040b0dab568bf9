"""Write the part of docs/reference/lifecycle.md that follows from the table in src/afluente/core/lifecycle.py.

Run it after the table has changed: `.venv/bin/python tools/lifecycle.py`.
"""

from __future__ import annotations

from pathlib import Path

from afluente.core.lifecycle import TABLE, Event, State, diagram

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "lifecycle.md"
BEGIN, END = "<!-- from the table: begin -->\n", "<!-- from the table: end -->\n"


def drawn() -> str:
    """Return the diagram and the table, as Markdown."""
    lines = ["```mermaid", diagram().rstrip(), "```", "", "| " + " | ".join(["", *State]) + " |"]
    lines.append("| --- " * (len(State) + 1) + "|")
    for event in Event:
        cells = [TABLE.get((state, event), "") for state in State]
        lines.append(f"| **{event}** | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def page(text: str) -> str:
    """Return the page with its generated part made anew."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + BEGIN + drawn() + END + after


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text("utf-8")), "utf-8")
