"""What clients may send: bodies read field by field, each field under every spelling that is in use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec
from stdnum.br import cnpj, cpf

from afluente.core.outcome import Refused
from afluente.web.calls import Call

LONGEST = 4_096
"""Characters of one text."""

_UNKNOWN = "request.invalid"


def wrong(field: str, expected: str = "valid", meaning: str = _UNKNOWN) -> Refused:
    """Return the refusal of one field."""
    return Refused(meaning, data={"field": field, "fields": (field,), "expected": expected})


class Form:
    """A request's body, or its query. Every reader raises `request.invalid` at the first fault."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = values

    @classmethod
    def of_body(cls, raw: bytes, *, malformed: str = _UNKNOWN) -> Form:
        """Read a JSON object; none at all is an empty one. Raises `malformed` for what is none."""
        if not raw.strip():
            return cls({})
        try:
            values = msgspec.json.decode(raw)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            raise Refused(malformed, data={"detail": "The body is not valid JSON"}) from None
        if not isinstance(values, dict) or (b"\\u0000" in raw and _has_nul(values)):
            raise Refused(malformed, data={"detail": "The body must be a JSON object"})
        return cls(values)

    @classmethod
    def of_query(cls, call: Call) -> Form:
        """Read the query; of a name given twice the first counts."""
        values: dict[str, Any] = {}
        for name, value in call.query:
            values.setdefault(name, value)
        return cls(values)

    def find(self, *names: str) -> Any:
        """Return the value under the first of the spellings that is there; None for none."""
        return next((self.values[name] for name in names if self.values.get(name) is not None), None)

    def text(self, *names: str, required: bool = False, longest: int = LONGEST) -> str | None:
        """Return a text; an empty one is none."""
        value = self.find(*names)
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if value is None or value == "":
            if required:
                raise wrong(names[0], "given")
            return None
        if not isinstance(value, str) or len(value) > longest:
            raise wrong(names[0], f"a text of at most {longest} characters")
        return value

    def address(self, *names: str, required: bool = False) -> str | None:
        """Return an absolute address: one of the web, or of an app."""
        value = self.text(*names, required=required)
        if value is not None and not is_address(value):
            raise wrong(names[0], "an absolute URL")
        return value

    def object(self, *names: str) -> dict[str, Any] | None:
        """Return a JSON object."""
        value = self.find(*names)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise wrong(names[0], "an object")
        return value

    def texts(self, *names: str) -> tuple[str, ...] | None:
        """Return a list of texts; a single one is taken for a list of one."""
        value = self.find(*names)
        if value is None:
            return None
        if isinstance(value, str):
            value = [value]
        if not isinstance(value, list) or not all(isinstance(one, str) and len(one) <= LONGEST for one in value):
            raise wrong(names[0], "a list of texts")
        return tuple(value)

    def person(self, *names: str, required: bool = False, meaning: str = _UNKNOWN) -> str | None:
        """Return a CPF as 11 digits. Raises `meaning` for one whose digits are wrong."""
        value = self.find(*names)
        if value in (None, "") and not required:
            return None
        digits = cpf_of(value)
        if digits is None:
            raise wrong(names[0], "a valid CPF", meaning)
        return digits

    def company(self, *names: str, required: bool = False, meaning: str = _UNKNOWN) -> str | None:
        """Return a CNPJ as 14 characters. Raises `meaning` for one whose digits are wrong."""
        value = self.find(*names)
        if value in (None, "") and not required:
            return None
        digits = cnpj_of(value)
        if digits is None:
            raise wrong(names[0], "a valid CNPJ", meaning)
        return digits


def _has_nul(value: Any) -> bool:
    """Look at every text in a JSON value. A loop, because values may be nested deeper than calls may be."""
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, str) and "\0" in part:
            return True
        if isinstance(part, dict):
            waiting.extend((*part, *part.values()))
        elif isinstance(part, list):
            waiting.extend(part)
    return False


def cpf_of(value: Any) -> str | None:
    """Return the 11 digits of a CPF, however it is written; None for what is none."""
    if not isinstance(value, str) or len(value) > 20 or not cpf.is_valid(value):
        return None
    return _unless_uniform(str(cpf.compact(value)))


def cnpj_of(value: Any) -> str | None:
    """Return the 14 characters of a CNPJ, however it is written; None for what is none."""
    if not isinstance(value, str) or len(value) > 24 or not cnpj.is_valid(value):
        return None
    return _unless_uniform(str(cnpj.compact(value)))


def _unless_uniform(digits: str) -> str | None:
    """Return the digits, None for the same one throughout: its check digits are right, and nobody has it."""
    return digits if len(set(digits)) > 1 else None


def is_address(value: str) -> bool:
    """Tell whether a text is an absolute address that a browser can go to without running anything."""
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return bool(parts.scheme) and parts.scheme not in ("javascript", "data", "file") and bool(parts.netloc)
