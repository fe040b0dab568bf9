"""What uploaded files look like to somebody who looks for changes (contract 2.14).

The verdict counts the signs that reading the files gave: where they were made, when, how often, in which letters, and
whether their amounts add up. It is no proof; each sign is told with what was found.
"""

from __future__ import annotations

from typing import Any

from afluente.core.documents import Sign
from afluente.core.outcome import Refused
from afluente.dialects.flinks import cards
from afluente.dialects.flinks.forms import guid_of
from afluente.dialects.flinks.house import SYSTEM, House
from afluente.dialects.flinks.render import links
from afluente.engine.files import uploads
from afluente.engine.files.uploads import Paper
from afluente.web import uploads as incoming
from afluente.web.answers import Answer, json
from afluente.web.calls import Call

_TYPES = {
    "editor": "EditingSoftware",
    "changed-later": "ModifiedAfterCreation",
    "written-twice": "IncrementalUpdate",
    "mixed-fonts": "MixedFonts",
    "does-not-add-up": "BalanceMismatch",
}
"""Our names for kinds of signals; the published sample has none."""

_WORDS = ("Trust", "Normal", "Warning", "High Risk")
_KINDS = {"pdf": "BankStatement", "scan": "ScannedBankStatement"}


_CREATED = "success.created"


async def upload(house: House, call: Call) -> Answer:
    """`POST upload`: statements as the parts `file` of a form, with `Tag` in the query. They become a card.

    The published API has no such path outside the widget; it is answered as what makes something new is.
    """
    given = {name.casefold(): value for name, value in call.query}
    tag = given.get("tag")
    session = await incoming.begin(house.world, call, SYSTEM, tag and tag[: incoming.LONGEST])
    files = uploads.papers_of(session)
    call.session_id, call.meaning, call.details = session.id, session.meaning, {"files": str(len(files))}
    word = house.world.catalogue.word(SYSTEM, "api", _CREATED)
    body = {
        "HttpStatusCode": word.http,
        "FlinksCode": word.code,
        "Links": links.authorized(),
        "Login": {"Id": session.connection_id},
        "RequestId": session.id,
    }
    return json(body if session.tag is None else {**body, "Tag": session.tag}, word.http or 201)


async def fraud_analysis(house: House, call: Call) -> Answer:
    """`GET upload/fraudanalysis/{login}`: a verdict on each file that was uploaded for a login."""
    card = await cards.owned(house, call.application_id, guid_of(call.param("id")))
    every = await uploads.papers_on(house.world, call.application_id, card.id)
    if not every:
        raise Refused(cards.UNKNOWN, data={"details": {"LoginId": ["No files were uploaded for this login"]}})
    session = every[0][0]
    call.session_id = session.id
    found = sum(len(paper.signs) for _, paper in every)
    return json(
        {
            "HttpStatusCode": 200,
            "Message": "Fraud Signal Detected" if found else "No Fraud Signal Detected",
            "Login": {"LoginId": card.id, "RequestId": session.id},
            "DocumentAnalysis": [_analysis(paper) for _, paper in every if not paper.meaning.startswith("progress")],
        }
    )


def verdict(paper: Paper) -> str:
    """Return a file's verdict: `Trust` for a PDF whose sums were held against its balances and that has no sign,
    `Normal` for what has none but could not be looked into, `High Risk` where it does not add up or has two signs."""
    kinds = {sign.kind for sign in paper.signs}
    if "does-not-add-up" in kinds or len(kinds) > 1:
        return _WORDS[3]
    if kinds:
        return _WORDS[2]
    return _WORDS[0] if paper.format == "pdf" and paper.proved else _WORDS[1]


def _analysis(paper: Paper) -> dict[str, Any]:
    return {
        "Status": verdict(paper),
        "FullAnalysis": [
            {
                "DocumentType": _KINDS.get(paper.format or "", "BankStatement" if paper.format else "Unknown"),
                "FraudSignals": [_signal(sign) for sign in paper.signs],
            }
        ],
    }


def _signal(sign: Sign) -> dict[str, Any]:
    details = [{"SpecificType": name, "Value": value, "DataType": "String"} for name, value in sign.found.items()]
    return {
        "Type": _TYPES.get(sign.kind, sign.kind),
        "PageNumber": sign.page,
        "Count": 1,
        "UnderlyingData": [{"Details": details}],
    }
