"""What a holder has at an institution: which accounts, with which keys and numbers, the same on every visit."""

from __future__ import annotations

import msgspec

from afluente.connectors.scripted.acts import Known, User, cast
from afluente.connectors.scripted.identifiers import clabe
from afluente.connectors.scripted.lands import Land, land
from afluente.connectors.scripted.people import Person, person
from afluente.connectors.scripted.questions import COMPANIES
from afluente.connectors.scripted.seeding import digits, seed
from afluente.core.accounts import Party
from afluente.core.institutions import Institution, Kind
from afluente.core.ports import Session

BANK_CODE, BANK_ISPB = "999", "99999004"
"""The invented bank's own numbers in the payment systems: neither is given to a real one."""

_USUAL: dict[Kind, tuple[str, ...]] = {
    Kind.BUSINESS_BANK: ("business", "card"),
    Kind.INVESTMENT: ("brokerage",),
    Kind.PAYMENT_ACCOUNT: ("sales",),
    Kind.FISCAL: (),
    Kind.EMPLOYMENT: (),
}
_PERSONAL = ("checking", "savings", "card")
_SEVERAL = {"sandbox-bank-both-steps": ("checking", "checking", "savings", "card")}
"""Banks at which everybody has more accounts than usual."""


class Plan(msgspec.Struct, frozen=True):
    """One account as it was opened.

    `habit` says what goes on in it: checking, savings, business, brokerage, sales, card, or bulk with so many
    `movements` in 365 days. `own` is the account as one end of a transfer, `transfer` the number it is paid under.
    `joint` marks the one that needs several approvals, `overdrawn` one that always owes.
    """

    key: str
    habit: str
    number: str
    own: Party
    movements: int = 0
    joint: bool = False
    transfer: str | None = None
    overdrawn: bool = False


class Customer(msgspec.Struct, frozen=True):
    """A holder at one institution. `key` seeds all that is theirs."""

    key: str
    holder: Person
    institution_name: str
    kind: Kind
    plans: tuple[Plan, ...]
    joint: str | None = None
    country: str = "BR"
    holds: str = "full"

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


def customer(institution: Institution, session: Session, user: User) -> Customer:
    """Return whose visit this is."""
    key = session["person"]
    choice = session.get("company")
    if choice is not None:
        key = f"{key}/{COMPANIES[int(choice) - 1]}"
    cooperative = session.get("cooperative")
    if cooperative is not None:
        key = f"{key}/cooperative-{cooperative}"
    company = institution.kind in (Kind.BUSINESS_BANK, Kind.PAYMENT_ACCOUNT) or session.get("taxpayer") == "company"
    document = session.get("company_document") or session.get("document")
    holder = person(key, company=company, document=document, country=institution.country)
    own = f"{key}@{institution.slug}"
    known = cast().people.get(session.get("document", ""), Known(does=""))
    habits = _habits(institution, user)
    return Customer(
        key=own,
        holder=holder,
        institution_name=institution.name,
        kind=institution.kind,
        plans=tuple(_plan(own, holder, habit, number, user, known) for number, habit in enumerate(habits)),
        joint=known.joint,
        country=institution.country,
        holds=user.holds,
    )


def _habits(institution: Institution, user: User) -> tuple[str, ...]:
    usual = _SEVERAL.get(institution.slug) or _USUAL.get(institution.kind, _PERSONAL)
    if user.holds == "none":
        return ()
    if user.accounts is None or institution.kind is not Kind.PERSONAL_BANK:
        return usual[:1] if user.movements or user.holds == "low" else usual
    return user.accounts


def _plan(own: str, holder: Person, habit: str, number: int, user: User, known: Known) -> Plan:
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
    if holder.country != "BR":
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
    )
