"""One execution, from claim to end: log in, fetch product by product, tell how it ended.

Every write happens under the execution's attempt number. Whoever finds another number there has been replaced
(its process was frozen, or thought dead) and stops without a trace. What is stored of a product is stored with the
note that it is, in one transaction, so a run begun again goes on behind the last whole product.
"""

from __future__ import annotations

import logging
from typing import Any

from msgspec.structs import replace

from afluente.core.accounts import Account, Transaction
from afluente.core.challenge import TYPED, Ask, Posed
from afluente.core.clock import Instant
from afluente.core.connections import Phase, Stored, Trigger, Waiting
from afluente.core.documents import Consent
from afluente.core.events import EventKind
from afluente.core.lifecycle import Event, step
from afluente.core.outcome import Finding, Refused
from afluente.core.ports import Fetched, Session
from afluente.core.products import Product, ProductState
from afluente.engine.institutions import credentials as typed
from afluente.engine.institutions import freezes, quotas
from afluente.engine.institutions.bank import EngineBank, Paused, Stale, Suspended
from afluente.engine.institutions.journal import Journal
from afluente.engine.outbox import events, remains
from afluente.engine.records import windows
from afluente.engine.records.held import held_of
from afluente.engine.records.identity import Identified, identify
from afluente.engine.records.storing import Written, store
from afluente.engine.syncing import checks, following
from afluente.engine.syncing.attempt import Attempt, insist, unspoilt
from afluente.engine.syncing.ending import collected, end_failed, end_fetched
from afluente.engine.syncing.listing import of_a_list
from afluente.engine.world import World
from afluente.quality.given import in_wrong_order
from afluente.store import executions
from afluente.store.database import Unreachable, Writer
from afluente.store.executions import Standing

log = logging.getLogger("afluente.sync")

_HOLDERS = (Product.ACCOUNTS, Product.CARDS)
"""The products that movements find their accounts in."""


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


async def _claim(world: World, execution_id: str) -> Attempt | None:
    handed = world.claimed.pop(execution_id, None)
    if handed is not None:
        # it may have been deleted while it waited for its turn, or run by another while this process stood still
        is_ours = await executions.get(world.database, execution_id) == handed[1]
        return Attempt(world, *handed) if is_ours else None
    async with world.database.transaction() as writer:
        found = await executions.lock_both(writer, execution_id)
        if found is None:
            return None
        connection, execution, sealed = found
        if execution.standing is not Standing.READY or execution.trigger is Trigger.UPLOAD:
            return None
        claimed = Attempt(world, connection, execution, sealed)
        claimed.put_execution(replace(execution, attempt=execution.attempt + 1))
        phase = Phase.LOGIN if connection.phase is Phase.CREATED else connection.phase
        claimed.put(lambda c: replace(c, phase=phase, attempt=claimed.execution.attempt))
        await claimed.write(writer)
    return claimed


async def _converse(run: Attempt) -> None:
    try:
        try:
            session = await _log_in(run)
            await _fetch_all(run, session)
        except Suspended as suspended:
            await _wait_for_user(run, suspended)
        except Paused as paused:
            await _wait_for_institution(run, paused)
        except Refused as refused:
            await end_failed(run, refused)
        else:
            await end_fetched(run)
    except (Stale, Unreachable):
        # that we cannot write says nothing about the institution or the user: it is run again
        raise
    except Exception:
        fields = {"execution": run.execution.id, "connection": run.connection.id}
        log.exception("execution broke", extra={"fields": fields})
        await end_failed(run, Refused("server.error"))


