"""An institution and the fields its login asks for."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from .challenge import Option
from .products import Product


class Kind(StrEnum):
    """What sort of institution it is."""

    PERSONAL_BANK = "personal-bank"
    BUSINESS_BANK = "business-bank"
    INVESTMENT = "investment"
    PAYMENT_ACCOUNT = "payment-account"
    FISCAL = "fiscal"
    EMPLOYMENT = "employment"
    STATEMENTS = "statements"


class Field(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One thing the login asks for.

    `name` is neutral: `username`, `password`, `token`, `cpf`, `cnpj`, `agency`, `account`, and where an institution
    has more of one `username2`, `password2`, `username_type`. `options` are the choices of a `select`. `pattern` is a
    regular expression the value must match whole; `message` what to say when it does not, in the institution's
    language. `renewed` marks a value that serves once and must be given again on every execution.
    """

    name: str
    label: str
    kind: str = "text"
    pattern: str | None = None
    message: str | None = None
    placeholder: str = ""
    optional: bool = False
    renewed: bool = False
    options: tuple[Option, ...] = ()


class Institution(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """An institution as the engine knows it; `connector` names who speaks to it.

    `mfa` says whether its login asks for more than the fields; `open_finance` that the login is a consent given
    on the institution's own page; `unattended` that it can be synced with no user present. `sessions` is how many
    it bears at the same time (None: any number).
    """

    slug: str
    name: str
    country: str
    kind: Kind
    connector: str
    fields: tuple[Field, ...]
    products: tuple[Product, ...]
    mfa: bool = False
    open_finance: bool = False
    unattended: bool = True
    sandbox: bool = False
    script: str = ""
    url: str = ""
    color: str = ""
    online: bool = True
    sessions: int | None = None

    @property
    def title(self) -> str:
        """The name for an operator: a bank that can be reached in two ways is there twice, and its consent says so."""
        consent = "Open Finance"
        return f"{self.name} · {consent}" if self.open_finance and consent not in self.name else self.name
