"""The queue that workers take executions from: Procrastinate's tables, which are there on PostgreSQL alone.

A job is put in by the function that Procrastinate itself calls, so it stands in the transaction that made its execution
ready. A job that its worker has lost is replaced by a new one: whoever comes back and wants to end the old one finds
that it is gone, and cannot end, or set free, what somebody else is running.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec
from sqlalchemy import bindparam, select, text

from afluente.store.database import Reader, Writer
from afluente.store.executions import Standing
from afluente.store.schema import executions
from afluente.store.statement import Statement

QUEUE = "executions"
"""What every worker takes from."""

LINE = "executions.line"
"""Where jobs stand whose lock others have or wait for: no worker looks there, so none walks past all that wait. When a
job ends, the first in the line behind its lock goes to `QUEUE`."""

TASK = "afluente.run"

_TURN = 4_607_182_419
"""Any number: whoever looks for executions without a job holds this advisory lock."""

_AT_ONCE = 1_000


class Orphan(NamedTuple):
    """An execution that is ready and has no job."""

    execution_id: str
    connection_id: str


_TAKE_SCHEMA_TURN = 4_607_182_420
_LINES = 460_718
"""Any number: the advisory locks of the lines are the pairs of it and a hash of the lock's name."""

_IS_PREPARED = Statement(text("SELECT to_regclass('procrastinate_jobs') IS NOT NULL"))
_FORMS_LINES = Statement(text("SELECT to_regproc('afluente_next_in_line') IS NOT NULL"))
_FORM_LINES = tuple(
    Statement(text(statement))
    for statement in (
        # whoever joins the line meanwhile has committed, or sees that the lock is free
        "CREATE OR REPLACE FUNCTION afluente_next_in_line() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"  # noqa: S608
        f" PERFORM pg_advisory_xact_lock({_LINES}, hashtext(OLD.lock));"
        f" UPDATE procrastinate_jobs SET queue_name = '{QUEUE}' WHERE id = (SELECT id FROM procrastinate_jobs"
        f" WHERE lock = OLD.lock AND status = 'todo' AND queue_name = '{LINE}' ORDER BY id LIMIT 1);"
        " PERFORM pg_notify('procrastinate_queue_v1#' || name, json_build_object('type', 'job_inserted',"
        f" 'job_id', OLD.id)::text) FROM (VALUES (OLD.queue_name), ('{QUEUE}')) AS queues (name) GROUP BY name;"
        " RETURN NULL; END $$",
        "DROP TRIGGER IF EXISTS afluente_lock_is_free ON procrastinate_jobs",
        "DROP FUNCTION IF EXISTS afluente_lock_is_free",
        "CREATE TRIGGER afluente_next_in_line AFTER DELETE ON procrastinate_jobs FOR EACH ROW"
        " WHEN (OLD.lock IS NOT NULL) EXECUTE FUNCTION afluente_next_in_line()",
        # what waits for a lock looks for those before it
        "CREATE INDEX IF NOT EXISTS afluente_jobs_of_lock ON procrastinate_jobs (lock, id)"
        " WHERE status IN ('todo', 'doing')",
    )
)
_JOIN_LINE = Statement(text("SELECT pg_advisory_xact_lock_shared(:turn, hashtext(:lock))"))
_IS_TAKEN = Statement(
    text("SELECT EXISTS (SELECT 1 FROM procrastinate_jobs WHERE lock = :lock AND status IN ('todo', 'doing'))")
)
_ADD = Statement(
    text(
        "SELECT procrastinate_defer_jobs_v1(ARRAY[ROW(CAST(:queue AS varchar), CAST(:task AS varchar), 0,"
        " CAST(:lock AS text), NULL, CAST(:args AS jsonb), NULL)]::procrastinate_job_to_defer_v1[])"
    )
)
_LOST = Statement(
    text(
        "SELECT job.id, job.lock, job.args ->> 'execution_id' FROM procrastinate_jobs job"
        " LEFT JOIN procrastinate_workers worker ON worker.id = job.worker_id"
        " WHERE job.status = 'doing' AND job.task_name = :task"
        " AND (worker.id IS NULL OR worker.last_heartbeat < now() - make_interval(secs => :seconds))"
        " ORDER BY job.id LIMIT :size FOR UPDATE OF job SKIP LOCKED"
    )
)
_WAITS_FOR_NOBODY = Statement(
    text(
        "SELECT job.id, job.lock, job.args ->> 'execution_id' FROM procrastinate_jobs job"
        " WHERE job.status = 'todo' AND job.task_name = :task AND job.queue_name NOT IN (:queue, :line)"
        " AND NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE application_name = job.queue_name)"
        " ORDER BY job.id LIMIT :size FOR UPDATE OF job SKIP LOCKED"
    )
)
_DROP = Statement(text("SELECT procrastinate_finish_job_v1(:id, 'failed', true)"))
_TAKE_TURN = Statement(text("SELECT pg_advisory_xact_lock(:turn)"))
_ORPHANS = Statement(
    text(
        "SELECT id, connection_id FROM executions WHERE state = 'ready' AND NOT EXISTS (SELECT 1 FROM"
        " procrastinate_jobs job WHERE job.status IN ('todo', 'doing') AND job.args ->> 'execution_id' = executions.id)"
        " ORDER BY started_at, id LIMIT :size"
    )
)
_IS_READY = Statement(
    select(executions.c.id).where(executions.c.id == bindparam("id"), executions.c.state == str(Standing.READY))
)
_BUSY = Statement(
    select(executions.c.id)
    .where(executions.c.state == str(Standing.READY), executions.c.application_id == bindparam("application_id"))
    .limit(1)
)


