"""A visit to the invented bank for tests: a bank that answers from a list, and calls that need no event loop."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from afluente.catalogue import Catalogue
from afluente.connectors.scripted import ScriptedConnector, institutions
from afluente.core.challenge import Challenge
from afluente.core.clock import DAY
from afluente.core.documents import Balance
from afluente.core.outcome import Refused
from afluente.core.ports import Fetched, Session
from afluente.core.products import Product

MEANINGS = Catalogue().meanings
CONNECTOR = ScriptedConnector(MEANINGS)
INSTITUTIONS = {institution.slug: institution for institution in institutions()}
NOW = int(datetime(2026, 11, 23, 15, tzinfo=UTC).timestamp()) * 1000
USER_OK = {"username": "user-ok", "password": "password-ok"}


class ListBank:
    """The engine's side of a conversation: it answers each question with the next of a list."""

    def __init__(self, *answers: str, now: int = NOW) -> None:
        self.answers = list(answers)
        self.now = now
        self.connection_id = "4f2c7f53-1b7c-4c0e-9d0f-9f1f5ad0c001"
        self.reached: list[str] = []
        self.asked: list[Challenge] = []
        self.memory: dict[str, str] = {}
        self.paused = 0
        self.waited = 0

    async def reach(self, operation: str) -> None:
        """Write down where the connector went."""
        self.reached.append(operation)

    async def ask(self, challenge: Challenge) -> str:
        """Write down the question and give the next answer."""
        self.asked.append(challenge)
        return self.answers.pop(0)

    async def recall(self, key: str) -> str | None:
        """Return what was remembered."""
        return self.memory.get(key)

    async def remember(self, key: str, value: str | None) -> str | None:
        """Remember, or forget, and return what was there."""
        before = self.memory.pop(key, None)
        if value is not None:
            self.memory[key] = value
        return before

    async def pause(self, span: int) -> None:
        """Write down how long it took."""
        self.paused += span

    async def wait(self, span: int) -> None:
        """Write down how long the institution took."""
        self.waited += span


run = asyncio.run

ANSWERS = {
    "What city were you born in?": "Montreal",
    "What is the best country on earth?": "Canada",
    "What shape do people like most?": "Triangle",
    "Où êtes-vous né ?": "Montréal",
    "Quel est le meilleur pays au monde ?": "Canada",
    "Quelle forme les gens préfèrent-ils ?": "Triangle",
}


def right_answer(challenge: Challenge) -> str:
    """Return what John Doe answers: to a documented question, to a sum, and else the token."""
    numbers = re.findall(r"\d+", challenge.label)
    return ANSWERS.get(challenge.label) or (str(sum(map(int, numbers))) if numbers else "123456")


def enter(slug: str, credentials: Mapping[str, str], bank: ListBank) -> Session:
    """Log in at an institution."""
    return asyncio.run(CONNECTOR.login(bank, INSTITUTIONS[slug], credentials))


def session(slug: str = "sandbox-bank", user: str = "user-ok", *answers: str, now: int = NOW) -> Session:
    """Return the session of a documented user, who knows the right token."""
    credentials = {"username": user, "password": "password-ok", "token": "123456"}
    return enter(slug, credentials, ListBank(*answers, now=now))


def consented(slug: str, answer: str, cpf: str = "761.092.776-73", now: int = NOW, **more: str) -> Session:
    """Return the session that an Open Finance login leaves."""
    return enter(slug, {"cpf": cpf, **more}, ListBank(answer, now=now))


def fetch(slug: str, visit: Session, product: Product, *, now: int = NOW, since: int | None = None) -> Fetched:
    """Fetch one product."""
    return asyncio.run(CONNECTOR.fetch(ListBank(now=now), INSTITUTIONS[slug], visit, product, since))


def balance(slug: str, visit: Session, key: str, *, now: int = NOW) -> Balance:
    """Ask for a balance."""
    return asyncio.run(CONNECTOR.balance(ListBank(now=now), INSTITUTIONS[slug], visit, key))


def refusal(slug: str, credentials: Mapping[str, str], *answers: str) -> Refused:
    """Return what a login is refused with."""
    with pytest.raises(Refused) as caught:
        enter(slug, credentials, ListBank(*answers))
    return caught.value


def later(days: int) -> int:
    """Return an instant some days after the tests' own."""
    return NOW + days * DAY
