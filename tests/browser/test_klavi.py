"""The connect page in Klavi's manner: a link's address, the institution's page, and back with what became of it."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.browser.visiting import Host, Visitor
from tests.server import Client

PERSON = "76109277673"


def link(client: Client, **body: Any) -> dict[str, Any]:
    """Make a link."""
    id, secret = client.keys
    bearer = client.http.post("/klavi/data/v1/auth", json={"accessKey": id, "secretKey": secret}).json()["accessToken"]
    made = client.http.post("/klavi/data/v1/links", json=body, headers={"authorization": f"Bearer {bearer}"})
    found: dict[str, Any] = made.json()
    return found


def consent(page: Any, institution: str, decision: str) -> Visitor:
    """Go through the page up to the decision at the institution."""
    visitor = Visitor(page)
    visitor.press("Concordar")
    visitor.find(institution)
    if page.locator("#field-cpf").is_editable():
        visitor.type(cpf=PERSON)
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
