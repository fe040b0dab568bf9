"""Which category a transaction is shown with: the one chosen for it, or a rule's, or the institution's."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from afluente.core.accounts import AccountKind
from afluente.store.registers import CategoryRule
from afluente.store.transactions import Entry

Chooser = Callable[[Entry, AccountKind], str | None]
"""Returns a neutral category name, or None."""

_MATCHES: dict[str, Callable[[str, str], bool]] = {
    "exact": lambda text, wanted: text == wanted,
    "contains": lambda text, wanted: wanted in text,
    "starts": lambda text, wanted: text.startswith(wanted),
    "ends": lambda text, wanted: text.endswith(wanted),
}


def chooser(rules: Sequence[CategoryRule]) -> Chooser:
    """Return the function that chooses; of several rules that match, the newest counts. Case makes no difference."""
    if not rules:
        return lambda entry, _: entry.chosen_category or entry.stored.record.category
    prepared = [(rule, _MATCHES[rule.match], rule.description.casefold()) for rule in reversed(rules)]

    def choose(entry: Entry, kind: AccountKind) -> str | None:
        if entry.chosen_category:
            return entry.chosen_category
        record = entry.stored.record
        text = record.description.casefold()
        direction = "credit" if record.amount > 0 else "debit"
        for rule, matches, wanted in prepared:
            if rule.direction not in (None, direction) or rule.account not in (None, str(kind)):
                continue
            if matches(text, wanted):
                return rule.category
        return record.category

    return choose
