"""What must hold after every step, whatever has gone wrong. What does not is told as a sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from hashlib import blake2b

import msgspec
from sqlalchemy import bindparam, func, or_, select

from afluente.core.clock import MINUTE, Instant
from afluente.core.connections import Connection
from afluente.core.events import EventKind, Fact
from afluente.core.lifecycle import RESTING, RUNNING, State
from afluente.core.products import Product
from afluente.engine.institutions.quotas import next_month
from afluente.engine.records.storing import account_id
from afluente.store import applications, connections
from afluente.store.applications import Policy
from afluente.store.executions import Execution, Standing
from afluente.store.schema import applications as application_rows
from afluente.store.schema import connections as connection_rows
from afluente.store.schema import events as event_rows
from afluente.store.schema import executions as execution_rows
from afluente.store.schema import transactions
from afluente.store.statement import Statement, among
from tests.simulation.place import Place

News = tuple[str, EventKind, Fact]
"""What happened: to which connection, and the fact that was told of it."""

_c = event_rows.c
_NEWS = Statement(
    select(_c.number, _c.connection_id, _c.sequence, _c.kind, _c.at, _c.body, _c.id)
    .where(_c.number > bindparam("after"))
    .order_by(_c.number)
)
_TOUCHED = Statement(
    select(connection_rows.c.id, connection_rows.c.body, execution_rows.c.body)
    .outerjoin(execution_rows, execution_rows.c.id == func.json_extract(connection_rows.c.body, "$.execution_id"))
    .where(among(connection_rows.c.id, "ids"))
)
_SUMS = Statement(
    select(transactions.c.account_id, func.count(), func.sum(transactions.c.units))
    .where(among(transactions.c.account_id, "accounts"))
    .group_by(transactions.c.account_id)
)
# all in one text: ten thousand rows that are made and unmade cost more than what is looked for in them
_THERE = Statement(select(func.group_concat(connection_rows.c.id)))
_LATE = Statement(
    select(connection_rows.c.id, connection_rows.c.due_at).where(connection_rows.c.due_at <= bindparam("now"))
)
# by the index of states: those that run are few
_ASLEEP = Statement(
    select(connection_rows.c.id, connection_rows.c.state).where(
        connection_rows.c.application_id.in_(select(application_rows.c.id)),
        or_(*(connection_rows.c.state == str(state) for state in sorted(RUNNING))),
        connection_rows.c.due_at.is_(None),
    )
)
_UNFINISHED = Statement(
    select(execution_rows.c.id).where(
        execution_rows.c.state == str(Standing.READY), execution_rows.c.ended_at.is_(None)
    )
)
_ONCE = {
    "connection.logged-in": "logged in",
    "product.collected": "fetched",
    "product.failed": "fetched",
    "connection.updated": "ended",
    "connection.failed": "ended",
}
"""What an execution does once, or once for each product, however often it is begun again."""

_KINDS = {str(kind): kind for kind in EventKind}
_SUCCEEDED = (State.FRESH, State.PARTLY_FRESH)
_fact = msgspec.json.Decoder(Fact).decode
_connection = msgspec.json.Decoder(Connection).decode
_execution = msgspec.json.Decoder(Execution).decode
_encode = msgspec.json.Encoder().encode


def _listed(ids: Iterable[str]) -> str:
    return _encode(list(ids)).decode()


class Watch:
    """Looks at what a step changed. `alive` are the connections that there have to be, with their users' names."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.alive: dict[str, str] = {}
        self.seen: Counter[str] = Counter()
        self.checked = 0
        self._after = 0
        self._sequences: dict[str, int] = {}
        self._failed: dict[str, list[tuple[Instant, str]]] = {}
        self._did: dict[str, str] = {}
        self._policies: dict[str, Policy] = {}
        self._digest = blake2b(digest_size=20)

    @property
    def digest(self) -> str:
        """What all events so far come to: the same for the same seed."""
        return self._digest.hexdigest()

    async def load(self) -> None:
        """Look up the applications' policies."""
        self._policies = {one.id: one.policy for one in await applications.every(self.place.real)}

    async def step(self) -> tuple[list[News], list[str]]:
        """Return what happened since the last step, and what of it must not be."""
        news, wrong = await self._news()
        touched = dict.fromkeys(id for id, _, _ in news)
        if touched:
            wrong += await self._touched(touched)
        wrong += self.place.bank.complaints
        self.place.bank.complaints = []
        return news, wrong

    async def _news(self) -> tuple[list[News], list[str]]:
        news, wrong = list[News](), list[str]()
        rows = await self.place.real.all(_NEWS, after=self._after)
        self._digest.update(_encode(rows))
        self.seen.update(row[3] for row in rows)
        sequences = self._sequences
        for number, id, sequence, name, at, body, _ in rows:
            self._after = number
            fact, before = _fact(body), sequences.get(id, 0)
            if sequence != before + 1:
                wrong.append(f"event {sequence} of {id} came after {before}")
            sequences[id] = sequence
            if name == "connection.updated" or fact.trigger != "schedule":
                self._failed.pop(id, None)
            elif name == "connection.failed":
                wrong += self._retries(id, fact.meaning or "", at)
            if name in _ONCE:
                wrong += self._once(id, name, fact)
            news.append((id, _KINDS[name], fact))
        return news, wrong

    async def _touched(self, ids: Iterable[str]) -> list[str]:
        """Look at connections; return what must not be."""
        wrong, there = list[str](), dict[str, Connection]()
        told = {row[0]: row[1:] for row in await self.place.real.all(_TOUCHED, ids=_listed(ids))}
        for id in ids:
            self.checked += 1
            if id in told:
                connection, execution = told[id]
                there[id] = _connection(connection)
                found = self._one(there[id], None if execution is None else _execution(execution))
                wrong += [f"{id} ({self.alive.get(id)}): {what}" for what in found]
            elif id in self.alive:
                wrong.append(f"{id} ({self.alive[id]}): is lost")
        return wrong + await self._money(there.values())

    def _retries(self, id: str, meaning: str, at: Instant) -> Iterator[str]:
        failed = self._failed.setdefault(id, [])
        if failed:
            before, said = failed[-1]
            # what is spent for a month is there again when the next one begins, and that is no retry
            renewed = said == "product.quota-spent" and at >= next_month(before)
            if at - before < 60 * MINUTE and not renewed:
                yield f"{id} was tried again {(at - before) // MINUTE} minutes after it had failed"
        failed.append((at, meaning))
        # the sync that was due, and five retries
        if len(failed) > 6:
            yield f"{id} was tried {len(failed)} times in a row"

    def _once(self, id: str, name: str, fact: Fact) -> Iterable[str]:
        """Keep what the last execution did, in one text: sets of words would be garbage to look through."""
        did, what = self._did.get(id, ""), f" {_ONCE[name]} {fact.product or ''};"
        if not did.startswith(fact.execution_id):
            did = fact.execution_id
        self._did[id] = did + what
        return (f"{id}{what} twice in {fact.execution_id}, {name}",) if what in did else ()

    def _one(self, found: Connection, execution: Execution | None) -> Iterator[str]:
        if execution is None:
            yield "has no execution"
            return
        if found.events != self._sequences[found.id]:
            yield f"counts {found.events} events where there are {self._sequences[found.id]}"
        yield from self._standing(found, execution)
        yield from self._honest(found, execution)
        yield from self._planned(found)

    def _standing(self, found: Connection, execution: Execution) -> Iterator[str]:
        now, due, rests = self.place.clock.at, connections.due(found), found.state in RESTING
        if execution.standing is Standing.READY:
            yield "is stuck: its execution is ready, and nobody runs it"
        if not rests and (due is None or due <= now):
            yield f"is stuck in {found.state}: nothing will wake it (due {due})"
        if rests and execution.standing is not Standing.ENDED:
            yield f"rests in {found.state} with an execution that is {execution.standing}"
        if due is not None and due <= now:
            yield f"was due at {due} and it is {now}"
        # where others were let in before the ones that were refused, those are kept
        if found.credentials_spent and rests and found.state is not State.REFUSED:
            yield f"is {found.state}, and its credentials are spent"

    def _honest(self, found: Connection, execution: Execution) -> Iterator[str]:
        if found.state not in _SUCCEEDED:
            return
        fresh = [state for state in found.products if state.updated]
        if found.outcome == "success" and len(fresh) != len(found.products):
            yield "success is said, and a product was not updated"
        if not fresh:
            yield "success is said, and nothing was updated"
        for state in fresh:
            if not self.place.bank.served(execution.id, state.product):
                yield f"{state.product} is said to be updated, and the bank never gave it"
            if state.updated_at is None or state.updated_at < execution.started_at:
                yield f"{state.product} is said to be updated, and is of {state.updated_at}"
            if state.outcome is not None:
                yield f"{state.product} is said to be updated and {state.outcome}"
        for state in found.products:
            if not state.updated and state.outcome is None:
                yield f"{state.product} is not updated, and nothing says why"

    def _planned(self, found: Connection) -> Iterator[str]:
        institution = self.place.world.institutions[found.institution]
        if found.state not in RESTING or not institution.unattended or found.sync_disabled_at is not None:
            return
        if found.state in _SUCCEEDED:
            every = self._policies[found.application_id].sync_every
            # whoever is put back into the schedule waits for the interval from then on
            latest = self.place.clock.at + every
            if found.next_sync_at is None or not (found.last_ended_at or 0) + every <= found.next_sync_at <= latest:
                yield f"is fresh, and its next sync is at {found.next_sync_at}"
        elif found.credentials_spent and found.next_sync_at is not None:
            yield "was refused, and would be tried by itself"
        elif found.refused_on_trial and found.next_sync_at is None:
            yield "was refused with other credentials than its own, and is synced no more"

    async def _money(self, touched: Iterable[Connection]) -> list[str]:
        """Compare what is stored of accounts with what their banks have."""
        truth = {account: had for found in touched for account, had in self._truth(found)}
        if not truth:
            return []
        rows = await self.place.real.all(_SUMS, accounts=_listed(truth))
        stored = {account: (count, units) for account, count, units in rows}
        return [
            f"account {account} of {name} holds {held} (movements, cents) where the bank has {had}"
            for account, (name, had) in truth.items()
            if (held := stored.get(account, (0, 0))) != had
        ]

    def _truth(self, found: Connection) -> Iterator[tuple[str, tuple[str, tuple[int, int]]]]:
        """Tell, of each account that is fresh, its user and how many movements and cents its bank had then."""
        if found.state not in _SUCCEEDED:
            return
        state, held = found.product(Product.TRANSACTIONS), found.product(Product.ACCOUNTS)
        if state is None or not state.updated:
            return
        # what was left out is said to be
        if held is None or not held.updated or state.updated_at is None:
            return
        name = self.alive[found.id]
        for ledger in self.place.bank.users[name].open_at(held.updated_at or 0):
            yield account_id(found.id, str(ledger.account)), (name, ledger.total(state.updated_at))

    async def sweep(self) -> list[str]:
        """Look at every connection; return what must not be."""
        now, real = self.place.clock.now(), self.place.real
        wrong = [f"{id} was due at {due}, and it is {now}" for id, due in await real.all(_LATE, now=now)]
        wrong += [f"{id} is stuck in {state}" for id, state in await real.all(_ASLEEP)]
        listed = await real.one(_THERE)
        there = set(listed[0].split(",")) if listed and listed[0] else set()
        wrong += [f"{id} ({self.alive[id]}) is lost" for id in sorted(self.alive.keys() - there)]
        wrong += [f"{id} is there, and nobody has it" for id in sorted(there - self.alive.keys())]
        wrong += [f"execution {row[0]} never ended" for row in await real.all(_UNFINISHED)]
        return wrong
