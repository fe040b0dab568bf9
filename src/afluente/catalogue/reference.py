"""The reference page of all meanings, four systems side by side, written from the tables and never by hand."""

from __future__ import annotations

from afluente.catalogue.catalogue import Catalogue
from afluente.catalogue.records import Meaning, Word

_NAMES = {"klavi": "Klavi", "flinks": "Flinks", "belvo": "Belvo", "pluggy": "Pluggy"}

_HEAD = """# Outcomes

*This page is generated from the catalogue's tables; edit those, not this page.*

Everything that can happen to a connection, a product or a request has one meaning, and each system has words for it.
The dots are the fallback: where a system has no word of its own it says the nearest ancestor's, in the end that of
`unexpected`. A word in *italics* is such a neighbour's; a word in brackets is understood, but never said.

| column | says |
| --- | --- |
| blame | whose doing it is |
| retry | when the same thing may be tried again |
| action, at | what has to be done, and where |
| data | what data is still good afterwards |
"""


def outcomes(catalogue: Catalogue) -> str:
    """The whole of `docs/reference/outcomes.md` as Markdown: one table for each first word, one line per meaning."""
    systems = [name for name in _NAMES if name in catalogue.systems]
    systems += [name for name in catalogue.systems if name not in _NAMES]
    said = {system: _words(catalogue, system) for system in systems}
    parts = [_HEAD]
    family = ""
    for meaning in catalogue.meanings.values():
        root = meaning.name.partition(".")[0]
        if root != family:
            family = root
            titles = " | ".join(_NAMES.get(system, system.title()) for system in systems)
            parts.append(f"\n## {root}\n\n| meaning | what it says | blame | retry | action, at | data | {titles} |")
            parts.append("|" + " --- |" * (6 + len(systems)))
        parts.append(_line(catalogue, meaning, [_cell(catalogue, system, said[system], meaning) for system in systems]))
    return "\n".join(parts) + "\n"


def _line(catalogue: Catalogue, meaning: Meaning, words: list[str]) -> str:
    action = meaning.action if meaning.fix_at == "nowhere" else f"{meaning.action}, {meaning.fix_at}"
    cells = [
        f"`{meaning.name}`",
        catalogue.text(meaning.name, "en", "engineer"),
        meaning.blame,
        str(meaning.retry),
        action,
        meaning.data,
        *words,
    ]
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _words(catalogue: Catalogue, system: str) -> dict[str, list[Word]]:
    """All rows of a system by their meaning."""
    found: dict[str, list[Word]] = {}
    for word in catalogue.vocabulary(system).rows:
        found.setdefault(word.meaning, []).append(word)
    return found


def _cell(catalogue: Catalogue, system: str, said: dict[str, list[Word]], meaning: Meaning) -> str:
    """A system's own words for a meaning, or its nearest neighbour's in italics."""
    own = said.get(meaning.name)
    if own:
        return "; ".join(dict.fromkeys(_shown(word) for word in own))
    word = catalogue.vocabulary(system).write_anywhere(meaning.name)
    return f"*{_name(word)}*"


def _shown(word: Word) -> str:
    return _name(word) if word.writes else f"[{_name(word)}]"


def _name(word: Word) -> str:
    """The word as the table prints it: HTTP status, code, and what tells it apart from others of that code."""
    told = ", ".join(value for value in word.discriminator if value is not None)
    name = " ".join(part for part in (str(word.http or ""), word.code and f"`{word.code}`") if part)
    return f"{name} ({told})" if told else name or word.surface