async def add(writer: Writer, execution_id: str, queue: str, lock: str | None) -> None:
    """Put a job in; no two jobs with the same lock run at the same time, and all but the first wait in a line."""
    if lock is not None and queue == QUEUE:
        await writer.one(_JOIN_LINE, turn=_LINES, lock=lock)
        taken = await writer.one(_IS_TAKEN, lock=lock)
        queue = LINE if taken and taken[0] else QUEUE
    args = msgspec.json.encode({"execution_id": execution_id}).decode()
    await writer.one(_ADD, queue=queue, task=TASK, lock=lock, args=args)


async def return_lost(writer: Writer, seconds: float) -> int:
    """Put in anew what is run by workers that have not been heard of for so long, and what was meant for a server that
    is gone; return how many those were."""
    lost = await writer.all(_LOST, task=TASK, seconds=seconds, size=_AT_ONCE)
    lost += await writer.all(_WAITS_FOR_NOBODY, task=TASK, queue=QUEUE, line=LINE, size=_AT_ONCE)
    for id, lock, execution_id in lost:
        await writer.one(_DROP, id=id)
        await add(writer, execution_id, QUEUE, lock)
    return len(lost)


async def orphans(writer: Writer) -> list[Orphan]:
    """Return executions that are ready and have no job; nobody else looks until the transaction ends."""
    await writer.one(_TAKE_TURN, turn=_TURN)
    return [Orphan(*row) for row in await writer.all(_ORPHANS, size=_AT_ONCE)]


async def is_ready(reader: Reader, execution_id: str) -> bool:
    """Tell whether an execution waits for a worker, or runs."""
    return await reader.one(_IS_READY, id=execution_id) is not None


async def busy(reader: Reader, application_id: str) -> bool:
    """Tell whether any of an application's executions waits for a worker, or runs."""
    return await reader.one(_BUSY, application_id=application_id) is not None


async def is_prepared(writer: Writer) -> bool:
    """Tell whether the tables are there; whoever asks is alone until the transaction ends."""
    await writer.one(_TAKE_TURN, turn=_TAKE_SCHEMA_TURN)
    row = await writer.one(_IS_PREPARED)
    return bool(row and row[0])


async def forms_lines(writer: Writer) -> bool:
    """Tell whether `form_lines` has been done, by this version or a later one."""
    row = await writer.one(_FORMS_LINES)
    return bool(row and row[0])


async def form_lines(writer: Writer) -> None:
    """Have the next in the line go to the queue when a lock is free, and workers told at once: what waits for one would
    be looked at a second later otherwise."""
    for statement in _FORM_LINES:
        await writer.run(statement)
