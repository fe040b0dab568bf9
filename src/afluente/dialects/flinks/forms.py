"""What clients may send: bodies read field by field, whatever the case of a name; unknown fields are ignored.

Faults are gathered and raised together, as ValidationDetails lists them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from afluente.core.outcome import Refused
from afluente.web.calls import Call

_GUID = re.compile(r"\{?([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})\}?", re.IGNORECASE)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_LONGEST = 4_096
_MOST = 1_000
"""Entries of one list."""


class FieldsRefused(Refused):
    """Fields of one request are wrong: by name, what is. `session_id` is the session that the request goes on with."""

    def __init__(self, details: Mapping[str, list[str]], session_id: str | None = None) -> None:
        detail = " ".join(text for one in details.values() for text in one)
        named = {} if session_id is None else {"session_id": session_id}
        super().__init__("request.invalid", data={"detail": detail, "fields": tuple(details), **named})
        self.details = details


def guid_of(text: str) -> str | None:
    """Return a GUID in its usual form, in lower case; None for what is none."""
    match = _GUID.fullmatch(text.strip())
    return "-".join(match.groups()).lower() if match else None


class Form:
    """A request's body, with what its query adds."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = {name.casefold(): value for name, value in values.items()}
        self.faults: dict[str, list[str]] = {}

    @classmethod
    async def of(cls, call: Call) -> Form:
        """Read the body, whatever its content type says; what the query says stands behind it."""
        told: dict[str, Any] = {name.replace("_", ""): value for name, value in call.query}
        return cls({**told, **await call.object()})

    def wrong(self, name: str, what: str) -> None:
        """Note a fault."""
        self.faults.setdefault(name, []).append(what)

    def done(self) -> None:
        """Raise `FieldsRefused` where anything was wrong."""
        if self.faults:
            raise FieldsRefused(self.faults, guid_of(str(self.raw("RequestId") or "")))

    def raw(self, *names: str) -> Any:
        """Return what was sent under the first of these names that was; None where nothing was."""
        found = (self.values.get(name.casefold()) for name in names)
        return next((value for value in found if value is not None), None)

    def text(self, *names: str, required: bool = False) -> str | None:
        """Return a text; a number is taken for one."""
        value = self.raw(*names)
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if value is None or value == "":
            if required:
                self.wrong(names[0], f"The {names[0]} field is required.")
            return None
        if not isinstance(value, str) or len(value) > _LONGEST:
            self.wrong(names[0], f"The {names[0]} field must be a text.")
            return None
        return value

    def guid(self, *names: str, required: bool = False) -> str | None:
        """Return a GUID."""
        text = self.text(*names, required=required)
        found = guid_of(text) if text is not None else None
        if text is not None and found is None:
            self.wrong(names[0], f"The value '{text[:100]}' is not valid for {names[0]}.")
        return found

    def boolean(self, *names: str, default: bool = False) -> bool:
        """Return a boolean, which may be a text."""
        value = self.raw(*names)
        if isinstance(value, str) and value.strip().casefold() in ("true", "false"):
            return value.strip().casefold() == "true"
        if isinstance(value, bool):
            return value
        if value is not None and value != "":
            self.wrong(names[0], f"The {names[0]} field must be a boolean.")
        return default

    def choice(self, options: Mapping[str, Any], *names: str) -> Any:
        """Return what the chosen option stands for, None where none was; case makes no difference."""
        text = self.text(*names)
        if text is None:
            return None
        found = {option.casefold(): value for option, value in options.items()}
        if text.casefold() not in found:
            self.wrong(names[0], f"The {names[0]} field must be one of {', '.join(options)}.")
            return None
        return found[text.casefold()]

    def day(self, *names: str) -> date | None:
        """Return a day, of `YYYY-MM-DD` or a date-time that begins so."""
        text = self.text(*names)
        try:
            return date.fromisoformat(_DATE.match(text).group()) if text is not None else None  # type: ignore[union-attr]
        except (AttributeError, ValueError):
            self.wrong(names[0], f"The {names[0]} field must be a date, as YYYY-MM-DD.")
            return None

    def guids(self, *names: str) -> tuple[str, ...] | None:
        """Return a list of GUIDs, None where none was sent."""
        value = self.raw(*names)
        if value is None:
            return None
        entries = value if isinstance(value, list) else [value]
        found = [guid_of(entry) if isinstance(entry, str) else None for entry in entries[: _MOST + 1]]
        if None in found or len(found) > _MOST:
            self.wrong(names[0], f"The {names[0]} field must be a list of identifiers.")
            return ()
        return tuple(entry for entry in found if entry is not None)

    def objects(self, *names: str) -> list[Form]:
        """Return a list of objects; none where none was sent."""
        value = self.raw(*names)
        if value is None:
            return []
        if not isinstance(value, list) or len(value) > _MOST or not all(isinstance(entry, dict) for entry in value):
            self.wrong(names[0], f"The {names[0]} field must be a list of objects.")
            return []
        return [Form(entry) for entry in value]

    def responses(self, *names: str) -> dict[str, tuple[str, ...]] | None:
        """Return answers by prompt, None where none were sent: an answer is a text or a list of texts."""
        value = self.raw(*names)
        if value is None:
            return None
        if not isinstance(value, dict) or len(value) > _MOST:
            self.wrong(names[0], f"The {names[0]} field must be an object.")
            return {}
        found = {}
        for prompt, given in value.items():
            entries = given if isinstance(given, list) else [given]
            if not all(isinstance(entry, str | int) and len(str(entry)) <= _LONGEST for entry in entries[:_MOST]):
                self.wrong(names[0], "An answer must be a list of texts.")
                return {}
            found[prompt] = tuple(str(entry) for entry in entries[:_MOST])
        return found
