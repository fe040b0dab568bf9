"""The connector of the invented bank: a login that can be told how to end, and products made from a seed.

Everything it hands over is a pure function of who logged in, at which institution, at what instant. So the same
person has the same accounts through every connection, the past stays as it was, and a clock that jumps a month finds
a month of new movements.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from msgspec.structs import replace

from afluente.catalogue import Meaning
from afluente.connectors.scripted import (
    asking,
    billing,
    fiscal,
    investing,
    ledger,
    lending,
    questions,
    quirks,
    severance,
    sharing,
)
from afluente.connectors.scripted.acts import User, cardholder, guest, is_token, user
from afluente.connectors.scripted.customers import Customer, Plan, customer
from afluente.connectors.scripted.days import day_of, instant_of
from afluente.connectors.scripted.guests import first_time
from afluente.connectors.scripted.logins import Visit
from afluente.connectors.scripted.people import holder
from afluente.connectors.scripted.register import scripts
from afluente.core.clock import DAY, SECOND, Instant
from afluente.core.documents import Balance
from afluente.core.institutions import Institution
from afluente.core.outcome import Finding, Refused
from afluente.core.ports import Bank, Fetched, Record, Session
from afluente.core.products import Product

HISTORY_DAYS = 365
SHORT_HISTORY_DAYS = 30
MUCH: Instant = 30 * DAY
"""The span from which asking for movements can be too much at once."""

EXPIRED = "consent.expired"
NO_BALANCE = "request.balance.not-found"
AWAITING_OTHERS = "product.pending-authorisation"


class ScriptedConnector:
    """Speaks to the invented bank. `meanings` is the catalogue's list: what a user name may ask to happen."""

    def __init__(self, meanings: Mapping[str, Meaning]) -> None:
        self._left: Mapping[str, str] = {name: meaning.data for name, meaning in meanings.items()}

    async def login(self, bank: Bank, institution: Institution, credentials: Mapping[str, str]) -> Session:
        """Go through the institution's login script. Raises `Refused` where user, answers or the script say so."""
        await bank.reach("login")
        return await Visit(bank, institution, credentials, self._left).run()

    async def fetch(
        self, bank: Bank, institution: Institution, session: Session, product: Product, since: Instant | None
    ) -> Fetched:
        """Return all records of one product at the conversation's instant. Raises `Refused` where the user says so."""
        await bank.reach(product.value)
        who = self._user(institution, session)
        self._check(session, bank.now)
        if who.refuses is not None:
            raise Refused(who.refuses)
        if product in who.refusals:
            raise Refused(who.refusals[product])
        first = product is (Product.ACCOUNTS if Product.ACCOUNTS in institution.products else Product.CARDS)
        await _on_the_way(bank, institution, session, who, Product.ACCOUNTS if first else product)
        much = since is None or bank.now - since > MUCH
        if much and product in who.once and await first_time(bank, f"{session['person']}/{product.value}"):
            raise Refused(who.once[product])
        owner = customer(institution, session, who)
        start = None
        asked: tuple[str, ...] = ()
        if product is Product.TRANSACTIONS:
            asked = tuple(
                quirks.key_today(owner, plan.key, bank.now) for plan in quirks.listed(owner, _open_plans(owner))
            )
            earliest = instant_of(day_of(bank.now) - (SHORT_HISTORY_DAYS if who.holds == "low" else HISTORY_DAYS))
            start = earliest if since is None else max(since, earliest) if who.holds == "low" else since
        records: Iterable[Record] = _FETCH[product](owner, session, start or 0, bank.now)
        if first and quirks.UNASKED in owner.quirks:
            records = (*records, *_transactions(owner, session, bank.now - quirks.UNASKED_SPAN, bank.now))
        findings = tuple(Finding(meaning) for meaning in who.findings.get(product, ()))
        told = (*_of_joint_accounts(owner, product), *quirks.beside(owner, product, first, bank.now), *findings)
        listed = quirks.arrived(records, who.late, bank.now)
        return Fetched(quirks.spoil(owner, listed, bank.now), told, start, asked)

    async def balance(self, bank: Bank, institution: Institution, session: Session, account_key: str) -> Balance:
        """Return the balance at this moment. Raises `Refused` where the user says so, and for an account the holder
        does not have."""
        await bank.reach("balance")
        self._check(session, bank.now)
        who = self._user(institution, session)
        if who.balance_fails is not None:
            raise Refused(who.balance_fails)
        owner = customer(institution, session, who)
        for plan in _open_plans(owner):
            if quirks.key_today(owner, plan.key, bank.now) == account_key:
                tell = billing.balance if plan.habit == "card" else ledger.balance
                return replace(tell(owner, plan, bank.now), account_key=account_key)
        raise Refused(NO_BALANCE)

    def _user(self, institution: Institution, session: Session) -> User:
        script = scripts()[institution.script]
        find = guest if script.guests else cardholder if script.asks_users else user
        return find(session["user"], self._left) or User()

    def _check(self, session: Session, now: Instant) -> None:
        ends = sharing.ends_at(session)
        if ends is not None and now >= ends:
            raise Refused(EXPIRED)


