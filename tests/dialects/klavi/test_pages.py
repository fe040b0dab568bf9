"""The page that a link opens, without a browser: what it is opened with, what it offers, what it begins."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.klavi import Delivery, Klavi, Receiver, named, of_task, someone
from tests.pages import Page


def test_a_partners_own_parameters_come_back(klavi: Klavi, receiver: Receiver) -> None:
    """Whatever the address says beside the documented names: in the event, and with every report of a login."""
    klavi.listen(receiver)
    person = someone()
    query = {"personal_tax_id": person, "institution_code": "102", "uuid": "7", "external_info": '{"order": 1}'}
    page = Page(klavi.sandbox, f"/klavi/data/v1/basic-links/{klavi.sandbox.keys[0]}?{urlencode(query)}")
    told = receiver.wait(named("link_created"))[0].body[0]
    assert (told["externalInfo"], told["payload"]["personalTaxId"]) == ({"uuid": "7", "order": 1}, person)
    assert page.send("agree") == "login" and "field-months" in page.text
    page = Page(klavi.sandbox, klavi.link(personalTaxId=person, externalInfo={"uuid": "7"})["linkURL"])
    assert page.send("agree") == "institutions"
    assert page.send("choose", slug="sandbox-bank-legacy") == "login"
    typed = {"field-username": "user-ok", "field-password": "password-ok"}
    assert page.send("login", **typed) == "login", "whether updates are allowed has to be said"
    page.send("login", **typed, **{"field-autoupdate": "yes"})
    klavi.sandbox.settle()
    first = receiver.wait(lambda one: isinstance(one.body, dict) and one.body["data"]["enquiry_cpf"] == person)[0]
    body = first.body
    assert (body["code"], body["query_param"]) == (200, {"uuid": "7"})
    assert (body["data"]["institution_id"], body["data"]["allow_autoupdate"]) == ("900", "Yes")
    arrived = receiver.wait(of_task(body["data"]["connection_id"]), 8)
    assert len({one.body["data"]["report_type"] for one in arrived}) == len(arrived)


@pytest.mark.parametrize("value", ["x", '{"all": 7}', "[]", '{"pf_wealth": "https://a.example/"}'])
def test_reports_are_sent_to_no_address_that_is_none(klavi: Klavi, value: str) -> None:
    """The page says so, and no link is made."""
    query = urlencode({"products_callback_url": value})
    answer = klavi.sandbox.http.get(f"/klavi/data/v1/basic-links/{klavi.sandbox.keys[0]}?{query}")
    assert answer.status_code == 400


def told_addresses(klavi: Klavi) -> set[str]:
    """Return every address that is told of something."""
    return {one["url"] for one in klavi.sandbox.own("GET", "/endpoints")["endpoints"]}


def test_whoever_opens_a_partners_address_registers_none(alone: Klavi, receiver: Receiver) -> None:
    """A link that anybody makes, as often as they like, has no address told of anything; nor has a consent over it,
    until the partner requests reports that are to be sent there."""
    basic = f"/klavi/data/v1/basic-links/{alone.sandbox.keys[0]}"
    person = someone()
    for number in range(3):
        query = {"personal_tax_id": person, "products_callback_url": f"{receiver.url}/anybodys-{number}"}
        page = Page(alone.sandbox, f"{basic}?{urlencode(query)}")
    assert not told_addresses(alone)
    assert page.send("agree") == "institutions"
    assert page.send("choose", slug="itau-open-finance") == "login"
    page.send("login", **{"field-cpf": person, "field-months": "12"})
    assert not told_addresses(alone)
    consents = alone.call("GET", "/data/v1/consents", alone.access, params={"personalTaxId": person}).json()
    assert len(consents) == 1


def test_the_longest_link_can_be_used(klavi: Klavi) -> None:
    """Its token stands in every form of the page, which takes it back."""
    link: Any = klavi.link(externalInfo={f"name {number}": '"quoted"' for number in range(170)})
    page = Page(klavi.sandbox, link["linkURL"])
    assert page.send("agree") == "institutions"
    assert page.send("search", q="nubank") == "institutions"


def test_a_cpf_with_wrong_digits_is_not_sent_anywhere(klavi: Klavi) -> None:
    """Neither to a bank's consent nor to its login: the form is shown again, and names the field."""
    for slug, values in (
        ("nubank-open-finance", {"field-months": "12"}),
        ("itau-pf", {"field-username": "user-ok", "field-password": "password-ok", "field-autoupdate": "no"}),
    ):
        page = Page(klavi.sandbox, klavi.link()["linkURL"])
        page.send("agree")
        page.send("choose", slug=slug)
        assert page.send("login", **values, **{"field-cpf": "111.444.777-36"}) == "login"
        assert "field-cpf-fault" in page.text


