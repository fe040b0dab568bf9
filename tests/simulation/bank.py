"""The simulated institutions: they hold the truth, go wrong in every way, and complain when they are treated badly.

What a visit ends in comes of the seed, the user and the number of the visit alone, so the order in which executions
take turns changes nothing.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from functools import cache
from typing import NoReturn

import msgspec

from afluente.catalogue import Catalogue, Meaning
from afluente.core.accounts import Account, AccountKind
from afluente.core.challenge import Ask, Challenge
from afluente.core.clock import DAY, HOUR, MINUTE, Instant
from afluente.core.documents import Balance, Consent
from afluente.core.institutions import Field, Institution, Kind
from afluente.core.outcome import Refused
from afluente.core.ports import Bank, Fetched, Record, Session
from afluente.core.products import Product
from tests.simulation.chance import Chance, numbers
from tests.simulation.ledger import Ledger

LONG_AGO = 60 * DAY
"""How far back the first movement of a user lies from the day the user came."""

_OPENING = Decimal("1000.00")
_TYPED = (Field(name="username", label="CPF"), Field(name="password", label="Senha"))
_BRASILIA = timezone(timedelta(hours=-3))
_FREEZES_FROM = timedelta(minutes=30)


def _institution(slug: str, products: tuple[Product, ...], **more: bool) -> Institution:
    return Institution(
        slug=slug,
        name=slug.title(),
        country="BR",
        kind=Kind.PERSONAL_BANK,
        connector="simulated",
        fields=_TYPED,
        products=products,
        **more,  # type: ignore[arg-type]
    )


_READ = (Product.ACCOUNTS, Product.TRANSACTIONS)
INSTITUTIONS = (
    _institution("plain", _READ),
    _institution("asking", (*_READ, Product.HOLDER), mfa=True),
    _institution("shared", _READ, open_finance=True),
    _institution("attended", _READ, mfa=True, unattended=False),
)
"""One wants a password alone, one asks more now and then, one has consents, one always wants the user."""


_OPERATIONS = (*_READ, Product.HOLDER)
_ALL = 2.0**64
"""What a visit is made of behind its login. One hash has the numbers below `_ALL` by which it falls whether the login
(the first) and each operation (two more) go well; more chance is made where they do not."""


class User(msgspec.Struct, gc=False):
    """Somebody with an account, and maybe another that opens later.

    `visits` counts the executions that came for the user, `execution` is the last of them and `logged` the last that
    logged in; `visit` is the last one's name and `drawn` what was drawn for it. `frozen` is how long none is welcome,
    with what it was said and to whom; `refused` holds passwords that were refused, each with the execution that
    brought it.
    """

    name: str
    password: str
    ledgers: tuple[Ledger, ...]
    visits: int = 0
    visit: str = ""
    drawn: tuple[int, ...] = ()
    frozen: Instant = 0
    frozen_as: str = ""
    frozen_by: str = ""
    execution: str = ""
    logged: str = ""
    refused: dict[str, str] = {}

    def open_at(self, now: Instant) -> list[Ledger]:
        """Return the accounts that the user has by now."""
        return [ledger for ledger in self.ledgers if ledger.opens <= now]


class SimulatedBank:
    """The connector of all simulated institutions. `faults` is the share of operations that go wrong."""

    def __init__(self, seed: int, catalogue: Catalogue, faults: float, execution: Callable[[], str]) -> None:
        self.seed = seed
        self.catalogue = catalogue
        self.faults = faults
        self.users: dict[str, User] = {}
        self.complaints: list[str] = []
        self._served: set[str] = set()
        self.struck: Counter[str] = Counter()
        self.excused: set[str] = set()
        self._turns = 0
        self._execution = execution
        self._meanings = [name for name in catalogue.meanings if name.partition(".")[0] not in _NOT_OF_A_BANK]

    @contextmanager
    def slow(self) -> Iterator[None]:
        """Take some time to answer meanwhile, so that whatever comes then comes in the middle of visits."""
        self._turns = 3
        try:
            yield
        finally:
            self._turns = 0

    async def _take_time(self) -> None:
        for _ in range(self._turns):
            await asyncio.sleep(0)

    def move_in(self, name: str, password: str, now: Instant, chance: Chance) -> User:
        """Make a user with a history."""
        every = chance.randrange(6 * DAY, 20 * DAY)
        user = User(name, password, (Ledger(0, 0, now - LONG_AGO, every, self.seed),))
        if chance.random() < 0.3:
            opens = now + chance.randrange(90) * DAY
            user.ledgers += (Ledger(1, opens, opens - 40 * DAY, every, self.seed),)
        self.users[name] = user
        return user

    def served(self, execution: str, product: Product) -> bool:
        """Tell whether an execution was given a product."""
        return f"{execution}/{product}" in self._served

    def _visited(self, user: User, execution: str) -> tuple[int, ...]:
        """Return what was drawn for a visit: the same when its execution is run again."""
        if user.execution != execution:
            user.execution, user.visits = execution, user.visits + 1
            user.visit = f"{self.seed}/{user.name}/{user.visits}"
            user.drawn = numbers(user.visit)
        return user.drawn

    async def login(self, bank: Bank, institution: Institution, credentials: Mapping[str, str]) -> Session:
        """Let the user in, or fail in some way. Notes what should not have been sent."""
        user, password = self.users[credentials["username"]], credentials["password"]
        execution = self._execution()
        drawn = self._visited(user, execution)
        if self._turns:
            await self._take_time()
        if user.logged != execution:
            user.logged = execution
            self._receive(user, password, execution, bank.now)
        chance = Chance(f"{user.visit}/login")
        if drawn[0] < self.faults * _ALL:
            self._fail(chance, user, password, execution, bank.now)
        if password != user.password:
            self._refuse(user, password, execution, bank.now, "login.credentials")
        await self._question(bank, institution, chance)
        session = {"user": user.name}
        if institution.open_finance:
            session["until"] = str(bank.now + chance.randrange(40, 120) * DAY)
        return session

    def _receive(self, user: User, password: str, execution: str, now: Instant) -> None:
        before = user.refused.get(password)
        if before is not None and before != execution and before not in self.excused:
            self.complaints.append(f"a refused password of {user.name} was sent again, by {execution}")
        if now < user.frozen and user.frozen_by not in self.excused:
            self.complaints.append(f"{user.name} was tried in the freeze of {user.frozen_as}, by {execution}")

    def _fail(self, chance: Chance, user: User, password: str, execution: str, now: Instant) -> None:
        kind = chance.randrange(20)
        if kind == 0:
            self.struck["a bug in the connector"] += 1
            raise RuntimeError("a connector that breaks")
        if kind == 1:
            self.struck["a word nobody knows"] += 1
            raise Refused("no.such.meaning", "código 9942")
        self._refuse(user, password, execution, now, chance.choice(self._meanings))

    def _refuse(self, user: User, password: str, execution: str, now: Instant, name: str) -> None:
        meaning = self.catalogue.meanings[name]
        self.struck[name] += 1
        if meaning.action == "fix-credentials":
            user.refused[password] = execution
        rest = rest_of(meaning, now)
        if rest:
            user.frozen, user.frozen_as, user.frozen_by = now + rest, name, execution
        raise Refused(name)

    async def _question(self, bank: Bank, institution: Institution, chance: Chance) -> None:
        if institution.open_finance:
            if await bank.ask(Challenge(Ask.REDIRECT, "consent", "Consent", lasts=HOUR, url="/bank")) == "rejected":
                raise Refused("consent.rejected")
        elif institution.mfa and (not institution.unattended or chance.random() < 0.2):
            for number in range(chance.choice((1, 1, 2))):
                if await bank.ask(Challenge(Ask.TEXT, "token", f"Token {number}", lasts=30 * MINUTE)) == "wrong":
                    raise Refused("mfa.wrong")

    async def fetch(
        self, bank: Bank, institution: Institution, session: Session, product: Product, since: Instant | None
    ) -> Fetched:
        """Return what the user has, or fail in some way; now and then after a while."""
        user, execution = self.users[session["user"]], self._execution()
        if "until" in session and bank.now >= int(session["until"]):
            raise Refused("consent.expired")
        drawn, operation = self._visited(user, execution), _OPERATIONS.index(product)
        if self._turns:
            await self._take_time()
        if drawn[1 + 2 * operation] < self.faults / 2 * _ALL:
            self.struck[f"slow at {product}"] += 1
            await bank.wait(Chance(f"{user.visit}/{product}/slow").randrange(1, 90) * MINUTE)
        if drawn[2 + 2 * operation] < self.faults * _ALL:
            self._fail_at(product, Chance(f"{user.visit}/{product}"))
        self._served.add(f"{execution}/{product}")
        now = bank.now
        opened = user.open_at(now)
        if product is Product.ACCOUNTS:
            accounts: list[Record] = [_account(user, ledger, now) for ledger in opened]
            if "until" in session:
                consent = Consent(key="consent", permissions=(), created_at=now, expires_at=int(session["until"]))
                accounts.append(consent)
            return Fetched(accounts)
        if product is Product.TRANSACTIONS:
            first = since or 0
            moved = [movement for ledger in opened for movement in ledger.movements(now, first)]
            return Fetched(moved, since=first, accounts=tuple(str(ledger.account) for ledger in opened))
        return Fetched([])

    def _fail_at(self, product: Product, chance: Chance) -> NoReturn:
        if chance.randrange(20) == 0:
            self.struck["a bug in the connector"] += 1
            raise RuntimeError("a connector that breaks")
        name = chance.choice(self._meanings)
        self.struck[f"{name} at {product}"] += 1
        raise Refused(name)

    async def balance(self, bank: Bank, institution: Institution, session: Session, account_key: str) -> Balance:
        """Nobody asks for one."""
        raise Refused("request.balance.not-found")


@cache
def _balance(cents: int) -> Decimal:
    return _OPENING + Decimal(cents) / 100


def _account(user: User, ledger: Ledger, now: Instant) -> Account:
    """Return an account as it is now."""
    _, cents = ledger.total(now)
    return Account(
        key=str(ledger.account),
        kind=AccountKind.CHECKING,
        number=f"{user.name}-{ledger.account}",
        name="Conta",
        currency="BRL",
        balance=_balance(cents),
    )


def rest_of(meaning: Meaning, now: Instant) -> Instant:
    """Return how long a login that ended so is not welcome, as the catalogue's words say it."""
    retry = meaning.retry
    if retry.times is not None:
        return 0
    if retry.kind == "at":
        return _month_after(now) - now if retry.rule == "next-month" else DAY
    if retry.span is not None and retry.span >= _FREEZES_FROM:
        return retry.span // timedelta(milliseconds=1)
    return 0


def _month_after(now: Instant) -> Instant:
    here = datetime.fromtimestamp(now // 1000, _BRASILIA)
    year, month = (here.year, here.month + 1) if here.month < 12 else (here.year + 1, 1)
    return int(datetime(year, month, 1, tzinfo=_BRASILIA).timestamp()) * 1000


_NOT_OF_A_BANK = ("request", "success", "statement", "documents", "consent", "progress")
"""Beginnings of meanings that no institution's answer has; consents end by their own rules here."""
