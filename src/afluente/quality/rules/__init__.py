"""Every rule once, with the meaning of what it finds. A rule's docstring is its condition, and all of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from afluente.core.outcome import Finding
from afluente.quality.rules import accounts, balances, documents, holder, requested, transactions
from afluente.quality.snapshot import Snapshot

Rule = Callable[[Snapshot], Iterable[Finding]]

RULES: Mapping[str, Rule] = {
    accounts.MISSING: accounts.none_at_all,
    holder.NAME_MISSING: holder.no_name,
    holder.INCOMPLETE: holder.incomplete,
    holder.ADDRESS_MISSING: holder.no_address,
    holder.ADDRESS_INCOMPLETE: holder.address_incomplete,
    accounts.VERIFICATION_INCOMPLETE: accounts.some_cannot_be_verified,
    transactions.INCOMPLETE: transactions.incomplete,
    transactions.NOT_GIVEN: transactions.not_given,
    accounts.NUMBER_INCOMPLETE: accounts.number_incomplete,
    transactions.ORDER: balances.wrong_order,
    accounts.NO_ADDRESS_ON_SITE: accounts.no_address_on_site,
    accounts.DUPLICATE: accounts.duplicate,
    accounts.ID_CHANGED: accounts.id_changed,
    accounts.KEY_CHANGED: accounts.key_changed,
    transactions.DUPLICATE: transactions.duplicate,
    transactions.SETTLED: transactions.settled,
    accounts.AMOUNT_INVALID: accounts.amount_invalid,
    accounts.NO_CHECKING: accounts.no_checking,
    transactions.NONE: transactions.none,
    accounts.VERIFICATION_UNAVAILABLE: accounts.none_can_be_verified,
    holder.VERIFICATION_UNAVAILABLE: holder.nobody_named,
    documents.STATEMENTS_MISSING: documents.statements_missing,
    holder.EMAIL_INVALID: holder.email_invalid,
    transactions.NONE_LAST_MONTH: transactions.none_last_month,
    accounts.CARD_NUMBER_EXPOSED: accounts.card_number_exposed,
    requested.CONSENT_STEP: requested.consent_step_missing,
    requested.UNASKED: requested.transactions_unasked,
    requested.WINDOW_IN_USE: requested.window_in_use,
    transactions.NONE_LAST_15_DAYS: transactions.none_last_15_days,
    requested.ASKED_AFTER_LOGIN: requested.asked_after_login,
    documents.DETAILS_MISSING: documents.details_missing,
    documents.DETAILS_INCOMPLETE: documents.details_incomplete,
    balances.MISMATCH: balances.mismatch,
    balances.UNLISTED: balances.unlisted,
    transactions.GAP: transactions.gap,
}
"""The table of rules: the thirty documented warnings in the order they are published, and five more beside those they
resemble: an account that is there under two keys, one whose key changed, a scheduled movement that was posted, a
movement that is not listed, a gap."""


def check(snapshot: Snapshot) -> tuple[Finding, ...]:
    """Return what all rules find."""
    found: list[Finding] = []
    for rule in RULES.values():
        found += rule(snapshot)
    return tuple(found)
