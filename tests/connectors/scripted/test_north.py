"""Canada and the United States: who can log in, what is asked, and what people and companies have there."""

from __future__ import annotations

import re
from base64 import b64decode
from collections import defaultdict
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum import luhn
from stdnum.ca import bn, sin
from stdnum.us import itin, rtn

from afluente.connectors.scripted import scenarios
from afluente.connectors.scripted.northerners import table
from afluente.core.accounts import AccountKind
from afluente.core.challenge import Ask
from afluente.core.clock import DAY, SECOND
from afluente.core.outcome import Refused
from afluente.core.products import Product
from tests.connectors.scripted.teller import (
    CONNECTOR,
    INSTITUTIONS,
    MEANINGS,
    NOW,
    ListBank,
    balance,
    enter,
    fetch,
    refusal,
    right_answer,
    run,
)

NORTH = sorted(slug for slug, row in INSTITUTIONS.items() if row.country in ("CA", "US"))
CANADA = [slug for slug in NORTH if INSTITUTIONS[slug].country == "CA"]
PASSWORD = "Everyday"
BANKS = ["flinks-capital", "rbc", "desjardins", "rbc-business", "chase", "chase-business", "flinks-capital-us"]


class AnsweringBank(ListBank):
    """A bank whose user gives the next answer of a list, and the right one when the list is over."""

    async def ask(self, challenge):
        """Write down the question and answer it."""
        self.asked.append(challenge)
        return self.answers.pop(0) if self.answers else right_answer(challenge)


def visit(slug="flinks-capital", user="greatday_nomfa", **more):
    """Return the session of somebody who is asked nothing, or knows what they are asked."""
    return enter(slug, {"username": user, "password": PASSWORD, **more}, AnsweringBank())


def asked(user, *answers, slug="flinks-capital", connection="one", **more):
    """Return what a login asks of a user."""
    bank = AnsweringBank(*answers)
    bank.connection_id = connection
    enter(slug, {"username": user, "password": PASSWORD, **more}, bank)
    return bank.asked


def by_account(rows):
    """Return movements by the key of their account."""
    found = defaultdict(list)
    for row in rows:
        found[row.account_key].append(row)
    return found


def test_the_documented_institutions_are_there():
    """Each Canadian institution of the published table, with user name and password alone."""
    known = {
        "flinks-capital", "bmo", "desjardins", "rbc", "td", "cibc", "scotiabank", "national", "tangerine", "meridian",
        "coast-capital", "vancity", "simplii", "eq-bank", "servus", "pc-financial", "american-express-ca",
        "rogers-bank", "atb", "hsbc-ca", "laurentienne",
    }  # fmt: skip
    assert known <= set(CANADA)
    assert all([field.name for field in INSTITUTIONS[slug].fields] == ["username", "password"] for slug in NORTH)
    assert all(field.pattern is None for slug in NORTH for field in INSTITUTIONS[slug].fields)


@pytest.mark.parametrize("name", ["Greatday", "GreatDay", "greatday", "GREATDAY"])
def test_user_names_are_told_without_regard_to_case(name):
    """However it is written, it is the same person with the same accounts."""
    assert visit(user=name)["person"] == visit()["person"] == "john-doe"


@pytest.mark.parametrize(
    ("user", "meaning"),
    [
        ("test_disabled_account", "login.locked"),
        ("test_service_unavailable", "institution.unavailable.retry-later"),
        ("test_new_account", "login.needs-action.first-access"),
        ("test_maintenance", "institution.unavailable.maintenance"),
        ("nobody_at_all", "login.credentials.username"),
        ("user-locked", "login.credentials"),
        ("act+no.such-meaning", "login.credentials.username"),
    ],
)
@pytest.mark.parametrize("slug", ["flinks-capital", "td", "wells-fargo"])
def test_documented_users_fail_as_documented(slug, user, meaning):
    """With the right password; nobody is known by another name, or by the password of another list."""
    assert refusal(slug, {"username": user, "password": PASSWORD}).meaning == meaning


@pytest.mark.parametrize("user", ["greatday", "greatday_nomfa", "test_pending", "test_disabled_account", "person+ana"])
def test_a_wrong_password_is_refused_credentials(user):
    """Whoever it is, and before anything is asked."""
    assert refusal("flinks-capital", {"username": user, "password": "everyday"}).meaning == "login.credentials"


