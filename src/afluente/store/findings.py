"""What the checks found on a connection's data, one row for each connection; and the movements they look at."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from sqlalchemy import and_, bindparam, or_, select, text

from afluente.core.clock import Instant
from afluente.core.outcome import Finding
from afluente.store.database import Reader, Row, Writer
from afluente.store.schema import findings, transactions
from afluente.store.statement import Statement, among


class Passed(msgspec.Struct, frozen=True, array_like=True):
    """Where a pass over an account's movements stood at the instant `until`, so that the next goes on from there.

    It holds while the account's currency is the same and no movement before that instant has changed.
    """

    until: Instant
    currency: str
    stand: msgspec.Raw


class Kept(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What is kept of a connection's checks.

    `digest` is the same as long as nothing is there that was not checked. `left_out` counts the findings of a meaning
    beyond those that are kept. `request` are facts about what the client wants; `during` has the execution in which
    something happened, by the fact's name. `passed` are passes by account, over the movements that had the digest
    `passed_of`.
    """

    digest: str = ""
    findings: tuple[Finding, ...] = ()
    left_out: dict[str, int] = {}
    request: dict[str, bool] = {}
    during: dict[str, str] = {}
    passed: dict[str, Passed] = {}
    passed_of: str = ""


class Figures(msgspec.Struct, frozen=True, array_like=True):
    """The beginning of a transaction's details: what the checks need of them."""

    raw_description: str | None = None
    balance_after: str | None = None
    account_amount: str | None = None
    order: int = 0


_decode = msgspec.json.Decoder(Kept).decode
_encode = msgspec.json.Encoder().encode
figures = msgspec.json.Decoder(Figures).decode

_GET = Statement(
    select(findings.c.body, findings.c.checked_at).where(findings.c.connection_id == bindparam("connection_id"))
)
# the two databases spell it alike; SQLAlchemy has a construct of its own for each
_put = (
    "INSERT INTO findings (connection_id, checked_at, body) VALUES (:connection_id, :checked_at, :body)"
    " ON CONFLICT (connection_id) DO UPDATE SET checked_at = excluded.checked_at, body = excluded.body"
)
_PUT = Statement(text(_put))
_PUT_BEHIND = Statement(text(f"{_put} WHERE findings.body = :before"))
_rows = select(
    transactions.c.account_id,
    transactions.c.id,
    transactions.c.occurred_at,
    transactions.c.units,
    transactions.c.scale,
    transactions.c.currency,
    transactions.c.description,
    transactions.c.pending,
    transactions.c.details,
)
_together = (
    _rows.where(among(transactions.c.account_id, "account_ids"))
    .order_by(transactions.c.account_id, transactions.c.occurred_at, transactions.c.id)
    .limit(bindparam("size"))
)
_TOGETHER = Statement(_together)
_TOGETHER_SINCE = Statement(_together.where(transactions.c.occurred_at >= bindparam("since")))
_rows = _rows.where(transactions.c.account_id == bindparam("account_id"))
_FIRST = Statement(_rows.order_by(transactions.c.occurred_at, transactions.c.id).limit(bindparam("size")))
_BEHIND = Statement(
    _rows.where(
        # the bound on the instant alone lets the index be entered in the right place
        transactions.c.occurred_at >= bindparam("at"),
        or_(
            transactions.c.occurred_at > bindparam("at"),
            and_(transactions.c.occurred_at == bindparam("at"), transactions.c.id > bindparam("behind")),
        ),
    )
    .order_by(transactions.c.occurred_at, transactions.c.id)
    .limit(bindparam("size"))
)


async def get(reader: Reader, connection_id: str) -> tuple[Kept, Instant] | None:
    """Return what is kept of a connection's checks, and when they ran."""
    row = await reader.one(_GET, connection_id=connection_id)
    return None if row is None else (_decode(row[0]), int(row[1]))


async def put(writer: Writer, connection_id: str, kept: Kept, at: Instant) -> None:
    """Replace what is kept."""
    await writer.run(_PUT, connection_id=connection_id, checked_at=at, body=_encode(kept).decode())


async def put_behind(writer: Writer, connection_id: str, before: Kept | None, kept: Kept, at: Instant) -> bool:
    """Replace what is kept if it is still what it was `before`, and tell whether it was; None for nothing at all."""
    body, known = _encode(kept).decode(), "" if before is None else _encode(before).decode()
    told = {"connection_id": connection_id, "checked_at": at, "body": body, "before": known}
    return await writer.run(_PUT_BEHIND, **told) == 1


async def of_accounts(reader: Reader, account_ids: Iterable[str], size: int, since: Instant | None) -> list[Row]:
    """Return up to `size` transactions since an instant, account by account, as `oldest_first` returns each's."""
    ids = _encode(list(account_ids)).decode()
    if since is None:
        return await reader.all(_TOGETHER, account_ids=ids, size=size)
    return await reader.all(_TOGETHER_SINCE, account_ids=ids, size=size, since=since)


async def oldest_first(reader: Reader, account_id: str, size: int, behind: tuple[Instant, str] | None) -> list[Row]:
    """Return up to `size` transactions behind an (instant, id), oldest first.

    Each is (account's id, id, instant, units, scale, currency, description, pending, details).
    """
    if behind is None:
        return await reader.all(_FIRST, account_id=account_id, size=size)
    return await reader.all(_BEHIND, account_id=account_id, size=size, at=behind[0], behind=behind[1])
