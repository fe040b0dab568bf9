import subprocess
import sys
from collections import defaultdict
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum.br import cnpj, cpf

from afluente.connectors.scripted import merchants
from afluente.core.accounts import AccountKind
from afluente.core.clock import DAY
from afluente.core.outcome import Refused
from afluente.core.products import Product
from tests.connectors.scripted.teller import INSTITUTIONS, NOW, balance, fetch, later, session

BANKS = ("sandbox-bank", "sandbox-business", "sandbox-broker", "sandbox-acquirer")
FIRST_DAY = 1_420_081_200_000
"""2015-01-01T03:00:00Z: local midnight of the day on which every account was opened."""


def _by_account(records):
    found = defaultdict(list)
    for row in records:
        found[row.account_key].append(row)
    return found


@pytest.mark.parametrize("slug", BANKS)
def test_a_balance_is_what_opened_the_account_and_all_that_moved(slug):
    """From the first day to now, each movement's balance follows from the one before, and the last is the account's."""
    left = session(slug)
    moved = _by_account(fetch(slug, left, Product.TRANSACTIONS, since=FIRST_DAY).records)
    for account in fetch(slug, left, Product.ACCOUNTS).records:
        rows = moved[account.key]
        assert rows[0].occurred_at < FIRST_DAY + 31 * DAY
        for before, after in pairwise(rows):
            assert after.balance_after == before.balance_after + after.amount
        opening = rows[0].balance_after - rows[0].amount
        assert opening + sum(row.amount for row in rows) == account.balance
        assert balance(slug, left, account.key).available == account.balance


@settings(max_examples=15, deadline=None)
@given(days=st.integers(1, 800), person=st.sampled_from(["user-ok", "person+ana", "user-ok-perf"]))
def test_the_past_does_not_change_as_time_goes_on(days, person):
    """What had been booked stays as it was, whatever the clock says later; pending is the only thing that passes."""
    left = session(user=person)
    since = NOW - 200 * DAY
    before = fetch("sandbox-bank", left, Product.TRANSACTIONS, since=since).records
    after = {
        row.key: row for row in fetch("sandbox-bank", left, Product.TRANSACTIONS, since=since, now=later(days)).records
    }
    assert len(after) > len(before)
    for row in before:
        if not row.pending:
            assert after[row.key] == row
        else:
            assert after[row.key].amount == row.amount


def test_the_same_visit_gives_the_same_records():
    """Nothing is drawn from the process or the hour."""
    left = session()
    for product in INSTITUTIONS["sandbox-bank"].products:
        assert fetch("sandbox-bank", left, product) == fetch("sandbox-bank", left, product)


