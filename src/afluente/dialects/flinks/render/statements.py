"""Statements as documents, by account (contract 2.10)."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from afluente.core.accounts import Account
from afluente.core.connections import Stored
from afluente.core.documents import Statement
from afluente.dialects.flinks.render.accounts import last_four, numbers


def statements_by_account(
    accounts: Iterable[Stored[Account]],
    statements: Mapping[str, Sequence[Stored[Statement]]],
    documents: Mapping[str, bytes],
) -> list[dict[str, Any]]:
    """Return the statements of these accounts.

    `statements` are by account id, in the order they are to be shown in; `documents` are the files, by statement id:
    a statement that has none is left out. A card is named by its last four digits.
    """
    return [
        {
            "AccountNumber": numbers(account.record).account or last_four(account.record),
            "Statements": [
                _statement(one, documents[one.id]) for one in statements.get(account.id, ()) if one.id in documents
            ],
        }
        for account in accounts
    ]


def _statement(stored: Stored[Statement], document: bytes) -> dict[str, Any]:
    return {
        "UniqueId": stored.id.replace("-", "").upper(),
        "FileType": "PDF",
        "Base64Bytes": b64encode(document).decode("ascii"),
    }
