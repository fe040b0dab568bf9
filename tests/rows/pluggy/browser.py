"""What the user's browser does with the address of a consent: reads the bank's page, sends its form, goes where it is
sent."""

from __future__ import annotations

from html.parser import HTMLParser
from itertools import count
from typing import Any

import httpx
from stdnum.br import cpf

from tests.server import TLS, Client

_serials = count(300_000_017, 7_919)


def someone() -> str:
    """Return the CPF of a taxpayer that no other test has: an item that waits bars others of the same person."""
    serial = str(next(_serials))
    return str(cpf.format(serial + cpf._calc_check_digits(serial)))


class _Form(HTMLParser):
    """The values a form would send, without its buttons."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an input."""
        given = {name: value or "" for name, value in attrs}
        if tag == "input":
            self.values[given["name"]] = given.get("value", "")


def decide(item: dict[str, Any], decision: str, user: str | None = None) -> str:
    """Go to the bank, log in there as `user`, approve or reject; return the address where the browser ends.

    It stops at an address of somebody else's without going there.
    """
    address = httpx.URL(item["parameter"]["data"])
    with httpx.Client(timeout=30, verify=TLS) as browser:
        page = browser.get(address)
        assert page.status_code == 200, page.text
        values = _Form(page.text).values | {"decision": decision}
        if user is not None:
            values["user"] = user
        answer = browser.post(address, data=values)
        here = address
        while answer.is_redirect:
            here = here.join(answer.headers["location"])
            if here.host != address.host:
                return str(here)
            answer = browser.get(here)
        assert answer.status_code == 200, answer.text
        return str(here)


def consented(client: Client, user: str, products: list[str], connector: int = 600, **more: Any) -> Any:
    """Create an Open Finance item, approve at the bank as `user`, and return the item when it rests."""
    item = client.connect(connector, parameters={"cpf": someone()}, products=products, **more)
    assert item["status"] == "WAITING_USER_INPUT", item
    decide(item, "approve", user)
    return client.settled(item["id"])
