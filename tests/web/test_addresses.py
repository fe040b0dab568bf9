"""Addresses that clients give us to call: the public internet over https, however the rest is written."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest

from afluente.core.outcome import Refused
from afluente.web.addresses import check_address

pytestmark = pytest.mark.anyio

PUBLIC = "93.184.215.14"


class Names:
    """A resolver that knows a few names."""

    def __init__(self) -> None:
        self.known: dict[str, list[str]] = {"hooks.client.com": [PUBLIC]}
        self.asked: list[str] = []

    async def getaddrinfo(self, host: str, port: int, **_: Any) -> list[tuple[Any, ...]]:
        """Answer as the event loop's resolver does."""
        self.asked.append(host)
        if host not in self.known:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in self.known[host]]


@pytest.fixture
async def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    """The resolver, in the place of the real one."""
    names = Names()
    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", names.getaddrinfo)
    return names


async def refused(url: str, relaxed: bool = False) -> str:
    """Return the meaning of the refusal; empty if there was none."""
    try:
        await check_address(url, relaxed)
    except Refused as why:
        return why.meaning
    return ""


@pytest.mark.parametrize(
    "url",
    ["https://hooks.client.com", "https://hooks.client.com/a?b=c#d", "https://HOOKS.client.com:443/", "https://hooks.client.com./"],
)  # fmt: skip
async def test_the_public_internet_over_https_is_taken(names: Names, url: str) -> None:
    """With a path, a query, the usual port, and a dot at the end of the name."""
    assert await refused(url) == ""
    assert names.asked == ["hooks.client.com"]


@pytest.mark.parametrize("url", ["http://hooks.client.com/", "HTTP://hooks.client.com"])
async def test_plain_http_is_refused(names: Names, url: str) -> None:
    """What is said there could be heard by all."""
    assert await refused(url) == "request.webhook.not-https"


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "017700000001",
        "0x7f.1", "127.0.0.1.", "10.0.0.1", "169.254.169.254", "0.0.0.0", "0", "8.8.8.8", "134744072",
        "[::1]", "[::]", "[fe80::1]", "[fe80::1%25eth0]", "[fc00::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
        "[2606:4700::1111]", "[64:ff9b::7f00:1]", "[0:0:0:0:0:0:0:1]",
    ],
)  # fmt: skip
async def test_a_number_is_no_name(names: Names, host: str) -> None:
    """Numbers in every writing that a resolver takes: none is asked for, not even a public one."""
    assert await refused(f"https://{host}/") == "request.webhook.ip-address"
    assert names.asked == []


@pytest.mark.parametrize(
    "host",
    ["localhost", "localhost.", "LOCALHOST", "a.localhost", "printer.local", "db.internal", "db.internal.", "a.lan",
     "intranet", "a.corp", "a.home", "a.test", "a.example", "a.invalid", "router"],
)  # fmt: skip
async def test_a_name_of_the_inside_is_refused(names: Names, host: str) -> None:
    """By its ending, whatever it resolves to, and without asking anybody."""
    assert await refused(f"https://{host}/") == "request.webhook.internal-name"
    assert names.asked == []


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
        "192.0.2.1", "198.18.0.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
        "::1", "::", "fe80::1", "fe80::1%2", "fc00::1", "fec0::1", "ff02::1", "ff0e::1", "2001:db8::1",
        "::ffff:10.0.0.1", "::10.0.0.1", "64:ff9b::a00:1", "64:ff9b:1::a00:1", "2002:a00:1::", "2002:7f00:1::1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    ],
)  # fmt: skip
async def test_a_public_name_that_leads_inside_is_refused(names: Names, address: str) -> None:
    """Every address of a name must be public: also when it is the last of several, and when it hides another in it."""
    names.known["evil.client.com"] = [PUBLIC, address]
    assert await refused("https://evil.client.com/") == "request.webhook.private-address"


@pytest.mark.parametrize("address", [PUBLIC, "2606:4700::1111", "2002:5db8:d70e::1"])
async def test_a_name_with_public_addresses_is_taken(names: Names, address: str) -> None:
    """Of either family, translated ones too."""
    names.known["good.client.com"] = [address]
    assert await refused("https://good.client.com/") == ""


@pytest.mark.parametrize(
    "url",
    [
        "https://user@hooks.client.com/", "https://user:password@hooks.client.com/", "https://:x@hooks.client.com/",
        "https://hooks.client.com:444/", "https://hooks.client.com:22/", "https://hooks.client.com:0/",
        "https://hooks.client.com:port/", "https://hooks.client.com:99999/", "https://hooks.client.com\\@127.0.0.1/",
        "https://127.0.0.1\\.hooks.client.com/", "https://hooks.client.com/\r\nhost: x", "https://hooks.client.com/a b",
        "https://hooks.client.com/\0", "\thttps://hooks.client.com/", "https:///path", "https://",
        "https:hooks.client.com",
        "//hooks.client.com/", "hooks.client.com", "", "ftp://hooks.client.com/", "file:///etc/passwd",
        "javascript:alert(1)", "gopher://hooks.client.com/", "https://[::1", "https://]/",
    ],
)  # fmt: skip
async def test_what_programs_read_differently_is_refused(names: Names, url: str) -> None:
    """User names, other ports, backslashes, control characters, and what is no address at all."""
    assert await refused(url) == "request.webhook.url-invalid"
    assert names.asked == []


@pytest.mark.parametrize(
    "host",
    ["nowhere.client.com", "127%2e0%2e0%2e1.client.com", "a..client.com", "x" * 64 + ".client.com", "é.client.com"],
)
async def test_a_name_nobody_knows_is_refused(names: Names, host: str) -> None:
    """What does not resolve cannot be called."""
    assert await refused(f"https://{host}/") == "request.webhook.unresolved"


@pytest.mark.parametrize("host", ["１２７.0.0.1", "①②⑦.0.0.1", "127。0。0。1", "ⓛocalhost", "localhost。"])
async def test_letters_that_fold_into_others_lead_nowhere_inside(names: Names, host: str) -> None:
    """Digits, dots and letters that a resolver folds into plain ones are refused one way or another."""
    names.known[host] = names.known[host.rstrip("。")] = ["127.0.0.1"]
    assert (await refused(f"https://{host}/")).startswith("request.webhook.")


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080/hook", "http://hooks.internal/", "https://user@10.0.0.1/"])
async def test_where_private_addresses_are_allowed_any_http_address_will_do(names: Names, url: str) -> None:
    """The setting for development: nothing is resolved."""
    assert await refused(url, relaxed=True) == ""
    assert names.asked == []


@pytest.mark.parametrize(
    "url", ["ftp://a.com/", "javascript:alert(1)", "http://a.com/\r\nx: y", "http://", "a.com", "http://a\\b/"]
)
async def test_even_then_it_is_an_http_address(names: Names, url: str) -> None:
    """Other schemes and broken addresses stay refused."""
    assert await refused(url, relaxed=True) == "request.webhook.url-invalid"
