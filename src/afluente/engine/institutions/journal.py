"""What lets another process go on with an execution: the answers given so far and the session, sealed."""

from __future__ import annotations

import msgspec

from afluente.security.vault import Vault
from afluente.store import executions
from afluente.store.database import Reader, Writer


class Journal(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the login left once it succeeded, and the answers to what is asked now, in the order of the questions:
    the login's, then those of the product that is fetched."""

    answers: tuple[str, ...] = ()
    session: dict[str, str] | None = None


async def read(reader: Reader, vault: Vault, execution_id: str) -> Journal:
    """Return an execution's journal."""
    sealed = await executions.sealed(reader, execution_id)
    if sealed is None:
        return Journal()
    return msgspec.json.decode(vault.open(sealed, f"journal:{execution_id}"), type=Journal)


async def write(writer: Writer, vault: Vault, execution_id: str, journal: Journal | None) -> None:
    """Replace an execution's journal; None forgets it."""
    sealed = None if journal is None else vault.seal(msgspec.json.encode(journal), f"journal:{execution_id}")
    await executions.seal(writer, execution_id, sealed)
