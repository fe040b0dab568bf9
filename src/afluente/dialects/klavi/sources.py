"""What a report is made from: one connection with whose it is, and what is held of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from msgspec.structs import replace
from stdnum.br import cnpj

from afluente.core.accounts import Account, Bill
from afluente.core.clock import Instant
from afluente.core.connections import Connection, Stored
from afluente.core.holders import Holder
from afluente.core.investments import Investment, InvestmentMovement
from afluente.core.loans import Loan
from afluente.core.products import Product
from afluente.dialects.klavi import consents, tasks
from afluente.dialects.klavi.house import House
from afluente.dialects.klavi.institutions import Face
from afluente.dialects.klavi.render import Bank, Held, Moved, Seen, local_day
from afluente.engine.records import holdings, reads
from afluente.engine.records.holdings import Holdings, Search

_T = TypeVar("_T")

NUMBER_MISSING = "success.partial.tax-id-missing"
"""What is said of a bank that gave a holder without a tax number."""


@dataclass(frozen=True)
class Source:
    """One connection, ready to be read. `document` is the CPF or CNPJ that was asked about, digits only; `link_id` is
    empty for a connection that no link led to."""

    house: House
    connection: Connection
    face: Face
    document: str
    holdings: Holdings
    now: Instant
    link_id: str = ""
    _read: list[Held] = field(default_factory=list)
    _looked: list[Seen] = field(default_factory=list)

    async def held(self) -> Held:
        """Return all that is held of it, read once for all the reports that are made of it together."""
        if not self._read:
            self._read.append(await _held(self))
        return self._read[0]

    async def seen(self) -> Seen:
        """Return what is seen of it alone; what is reckoned in one report is there for the next."""
        if not self._looked:
            self._looked.append(Seen((await self.held(),)))
        return self._looked[0]

    async def holders(self) -> list[Stored[Holder]]:
        """Return everybody who the bank says holds it; without a tax number that it did not give this time."""
        found: list[Stored[Holder]] = await self.holdings.records(Holder)
        told = self.connection.product(Product.HOLDER)
        if told is not None and any(finding.meaning == NUMBER_MISSING for finding in told.findings):
            return [replace(one, record=replace(one.record, document="")) for one in found]
        return found


async def of(house: House, connection: Connection, now: Instant) -> Source:
    """Return the source of a connection, whoever made it: elsewhere it is of whom its user said it is, or the bank."""
    person, said = tasks.person(connection), consents.told(connection)
    held = await holdings.stored(house.world, connection)
    if person is not None:
        document = person.cpf
    elif said is not None:
        document = said.company or said.person
    else:
        told = await reads.typed(house.world, connection.application_id, connection.id, "cpf")
        holder = next(iter(await held.records(Holder)), None)
        told = told or (holder.record.document if holder is not None else None)
        document = "".join(letter for letter in told or "" if letter.isdigit())
    return Source(
        house=house,
        connection=connection,
        face=house.directory.face(connection.institution),
        document=document,
        holdings=held,
        now=now,
        link_id=said.link if said is not None else "",
    )


async def _held(source: Source) -> Held:
    holdings, choose = source.holdings, source.holdings.choose
    accounts: list[Stored[Account]] = await holdings.records(Account)
    kinds = {one.id: one.record.kind for one in accounts}
    moved: defaultdict[str, list[Moved]] = defaultdict(list)
    if accounts:
        async for entries in holdings.walk(Search(accounts=tuple(kinds))):
            for one in entries:
                owner = one.stored.parent_id or ""
                moved[owner].append(Moved(one.stored.id, one.stored.record, one.bill_id, choose(one, kinds[owner])))
    investments: list[Stored[Investment]] = await holdings.records(Investment)
    dealt: list[Stored[InvestmentMovement]] = await holdings.records(InvestmentMovement) if investments else []
    loans: list[Stored[Loan]] = await holdings.records(Loan)
    return Held(
        bank=_bank(source.face),
        document=source.document,
        on=local_day(source.now),
        accounts=accounts,
        moved=moved,
        bills=_by_parent(await holdings.records(Bill)),
        holders=await source.holders(),
        loans=loans,
        investments=investments,
        dealt=_by_parent(dealt),
    )


def _by_parent(found: Sequence[Stored[_T]]) -> defaultdict[str, list[Stored[_T]]]:
    grouped: defaultdict[str, list[Stored[_T]]] = defaultdict(list)
    for one in found:
        grouped[one.parent_id or ""].append(one)
    return grouped


def _bank(face: Face) -> Bank:
    """Return the bank; the head office's CNPJ follows from its number in the payment system."""
    root = f"{face.ispb}0001"
    whole = root + cnpj.calc_check_digits(root)
    return Bank(face.institution.name, face.bank, face.code, whole if int(face.ispb) or face.code == "001" else None)
