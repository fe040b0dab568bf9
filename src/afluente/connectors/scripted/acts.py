"""User names that say what shall happen: `act+<meaning>`, `act+<meaning>@<product>`, several joined by commas."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache

import msgspec

from afluente.connectors.scripted.register import HERE
from afluente.core.products import Product

USUAL_PERSON = "user-ok"
"""Who a user is when nothing says otherwise: changing the way to fail is not changing the person."""

PASSWORD = "password-ok"
CARDHOLDERS_PASSWORD = "Everyday"
TOKEN = "123456"
_TOKENS = r"12345\d"


def is_token(text: str, pattern: str = _TOKENS) -> bool:
    """Tell whether the token is right: the documented one, or one that differs in its last digit.

    A value that serves once must be another one on the next run, so one right token would not do.
    """
    return re.fullmatch(pattern, text.strip()) is not None


DOCUMENTED_PERSON = "john-doe"
"""Who the cardholders are that are documented for Canada and the United States: see `north.toml`."""

LONGEST = 5_000
"""The greatest N of `user-ok-perf-{N}x`."""

_ACT = re.compile(r"(?:user-)?act\+(.+)", re.DOTALL)
_PERSON = re.compile(r"(?:user-)?person\+([\w.-]{1,40})")
_COMPANY = re.compile(r"company\+([\w.-]{1,40})")
_MANY = re.compile(r"user-ok-perf-(\d{1,4})x")
_MANY_OF_A_GUEST = re.compile(r"bnk_perf_(\d{1,4})x")


class User(msgspec.Struct, frozen=True, kw_only=True):
    """What a user name makes happen: see the head of `users.toml`. `any_password` says that none is looked at.

    `products` is what was asked for; `refusals` and `findings` what it comes to under the catalogue. `balance_fails`
    is the meaning in which asking for a balance ends, `refuses` the one in which fetching any product does. `quirks`
    are faults that the data itself has, as meanings: see `quirks.py`. `late` is how many days after its own
    what was spent is listed.
    """

    does: str = ""
    fails: str | None = None
    said: str | None = None
    data: dict[str, str] = {}
    products: dict[Product, str] = {}
    refusals: dict[Product, str] = {}
    findings: dict[Product, tuple[str, ...]] = {}
    balance_fails: str | None = None
    asks: tuple[str, ...] = ()
    person: str = USUAL_PERSON
    accounts: tuple[str, ...] | None = None
    movements: int | None = None
    any_password: bool = False
    holds: str = "full"
    password: str | None = None
    once: dict[Product, str] = {}
    activates: bool = False
    one_session: bool = False
    alternates: bool = False
    per_second: int | None = None
    taxpayer: str | None = None
    refuses: str | None = None
    waits: dict[Product, int] = {}
    asks_at: dict[Product, tuple[str, ...]] = {}
    once_only: bool = False
    late: int = 0
    quirks: tuple[str, ...] = ()


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody known by CPF. `joint` is approved or refused, where there is a joint account."""

    does: str
    joint: str | None = None


class Cast(msgspec.Struct, frozen=True, kw_only=True):
    """Everybody who is documented: by user name, by user name where guests are let in, by user name in small letters in
    Canada and the United States, and by formatted CPF.

    `quirks` are meanings that `act+` brings about as they come about, with what is wrong then: the data has that fault,
    and whoever looks at it finds it.
    """

    users: dict[str, User]
    guests: dict[str, User]
    cardholders: dict[str, User]
    people: dict[str, Known]
    quirks: dict[str, str]


@cache
def cast() -> Cast:
    """Return everybody who is documented."""
    return msgspec.convert(tomllib.loads((HERE / "users.toml").read_text("utf-8")), Cast)


def user(name: str, left: Mapping[str, str]) -> User | None:
    """Return what a user name makes happen, or None for a user the bank does not know.

    `left` says for each meaning of the catalogue what data is still good under it.
    """
    acted = _ACT.fullmatch(name)
    if acted:
        return _acted(acted[1], left)
    known = cast().users.get(name) or _numbered(name)
    return known and _resolved(known, known.products.items(), left)


def guest(name: str, left: Mapping[str, str]) -> User | None:
    """Return what a user name makes happen where everybody is let in, or None for an ordinary guest."""
    acted = _ACT.fullmatch(name)
    if acted:
        return _acted(acted[1], left)
    many = _MANY_OF_A_GUEST.fullmatch(name)
    if many and 1 <= int(many[1]) <= LONGEST:
        return User(any_password=True, accounts=("checking",), movements=int(many[1]) * 100)
    known = cast().guests.get(name)
    return known and _resolved(known, known.products.items(), left)


def cardholder(name: str, left: Mapping[str, str]) -> User | None:
    """Return what a user name makes happen in Canada and the United States, or None for one nobody knows there.

    Whoever is documented for every institution is known there too, with the same password as elsewhere.
    """
    known = cast().cardholders.get(name.casefold())
    if known is not None:
        person = DOCUMENTED_PERSON if known.person == USUAL_PERSON else known.person
        known = msgspec.structs.replace(known, person=person, password=CARDHOLDERS_PASSWORD)
        return _resolved(known, known.products.items(), left)
    company = _COMPANY.fullmatch(name)
    if company:
        return User(person=f"company+{company[1]}", taxpayer="company", password=CARDHOLDERS_PASSWORD)
    found = user(name, left)
    if found is None:
        return None
    own = _PERSON.fullmatch(name) is not None
    return msgspec.structs.replace(found, password=CARDHOLDERS_PASSWORD if own else PASSWORD)


def _numbered(name: str) -> User | None:
    many = _MANY.fullmatch(name)
    if many and 1 <= int(many[1]) <= LONGEST:
        return msgspec.structs.replace(cast().users["user-ok-perf"], person=name, movements=int(many[1]) * 100)
    other = _PERSON.fullmatch(name)
    return User(person=f"person+{other[1]}") if other else None


def _acted(text: str, left: Mapping[str, str]) -> User | None:
    """Return what `act+` asks for; the first meaning without a product is what the login ends in, but a fault of the
    data is a fault of the data."""
    fails: str | None = None
    balance: str | None = None
    quirks: list[str] = []
    wanted: list[tuple[Product, str]] = []
    for part in text.split(","):
        meaning, at, place = part.strip().partition("@")
        if meaning not in left or (at and place not in _PLACES):
            return None
        if not place and meaning in cast().quirks:
            quirks.append(meaning)
        elif place in ("", "login"):
            fails = fails or meaning
        elif place == "balance":
            balance = balance or meaning
        else:
            wanted.append((Product(place), meaning))
    data = cast().users["user-ok-auth-pending"].data if fails and _of_a_device(fails) else {}
    acted = User(fails=fails, data=data, balance_fails=balance, quirks=tuple(quirks), any_password=True)
    return _resolved(acted, wanted, left)


_PLACES = frozenset(product.value for product in Product) | {"login", "balance"}


def _of_a_device(meaning: str) -> bool:
    return f"{meaning}.".startswith("login.device-authorization.")


def _resolved(user: User, wanted: Iterable[tuple[Product, str]], left: Mapping[str, str]) -> User:
    """Return the user with each wanted meaning as what it is: a refusal where it leaves no new data."""
    refusals: dict[Product, str] = {}
    findings: dict[Product, tuple[str, ...]] = {}
    for product, meaning in wanted:
        if left[meaning] in ("none", "stale"):
            refusals.setdefault(product, meaning)
        else:
            findings[product] = (*findings.get(product, ()), meaning)
    return msgspec.structs.replace(user, refusals=refusals, findings=findings)
