import zlib
from base64 import b64decode

import pytest

from afluente.connectors.scripted import scenarios
from afluente.core.accounts import AccountKind
from afluente.core.challenge import Ask
from afluente.core.outcome import Refused
from afluente.core.products import Product
from tests.connectors.scripted.teller import (
    INSTITUTIONS,
    MEANINGS,
    USER_OK,
    ListBank,
    enter,
    fetch,
    refusal,
    session,
)

FAILING = {
    "user-logged": "login.other-session",
    "user-locked": "login.locked",
    "user-error": "unexpected",
    "user-unavailable": "institution.unavailable",
    "user-account-need-actions": "login.needs-action",
    "user-account-need-actions-provider-message": "login.needs-action",
    "user-connection-error": "institution.connection",
    "user-account-credentials-reset": "login.credentials-reset",
    "user-not-supported": "login.unsupported",
    "user-ok-auth-pending": "login.device-authorization",
}


@pytest.mark.parametrize(("user", "meaning"), FAILING.items())
@pytest.mark.parametrize("slug", ["sandbox-bank", "sandbox-bank-two-step", "sandbox-business", "sandbox-broker"])
def test_documented_users_fail_as_documented(slug, user, meaning):
    """Each documented failing user ends in its meaning, at every kind of institution."""
    assert refusal(slug, {"username": user, "password": "password-ok"}).meaning == meaning


def test_the_bank_says_in_portuguese_what_has_to_be_done():
    """One of the users who need to act is told what to do, the other is not."""
    with_words = {"username": "user-account-need-actions-provider-message", "password": "password-ok"}
    assert "nova senha" in (refusal("sandbox-bank", with_words).said or "")
    assert refusal("sandbox-bank", {**with_words, "username": "user-account-need-actions"}).said is None


def test_a_pending_device_is_named():
    """The user can only authorise a device whose name is told."""
    refused = refusal("sandbox-bank", {"username": "user-ok-auth-pending", "password": "password-ok"})
    assert refused.data["device"]


@pytest.mark.parametrize(
    "credentials",
    [
        {"username": "somebody", "password": "password-ok"},
        {"username": "user-unknown", "password": "password-ok"},
        {"username": "user-ok", "password": "password-wrong"},
        {"username": "user-locked", "password": "password-wrong"},
        {"username": "user-ok-perf-5001x", "password": "password-ok"},
        {"username": "user-ok"},
        {},
    ],
)
def test_anybody_else_is_refused(credentials):
    """Unknown users and wrong passwords are refused credentials, whoever it is."""
    assert refusal("sandbox-bank-legacy", credentials).meaning == "login.credentials"


def test_a_session_keeps_no_password():
    """What a login leaves holds neither the password nor the token."""
    left = session("sandbox-bank-one-step")
    assert "password-ok" not in left.values()
    assert "123456" not in left.values()


def test_every_operation_begins_at_the_institution():
    """Faults are armed on the way to the institution, so everything must go that way first."""
    bank = ListBank()
    with pytest.raises(Refused):
        enter("sandbox-bank", {}, bank)
    assert bank.reached == ["login"]


@pytest.mark.parametrize("slug", ["sandbox-bank-one-step", "sandbox-broker-one-step", "sandbox-bank-both-steps"])
def test_a_wrong_token_in_the_form_is_a_wrong_answer(slug):
    """The one-step token is looked at after the password."""
    assert refusal(slug, {**USER_OK, "token": "654321"}).meaning == "mfa.wrong"
    assert refusal(slug, {**USER_OK, "password": "no", "token": "654321"}).meaning == "login.credentials"


@pytest.mark.parametrize(
    "slug",
    ["sandbox-bank-two-step", "sandbox-bank-two-step-legacy", "sandbox-business-two-step", "sandbox-broker-two-step"],
)
def test_two_steps_ask_for_the_token(slug):
    """The login stops for a token: the right one opens, any other is refused."""
    bank = ListBank("123456")
    assert enter(slug, USER_OK, bank)["user"] == "user-ok"
    assert [(asked.kind, asked.name) for asked in bank.asked] == [(Ask.NUMBER, "token")]
    assert refusal(slug, USER_OK, "000000").meaning == "mfa.wrong"


def test_both_steps_ask_in_the_form_and_again():
    """The bank with both wants the token of the form and the one it asks for, and has several accounts."""
    bank = ListBank("123456")
    left = enter("sandbox-bank-both-steps", {**USER_OK, "token": "123456"}, bank)
    assert len(bank.asked) == 1
    assert len(fetch("sandbox-bank-both-steps", left, Product.ACCOUNTS).records) > 2


@pytest.mark.parametrize(
    ("user", "answers", "kinds"),
    [
        ("user-ok-img", ["123456"], [Ask.IMAGE]),
        ("user-ok-select", ["2"], [Ask.SELECT]),
        ("user-ok-phone", ["1", "123456"], [Ask.SELECT, Ask.NUMBER]),
        ("user-ok-multi-company", ["123456", "3"], [Ask.NUMBER, Ask.SELECT]),
    ],
)
def test_users_with_questions_are_asked_them_in_order(user, answers, kinds):
    """Each documented user with a question gets it where the login asks questions, and the last answer decides."""
    bank = ListBank(*answers)
    enter("sandbox-bank-two-step", {"username": user, "password": "password-ok"}, bank)
    assert [asked.kind for asked in bank.asked] == kinds
    wrong = [*answers[:-1], "wrong"]
    credentials = {"username": user, "password": "password-ok"}
    assert refusal("sandbox-bank-two-step", credentials, *wrong).meaning == "mfa.wrong"


