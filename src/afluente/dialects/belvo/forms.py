"""What clients may send: bodies read field by field in the manner of Belvo's framework; unknown fields are ignored."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from afluente.core.outcome import Refused
from afluente.dialects.belvo.refusals import FieldsRefused
from afluente.web.calls import Call

_UUID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}", re.IGNORECASE)
_USUAL = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_FORMAT = "Date has wrong format. Use one of these formats instead: YYYY-MM-DD."

Fault = tuple[str, str, Mapping[str, Any]]


def uuid_of(value: str) -> str | None:
    """Return a UUID in its usual form, None for what is none."""
    if _USUAL.fullmatch(value):
        return value
    if not _UUID.fullmatch(value):
        return None
    digits = value.replace("-", "").lower()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def path_id(call: Call) -> str:
    """Return the id in the path. One that is no UUID is simply not there: raises `request.not-found`."""
    id = uuid_of(call.param("id"))
    if id is None:
        raise Refused("request.not-found")
    return id


class Form:
    """A request's body. Faults are gathered, and raised together by `done`."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = values
        self.faults: list[Fault] = []

    @classmethod
    async def of(cls, call: Call) -> Form:
        """Read the body of a call. Raises `request.invalid.malformed`."""
        return cls(await call.object())

    def done(self) -> None:
        """Raise `FieldsRefused` if anything was wrong."""
        if self.faults:
            raise FieldsRefused(self.faults)

    def wrong(self, field: str, meaning: str, **data: Any) -> None:
        """Note a fault."""
        self.faults.append((field, meaning, data))

    def text(self, name: str, required: bool = False, longest: int = 4_096) -> str | None:
        """Return a text; numbers are taken as they are written."""
        value = self.values.get(name)
        if value is None:
            if required:
                self.wrong(name, "request.invalid.null" if name in self.values else "request.invalid.required")
            return None
        if isinstance(value, bool) or not isinstance(value, str | int):
            self.wrong(name, "request.invalid.value", detail="Not a valid string.")
            return None
        value = str(value)
        if not value and required:
            self.wrong(name, "request.invalid.blank")
            return None
        if len(value) > longest:
            self.wrong(name, "request.invalid.too-long", max=longest)
            return None
        return value

    def uuid(self, name: str, required: bool = False) -> str | None:
        """Return a UUID."""
        value = self.text(name, required)
        if not value:
            return None
        id = uuid_of(value)
        if id is None:
            self.wrong(name, "request.invalid.not-a-uuid", value=value[:100])
        return id

    def boolean(self, name: str, default: bool) -> bool:
        """Return a truth value, however it is written."""
        value = self.values.get(name)
        if value is None:
            return default
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and value.lower() in ("true", "false"):
            return value.lower() == "true"
        self.wrong(name, "request.invalid.value", detail="Must be a valid boolean.")
        return default

    def choice(self, name: str, choices: tuple[str, ...], required: bool = False) -> str | None:
        """Return one of the words; case makes no difference."""
        value = self.text(name, required)
        if not value:
            return None
        found = next((word for word in choices if word.lower() == value.lower()), None)
        if found is None:
            self.wrong(name, "request.invalid.choice", value=value[:100])
        return found

    def day(self, name: str, required: bool = False) -> date | None:
        """Return a date."""
        value = self.text(name, required)
        if not value:
            return None
        if _DATE.fullmatch(value):
            try:
                return date.fromisoformat(value)
            except ValueError:
                pass
        self.wrong(name, "request.invalid.value", detail=_FORMAT)
        return None

    def modern_day(self, name: str, required: bool = False) -> date | None:
        """Return a date between 1900 and 2100, from which there are years to reckon back and forth."""
        day = self.day(name, required)
        if day is not None and not 1900 <= day.year <= 2100:
            self.wrong(name, "request.invalid.value", detail="Enter a valid date.")
            return None
        return day

    def term(self, name: str, *words: str, most: int = 99_999) -> str | None:
        """Return a number of days written as `90d`, or one of the words."""
        value = self.text(name)
        if value is None or value in words:
            return value
        if not (re.fullmatch(r"[1-9][0-9]{0,4}d", value) and int(value[:-1]) <= most):
            self.wrong(name, "request.invalid.value", detail="Enter a valid value.")
            return None
        return value

    def year(self, name: str, required: bool = False) -> int | None:
        """Return a year that is written with four digits."""
        value = self.text(name, required)
        if not value:
            return None
        if not re.fullmatch(r"(19|20)\d{2}", value):
            self.wrong(name, "request.invalid.value", detail="Enter a valid year.")
            return None
        return int(value)

    def words(self, name: str) -> tuple[str, ...] | None:
        """Return a list of words, None where it is absent."""
        value = self.values.get(name)
        if value is None:
            return None
        if not isinstance(value, list):
            self.wrong(name, "request.invalid.not-a-list", type=_TYPES.get(type(value), "str"))
            return None
        if not all(isinstance(entry, str) for entry in value):
            self.wrong(name, "request.invalid.value", detail="Not a valid string.")
            return None
        return tuple(value)


_TYPES = {str: "str", int: "int", float: "float", bool: "bool", dict: "dict"}
