from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping

import pytest

from afluente.catalogue import Catalogue
from afluente.connectors.scripted import scenarios
from afluente.connectors.scripted.acts import cast
from afluente.core.challenge import Ask
from afluente.core.clock import DAY, MINUTE, SECOND
from afluente.core.outcome import Refused
from afluente.core.ports import Session
from afluente.core.products import Product
from tests.connectors.scripted.teller import (
    CONNECTOR,
    INSTITUTIONS,
    MEANINGS,
    NOW,
    ListBank,
    enter,
    fetch,
    later,
)

BANK = "erebor-mx-retail"
GUESTS = sorted(slug for slug, institution in INSTITUTIONS.items() if institution.script.startswith("guest"))
USER_NAME = re.compile(r"[a-zA-Z0-9_]{1,16}")

BELVO_ROWS = {
    "unexpected_error": "act_unexpected",
    "activation_failed": "act_act_failed",
    "institution_down": "act_down",
    "institution_inactive": "act_inactive",
    "institution_unavailable": "act_unavailable",
    "too_many_sessions": "act_sessions",
    "activation_required": "act_act_needed",
    "request_timeout": "act_timeout",
}
"""Codes that nothing but the institution's side brings about, and who provokes each."""

LOGIN_ERRORS = {
    "act_mfa_unsup": "login.unsupported.mfa",
    "act_rejected": "institution.connection.rejected",
    "act_missing": "login.credentials.missing",
    "act_forbidden1": "institution.connection.rejected.access",
    "act_forbidden2": "institution.connection.rejected.account",
    "act_locked": "login.locked",
    "user_invalid": "login.credentials",
}
"""The sentences of the one code for logins, by who provokes each."""


def came(bank: ListBank, user: str, password: str = "any", slug: str = BANK, **more: str) -> str:
    """Log in and return what it ended in."""
    try:
        enter(slug, {"username": user, "password": password, **more}, bank)
    except Refused as refused:
        return refused.meaning
    return "in"


def left_by(user: str, password: str = "any", slug: str = BANK, *answers: str) -> Session:
    """Return the session of a login that goes well."""
    return enter(slug, {"username": user, "password": password}, ListBank(*answers))


def counts(visit: Session, slug: str = BANK) -> dict[str, int]:
    """How many records each product has."""
    return {str(product): len(fetch(slug, visit, product).records) for product in INSTITUTIONS[slug].products}


@pytest.mark.parametrize("slug", [slug for slug in GUESTS if "token" not in INSTITUTIONS[slug].script])
def test_any_pair_that_fits_the_form_opens_the_door(slug: str) -> None:
    """Where everybody is let in, an unknown user name is a new person with data of its own."""
    one, other = left_by("somebody", "x", slug), left_by("another_one", "y", slug)
    assert one["person"] != other["person"]
    product = next(p for p in INSTITUTIONS[slug].products if p is not Product.HOLDER)
    assert fetch(slug, one, product).records != fetch(slug, other, product).records


def test_documented_people_have_what_is_documented() -> None:
    """Full, none, few, and balances below nothing; with another password each is an ordinary guest."""
    full, none, low = (counts(left_by(*pair)) for pair in (("bnk100", "full"), ("bnk101", "nodata"), ("bnk102", "low")))
    assert full["accounts"] == 2 and full["cards"] > 1 and full["transactions"] > 500
    assert set(none.values()) == {0}
    assert low["accounts"] == 1 and low["cards"] == 0 and 0 < low["transactions"] < full["transactions"] / 5
    owing = left_by("bnk103", "negative")
    assert all(row.balance < 0 for row in fetch(BANK, owing, Product.ACCOUNTS).records)
    moved = fetch(BANK, owing, Product.TRANSACTIONS).records
    assert all(row.balance_after < 0 for row in moved if row.balance_after is not None)
    assert counts(left_by("bnk101", "full"))["accounts"] == 2


def test_few_data_stay_few_when_more_is_asked() -> None:
    """Somebody with a month of history has no more of it for who asks further back."""
    visit = left_by("bnk102", "low")
    asked = fetch(BANK, visit, Product.TRANSACTIONS, since=NOW - 300 * DAY).records
    assert asked and min(row.occurred_at for row in asked) > NOW - 32 * DAY


@pytest.mark.parametrize("slug", GUESTS)
def test_the_documented_wrong_pair_is_refused_everywhere(slug: str) -> None:
    """It is nobody's account, so it is never locked either."""
    bank = ListBank("111111")
    assert [came(bank, "user_invalid", "pass_invalid", slug) for _ in range(5)] == ["login.credentials"] * 5


