"""A page of the dashboard: its language, its words, its live part, and the headers that bound what it may do."""

from __future__ import annotations

import hashlib
import tomllib
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlencode

from afluente.catalogue import UNEXPECTED, UnknownName
from afluente.catalogue.boards import STATUS, WARNING, word
from afluente.connect import page as connect
from afluente.core.clock import DAY, HOUR, MINUTE, Instant
from afluente.core.outcome import Refused
from afluente.dashboard.cookies import LANGUAGE, PREFIX, SESSION, cookies
from afluente.engine.world import World
from afluente.web.answers import Answer
from afluente.web.calls import Call
from afluente.web.languages import colon, language

if TYPE_CHECKING:
    from jinja2 import Environment

HERE = Path(__file__).parent
PLACES = ("connections", "sessions", "requests", "webhooks", "numbers", "sandbox", "keys")
"""The pages that stand in the navigation."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_OWN = frozenset({"seen", "lang"})
"""What a query may hold that is not the list's own."""


class Host(Protocol):
    """What a page asks of the house it belongs to."""

    @property
    def world(self) -> World:
        """What pages are made from."""

    def mark(self, text: str) -> str:
        """Return what the forms of a session carry."""


class Desk:
    """One request for a page."""

    def __init__(self, house: Host, call: Call) -> None:
        self.house = house
        self.call = call
        self.world = house.world
        self.catalogue = house.world.catalogue
        try:
            self.asked = dict(call.query)
        except Refused:
            self.asked = {}
        self.locale = language(call, self.catalogue, None)
        for wish in (self.asked.get("lang"), cookies(call).get(LANGUAGE)):
            try:
                self.locale = language(call, self.catalogue, wish or None)
            except UnknownName:
                continue
            if wish:
                break
        self.t: dict[str, Any] = words()[self.locale]
        self.products: dict[str, str] = connect.words()[self.locale]["products"]
        self.now = self.world.now(call.application_id) if call.application_id else self.world.clock.now()

    # -- words ---------------------------------------------------------------------------------------------------------

    def sentence(self, meaning: str, audience: Any = "engineer") -> str:
        """Say a meaning, in the words for whoever runs things or for the user."""
        known = meaning if meaning in self.catalogue.meanings else UNEXPECTED
        return self.catalogue.text(known, self.locale, audience)

    def told(self, meaning: str) -> dict[str, str]:
        """Say whose doing a meaning is and what to do, in plain words."""
        return self.catalogue.phrases(self.locale).of(self.world.meaning(meaning))

    def label(self, field: str) -> str:
        """Name a behavioural field."""
        return self.catalogue.phrases(self.locale).label(field)

    def status(self, meaning: str, system: str | None = None) -> Any:
        """Return the status that a dashboard shows for a meaning: that of the system, if it has any."""
        return word(self.catalogue, STATUS, meaning, system) or word(self.catalogue, STATUS, meaning)

    def warning(self, meaning: str) -> Any:
        """Return the warning that a dashboard shows for what a check found; None where it keeps silent."""
        return word(self.catalogue, WARNING, meaning)

    def operation(self, name: str) -> str:
        """Name a product, or the login."""
        return str(self.t["operations"].get(name) or self.products.get(name, name))

    def institution(self, slug: str | None) -> str:
        """Name an institution."""
        known = self.world.institutions.get(slug or "")
        return known.title if known is not None else slug or ""

    def percent(self, share: float | None) -> str:
        """Write a share as whole percents that stay on one line; less than all is never told as all."""
        if share is None:
            return "–"
        whole = round(share * 100)
        return f"{99 if whole == 100 and share < 1 else whole}\u00a0%"

    def moment(self, at: Instant | None) -> str:
        """Write an instant to the second, in UTC."""
        return "" if at is None else (_EPOCH + timedelta(milliseconds=at)).strftime("%Y-%m-%d %H:%M:%S")

    def iso(self, at: Instant) -> str:
        """Write an instant for programs."""
        return (_EPOCH + timedelta(milliseconds=at)).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def ago(self, at: Instant) -> str:
        """Say how long ago an instant is, or how far off."""
        span = abs(self.now - at)
        if span < MINUTE:
            return str(self.t["just_now"])
        for unit, length in (("days", DAY), ("hours", HOUR), ("minutes", MINUTE)):
            if span >= length:
                said = f"{span // length} {self.t['units'][unit]}"
                return str(self.t["ago" if at <= self.now else "ahead"]).format(span=said)
        return ""

    def span(self, length: Instant) -> str:
        """Write a span in whole days, or else in whole hours."""
        unit, each = ("days", DAY) if length >= DAY else ("hours", HOUR)
        number = length // each
        return f"{number} {self.t['units_one' if number == 1 else 'units_long'][unit]}"

    # -- addresses -----------------------------------------------------------------------------------------------------

    def here(self, **changed: str) -> str:
        """Return the address of this page with parts of its query changed; empty text leaves one out."""
        query = {name: value for name, value in self.asked.items() if name not in _OWN}
        kept = {name: value for name, value in (query | changed).items() if value}
        return f"{self.call.path}?{urlencode(kept)}" if kept else self.call.path

    # -- answers -------------------------------------------------------------------------------------------------------

    def answer(
        self,
        template: str,
        status: int = 200,
        *,
        live: bool = True,
        more: tuple[tuple[bytes, bytes], ...] = (),
        **values: Any,
    ) -> Answer:
        """Return the page of a template, or its live part to whoever looks at that anew; nothing where it stands."""
        made = self._environment().get_template(template)
        watched = live and self.asked.get("live") != "off"
        shared = {**self._shared(), **values, "live": live, "watched": watched}
        part = "".join(made.blocks["live"](made.new_context(shared)))
        digest = hashlib.blake2b(part.encode(), digest_size=8).hexdigest()
        if is_part(self.call) and live:
            if self.asked.get("seen") == digest:
                return Answer(204, b"", connect.headers(self.locale, ()), shared=False)
            wrapped = self._environment().get_template("live.html.j2").render(**shared, part=part, digest=digest)
            return self._html(wrapped, status, more)
        return self._html(made.render(**shared, part=part, digest=digest), status, more)

    def refusal(self, refused: Refused, status: int, error_id: str) -> Answer:
        """Return the page that says why something is not done."""
        known = refused.meaning if refused.meaning in self.catalogue.meanings else UNEXPECTED
        detail = refused.data.get("detail")
        return self.answer(
            "refusal.html.j2", status, live=False, meaning=known, detail=detail, error_id=error_id, place=""
        )

    def _html(self, text: str, status: int, more: tuple[tuple[bytes, bytes], ...]) -> Answer:
        headers = (*connect.headers(self.locale, ()), *more)
        return connect.packed(Answer(status, text.encode(), headers, shared=False), self.call)

    def _shared(self) -> dict[str, Any]:
        text = cookies(self.call).get(SESSION, "")
        return {
            "desk": self,
            "t": self.t,
            "locale": self.locale,
            "languages": {name: words()[name]["language"] for name in self.catalogue.locales},
            "application": self.call.grant if self.call.application_id else None,
            "stopped": self.call.application_id in self.world.stopped,
            "mark": self.house.mark(text) if text else "",
            "places": PLACES,
            "sheet": address("dashboard.css"),
            "script": address("htmx.min.js"),
        }

    @staticmethod
    def _environment() -> Environment:
        return templates()


