"""The identifiers in a path."""

from __future__ import annotations

from afluente.dialects.flinks.forms import FieldsRefused, guid_of
from afluente.web.calls import Call


def login_and_request(call: Call) -> tuple[str, str]:
    """Return the LoginId and the RequestId of a path. Raises `FieldsRefused` for what is no identifier."""
    login, request = guid_of(call.param("login")), guid_of(call.param("request"))
    if login is None or request is None:
        faults = {"LoginId": login, "RequestId": request}
        raise FieldsRefused(
            {name: [f"The {name} field must be an identifier."] for name, id in faults.items() if id is None}
        )
    return login, request
