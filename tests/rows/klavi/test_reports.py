"""What arrives at the partner's own HTTP server when a task is over: the code that says what happened at the bank."""

from __future__ import annotations

from typing import Any

import pytest

from tests.klavi import ASKING_BANK, BANK, EMPTY_BANK, STATE_BANK, Delivery, Klavi, Receiver, of_task, someone


@pytest.fixture
def told(klavi: Klavi, receiver: Receiver) -> Receiver:
    """The receiver, told of reports."""
    klavi.listen(receiver, "reports")
    return receiver


def report(receiver: Receiver, trace_id: str) -> Any:
    """Return the one report of a task."""
    return receiver.wait(of_task(trace_id))[0].body


def warm(klavi: Klavi, bank: str = BANK) -> None:
    """Let somebody in at a bank: one that fails everybody is called unavailable before it is tried."""
    klavi.begin(bank=bank, person=someone(), username="person+warm")


ENDINGS = [
    ("201", "act+success.partial.authorization-missing@transactions", "Extra authorization required"),
    ("202", "act+success.partial.transactions-missing@transactions", "Partial transaction missing"),
    ("202", "act+product.temporarily-unavailable@transactions", "Partial transaction missing"),
    ("203", "act+success.partial.tax-id-missing@holder", "CPF missing"),
    ("403", "user-unavailable", "Bank service error"),
    ("404", "user-error", "Unexpected error"),
    ("406", "act+login.credentials.frozen", "Wrong password input too many times, try again tomorrow"),
    ("407", "act+login.needs-action.activation", "Account or password activation problem"),
    ("408", "user-locked", "Account or password blocked"),
    ("409", "act+login.unsupported.account-type", "Account type error"),
    ("413", "user-logged", "Duplicated login"),
    ("414", "act+institution.connection.security", "Security measurement from bank"),
    ("415", "act+login.needs-action.registration-pending", "Institution registration not finished"),
    ("416", "act+login.unsupported.single-device", "Account cannot be accessed in multiple devices"),
    ("417", "act+login.unsupported.external-sign-in", "Unable to connect using external authenticator"),
    ("418", "act+login.credentials.not-registered", "Registration not found at the institution"),
    ("419", "act+login.needs-action.device-limit", "Registration Limit"),
    ("420", "act+login.needs-action.regularization", "Access regularization required"),
    ("433", "act+login.credentials.password", "Password Error"),
]


@pytest.mark.parametrize(
    ("code", "username", "message"),
    [
        pytest.param(*row, marks=pytest.mark.row(f"klavi.open-data.{row[0]}"), id=f"{row[0]} {row[1]}")
        for row in ENDINGS
    ],
)
def test_how_a_task_ended_arrives_with_its_report(
    klavi: Klavi, told: Receiver, code: str, username: str, message: str
) -> None:
    """The envelope is always whole: person, bank and connection are named whatever happened."""
    bank = STATE_BANK if code in ("419", "420") else BANK
    warm(klavi, bank)
    person = someone()
    products = ["fgts"] if code in ("419", "420") else ["category_checking"]
    trace_id = klavi.begin(username, bank, person=person, products=products, query_param={"uuid": "x"})
    body = report(told, trace_id)
    assert (body["code"], body["msg"], body["query_param"]) == (int(code), message, {"uuid": "x"})
    data = body["data"]
    assert (data["enquiry_cpf"], data["institution_id"], data["report_type"]) == (person, bank, products[0])
    assert len(data["connection_key"]) == 32 and data["report_id"] and data["report_version"]
    if code >= "400":
        assert data[{"fgts": "FGTS"}.get(products[0], "Category_checking")] is None
    if code == "203":
        assert {account["cpf_verified"] for account in data["Category_checking"]} == {None}
    assert klavi.task(trace_id)["status"] == "finished"


