"""What a widget's token says of the page that is opened with it, read without a browser."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest

from tests.delivery.receiver import Reply, listening
from tests.pages import Page
from tests.server import Client

SVG = b"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'><rect width='8' height='8' fill='#7a1fa2'/></svg>"


def opened(client: Client, widget: dict[str, Any], **query: str) -> Page:
    """Open the page with a token whose `widget` says this."""
    id, secret = client.keys
    body = {"id": id, "password": secret, "scopes": "read_institutions,write_links", "widget": widget}
    token = client.http.post("/belvo/api/token/", json=body).json()["access"]
    return Page(client, "/belvo/", access_token=token, locale="en", **query)


def test_the_branding_is_on_the_page(client: Client) -> None:
    """Terms with their version, the purpose, what is permitted, colours; and who leaves is told what they miss."""
    widget = {
        "branding": {
            "company_name": "Bairro",
            "company_terms_url": "https://bairro.example/terms",
            "company_terms_version": "20260323",
            "opportunity_loss": "You would miss our best rate.",
            "overlay_background_color": "#F0F2F4",
        },
        "theme": [
            {"css_key": "--nav-bar-background-color", "value": "#112233"},
            {"css_key": "--color-primary-base-dark", "value": "#ffd166"},
            {"css_key": "--nav-bar-icon-color", "value": "url(//evil.example)"},
        ],
        "consent": {"purpose": "To see <b>what</b> you can afford", "permissions": ["REGISTER", "ACCOUNTS", "NOTHING"]},
    }
    page = opened(client, widget, show_close_dialog="true")
    assert page.place == "consent"
    assert "Terms of use</a> (20260323)" in page.text
    assert "To see &lt;b&gt;what&lt;/b&gt; you can afford" in page.text
    products = re.findall(r"</svg>([^<]+)</li>", page.text)
    assert products == ["Accounts", "Transactions", "Your name and documents"]
    colours = unescape(re.findall(r'data-colours="([^"]*)"', page.text)[0])
    assert '"bar":"#112233"' in colours and '"paper":"#F0F2F4"' in colours
    assert '"accent-dark":"#ffd166"' in colours and '"on-accent-dark":"#000000"' in colours
    assert "evil" not in colours
    assert page.send("close") == "leaving"
    assert "You would miss our best rate." in page.text


@pytest.mark.parametrize(("query", "place"), [({}, "consent"), ({"show_intro": "false"}, "institutions")])
def test_a_page_without_an_introduction_begins_at_the_list(client: Client, query: dict[str, str], place: str) -> None:
    """`show_intro` false."""
    assert opened(client, {}, **query).place == place


def test_documents_of_the_token_are_typed_in_already(client: Client) -> None:
    """A person's, and a company's where the bank asks for one."""
    known = [{"type": "CPF", "number": "76109277673"}, {"type": "CNPJ", "number": "08082634000197"}]
    page = opened(client, {"consent": {"identification_info": known}}, institution="ofmockbank_br_business")
    page.send("agree")
    if page.place == "institutions":
        page.send("choose", slug="sandbox-open-finance-business")
    assert page.place == "login"
    assert 'value="76109277673"' in page.text
    assert ('name="field-cnpj"' in page.text) == ('value="08082634000197"' in page.text)


def test_pictures_are_fetched_by_the_server_and_shown_from_its_own_address(client: Client) -> None:
    """What is none is not there; an address that the server has not made fetches nothing."""
    with listening() as company:
        company.usual["/icon.svg"] = Reply(200, {"content-type": "image/svg+xml"}, SVG)
        company.usual["/logo.svg"] = Reply(200, {"content-type": "text/html"}, b"<html>")
        branding = {"company_icon": f"{company.url}/icon.svg", "company_logo": f"{company.url}/logo.svg"}
        page = opened(client, {"branding": branding})
        assert company.url not in page.text
        logo, icon = re.findall(r'src="([^"]*/widget/pictures/[^"]*)"', page.text)
        assert company.got == []
        shown = client.http.get(icon)
        assert (shown.status_code, shown.headers["content-type"], shown.content) == (200, "image/svg+xml", SVG)
        assert shown.headers["content-security-policy"].endswith("sandbox")
        assert client.http.get(logo).status_code == 404
        client.http.get(icon)
        assert [one.path for one in company.got] == ["/icon.svg", "/logo.svg"]
        assert client.http.get(icon[:-6] + "AAAAAA").status_code == 404
        assert len(company.got) == 2
