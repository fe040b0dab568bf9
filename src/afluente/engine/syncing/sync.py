"""One execution, from claim to end: log in, fetch product by product, tell how it ended.

Every write happens under the execution's attempt number. Whoever finds another number there has been replaced
(its process was frozen, or thought dead) and stops without a trace. What is stored of a product is stored with the
note that it is, in one transaction, so a run begun again goes on behind the last whole product.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from msgspec.structs import replace

from afluente.core.accounts import Account
from afluente.core.challenge import TYPED, WRONG, WRONG_ANSWERS, WRONG_FOR_GOOD, Ask, Posed
from afluente.core.clock import MINUTE, SECOND, Instant
from afluente.core.connections import Connection, Phase, Trigger, Waiting
from afluente.core.documents import Consent
from afluente.core.events import EventKind
from afluente.core.lifecycle import Event, step
from afluente.core.outcome import Finding, Refused
from afluente.core.ports import Fetched, Session
from afluente.core.products import Product, ProductState
from afluente.engine.institutions import credentials as typed
from afluente.engine.institutions import freezes, health, journal, quotas
from afluente.engine.institutions.bank import EngineBank, Paused, Stale, Suspended
from afluente.engine.institutions.plan import next_sync
from afluente.engine.outbox import events
from afluente.engine.records.storing import Written, store
from afluente.engine.syncing import checks, following
from afluente.engine.syncing.listing import of_a_list
from afluente.engine.syncing.walking import Passes
from afluente.engine.world import World
from afluente.store import applications, connections, executions, snapshots
from afluente.store.database import Unreachable, Writer
from afluente.store.executions import Execution, Standing

log = logging.getLogger("afluente.sync")

_T = TypeVar("_T")

_HOLDERS = (Product.ACCOUNTS, Product.CARDS)
"""The products that movements find their accounts in."""

_ENDS_SESSION = ("grant-consent", "fix-credentials")
"""What has to be done where the session that was there is worth nothing any more."""


class _Run:
    """One attempt at one execution.

    `put` changes the connection and `put_execution` the execution, as often as there is something to say; both rows
    are written once, when the transaction ends.
    """

    def __init__(self, world: World, execution: Execution, connection: Connection) -> None:
        self.world = world
        self.execution = execution
        self.connection = connection
        self.institution = world.institutions[connection.institution]
        self.connector = world.connectors[self.institution.connector]
        self.visited = True
        self.answers: tuple[str, ...] = ()
        self.passes: Passes | None = None
        self._held = connection, execution

    @property
    def left(self) -> Product | None:
        """The product that is fetched next; None when all were."""
        done = {state.product for state in self.execution.fetched}
        return next((product for product in self.execution.products if product not in done), None)

    @property
    def fetched(self) -> list[ProductState]:
        """What came of what was asked for: what was fetched only because another product needs it is not that."""
        return [state for state in self.execution.fetched if state.product in self.execution.asked]

    @property
    def in_vain(self) -> bool:
        """Whether something was fetched, and nothing of it arrived."""
        fetched = self.fetched
        return bool(fetched) and not any(state.updated for state in fetched)

    def now(self) -> int:
        return self.world.now(self.execution.application_id)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Writer]:
        """Open a transaction in which both rows are ours, as they are now. Raises `Stale`."""
        async with self.world.database.transaction() as writer:
            found = await executions.lock_both(writer, self.execution.id)
            if found is None:
                raise Stale
            connection, execution = found
            if execution.attempt != self.execution.attempt or execution.standing is not Standing.READY:
                raise Stale
            self.connection, self.execution = self._held = connection, execution
            yield writer
            await self.write(writer)

    async def write(self, writer: Writer) -> None:
        """Write what was put since both rows were locked."""
        connection, execution = self._held
        if self.connection is not connection:
            await connections.put(writer, self.connection, connection)
        if self.execution is not execution:
            await executions.put(writer, self.execution, execution)
        self._held = self.connection, self.execution

    def put(self, change: Callable[[Connection], Connection]) -> None:
        self.connection = replace(change(self.connection), updated_at=self.now())

    async def tell(self, writer: Writer, kind: EventKind, **facts: Any) -> None:
        """Write a fact; the connection is to be put behind it."""
        facts.setdefault("reference", self.execution.reference)
        self.connection = await events.tell(self.world, writer, self.connection, kind, **facts)

    def put_execution(self, execution: Execution) -> None:
        self.execution = execution


async def run(world: World, execution_id: str) -> bool:
    """Run an execution until it ends, or until the user is asked. Safe to call twice and after any death.

    Returns whether there was a conversation to hold: not for one that rests, and not for uploaded files.
    """
    claimed = await _claim(world, execution_id)
    if claimed is None:
        return False
    try:
        async with world.turns.at(claimed.institution):
            await _converse(claimed)
    except Stale:
        fields = {"execution": execution_id, "attempt": claimed.execution.attempt}
        log.info("stale attempt stopped", extra={"fields": fields})
    return True


async def _claim(world: World, execution_id: str) -> _Run | None:
    async with world.database.transaction() as writer:
        found = await executions.lock_both(writer, execution_id)
        if found is None:
            return None
        connection, execution = found
        if execution.standing is not Standing.READY or execution.trigger is Trigger.UPLOAD:
            return None
        claimed = _Run(world, execution, connection)
        claimed.put_execution(replace(execution, attempt=execution.attempt + 1))
        phase = Phase.LOGIN if connection.phase is Phase.CREATED else connection.phase
        claimed.put(lambda c: replace(c, phase=phase, attempt=claimed.execution.attempt))
        await claimed.write(writer)
    return claimed


async def _converse(run: _Run) -> None:
    try:
        try:
            session = await _log_in(run)
            await _fetch_all(run, session)
        except Suspended as suspended:
            await _wait_for_user(run, suspended)
        except Paused as paused:
            await _wait_for_institution(run, paused)
        except Refused as refused:
            await _end_failed(run, refused)
        else:
            await _end_fetched(run)
    except (Stale, Unreachable):
        # that we cannot write says nothing about the institution or the user: it is run again
        raise
    except Exception:
        fields = {"execution": run.execution.id, "connection": run.connection.id}
        log.exception("execution broke", extra={"fields": fields})
        await _end_failed(run, Refused("server.error"))


async def _log_in(run: _Run) -> Session:
    world, connection = run.world, run.connection
    written = await journal.read(world.database, world.vault, run.execution.id)
    if written.session is not None:
        # nobody adds to them while this attempt runs
        run.answers = written.answers
        return written.session
    sealed = await connections.sealed_credentials(world.database, connection.id)
    values = typed.unseal(world.vault, connection.id, sealed)
    bank = EngineBank(world, connection.application_id, run.institution, connection.id, written.answers)
    # who answers has been let in as far as the questions; whoever was let in so far does not rest
    rested = not written.answers and await freezes.check(world, connection, run.institution, values)
    try:
        session = dict(await run.connector.login(bank, run.institution, values))
    except Refused as refused:
        noted = refused
        await _insist(run, lambda: freezes.note(world, connection, run.institution, values, noted))
        raise
    if rested or written.answers:
        await freezes.forget(world, connection, run.institution, values)
    async with run.writing() as writer:
        await journal.write(writer, world.vault, run.execution.id, journal.Journal((), session))
        await run.tell(writer, EventKind.CONNECTION_LOGGED_IN)
        run.put(lambda c: replace(c, phase=Phase.FETCHING, fetching=run.left, posed=None))
    return session


async def _fetch_all(run: _Run, session: Session) -> None:
    for product in run.execution.products:
        if any(done.product is product for done in run.execution.fetched):
            continue
        if run.connection.phase is not Phase.FETCHING or run.connection.fetching is not product:
            async with run.writing():
                run.put(lambda c, p=product: replace(c, phase=Phase.FETCHING, fetching=p))  # type: ignore[misc]
        bank = EngineBank(run.world, run.connection.application_id, run.institution, run.connection.id, run.answers)
        before = run.connection.product(product)
        since = await _since(run, before) if product is Product.TRANSACTIONS else None
        try:
            await quotas.check(run.world, run.connection, run.institution, product, since)
            fetched = await run.connector.fetch(bank, run.institution, session, product, since)
        except Refused as refused:
            await _note_failed(run, product, refused)
            continue
        await quotas.spend(run.world, run.connection, run.institution, product, since)
        await _store(run, product, fetched)


async def _since(run: _Run, before: ProductState | None) -> Instant | None:
    """Return from when on movements are read; None for all that there are.

    An account that was not held when they were read last has all of its movements still to come.
    """
    if run.execution.since is not None or before is None or before.updated_at is None:
        return run.execution.since
    held = await snapshots.of_connection(run.world.database, Account, run.connection.id)
    anew = any(account.created_at > before.updated_at for account in held)
    return None if anew else before.updated_at - run.world.lookback


async def _store(run: _Run, product: Product, fetched: Fetched) -> None:
    now = run.now()
    if not run.execution.kept:
        async with run.writing() as writer:
            done = ProductState(product, True, now, None, fetched.findings)
            run.put_execution(replace(run.execution, fetched=(*run.execution.fetched, done)))
        run.world.handed.setdefault(run.execution.id, {})[product] = fetched
        return
    listed = of_a_list(run.connection.id, fetched.records)
    try:
        async with run.writing() as writer:
            written = await store(writer, run.connection.id, product, fetched, now)
            # accounts that nobody asked for are not missed
            missed = any(d.product in _HOLDERS and not d.updated for d in run.execution.fetched)
            keys = written.left_out if missed else ()
            missing = tuple(Finding("product.depends-on-accounts", account_key=key) for key in keys)
            done = ProductState(product, True, now, None, (*fetched.findings, *missing, *listed))
            expires = [record.expires_at for record in fetched.records if isinstance(record, Consent)]
            await _tell_collected(run, writer, product, fetched, written, now)
            await _note(run, writer, done)
            if expires and expires[-1] != run.connection.consent_expires_at:
                run.put(lambda c: replace(c, consent_expires_at=expires[-1]))
                await events.expect(run.world, writer, run.connection)
    except Refused as refused:
        await _note_failed(run, product, refused)
    else:
        if product is Product.TRANSACTIONS and written.digest != written.before:
            # while the institution is asked for more
            run.passes = await _unspoilt(run, checks.go_over(run.world, run.connection, written))


async def _tell_collected(
    run: _Run, writer: Writer, product: Product, fetched: Fetched, written: Written, at: int
) -> None:
    before = run.connection.product(product)
    about: dict[str, Any] = {"product": str(product), "first": before is None or before.updated_at is None}
    about["reference"] = run.execution.reference
    if written.moved:
        run.connection = await events.moved(run.world, writer, run.connection, written.moved, at, **about)
    count = len(fetched.records)
    await run.tell(writer, EventKind.PRODUCT_COLLECTED, count=count, created=written.created, **about)


async def _note_failed(run: _Run, product: Product, refused: Refused) -> None:
    before = run.connection.product(product)
    findings = (Finding(refused.meaning, refused.said),)
    failed = ProductState(product, False, before.updated_at if before else None, refused.meaning, findings)
    async with run.writing() as writer:
        told = {"product": str(product), "meaning": refused.meaning, "said": refused.said}
        await run.tell(writer, EventKind.PRODUCT_FAILED, **told)
        await _note(run, writer, failed)


async def _note(run: _Run, writer: Writer, state: ProductState) -> None:
    run.put_execution(replace(run.execution, fetched=(*run.execution.fetched, state)))
    if run.answers:
        written = await journal.read(writer, run.world.vault, run.execution.id)
        await journal.write(writer, run.world.vault, run.execution.id, replace(written, answers=()))
        run.answers = ()
    states = tuple(state if known.product is state.product else known for known in run.connection.products)
    # that the next one is under way is told with the last one's end
    run.put(lambda c: replace(c, products=states, fetching=run.left or c.fetching))
    if run.left is None and not run.in_vain:
        run.put(_collected)
    await following.collected(writer, run.connection, run.execution, run.now())


async def _wait_for_user(run: _Run, suspended: Suspended) -> None:
    challenge = suspended.challenge
    now = run.now()
    # whoever comes back with this id names the connection too
    posed_id = f"{run.connection.id}.{run.world.ids.new()}"
    event = Event.ASKED if challenge.kind in TYPED else Event.SENT_ELSEWHERE
    patience = run.connection.patience if event is Event.SENT_ELSEWHERE else None
    posed = Posed(posed_id, challenge, suspended.position, now + (patience or challenge.lasts))
    async with run.writing() as writer:
        run.put_execution(replace(run.execution, standing=Standing.WAITING))
        elsewhere = event is Event.SENT_ELSEWHERE and challenge.kind is not Ask.REDIRECT
        told = {"challenge": challenge.name, "elsewhere": elsewhere, "at": posed.expires_at}
        await run.tell(writer, EventKind.CONNECTION_ASKED, **told)
        run.put(lambda c: replace(c, state=step(c.state, event), posed=posed))
        await following.asked(writer, run.connection, now)
        if run.connection.phase is Phase.FETCHING:
            await checks.note(writer, run.connection.id, "asked_after_login", run.execution.id, now)


async def _wait_for_institution(run: _Run, paused: Paused) -> None:
    waiting = Waiting(run.now() + paused.span, paused.position)
    async with run.writing():
        run.put_execution(replace(run.execution, standing=Standing.WAITING))
        run.put(lambda c: replace(c, waiting=waiting))


def _collected(connection: Connection) -> Connection:
    return replace(connection, state=step(connection.state, Event.COLLECTED), phase=Phase.STORING, fetching=None)


async def _end_fetched(run: _Run) -> None:
    failed = [state for state in run.fetched if not state.updated]
    if run.in_vain:
        finding = failed[0].findings[0]
        await _end_failed(run, Refused(finding.meaning, finding.said))
        return
    if run.connection.phase is not Phase.STORING:
        # nothing was stored that this could be said with
        async with run.writing():
            run.put(_collected)
    now = run.now()
    missed = any(state.product in run.execution.needed for state in failed)
    checked = None
    if run.execution.kept and run.execution.fetched:
        checked = await _unspoilt(run, checks.run(run.world, run.connection, run.execution.id, run.passes))
    async with run.writing() as writer:
        outcome = "success.partial" if failed else "success"
        event = Event.SOME_PRODUCTS_FAILED if failed else Event.SUCCEEDED
        await _tell_updated(run, writer, outcome)
        run.put(
            lambda c: replace(
                c,
                state=step(c.state, event),
                outcome=outcome,
                said=None,
                attributes={},
                last_success_at=now,
                refused_logins=0,
                failures=0,
                failed_calls=c.failed_calls + 1 if missed else 0,
                retries=0,
                credentials_spent=False,
            ),
        )
        if checked is not None:
            noted = await checks.put(writer, run.connection, checked, now)
            run.put(lambda c: replace(c, products=noted.products))
        await _close(run, writer, outcome)
        await following.ended(writer, run.connection, run.execution, outcome, None, run.now())


async def _unspoilt(run: _Run, checked: Awaitable[_T]) -> _T | None:
    """Check what is stored. A check that breaks is our fault alone, and spoils nobody's data."""
    try:
        return await checked
    except Exception:
        fields = {"execution": run.execution.id, "connection": run.connection.id}
        log.exception("checks broke", extra={"fields": fields})
        return None


