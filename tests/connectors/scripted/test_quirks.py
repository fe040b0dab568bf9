"""Faults of the data, as the checks find them: each can be provoked at every kind of institution, and alone."""

from __future__ import annotations

import pytest

from afluente.connectors.scripted.acts import cast
from afluente.connectors.scripted.quirks import ASKS_LATER, UNASKED
from afluente.core.accounts import Account, Transaction
from afluente.core.challenge import Challenge
from afluente.core.clock import DAY
from afluente.core.connections import Stored
from afluente.core.documents import Statement
from afluente.core.holders import Holder
from afluente.core.investments import Investment
from afluente.core.loans import Loan
from afluente.core.products import Product, ProductState
from afluente.engine.records.identity import matched, renamed
from afluente.engine.records.storing import account_id, as_stored
from afluente.quality import Facts, Request, check, snapshot_of
from tests.connectors.scripted.teller import CONNECTOR, INSTITUTIONS, MEANINGS, NOW, ListBank, enter, right_answer, run

QUIRKS = sorted(cast().quirks)
DOORS = {
    "flinks-capital": "username",
    "chase": "username",
    "rbc-business": "username",
    "sandbox-bank-legacy": "username",
    "sandbox-business": "username",
    "erebor-mx-retail": "password",
    "gotham-br-business": "password",
    "nubank-open-finance": "consent",
}
"""One institution of each kind, and where its login can be told what shall happen."""

TOLD = {"product.consent-missing.extra-step", "session.window-in-use", "product.transactions.not-given"}
"""What the institution tells beside the data."""

BRINGS_ALONG = {
    "product.accounts.duplicate.id-changed": {"product.statements.missing"},
    "product.holder.name-missing": {"product.holder.incomplete"},
    "product.holder.verification-unavailable": {"product.holder.name-missing", "product.holder.incomplete"},
    "product.holder.address-missing": {"product.holder.incomplete"},
    "product.accounts.missing": {"product.accounts.no-checking"},
}
"""What is true beside a fault wherever it is: somebody without an address is somebody of whom something is missing."""


class KnowingBank(ListBank):
    """A bank whose user knows every answer."""

    async def ask(self, challenge: Challenge) -> str:
        """Write down the question and answer it."""
        self.asked.append(challenge)
        return right_answer(challenge)


class Visitor:
    """One connection that is synced: what it stores, as the engine would have it."""

    def __init__(self, slug: str, act: str | None = None) -> None:
        self.slug, self.institution = slug, INSTITUTIONS[slug]
        self.accounts: dict[str, Stored[Account]] = {}
        self.keys: dict[str, str] = {}
        self.movements: dict[str, dict[str, Stored[Transaction]]] = {}
        door = DOORS.get(slug, "username")
        name = f"act+{act}" if act else ""
        if door == "consent":
            self.left = enter(slug, {"cpf": "761.092.776-73"}, ListBank(f"approved:{name or 'user-ok'}"))
        elif door == "password":
            self.left = enter(slug, {"username": "ana", "password": name or "x"}, ListBank())
        elif self.institution.script.startswith("north"):
            self.left = enter(slug, {"username": name or "greatday_nomfa", "password": "Everyday"}, ListBank())
        else:
            self.left = enter(slug, {"username": name or "user-ok", "password": "password-ok"}, ListBank())

    def sync(self, now: int = NOW, **request: bool) -> set[str]:
        """Fetch everything and return what the checks and the institution say of it."""
        asked: list[str] = []
        kept: dict[type, list[object]] = {Holder: [], Loan: [], Investment: [], Statement: []}
        states: list[ProductState] = []
        told: set[str] = set()
        for product in self.institution.products:
            if product is Product.TRANSACTIONS and request.get("without_transactions"):
                continue
            bank = KnowingBank(now=now)
            got = run(CONNECTOR.fetch(bank, self.institution, self.left, product, None))
            asked += [challenge.name for challenge in bank.asked]
            told |= {finding.meaning for finding in got.findings}
            listed = [row for row in got.records if isinstance(row, Account)]
            anew = matched(
                [row for row in listed if account_id("one", row.key) not in self.accounts],
                [one.record for one in self.accounts.values() if one.record.key not in {row.key for row in listed}],
            )
            self.keys |= anew
            got = renamed(got, self.keys)
            states.append(ProductState(product, True, now, None, got.findings, recognised=tuple(anew.values())))
            for row in got.records:
                if isinstance(row, Account):
                    (one,) = as_stored("one", [row], now)
                    known = self.accounts.get(one.id)
                    self.accounts[one.id] = Stored(one.id, "one", None, row, known.created_at if known else now, now)
                elif isinstance(row, Transaction):
                    owner = account_id("one", row.account_key)
                    rows = self.movements.setdefault(owner, {})
                    rows[row.key] = Stored(row.key, "one", owner, row, now, now)
                elif type(row) in kept:
                    kept[type(row)].append(row)
            for key in got.accounts:
                self.movements.setdefault(account_id("one", key), {})
        facts = Facts(
            connection_id="one",
            now=now,
            country=self.institution.country,
            products=tuple(states),
            request=Request(asked_after_login=bool(asked), details=True, **request),
            holders=tuple(kept[Holder]),
            loans=tuple(kept[Loan]),
            investments=tuple(kept[Investment]),
            statements=tuple(account_id("one", row.account_key) for row in kept[Statement]),
        )
        movements = {owner: list(rows.values()) for owner, rows in self.movements.items()}
        found = check(snapshot_of(facts, self.accounts.values(), movements))
        return told | {finding.meaning for finding in found}


def provoked(slug: str, meaning: str) -> set[str]:
    """Return all that is found where one fault was asked for."""
    visitor = Visitor(slug, meaning)
    if meaning == UNASKED:
        return visitor.sync(without_transactions=True)
    found = visitor.sync()
    if meaning.endswith(("id-changed", "key-changed")):
        return visitor.sync(NOW + DAY) | found
    return found


@pytest.mark.parametrize("slug", [*DOORS, "sandbox-broker", "sandbox-acquirer", "flinks-capital-us", "desjardins"])
def test_data_without_a_quirk_has_no_faults(slug: str) -> None:
    """Nothing is found, today and on any of the coming days, where nothing was asked for."""
    for days in (0, 3, 8, 15):
        assert Visitor(slug).sync(NOW + days * DAY) == set()


@pytest.mark.parametrize("meaning", QUIRKS)
@pytest.mark.parametrize("slug", DOORS)
def test_each_fault_is_found_alone(slug: str, meaning: str) -> None:
    """What was asked for is found in the data, and nothing but what it brings along."""
    found = provoked(slug, meaning)
    assert meaning in found
    assert found - {meaning} <= BRINGS_ALONG.get(meaning, set())


def test_faults_are_all_in_the_catalogue() -> None:
    """A misspelt fault could be asked for by nobody."""
    assert set(QUIRKS) <= set(MEANINGS)
    assert ASKS_LATER in QUIRKS


def test_faults_can_be_joined() -> None:
    """Two faults asked for at once are both there."""
    found = Visitor("td", "product.holder.email-invalid,product.accounts.verification-unavailable").sync()
    assert found == {"product.holder.email-invalid", "product.accounts.verification-unavailable"}
