"""Who holds the accounts."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import msgspec


class Phone(msgspec.Struct, frozen=True):
    """A telephone. `kind`: personal, work, home."""

    kind: str
    value: str


class Email(msgspec.Struct, frozen=True):
    """An e-mail address. `kind`: personal, work."""

    kind: str
    value: str


class Address(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A postal address. `kind`: personal, work."""

    kind: str = "personal"
    full: str
    street: str | None = None
    district: str | None = None
    city: str | None = None
    state: str | None = None
    postal_code: str | None = None
    po_box: str | None = None
    country: str | None = None


class Relation(msgspec.Struct, frozen=True, omit_defaults=True):
    """A relative. `kind`: mother, father, spouse."""

    kind: str
    name: str
    document: str | None = None


class Holder(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A person or a company. `document` is a formatted CPF or CNPJ, `document_kind` says which.

    `profile` is the investor's: conservative, moderate, aggressive. `sex`: female, male, other.
    """

    key: str
    name: str
    document: str
    document_kind: str
    birth_date: date | None = None
    social_name: str | None = None
    company_name: str | None = None
    job_title: str | None = None
    incorporated_on: date | None = None
    sex: str | None = None
    marital_status: str | None = None
    nationality: str | None = None
    profile: str | None = None
    monthly_income: Decimal | None = None
    patrimony: Decimal | None = None
    occupation: str | None = None
    customer_since: date | None = None
    phones: tuple[Phone, ...] = ()
    emails: tuple[Email, ...] = ()
    addresses: tuple[Address, ...] = ()
    relations: tuple[Relation, ...] = ()
