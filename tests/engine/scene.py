"""A world in the test's own process: a bank that does what it is told, a clock that stands, tasks of the loop."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Any

from afluente.catalogue import Catalogue, load
from afluente.core.accounts import Account, AccountKind, Transaction
from afluente.core.challenge import Ask, Challenge
from afluente.core.clock import DAY, MINUTE, Instant, StoppedClock
from afluente.core.connections import Connection
from afluente.core.documents import Balance
from afluente.core.institutions import Field, Institution, Kind
from afluente.core.lifecycle import State
from afluente.core.outcome import Refused
from afluente.core.ports import Bank, Fetched, Record, Session
from afluente.core.products import Product
from afluente.engine.connecting import connections
from afluente.engine.connecting.connections import Changes, UpdateRules, Wanted
from afluente.engine.runner import Runner
from afluente.engine.syncing import sync
from afluente.engine.world import World
from afluente.security.vault import Vault
from afluente.store import applications, executions
from afluente.store import connections as rows
from afluente.store.applications import Application, Policy
from afluente.store.database import Database
from afluente.store.executions import Execution, Standing

NOW: Instant = 1_790_000_000_000
APP = "app"
PRODUCTS = (Product.ACCOUNTS, Product.TRANSACTIONS, Product.HOLDER)
TOKEN = Challenge(Ask.TEXT, "token", "Token", lasts=2 * MINUTE)
APPROVAL = Challenge(Ask.APPROVAL, "consent", "Autorize no aplicativo", lasts=2 * MINUTE)

BANK = Institution(
    slug="bank",
    name="Banco",
    country="BR",
    kind=Kind.PERSONAL_BANK,
    connector="fake",
    fields=(
        Field(name="username", label="CPF"),
        Field(name="password", label="Senha"),
        Field(name="note", label="Nota", optional=True),
    ),
    products=PRODUCTS,
)

STANDINGS = {
    State.SYNCING: Standing.READY,
    State.STORING: Standing.READY,
    State.ASKING: Standing.WAITING,
    State.AWAITING: Standing.WAITING,
}
"""Where an execution stands while its connection runs; otherwise it has ended."""


@cache
def catalogue() -> Catalogue:
    """The catalogue, loaded once."""
    return load()


class Ids:
    """Ids that count."""

    def __init__(self) -> None:
        self._count = 0

    def new(self) -> str:
        """Return the next one, in the form of a UUID."""
        self._count += 1
        return f"00000000-0000-4000-8000-{self._count:012}"


class Gate:
    """A place in the conversation where an attempt stops until it is let go."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self.open = asyncio.Event()

    async def pass_through(self) -> None:
        """Tell that somebody is here, and wait."""
        self.reached.set()
        await self.open.wait()


class FakeBank:
    """A connector that counts, asks what it is told to ask, and holds what it is given."""

    def __init__(self) -> None:
        self.logins: list[dict[str, str]] = []
        self.fetches: Counter[Product] = Counter()
        self.since: defaultdict[Product, list[Instant | None]] = defaultdict(list)
        self.asks: Sequence[Challenge] = ()
        self.heard: list[str] = []
        self.asks_while_fetching: dict[Product, Sequence[Challenge]] = {}
        self.waits: dict[Product, Sequence[Instant]] = {}
        self.login_fails: Exception | None = None
        self.right_password: str | None = None
        self.fails: dict[Product, Exception] = {}
        self.holds: dict[Product, list[Record]] = {
            Product.ACCOUNTS: [account()],
            Product.TRANSACTIONS: [movement(n) for n in range(3)],
        }
        self.asked_accounts: tuple[str, ...] = ("1",)
        self.gates: dict[str, list[Gate]] = defaultdict(list)

    def gate(self, operation: str) -> Gate:
        """Stop the next attempt that comes to `login` or a product's name; return where it stops."""
        self.gates[operation].append(Gate())
        return self.gates[operation][-1]

    async def _pass(self, operation: str) -> None:
        if self.gates[operation]:
            await self.gates[operation].pop(0).pass_through()

    async def login(self, bank: Bank, institution: Institution, credentials: Mapping[str, str]) -> Session:
        """Log in."""
        await bank.reach("login")
        self.logins.append(dict(credentials))
        await self._pass("login")
        if self.login_fails is not None:
            raise self.login_fails
        if self.right_password is not None and credentials["password"] != self.right_password:
            raise Refused("login.credentials")
        for challenge in self.asks:
            answer = await bank.ask(challenge)
            if answer == "wrong":
                raise Refused("mfa.wrong")
            self.heard.append(answer)
        return {"user": credentials["username"]}

    async def fetch(
        self, bank: Bank, institution: Institution, session: Session, product: Product, since: Instant | None
    ) -> Fetched:
        """Return what is held."""
        await bank.reach(product)
        self.fetches[product] += 1
        self.since[product].append(since)
        held = list(self.holds.get(product, ()))
        await self._pass(product)
        for challenge in self.asks_while_fetching.get(product, ()):
            self.heard.append(await bank.ask(challenge))
        for span in self.waits.get(product, ()):
            await bank.wait(span)
        if product in self.fails:
            raise self.fails[product]
        if product is not Product.TRANSACTIONS:
            return Fetched(held)
        shown = [r for r in held if isinstance(r, Transaction) and r.occurred_at >= (since or 0)]
        return Fetched(shown, since=since or 0, accounts=self.asked_accounts)

    async def balance(self, bank: Bank, institution: Institution, session: Session, account_key: str) -> Balance:
        """There is none to be asked."""
        raise Refused("request.balance.not-found")


