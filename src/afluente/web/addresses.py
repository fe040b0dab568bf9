"""Addresses that clients give us to call: only the public internet, over https, unless told otherwise."""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
from urllib.parse import urlsplit

from afluente.core.outcome import Refused

_INTERNAL = (
    ".local",
    ".localhost",
    ".internal",
    ".intranet",
    ".lan",
    ".home",
    ".corp",
    ".test",
    ".example",
    ".invalid",
)

_UNSAFE = re.compile(r"[\x00-\x20\x7f\\\s]")
"""Blanks, control characters and backslashes, which programs that read addresses disagree about."""

_TRANSLATED = tuple(ipaddress.ip_network(text) for text in ("64:ff9b::/96", "64:ff9b:1::/48", "::/96"))
"""IPv6 networks whose last 32 bits are an IPv4 address."""


_PLACE = re.compile(r"[a-z][a-z0-9+.-]*:[^\x00-\x20\x7f\\]+", re.IGNORECASE)
_NO_PLACES = ("javascript:", "data:", "vbscript:", "file:", "blob:", "about:", "filesystem:", "view-source:")
"""Schemes that run or show something and lead nowhere."""


def is_place(url: str) -> bool:
    """Tell whether a browser may be sent to an address: a page's, or an app's own scheme."""
    return len(url) <= 2_048 and _PLACE.fullmatch(url) is not None and not url.lower().startswith(_NO_PLACES)


async def check_address(url: str, relaxed: bool) -> str | None:
    """Raise `request.webhook.…` for an address that may not be called; return the IP address that was looked at.

    `relaxed`: any http address will do, and None is returned.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise Refused("request.webhook.url-invalid") from None
    if not host or parts.scheme not in ("http", "https") or _UNSAFE.search(url):
        raise Refused("request.webhook.url-invalid")
    if relaxed:
        return None
    if parts.scheme != "https":
        raise Refused("request.webhook.not-https")
    if _is_ip(host):
        raise Refused("request.webhook.ip-address")
    host = host.rstrip(".")
    if host == "localhost" or "." not in host or host.endswith(_INTERNAL):
        raise Refused("request.webhook.internal-name")
    if parts.username or parts.password or port not in (None, 443):
        raise Refused("request.webhook.url-invalid")
    found = await _resolve(host)
    if not found or not all(_is_public(address) for address in found):
        raise Refused("request.webhook.private-address")
    return found[0]


def _is_public(address: str) -> bool:
    """Tell whether the address is one of the public internet, and no other way to write one that is not."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        # translated and tunnelled addresses lead to the IPv4 address in them
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo or (None, None))[1]
        if any(ip in network for network in _TRANSLATED):
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None and not _is_public(str(inner)):
            return False
        if ip.is_site_local:
            return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved)


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        # what a resolver would take for a number: 2130706433, 0x7f.1, 127.1
        return all(part.isdigit() or part.lower().startswith("0x") for part in host.rstrip(".").split("."))
    return True


async def _resolve(host: str) -> list[str]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, 443, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Refused("request.webhook.unresolved") from None
    return [str(entry[4][0]).partition("%")[0] for entry in found]