async def _tell_updated(run: _Run, writer: Writer, outcome: str) -> None:
    before = run.connection
    products = {str(state.product): state.outcome or "success" for state in run.execution.fetched}
    first, partial = before.last_success_at is None, outcome != "success"
    told = {"meaning": outcome, "first": first, "partial": partial, "products": products}
    await run.tell(writer, EventKind.CONNECTION_UPDATED, **told)
    if before.failures:
        await run.tell(writer, EventKind.CONNECTION_RECOVERED, count=before.failures)


async def _end_failed(run: _Run, refused: Refused) -> None:
    async def write() -> None:
        async with run.writing() as writer:
            await fail(run.world, writer, run.connection, run.execution, refused, asked=False)

    await _insist(run, write)


async def _insist(run: _Run, write: Callable[[], Awaitable[None]]) -> None:
    """Write what the institution said until it is written, however long the database is away.

    A conversation that was begun again instead would send credentials anew that were refused, or not let them rest.
    """
    wait = SECOND
    while True:
        try:
            return await write()
        except Stale:
            raise
        except Exception:
            fields = {"execution": run.execution.id, "connection": run.connection.id}
            log.exception("how an execution went could not be written", extra={"fields": fields})
        await run.world.clock.pause(wait)
        wait = min(2 * wait, MINUTE)


