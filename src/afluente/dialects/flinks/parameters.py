"""What the query of the connect page may say (contract 8.1), and what it is where it says nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from afluente.connect.visit import Visit
from afluente.core.products import Product

_KEPT = (
    "redirectUrl",
    "innerRedirect",
    "jsRedirect",
    "stringify",
    "tag",
    "demo",
    "consentEnable",
    "customerName",
    "accountSelectorEnable",
    "accountSelectorMultiple",
    "accountSelectorCurrency",
    "showAllAccounts",
    "withTransactions",
    "detailsAndStatementEnable",
    "scheduleRefresh",
    "resumeSelectedAccounts",
    "accountSelectorNoTitle",
    "showAllOperationsAccounts",
    "eftEligibleRatio",
    "consentTitleAppendedText",
    "termsNoCheckbox",
    "features",
    "productType",
    "maximumRetry",
    "waitSummary",
    "demoOutbound",
    "enhancedMFA",
    "skipEnhancedMFA",
    "daysOfTransactions",
    "monthsOfStatements",
    "fetchAllAccounts",
    "webview",
    "oauthWindowRedirect",
    "institutionFilterEnable",
    "headerEnable",
    "headerImgEnable",
    "closeEnable",
    "backEnable",
    "desktopLayout",
    "fixedHeightEnable",
    "boxLayout",
    "removePadding",
    "staticLoadingEnable",
    "loadingType",
)
_LONGEST = 2_000
"""Characters of a parameter that are kept."""

_COLOURS = {
    "backgroundColor": ("paper", "card"),
    "foregroundColor1": ("accent",),
    "foregroundColor2": ("ink",),
}
_HEX = re.compile(r"[0-9a-fA-F]{3}(?:[0-9a-fA-F]{3})?")

_SHAPES = (
    # parameter, what it is when it is not given, the value that gives the page the shape, the shape
    ("headerEnable", True, False, "no-bar"),
    ("headerImgEnable", True, False, "no-mark"),
    ("closeEnable", False, False, "no-close"),
    ("backEnable", True, False, "no-back"),
    ("desktopLayout", False, True, "wide"),
    ("fixedHeightEnable", True, False, "grows"),
    ("boxLayout", True, False, "no-box"),
    ("removePadding", False, True, "no-padding"),
    ("staticLoadingEnable", False, True, "still"),
    ("accountSelectorNoTitle", False, True, "no-accounts-title"),
)

_FEATURES = {
    "TransactionHistory": Product.TRANSACTIONS,
    "AccountNumber": Product.ACCOUNTS,
    "AccountHolder": Product.HOLDER,
    "Statements": Product.STATEMENTS,
}
"""What the consent names, by the word of `features`; a word that is not known adds nothing."""

_USUAL_RATIO = Decimal("0.8")


def kept(asked: Mapping[str, str]) -> dict[str, str]:
    """Return what a visit keeps of the query, with the colours by the sheet's own names for them."""
    options = {name: asked[name][:_LONGEST] for name in _KEPT if asked.get(name)}
    for name, sheet in _COLOURS.items():
        if _HEX.fullmatch(asked.get(name, "")):
            options |= {f"look.{variable}": f"#{asked[name]}" for variable in sheet}
    return options


def shape(visit: Visit) -> tuple[str, ...]:
    """Return how the page is laid out, in the sheet's words."""
    shapes = [shape for name, usual, given, shape in _SHAPES if visit.flag(name, default=usual) is given]
    return (*shapes, "dots") if visit.option("loadingType") == "dots" else tuple(shapes)


def features(visit: Visit) -> tuple[Product, ...]:
    """Return what the `features` name; nothing where they name nothing that is known."""
    named = {_FEATURES[word] for word in visit.words("features") if word in _FEATURES}
    return tuple(product for product in Product if product in named)


def ratio(text: str) -> Decimal:
    """Return the least ratio of an account that may be chosen; the usual one for what is no number from 0 to 1."""
    try:
        found = Decimal(text[:10])
        return found if 0 <= found <= 1 else _USUAL_RATIO
    except InvalidOperation:
        return _USUAL_RATIO