def test_users_known_everywhere_are_known_here():
    """The general users come with their own password."""
    assert refusal("rbc", {"username": "user-locked", "password": "password-ok"}).meaning == "login.locked"
    assert enter("rbc", {"username": "user-ok", "password": "password-ok"}, ListBank())["person"] == "user-ok"


@settings(max_examples=30, deadline=None)
@given(connection=st.uuids(), slug=st.sampled_from(["flinks-capital", "flinks-capital-us", "rbc"]))
def test_one_question_is_asked_at_a_time(connection, slug):
    """One of the country's three, the same whenever the conversation begins again."""
    first = asked("greatday", slug=slug, connection=str(connection))
    assert first == asked("greatday", slug=slug, connection=str(connection))
    (question,) = first
    assert question.kind is Ask.TEXT and question.beside == ()
    if INSTITUTIONS[slug].country == "US":
        assert re.fullmatch(r"How much is \d \+ \d\?", question.label)
    else:
        assert question.label.startswith("What ")


def test_all_three_questions_are_asked_of_somebody():
    """Which one it is depends on the connection."""
    prompts = {asked("greatday", connection=f"c{number}")[0].label for number in range(20)}
    assert len(prompts) == 3


@pytest.mark.parametrize("answer", ["montreal", " Montréal ", "MONTREAL"])
def test_answers_are_told_without_regard_to_case_and_accents(answer):
    """As people type them."""
    connection = next(f"c{n}" for n in range(20) if "born" in asked("greatday", connection=f"c{n}")[0].label)
    assert asked("greatday", answer, connection=connection)
    with pytest.raises(Refused) as caught:
        asked("greatday", "Toronto", connection=connection)
    assert caught.value.meaning == "mfa.wrong"


def test_prompts_are_french_where_the_session_is():
    """They begin as clients expect of French ones."""
    for number in range(8):
        (question,) = asked("greatday", connection=f"c{number}", language="fr")
        assert re.match(r"(Où|Quel|Quelle) ", question.label)
    (chosen,) = asked("test_multiple_choice", "Toronto", language="fr")
    assert chosen.label.startswith("Dans ")


@pytest.mark.parametrize(
    ("user", "answers", "kinds"),
    [
        ("test_multiple_choice", ["Toronto"], [Ask.SELECT]),
        ("test_multiple_choice", ["2"], [Ask.SELECT]),
        ("test_multiple_answers", ["Savings\nChequing"], [Ask.SELECT]),
        ("test_multiple_answers", ["1\n2"], [Ask.SELECT]),
        ("test_image_selection", ["2"], [Ask.SELECT]),
        ("test_text_or_call", ["1\ncall", "123456"], [Ask.SELECT, Ask.NUMBER]),
        ("test_two_steps", ["(***) ***-0142\ntext", "123456"], [Ask.SELECT, Ask.NUMBER]),
        ("test_two_questions", ["Montreal", "Canada"], [Ask.TEXT, Ask.TEXT]),
        ("test_three_questions", ["Montreal", "Canada", "Triangle"], [Ask.TEXT, Ask.TEXT, Ask.TEXT]),
        ("test_new_questions", ["1\nRex"], [Ask.TEXT]),
    ],
)
def test_every_kind_of_question_is_asked_of_a_user(user, answers, kinds):
    """The documented answers open the door; one that is wrong at the end does not."""
    assert [challenge.kind for challenge in asked(user, *answers)] == kinds
    with pytest.raises(Refused) as caught:
        asked(user, *answers[:-1], "wrong")
    assert caught.value.meaning == "mfa.wrong"


def test_questions_of_one_page_name_each_other():
    """So that whoever can show them together asks for all the answers at once."""
    first, second, third = asked("test_three_questions")
    assert [challenge.label for challenge in first.beside] == [second.label, third.label]
    assert [challenge.label for challenge in second.beside] == [third.label]
    assert third.beside == ()


def test_choices_say_how_they_are_answered():
    """Several options, ways to send a code, pictures and new questions are marked as what they are."""
    assert asked("test_multiple_answers", "1\n2")[0].several
    assert asked("test_text_or_call", "1", "123456")[0].ways == ("text", "call")
    pictures = [option.image for option in asked("test_image_selection", "2")[0].options]
    assert len(set(pictures)) == 4
    assert all(b64decode(picture, validate=True).startswith(b"\x89PNG") for picture in pictures)
    assert [option.value for option in asked("test_new_questions", "1\nx")[0].options] == ["1", "2", "3"]