async def _log_in(run: Attempt) -> Session:
    world, connection = run.world, run.connection
    written = run.journal
    if written.session is not None:
        return written.session
    kept = await typed.read(run.reader, world.vault, connection.id)
    values = kept.values
    bank = EngineBank(world, connection.application_id, run.institution, connection.id, written.answers)
    # who answers has been let in as far as the questions; whoever was let in so far does not rest
    rested = not written.answers and await freezes.check(world, connection, run.institution, values)
    try:
        session = dict(await run.connector.login(bank, run.institution, values))
    except Refused as refused:
        noted = refused
        await insist(run, lambda: freezes.note(world, connection, run.institution, values, noted))
        raise
    if rested or written.answers:
        await freezes.forget(world, connection, run.institution, values)
    async with run.writing(goes_on=True) as writer:
        run.put_journal(Journal(session=session))
        if kept.proven is not None:
            # as it is now, with the answers that were left meanwhile
            kept = typed.let_in(await typed.read(writer, world.vault, connection.id))
            await typed.write(writer, world.vault, run.institution, connection.id, kept)
        run.tell(EventKind.CONNECTION_LOGGED_IN)
        run.put(lambda c: replace(c, phase=Phase.FETCHING, fetching=run.left, posed=None))
    return session


async def _fetch_all(run: Attempt, session: Session) -> None:
    if not any(state.updated_at for state in run.connection.products):
        # what an account had before its data was erased is not to be found again under the ids that it gets
        await remains.go_on(run.world, run.connection.id)
    for product in run.execution.products:
        if any(done.product is product for done in run.execution.fetched):
            continue
        if run.connection.phase is not Phase.FETCHING or run.connection.fetching is not product:
            async with run.writing(goes_on=True):
                run.put(lambda c, p=product: replace(c, phase=Phase.FETCHING, fetching=p))  # type: ignore[misc]
        bank = EngineBank(run.world, run.connection.application_id, run.institution, run.connection.id, run.answers)
        before = run.connection.product(product)
        accounts, anew, since = list[Stored[Account]](), False, None
        if product is Product.TRANSACTIONS:
            run.held = await held_of(run.reader, run.connection, run.held)
            accounts = run.held.of(Account)
            anew = _has_new(accounts, before)
            since = await _since(run, before, anew)
        try:
            fetched = await _fetch(run, bank, session, product, since)
        except Refused as refused:
            await _note_failed(run, product, refused)
            continue
        await _store(run, product, fetched, accounts, whole=since is None, anew=anew)


async def _fetch(run: Attempt, bank: EngineBank, session: Session, product: Product, since: Instant | None) -> Fetched:
    call = await quotas.spend(run.world, run.connection, run.execution, run.institution, product, since)
    try:
        return await run.connector.fetch(bank, run.institution, session, product, since)
    except (Stale, Unreachable):
        # whoever goes on with the execution goes on with the call that it has counted
        raise
    except (Exception, Suspended, Paused):
        await quotas.give_back(run.world, call)
        raise


async def _since(run: Attempt, before: ProductState | None, anew: bool) -> Instant | None:
    """Return from when on movements are read; None for all that there are.

    An account that was not held when they were read last has all of its movements still to come.
    """
    if run.execution.since is not None or anew:
        return run.execution.since
    return await windows.since(run.world, run.connection, run.institution, before)


def _has_new(accounts: list[Stored[Account]], before: ProductState | None) -> bool:
    if before is None or before.updated_at is None:
        return True
    return any(account.created_at > before.updated_at for account in accounts)


