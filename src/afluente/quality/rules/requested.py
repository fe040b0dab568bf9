"""Rules about the request itself: what the stored data alone does not show."""

from __future__ import annotations

from collections.abc import Iterator

from afluente.core.outcome import Finding
from afluente.core.products import Product
from afluente.quality.rules.naming import about
from afluente.quality.snapshot import Snapshot

CONSENT_STEP = "product.consent-missing.extra-step"
UNASKED = "product.transactions.unasked"
WINDOW_IN_USE = "session.window-in-use"
ASKED_AFTER_LOGIN = "product.mfa-needed"


def consent_step_missing(snapshot: Snapshot) -> Iterator[Finding]:
    """The institution asks for a step of consent beside the login, and says of a product that it was left out."""
    if snapshot.told(CONSENT_STEP):
        yield about(CONSENT_STEP)


def transactions_unasked(snapshot: Snapshot) -> Iterator[Finding]:
    """No movements were ever asked for, because the client wants none, and an account has some. What an earlier call
    asked for stays, and is no fault of a later one that wants none."""
    if not snapshot.asked(Product.TRANSACTIONS):
        for id, walked in snapshot.walked.items():
            if walked.total:
                yield about(UNASKED, accounts=[id], expected="0", found=str(walked.total))


def window_in_use(snapshot: Snapshot) -> Iterator[Finding]:
    """While this request ran at the institution another one wanted the same connection, or the institution says that
    its window is taken."""
    if snapshot.facts.request.window_in_use or snapshot.told(WINDOW_IN_USE):
        yield about(WINDOW_IN_USE)


def asked_after_login(snapshot: Snapshot) -> Iterator[Finding]:
    """The institution asked the user after the login had succeeded, while data was fetched; or it says of a product
    that it will."""
    if snapshot.facts.request.asked_after_login or snapshot.told(ASKED_AFTER_LOGIN):
        yield about(ASKED_AFTER_LOGIN)
