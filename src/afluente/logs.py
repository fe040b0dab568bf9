"""The log: one line for each event on standard error, for people or as JSON, with its fields beside it.

Written with the standard library: the packages made for this load a renderer of tracebacks at every start, which
costs more than everything they would do here. Fields are named by who logs; nothing else of a request gets in.
"""

from __future__ import annotations

import logging
import re
import sys
import traceback
from datetime import UTC, datetime
from typing import Any

import msgspec


def set_up(form: str) -> None:
    """Send the log to standard error, as `console` or as `json`."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json() if form == "json" else _Console())
    logging.basicConfig(handlers=[handler], level=logging.INFO, force=True)
    for noisy in ("uvicorn", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    # it tells of the bytes that it stumbles over
    logging.getLogger("python_multipart").setLevel(logging.ERROR)


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    fields = getattr(record, "fields", None)
    return fields if isinstance(fields, dict) else {}


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


_QUOTED = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\"""", re.DOTALL)
_LONGEST = 300


def _without_values(error: BaseException) -> str:
    """Return the first line of an exception's message with all that is quoted in it left out.

    What an exception quotes is the value it stumbled over, and that may be a password.
    """
    first = str(error).partition("\n")[0]
    return _QUOTED.sub("'…'", first)[:_LONGEST]


class _Formatter(logging.Formatter):
    def formatException(self, ei: Any) -> str:
        """Return where it broke, with the causes first, and no value out of any message."""
        parts: list[str] = []
        error, seen = ei[1], set[int]()
        while error is not None and id(error) not in seen:
            seen.add(id(error))
            places = "".join(traceback.format_tb(error.__traceback__))
            parts.append(f"{places}{type(error).__module__}.{type(error).__qualname__}: {_without_values(error)}")
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return "\nthen broke:\n".join(reversed(parts))


class _Json(_Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {"time": _time(record), "level": record.levelname.lower(), "logger": record.name}
        line |= {"event": record.getMessage(), **_fields(record)}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return msgspec.json.encode(line, enc_hook=str).decode()


class _Console(_Formatter):
    def format(self, record: logging.LogRecord) -> str:
        told = "  ".join(f"{name}={value}" for name, value in _fields(record).items())
        line = f"{_time(record)} {record.levelname.lower():8} {record.getMessage()}  {told}".rstrip()
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line
