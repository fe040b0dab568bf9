"""One execution, from claim to end: log in, fetch product by product, tell how it ended.

Every write happens under the execution's attempt number. Whoever finds another number there has been replaced
(its process was frozen, or thought dead) and stops without a trace. What is stored of a product is stored with the
note that it is, in one transaction, so a run begun again goes on behind the last whole product.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from msgspec.structs import replace

from afluente.core.challenge import TYPED, Posed
from afluente.core.connections import Connection, Phase, Trigger
from afluente.core.documents import Consent
from afluente.core.lifecycle import Event, step
from afluente.core.outcome import Finding, Refused
from afluente.core.ports import Fetched, Session
from afluente.core.products import Product, ProductState
from afluente.engine import credentials as typed
from afluente.engine import journal
from afluente.engine.bank import EngineBank, Suspended
from afluente.engine.plan import next_sync
from afluente.engine.storing import store
from afluente.engine.world import World
from afluente.store import applications, connections, executions
from afluente.store.database import Writer
from afluente.store.executions import Execution, Standing

log = logging.getLogger("afluente.sync")

_HOLDERS = (Product.ACCOUNTS, Product.CARDS)
"""The products that movements find their accounts in."""

_ENDS_SESSION = ("grant-consent", "fix-credentials")
"""What has to be done where the session that was there is worth nothing any more."""


class Stale(Exception):
    """Another attempt has taken over, or the connection is gone."""


class _Run:
    """One attempt at one execution."""

    def __init__(self, world: World, execution: Execution, connection: Connection) -> None:
        self.world = world
        self.execution = execution
        self.connection = connection
        self.institution = world.institutions[connection.institution]
        self.connector = world.connectors[self.institution.connector]

    def now(self) -> int:
        return self.world.now(self.execution.application_id)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Writer]:
        """Open a transaction in which both rows are ours, as they are now. Raises `Stale`."""
        async with self.world.database.transaction() as writer:
            connection = await connections.lock(writer, self.connection.id)
            execution = await executions.lock(writer, self.execution.id)
            if connection is None or execution is None:
                raise Stale
            if execution.attempt != self.execution.attempt or execution.standing is not Standing.READY:
                raise Stale
            self.connection, self.execution = connection, execution
            yield writer

    async def put(self, writer: Writer, change: Callable[[Connection], Connection]) -> None:
        self.connection = replace(change(self.connection), updated_at=self.now())
        await connections.put(writer, self.connection)

    async def put_execution(self, writer: Writer, execution: Execution) -> None:
        self.execution = execution
        await executions.put(writer, execution)


async def run(world: World, execution_id: str) -> None:
    """Run an execution until it ends, or until the user is asked. Safe to call twice and after any death."""
    claimed = await _claim(world, execution_id)
    if claimed is None:
        return
    try:
        await _converse(claimed)
    except Stale:
        fields = {"execution": execution_id, "attempt": claimed.execution.attempt}
        log.info("stale attempt stopped", extra={"fields": fields})


async def _claim(world: World, execution_id: str) -> _Run | None:
    async with world.database.transaction() as writer:
        found = await executions.get(writer, execution_id)
        connection = await connections.lock(writer, found.connection_id) if found else None
        execution = await executions.lock(writer, execution_id)
        if connection is None or execution is None or execution.standing is not Standing.READY:
            return None
        claimed = _Run(world, replace(execution, attempt=execution.attempt + 1), connection)
        await executions.put(writer, claimed.execution)
        phase = Phase.LOGIN if connection.phase is Phase.CREATED else connection.phase
        await claimed.put(writer, lambda c: replace(c, phase=phase, attempt=claimed.execution.attempt))
    return claimed


async def _converse(run: _Run) -> None:
    try:
        try:
            session = await _log_in(run)
            await _fetch_all(run, session)
        except Suspended as suspended:
            await _wait_for_user(run, suspended)
        except Refused as refused:
            await _end_failed(run, refused)
        else:
            await _end_fetched(run)
    except Stale:
        raise
    except Exception:
        fields = {"execution": run.execution.id, "connection": run.connection.id}
        log.exception("execution broke", extra={"fields": fields})
        await _end_failed(run, Refused("server.error"))


async def _log_in(run: _Run) -> Session:
    world, connection = run.world, run.connection
    written = await journal.read(world.database, world.vault, run.execution.id)
    if written.session is not None:
        return written.session
    sealed = await connections.sealed_credentials(world.database, connection.id)
    values = typed.unseal(world.vault, connection.id, sealed)
    bank = EngineBank(world, connection.application_id, run.institution, connection.id, written.answers)
    session = dict(await run.connector.login(bank, run.institution, values))
    async with run.writing() as writer:
        await journal.write(writer, world.vault, run.execution.id, journal.Journal((), session))
        await run.put(writer, lambda c: replace(c, phase=Phase.FETCHING, posed=None))
    return session


async def _fetch_all(run: _Run, session: Session) -> None:
    for product in run.execution.products:
        if any(done.product is product for done in run.execution.fetched):
            continue
        async with run.writing() as writer:
            await run.put(writer, lambda c, p=product: replace(c, phase=Phase.FETCHING, fetching=p))  # type: ignore[misc]
        answers = (await journal.read(run.world.database, run.world.vault, run.execution.id)).answers
        bank = EngineBank(run.world, run.connection.application_id, run.institution, run.connection.id, answers)
        before = run.connection.product(product)
        since = None
        if product is Product.TRANSACTIONS and run.execution.since is not None:
            since = run.execution.since
        elif product is Product.TRANSACTIONS and before is not None and before.updated_at is not None:
            since = before.updated_at - run.world.lookback
        try:
            fetched = await run.connector.fetch(bank, run.institution, session, product, since)
        except Refused as refused:
            await _note_failed(run, product, refused)
            continue
        await _store(run, product, fetched)


async def _store(run: _Run, product: Product, fetched: Fetched) -> None:
    now = run.now()
    if not run.execution.kept:
        async with run.writing() as writer:
            done = ProductState(product, True, now, None, fetched.findings)
            await run.put_execution(writer, replace(run.execution, fetched=(*run.execution.fetched, done)))
        run.world.handed.setdefault(run.execution.id, {})[product] = fetched
        return
    try:
        async with run.writing() as writer:
            written = await store(writer, run.connection.id, product, fetched, now)
            # accounts that nobody asked for are not missed
            missed = any(d.product in _HOLDERS and not d.updated for d in run.execution.fetched)
            keys = written.left_out if missed else ()
            missing = tuple(Finding("product.depends-on-accounts", account_key=key) for key in keys)
            done = ProductState(product, True, now, None, (*fetched.findings, *missing))
            expires = [record.expires_at for record in fetched.records if isinstance(record, Consent)]
            await _note(run, writer, done)
            if expires:
                await run.put(writer, lambda c: replace(c, consent_expires_at=expires[-1]))
    except Refused as refused:
        await _note_failed(run, product, refused)


async def _note_failed(run: _Run, product: Product, refused: Refused) -> None:
    before = run.connection.product(product)
    findings = (Finding(refused.meaning, refused.said),)
    failed = ProductState(product, False, before.updated_at if before else None, refused.meaning, findings)
    async with run.writing() as writer:
        await _note(run, writer, failed)


async def _note(run: _Run, writer: Writer, state: ProductState) -> None:
    await run.put_execution(writer, replace(run.execution, fetched=(*run.execution.fetched, state)))
    written = await journal.read(writer, run.world.vault, run.execution.id)
    if written.answers:
        await journal.write(writer, run.world.vault, run.execution.id, replace(written, answers=()))
    states = tuple(state if known.product is state.product else known for known in run.connection.products)
    await run.put(writer, lambda c: replace(c, products=states))


async def _wait_for_user(run: _Run, suspended: Suspended) -> None:
    challenge = suspended.challenge
    now = run.now()
    # whoever comes back with this id names the connection too
    posed_id = f"{run.connection.id}.{run.world.ids.new()}"
    posed = Posed(posed_id, challenge, suspended.position, now + challenge.lasts)
    event = Event.ASKED if challenge.kind in TYPED else Event.SENT_ELSEWHERE
    async with run.writing() as writer:
        await run.put_execution(writer, replace(run.execution, standing=Standing.WAITING))
        await run.put(writer, lambda c: replace(c, state=step(c.state, event), posed=posed))


async def _end_fetched(run: _Run) -> None:
    # what was fetched only because another product needs it is not what the connection is for
    fetched = [state for state in run.execution.fetched if state.product in run.execution.asked]
    failed = [state for state in fetched if not state.updated]
    if failed and len(failed) == len(fetched):
        finding = failed[0].findings[0]
        await _end_failed(run, Refused(finding.meaning, finding.said))
        return
    async with run.writing() as writer:
        await run.put(
            writer, lambda c: replace(c, state=step(c.state, Event.COLLECTED), phase=Phase.STORING, fetching=None)
        )
    now = run.now()
    async with run.writing() as writer:
        outcome = "success.partial" if failed else "success"
        event = Event.SOME_PRODUCTS_FAILED if failed else Event.SUCCEEDED
        await run.put(
            writer,
            lambda c: replace(
                c,
                state=step(c.state, event),
                outcome=outcome,
                said=None,
                attributes={},
                last_success_at=now,
                refused_logins=0,
                failures=0,
                failed_calls=0,
                retries=0,
                credentials_spent=False,
            ),
        )
        await _close(run, writer, outcome)


async def _end_failed(run: _Run, refused: Refused) -> None:
    async with run.writing() as writer:
        await fail(run.world, writer, run.connection, run.execution, refused, asked=False)


async def fail(
    world: World, writer: Writer, connection: Connection, execution: Execution, refused: Refused, asked: bool
) -> None:
    """End an execution that fetched nothing. `asked`: it ended because the user did not answer in time."""
    run = _Run(world, execution, connection)
    meaning = world.meaning(refused.meaning)
    spent = meaning.action == "fix-credentials"
    user_erred = spent or (meaning.action == "answer-mfa" and not asked)
    event = Event.DEADLINE_PASSED if asked else Event.CREDENTIALS_REFUSED if spent else Event.FAILED
    states = tuple(
        state
        if state.product in {done.product for done in execution.fetched}
        else ProductState(state.product, False, state.updated_at, None, ())
        for state in connection.products
    )
    await run.put(
        writer,
        lambda c: replace(
            c,
            state=step(c.state, event),
            outcome=refused.meaning,
            said=refused.said,
            attributes={name: str(value) for name, value in refused.data.items()},
            products=states,
            refused_logins=c.refused_logins + 1 if user_erred else c.refused_logins,
            failures=c.failures + 1,
            failed_calls=c.failed_calls + (execution.trigger is not Trigger.SCHEDULE),
            credentials_spent=spent,
        ),
    )
    await _close(run, writer, refused.meaning)


async def _close(run: _Run, writer: Writer, outcome: str) -> None:
    now = run.now()
    application = await applications.get(writer, run.execution.application_id)
    if application is None:
        raise Stale
    await run.put(
        writer,
        lambda c: next_sync(
            run.world,
            application.policy,
            run.institution,
            replace(c, phase=Phase.ENDED, fetching=None, posed=None, last_ended_at=now),
            now,
        ),
    )
    await run.put_execution(writer, replace(run.execution, standing=Standing.ENDED, ended_at=now, outcome=outcome))
    holds = run.institution.open_finance and run.world.meaning(outcome).action not in _ENDS_SESSION
    if outcome.startswith("success") or holds:
        # the session stays: a consent outlives an outage, and balances are asked with it; the answers have served
        kept = await journal.read(writer, run.world.vault, run.execution.id)
        await journal.write(writer, run.world.vault, run.execution.id, replace(kept, answers=()))
    else:
        await journal.write(writer, run.world.vault, run.execution.id, None)