def test_one_attempt_is_the_last():
    """A wrong answer of this user cannot be mended."""
    with pytest.raises(Refused) as caught:
        asked("test_one_attempt", "wrong")
    assert caught.value.meaning == "mfa.wrong.final"


def waited(user, product):
    """Return the seconds that the bank takes for a product, and what it asks."""
    bank = AnsweringBank()
    got = run(CONNECTOR.fetch(bank, INSTITUTIONS["flinks-capital"], visit(user=user), product, None))
    assert got.records
    return bank.waited / SECOND, [challenge.name for challenge in bank.asked]


@pytest.mark.parametrize(
    ("user", "slow", "seconds"),
    [
        ("test_pending", Product.ACCOUNTS, 30),
        ("test_dispatched", Product.ACCOUNTS, 240),
        ("test_details_pending", Product.TRANSACTIONS, 30),
        ("test_statements_pending", Product.STATEMENTS, 30),
    ],
)
def test_slow_banks_take_their_time_for_one_product(user, slow, seconds):
    """The rest is there at once."""
    times = {product: waited(user, product)[0] for product in INSTITUTIONS["flinks-capital"].products}
    assert times == {product: seconds if product is slow else 0 for product in times}


def test_a_question_can_come_after_the_login():
    """The login asks nothing; the accounts are given for an answer, and the rest without one."""
    assert asked("test_mfa_later") == []
    assert waited("test_mfa_later", Product.ACCOUNTS) == (0, ["answer"])
    assert waited("test_mfa_later", Product.TRANSACTIONS) == (0, [])


def test_a_bank_can_refuse_its_summary_page():
    """The login goes well, and nothing can be read."""
    left = visit(user="test_summary_refused")
    for product in INSTITUTIONS["flinks-capital"].products:
        with pytest.raises(Refused) as caught:
            fetch("flinks-capital", left, product)
        assert caught.value.meaning == "institution.summary-refused"


def test_two_sessions_at_once_are_one_too_many():
    """The second connection's login is refused while the first one's session lasts."""
    bank = AnsweringBank()
    credentials = {"username": "test_concurrent", "password": PASSWORD}
    enter("flinks-capital", credentials, bank)
    bank.connection_id = "another"
    with pytest.raises(Refused) as caught:
        enter("flinks-capital", credentials, bank)
    assert caught.value.meaning == "login.other-session.concurrent"
    bank.now += 121 * SECOND
    assert enter("flinks-capital", credentials, bank)


@pytest.mark.parametrize(("answer", "declined"), [("1", False), ("2", True), ("I consent", False), ("Not now", True)])
def test_desjardins_wants_a_consent_beside_the_login(answer, declined):
    """The login goes on without it, and the accounts say that it is missing."""
    bank = AnsweringBank("Montreal", answer)
    bank.connection_id = next(f"c{n}" for n in range(20) if "born" in asked("greatday", connection=f"c{n}")[0].label)
    left = enter("desjardins", {"username": "greatday", "password": PASSWORD}, bank)
    assert bank.asked[-1].name == "extra_consent"
    told = [finding.meaning for finding in fetch("desjardins", left, Product.ACCOUNTS).findings]
    assert told == (["product.consent-missing.extra-step"] if declined else [])
    assert [challenge.name for challenge in asked("greatday")] == ["answer"]


def test_john_doe_is_as_documented():
    """Name, address, telephone, e-mail, and the account with its three numbers and three figures."""
    left = visit()
    (held,) = fetch("flinks-capital", left, Product.HOLDER).records
    (place,) = held.addresses
    assert held.name == "John Doe"
    assert (place.street, place.city, place.state, place.postal_code, place.country) == (
        "1275 avenue des Canadiens-de-Montréal", "Montréal", "QC", "H3B 5E8", "CA",
    )  # fmt: skip
    assert [phone.value for phone in held.phones] == ["(514) 333-7777"]
    assert [email.value for email in held.emails] == ["johndoe@flinks.io"]
    account = fetch("flinks-capital", left, Product.ACCOUNTS).records[0]
    assert (account.name, account.number, account.currency) == ("Chequing CAD", "1111000", "CAD")
    assert account.bank.transfer_number == "777/77777/1111000"
    figures = (account.bank.available, account.balance, account.bank.overdraft_limit)
    assert figures == (Decimal("6.04"), Decimal("49993.96"), Decimal("5000.00"))


