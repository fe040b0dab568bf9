"""Items at institutions that are no connectors here, as another dialect leaves them."""

from __future__ import annotations

import pytest

from afluente.dialects.pluggy.connectors import number_of
from tests.server import Client

MEXICAN = number_of("erebor-mx-retail")
FISCAL = number_of("tatooine-mx-fiscal")
GUEST = {"user": "bnk102", "password": "low"}


def test_they_are_in_no_list(client: Client) -> None:
    """Only those with a row are, and each that is listed can be fetched by its number."""
    listed = {connector["id"] for connector in client.get("/connectors", sandbox="true")["results"]}
    assert not listed & {MEXICAN, FISCAL}
    assert client.get(f"/connectors/{MEXICAN}")["country"] == "MX"


def test_a_mexican_item_can_be_read_whole(client: Client) -> None:
    """Accounts and movements in pesos, the holder with a Mexican document, and a connector on the item."""
    item = client.connect(MEXICAN, parameters=GUEST)
    assert (item["status"], item["connector"]["id"]) == ("UPDATED", MEXICAN)
    (account,) = client.get("/accounts", itemId=item["id"])["results"]
    assert account["currencyCode"] == "MXN" and len(account["bankData"]["transferNumber"]) == 18
    moved = client.get("/transactions", accountId=account["id"])["results"]
    assert moved and {row["currencyCode"] for row in moved} == {"MXN"}
    held = client.get("/identity", itemId=item["id"])
    assert held["documentType"] == "RFC" and len(held["document"]) == 13


def test_a_taxpayers_item_shows_what_there_are_words_for(client: Client) -> None:
    """The holder is there; documents of the authority have no name here and break nothing."""
    item = client.connect(FISCAL, parameters={"user": "PMO010101000", "password": "business"})
    assert (item["status"], item["products"]) == ("UPDATED", ["IDENTITY"])
    assert item["connector"]["type"] == "INVOICE"
    assert client.get("/identity", itemId=item["id"])["document"] == "PMO010101000"


@pytest.mark.parametrize(
    ("user", "password", "code"),
    [
        ("act_locked", "x", "ACCOUNT_LOCKED"),
        ("user_invalid", "pass_invalid", "INVALID_CREDENTIALS"),
        ("act_down", "x", "SITE_NOT_AVAILABLE"),
    ],
)
def test_short_user_names_fail_in_this_dialects_words(client: Client, user: str, password: str, code: str) -> None:
    """What a guest provokes has a meaning, so every dialect has a word for it."""
    item = client.connect(MEXICAN, parameters={"user": user, "password": password})
    assert item["error"]["code"] == code


def test_wrong_passwords_lock_an_account_over_items(client: Client) -> None:
    """The bank counts by user name, whichever item sends them, and forgets after a day of this application's clock."""
    client.advance("PT1S")

    def ended(password: str) -> str:
        return str(client.connect(MEXICAN, parameters={"user": "locked_out", "password": password})["executionStatus"])

    assert [ended(f"pass_invalid{n}") for n in range(3)] == ["INVALID_CREDENTIALS"] * 3
    assert ended("right") == "ACCOUNT_LOCKED"
    client.advance("P1D")
    client.key = client.authenticate(*client.keys)  # keys do not live that long
    assert ended("also right") == "SUCCESS"


def test_an_account_is_activated_by_two_answers(client: Client) -> None:
    """CVV and PIN are asked in turn, and nothing is asked the next time."""
    item = client.connect(MEXICAN, parameters={"user": "act_activate", "password": "first"})
    assert (item["status"], item["parameter"]["name"]) == ("WAITING_USER_INPUT", "cvv")
    item = client.answer(item["id"], cvv="123")
    assert item["parameter"]["name"] == "pin"
    assert client.answer(item["id"], pin="1234")["status"] == "UPDATED"
    assert client.connect(MEXICAN, parameters={"user": "act_activate", "password": "second"})["status"] == "UPDATED"


def test_a_great_account_ends_at_the_second_try(client: Client) -> None:
    """The first fetch takes too long and the item says so; the next update has every movement."""
    item = client.connect(MEXICAN, parameters={"user": "bnk_volume", "password": "x"})
    assert item["executionStatus"] == "PARTIAL_SUCCESS"
    (account,) = client.get("/accounts", itemId=item["id"])["results"]
    assert client.get("/transactions", accountId=account["id"])["total"] == 0
    assert client.update(item["id"])["executionStatus"] == "SUCCESS"
    assert client.get("/transactions", accountId=account["id"])["total"] > 24_000
