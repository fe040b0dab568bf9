"""`statusDetail`: how fresh each product is, and the warnings that say why or what would improve it."""

from __future__ import annotations

from typing import Any

from afluente.catalogue import Word
from afluente.core.connections import Connection
from afluente.core.lifecycle import RESTING, State
from afluente.core.outcome import Finding
from afluente.core.products import Product, ProductState
from afluente.dialects.pluggy.render.products import NAMES
from afluente.dialects.pluggy.render.words import Words
from afluente.web.instants import maybe_instant

_FAILED = frozenset({State.STALE, State.REFUSED})

Detail = dict[str, dict[str, Any] | None]


def status_detail(connection: Connection, words: Words) -> Detail | None:
    """Return the detail of all nine products, null for those outside the item.

    None while an execution runs, and where nothing is to be said: all is well and without warning, or all
    failed alike for the reason that the item's `error` gives.
    """
    if connection.state not in RESTING:
        return None
    login = None
    if connection.state in _FAILED and connection.outcome is not None:
        login = words.login_warning(connection.outcome, connection.institution)
    if login is not None:
        warnings = [_warning(login, connection.said, {})]
        return _all(connection, {state.product: warnings for state in connection.products})
    if connection.state is not State.PARTLY_FRESH and not any(s.findings or s.noticed for s in connection.products):
        return None
    found = {
        state.product: product_warnings(state, connection.institution, words)
        for state in connection.products
        if state.product in NAMES
    }
    noticed_only = connection.state is not State.PARTLY_FRESH and not any(s.findings for s in connection.products)
    if noticed_only and not any(found.values()):
        return None
    return _all(connection, found)


def _all(connection: Connection, warnings: dict[Product, list[dict[str, str]]]) -> Detail:
    detail: Detail = {naming.detail: None for naming in NAMES.values()}
    for state in connection.products:
        if state.product not in NAMES:
            continue
        detail[NAMES[state.product].detail] = {
            "isUpdated": state.updated,
            "lastUpdatedAt": maybe_instant(state.updated_at),
            "warnings": warnings[state.product],
        }
    return detail


def product_warnings(state: ProductState, institution: str, words: Words) -> list[dict[str, str]]:
    """Return the warnings of one product: its findings, why it failed where no finding says so, and what the checks
    noticed on the data that is there, as far as there are words for it."""
    found = list(state.findings)
    if state.outcome is not None and not state.updated and all(one.meaning != state.outcome for one in found):
        found.append(Finding(state.outcome))
    naming = NAMES[state.product]
    warnings = []
    for finding in found:
        word = words.warning(finding.meaning, institution, naming.type)
        if word is None:
            continue
        warning = _warning(word, finding.said, {"product": naming.detail, **finding.data})
        # the wire has no room for which account it is: what is found of two is said once
        if warning not in warnings:
            warnings.append(warning)
    for meaning in state.noticed:
        word = words.warning(meaning, institution, naming.type)
        # what checks notice is of data that is there: a word that says it is not would be untrue
        if word is not None and word.extra.get("updated") is True:
            warning = _warning(word, None, {"product": naming.detail})
            if warning not in warnings:
                warnings.append(warning)
    return warnings


def _warning(word: Word, said: str | None, values: dict[str, str]) -> dict[str, str]:
    wire = {"code": word.code, "message": word.filled(**values)}
    provider = said if said is not None else word.extra.get("providerMessage")
    if isinstance(provider, str) and provider:
        wire["providerMessage"] = provider
    return wire
