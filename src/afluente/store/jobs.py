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

TASK = "afluente.run"

_TURN = 4_607_182_419
"""Any number: whoever looks for executions without a job holds this advisory lock."""

_AT_ONCE = 1_000


class Orphan(NamedTuple):
    """An execution that is ready and has no job."""

    execution_id: str
    connection_id: str


_TAKE_SCHEMA_TURN = 4_607_182_420
_IS_PREPARED = Statement(text("SELECT to_regclass('procrastinate_jobs') IS NOT NULL"))
_WAKE_WHEN_FREE = (
    Statement(
        text(
            "CREATE OR REPLACE FUNCTION afluente_lock_is_free() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM"
            " pg_notify('procrastinate_queue_v1#' || OLD.queue_name, json_build_object('type', 'job_inserted',"
            " 'job_id', OLD.id)::text); RETURN NULL; END $$"
        )
    ),
    Statement(
        text(
            "CREATE TRIGGER afluente_lock_is_free AFTER DELETE ON procrastinate_jobs FOR EACH ROW"
            " WHEN (OLD.lock IS NOT NULL) EXECUTE FUNCTION afluente_lock_is_free()"
        )
    ),
    # what waits for a lock looks for those before it
    Statement(
        text("CREATE INDEX afluente_jobs_of_lock ON procrastinate_jobs (lock, id) WHERE status IN ('todo', 'doing')")
    ),
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
        " WHERE job.status = 'todo' AND job.task_name = :task AND job.queue_name <> :queue"
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
    """Put a job in; no two jobs with the same lock run at the same time."""
    args = msgspec.json.encode({"execution_id": execution_id}).decode()
    await writer.one(_ADD, queue=queue, task=TASK, lock=lock, args=args)


async def return_lost(writer: Writer, seconds: float) -> int:
    """Put in anew what is run by workers that have not been heard of for so long, and what was meant for a server that
    is gone; return how many those were."""
    lost = await writer.all(_LOST, task=TASK, seconds=seconds, size=_AT_ONCE)
    lost += await writer.all(_WAITS_FOR_NOBODY, task=TASK, queue=QUEUE, size=_AT_ONCE)
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


async def wake_when_free(writer: Writer) -> None:
    """Have workers told when a lock is free: what waits for one would be looked at a second later otherwise."""
    for statement in _WAKE_WHEN_FREE:
        await writer.run(statement)