@pytest.mark.row("klavi.open-data.200")
def test_a_task_brings_one_report_of_each_kind(klavi: Klavi, told: Receiver) -> None:
    """In the order in which they were ordered, each with an id of its own, signed with the partner's secret."""
    ordered = ["income", "category_checking", "balance", "identity", "score_k1"]
    trace_id = klavi.begin(products=ordered)
    arrived = told.wait(of_task(trace_id), len(ordered))
    assert [one.body["data"]["report_type"] for one in arrived] == ordered
    assert {(one.body["code"], one.body["msg"]) for one in arrived} == {(200, "ok")}
    assert len({one.body["data"]["report_id"] for one in arrived}) == len(ordered)
    assert all(one.is_signed(klavi.sandbox.keys[1]) for one in arrived)


@pytest.mark.row("klavi.open-data.402")
def test_a_wrong_password_is_a_credential_error(klavi: Klavi, told: Receiver) -> None:
    """The bank does not say what of it was wrong; the same again is not sent, and gets the same code at once."""
    warm(klavi)
    person = someone()
    body = report(told, klavi.begin(person=person, password="wrong"))
    assert (body["code"], body["msg"]) == (402, "User credential error")
    assert klavi.refused(person=person, password="wrong") == 402
    body = report(told, klavi.begin(person=person))
    assert body["code"] == 200


@pytest.mark.row("klavi.open-data.405")
def test_a_login_behind_which_is_no_account(klavi: Klavi, told: Receiver) -> None:
    """The connection succeeded, and its key is good; there is only nothing in it."""
    body = report(told, klavi.begin("bnk101", EMPTY_BANK, password="nodata"))
    assert (body["code"], body["msg"]) == (405, "Account info is null")
    body = report(told, klavi.begin("bnk100", EMPTY_BANK, password="full"))
    assert body["code"] == 200


def answered(klavi: Klavi, told: Receiver, token: str) -> Any:
    """Return the report of a task whose bank was answered so."""
    trace_id = klavi.begin(bank=ASKING_BANK, person=someone(), username=f"person+{someone()}")
    assert klavi.code("POST", f"/data/v1/tasks/{trace_id}/mfa", json={"token": token}) == 200
    klavi.sandbox.settle()
    return report(told, trace_id)


@pytest.mark.row("klavi.open-data.434")
def test_a_wrong_token_ends_the_task(klavi: Klavi, told: Receiver) -> None:
    """The right one brings the report."""
    body = answered(klavi, told, "999999")
    assert (body["code"], body["msg"]) == (434, "Wrong MFA Error")
    assert answered(klavi, told, "123456")["code"] == 200


@pytest.mark.row("klavi.open-data.435")
def test_a_token_that_is_not_entered_ends_the_task_at_its_time(alone: Klavi, receiver: Receiver) -> None:
    """Not before: the user has as long as the bank gives."""
    alone.sandbox.advance("PT0S")
    alone.listen(receiver, "reports")
    trace_id = alone.begin(bank=ASKING_BANK)
    alone.sandbox.advance("PT4M")
    assert alone.task(trace_id)["status"] == "waiting"
    alone.sandbox.advance("PT2M")
    body = report(receiver, trace_id)
    assert (body["code"], body["msg"]) == (435, "MFA not entered")
    assert alone.code("POST", f"/data/v1/tasks/{trace_id}/mfa", json={"token": "123456"}) == 412
    again = alone.begin(bank=ASKING_BANK)
    assert alone.task(again)["status"] == "waiting"


@pytest.mark.row("klavi.open-data.404")
def test_what_breaks_here_is_not_blamed_on_anybody_else(klavi: Klavi, told: Receiver) -> None:
    """An error of ours in the middle of a login arrives as one of ours."""
    warm(klavi)
    klavi.sandbox.arm("server.error", operation="login")
    assert report(told, klavi.begin(username=f"person+{someone()}"))["code"] == 500


@pytest.mark.row("klavi.open-data.200")
def test_a_partner_that_is_away_gets_its_report_later(klavi: Klavi, told: Receiver) -> None:
    """What is not answered with success is sent again, the same bytes under the same signature rule."""
    told.answers += [500, 404]
    trace_id = klavi.begin()
    arrived = told.wait(of_task(trace_id), 3)
    assert len({one.raw for one in arrived}) == 1
    assert all(isinstance(one, Delivery) and one.is_signed(klavi.sandbox.keys[1]) for one in arrived)
