"""Every product, read with the service's own client, which refuses an answer that is not what it knows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

import httpx
import pytest
from pluggy_sdk.models import Account, Item, UpdateTransaction

from tests.journeys.pluggy import Pluggy
from tests.server import Server

pytestmark = [
    pytest.mark.journey,
    # the client says so of its own method; the endpoint is served until the service ends it
    pytest.mark.filterwarnings("ignore:GET /transactions is deprecated:DeprecationWarning"),
]


@pytest.fixture(scope="module")
def reader(shared_server: Server) -> Iterator[Pluggy]:
    """One program for this module: nothing here changes what the sandbox does."""
    program = Pluggy(shared_server)
    yield program
    program.close()


@pytest.fixture(scope="module")
def item(reader: Pluggy) -> Item:
    """A personal bank's item with every product."""
    return reader.connect(2)


@pytest.fixture(scope="module")
def shared(reader: Pluggy) -> Item:
    """An Open Finance item whose consent was given."""
    item = reader.connect(600, parameters={"cpf": "238.242.640-30"})
    reader.sandbox.own("POST", f"/sandbox/connections/{item.id}/answer", json={"value": "approved:user-ok"})
    return reader.rested(item.id)


def of_type(reader: Pluggy, item: Item, type_: str) -> list[Account]:
    """The item's accounts of one type."""
    return reader.accounts.accounts_list(item.id, type=type_).results


def test_accounts_are_listed_by_type_and_read_one_by_one(reader: Pluggy, item: Item) -> None:
    """The two types together are all accounts, and each reads alone as it does in the list."""
    every = reader.accounts.accounts_list(item.id)
    bank, credit = of_type(reader, item, "BANK"), of_type(reader, item, "CREDIT")
    assert (every.page, every.total_pages, every.total) == (1, 1, len(every.results))
    assert {account.id for account in bank} | {account.id for account in credit} == {a.id for a in every.results}
    assert {account.subtype for account in bank} == {"CHECKING_ACCOUNT", "SAVINGS_ACCOUNT"}
    assert {account.subtype for account in credit} == {"CREDIT_CARD"}
    for account in every.results:
        assert reader.accounts.accounts_retrieve(account.id) == account


def test_a_balance_is_asked_of_the_bank_just_now(reader: Pluggy, item: Item) -> None:
    """The balance of this moment carries its own time."""
    [checking] = [a for a in of_type(reader, item, "BANK") if a.subtype == "CHECKING_ACCOUNT"]
    balance = reader.accounts.account_balance_get(checking.id)
    assert balance.currency_code == "BRL"
    # this one date the client leaves as text
    assert datetime.fromisoformat(str(balance.update_date_time)) >= checking.updated_at


def test_a_card_has_its_limits_and_its_bills(reader: Pluggy, item: Item) -> None:
    """Bills are listed and read one by one, and a bill's purchases are found by its id."""
    [card] = of_type(reader, item, "CREDIT")
    assert card.credit_data is not None
    assert card.credit_data.credit_limit is not None
    assert card.credit_data.available_credit_limit is not None
    assert card.credit_data.available_credit_limit <= card.credit_data.credit_limit
    bills = reader.bills.bills_list(card.id).results
    assert bills
    for bill in bills:
        alone = reader.bills.bills_retrieve(bill.id)
        assert (alone.id, alone.total_amount) == (bill.id, bill.total_amount)
    bill = bills[0]
    purchases = reader.transactions.transactions_list(card.id, bill_id=bill.id).results
    assert purchases
    for purchase in purchases:
        assert purchase.credit_card_metadata is not None
        assert purchase.credit_card_metadata.bill_id == bill.id
    checking = of_type(reader, item, "BANK")[0]
    assert reader.bills.bills_list(checking.id).results == []


