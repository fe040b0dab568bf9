"""One account's statement of one month, as a PDF."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta, tzinfo
from decimal import Decimal

from afluente.core.accounts import Account, Transaction
from afluente.core.clock import SECOND, Instant
from afluente.core.holders import Holder
from afluente.core.institutions import Institution
from afluente.documents.sheet import BRASILIA, lay_out
from afluente.documents.words import first_and_last


def begins_and_ends(month: str, zone: tzinfo = BRASILIA) -> tuple[Instant, Instant]:
    """Return the instants between which a month written `YYYY-MM` lies in `zone`; the second is the next month's."""
    first, last = first_and_last(month)
    begins, ends = (datetime.combine(day, time(), zone) for day in (first, last + timedelta(days=1)))
    return int(begins.timestamp()) * SECOND, int(ends.timestamp()) * SECOND


def statement_id(stored_id: str) -> str:
    """Return a statement's id as 32 capital hexadecimal digits, from the id it is stored under."""
    return stored_id.replace("-", "").upper()


def statement_pdf(
    holder: Holder | None,
    institution: Institution,
    account: Account,
    movements: Sequence[Transaction],
    month: str,
    language: str | None = None,
    *,
    closing: Decimal | None = None,
    zone: tzinfo = BRASILIA,
) -> bytes:
    """Return the statement of `month` (`YYYY-MM`) as a PDF, in `language`, or else that of the institution's country.

    `movements` are the month's, in order. `closing` is what the account held at the month's end; where it is not
    given it is the balance behind the last movement, and where that is not known either, no balances are printed.
    Days are those of `zone`. The bytes depend on nothing but the arguments. Raises ValueError for another month.
    """
    from afluente.documents.drawing import draw

    sheet = lay_out(holder, institution, account, movements, month, language, closing=closing, zone=zone)
    made_at = datetime.combine(sheet.last, time(23, 59, 59), UTC)
    return draw(sheet, made_at).content()
