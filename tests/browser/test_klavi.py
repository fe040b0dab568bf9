"""The connect page in Klavi's manner: a link's address, the institution's page, and back with what became of it."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.browser.visiting import Host, Visitor
from tests.server import Client

PERSON = "76109277673"
OTHER = "11144477735"

HEARD = "window.heard = []; addEventListener('message', (one) => window.heard.push(one.data));"
"""What the page around keeps of what it is told."""


def link(client: Client, **body: Any) -> dict[str, Any]:
    """Make a link."""
    id, secret = client.keys
    bearer = client.http.post("/klavi/data/v1/auth", json={"accessKey": id, "secretKey": secret}).json()["accessToken"]
    made = client.http.post("/klavi/data/v1/links", json=body, headers={"authorization": f"Bearer {bearer}"})
    found: dict[str, Any] = made.json()
    return found


def consent(page: Any, institution: str, decision: str, months: str = "12") -> Visitor:
    """Go through the page up to the decision at the institution."""
    visitor = Visitor(page)
    visitor.press("Concordar")
    visitor.find(institution)
    if page.locator("#field-cpf").is_editable():
        visitor.type(cpf=PERSON)
    page.locator("#field-months").select_option(months)
    visitor.press("Ir para")
    visitor.at("elsewhere")
    page.get_by_role("link", name="Abrir").click()
    page.get_by_role("button", name="Concordar").click()
    page.get_by_role("button", name=decision).click()
    return visitor


def query(page: Any) -> dict[str, str]:
    """Return the query of the page's address."""
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


def test_a_link_leads_to_the_institution_and_back_to_the_partner(
    page: Any, client: Client, host: Host, shot: Any
) -> None:
    """The partner's address gets the link, the consent and its own external information."""
    made = link(client, redirectURL=f"{host.url}/partner", externalInfo={"order": 7})
    page.goto(made["linkURL"])
    shot(page, "klavi-consent")
    consent(page, "Nubank", "Autorizar")
    page.wait_for_url(f"{host.url}/partner?**")
    found = query(page)
    assert found["link_id"] == made["linkId"]
    assert found["external_info"] == '{"order":7}'
    assert "error" not in found
    client.settle()
    assert client.get(f"/items/{found['consent_id']}")["status"] == "UPDATED"


def test_a_consent_that_is_refused_comes_back_with_the_error(page: Any, client: Client, host: Host) -> None:
    """`error` and `error_description` stand beside the ids."""
    made = link(client, redirectURL=f"{host.url}/partner", personalTaxId=PERSON)
    page.goto(made["linkURL"])
    consent(page, "Inter", "Rejeitar")
    page.wait_for_url(f"{host.url}/partner?**")
    assert query(page)["error"] == "access_denied"


def test_the_document_of_the_link_cannot_be_changed(page: Any, client: Client) -> None:
    """A CPF that the link was made for is shown, and locked."""
    page.goto(link(client, personalTaxId=PERSON, institutionCode="260")["linkURL"])
    visitor = Visitor(page)
    visitor.press("Concordar")
    visitor.at("login")
    assert page.locator("#field-cpf").input_value() == PERSON
    assert not page.locator("#field-cpf").is_editable()


def test_without_an_address_the_result_is_shown_here(page: Any, client: Client) -> None:
    """Who has no address to go back to comes back to this page, which shows what was read."""
    page.goto(link(client)["linkURL"])
    visitor = consent(page, "PicPay", "Autorizar")
    visitor.at("result")
    assert "Contas" in visitor.text()


def test_a_partner_without_links_opens_its_own_address(page: Any, client: Client) -> None:
    """`basic-links` with the partner's id makes a link of what its query says."""
    id, _ = client.keys
    page.goto(f"{client.server.url}/klavi/data/v1/basic-links/{id}?personal_tax_id={PERSON}&institution_code=260")
    visitor = Visitor(page)
    visitor.press("Concordar")
    visitor.at("login")
    assert page.locator("#field-cpf").input_value() == PERSON


def framed(page: Any, client: Client, host: Host, address: str) -> Visitor:
    """Open an address in a frame of somebody else's page, which listens; return who visits it."""
    client.policy(origins=[host.url])
    host.pages["/around"] = f"<title>x</title><script>{HEARD}</script><iframe src='{address}'></iframe>"
    page.goto(f"{host.url}/around")
    return Visitor(page, page.frame_locator("iframe"))