def is_part(call: Call) -> bool:
    """Whether a script asks for the live part of a page that stands already."""
    return connect.is_part(call)


def address(name: str) -> str:
    """Return where a page finds a sheet or script; those of the connect page are found as well."""
    return connect.address(HERE, PREFIX, name).replace(connect.STATIC, "/static/")


async def static(house: Host, call: Call) -> Answer:
    """`GET /dashboard/static/{name}`: a sheet or script."""
    found = connect.asset(HERE, call, call.param("name"))
    if found is None:
        raise Refused("request.not-found.route")
    return found


@cache
def words() -> dict[str, dict[str, Any]]:
    """Return what the pages say beside the catalogue's own sentences, by language; `colon` stands behind a label."""
    told = {path.stem: tomllib.loads(path.read_text("utf-8")) for path in sorted((HERE / "words").glob("*.toml"))}
    return {locale: {**own, "colon": colon(locale)} for locale, own in told.items()}


@cache
def templates() -> Environment:
    """Return the templates; of a table `t.clear` is its entry, and not what every table of Python can do."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    class Templates(Environment):
        def getattr(self, obj: Any, attribute: str) -> Any:
            if isinstance(obj, dict) and attribute in obj:
                return obj[attribute]
            return super().getattr(obj, attribute)

    return Templates(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
