"""The countries of the invented bank: their money, their shops, and the words of their statements."""

from __future__ import annotations

import tomllib
from functools import cache

import msgspec

from afluente.connectors.scripted import shops
from afluente.connectors.scripted.register import HERE
from afluente.connectors.scripted.shops import Shop

Row = tuple[str, str, int, int, int]


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    currency: str
    person: tuple[int, int]
    company: tuple[int, int]
    dollar: tuple[int, int]
    card_fee: int
    accounts: dict[str, tuple[str, str]]
    words: dict[str, str]
    unit: int = 1
    method: str = "pix"
    legal: str = ""
    bills: tuple[Row, ...] = ()
    everyday: tuple[Row, ...] = ()
    large: tuple[Row, ...] = ()
    subscriptions: tuple[Row, ...] = ()


class Land(msgspec.Struct, frozen=True, kw_only=True):
    """One country: see the head of `lands.toml`. `method` is how money is sent from one bank to another."""

    code: str
    currency: str
    unit: int
    person: tuple[int, int]
    company: tuple[int, int]
    dollar: tuple[int, int]
    card_fee: int
    method: str
    legal: str
    accounts: dict[str, tuple[str, str]]
    words: dict[str, str]
    bills: tuple[Row, ...]
    everyday: tuple[Shop, ...]
    large: tuple[Shop, ...]
    subscriptions: tuple[Shop, ...]
    abroad: tuple[Shop, ...] = shops.ABROAD

    def whole(self, cents: int) -> int:
        """Return an amount without what is smaller than anybody pays."""
        return cents - cents % self.unit if cents >= 0 else -(-cents - -cents % self.unit)

    def say(self, word: str, name: str | None = "") -> str:
        """Return what a statement says, with whom it is about in capitals."""
        return self.words[word].replace("{name}", (name or "").upper())


@cache
def _lands() -> dict[str, Land]:
    tables = msgspec.convert(tomllib.loads((HERE / "lands.toml").read_text("utf-8")), dict[str, _Table])
    return {code: _land(code, table) for code, table in tables.items()}


def _land(code: str, table: _Table) -> Land:
    def sellers(rows: tuple[Row, ...]) -> tuple[Shop, ...]:
        return tuple(Shop(name, kind, mcc, "", low, high, table.legal) for name, kind, mcc, low, high in rows)

    brazil = code == "BR"
    return Land(
        code=code,
        currency=table.currency,
        unit=table.unit,
        person=table.person,
        company=table.company,
        dollar=table.dollar,
        card_fee=table.card_fee,
        method=table.method,
        legal=table.legal,
        accounts=table.accounts,
        words=table.words,
        bills=table.bills,
        everyday=shops.EVERYDAY if brazil else sellers(table.everyday),
        large=shops.LARGE if brazil else sellers(table.large),
        subscriptions=shops.SUBSCRIPTIONS if brazil else sellers(table.subscriptions),
    )


def land(country: str) -> Land:
    """Return a country. Raises KeyError for one the bank is not in."""
    return _lands()[country]
