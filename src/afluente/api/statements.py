"""Statement files, uploaded."""

from __future__ import annotations

from typing import Any

from afluente.api.house import ApiHouse
from afluente.core.outcome import Refused
from afluente.engine.files import imports
from afluente.web.answers import Answer, json
from afluente.web.calls import Call

_LONGEST_NAME = 255
"""Characters of a file's name that are looked at: the last ones, where its ending is."""


async def upload(house: ApiHouse, call: Call) -> Answer:
    """`POST /api/statements`: the file as the body, or as the part `file` of a form.

    `filename`, `connection` (to add to one that is there) and `user` (the client's own id of its user) are in the
    query. Answers what was read, what was new, and what could not be read.
    """
    given = dict(call.query)
    content = await call.body(house.upload_bytes)
    filename = given.get("filename", "")
    kind = call.header(b"content-type")
    if kind.startswith("multipart/form-data"):
        filename, content = _part(kind, content)
    read = await house.read_file(content, filename[-_LONGEST_NAME:])
    done = await imports.import_statement(
        house.world,
        call.application_id,
        read.accounts,
        read.transactions,
        external_user_id=given.get("user"),
        connection_id=given.get("connection"),
        holders=read.holders,
    )
    body: dict[str, Any] = {
        "connection": done.connection.id,
        "format": read.format,
        "accounts": [
            {
                "id": id,
                "number": a.number,
                "kind": a.kind,
                "currency": a.currency,
                "balance": a.balance,
                "owner": a.owner,
            }
            for id, a in zip(done.account_ids, read.accounts, strict=True)
        ],
        "transactions": {"read": done.read, "added": done.added},
        "faults": [{"where": where, "what": what} for where, what in read.faults],
        "warnings": list(read.warnings),
    }
    return json(body)


def _part(kind: str, content: bytes) -> tuple[str, bytes]:
    """Return the name and the bytes of the form's part `file`. Raises `request.invalid.malformed`."""
    from python_multipart.multipart import FormParser, parse_options_header

    found: list[tuple[str, bytes]] = []

    def keep(part: Any) -> None:
        if part.field_name == b"file":
            part.file_object.seek(0)
            found.append(((part.file_name or b"").decode("utf-8", "replace"), part.file_object.read()))

    _, options = parse_options_header(kind)
    try:
        parser = FormParser(
            "multipart/form-data",
            on_field=lambda _: None,
            on_file=keep,
            boundary=options[b"boundary"],
            config={"MAX_MEMORY_FILE_SIZE": len(content) + 1},
        )
        parser.write(content)
        parser.finalize()
    except (ValueError, KeyError):
        raise Refused("request.invalid.malformed") from None
    if not found:
        raise Refused("request.invalid.malformed", data={"detail": "the form has no file in a part named file"})
    return found[0]
