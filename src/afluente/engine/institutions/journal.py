"""What lets another process go on with an execution: the answers given so far and the session, sealed."""

from __future__ import annotations

import msgspec

from afluente.security.vault import Vault
from afluente.store import executions
from afluente.store.database import Reader, Writer

_encode = msgspec.json.Encoder().encode


class Journal(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the login left once it succeeded, and the answers to what is asked now, in the order of the questions:
    the login's, then those of the product that is fetched."""

    answers: tuple[str, ...] = ()
    session: dict[str, str] | None = None


_decode = msgspec.json.Decoder(Journal).decode


def unseal(vault: Vault, execution_id: str, sealed: bytes | None) -> Journal:
    """Return an execution's journal as it lies in its row."""
    if sealed is None:
        return Journal()
    return _decode(vault.open(sealed, f"journal:{execution_id}"))


def seal(vault: Vault, execution_id: str, journal: Journal) -> bytes | None:
    """Return a journal as it is stored: not at all where there is nothing in it."""
    if journal == Journal():
        return None
    return vault.seal(_encode(journal), f"journal:{execution_id}")


async def read(reader: Reader, vault: Vault, execution_id: str) -> Journal:
    """Return an execution's journal."""
    return unseal(vault, execution_id, await executions.sealed(reader, execution_id))


async def write(writer: Writer, vault: Vault, execution_id: str, journal: Journal) -> bytes | None:
    """Replace an execution's journal; return it as it lies in its row."""
    sealed = seal(vault, execution_id, journal)
    await executions.seal(writer, execution_id, sealed)
    return sealed