def test_transactions_are_read_page_by_page(reader: Pluggy, item: Item) -> None:
    """The numbered pages together hold every transaction once, newest first."""
    account = of_type(reader, item, "BANK")[0]
    first = reader.transactions.transactions_list(account.id, page_size=50)
    assert first.total_pages is not None
    assert first.total_pages > 1
    read = list(first.results)
    for number in range(2, int(first.total_pages) + 1):
        read += reader.transactions.transactions_list(account.id, page_size=50, page=number).results
    assert len(read) == first.total
    assert len({transaction.id for transaction in read}) == len(read)
    assert [t.var_date for t in read] == sorted((t.var_date for t in read), reverse=True)
    behind = reader.transactions.transactions_list(account.id, page_size=50, page=int(first.total_pages) + 1)
    assert behind.results == []


def test_transactions_are_read_behind_a_cursor(reader: Pluggy) -> None:
    """The cursor's pages hold exactly what the numbered ones do, in the same order."""
    item = reader.connect(2, parameters={"user": "user-ok-perf-13x", "password": "password-ok"})
    [account] = reader.accounts.accounts_list(item.id).results
    numbered = []
    for number in (1, 2, 3):
        numbered += reader.transactions.transactions_list(account.id, page=number).results
    assert len(numbered) > 1_000
    read, after = [], None
    while True:
        page = reader.transactions.transactions_list_by_cursor(account.id, after=after)
        read += page.results
        if page.next is None:
            break
        after = httpx.QueryParams(page.next.removeprefix("?"))["after"]
    assert [t.id for t in read] == [t.id for t in numbered]