def test_what_was_connected_for_a_company_is_of_a_company(klavi: Klavi) -> None:
    """A link for a company offers the companies' banks alone, those with consents and those with logins."""
    page = Page(klavi.sandbox, klavi.link(businessTaxId="11222333000181")["linkURL"])
    page.send("agree")
    slugs = set(re.findall(r'name="slug" value="([^"]+)"', page.text))
    assert {"itau-pj-open-finance", "sandbox-business"} <= slugs
    assert not {"itau-open-finance", "itau-pf"} & slugs


def kinds_told(klavi: Klavi) -> list[str]:
    """Return the kinds of all that has been written down for the partner."""
    return [one["kind"] for one in klavi.sandbox.own("GET", "/events?limit=1000")["events"]]


def of_page(one: Delivery) -> bool:
    """Tell whether it is an event of the page."""
    return isinstance(one.body, list) and one.body[0]["eventType"] == "web"


def test_what_visitors_do_is_told_by_webhook_as_to_the_page_around(alone: Klavi, receiver: Receiver) -> None:
    """The same events in the same order, of the type `web`, with whose link it was; nothing is written down
    where no address listens to events."""
    alone.listen(receiver, "reports")
    person = someone()
    link = alone.link(personalTaxId=person, externalInfo={"order": 7})
    page = Page(alone.sandbox, link["linkURL"])
    assert page.told == [{"eventName": name, "payload": {}} for name in ("app_loaded", "page_view")]
    assert "page.used" not in kinds_told(alone)
    alone.listen(receiver, "events")
    page.told.clear()
    page.send("agree")
    page.send("search", q="itaú")
    page.send("choose", slug="sandbox-bank-legacy")
    page.send("back")
    page.send("back")
    page.send("agree")
    page.send("choose", slug="sandbox-bank-legacy")
    page.send("close")
    names = [one["eventName"] for one in page.told]
    assert names[0] == "landing_continue_click" and names[-1] == "data_confirmation_exit_click"
    assert {"data_confirmation_back_click", "institution_list_back_click"} <= set(names)
    arrived = [one for one in receiver.wait(of_page, len(names)) if of_page(one)]
    told = [one.body[0] for one in arrived]
    whose = {"personalTaxId": person, "businessTaxId": "", "linkId": link["linkId"]}
    assert [(one["eventName"], one["payload"]) for one in told] == [
        (one["eventName"], {**whose, **one["payload"]}) for one in page.told
    ]
    assert {"key": "itaú"}.items() <= told[names.index("institution_list_search")]["payload"].items()
    chosen = told[names.index("institution_click")]
    assert chosen["payload"]["institutionCode"] == "900"
    left = {one["eventName"]: one["payload"].get("institutionCode") for one in told if "back" in one["eventName"]}
    assert left == {"data_confirmation_back_click": "900", "institution_list_back_click": None}
    assert (chosen["externalInfo"], chosen["partnerAppId"]) == ({"order": 7}, alone.sandbox.keys[0])
    assert len({one["eventId"] for one in told}) == len(told)
    assert all(one.is_signed(alone.sandbox.keys[1]) for one in arrived)
