"""What is known of somebody outside Brazil before they hold anything."""

from __future__ import annotations

from datetime import date

import msgspec


class Resident(msgspec.Struct, frozen=True, kw_only=True):
    """Who a key stands for. `tax_id` is the RFC, cédula, NIT or RUT; `personal_id` a Mexican's CURP. Of a company
    `given` is the name without its legal form, and `born` when it was founded."""

    name: str
    given: str
    family: str
    second: str
    woman: bool
    born: date
    tax_id: str
    personal_id: str | None = None