def test_transactions_are_filtered_by_date_and_by_id(reader: Pluggy, item: Item) -> None:
    """Dates bound what is listed; a list of ids is exactly what comes back."""
    account = of_type(reader, item, "BANK")[0]
    page = reader.transactions.transactions_list(account.id)
    every = page.results
    middle = every[len(every) // 2].var_date.date()
    since = reader.transactions.transactions_list(account.id, var_from=middle.isoformat())
    assert 0 < len(since.results) < len(every)
    assert all(t.var_date.date() >= middle for t in since.results)
    # the client makes an instant of this one
    before = datetime.combine(middle, time(), UTC) - timedelta(milliseconds=1)
    until = reader.transactions.transactions_list_by_cursor(account.id, date_to=before)
    assert len(since.results) + len(until.results) == page.total
    wanted = [t.id for t in every[3:6]]
    assert [t.id for t in reader.transactions.transactions_list(account.id, ids=wanted).results] == wanted
    assert [t.id for t in reader.transactions.transactions_list_by_cursor(account.id, ids=wanted).results] == wanted


def test_a_transaction_is_filed_under_another_category(reader: Pluggy, item: Item) -> None:
    """The choice stays, also after the item is updated."""
    account = of_type(reader, item, "BANK")[0]
    transaction = reader.transactions.transactions_list(account.id).results[0]
    category = reader.categories.categories_retrieve("02030001")
    changed = reader.transactions.transactions_update(transaction.id, UpdateTransaction(categoryId=category.id))
    assert (changed.id, changed.category) == (transaction.id, category.description)
    reader.update(item.id)
    again = reader.transactions.transactions_retrieve(transaction.id)
    assert (again.category, again.amount) == (category.description, transaction.amount)


def test_statements_are_listed_and_fetched_by_their_addresses(reader: Pluggy, item: Item) -> None:
    """Each month's address needs no key, and what is behind it is a document."""
    account = of_type(reader, item, "BANK")[0]
    statements = reader.accounts.account_statements_list(account.id).results
    assert statements
    for statement in statements[:2]:
        document = httpx.get(statement.url)
        assert document.status_code == 200
        assert document.headers["content-type"] == "application/pdf"
        assert document.content.startswith(b"%PDF-")
        assert document.content.rstrip().endswith(b"%%EOF")


def test_investments_and_their_transactions_are_read(reader: Pluggy, item: Item) -> None:
    """Each investment reads alone as in the list, and has its own movements."""
    investments = reader.investments.investments_list(item.id)
    assert {investment.type for investment in investments.results} == {"FIXED_INCOME", "MUTUAL_FUND"}
    moved = 0
    for investment in investments.results:
        assert reader.investments.investments_retrieve(investment.id).balance == investment.balance
        # the client takes whole and broken numbers alike, and sends what it was given
        page = reader.investments.investment_transactions_list(investment.id, page_size=2.0, page=1)
        assert len(page.results) <= 2
        moved += int(page.total or 0)
    assert moved > 0
    funds = reader.investments.investments_list(item.id, type="MUTUAL_FUND").results
    assert funds
    assert {fund.type for fund in funds} == {"MUTUAL_FUND"}


def test_a_broker_has_investments_and_no_card(reader: Pluggy) -> None:
    """What a broker does not offer is not among its item's products."""
    item = reader.connect(16)
    assert "CREDIT_CARDS" not in (item.products or [])
    assert of_type(reader, item, "CREDIT") == []
    assert reader.investments.investments_list(item.id, type="EQUITY").results


def test_the_identity_is_read_by_item_and_by_its_own_id(reader: Pluggy, item: Item) -> None:
    """Both ways lead to the same person."""
    identity = reader.identity.identity_find_by_item(item.id)
    assert identity.full_name
    assert identity.document
    assert reader.identity.identity_retrieve(identity.id) == identity


def test_loans_are_listed_and_read_one_by_one(reader: Pluggy, item: Item) -> None:
    """A loan has its contract, its instalments and what was paid of it."""
    loans = reader.loans.loans_list(item.id).results
    assert loans
    for loan in loans:
        assert loan.contract_number
        assert reader.loans.loans_retrieve(loan.id) == loan


def test_a_consent_and_what_it_opens_are_read(reader: Pluggy, shared: Item) -> None:
    """The consent lasts a year; its resources are listed with how each stands, a page at a time."""
    [consent] = reader.consents.consents_list(shared.id).results
    assert reader.consents.consent_retrieve(consent.id) == consent
    assert consent.expires_at is not None
    assert timedelta(days=364) < consent.expires_at - consent.created_at < timedelta(days=367)
    resources = reader.items.items_resources(shared.id)
    assert {resource.type for resource in resources.results or []} >= {"ACCOUNT", "CREDIT_CARD_ACCOUNT"}
    one = reader.items.items_resources(shared.id, page_size=1, page=2)
    assert [r.resource_id for r in one.results or []] == [(resources.results or [])[1].resource_id]
    ready = reader.items.items_resources(shared.id, status="AVAILABLE").results or []
    assert {resource.status for resource in ready} == {"AVAILABLE"}


def test_an_item_without_a_consent_has_no_consents(reader: Pluggy, item: Item) -> None:
    """A direct connection declares nothing."""
    assert reader.consents.consents_list(item.id).results == []
    assert reader.items.items_resources(item.id).results == []


def test_the_central_banks_report_is_read_month_by_month(reader: Pluggy, shared: Item) -> None:
    """The months asked for are the months that are told."""
    report = reader.credit.items_retrieve_scr(shared.id, var_from="202601", to="202603")
    told = report.to_dict()
    assert told
    assert "202601" in str(told)
    assert "202603" in str(told)
    assert "202604" not in str(told)


def test_merchants_are_looked_up_by_their_number(reader: Pluggy, item: Item) -> None:
    """A merchant of a transaction is found, a number nobody has is not, and one that is no number is invalid."""
    known = None
    for account in reader.accounts.accounts_list(item.id).results:
        for transaction in reader.transactions.transactions_list(account.id).results:
            if transaction.merchant is not None and transaction.merchant.cnpj:
                known = transaction.merchant
    assert known is not None
    answer = reader.merchants.merchants_get_by_cnpj(f"{known.cnpj},00000000000191,11111111111111")
    assert answer.found_merchants is not None
    assert [merchant.cnpj for merchant in answer.found_merchants] == [known.cnpj]
    assert answer.not_found_merchants == ["00000000000191"]
    assert answer.invalid_cnpjs == ["11111111111111"]
