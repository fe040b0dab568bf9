"""The Central Bank's credit report, and merchants by their CNPJ."""

from __future__ import annotations

import re

from stdnum.br import cnpj as cnpj_number

from afluente.core.clock import Instant
from afluente.core.holders import Holder
from afluente.core.loans import Loan
from afluente.core.outcome import Refused
from afluente.dialects.pluggy import forms
from afluente.dialects.pluggy.house import House
from afluente.dialects.pluggy.render import instant
from afluente.dialects.pluggy.render.credit import merchant, report
from afluente.engine.records import reads
from afluente.web.answers import Answer, json
from afluente.web.calls import Call

_MONTH = re.compile(r"\d{4}(0[1-9]|1[0-2])")
_MOST = 60
"""Base dates of one report."""


async def get_report(house: House, call: Call) -> Answer:
    """`GET /items/{id}/scr`: what the holder owes in the whole financial system, month by month."""
    wanted = forms.query(call, {"from": forms.text, "to": forms.text})
    owner = await reads.connection(house.world, call.application_id, forms.path_id(call))
    now = house.world.now(call.application_id)
    months = _months(wanted["from"], wanted["to"], now)
    holders = await reads.records(house.world, call.application_id, Holder, owner.id)
    if not holders:
        raise Refused("request.not-found.identity")
    loans = await reads.records(house.world, call.application_id, Loan, owner.id)
    return json(report(holders[0].record, [stored.record for stored in loans], months))


def _months(first: str | None, last: str | None, now: Instant) -> list[str]:
    """Return the base dates `YYYYMM` from first to last; by default the three that ended before this month."""
    for name, value in (("from", first), ("to", last)):
        if value is not None and not _MONTH.fullmatch(value):
            raise forms.wrong(name, "a month as YYYYMM")
    today = instant(now)
    this = int(today[:4]) * 12 + int(today[5:7]) - 1
    end = _count(last) if last else this - 1
    begin = _count(first) if first else end - 2
    if begin > end:
        raise forms.wrong("from", "a month not after to")
    if end - begin >= _MOST:
        raise Refused("request.invalid.period")
    return [f"{month // 12:04}{month % 12 + 1:02}" for month in range(begin, end + 1)]


def _count(month: str) -> int:
    return int(month[:4]) * 12 + int(month[4:]) - 1


async def get_merchants(house: House, call: Call) -> Answer:
    """`GET /merchants`: what is known of each CNPJ."""
    wanted = forms.query(call, {"cnpjs": forms.words})
    found, missing, invalid = [], [], []
    for number in dict.fromkeys(wanted["cnpjs"]):
        if not cnpj_number.is_valid(number):
            invalid.append(number)
            continue
        known = house.world.merchants.get(cnpj_number.compact(number))
        if known is None:
            missing.append(number)
        else:
            found.append(merchant(known))
    return json({"foundMerchants": found, "notFoundMerchants": missing, "invalidCnpjs": invalid})