@pytest.mark.parametrize(("user", "meaning"), LOGIN_ERRORS.items())
def test_every_sentence_of_a_refused_login_has_its_user(user: str, meaning: str) -> None:
    """The short user names end as their rows say, whatever the password."""
    assert came(ListBank(), user) == meaning
    assert came(ListBank(), user, "other") == meaning


@pytest.mark.parametrize(("code", "user"), BELVO_ROWS.items())
def test_every_code_of_the_institutions_side_has_its_user(code: str, user: str) -> None:
    """What a user's meaning is called on the wire is the row's code."""
    word = Catalogue().word("belvo", "error", came(ListBank(), user))
    assert word.code == code


def test_every_guest_can_be_typed_and_every_meaning_exists() -> None:
    """A name that the form turns away provokes nothing; those longer are numbers of people."""
    for name, user in cast().guests.items():
        assert USER_NAME.fullmatch(name) or len(name) == 18
        assert {*filter(None, [user.fails]), *user.products.values(), *user.once.values()} <= set(MEANINGS)
    listed = {scenario.value for scenario in scenarios()}
    assert {"act_down", "bnk_volume", "bnk100 / full", "111111"} <= listed


def test_guests_are_nobody_where_guests_are_not_let_in() -> None:
    """The other institutions refuse them as they refuse every unknown user."""
    assert came(ListBank(), "bnk100", "full", "sandbox-bank-legacy") == "login.credentials"
    assert came(ListBank(), "act_locked", "any", "sandbox-bank-legacy") == "login.credentials"


# -- What the bank remembers


def test_three_wrong_passwords_lock_the_account_for_a_day() -> None:
    """The right password does not help before the day is over; then it does."""
    bank = ListBank()
    assert [came(bank, "user_valid", f"pass_invalid{n}") for n in range(3)] == ["login.credentials"] * 3
    assert came(bank, "user_valid", "pass_valid") == "login.locked"
    bank.now += DAY - 1
    assert came(bank, "user_valid", "pass_valid") == "login.locked"
    bank.now += 1
    assert came(bank, "user_valid", "pass_valid") == "in"


def test_wrong_passwords_count_only_in_a_row() -> None:
    """A login that went well makes the bank forget the ones before."""
    bank = ListBank()
    for _ in range(3):
        assert [came(bank, "ana", f"pass_invalid{n}") for n in range(2)] == ["login.credentials"] * 2
        assert came(bank, "ana", "right") == "in"


def test_wrong_passwords_count_only_within_a_day() -> None:
    """The third, more than a day after the first, locks nothing."""
    bank = ListBank()
    for _ in range(5):
        assert came(bank, "ana", "pass_invalid") == "login.credentials"
        bank.now += 13 * 60 * MINUTE
    assert came(bank, "ana", "right") == "in"


def test_one_users_lock_is_not_anothers() -> None:
    """Everybody has a count of their own."""
    bank = ListBank()
    for n in range(3):
        came(bank, "ana", f"pass_invalid{n}")
    assert (came(bank, "ana", "x"), came(bank, "rui", "x")) == ("login.locked", "in")


def test_one_session_at_a_time() -> None:
    """Another connection is turned away while the session lasts; the one that has it may come again."""
    bank = ListBank()
    assert came(bank, "bnk_one_session") == "in"
    assert came(bank, "bnk_one_session", "again") == "in"
    bank.connection_id = "another"
    assert came(bank, "bnk_one_session") == "login.other-session.concurrent"
    bank.now += 2 * MINUTE
    assert came(bank, "bnk_one_session") == "in"


def test_of_two_logins_one_is_refused_at_random() -> None:
    """At the same moment or not: one is turned away, the next let in."""
    bank = ListBank()
    assert [came(bank, "bnk_random") for _ in range(4)] == ["institution.connection.rejected", "in"] * 2


def test_many_logins_in_a_second_lock_the_account() -> None:
    """Three are let in, the fourth locks; spread over seconds they are all well."""
    bank = ListBank()
    assert [came(bank, "bnk_quick") for _ in range(4)] == ["in", "in", "in", "login.locked"]
    bank.now += MINUTE
    assert came(bank, "bnk_quick") == "login.locked"
    slow = ListBank()
    for _ in range(8):
        assert came(slow, "bnk_quick") == "in"
        slow.now += SECOND