def test_another_process_gives_the_same_records():
    """Python's own hashes differ between processes; the bank does not."""
    code = (
        "from tests.connectors.scripted.teller import *\n"
        "import hashlib, msgspec\n"
        "got = [fetch('sandbox-bank', session(), product) for product in INSTITUTIONS['sandbox-bank'].products]\n"
        "print(hashlib.sha256(msgspec.json.encode(got)).hexdigest())"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONPATH": ":".join((*sys.path, ".")), "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(printed) == 1


@pytest.mark.parametrize("slug", BANKS)
def test_a_year_is_fetched_when_nothing_is_said(slug):
    """The history is 365 days, and says from when it is."""
    got = fetch(slug, session(slug), Product.TRANSACTIONS)
    assert got.since is not None
    assert 365 * DAY <= NOW - got.since < 366 * DAY
    assert all(got.since <= row.occurred_at <= NOW for row in got.records)
    assert min(row.occurred_at for row in got.records) < got.since + 10 * DAY


def test_a_later_beginning_fetches_the_same_rows_and_no_others():
    """Asking from an instant leaves out what was before it, and changes nothing else."""
    left = session()
    since = NOW - 30 * DAY
    whole = fetch("sandbox-bank", left, Product.TRANSACTIONS).records
    part = fetch("sandbox-bank", left, Product.TRANSACTIONS, since=since)
    assert part.since == since
    assert sorted(row.key for row in part.records) == sorted(row.key for row in whole if row.occurred_at >= since)


@pytest.mark.parametrize("slug", BANKS)
def test_keys_are_unique(slug):
    """No two movements of an institution share a key."""
    rows = fetch(slug, session(slug), Product.TRANSACTIONS, since=FIRST_DAY).records
    assert len({row.key for row in rows}) == len(rows)


def test_the_future_is_not_told():
    """Moving the clock an hour over a day shows each movement only once it has happened."""
    left = session()
    for hour in range(0, 24, 5):
        now = NOW - NOW % DAY + hour * 3_600_000
        rows = fetch("sandbox-bank", left, Product.TRANSACTIONS, now=now, since=now - 3 * DAY).records
        assert all(row.occurred_at <= now for row in rows)


def test_only_what_is_recent_is_pending():
    """Something is pending somewhere in a week, and nothing that is older than two days."""
    left = session()
    pending = 0
    for day in range(7):
        now = later(day)
        rows = fetch("sandbox-bank", left, Product.TRANSACTIONS, now=now, since=now - 20 * DAY).records
        pending += sum(row.pending for row in rows)
        assert all(now - row.occurred_at <= 2 * DAY for row in rows if row.pending)
    assert pending


def test_movements_have_brazilian_ways_to_pay():
    """A year of a person has a salary, PIX both ways with both ends named, boletos with their figures, and TED."""
    rows = fetch("sandbox-bank", session(), Product.TRANSACTIONS).records
    methods = {row.payment.method for row in rows if row.payment}
    assert {"pix", "boleto", "ted", "tev"} <= methods
    assert sum(row.category == "income.salary" for row in rows) in (11, 12, 13)
    for row in rows:
        if row.payment and row.payment.method in ("pix", "ted", "boleto"):
            assert row.payment.payer and row.payment.receiver
            assert row.payment.payer.document and row.payment.receiver.document
        if row.payment and row.payment.slip:
            assert row.payment.slip.base == -row.amount
        if row.payment and row.payment.method == "pix":
            assert row.occurred_at % DAY != 3 * 3_600_000


def test_boletos_can_be_verified():
    """The typed line holds the barcode, with the check digit of each of its fields."""
    rows = fetch("sandbox-bank", session(), Product.TRANSACTIONS).records
    slips = [row.payment.slip for row in rows if row.payment and row.payment.slip]
    assert slips
    for slip in slips:
        line, bars = slip.digitable_line, slip.barcode
        assert (len(line), len(bars)) == (47, 44)
        assert bars == line[:4] + line[32:47] + line[4:9] + line[10:20] + line[21:31]
        assert int(bars[9:19]) == slip.base * 100
        for field in (line[:10], line[10:21], line[21:32]):
            assert _luhn(field) == 0


def _luhn(field: str) -> int:
    total = 0
    for place, digit in enumerate(reversed(field)):
        product = int(digit) * (1 + place % 2)
        total += product // 10 + product % 10
    return total % 10


def test_documents_are_valid():
    """Holders, relatives, other ends of payments and shops have numbers whose check digits hold."""
    for slug in ("sandbox-bank", "sandbox-business"):
        left = session(slug)
        (held,) = fetch(slug, left, Product.HOLDER).records
        assert (cpf if held.document_kind == "CPF" else cnpj).is_valid(held.document)
        assert all(cpf.is_valid(relation.document) for relation in held.relations)
        for row in fetch(slug, left, Product.TRANSACTIONS).records:
            ends = (row.payment.payer, row.payment.receiver) if row.payment else ()
            for end in ends:
                assert end is None or cpf.is_valid(end.document) or cnpj.is_valid(end.document)
            assert row.merchant is None or cnpj.is_valid(row.merchant.cnpj)


def test_every_seller_can_be_looked_up():
    """The list of sellers holds each one that a movement names, by the digits of its CNPJ."""
    known = merchants()
    named = {row.merchant for row in fetch("sandbox-bank", session(), Product.TRANSACTIONS).records if row.merchant}
    assert named
    assert all(known[cnpj.compact(seller.cnpj)] == seller for seller in named)
    assert len(known) == len({seller.cnpj for seller in known.values()})


def test_a_company_is_held_by_a_company():
    """A business bank's holder has a CNPJ and the accounts carry it."""
    left = session("sandbox-business")
    (held,) = fetch("sandbox-business", left, Product.HOLDER).records
    assert held.document_kind == "CNPJ"
    assert {row.tax_number for row in fetch("sandbox-business", left, Product.ACCOUNTS).records} == {held.document}


def test_a_person_has_a_checking_and_a_savings_account():
    """What a bank account shows beside its balance is there."""
    rows = fetch("sandbox-bank", session(), Product.ACCOUNTS).records
    assert [row.kind for row in rows] == [AccountKind.CHECKING, AccountKind.SAVINGS]
    assert all(row.bank is not None and row.bank.transfer_number for row in rows)
    assert all(row.card is None for row in rows)


def test_an_unknown_account_has_no_balance():
    """Asking for another's account is refused."""
    with pytest.raises(Refused) as caught:
        balance("sandbox-bank", session(), "checking-of-nobody")
    assert caught.value.meaning == "request.balance.not-found"


def test_each_account_has_a_statement_for_each_past_month():
    """Twelve months, the present one not among them, cards too."""
    rows = fetch("sandbox-bank", session(), Product.STATEMENTS).records
    months = _by_account(rows)
    assert len(months) == 3
    for found in months.values():
        assert [row.month for row in found][:2] == ["2026-10", "2026-09"]
        assert len(found) == 12


def test_many_movements_add_up_too():
    """The account made for large numbers keeps the same promises."""
    left = session(user="user-ok-perf-20x")
    rows = fetch("sandbox-bank", left, Product.TRANSACTIONS).records
    assert all(after.balance_after == before.balance_after + after.amount for before, after in pairwise(rows))
    assert all(row.amount != Decimal(0) for row in rows)
    (account,) = fetch("sandbox-bank", left, Product.ACCOUNTS).records
    assert rows[-1].balance_after == account.balance
