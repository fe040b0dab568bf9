"""A customer's program: the service's own Python client from PyPI, told only where the server is."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from belvo.client import Client as Official

from tests.belvo import new_password, newcomer
from tests.server import Client, Server

TOKEN = "111111"
"""What the banks that ask for a token let in."""


class Program:
    """All that a program reads and writes, by the client's own classes. `sandbox` turns the knobs behind it."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.sandbox: Client = server.client()
        self.official = Official(*server.keys, f"{server.url}/belvo")
        self.today = date.fromisoformat(self.sandbox.own("GET", "/sandbox/clock")["now"][:10])

    def close(self) -> None:
        """Close every connection that was opened."""
        self.official.session.session.close()
        self.sandbox.close()

    def resource(self, name: str) -> Any:
        """Return one of the client's resources by its name."""
        return getattr(self.official, name)

    def days_ago(self, days: int) -> str:
        """Return a day as the wire has it."""
        return (self.today - timedelta(days=days)).isoformat()

    def connect(self, institution: str, username: str | None = None, password: str | None = None, **more: Any) -> Any:
        """Make a link and return it; it must succeed."""
        user, secret = username or newcomer(), password or new_password()
        return self.official.Links.create(institution, user, secret, raise_exception=True, **more)