async def fail(
    world: World, writer: Writer, connection: Connection, execution: Execution, refused: Refused, asked: bool
) -> None:
    """End an execution that fetched nothing. `asked`: it ended because the user did not answer in time."""
    run = _Run(world, execution, connection)
    # of what came to nothing nobody takes what was fetched
    world.handed.pop(execution.id, None)
    if refused.meaning == WRONG and connection.refused_logins + 1 >= WRONG_ANSWERS:
        # whoever asks anew after a wrong answer does so no more: that would go on for ever
        refused = Refused(WRONG_FOR_GOOD, refused.said, refused.data)
    meaning = world.meaning(refused.meaning)
    # who was not let try has done nothing wrong since
    run.visited = not isinstance(refused, freezes.Resting)
    spent = run.visited and meaning.action == "fix-credentials"
    user_erred = spent or (meaning.action == "answer-mfa" and not asked)
    event = Event.DEADLINE_PASSED if asked else Event.CREDENTIALS_REFUSED if spent else Event.FAILED
    attributes = {name: str(value) for name, value in refused.data.items()}
    told = {"meaning": refused.meaning, "said": refused.said, "attributes": attributes}
    await run.tell(writer, EventKind.CONNECTION_FAILED, first=connection.last_success_at is None, **told)
    states = tuple(
        state
        if state.product in {done.product for done in execution.fetched}
        else ProductState(state.product, False, state.updated_at, None, ())
        for state in connection.products
    )
    run.put(
        lambda c: replace(
            c,
            state=step(c.state, event),
            outcome=refused.meaning,
            said=refused.said,
            attributes=attributes,
            products=states,
            refused_logins=c.refused_logins + 1 if user_erred else c.refused_logins,
            failures=c.failures + 1,
            failed_calls=c.failed_calls + (execution.trigger is not Trigger.SCHEDULE),
            credentials_spent=spent,
        ),
    )
    await _close(run, writer, refused.meaning)
    if asked:
        await following.left_alone(writer, run.connection, run.now())
    else:
        await following.ended(writer, run.connection, run.execution, refused.meaning, refused.said, run.now())
    await run.write(writer)


async def _close(run: _Run, writer: Writer, outcome: str) -> None:
    now = run.now()
    application = await applications.get(writer, run.execution.application_id)
    if application is None:
        raise Stale
    run.put(
        lambda c: next_sync(
            run.world,
            application.policy,
            run.institution,
            replace(c, phase=Phase.ENDED, fetching=None, posed=None, waiting=None, last_ended_at=now),
            now,
        ),
    )
    run.put_execution(replace(run.execution, standing=Standing.ENDED, ended_at=now, outcome=outcome))
    if run.visited:
        await health.note(run.world, writer, run.connection, run.execution, outcome)
    holds = run.institution.open_finance and run.world.meaning(outcome).action not in _ENDS_SESSION
    if outcome.startswith("success") or holds:
        # the session stays: a consent outlives an outage, and balances are asked with it; the answers have served
        kept = await journal.read(writer, run.world.vault, run.execution.id)
        if kept.answers:
            await journal.write(writer, run.world.vault, run.execution.id, replace(kept, answers=()))
    else:
        await journal.write(writer, run.world.vault, run.execution.id, None)
