"""One connection kept through one dialect: how each connects, refreshes, asks, consents, and says what went wrong."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from tests.server import Client


@dataclass(frozen=True)
class Said:
    """What a client was told of a refresh: whether it was well, and else the code and the id to ask support about."""

    well: bool
    code: str | None = None
    id: str | None = None


@dataclass(frozen=True)
class Moved:
    """A movement as a dialect tells it; `id` is None where its wire has none."""

    id: str | None
    amount: Decimal
    text: str
    pending: bool
    on: date


@dataclass(frozen=True)
class Asked:
    """A question as a dialect tells it: whose connection, the words for the user, whatever answers go with."""

    id: str
    words: str
    handle: Any = None


class Through(ABC):
    """One dialect."""

    name: str
    surfaces: tuple[str, ...]
    """Where it refuses, by the names of its vocabulary."""

    wrong_answers: int
    """Wrong answers in a row that the dialect lets through before the user has to wait, or to begin anew."""

    def __init__(self, client: Client) -> None:
        self.client = client

    @abstractmethod
    def connect(self) -> str:
        """Connect somebody new and return the connection's id."""

    @abstractmethod
    def acting(self, act: str) -> str:
        """Connect somebody to whose data this happens (`act+…`), with a year of movements; return the id."""

    @abstractmethod
    def late(self) -> str:
        """Connect somebody of whose movements some are listed five days after their own."""

    def arrived(self, id: str, since: str) -> set[str | None] | None:
        """Return the movements that were stored behind an instant; None where the wire cannot be asked."""
        return None

    @abstractmethod
    def refresh(self, id: str) -> Said:
        """Fetch the accounts anew."""

    @abstractmethod
    def accounts(self, id: str) -> list[str]:
        """Return the accounts by what the wire knows them by."""

    @abstractmethod
    def movements(self, id: str) -> list[Moved]:
        """Return all movements that are stored."""

    @abstractmethod
    def again(self, id: str) -> str:
        """Let the user of a connection log in once more, as if for the first time; return whose connection that is."""

    @abstractmethod
    def mistype(self, id: str) -> str:
        """Give a password that the institution refuses for a connection that has a good one; return the code."""

    @abstractmethod
    def consented(self, person: str) -> str:
        """Have a person consent at an institution of Open Finance; return the connection's id."""

    @abstractmethod
    def renew(self, id: str) -> None:
        """Have the person consent once more, where the dialect lets them."""

    @abstractmethod
    def holder(self, id: str) -> None:
        """Fetch whose accounts they are anew, whatever comes of it."""

    @abstractmethod
    def ask(self) -> Asked:
        """Connect somebody whom the bank asks something."""

    @abstractmethod
    def answer_wrongly(self, asked: Asked) -> str:
        """Answer so, and return the code that is told."""

    @abstractmethod
    def ask_again(self, asked: Asked) -> Asked | str:
        """Have the same user asked once more; return the question, or the code with which that is refused."""

    def close(self) -> None:
        """Leave nothing behind but connections."""
        return

    @abstractmethod
    def refused(self, surface: str) -> tuple[str, int]:
        """Call a path that speaks on a surface, and return code and status of the refusal."""

    def question(self, asked: Asked) -> Any:
        """Return what our own API says of an open question."""
        return self.client.own("GET", f"/connections/{asked.id}")["question"]

    def approve(self, id: str) -> None:
        """Let the user say yes on the bank's own page."""
        self.client.own("POST", f"/sandbox/connections/{id}/answer", json={"value": "approved:user-ok"})
        self.client.settle()

    def begin(self) -> None:
        """Stop the clock at a day that is the same in every run: what people did before it is."""
        self.client.own("POST", "/sandbox/clock", json={"at": "2026-03-03T12:00:00Z"})
        self.client.key = self.client.authenticate(*self.client.keys)

    def later(self, span: str) -> None:
        """Let time pass with all that falls due in it; keys that are over are taken anew."""
        self.client.advance(span)
        self.client.key = self.client.authenticate(*self.client.keys)


def day_of(text: str) -> date:
    """Return the day that a text begins with."""
    return date.fromisoformat(text[:10])


def counted(found: Iterable[Moved]) -> Counter[tuple[Decimal, str]]:
    """Return how often each movement is there that is booked, by what every wire tells of it."""
    return Counter((one.amount, one.text) for one in found if not one.pending)
