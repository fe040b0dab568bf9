from datetime import UTC, datetime

import pytest

from afluente.core.accounts import Account
from afluente.core.challenge import Ask
from afluente.core.documents import Consent, Resource
from afluente.core.outcome import Refused
from afluente.core.products import Product
from tests.connectors.scripted.teller import NOW, ListBank, balance, consented, enter, fetch, later, refusal

BANK = "sandbox-open-finance"
COMPANY = "sandbox-open-finance-business"
CPF = "761.092.776-73"
CNPJ = "11.222.333/0001-81"


def _of(kind: type, records: object) -> list:
    return [row for row in records if isinstance(row, kind)]


@pytest.mark.parametrize("cpf", ["761.092.776-74", "111.111.111-11", "", "12"])
def test_a_wrong_cpf_is_refused_before_anything_is_asked(cpf):
    """The check digits are verified, and a repeated digit is nobody's number."""
    assert refusal(BANK, {"cpf": cpf}).meaning == "login.credentials.tax-id"


def test_a_company_needs_both_numbers():
    """The business bank verifies the CNPJ too, and what is read is the company's."""
    assert refusal(COMPANY, {"cpf": CPF, "cnpj": "11.222.333/0001-82"}).meaning == "login.credentials.tax-id"
    left = consented(COMPANY, "approved:x", cnpj="11222333000181")
    (held,) = fetch(COMPANY, left, Product.HOLDER).records
    assert (held.document, held.document_kind) == (CNPJ, "CNPJ")


def test_the_user_is_sent_to_the_banks_page():
    """The only question is a redirect within our own origin, with a lifetime."""
    bank = ListBank("approved:maria")
    enter(BANK, {"cpf": CPF}, bank)
    (asked,) = bank.asked
    assert (asked.kind, asked.name, asked.url) == (Ask.REDIRECT, "consent", "/sandbox-bank/authorize")
    assert asked.lasts > 0


@pytest.mark.parametrize("answer", ["rejected", "rejected:maria", "", "maybe"])
def test_anything_but_an_approval_is_a_rejection(answer):
    """Success must be said in so many words."""
    assert refusal(BANK, {"cpf": CPF}, answer).meaning == "consent.rejected"


@pytest.mark.parametrize("name", ["approved", "approved:", "approved:somebody@example.com"])
def test_the_banks_page_lets_anybody_in(name):
    """The page's own login is not looked at: the CPF says who it is."""
    left = consented(BANK, name)
    assert fetch(BANK, left, Product.HOLDER).records[0].document == CPF


def test_who_logs_in_at_the_banks_page_can_be_one_who_fails():
    """Documented users and acts work on the page as they do in a form."""
    assert refusal(BANK, {"cpf": CPF}, "approved:user-unavailable").meaning == "institution.unavailable"
    assert refusal(BANK, {"cpf": CPF}, "approved:act+consent.revoked").meaning == "consent.revoked"
    assert refusal(BANK, {"cpf": CPF}, "approved:act+consent.revokt").meaning == "login.credentials"
    left = consented(BANK, "approved:act+product.quota-spent@transactions")
    with pytest.raises(Refused) as caught:
        fetch(BANK, left, Product.TRANSACTIONS)
    assert caught.value.meaning == "product.quota-spent"


def test_the_same_person_has_the_same_accounts_through_every_connection():
    """Two consents, given on different days by differently typed names, open the same accounts."""
    one = consented(BANK, "approved:a", cpf="76109277673")
    two = consented(BANK, "approved:b", now=later(40))
    keys = [
        [row.key for row in _of(Account, fetch(BANK, left, Product.ACCOUNTS, now=later(40)).records)]
        for left in (one, two)
    ]
    assert keys[0] == keys[1]


def test_the_same_person_has_other_accounts_at_another_bank():
    """Accounts belong to an institution, the person is the same."""
    here, there = consented(BANK, "approved:a"), consented("nubank-open-finance", "approved:a")
    first = fetch(BANK, here, Product.ACCOUNTS).records[0]
    second = fetch("nubank-open-finance", there, Product.ACCOUNTS).records[0]
    assert first.key != second.key
    assert first.owner == second.owner


def test_a_consent_lasts_a_year_and_then_opens_nothing():
    """The accounts bring the consent and what it declares; after a year it is expired."""
    left = consented(BANK, "approved:a")
    (consent,) = _of(Consent, fetch(BANK, left, Product.ACCOUNTS).records)
    assert consent.created_at == NOW
    assert consent.expires_at is not None
    assert datetime.fromtimestamp(consent.expires_at / 1000, UTC) == datetime(2027, 11, 23, 15, tzinfo=UTC)
    assert fetch(BANK, left, Product.ACCOUNTS, now=consent.expires_at - 1).records
    with pytest.raises(Refused) as caught:
        fetch(BANK, left, Product.ACCOUNTS, now=consent.expires_at)
    assert caught.value.meaning == "consent.expired"


def test_the_resources_are_what_is_fetched():
    """Every account, card, loan and investment is declared by the consent, under its own key."""
    left = consented(BANK, "approved:a")
    got = fetch(BANK, left, Product.ACCOUNTS).records
    declared = {row.key for row in _of(Resource, got)}
    fetched = {row.key for row in _of(Account, got)}
    fetched |= {row.key for row in _of(Account, fetch(BANK, left, Product.CARDS).records)}
    for product in (Product.LOANS, Product.INVESTMENTS):
        fetched |= {row.key for row in fetch(BANK, left, product).records}
    assert declared == fetched


def test_direct_banks_bring_no_consent():
    """Consents and resources are Open Finance's."""
    left = enter("xp", {"username": "user-ok", "password": "password-ok"}, ListBank())
    assert all(isinstance(row, Account) for row in fetch("xp", left, Product.ACCOUNTS).records)


def test_an_approved_joint_account_is_read_like_any_other():
    """All its holders agreed: nothing is missing and nothing is to be known."""
    got = fetch(BANK, consented(BANK, "approved:a", cpf="238.242.640-30"), Product.ACCOUNTS)
    assert got.findings == ()
    assert len(_of(Account, got.records)) == 2
    assert sorted(str(row.joint) for row in _of(Account, got.records)) == ["None", "together"]
    assert {row.status for row in _of(Resource, got.records)} == {"available"}


def test_a_refused_joint_account_is_left_out_and_named():
    """The other accounts come back, with a finding and a resource that say which one does not."""
    left = consented(BANK, "approved:a", cpf="051.177.670-55")
    got = fetch(BANK, left, Product.ACCOUNTS)
    (finding,) = got.findings
    assert finding.meaning == "product.pending-authorisation"
    assert finding.account_key not in {row.key for row in _of(Account, got.records)}
    assert _of(Account, got.records)
    (closed,) = [row.key for row in _of(Resource, got.records) if row.status == "unavailable"]
    assert closed == finding.account_key
    moved = {row.account_key for row in fetch(BANK, left, Product.TRANSACTIONS).records}
    assert closed not in moved
    with pytest.raises(Refused):
        balance(BANK, left, closed)
