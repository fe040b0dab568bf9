"""What a holder has at an institution: which accounts, with which keys and numbers, the same on every visit."""

from __future__ import annotations

from functools import lru_cache

import msgspec

from afluente.connectors.scripted import northerners
from afluente.connectors.scripted.acts import Known, User, cast
from afluente.connectors.scripted.identifiers import clabe
from afluente.connectors.scripted.lands import Land, land
from afluente.connectors.scripted.people import Person, person
from afluente.connectors.scripted.questions import COMPANIES
from afluente.connectors.scripted.seeding import digits, seed
from afluente.core.accounts import Party
from afluente.core.institutions import Institution, Kind
from afluente.core.ports import Session

KEPT = 1_024
"""Customers that are kept: those who are visited in turn meet themselves again, with all that is kept of them."""

BANK_CODE, BANK_ISPB = "999", "99999004"
"""The invented bank's own numbers in the payment systems: neither is given to a real one."""

NO_ACCOUNTS = "product.accounts.missing"
NO_CHECKING = "product.accounts.no-checking"
SOME_UNVERIFIED = "product.accounts.verification-incomplete"
PARTLY_DESCRIBED = "product.details.incomplete"
QUIET = "product.transactions.none-last-15-days"
"""Faults of the data that decide which accounts there are."""

_USUAL: dict[Kind, tuple[str, ...]] = {
    Kind.BUSINESS_BANK: ("business", "card"),
    Kind.INVESTMENT: ("brokerage",),
    Kind.PAYMENT_ACCOUNT: ("sales",),
    Kind.FISCAL: (),
    Kind.EMPLOYMENT: (),
}
_PERSONAL = ("checking", "savings", "card")
_OWN = {
    "sandbox-bank-both-steps": ("checking", "checking", "savings", "card"),
    "american-express-ca": ("card",),
    "rogers-bank": ("card",),
}
"""Institutions at which everybody has other accounts than usual."""
_OF_A_COMPANY_UP_NORTH = ("business", "savings", "card")


class Plan(msgspec.Struct, frozen=True, cache_hash=True):
    """One account as it was opened.

    `habit` says what goes on in it: checking, savings, business, brokerage, sales, card, or bulk with so many
    `movements` in 365 days. `own` is the account as one end of a transfer, `transfer` the number it is paid under.
    `joint` marks the one that needs several approvals, `overdrawn` one that always owes. `fixed` is the balance of one
    that is documented with it, and `available` what may be taken out of it, in cents; `limit` is the overdraft's.
    """

    key: str
    habit: str
    number: str
    own: Party
    movements: int = 0
    joint: bool = False
    transfer: str | None = None
    overdrawn: bool = False
    fixed: int | None = None
    available: int | None = None
    limit: int = 0


class Customer(msgspec.Struct, frozen=True, cache_hash=True):
    """A holder at one institution. `key` seeds all that is theirs; `site` is where the institution's pages lie.

    `quirks` are the faults that are in the data, as meanings (`quirks.py`).
    """

    key: str
    holder: Person
    institution_name: str
    kind: Kind
    plans: tuple[Plan, ...]
    joint: str | None = None
    country: str = "BR"
    holds: str = "full"
    site: str = ""
    quirks: tuple[str, ...] = ()

    def page_of(self, plan: Plan) -> str:
        """Return the address of the institution's page of an account."""
        return f"{self.site}/accounts/{plan.key}"

    @property
    def land(self) -> Land:
        """The country whose money and habits these are."""
        return land(self.country)

    @property
    def card(self) -> Plan | None:
        """The credit card, where there is one."""
        return next((plan for plan in self.plans if plan.habit == "card"), None)

    @property
    def accounts(self) -> tuple[Plan, ...]:
        """The accounts that are no cards."""
        return tuple(plan for plan in self.plans if plan.habit != "card")


class _Visitor(msgspec.Struct, frozen=True):
    """What a session, and what is known of its user, say of who it is."""

    person: str
    company: str | None
    cooperative: str | None
    company_document: str | None
    document: str | None
    taxpayer: str | None
    spoilt: str
    quirks: tuple[str, ...]
    holds: str
    accounts: tuple[str, ...] | None
    movements: int | None


def customer(institution: Institution, session: Session, user: User) -> Customer:
    """Return whose visit this is."""
    said = session.get
    visitor = _Visitor(
        session["person"],
        said("company"),
        said("cooperative"),
        said("company_document"),
        said("document"),
        said("taxpayer"),
        said("quirks", ""),
        user.quirks,
        user.holds,
        user.accounts,
        user.movements,
    )
    return _customer(institution, visitor)


