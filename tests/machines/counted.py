"""`afluente worker` whose bank writes down, in the database, when it was called and when it had answered."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import psycopg

from afluente.cli import cli
from afluente.connectors import scripted
from afluente.core.clock import Instant
from afluente.core.institutions import Institution
from afluente.core.ports import Bank, Fetched, Session
from afluente.core.products import Product

TABLE = """CREATE TABLE IF NOT EXISTS calls (number bigserial, institution text, connection_id text, process bigint,
    began timestamptz DEFAULT clock_timestamp(), ended timestamptz)"""


class Counted(scripted.ScriptedConnector):
    """The invented bank, with a diary."""

    @asynccontextmanager
    async def _noted(self, bank: Bank, institution: Institution) -> AsyncIterator[None]:
        row = (institution.slug, bank.connection_id, os.getpid())
        with psycopg.connect(os.environ["AFLUENTE_DATABASE"], autocommit=True) as diary:
            insert = "INSERT INTO calls (institution, connection_id, process) VALUES (%s, %s, %s) RETURNING number"
            found = diary.execute(insert, row).fetchone()
        assert found is not None
        try:
            yield
        finally:
            with psycopg.connect(os.environ["AFLUENTE_DATABASE"], autocommit=True) as diary:
                diary.execute("UPDATE calls SET ended = clock_timestamp() WHERE number = %s", found)

    async def login(self, bank: Bank, institution: Institution, credentials: Mapping[str, str]) -> Session:
        """Log in."""
        async with self._noted(bank, institution):
            return await super().login(bank, institution, credentials)

    async def fetch(
        self, bank: Bank, institution: Institution, session: Session, product: Product, since: Instant | None
    ) -> Fetched:
        """Fetch one product."""
        async with self._noted(bank, institution):
            return await super().fetch(bank, institution, session, product, since)


if __name__ == "__main__":
    scripted.ScriptedConnector = Counted  # type: ignore[misc]
    cli(["worker"])