def test_a_bank_with_a_password_brings_its_reports(page: Any, client: Client, host: Host) -> None:
    """The same list has banks that are logged in to: the bank asks for a token, the page around is told of the task,
    and its reports are there by CPF, with what the link was opened with."""
    visitor = framed(page, client, host, link(client, personalTaxId=OTHER, externalInfo={"order": 7})["linkURL"])
    visitor.press("Concordar")
    visitor.at("institutions")
    visitor.on.locator("#q").fill("two steps (legacy)")
    visitor.on.get_by_role("button", name="Sandbox Bank MFA two steps (legacy)").click()
    visitor.at("login")
    assert not visitor.on.locator("#field-cpf").is_editable()
    visitor.type(username="user-ok", password="password-ok")
    visitor.press("Entrar")
    visitor.at("asked")
    visitor.on.locator("[name=answer-0]").fill("123456")
    visitor.press("Enviar")
    visitor.at("result")
    (task,) = [one for one in page.evaluate("heard") if one.get("eventName") == "task_created"]
    assert task["payload"]["institutionCode"] == "033"
    (done,) = [one for one in page.evaluate("heard") if one.get("eventName") == "authorise_success"]
    assert done["payload"]["institutionType"] == 2
    partner = {"partner_code": client.keys[0], "partner_token": client.keys[1]}
    told = client.http.get(f"/klavi/data/v1/tasks/{task['payload']['traceId']}", headers=partner).json()
    assert (told["code"], told["status"]) == (200, "finished")
    query = {"cpf": OTHER, "report_type": "income"}
    report = client.http.get("/klavi/data/v1/reports", params=query, headers=partner).json()
    assert (report["code"], report["query_param"]) == (200, {"order": 7})
    assert report["data"]["connection_key"] == told["connection_key"]


def test_a_link_for_a_connection_updates_it_at_once(page: Any, client: Client) -> None:
    """No institution is chosen and nothing is typed again; whoever allowed updates is still the one who did."""
    partner = {"partner_code": client.keys[0], "partner_token": client.keys[1]}

    def task(body: dict[str, Any]) -> dict[str, Any]:
        begun = client.http.post("/klavi/data/v1/tasks", json=body, headers=partner).json()
        client.settle()
        found: dict[str, Any] = client.http.get(f"/klavi/data/v1/tasks/{begun['traceId']}", headers=partner).json()
        return found

    key = task(
        {
            "cpf": "39053344705",
            "institution": "341",
            "credentials": {"username": "user-ok", "password": "password-ok"},
            "allow_autoupdate": "Yes",
        }
    )["connection_key"]
    item = f"/items/{key[:8]}-{key[8:12]}-{key[12:16]}-{key[16:20]}-{key[20:]}"
    before = client.get(item)["lastUpdatedAt"]
    page.goto(link(client, connectionKey=key)["linkURL"])
    Visitor(page).at("result")
    assert client.get(item)["lastUpdatedAt"] > before
    query = {"cpf": "39053344705", "report_type": "balance"}
    report = client.http.get("/klavi/data/v1/reports", params=query, headers=partner).json()
    assert report["data"]["allow_autoupdate"] == "Yes"


def test_the_user_chooses_for_how_long_a_consent_is_given(page: Any, client: Client) -> None:
    """Twelve months or no end; the choice has to be made, and is told to an app around the page as a click."""
    page.add_init_script("window.told = []; window.ReactNativeWebView = {postMessage: (one) => told.push(one)};")
    page.goto(link(client, institutionCode="336", personalTaxId=PERSON)["linkURL"])
    visitor = Visitor(page)
    visitor.press("Concordar")
    visitor.at("login")
    visitor.press("Ir para")
    page.locator("#field-months-fault").wait_for()
    page.locator("#field-months").select_option("0")
    told = [json.loads(one) for one in page.evaluate("told")]
    assert [one["eventName"] for one in told[:3]] == ["app_loaded", "page_view", "landing_continue_click"]
    (click,) = [one for one in told if one["eventName"] == "data_confirmation_validity_click"]
    assert click["payload"] == {"institutionCode": "336", "institutionName": "C6 Bank"}
    id, secret = client.keys
    access = client.http.post("/klavi/data/v1/auth", json={"accessKey": id, "secretKey": secret}).json()["accessToken"]
    for months, ends in (("0", False), ("12", True)):
        made = link(client)
        page.goto(made["linkURL"])
        consent(page, "C6 Bank", "Autorizar", months).at("result")
        found = client.http.get(
            "/klavi/data/v1/consents",
            params={"linkId": made["linkId"]},
            headers={"authorization": f"Bearer {access}"},
        ).json()
        assert [one["expireAt"] is not None for one in found] == [ends]
