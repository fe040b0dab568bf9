"""Filters of lists: read from a query by `filters.toml`, and applied to rendered objects.

Values are compared as they are written: an instant as the wire's text, a day by its first ten characters, a number as
`Decimal`. What an object does not tell matches nothing, save that it is not among what is excluded. Names that a list
does not know, and filters left empty, filter nothing.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Literal

import msgspec

from afluente.core.clock import DAY, Instant
from afluente.dialects.belvo.forms import uuid_of
from afluente.dialects.belvo.refusals import FieldsRefused
from afluente.web.instants import instant

TABLE = Path(__file__).with_name("filters.toml")

Type = Literal["text", "uuid", "instant", "day", "number"]
Test = Literal["is", "in", "not-in", "gt", "gte", "lt", "lte", "range", "all", "part"]
Fault = tuple[str, str, Mapping[str, Any]]

_BEHIND: dict[str, Test] = {"__gt": "gt", "__gte": "gte", "__lt": "lt", "__lte": "lte", "__range": "range"}
_FORMS: dict[str, dict[str, Test]] = {
    "same": {"": "is"},
    "either": {"": "is", "__in": "in"},
    "ordered": {"": "is", **_BEHIND},
    "behind": dict(_BEHIND),
    "within": {"__in": "in"},
    "outside": {"__not_in": "not-in"},
    "all": {"__allin": "all"},
    "part": {"__icontains": "part"},
    "text": {"": "is", "__icontains": "part"},
}
_LISTS = frozenset({"in", "not-in", "range", "all"})
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST = 200
"""Values of one list; more would be work for nothing."""


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One filter of the table."""

    form: str
    type: Type = "text"
    path: str | None = None
    choices: tuple[str, ...] = ()


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The filters of one list."""

    filters: dict[str, Rule]
    required: tuple[str, ...] = ()
    projection: bool = True


class Condition(msgspec.Struct, frozen=True):
    """One filter as asked. `values` are in the form in which they are compared; a range has two."""

    name: str
    test: Test
    path: tuple[str, ...]
    type: Type
    values: tuple[Any, ...]

    def matches(self, wire: Mapping[str, Any]) -> bool:
        """Tell whether an object is asked for. Of several values (a list on the way) one is enough."""
        found = [_compared(value, self.type) for value in _reached(wire, self.path)]
        told = [value for value in found if value is not None]
        if self.test == "not-in":
            return not any(value in self.values for value in told)
        if self.test == "all":
            return set(self.values) <= set(told)
        return any(self._fits(value) for value in told)

    def _fits(self, value: Any) -> bool:
        first, last = self.values[0], self.values[-1]
        match self.test:
            case "gt":
                return bool(value > first)
            case "gte":
                return bool(value >= first)
            case "lt":
                return bool(value < first)
            case "lte":
                return bool(value <= first)
            case "range":
                return bool(first <= value <= last)
            case "part":
                return str(first).casefold() in str(value).casefold()
            case _:
                return value in self.values


class Filters(msgspec.Struct, frozen=True):
    """All that a list was asked for."""

    conditions: tuple[Condition, ...] = ()

    def matches(self, wire: Mapping[str, Any]) -> bool:
        """Tell whether an object meets every condition."""
        return all(condition.matches(wire) for condition in self.conditions)

    def of(self, name: str) -> frozenset[Any] | None:
        """Return which values of a filter are asked for, by `x` and `x__in` together; None where it is not filtered."""
        asked = [set(c.values) for c in self.conditions if c.name == name and c.test in ("is", "in")]
        return frozenset(set.intersection(*asked)) if asked else None

    def below(self, key: str) -> Filters:
        """Return the conditions on the object under a key, as conditions on that object itself."""
        inside = (c for c in self.conditions if len(c.path) > 1 and c.path[0] == key)
        return Filters(tuple(msgspec.structs.replace(c, path=c.path[1:]) for c in inside))

    def without(self, names: Iterable[str] = (), key: str | None = None) -> Filters:
        """Return the conditions but those of some names, and those on the object under a key."""
        dropped = set(names)
        return Filters(
            tuple(
                c
                for c in self.conditions
                if c.name not in dropped and not (key is not None and len(c.path) > 1 and c.path[0] == key)
            )
        )


@cache
def tables() -> Mapping[str, Table]:
    """Return the whole file by path, read once. Raises ValueError for a form that is none."""
    found = msgspec.convert(tomllib.loads(TABLE.read_text("utf-8")), dict[str, Table])
    for path, table in found.items():
        strange = {rule.form for rule in table.filters.values()} - _FORMS.keys()
        if strange:
            raise ValueError(f"{TABLE.name}: {path} has a form that is none: {sorted(strange)}")
    return found


@cache
def _names(path: str) -> Mapping[str, tuple[str, Rule, Test]]:
    """Every name that a query of this list may have, suffix included."""
    return {
        name + suffix: (name, rule, test)
        for name, rule in tables()[path].filters.items()
        for suffix, test in _FORMS[rule.form].items()
    }


def read(path: str, query: Iterable[tuple[str, str]]) -> Filters:
    """Return what a list at `path` (with its last slash) is asked for.

    Raises `FieldsRefused` with every value that cannot be read, and every required filter that is missing.
    """
    known = _names(path)
    given = {name: value for name, value in query if name in known and _is_told(value, known[name][2])}
    faults: list[Fault] = [
        (name, "request.invalid.required", {}) for name in tables()[path].required if not _asked(name, given)
    ]
    conditions = []
    for full, value in given.items():
        name, rule, test = known[full]
        try:
            conditions.append(_condition(name, rule, test, value))
        except _Unreadable as fault:
            faults.append((full, fault.meaning, fault.data))
    if faults:
        raise FieldsRefused(faults)
    return Filters(tuple(conditions))


def _is_told(value: str, test: Test) -> bool:
    """Whether there is anything in a filter; in a list of values commas are nothing."""
    return bool(value.strip(" ," if test in ("in", "not-in", "all") else None))


def _asked(name: str, given: Mapping[str, str]) -> bool:
    return name in given or f"{name}__in" in given


class _Unreadable(Exception):
    """A value that is not of its type."""

    def __init__(self, meaning: str, **data: Any) -> None:
        super().__init__(meaning)
        self.meaning = meaning
        self.data = data


def _condition(name: str, rule: Rule, test: Test, value: str) -> Condition:
    parts = [part.strip() for part in value.split(",")] if test in _LISTS else [value.strip()]
    parts = [part for part in parts if part][:_LONGEST]
    if test == "range" and len(parts) != 2:
        raise _Unreadable("request.invalid.value", detail="Range query expects two values.")
    path = tuple((rule.path or name).split("."))
    if test == "is" and rule.type == "instant" and _DATE.fullmatch(parts[0]):
        start = instant_of(parts[0])
        return Condition(name, "range", path, rule.type, (instant(start), instant(start + DAY - 1)))
    return Condition(name, test, path, rule.type, tuple(_read(part, rule) for part in parts))


def _read(text: str, rule: Rule) -> Any:
    """Return a value in the form in which it is compared."""
    match rule.type:
        case "uuid":
            found = uuid_of(text)
            if found is None:
                raise _Unreadable("request.invalid.not-a-uuid", value=text[:100])
            return found
        case "instant":
            return instant(instant_of(text))
        case "day":
            return _day_of(text).isoformat()
        case "number":
            return _number_of(text)
        case _:
            return _choice_of(text, rule.choices) if rule.choices else text


def _choice_of(text: str, choices: Sequence[str]) -> str:
    found = next((choice for choice in choices if choice.lower() == text.lower()), None)
    if found is None:
        raise _Unreadable("request.invalid.choice", value=text[:100])
    return found


def _number_of(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or len(text) > 40 or abs(number.adjusted()) > 30:
        raise _Unreadable("request.invalid.value", detail="Enter a number.")
    return number


def _day_of(text: str) -> date:
    if _DATE.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            pass
    raise _Unreadable(
        "request.invalid.value", detail="Date has wrong format. Use one of these formats instead: YYYY-MM-DD."
    )


def instant_of(text: str) -> Instant:
    """Return an instant as ISO 8601 writes it; without a time it is midnight, without an offset UTC."""
    try:
        # In a query a plus sign that was not escaped has become a space.
        told = datetime.fromisoformat(re.sub(r" (\d{2}:\d{2})$", r"+\1", text))
        at = told.astimezone(UTC) if told.tzinfo is not None else told.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise _Unreadable("request.invalid.value", detail="Enter a valid date/time.") from None
    return (at - _EPOCH) // timedelta(milliseconds=1)


def _reached(wire: Any, path: Sequence[str]) -> list[Any]:
    """The values at the end of a path; a list on the way stands for all that is in it."""
    found = [wire]
    for name in path:
        inside = [_opened(bytes(one)) if isinstance(one, msgspec.Raw) else one for one in _flat(found)]
        found = [one.get(name) for one in inside if isinstance(one, Mapping)]
    return _flat(found)


@lru_cache(maxsize=256)
def _opened(encoded: bytes) -> Any:
    """An object that was encoded already, as the account that many movements share."""
    return msgspec.json.decode(encoded)


def _flat(found: Iterable[Any]) -> list[Any]:
    return [one for each in found for one in (each if isinstance(each, list | tuple) else (each,))]


def _compared(value: Any, type: Type) -> Any:
    """A value of an object in the form in which it is compared, None for what cannot be."""
    if value is None:
        return None
    match type:
        case "number":
            try:
                return value if isinstance(value, Decimal) else Decimal(str(value))
            except InvalidOperation:
                return None
        case "day":
            return str(value)[:10]
        case _:
            return str(value)