def test_an_account_is_activated_once() -> None:
    """CVV and PIN are asked in turn; once they were right nothing is asked any more."""
    bank = ListBank("123", "1234")
    assert came(bank, "act_activate") == "in"
    assert [(asked.name, asked.pattern) for asked in bank.asked] == [("cvv", r"^\d{3}$"), ("pin", r"^\d{4}$")]
    assert came(bank, "act_activate") == "in"
    assert len(bank.asked) == 2


@pytest.mark.parametrize("answers", [("321", "1234"), ("123", "4321")])
def test_a_wrong_cvv_or_pin_activates_nothing(answers: tuple[str, str]) -> None:
    """It is said so, and the next login asks again."""
    bank = ListBank(*answers, "123", "1234")
    assert came(bank, "act_activate") == "login.needs-action.activation.failed"
    assert came(bank, "act_activate") == "in"


def test_a_great_account_times_out_once_and_then_ends() -> None:
    """More than 2,000 movements a month: the first fetch takes too long, the next goes on and has them all."""
    bank = ListBank()
    visit = enter(BANK, {"username": "bnk_volume", "password": "x"}, bank)

    def movements(since: int | None = None) -> int:
        fetched = CONNECTOR.fetch(bank, INSTITUTIONS[BANK], visit, Product.TRANSACTIONS, since)
        return len(asyncio.run(fetched).records)

    with pytest.raises(Refused) as caught:
        movements()
    assert caught.value.meaning == "institution.connection.timeout"
    assert movements() / 12 > 2_000
    assert movements(NOW - 7 * DAY) > 0
    with pytest.raises(Refused):
        movements()


@pytest.mark.parametrize("count", [1, 30])
def test_as_many_movements_as_are_asked_for(count: int) -> None:
    """The number in the user name is the number of hundreds, in pesos as in reais."""
    for slug in (BANK, "erebor-cl-retail"):
        rows = fetch(slug, left_by(f"bnk_perf_{count}x", "x", slug), Product.TRANSACTIONS).records
        assert len(rows) == count * 100
        assert {row.currency for row in rows} == {"MXN" if slug == BANK else "CLP"}


# -- Logins that want more


@pytest.mark.parametrize(
    ("user", "password", "kind", "payload"),
    [
        ("mfa_default", "pass_valid", Ask.TEXT, False),
        ("mfa_qr", "qr_code", Ask.QR, True),
        ("mfa_numeric", "numeric_code", Ask.NUMBER, True),
        ("anybody", "anything", Ask.TEXT, False),
    ],
)
@pytest.mark.parametrize("slug", ["heimdall-mx-retail", "heimdall-co-retail", "heimdall-br-retail"])
def test_the_bank_with_mfa_asks_as_documented(slug: str, user: str, password: str, kind: Ask, payload: bool) -> None:
    """A text, a QR code or a number to make the token from; 111111 opens and 999999 does not."""
    bank = ListBank("111111")
    assert came(bank, user, password, slug) == "in"
    (asked,) = bank.asked
    assert (asked.kind, asked.name, asked.payload is not None) == (kind, "token", payload)
    assert came(ListBank("999999"), user, password, slug) == "mfa.wrong"


@pytest.mark.parametrize(
    "slug", [slug for slug in GUESTS if [field.name for field in INSTITUTIONS[slug].fields] == ["username", "password"]]
)
def test_who_is_asked_for_a_token_gives_the_same_one_everywhere(slug: str) -> None:
    """A bank that asks nobody else opens to 111111 as well, as the list of scenarios says."""
    assert came(ListBank("111111"), "mfa_default", "pass_valid", slug) == "in"
    assert came(ListBank("123456"), "mfa_default", "pass_valid", slug) == "mfa.wrong"


@pytest.mark.parametrize(
    ("user", "password"), [("mfa_default", "pass_valid"), ("mfa_qr", "qr_code"), ("mfa_numeric", "numeric_code")]
)
def test_a_bank_asks_in_its_country_s_language(user: str, password: str) -> None:
    """In Portuguese in Brazil and in Spanish elsewhere, what is asked and what its form says alike."""
    said = {}
    for slug in ("heimdall-mx-retail", "heimdall-co-retail", "heimdall-br-retail"):
        bank = ListBank("111111")
        came(bank, user, password, slug)
        said[slug] = bank.asked[0].instructions, tuple(field.message for field in INSTITUTIONS[slug].fields)
    assert said["heimdall-mx-retail"] == said["heimdall-co-retail"]
    brazilian, forms = said["heimdall-br-retail"]
    assert {brazilian, *forms} & {said["heimdall-mx-retail"][0], *said["heimdall-mx-retail"][1]} <= {"", None}
    assert brazilian is not None
    assert brazilian.startswith(("Digite", "Use", "Leia"))


