"""The front door."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from afluente.web.answers import Answer, text
from afluente.web.calls import Call


@dataclass(frozen=True)
class Front:
    """What the front page shows: the sandbox application's keys and the dialects that run."""

    keys: tuple[str, str]
    dialects: tuple[str, ...]

    async def show(self, house: Any, call: Call) -> Answer:
        """`GET /`."""
        id, secret = self.keys
        page = _template().render(id=id, secret=secret, base=call.origin, dialects=self.dialects)
        return text(page, "text/html")


@cache
def _template() -> Any:
    from jinja2 import Environment, FileSystemLoader

    loader = FileSystemLoader(Path(__file__).parent)
    return Environment(loader=loader, autoescape=True).get_template("front.html.j2")
