"""The connector of the invented bank: a login that can be told how to end, and products made from a seed.

Everything it hands over is a pure function of who logged in, at which institution, at what instant. So the same
person has the same accounts through every connection, the past stays as it was, and a clock that jumps a month finds
a month of new movements.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from afluente.catalogue import Meaning
from afluente.connectors.scripted import billing, fiscal, investing, ledger, lending, sharing
from afluente.connectors.scripted.acts import User, guest, user
from afluente.connectors.scripted.customers import Customer, Plan, customer
from afluente.connectors.scripted.days import day_of, instant_of
from afluente.connectors.scripted.guests import first_time
from afluente.connectors.scripted.logins import Visit
from afluente.connectors.scripted.people import holder
from afluente.connectors.scripted.register import scripts
from afluente.core.clock import DAY, Instant
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
        if product in who.refusals:
            raise Refused(who.refusals[product])
        much = since is None or bank.now - since > MUCH
        if much and product in who.once and await first_time(bank, f"{session['person']}/{product.value}"):
            raise Refused(who.once[product])
        owner = customer(institution, session, who)
        start = None
        asked: tuple[str, ...] = ()
        if product is Product.TRANSACTIONS:
            asked = tuple(plan.key for plan in _open_plans(owner))
            earliest = instant_of(day_of(bank.now) - (SHORT_HISTORY_DAYS if who.holds == "low" else HISTORY_DAYS))
            start = earliest if since is None else max(since, earliest) if who.holds == "low" else since
        records = tuple(_FETCH[product](owner, session, start or 0, bank.now))
        findings = tuple(Finding(meaning) for meaning in who.findings.get(product, ()))
        return Fetched(records, (*_of_joint_accounts(owner, product), *findings), start, asked)

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
            if plan.key == account_key:
                tell = billing.balance if plan.habit == "card" else ledger.balance
                return tell(owner, plan, bank.now)
        raise Refused(NO_BALANCE)

    def _user(self, institution: Institution, session: Session) -> User:
        find = guest if scripts()[institution.script].guests else user
        return find(session["user"], self._left) or User()

    def _check(self, session: Session, now: Instant) -> None:
        given = session.get("consented_at")
        if given is not None and now >= sharing.a_year_after(int(given)):
            raise Refused(EXPIRED)


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
            yield ledger.account(owner, plan, now)
    if "consented_at" in session:
        yield sharing.consent(owner, session)
        yield from sharing.resources(owner, now)


def _cards(owner: Customer, session: Session, since: Instant, now: Instant) -> Iterator[Record]:
    if owner.card is not None:
        yield billing.account(owner, owner.card, now)
        yield from billing.bills(owner, owner.card, now)


def _transactions(owner: Customer, session: Session, since: Instant, now: Instant) -> Iterator[Record]:
    for plan in _open_plans(owner):
        yield from (billing.transactions if plan.habit == "card" else ledger.transactions)(owner, plan, since, now)


def _statements(owner: Customer, session: Session, since: Instant, now: Instant) -> Iterator[Record]:
    for plan in _open_plans(owner):
        yield from ledger.statements(plan, now)


def _of_the_authority(product: Product) -> Callable[[Customer, Session, Instant, Instant], Iterable[Record]]:
    return lambda owner, session, since, now: fiscal.records(product, owner, now)


_FETCH: dict[Product, Callable[[Customer, Session, Instant, Instant], Iterable[Record]]] = {
    Product.ACCOUNTS: _accounts,
    Product.CARDS: _cards,
    Product.TRANSACTIONS: _transactions,
    Product.INVESTMENTS: lambda owner, session, since, now: investing.investments(owner, now),
    Product.INVESTMENT_MOVEMENTS: lambda owner, session, since, now: investing.movements(owner, now),
    Product.PAYMENT_DETAILS: lambda owner, session, since, now: (),
    Product.HOLDER: lambda owner, session, since, now: () if owner.holds == "none" else (holder(owner.holder),),
    Product.LOANS: lambda owner, session, since, now: lending.loans(owner, now),
    Product.STATEMENTS: _statements,
    **{product: _of_the_authority(product) for product in fiscal.TELLERS},
}
"""What makes the records of each product. The details of payments already lie in the transactions."""
