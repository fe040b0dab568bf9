"""What the checks found on a connection's data, and how the checks are told what the client wants."""

from __future__ import annotations

from typing import Any

from afluente.api.cursors import path_id
from afluente.api.house import ApiHouse
from afluente.catalogue import UnknownName
from afluente.core.outcome import Finding, Refused
from afluente.engine.operating import wordings
from afluente.engine.syncing import checks
from afluente.web.answers import Answer, json
from afluente.web.calls import Call
from afluente.web.instants import maybe_instant
from afluente.web.languages import language


async def list_findings(house: ApiHouse, call: Call) -> Answer:
    """`GET /api/connections/{id}/findings`: each with its meaning, what it is about, and what was expected and found.

    `locale` is the language of the sentences, in place of the request's `Accept-Language`. `leftOut` counts the
    findings of a meaning beyond those that are listed; `checkedAt` is null where nothing was ever checked.
    """
    catalogue = house.world.catalogue
    try:
        locale = language(call, catalogue, dict(call.query).get("locale"))
    except UnknownName as unknown:
        raise Refused("request.invalid.choice", data={"sentence": str(unknown)}) from None
    found = await checks.findings_of(house.world, call.application_id, path_id(call))
    return json(
        {
            "checkedAt": maybe_instant(found.checked_at),
            "locale": locale,
            "findings": [await _finding(house, call, one, locale) for one in found.findings],
            "leftOut": found.left_out,
        }
    )


async def _finding(house: ApiHouse, call: Call, finding: Finding, locale: str) -> dict[str, Any]:
    meaning = house.world.meaning(finding.meaning)
    told = await wordings.worded(house.world, call.application_id, meaning.name, locale)
    return {
        "meaning": finding.meaning,
        "accounts": finding.accounts,
        "transactions": finding.transactions,
        "expected": finding.expected,
        "found": finding.found,
        "details": finding.data,
        "said": finding.said,
        "blame": meaning.blame,
        "action": meaning.action,
        "sentence": told.engineer,
        "userSentence": told.user,
        "help": told.help or call.help(finding.meaning),
    }