def test_a_qr_code_needs_no_token() -> None:
    """Reading it in the app is enough."""
    assert came(ListBank(""), "mfa_qr", "qr_code", "heimdall-mx-retail") == "in"


def test_a_token_given_beforehand_saves_the_question() -> None:
    """The right one opens at once, a wrong one is a wrong answer."""
    bank = ListBank()
    assert came(bank, "mfa_default", "pass_valid", "heimdall-mx-retail", token="111111") == "in"
    assert bank.asked == []
    assert came(bank, "mfa_default", "pass_valid", "heimdall-mx-retail", token="999999") == "mfa.wrong"


@pytest.mark.parametrize(
    ("more", "ended"),
    [
        ({"username_type": "003", "username2": "valid", "password2": "valid"}, "in"),
        ({"username_type": "003"}, "in"),
        ({"username_type": "999"}, "login.credentials"),
        ({"username_type": "003", "username2": "invalid"}, "login.credentials"),
        ({"username_type": "003", "password2": "invalid"}, "login.credentials"),
    ],
)
@pytest.mark.parametrize("slug", ["ironbank-br-retail", "ironbank-br-business"])
def test_the_advanced_login_looks_at_all_its_fields(slug: str, more: Mapping[str, str], ended: str) -> None:
    """The kind of access, a second user and a second password are part of it."""
    assert came(ListBank(), "adv_valid", "pass_valid", slug, **more) == ended
    assert came(ListBank(), "adv_invalid", "pass_invalid", slug, **more) == "login.credentials"


def test_the_patient_bank_takes_as_long_as_it_is_told() -> None:
    """Seconds in the second field; none without one."""
    bank = ListBank()
    came(bank, "ana", "x", "belvo-mx-retail", username2="30")
    assert bank.paused == 30 * SECOND
    came(bank, "ana", "x", "belvo-mx-retail")
    assert bank.paused == 30 * SECOND


# -- The forms


@pytest.mark.parametrize("slug", [slug for slug in GUESTS if "retail" in slug or "business" in slug])
def test_user_names_of_banks_have_at_most_sixteen_letters(slug: str) -> None:
    """The documented name that breaks the rule is broken by the seventeenth letter."""
    (field,) = (field for field in INSTITUTIONS[slug].fields if field.name == "username")
    assert field.pattern is not None
    assert re.search(field.pattern, "bnk100") and re.search(field.pattern, "1234567890abcdef")
    assert not re.search(field.pattern, "1234567890abcdefg")
    assert not re.search(field.pattern, "user-ok")


@pytest.mark.parametrize(
    ("slug", "good", "bad"),
    [
        ("tatooine-mx-fiscal", ("PFIS010101000", "PMO010101000", "act_down"), ("PFIS0101010001234", "a b", "")),
        ("planet-mx-employment", ("LOLJ970312MBSPPN08", "BLPM951331IONVGR54"), ("LOLJ970312MBSPPN08X",)),
        ("tatooine-cl-fiscal", ("76.192.083-9", "12531909-2", "act_down"), ("76.192.083-9-1",)),
        ("tatooine-co-fiscal", ("900123456-7", "1144569588"), ("900.123.456-7",)),
        ("planet-br-employment", ("761.092.776-73", "76109277673"), ("761.092.776",)),
    ],
)
def test_the_forms_of_authorities_take_their_numbers(slug: str, good: tuple[str, ...], bad: tuple[str, ...]) -> None:
    """Numbers as the authority writes them, and the short user names beside them."""
    pattern = INSTITUTIONS[slug].fields[0].pattern
    assert pattern is not None
    assert all(re.search(pattern, text) for text in good)
    assert not any(re.search(pattern, text) for text in bad)


def test_a_select_has_its_options() -> None:
    """The kinds of access are told with their labels, and the pattern takes just those."""
    (field,) = (f for f in INSTITUTIONS["ironbank-br-business"].fields if f.name == "username_type")
    assert field.kind == "select" and [option.value for option in field.options] == ["003", "999"]
    assert field.pattern is not None and all(re.fullmatch(field.pattern, o.value) for o in field.options)


def test_time_goes_on_for_guests_too() -> None:
    """A month later there is more, and what was there is there still."""
    visit = left_by("bnk100", "full")
    before = {row.key for row in fetch(BANK, visit, Product.TRANSACTIONS).records if not row.pending}
    after = fetch(BANK, visit, Product.TRANSACTIONS, now=later(30), since=NOW - 367 * DAY).records
    assert before < {row.key for row in after}
