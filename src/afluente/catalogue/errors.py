"""What can be wrong with a question to the catalogue, or with the catalogue's own files."""

from __future__ import annotations

from collections.abc import Iterable


class CatalogueError(ValueError):
    """A catalogue file cannot be accepted. Names the file, the row and why; raised while loading."""

    def __init__(self, file: str, row: str, why: str) -> None:
        self.file = file
        self.row = row
        self.why = why
        super().__init__(f"{file}: {row}: {why}")


class UnknownName(LookupError):
    """A system, language, surface, discriminator or meaning that does not exist. The message lists those that do."""

    def __init__(self, kind: str, given: str, known: Iterable[str]) -> None:
        self.kind = kind
        self.given = given
        self.known = tuple(known)
        super().__init__(f"unknown {kind} {given!r}; known: {', '.join(self.known)}")


class NoWord(LookupError):
    """A narrow surface has no word for this meaning or any ancestor of it."""