def test_users_with_questions_are_asked_nothing_where_the_login_has_one_step():
    """A bank that never asks does not begin to for one user."""
    bank = ListBank()
    enter("sandbox-bank", {"username": "user-ok-img", "password": "password-ok"}, bank)
    assert bank.asked == []


def test_a_login_begun_again_asks_the_same():
    """The conversation may be repeated from the start, so it must not change between the two."""
    first, second = ListBank("1", "123456"), ListBank("1", "123456")
    credentials = {"username": "user-ok-phone", "password": "password-ok"}
    assert enter("sandbox-bank-two-step", credentials, first) == enter("sandbox-bank-two-step", credentials, second)
    assert first.asked == second.asked


def test_the_picture_is_a_png():
    """The image question carries a picture that can be decoded, of the size it declares."""
    bank = ListBank("123456")
    enter("sandbox-bank-two-step", {"username": "user-ok-img", "password": "password-ok"}, bank)
    data = b64decode(bank.asked[0].image or "", validate=True)
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    start = data.index(b"IDAT") + 4
    length = int.from_bytes(data[start - 8 : start - 4], "big")
    assert len(zlib.decompress(data[start : start + length])) == height * (width + 1)


def test_each_company_is_another_holder():
    """What is chosen among companies decides whose data is read."""
    names = set()
    for choice in ("1", "2", "3"):
        left = session("sandbox-business-two-step", "user-ok-multi-company", "123456", choice)
        (held,) = fetch("sandbox-business-two-step", left, Product.HOLDER).records
        names.add(held.document)
    assert len(names) == 3


@pytest.mark.parametrize(("slug", "kind"), [("sandbox-bank-qr", Ask.QR), ("sandbox-bank-approval", Ask.APPROVAL)])
def test_what_is_done_elsewhere_needs_no_answer(slug, kind):
    """A QR code and an approval in the app go on with whatever is said when they are done."""
    bank = ListBank("")
    enter(slug, USER_OK, bank)
    (asked,) = bank.asked
    assert asked.kind is kind
    assert (asked.payload is not None) == (kind is Ask.QR)


@pytest.mark.parametrize("slug", ["sandbox-cooperative-personal", "sandbox-cooperative-business"])
def test_cooperatives_ask_which_one(slug):
    """The login asks for the cooperative, and another cooperative has other accounts."""
    one, other = session(slug, "user-ok", "1"), session(slug, "user-ok", "2")
    assert refusal(slug, USER_OK, "9").meaning == "mfa.wrong"
    keys = [{row.key for row in fetch(slug, left, Product.ACCOUNTS).records} for left in (one, other)]
    assert not keys[0] & keys[1]


def test_a_certificate_must_be_readable():
    """The certificate may be left out, and is refused where it is not base64."""
    slug = "sandbox-business-certificate"
    assert enter(slug, {**USER_OK, "certificate": "TUlJ"}, ListBank())
    assert enter(slug, USER_OK, ListBank())
    assert refusal(slug, {**USER_OK, "certificate": "not base64!"}).meaning == "login.credentials"


def test_one_user_has_accounts_that_cannot_be_read():
    """The accounts alone fail; the cards and the rest are there."""
    left = session(user="user-ok-account-error")
    with pytest.raises(Refused) as caught:
        fetch("sandbox-bank", left, Product.ACCOUNTS)
    assert MEANINGS[caught.value.meaning].data == "stale"
    assert fetch("sandbox-bank", left, Product.CARDS).records


def test_one_user_has_a_warning_beside_the_accounts():
    """The accounts are there, and so is a finding."""
    got = fetch("sandbox-bank", session(user="user-ok-account-warning"), Product.ACCOUNTS)
    assert got.records
    assert [finding.meaning for finding in got.findings] == ["product.permission-missing.account"]


def test_one_user_has_two_checking_accounts():
    """Exactly two, and no savings."""
    got = fetch("sandbox-bank", session(user="user-ok-two-checking-accounts"), Product.ACCOUNTS)
    assert [row.kind for row in got.records] == [AccountKind.CHECKING, AccountKind.CHECKING]


@pytest.mark.parametrize(
    ("user", "count"), [("user-ok-perf", 1000), ("user-ok-perf-3x", 300), ("user-ok-perf-50x", 5000)]
)
def test_users_with_many_movements_have_as_many_as_they_say(user, count):
    """The whole history has exactly the number that the name asks for."""
    got = fetch("sandbox-bank", session(user=user), Product.TRANSACTIONS)
    assert len(got.records) == count
    assert len({row.key for row in got.records}) == count


def test_changing_the_way_to_fail_is_not_changing_the_person():
    """A connection whose user name is edited to provoke something keeps its accounts."""
    plain, failing = session(), session(user="user-ok-account-warning")
    keys = [[row.key for row in fetch("sandbox-bank", left, Product.ACCOUNTS).records] for left in (plain, failing)]
    assert keys[0] == keys[1]


def test_other_people_can_be_invented():
    """A name of one's own makes another person, who is the same on each visit."""
    first, again, other = session(user="person+ana"), session(user="person+ana"), session(user="person+rui")
    documents = [fetch("sandbox-bank", left, Product.HOLDER).records[0].document for left in (first, again, other)]
    assert documents[0] == documents[1] != documents[2]


def test_the_list_of_scenarios_names_every_documented_user():
    """What can be provoked can be looked up, and every meaning it names exists."""
    values = {scenario.value for scenario in scenarios()}
    assert {*FAILING, "user-ok", "user-ok-img", "act+{meaning}", "238.242.640-30"} <= values
    assert all(scenario.meaning is None or scenario.meaning in MEANINGS for scenario in scenarios())
    assert len(INSTITUTIONS["sandbox-bank"].products) == 9
