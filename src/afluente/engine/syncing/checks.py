"""What is stored of a connection, checked whenever it has changed, and on every day on which it is synced.

The check is made between the last product and the end of an execution, and stored in the transaction of the end. The
movements are read in pieces and the loop goes on between them, so a connection of a hundred thousand delays nobody
but its own end; no more than one piece of them is in memory.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from hashlib import blake2b

import msgspec
from msgspec.structs import replace

from afluente.core.accounts import Account
from afluente.core.clock import DAY, Instant
from afluente.core.connections import Connection, Stored
from afluente.core.documents import Statement
from afluente.core.holders import Holder
from afluente.core.investments import Investment
from afluente.core.loans import Loan
from afluente.core.outcome import Finding
from afluente.core.products import Product
from afluente.engine.records import reads
from afluente.engine.records.held import Held, held_of
from afluente.engine.records.storing import Written, account_id
from afluente.engine.syncing import walking
from afluente.engine.syncing.walking import Passes
from afluente.engine.world import World
from afluente.quality import Facts, Request, Snapshot, check
from afluente.store import connections, findings, snapshots
from afluente.store.database import Reader, Writer
from afluente.store.findings import Kept

PER_MEANING = 20
"""Findings of one meaning that are kept; the others are counted."""

_ABOUT = {
    Product.ACCOUNTS: "product.accounts.",
    Product.TRANSACTIONS: "product.transactions.",
    Product.HOLDER: "product.holder.",
    Product.STATEMENTS: "product.statements.",
}
"""How the meanings begin that are about a product."""

_NOTHING = Written()
_FACTS = frozenset(Request.__struct_fields__)
_encode = msgspec.json.Encoder(order="deterministic").encode


class Found(msgspec.Struct, frozen=True):
    """What a check leaves to be kept, and what was kept `before` it: None for nothing."""

    kept: Kept
    before: Kept | None

    @property
    def is_news(self) -> bool:
        """Whether it says anything else."""
        before = self.before
        return before is None or (before.digest, before.findings) != (self.kept.digest, self.kept.findings)


class Checked(msgspec.Struct, frozen=True):
    """What is known to be wrong, or worth knowing, of a connection's data.

    `checked_at` is None where it was never checked. `left_out` counts the findings of a meaning beyond those listed.
    """

    findings: tuple[Finding, ...] = ()
    left_out: dict[str, int] = {}
    checked_at: Instant | None = None


async def findings_of(world: World, application_id: str, connection_id: str) -> Checked:
    """Return what the checks found and what the institution said of products. Raises `request.not-found.connection`.

    A finding of the institution's about a product names the product in its data.
    """
    connection = await reads.connection(world, application_id, connection_id)
    held = await findings.get(world.database, connection_id)
    kept, at = held if held is not None else (Kept(), None)
    meanings = {finding.meaning for finding in kept.findings}
    told = tuple(
        replace(
            finding,
            data={"product": str(state.product), **finding.data},
            account_key=None,
            accounts=(account_id(connection_id, finding.account_key),) if finding.account_key else finding.accounts,
        )
        for state in connection.products
        for finding in state.findings
        if finding.meaning not in meanings
    )
    return Checked((*kept.findings, *told), kept.left_out, at)


async def go_over(
    world: World, reader: Reader, connection: Connection, accounts: list[Stored[Account]], written: Written
) -> Passes:
    """Go over the movements of these accounts that an execution has just stored, for `run` at its end."""
    held = await findings.get(reader, connection.id)
    kept = held[0] if held is not None else Kept()
    return await walking.walk(world, reader, connection, _currencies(accounts), kept, written.digest, written)


async def run(
    world: World,
    reader: Reader,
    connection: Connection,
    execution_id: str = "",
    passes: Passes | None = None,
    written: Written = _NOTHING,
    known: Held | None = None,
    *,
    anew: bool = False,
) -> Found:
    """Check a connection and return what is to be kept: what is kept already where nothing has changed since.

    `execution_id` is the execution that ends, `passes` those it has made itself, `written` what storing movements told
    it, `known` what it has stored; `anew` checks everything, whatever has changed or not.
    """
    now = world.now(connection.application_id)
    held = await findings.get(reader, connection.id)
    before = held[0] if held is not None else Kept()
    request = _request(before, execution_id or connection.execution_id)
    digest = _digest(connection, request, now // DAY)
    if digest == before.digest and not anew:
        return Found(before, before)
    facts, accounts = await gathered(world, reader, connection, request, known)
    of = connection.digests.get(Product.TRANSACTIONS, "")
    currencies = _currencies(accounts)
    if passes is None or not passes.over(of, currencies):
        passes = await walking.walk(world, reader, connection, currencies, Kept() if anew else before, of, written)
    found = check(Snapshot(facts=facts, accounts=tuple(accounts), walked=passes.walked))
    kept = _kept(replace(before, passed=passes.passed, passed_of=of), digest, found)
    return Found(kept, before if held is not None else None)


async def gathered(
    world: World,
    reader: Reader,
    connection: Connection,
    request: Request | None = None,
    known: Held | None = None,
) -> tuple[Facts, list[Stored[Account]]]:
    """Return what the checks look at but movements; `request` and `known` are read where they are not given."""
    if request is None:
        noted = await findings.get(reader, connection.id)
        request = _request(noted[0] if noted is not None else Kept(), connection.execution_id)
    institution = world.institutions.get(connection.institution)
    held = await held_of(reader, connection, known)
    facts = Facts(
        connection_id=connection.id,
        now=world.now(connection.application_id),
        country=institution.country if institution is not None else "",
        products=connection.products,
        request=request,
        holders=tuple(one.record for one in held.of(Holder)),
        loans=tuple(one.record for one in held.of(Loan)),
        investments=tuple(one.record for one in held.of(Investment)),
        statements=await _with_statements(reader, connection),
    )
    return facts, held.of(Account)


async def put(writer: Writer, connection: Connection, found: Found, at: Instant) -> Connection:
    """Store what `run` returned, in the caller's transaction; what was told meanwhile of the request stays.

    Returns the connection with the meanings of what was found beside the products it was found on; the caller stores
    that.
    """
    kept = found.kept
    if found.is_news and not await findings.put_behind(writer, connection.id, found.before, kept, at):
        held = await findings.get(writer, connection.id)
        now = kept if held is None else replace(kept, request=held[0].request, during=held[0].during)
        await findings.put(writer, connection.id, now, at)
    meanings = dict.fromkeys(finding.meaning for finding in kept.findings)
    states = tuple(
        replace(state, noticed=tuple(meaning for meaning in meanings if _is_about(meaning, state.product)))
        for state in connection.products
    )
    return connection if states == connection.products else replace(connection, products=states)


async def check_now(world: World, connection_id: str) -> Kept | None:
    """Check a connection anew, whatever has changed or not, and store what was found; None where it is gone."""
    connection = await connections.get(world.database, connection_id)
    if connection is None:
        return None
    found = await run(world, world.database, connection, anew=True)
    async with world.database.transaction() as writer:
        locked = await connections.lock(writer, connection_id)
        if locked is None:
            return None
        noted = await put(writer, locked, found, world.now(locked.application_id))
        if noted is not locked:
            await connections.put(writer, noted, locked)
    return found.kept


async def tell(world: World, application_id: str, connection_id: str, **facts: bool) -> None:
    """Keep what the client wants (`without_transactions`, `details`), and check anew where that has changed.

    Raises `request.not-found.connection`.
    """
    if not facts.keys() <= _FACTS:
        raise TypeError(f"no such fact: {', '.join(sorted(facts.keys() - _FACTS))}")
    connection = await reads.connection(world, application_id, connection_id)
    async with world.database.transaction() as writer:
        if await connections.lock(writer, connection_id) is None:
            return
        held = await findings.get(writer, connection_id)
        kept = held[0] if held is not None else Kept()
        wanted = {name: value for name, value in {**kept.request, **facts}.items() if value}
        if wanted == kept.request:
            return
        at = held[1] if held is not None else world.now(application_id)
        await findings.put(writer, connection_id, replace(kept, request=wanted), at)
    if connection.last_success_at is not None:
        await check_now(world, connection_id)


async def note(writer: Writer, connection_id: str, fact: str, execution_id: str, at: Instant) -> None:
    """Keep that something happened while an execution ran: its end will be checked with it, and no later one."""
    held = await findings.get(writer, connection_id)
    kept, checked_at = held if held is not None else (Kept(), at)
    if kept.during.get(fact) != execution_id:
        kept = replace(kept, during={**kept.during, fact: execution_id})
        await findings.put(writer, connection_id, kept, checked_at)


def _is_about(meaning: str, product: Product) -> bool:
    beginning = _ABOUT.get(product)
    return beginning is not None and meaning.startswith(beginning)


def _request(kept: Kept, execution_id: str) -> Request:
    happened = {fact: True for fact, when in kept.during.items() if when == execution_id}
    facts = {**kept.request, **happened}
    return Request(**{name: value for name, value in facts.items() if name in _FACTS})


def _digest(connection: Connection, request: Request, day: int) -> str:
    """Return a digest that changes with all that a check looks at: an import changes the time of its products."""
    told = [
        (s.product, s.updated, s.outcome, s.findings, s.recognised, s.updated_at is None) for s in connection.products
    ]
    imported = connection.updated_at if connection.institution == "statements" else 0
    return blake2b(_encode((connection.digests, told, imported, request, day)), digest_size=20).hexdigest()


def _currencies(accounts: Iterable[Stored[Account]]) -> dict[str, str]:
    return {account.id: account.record.currency for account in accounts}


async def _with_statements(reader: Reader, connection: Connection) -> tuple[str, ...]:
    if connection.product(Product.STATEMENTS) is None:
        return ()
    stored = await snapshots.of_connection(reader, Statement, connection.id)
    return tuple({one.parent_id: None for one in stored if one.parent_id})


def _kept(before: Kept, digest: str, found: tuple[Finding, ...]) -> Kept:
    counts = Counter[str]()
    kept = []
    for finding in found:
        counts[finding.meaning] += 1
        if counts[finding.meaning] <= PER_MEANING:
            kept.append(finding)
    left = {meaning: count - PER_MEANING for meaning, count in counts.items() if count > PER_MEANING}
    return replace(before, digest=digest, findings=tuple(kept), left_out=left)