@settings(max_examples=20, deadline=None)
@given(hours=st.integers(0, 24 * 500))
def test_john_doe_s_balance_is_the_same_at_every_instant(hours):
    """Each day ends with the balance that it began with, and the movements lead there."""
    left, now = visit(), NOW + hours * 3600 * SECOND
    account = fetch("flinks-capital", left, Product.ACCOUNTS, now=now).records[0]
    rows = by_account(fetch("flinks-capital", left, Product.TRANSACTIONS, now=now, since=now - 40 * DAY).records)
    assert account.balance == Decimal("49993.96") == rows[account.key][-1].balance_after


def test_there_are_movements_and_statements_for_two_accounts():
    """In the past 90 days and before them, and for each account a year of statements."""
    left = visit()
    rows = by_account(fetch("flinks-capital", left, Product.TRANSACTIONS).records)
    for account in fetch("flinks-capital", left, Product.ACCOUNTS).records:
        recent = [row for row in rows[account.key] if row.occurred_at >= NOW - 90 * DAY]
        assert 0 < len(recent) < len(rows[account.key])
    assert len(rows) == 3
    months = by_account(fetch("flinks-capital", left, Product.STATEMENTS).records)
    assert [len(found) for found in months.values()] == [12, 12, 12]


@pytest.mark.parametrize("slug", BANKS)
@pytest.mark.parametrize("user", ["greatday_nomfa", "person+ana", "company+acme"])
def test_each_movement_leads_from_one_balance_to_the_next(slug, user):
    """And the last one to the balance of the account, of which nothing is pending."""
    left = visit(slug, user)
    rows = by_account(fetch(slug, left, Product.TRANSACTIONS, since=NOW - 100 * DAY).records)
    for account in fetch(slug, left, Product.ACCOUNTS).records:
        moved = rows[account.key]
        assert len(moved) > 5
        assert not any(row.pending for row in moved)
        for before, after in pairwise(moved):
            assert after.balance_after == before.balance_after + after.amount
        assert moved[-1].balance_after == account.balance == balance(slug, left, account.key).available
        assert {row.currency for row in moved} == {account.currency}


@settings(max_examples=40, deadline=None)
@given(name=st.from_regex(r"[a-z]{1,12}", fullmatch=True), slug=st.sampled_from(BANKS), company=st.booleans())
def test_numbers_of_people_and_accounts_are_valid(name, slug, company):
    """Tax numbers pass their authorities' checks, transit and account have their digits, routing numbers their sum."""
    left = visit(slug, f"{'company' if company else 'person'}+{name}")
    (held,) = fetch(slug, left, Product.HOLDER).records
    place = held.addresses[0]
    if INSTITUTIONS[slug].country == "CA":
        valid = bn.is_valid(held.document) if held.document_kind == "BN" else sin.is_valid(held.document)
        assert re.fullmatch(r"[A-Z]\d[A-Z] \d[A-Z]\d", place.postal_code)
        form = r"\d{3}/\d{5}/\d{7}"
    else:
        valid = held.document_kind == "EIN" or itin.is_valid(held.document)
        assert re.fullmatch(r"\d{5}", place.postal_code)
        form = r"\d{9}/\d{7}"
    assert valid
    assert re.fullmatch(r"\(\d{3}\) 555-01\d\d", held.phones[0].value)
    for account in fetch(slug, left, Product.ACCOUNTS).records:
        assert re.fullmatch(form, account.bank.transfer_number)
        assert account.bank.transfer_number.endswith(account.number)
        if INSTITUTIONS[slug].country == "US":
            assert rtn.is_valid(account.bank.transfer_number.partition("/")[0])


def test_published_numbers_are_valid():
    """Routing numbers have the right last digit, institution numbers three of them."""
    assert all(rtn.is_valid(number) for number in table().routing.values())
    assert all(re.fullmatch(r"\d{3}", number) for number in table().numbers.values())
    assert {*table().numbers, *table().routing} <= set(NORTH)


def test_companies_are_told_from_people():
    """At a bank for both, and at one for companies alone; a person has no founding date."""
    for slug, user in (("rbc", "company+acme"), ("rbc-business", "greatday_nomfa"), ("chase", "company+acme")):
        left = visit(slug, user)
        (held,) = fetch(slug, left, Product.HOLDER).records
        assert held.incorporated_on is not None and held.birth_date is None
        kinds = [row.kind for row in fetch(slug, left, Product.ACCOUNTS).records]
        assert kinds == [AccountKind.CHECKING, AccountKind.SAVINGS]
    (person,) = fetch("rbc", visit("rbc"), Product.HOLDER).records
    assert person.incorporated_on is None