def account(key: str = "1", balance: str = "10.00") -> Account:
    """An account of the fake bank."""
    return Account(
        key=key, kind=AccountKind.CHECKING, number=key, name="Conta", currency="BRL", balance=Decimal(balance)
    )


def movement(number: int, at: Instant = NOW - DAY, amount: str = "-1.00", owner: str = "1") -> Transaction:
    """A movement of the fake bank; one for each number."""
    return Transaction(
        key=f"m{number}",
        account_key=owner,
        occurred_at=at + number,
        amount=Decimal(amount),
        currency="BRL",
        description=f"Padaria {number}",
    )


class Scene:
    """A world, its bank and its runner, with what a test does all the time."""

    def __init__(self, database: Database, institution: Institution = BANK) -> None:
        self.bank = FakeBank()
        self.clock = StoppedClock(NOW)
        self.runner = Runner(self._run, self.clock.pause)
        self.started: list[str] = []
        self.held_back = False
        self.world = World(
            database=database,
            vault=Vault([b"k" * 32]),
            clock=self.clock,
            ids=Ids(),
            catalogue=catalogue(),
            institutions={institution.slug: institution},
            connectors={"fake": self.bank},
            start=self._start,
            rest=self.runner.rest,
        )

    async def _run(self, execution_id: str) -> None:
        await sync.run(self.world, execution_id)

    def _start(self, application_id: str, execution_id: str) -> None:
        self.started.append(execution_id)
        if not self.held_back:
            self.runner.start(application_id, execution_id)

    async def prepare(self, **policy: Any) -> None:
        """Make the application."""
        async with self.world.database.transaction() as writer:
            await applications.add(writer, Application(APP, "test", "hash", None, Policy(**policy)), NOW)

    async def settle(self, application_id: str = APP) -> None:
        """Return when nothing runs."""
        await self.runner.settle(application_id)

    async def create(self, password: str = "secret", **more: Any) -> Connection:
        """Connect, wait until it rests or asks, and return it."""
        credentials = {"username": "ana", "password": password}
        wanted = {"products": PRODUCTS, **more}
        made = await connections.create(self.world, APP, Wanted(institution="bank", credentials=credentials, **wanted))
        await self.settle()
        return await self.now_of(made.id)

    async def update(self, id: str, password: str | None = None, rules: UpdateRules | None = None) -> Connection:
        """Run it again, wait, and return it."""
        changes = Changes(credentials=None if password is None else {"password": password})
        await connections.update(self.world, APP, id, changes, rules or UpdateRules())
        await self.settle()
        return await self.now_of(id)

    async def answer(self, id: str, value: str) -> Connection:
        """Answer the open question, wait, and return it."""
        await connections.answer(self.world, APP, id, {"token": value})
        await self.settle()
        return await self.now_of(id)

    async def now_of(self, id: str) -> Connection:
        """Return the connection as it is stored, which must hold together with its execution."""
        found = await rows.get(self.world.database, id)
        assert found is not None
        run = await self.execution_of(found)
        assert (found.attempt, found.trigger) == (run.attempt, run.trigger)
        expected = STANDINGS.get(found.state, Standing.ENDED)
        assert run.standing is (Standing.WAITING if found.waiting is not None else expected)
        return found

    async def execution_of(self, connection: Connection) -> Execution:
        """Return the connection's execution as it is stored."""
        found = await executions.get(self.world.database, connection.execution_id)
        assert found is not None
        return found


async def refused(doing: Awaitable[object]) -> str:
    """Return the meaning that an attempt is refused with."""
    try:
        await doing
    except Refused as refusal:
        return refusal.meaning
    raise AssertionError("it was not refused")


Rows = Callable[[], Awaitable[dict[str, list[tuple[Any, ...]]]]]
"""Returns every row of every table, to tell whether anything changed."""
