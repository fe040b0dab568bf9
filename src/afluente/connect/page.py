"""The document and its parts: templates, words, sheets and scripts, and the headers that bound what a page may do."""

from __future__ import annotations

import base64
import gzip
import hashlib
import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from afluente.connect.visit import Visit
from afluente.web.answers import Answer
from afluente.web.calls import Call
from afluente.web.languages import colon

if TYPE_CHECKING:
    from jinja2 import Environment

_HERE = Path(__file__).parent
STATIC = "/connect/static/"
"""Where sheets and scripts lie, inside a dialect."""

_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".txt": "text/plain"}
_READ_ON_WHITE = 0.18
"""Relative luminance below which white is read better than black."""
_SMALL = 1_024
"""Bytes below which packing is not worth it."""


@cache
def words() -> dict[str, dict[str, Any]]:
    """Return what the page says, by language; `colon` stands behind a label."""
    told = tomllib.loads((_HERE / "words.toml").read_text("utf-8"))
    return {locale: {**own, "colon": colon(locale)} for locale, own in told.items()}


@cache
def templates() -> Environment:
    """Return the templates."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    made.globals["read_on"] = read_on
    return made


@cache
def _asset(folder: Path, name: str) -> tuple[bytes, bytes, str] | None:
    """Return a file as it is and packed, and what its contents are called by; None where there is none."""
    for place in (folder / "static", _HERE / "static"):
        path = place / name
        if path.parent == place and path.suffix in _TYPES and path.is_file():
            raw = path.read_bytes()
            return raw, gzip.compress(raw, 9, mtime=0), hashlib.sha256(raw).hexdigest()[:12]
    return None


def address(folder: Path, base: str, name: str) -> str:
    """Return where a page finds a sheet or script: another address whenever its contents are others."""
    found = _asset(folder, name)
    return f"{base}{STATIC}{name}?v={found[2] if found else 0}"


def asset(folder: Path, call: Call, name: str, *, lasting: bool = True) -> Answer | None:
    """Return a sheet or script, packed for whoever takes that; None where there is none of that name. One that is
    `lasting` is never asked for again under its address."""
    found = _asset(folder, name)
    if found is None:
        return None
    headers = (
        (b"content-type", _TYPES[Path(name).suffix].encode()),
        (b"cache-control", b"public, max-age=31536000, immutable" if lasting else b"public, max-age=300"),
        (b"x-content-type-options", b"nosniff"),
    )
    return packed(Answer(200, found[0], headers, shared=True), call, found[1])


def packed(answer: Answer, call: Call, ready: bytes | None = None) -> Answer:
    """Return an answer packed, for a browser that takes that."""
    headers = (*answer.headers, (b"vary", b"accept-encoding"))
    if "gzip" not in call.header(b"accept-encoding") or len(answer.body) < _SMALL:
        return Answer(answer.status, answer.body, headers, answer.shared)
    body = ready if ready is not None else gzip.compress(answer.body, 6, mtime=0)
    return Answer(answer.status, body, (*headers, (b"content-encoding", b"gzip")), answer.shared)


@cache
def inline(folder: Path, name: str) -> tuple[str, str]:
    """Return a script of a dialect's that stands in the document, and what a policy knows it by: its contents' hash."""
    text = (folder / "static" / name).read_text("utf-8")
    return text, f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def headers(locale: str, origins: tuple[str, ...], script: str = "") -> tuple[tuple[bytes, bytes], ...]:
    """Return the headers of a page that may stand inside pages of these origins and no others. `script` is the policy's
    word for the one script that stands in the document, where there is one."""
    ancestors = " ".join(origins) or "'none'"
    scripts = f"'self' {script}".rstrip()
    policy = (
        f"default-src 'none'; script-src {scripts}; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        f"form-action 'self'; base-uri 'none'; frame-ancestors {ancestors}"
    )
    return (
        (b"content-type", b"text/html; charset=utf-8"),
        (b"content-language", locale.encode()),
        (b"content-security-policy", policy.encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
        (b"cross-origin-opener-policy", b"unsafe-none"),
        (b"cache-control", b"no-store"),
    )


def is_part(call: Call) -> bool:
    """Whether a script asks for what goes into a page that stands already."""
    return call.header(b"hx-request") == "true"


def look_of(visit: Visit | None) -> dict[str, str]:
    """Return the colours that a page was opened with, by the sheet's own names for them; with an accent comes what is
    read on it."""
    given = {} if visit is None else visit.options
    look = {name.removeprefix("look."): value for name, value in given.items() if name.startswith("look.")}
    grounds = [name for name in ("accent", "accent-dark") if name in look]
    return {f"on-{name}": read_on(look[name]) for name in grounds} | look


def read_on(colour: str, most: float = _READ_ON_WHITE) -> str:
    """Return black or white, whichever is read better on a colour (WCAG 2's relative luminance). White stands on what
    is no lighter than `most`: on more of them where letters are large."""
    digits = colour.removeprefix("#")
    pairs = [digit * 2 for digit in digits] if len(digits) == 3 else [digits[i : i + 2] for i in (0, 2, 4)]
    red, green, blue = ((int(pair, 16) / 255) ** 2.2 for pair in pairs)
    return "#ffffff" if 0.2126 * red + 0.7152 * green + 0.0722 * blue < most else "#000000"
