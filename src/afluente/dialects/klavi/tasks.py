"""What a task is here: the person, the reports that are wanted, what goes back with them."""

from __future__ import annotations

from typing import Any

import msgspec

from afluente.core.connections import Connection
from afluente.core.identity import derived_id
from afluente.core.sessions import ClientSession
from afluente.dialects.klavi.house import House
from afluente.engine.records import reads
from afluente.engine.world import World

AUTHORISED, REFUSED = "Yes", "No"
"""How flags are written in reports."""


class Ordered(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a task was ordered with, beside what the engine keeps: in its notes, as JSON. `version` is what its reports
    are to be in, where that is not the usual one."""

    reports: tuple[str, ...]
    query: dict[str, Any] = {}
    version: str | None = None


class Person(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Whose connection it is, and what its updates bring: in the connection's notes, as JSON."""

    cpf: str
    institution: str
    autoupdate: bool = False
    reports: tuple[str, ...] = ()
    query: dict[str, Any] = {}
    version: str | None = None


ORDERED, PERSON = "order", "person"
_ordered = msgspec.json.Decoder(Ordered).decode
_person = msgspec.json.Decoder(Person).decode


def notes_of(key: str, value: Ordered | Person) -> dict[str, str]:
    """Return the notes that keep it."""
    return {key: msgspec.json.encode(value).decode()}


def ordered(task: ClientSession) -> Ordered | None:
    """Return what a task was ordered with."""
    kept = task.notes.get(ORDERED)
    return None if kept is None else _ordered(kept)


def person(connection: Connection) -> Person | None:
    """Return whose connection it is; None for one that was not made by a task."""
    kept = connection.notes.get(PERSON)
    return None if kept is None else _person(kept)


def connection_id(application_id: str, slug: str, cpf: str, username: str) -> str:
    """Return the id of a person's connection to a bank: the same for every task."""
    return derived_id(application_id, "partner", f"{slug}|{cpf}|{username.strip().lower()}")


def connection_key(connection_id: str) -> str:
    """Return what clients call a connection: 32 hexadecimal digits."""
    return connection_id.replace("-", "")


def id_of_key(key: str) -> str | None:
    """Return the connection of a key; None for what is none."""
    digits = key.strip().lower()
    if len(digits) != 32 or not all(letter in "0123456789abcdef" for letter in digits):
        return None
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


async def of_key(world: World, application_id: str, key: str) -> Connection | None:
    """Return the connection of a key that a task made; None where the application has none."""
    id = id_of_key(key)
    found = await reads.known(world, application_id, id) if id else None
    return found if found is not None and person(found) is not None else None


def tag_of(house: House, cpf: str) -> str:
    """Return the mark of a person's tasks: no CPF can be read from it, and it stays when their data is deleted."""
    return house.world.vault.fingerprint(f"person:{cpf}")[:32]
