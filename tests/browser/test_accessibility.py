"""axe-core looks at every view, light and dark, and finds no serious fault."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import pytest

from tests.browser.visiting import Visitor, connect_token
from tests.server import Client

GRAVE = ("serious", "critical")


def faults(page: Any) -> list[str]:
    """Return what is gravely wrong with a view, as it stands."""
    page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{one['id']}: {one['help']} ({one['nodes'][0]['html'][:120]})"
        for one in found["violations"]
        if one["impact"] in GRAVE
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_view_has_a_serious_fault(page: Any, client: Client, theme: str) -> None:
    """The consent, the list, a login that does not fit, a picture to read, the result, a failure, a QR code, terms that
    are not accepted, countries, and statement files."""
    seen: dict[str, list[str]] = {}

    def opened(connector: int) -> Visitor:
        query = f"connect_token={connect_token(client)}&connector_ids={connector}&theme={theme}"
        page.goto(f"{client.server.url}/pluggy/?{query}")
        visitor = Visitor(page)
        visitor.press("Concordar")
        visitor.at("login")
        return visitor

    page.goto(f"{client.server.url}/pluggy/?connect_token={connect_token(client)}&with_sandbox=true&theme={theme}")
    visitor = Visitor(page)
    visitor.at("consent")
    seen["consent"] = faults(page)
    visitor.press("Concordar")
    visitor.at("institutions")
    seen["institutions"] = faults(page)
    visitor = opened(5)
    visitor.press("Entrar")
    page.locator("#field-username-fault").wait_for()
    seen["login"] = faults(page)
    visitor.type(username="user-ok-img", password="password-ok")
    visitor.press("Entrar")
    visitor.at("asked")
    seen["asked"] = faults(page)
    page.locator("#answer-0").fill("123456")
    visitor.press("Enviar")
    visitor.at("progress")
    seen["progress"] = faults(page)
    visitor.at("result")
    seen["result"] = faults(page)
    for connector, user, place in ((2, "user-locked", "failure"), (19, "user-ok", "elsewhere")):
        visitor = opened(connector)
        visitor.type(username=user, password="password-ok")
        visitor.press("Entrar")
        visitor.at(place)
        seen[place] = faults(page)
    flinks = f"{client.server.url}/flinks/v2"
    page.goto(f"{flinks}/?theme={theme}&termsUrl=https://shop.example/terms&institutionFilterEnable=true")
    visitor.press("Agree and")
    page.locator("#terms-fault").wait_for()
    seen["terms"] = faults(page)
    page.get_by_label("I accept").check()
    visitor.press("Agree and")
    visitor.at("institutions")
    seen["countries"] = faults(page)
    page.goto(f"{flinks}/Upload?theme={theme}&consentEnable=false")
    visitor.at("files")
    seen["files"] = faults(page)
    page.locator("#file").set_input_files([{"name": "notes.pdf", "mimeType": "application/pdf", "buffer": b"-"}])
    visitor.press("Send files")
    visitor.at("papers")
    seen["papers"] = faults(page)
    assert {place: wrong for place, wrong in seen.items() if wrong} == {}
