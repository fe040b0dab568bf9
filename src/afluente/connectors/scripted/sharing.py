"""What Open Finance adds to a visit: the consent that was given, and the resources it opens."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from afluente.connectors.scripted import investing, lending
from afluente.connectors.scripted.customers import Customer
from afluente.core.clock import SECOND, Instant
from afluente.core.documents import Consent, Resource
from afluente.core.ports import Session

PERMISSIONS = (
    "REGISTRATION_ALL",
    "ACCOUNTS_ALL",
    "CREDIT_CARDS_ALL",
    "CREDIT_OPERATIONS_ALL",
    "INVESTMENTS_ALL",
)

_KINDS = {"treasury": "treasury", "debenture": "credit-fixed-income"}


def a_year_after(instant: Instant) -> Instant:
    """Return the same moment of the next year; the 28th of February for a 29th."""
    then = datetime.fromtimestamp(instant // SECOND, UTC)
    day = 28 if (then.month, then.day) == (2, 29) else then.day
    later = then.replace(year=then.year + 1, day=day)
    return int(later.timestamp()) * SECOND + instant % SECOND


def ends_at(session: Session) -> Instant | None:
    """Return when the consent that the login left is over; None where it is never, or where there is none."""
    if "consented_at" not in session or "consent_months" in session:
        return None
    return a_year_after(int(session["consented_at"]))


def consent(customer: Customer, session: Session) -> Consent:
    """Return the consent that the login left."""
    given = int(session["consented_at"])
    return Consent(
        key=f"consent-{customer.key}-{given}",
        permissions=PERMISSIONS,
        created_at=given,
        expires_at=ends_at(session),
    )


def resources(customer: Customer, now: Instant) -> Iterator[Resource]:
    """Yield what the consent opens; a joint account that one of its holders refused is not available."""
    for plan in customer.plans:
        refused = plan.joint and customer.joint == "refused"
        kind = "card" if plan.habit == "card" else "account"
        yield Resource(key=plan.key, kind=kind, status="unavailable" if refused else "available")
    for loan in lending.loans(customer, now):
        yield Resource(key=loan.key, kind=loan.kind)
    for held in investing.investments(customer, now):
        yield Resource(key=held.key, kind=_kind(held.kind, held.subkind or ""))


def _kind(kind: str, subkind: str) -> str:
    if kind == "fixed-income":
        return _KINDS.get(subkind, "bank-fixed-income")
    return "fund" if kind == "fund" else "variable-income"
