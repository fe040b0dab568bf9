"""The front door."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from afluente.web.answers import Answer, page
from afluente.web.calls import Call

LOOPBACK = ("127.0.0.1", "::1")
"""Where somebody calls from who sits at this machine; such a one may see the sandbox application's secret."""


@dataclass(frozen=True)
class Front:
    """What the front page shows: the sandbox application's keys and the dialects that run."""

    keys: tuple[str, str]
    dialects: tuple[str, ...]

    async def show(self, house: Any, call: Call) -> Answer:
        """`GET /`: what runs here; with the sandbox application's keys for somebody at this machine."""
        id, secret = self.keys if _is_here(call) else (None, None)
        return page(_template().render(id=id, secret=secret, base=call.origin, dialects=self.dialects), framed=False)


def _is_here(call: Call) -> bool:
    """Tell whether the call comes from this machine and asks for it by a local name.

    The name is looked at as well, because a page from elsewhere can make its own name lead here.
    """
    client = call.scope.get("client")
    host = call.host[1:].partition("]")[0] if call.host.startswith("[") else call.host.partition(":")[0]
    local = host in LOOPBACK or host == "localhost" or host.endswith(".localhost")
    return client is not None and client[0] in LOOPBACK and local


@cache
def _template() -> Any:
    from jinja2 import Environment, FileSystemLoader

    loader = FileSystemLoader(Path(__file__).parent)
    return Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True).get_template(
        "front.html.j2"
    )
