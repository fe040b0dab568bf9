"""How an execution ends: with what was fetched, or with the meaning that kept it from fetching."""

from __future__ import annotations

from msgspec.structs import replace

from afluente.core.challenge import WRONG, WRONG_ANSWERS, WRONG_FOR_GOOD
from afluente.core.connections import Connection, Phase, Trigger
from afluente.core.events import EventKind
from afluente.core.lifecycle import Event, step
from afluente.core.outcome import Refused
from afluente.core.products import ProductState
from afluente.engine.institutions import credentials as typed
from afluente.engine.institutions import freezes, health
from afluente.engine.institutions.bank import Stale
from afluente.engine.institutions.journal import Journal
from afluente.engine.institutions.plan import next_sync
from afluente.engine.syncing import checks, following
from afluente.engine.syncing.attempt import Attempt, insist, unspoilt
from afluente.engine.world import World
from afluente.store import applications, executions
from afluente.store.database import Writer
from afluente.store.executions import Execution, Standing

_ENDS_SESSION = ("grant-consent", "fix-credentials")
"""What has to be done where the session that was there is worth nothing any more."""


def collected(connection: Connection) -> Connection:
    """Return the connection when nothing is left to be fetched."""
    return replace(connection, state=step(connection.state, Event.COLLECTED), phase=Phase.STORING, fetching=None)


async def end_fetched(run: Attempt) -> None:
    """End an execution that has been through all products."""
    failed = [state for state in run.fetched if not state.updated]
    if run.in_vain:
        finding = failed[0].findings[0]
        await end_failed(run, Refused(finding.meaning, finding.said, finding.data))
        return
    if run.connection.phase is not Phase.STORING:
        # nothing was stored that this could be said with
        async with run.writing(goes_on=True):
            run.put(collected)
    now = run.now()
    missed = any(state.product in run.execution.needed for state in failed)
    checked = None
    if run.execution.kept and run.execution.fetched:
        told = run.execution.id, run.passes, run.written, run.held
        checked = await unspoilt(run, checks.run(run.world, run.reader, run.connection, *told))
    async with run.writing() as writer:
        outcome = "success.partial" if failed else "success"
        event = Event.SOME_PRODUCTS_FAILED if failed else Event.SUCCEEDED
        _tell_updated(run, outcome)
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
        notes = await following.ended(writer, run.connection, run.execution, outcome, None, run.now())
        if notes:
            run.put(lambda c: replace(c, notes={**c.notes, **notes}))


def _tell_updated(run: Attempt, outcome: str) -> None:
    before = run.connection
    products = {str(state.product): state.outcome or "success" for state in run.execution.fetched}
    first, partial = before.last_success_at is None, outcome != "success"
    told = {"meaning": outcome, "first": first, "partial": partial, "products": products}
    run.tell(EventKind.CONNECTION_UPDATED, **told)
    if before.failures:
        run.tell(EventKind.CONNECTION_RECOVERED, count=before.failures)


async def end_failed(run: Attempt, refused: Refused) -> None:
    """End an execution that could not go on."""

    async def write() -> None:
        async with run.writing() as writer:
            await _fail(run, writer, refused, asked=False)

    await insist(run, write)


async def fail(
    world: World, writer: Writer, connection: Connection, execution: Execution, refused: Refused, asked: bool
) -> None:
    """End an execution that fetched nothing, in the caller's transaction, which has both rows.

    `asked`: it ended because the user did not answer in time.
    """
    run = Attempt(world, connection, execution, await executions.sealed(writer, execution.id))
    await _fail(run, writer, refused, asked)
    await run.write(writer)


async def _fail(run: Attempt, writer: Writer, refused: Refused, asked: bool) -> None:
    world, connection, execution = run.world, run.connection, run.execution
    # of what came to nothing nobody takes what was fetched
    world.handed.pop(execution.id, None)
    if refused.meaning == WRONG and connection.refused_logins + 1 >= WRONG_ANSWERS:
        # whoever asks anew after a wrong answer does so no more: that would go on for ever
        refused = Refused(WRONG_FOR_GOOD, refused.said, refused.data)
    meaning = world.meaning(refused.meaning)
    # who was not let try has done nothing wrong since
    run.visited = not isinstance(refused, freezes.Resting)
    turned_away = run.visited and meaning.action == "fix-credentials"
    spent = turned_away and not await _back_to_proven(run, writer, refused)
    user_erred = turned_away or (meaning.action == "answer-mfa" and not asked)
    event = Event.DEADLINE_PASSED if asked else Event.CREDENTIALS_REFUSED if turned_away else Event.FAILED
    attributes = {name: str(value) for name, value in refused.data.items()}
    told = {"meaning": refused.meaning, "said": refused.said, "attributes": attributes}
    run.tell(EventKind.CONNECTION_FAILED, first=connection.last_success_at is None, **told)
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


async def _back_to_proven(run: Attempt, writer: Writer, refused: Refused) -> bool:
    """Put those credentials back that were let in before the ones that were refused; tell whether there are any."""
    vault, id = run.world.vault, run.connection.id
    kept = await typed.read(writer, vault, id)
    later = freezes.span_of(run.world.meaning(refused.meaning), run.now()) is not None
    said = typed.Said(refused.meaning, refused.said)
    proven = typed.turned_away(vault, run.institution, kept, said, again=later)
    if proven is not None:
        await typed.write(writer, vault, run.institution, id, proven)
    return proven is not None


async def _close(run: Attempt, writer: Writer, outcome: str) -> None:
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
            visited=run.visited,
        ),
    )
    run.put_execution(replace(run.execution, standing=Standing.ENDED, ended_at=now, outcome=outcome))
    if run.visited:
        await health.note(run.world, writer, run.connection, run.execution, outcome)
    succeeded = outcome.startswith("success")
    holds = run.institution.open_finance and run.world.meaning(outcome).action not in _ENDS_SESSION
    if succeeded and not run.answers:
        # the session stays, and whoever was let in knows of all answers
        return
    if succeeded or holds:
        # the session stays: a consent outlives an outage, and balances are asked with it; the answers have served
        if run.answers:
            run.put_journal(replace(run.journal, answers=()))
    elif run.journal != Journal():
        run.put_journal(Journal())