def test_issuers_of_cards_have_cards_alone():
    """No account with a bank, and the card is of their own brand."""
    left = visit("american-express-ca")
    assert Product.ACCOUNTS not in INSTITUTIONS["american-express-ca"].products
    card = fetch("american-express-ca", left, Product.CARDS).records[0]
    assert card.card.brand == "AMERICAN EXPRESS"


@pytest.mark.parametrize(
    ("slug", "user", "words"),
    [
        ("td", "person+ana", ("PAYROLL DEPOSIT", "INTERAC E-TRANSFER SENT", "PRE-AUTHORIZED DEBIT", "NSF FEE", "ABM")),
        ("td-business", "person+ana", ("EFT CREDIT", "EFT DEBIT", "GST/HST REMITTANCE", "MERCHANT CARD DEPOSIT")),
        ("chase", "person+ana", ("DIRECT DEP", "ZELLE TO", "ACH DEBIT", "ATM WITHDRAWAL")),
    ],
)
def test_statements_speak_as_the_country_does(slug, user, words):
    """Years of a person or a company have each of the country's ways to pay."""
    rows = fetch(slug, visit(slug, user), Product.TRANSACTIONS, since=NOW - 6 * 365 * DAY).records
    texts = [row.description for row in rows]
    assert all(any(word in text for text in texts) for word in words)
    assert not any("{" in text for text in texts)


def test_wages_come_every_other_friday():
    """A payroll of the region: 26 or 27 a year, two weeks apart."""
    rows = fetch("td", visit("td", "person+ana"), Product.TRANSACTIONS).records
    days = [row.occurred_at for row in rows if row.category == "income.salary"]
    assert len(days) in (26, 27)
    assert {after - before for before, after in pairwise(days)} == {14 * DAY}


def test_a_returned_debit_costs_a_fee():
    """What could not be taken is given back on the same day, and the fee is beside it."""
    rows = fetch("td", visit("td", "person+ana"), Product.TRANSACTIONS, since=NOW - 6 * 365 * DAY).records
    fees = [number for number, row in enumerate(rows) if row.operation == "returned_fee"]
    assert fees
    for number in fees:
        taken, back, fee = rows[number - 2 : number + 1]
        assert taken.amount == -back.amount and fee.amount == Decimal("-48.00")
        assert taken.occurred_at == back.occurred_at == fee.occurred_at


def test_what_is_saved_and_borrowed_has_the_country_s_names():
    """Registered plans in Canada, retirement accounts in the United States, mortgages and lines of credit."""
    names = {
        slug: {row.name for row in fetch(slug, visit(slug), Product.INVESTMENTS).records}
        | {row.product_name for row in fetch(slug, visit(slug), Product.LOANS).records}
        for slug in ("bmo", "chase")
    }
    assert {"TFSA", "RRSP", "Mortgage", "Personal Line of Credit"} <= names["bmo"]
    assert {"Roth IRA", "Home Mortgage", "Auto Loan"} <= names["chase"]
    for row in fetch("bmo", visit("bmo"), Product.LOANS).records:
        assert row.currency == "CAD" and 0 < row.outstanding <= row.contract_amount
        assert row.ipoc is None and row.consignee_cnpj is None


def test_an_exposed_number_is_a_card_s():
    """The fault is a number that passes the check of card numbers."""
    left = visit("bmo", "act+product.accounts.card-number-exposed")
    card = fetch("bmo", left, Product.CARDS).records[0]
    assert len(card.number) == 16 and luhn.is_valid(card.number)


def test_every_way_is_listed():
    """Users, faults, and what comes of sessions and documents, each with a meaning of the catalogue."""
    listed = scenarios()
    told = {scenario.meaning for scenario in listed}
    assert told - {None} <= set(MEANINGS)
    assert {
        "mfa.asked", "progress.details", "session.expired", "success", "login.credentials.username", "login.abandoned",
        "login.credentials", "login.needs-action.first-access", "login.locked", "institution.unavailable.retry-later",
        "mfa.wrong", "mfa.unknown-question", "institution.summary-refused", "progress", "progress.dispatched",
        "success.statements", "success.score", "session.unknown", "login.other-session.concurrent",
        "progress.statements", "institution.unavailable.maintenance", "progress.documents",
        "progress.documents.reading", "documents.rejected", "documents.partly-rejected", "success.created",
    } <= told  # fmt: skip
    assert len([scenario for scenario in listed if scenario.value.startswith("act+product.")]) >= 30