async def _on_the_way(bank: Bank, institution: Institution, session: Session, who: User, product: Product) -> None:
    """Take the time, and ask the questions, that come before a product is given."""
    if product in who.waits:
        await bank.wait(who.waits[product] * SECOND)
    names = who.asks_at.get(product, ())
    if product is Product.ACCOUNTS and quirks.ASKS_LATER in who.quirks:
        if "language" not in session:
            if not is_token(await bank.ask(questions.question("token", institution.country))):
                raise Refused(asking.WRONG)
            return
        names = ("security-question",)
    await asking.ask(bank, institution, session, who, names)


def _open_plans(owner: Customer) -> tuple[Plan, ...]:
    """Return the accounts and cards that can be read: a joint account that was refused cannot."""
    return tuple(plan for plan in owner.plans if not (plan.joint and owner.joint == "refused"))


def _of_joint_accounts(owner: Customer, product: Product) -> tuple[Finding, ...]:
    if product is not Product.ACCOUNTS or owner.joint != "refused":
        return ()
    return tuple(Finding(AWAITING_OTHERS, account_key=plan.key) for plan in owner.plans if plan.joint)


def _accounts(owner: Customer, session: Session, since: Instant, now: Instant) -> Iterator[Record]:
    for plan in _open_plans(owner):
        if plan.habit != "card":
            yield ledger.account(owner, plan, quirks.as_of(owner, plan, now))
    if "consented_at" in session:
        yield sharing.consent(owner, session)
        yield from sharing.resources(owner, now)


def _cards(owner: Customer, session: Session, since: Instant, now: Instant) -> Iterator[Record]:
    if owner.card is not None:
        seen = quirks.as_of(owner, owner.card, now)
        yield billing.account(owner, owner.card, seen)
        yield from billing.bills(owner, owner.card, seen)


def _transactions(owner: Customer, session: Session, since: Instant, now: Instant) -> Iterator[Record]:
    for plan in quirks.listed(owner, _open_plans(owner)):
        tell = billing.transactions if plan.habit == "card" else ledger.transactions
        yield from tell(owner, plan, since, quirks.as_of(owner, plan, now))


def _statements(owner: Customer, session: Session, since: Instant, now: Instant) -> Iterator[Record]:
    for plan in _open_plans(owner):
        yield from ledger.statements(plan, now)


def _of_the_authority(product: Product) -> Callable[[Customer, Session, Instant, Instant], Iterable[Record]]:
    return lambda owner, session, since, now: fiscal.records(product, owner, now)


_FETCH: dict[Product, Callable[[Customer, Session, Instant, Instant], Iterable[Record]]] = {
    Product.ACCOUNTS: _accounts,
    Product.CARDS: _cards,
    Product.TRANSACTIONS: _transactions,
    Product.INVESTMENTS: lambda owner, session, since, now: (
        *investing.investments(owner, now),
        *severance.funds(owner, session, now),
    ),
    Product.INVESTMENT_MOVEMENTS: lambda owner, session, since, now: (
        *investing.movements(owner, now),
        *severance.deposits(owner, session, now),
    ),
    Product.PAYMENT_DETAILS: lambda owner, session, since, now: (),
    Product.HOLDER: lambda owner, session, since, now: () if owner.holds == "none" else (holder(owner.holder),),
    Product.LOANS: lambda owner, session, since, now: lending.loans(owner, now),
    Product.STATEMENTS: _statements,
    **{product: _of_the_authority(product) for product in fiscal.TELLERS},
}
"""What makes the records of each product. The details of payments already lie in the transactions."""