async def _store(
    run: Attempt, product: Product, fetched: Fetched, accounts: list[Stored[Account]], *, whole: bool, anew: bool
) -> None:
    now, before = run.now(), run.connection.product(product)
    movements = product is Product.TRANSACTIONS
    held = await held_of(run.reader, run.connection, run.held)
    known = identify(held, run.connection, product, fetched, run.execution.started_at)
    fetched = known.fetched
    if not run.execution.kept:
        async with run.writing(goes_on=True) as writer:
            _note_keys(run, known)
            done = ProductState(product, True, now, None, fetched.findings)
            run.put_execution(replace(run.execution, fetched=(*run.execution.fetched, done)))
        run.world.handed.setdefault(run.execution.id, {})[product] = fetched
        return
    wrong = in_wrong_order(one for one in fetched.records if isinstance(one, Transaction))
    try:
        async with run.writing(goes_on=True) as writer:
            _note_keys(run, known)
            held = await held_of(writer, run.connection, held)
            written, held = await store(writer, run.connection, held, product, fetched, now)
            run.held = held
            run.put(lambda c: replace(c, digests=held.digests))
            if movements:
                reading = windows.read(run.connection, before, written, whole=whole, anew=anew, now=now)
                run.put(lambda c: replace(c, reading=reading))
            # accounts that nobody asked for are not missed
            missed = any(d.product in _HOLDERS and not d.updated for d in run.execution.fetched)
            keys = written.left_out if missed else ()
            missing = tuple(Finding("product.depends-on-accounts", account_key=key) for key in keys)
            listed = await of_a_list(writer, run.connection.id, wrong)
            told = (*fetched.findings, *missing, *listed, *known.findings, *written.findings)
            done = ProductState(product, True, now, None, told, recognised=known.anew)
            expires = [record.expires_at for record in fetched.records if isinstance(record, Consent)]
            _tell_collected(run, product, fetched, written, now)
            await _note(run, writer, done)
            if expires and expires[-1] != run.connection.consent_expires_at:
                run.put(lambda c: replace(c, consent_expires_at=expires[-1]))
                await events.expect(run.world, writer, run.connection)
    except Refused as refused:
        await _note_failed(run, product, refused)
    else:
        if movements and written.digest != written.before:
            run.written = written
            if run.left is not None:
                # while the institution is asked for more
                run.passes = await unspoilt(
                    run, checks.go_over(run.world, run.reader, run.connection, accounts, written)
                )


def _note_keys(run: Attempt, known: Identified) -> None:
    if known.keys != run.connection.account_keys:
        run.put(lambda c: replace(c, account_keys=known.keys))


def _tell_collected(run: Attempt, product: Product, fetched: Fetched, written: Written, at: int) -> None:
    before = run.connection.product(product)
    about: dict[str, Any] = {"product": str(product), "first": before is None or before.updated_at is None}
    about["reference"] = run.execution.reference
    for kind, facts in events.of_movements(written.moved, at):
        run.tell(kind, **facts, **about)
    count = len(fetched.records)
    run.tell(EventKind.PRODUCT_COLLECTED, count=count, created=written.created, **about)


async def _note_failed(run: Attempt, product: Product, refused: Refused) -> None:
    before = run.connection.product(product)
    data = {name: str(value) for name, value in refused.data.items()}
    findings = (Finding(refused.meaning, refused.said, data=data),)
    failed = ProductState(product, False, before.updated_at if before else None, refused.meaning, findings)
    async with run.writing(goes_on=True) as writer:
        told = {"product": str(product), "meaning": refused.meaning, "said": refused.said}
        again = freezes.again_at(run.world.meaning(refused.meaning), run.now())
        run.tell(EventKind.PRODUCT_FAILED, until=again, **told)
        await _note(run, writer, failed)


async def _note(run: Attempt, writer: Writer, state: ProductState) -> None:
    run.put_execution(replace(run.execution, fetched=(*run.execution.fetched, state)))
    if run.answers:
        run.put_journal(replace(run.journal, answers=()))
    states = tuple(state if known.product is state.product else known for known in run.connection.products)
    # that the next one is under way is told with the last one's end
    run.put(lambda c: replace(c, products=states, fetching=run.left or c.fetching))
    if run.left is None and not run.in_vain:
        run.put(collected)
    await following.collected(writer, run.connection, run.execution, run.now())


async def _wait_for_user(run: Attempt, suspended: Suspended) -> None:
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
        run.tell(EventKind.CONNECTION_ASKED, **told)
        run.put(lambda c: replace(c, state=step(c.state, event), posed=posed))
        await following.asked(writer, run.connection, now)
        if run.connection.phase is Phase.FETCHING:
            await checks.note(writer, run.connection.id, "asked_after_login", run.execution.id, now)


async def _wait_for_institution(run: Attempt, paused: Paused) -> None:
    waiting = Waiting(run.now() + paused.span, paused.position)
    async with run.writing():
        run.put_execution(replace(run.execution, standing=Standing.WAITING))
        run.put(lambda c: replace(c, waiting=waiting))
