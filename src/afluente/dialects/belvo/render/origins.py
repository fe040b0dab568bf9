"""Where a record comes from: its link and institution, as every object repeats them."""

from __future__ import annotations

from typing import Any

import msgspec

from afluente.core.clock import Instant
from afluente.core.connections import Connection
from afluente.core.institutions import Institution
from afluente.dialects.belvo.institutions import Face, face


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """The link and the institution of a record.

    `open_finance` says which generation of the wire the link belongs to: what Open Finance Brazil opened is shown in
    today's words, what credentials opened in the words of the time when credentials opened banks, where these differ.
    """

    link: str
    country: str
    open_finance: bool
    last_accessed_at: Instant | None
    face: Face

    @property
    def institution(self) -> dict[str, Any]:
        """The institution as an account names it."""
        return {"name": self.face.name, "type": self.face.type}


def origin(connection: Connection, institution: Institution) -> Origin:
    """Return where the records of a connection come from."""
    return Origin(
        link=connection.id,
        country=institution.country,
        open_finance=institution.open_finance,
        last_accessed_at=connection.last_success_at,
        face=face(institution),
    )