@lru_cache(maxsize=KEPT)
def _customer(institution: Institution, user: _Visitor) -> Customer:
    key = user.person
    if user.company is not None:
        key = f"{key}/{COMPANIES[int(user.company) - 1]}"
    if user.cooperative is not None:
        key = f"{key}/cooperative-{user.cooperative}"
    company = institution.kind in (Kind.BUSINESS_BANK, Kind.PAYMENT_ACCOUNT) or user.taxpayer == "company"
    document = user.company_document or user.document
    holder = person(key, company=company, document=document, country=institution.country)
    own = f"{key}@{institution.slug}"
    known = cast().people.get(user.document or "", Known(does=""))
    documented = northerners.known(user.person) if institution.country == "CA" else None
    if documented is not None and institution.slug in documented.at and not user.quirks:
        plans = tuple(_documented(own, holder, institution, known_account) for known_account in documented.accounts)
    else:
        habits = _habits(institution, user, holder)
        plans = tuple(
            _plan(own, holder, institution, habit, number, user, known) for number, habit in enumerate(habits)
        )
    return Customer(
        key=own,
        holder=holder,
        institution_name=institution.name,
        kind=institution.kind,
        plans=plans,
        joint=known.joint,
        country=institution.country,
        holds=user.holds,
        site=institution.url or f"https://{institution.slug}.example",
        quirks=(*user.quirks, *user.spoilt.split()),
    )


def _habits(institution: Institution, user: _Visitor, holder: Person) -> tuple[str, ...]:
    usual = _OWN.get(institution.slug) or _USUAL.get(institution.kind, _PERSONAL)
    if holder.company and institution.country in northerners.COUNTRIES:
        usual = _OF_A_COMPANY_UP_NORTH
    if user.holds == "none" or NO_ACCOUNTS in user.quirks:
        return ()
    if NO_CHECKING in user.quirks:
        return ("card",)
    if user.quirks:
        return _with_quirks(usual, user.quirks)
    if user.accounts is None or institution.kind is not Kind.PERSONAL_BANK:
        return usual[:1] if user.movements or user.holds == "low" else usual
    return user.accounts


def _with_quirks(usual: tuple[str, ...], quirks: tuple[str, ...]) -> tuple[str, ...]:
    """Return the accounts that a fault needs: two with a bank, or none that rests for weeks anyway."""
    if QUIET in quirks:
        return tuple(habit for habit in usual if habit != "savings") or usual
    of_some = {SOME_UNVERIFIED, PARTLY_DESCRIBED} & set(quirks)
    alone = sum(habit != "card" for habit in usual) == 1
    return (usual[0], *usual) if of_some and alone else usual


def _documented(own: str, holder: Person, institution: Institution, account: northerners.KnownAccount) -> Plan:
    bank = northerners.bank_number(institution.slug, institution.country)
    return Plan(
        f"{account.habit}-{seed('account', own, account.habit, account.number):016x}",
        account.habit,
        account.number,
        Party(name=holder.name, branch=account.transit, account=account.number, bank=bank),
        transfer=f"{bank}/{account.transit}/{account.number}" if account.transit else None,
        fixed=account.balance,
        available=account.available,
        limit=account.limit or 0,
    )


def _plan(
    own: str, holder: Person, institution: Institution, habit: str, number: int, user: _Visitor, known: Known
) -> Plan:
    key = f"{habit}-{seed('account', own, habit, number):016x}"
    if habit == "card":
        return Plan(key, habit, digits(4, "card", own, number), Party(name=holder.name, document=holder.document))
    branch = digits(4, "branch", own)
    account = f"{digits(6, 'account', own, habit, number)}-{digits(1, 'check', own, number)}"
    party = Party(
        name=holder.name,
        document=holder.document,
        branch=branch,
        account=account,
        bank=BANK_CODE,
        ispb=BANK_ISPB if holder.country == "BR" else None,
    )
    place, transfer = f"{branch}/{account}", f"{BANK_CODE}/{branch}/{account}"
    if holder.country in northerners.COUNTRIES:
        bank = northerners.bank_number(institution.slug, holder.country)
        place, transit = digits(7, "account", own, habit, number), digits(5, "transit", own)
        party = Party(name=holder.name, branch=transit, account=place, bank=bank)
        transfer = f"{bank}/{transit}/{place}"
        if holder.country == "US":
            party, transfer = msgspec.structs.replace(party, branch=None), f"{bank}/{place}"
    elif holder.country != "BR":
        place = digits(11, "account", own, habit, number)
        transfer = clabe(BANK_CODE, own, habit, number) if holder.country == "MX" else place
        party = Party(name=holder.name, document=holder.document, account=transfer, bank=BANK_CODE)
    return Plan(
        key,
        "bulk" if user.movements else habit,
        place,
        party,
        movements=user.movements or 0,
        joint=known.joint is not None and number == 0,
        transfer=transfer,
        overdrawn=user.holds == "negative",
        limit=500_00 if holder.country in northerners.COUNTRIES and habit != "savings" else 0,
    )
