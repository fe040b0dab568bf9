"""The catalogue's sentences as an application's people are told them: its own edits first, then what is packaged.

An edit has an author and a reason, stands from the moment it is made, and is never changed: the next one replaces it,
and one without sentences brings the catalogue's back. What programs act on (blame, retry, action) cannot be edited.
"""

from __future__ import annotations

import msgspec

from afluente.catalogue import ancestry
from afluente.core.wordings import Wording
from afluente.engine.world import World
from afluente.store import applications, wordings

__all__ = ["Worded", "Wording", "edit", "history", "worded"]


class Worded(msgspec.Struct, frozen=True):
    """The sentences of a meaning in a language; `edit` is what they are not the catalogue's by, `help` its page."""

    user: str
    engineer: str
    help: str | None = None
    edit: Wording | None = None


async def worded(world: World, application_id: str, meaning: str, locale: str) -> Worded:
    """Return what people are told of a meaning, or of the nearest broader one that the catalogue has; to nobody's
    application (an empty id) the catalogue's own."""
    texts = world.catalogue.texts(locale)
    name = next(name for name in ancestry(meaning) if name in texts)
    text = texts[name]
    found = await wordings.last(world.database, application_id, name, locale) if application_id else None
    if found is None or not (found.user or found.engineer or found.help):
        return Worded(text.user, text.engineer)
    return Worded(found.user or text.user, found.engineer or text.engineer, found.help, found)


async def edit(world: World, wording: Wording) -> None:
    """Let an edit stand from now on. Raises UnknownName for a meaning or a language that nobody has."""
    world.catalogue.meaning(wording.meaning)
    world.catalogue.texts(wording.locale)
    async with world.database.transaction() as writer:
        await applications.lock(writer, wording.application_id)
        await wordings.add(writer, wording)


async def history(world: World, application_id: str, meaning: str, size: int = 100) -> list[Wording]:
    """Return an application's edits of a meaning, newest first."""
    return await wordings.of(world.database, application_id, meaning, size)
