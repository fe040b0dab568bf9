"""Connectors: the list with all its filters, each one, and the check of credentials."""

from __future__ import annotations

from typing import Any

import pytest

from tests.dialects.pluggy.wire.errors import assert_refused
from tests.server import Client


def listed(reader: Client, **filters: Any) -> list[Any]:
    """The connectors under some filters, those of the sandbox among them."""
    page = reader.get("/connectors", sandbox="true", **filters)
    assert (page["page"], page["totalPages"], page["total"]) == (1, 1, len(page["results"]))
    return list(page["results"])


def test_every_connector_comes_in_one_page_in_order_of_its_number(reader: Client) -> None:
    """Whatever is acted out by the sandbox is added only where that is asked for."""
    every = listed(reader)
    numbers = [connector["id"] for connector in every]
    assert numbers == sorted(set(numbers))
    assert {0, 1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 13, 16, 17, 18, 19, 20, 600} <= set(numbers)
    real = [connector for connector in every if not connector["isSandbox"]]
    assert reader.get("/connectors")["results"] == real
    assert reader.get("/connectors", sandbox="false")["results"] == real


def test_the_type_filter_leaves_only_those_types(reader: Client) -> None:
    """One type, several, and one that nobody has; a word that is no type is refused."""
    every = listed(reader)
    for types in (["INVESTMENT"], ["PERSONAL_BANK", "BUSINESS_BANK"], ["TELECOMMUNICATION"]):
        expected = [connector for connector in every if connector["type"] in types]
        assert listed(reader, types=",".join(types)) == expected
    refused = reader.call("GET", "/connectors?types=CASINO")
    assert refused.status_code == 400
    assert refused.json()["message"].startswith(
        "each value in types must be one of the following values: PERSONAL_BANK"
    )


def test_the_country_filter_leaves_only_those_countries(reader: Client) -> None:
    """All are Brazilian here, and none is Mexican."""
    assert listed(reader, countries="BR") == listed(reader)
    assert listed(reader, countries="MX,BR") == listed(reader)
    assert listed(reader, countries="MX") == []


@pytest.mark.parametrize("name", ["Itaú", "itau", "ITAÚ", "taú"])
def test_a_name_is_found_by_any_part_of_it(reader: Client, name: str) -> None:
    """Neither case nor accents matter."""
    found = {connector["name"] for connector in listed(reader, name=name)}
    assert {"Itaú", "Itaú Empresas"} <= found
    assert all("Itaú" in one for one in found)


def test_flags_leave_only_what_they_say(reader: Client) -> None:
    """True and false both filter; nobody here initiates payments."""
    every = listed(reader)
    for value in (True, False):
        expected = [connector for connector in every if connector["isOpenFinance"] is value]
        assert expected
        assert listed(reader, isOpenFinance=str(value).lower()) == expected
    for flag in ("supportsPaymentInitiation", "supportsSmartTransfers", "supportsAutomaticPix"):
        assert listed(reader, **{flag: "true"}) == []
        assert listed(reader, **{flag: "false"}) == every
    assert_refused(reader.call("GET", "/connectors?sandbox=perhaps"), 400, "sandbox must be a boolean value")


def test_health_details_are_shown_to_who_asks(reader: Client) -> None:
    """The rate and the count of the last six hours stand there only then."""
    assert reader.get("/connectors/2")["health"] == {"status": "ONLINE", "stage": None}
    detailed = reader.get("/connectors/2", healthDetails="true")["health"]
    assert set(detailed) == {"status", "stage", "details"}
    assert {"connectionRateLast6Hours", "connectionsLast6Hours"} <= set(detailed["details"])
    assert all("details" in connector["health"] for connector in listed(reader, healthDetails="true"))
    assert not any("details" in connector["health"] for connector in listed(reader))


def test_a_connector_reads_alone_as_it_does_in_the_list(reader: Client) -> None:
    """Every number of the list leads to the same object."""
    for connector in listed(reader):
        assert reader.get(f"/connectors/{connector['id']}") == connector


def test_a_number_nobody_has_and_what_is_no_number_are_told_apart(reader: Client) -> None:
    """Both for reading and for the check of credentials."""
    for method, end in (("GET", ""), ("POST", "/validate")):
        unknown = reader.call(method, f"/connectors/99999{end}")
        assert_refused(unknown, 404, "connector not found", "CONNECTOR_NOT_FOUND")
        assert_refused(reader.call(method, f"/connectors/two{end}"), 400, "id must be an integer number")


def test_the_documented_connector_asks_for_what_is_documented(reader: Client) -> None:
    """Fields, captions, rules and their texts are those of the live service's connector 2."""
    connector = reader.get("/connectors/2")
    assert (connector["name"], connector["country"], connector["type"]) == ("Pluggy Bank", "BR", "PERSONAL_BANK")
    assert (connector["hasMFA"], connector["isSandbox"], connector["isOpenFinance"]) == (False, True, False)
    user, password = connector["credentials"]
    assert (user["label"], user["name"], user["type"], user["optional"]) == ("User", "user", "text", False)
    assert (user["validation"], user["validationMessage"]) == ("^user-.{2,50}$", 'O user deve começar com "user-"')
    assert (password["label"], password["name"], password["type"]) == ("Password", "password", "password")
    assert password["validation"] == "^.{6,20}$"
    assert password["validationMessage"] == "A senha deve ter entre 6 e 20 caracteres"


def test_an_open_finance_connector_asks_for_the_taxpayers_number(reader: Client) -> None:
    """One field with its rule; the login itself happens at the bank."""
    connector = reader.get("/connectors/600")
    assert (connector["oauth"], connector["isOpenFinance"]) == (True, True)
    [cpf] = connector["credentials"]
    assert (cpf["name"], cpf["label"], cpf["type"]) == ("cpf", "CPF", "number")
    assert cpf["validation"] == r"^\d{3}\.?\d{3}\.?\d{3}-?\d{2}$"
    assert cpf["validationMessage"] == "CPF deve ter 11 números."


def test_a_token_of_one_step_is_marked_as_one_that_serves_once(reader: Client) -> None:
    """The credential says so, and so does the connector."""
    connector = reader.get("/connectors/4")
    [token] = [field for field in connector["credentials"] if field["name"] == "token"]
    assert (token["mfa"], connector["hasMFA"]) == (True, True)


def test_credentials_are_checked_without_being_used(reader: Client) -> None:
    """The values are echoed; what is wrong is listed, and the status is 200 either way."""
    good = {"user": "user-ok", "password": "password-ok"}
    answer = reader.call("POST", "/connectors/2/validate", json=good)
    assert (answer.status_code, answer.json()) == (200, {"parameters": good, "errors": []})
    bad = {"user": "somebody", "login": "x"}
    answer = reader.call("POST", "/connectors/2/validate", json=bad)
    assert answer.status_code == 200
    assert answer.json() == {
        "parameters": bad,
        "errors": [
            {"code": "002", "message": 'O user deve começar com "user-"', "parameter": "user"},
            {"code": "001", "message": "password parameter is required", "parameter": "password"},
        ],
    }
    nothing = reader.call("POST", "/connectors/4/validate", json={}).json()
    assert [error["message"] for error in nothing["errors"]] == [
        "user parameter is required",
        "password parameter is required",
        "token parameter is required",
    ]
