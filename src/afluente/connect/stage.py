"""One request to the connect page: the visit behind it, and how a view becomes an answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from afluente.connect import page
from afluente.connect.visit import Visit, renewed, seal
from afluente.connect.widget import Moment, News, Scene, Told, Widget
from afluente.core.connections import Connection
from afluente.core.institutions import Institution
from afluente.engine.access import applications
from afluente.engine.records import reads
from afluente.web.answers import Answer
from afluente.web.calls import Call


class View(msgspec.Struct, frozen=True):
    """What is shown: a template with its values. `live` is read aloud; `place` names it."""

    place: str
    values: dict[str, Any] = {}
    live: str = ""


class Stage:
    """Where the steps of a visit play. `news` gathers what the page around is to be told with the answer."""

    def __init__(self, widget: Widget, call: Call, visit: Visit) -> None:
        self.widget = widget
        self.world = widget.world
        self.call = call
        self.visit = visit
        self.news: News = []

    @property
    def t(self) -> dict[str, Any]:
        """The page's own words in the visit's language."""
        return page.words()[self.visit.locale]

    @property
    def institution(self) -> Institution | None:
        """The institution that was chosen."""
        return self.world.institutions.get(self.visit.institution or "")

    def named(self, institution: Institution | None) -> str:
        """What an institution is called."""
        return "" if institution is None else self.widget.name(institution, self.visit.locale)

    def say(self, key: str, **figures: object) -> str:
        """One of the page's own sentences."""
        sentence: str = self.t[key]
        return sentence.format(**figures) if figures else sentence

    async def application(self) -> str:
        """What the application is called that the page connects for."""
        own = self.widget.customer(self.visit)
        return own or await reads.application_name(self.world, self.visit.application_id)

    def tell(self, moment: Moment, connection: Connection | None = None, **scene: Any) -> None:
        """Tell the page around of a moment."""
        told = Scene(
            visit=self.visit,
            base=self.call.base_url,
            place=self.visit.place,
            connection=connection,
            institution=scene.pop("institution", self.institution),
            **scene,
        )
        self.news.extend(self.widget.news(moment, told))

    def once(self, name: str, moment: Moment, connection: Connection | None = None, **scene: Any) -> None:
        """Tell the page around of a moment, unless that was done before."""
        if name not in self.visit.told:
            self.tell(moment, connection, **scene)
            self.visit = self.visit.saw(name)

    def told(self, meaning: str, said: str | None) -> Told:
        """A failure in words for the end user: the dialect's own where it has some, else the catalogue's."""
        own = self.widget.told(meaning, said, self.visit.locale)
        if own is not None:
            return own
        known = self.world.meaning(meaning).name
        sentence = self.world.catalogue.text(known, self.visit.locale, "user")
        return Told(self.t["failed_title"], sentence)

    async def show(self, view: View) -> Answer:
        """Return a view: alone for a page that stands already, else in a whole document."""
        if self.news:
            await self.widget.pass_on(self.visit, self.news)
        self.visit = renewed(self.world, replace(self.visit, place=view.place), self.widget.lasts)
        values = {
            "t": self.t,
            "say": self.say,
            "place": view.place,
            "live": view.live,
            "visit": seal(self.world, self.widget.system, self.visit),
            "news": msgspec.json.encode(self.news).decode(),
            "to": lambda step: f"{self.call.base_url}/connect/{step}",
            "institution": self.institution,
            "name": "" if self.widget.takes_files(self.visit) else self.named(self.institution),
            "colour": colour(self.institution),
            **view.values,
        }
        if page.is_part(self.call):
            html = page.templates().get_template("part.html.j2").render(**values)
            return page.packed(Answer(200, html.encode(), page.headers(self.visit.locale, ()), False), self.call)
        return document(
            self.widget,
            self.call,
            self.visit.locale,
            await origins(self.widget, self.visit.application_id),
            self.visit,
            values,
        )


def colour(institution: Institution | None) -> str:
    """Return the colour of an institution's mark."""
    own = institution.color.removeprefix("#") if institution is not None else ""
    return f"#{own or '0a6363'}"


def document(
    widget: Widget,
    call: Call,
    locale: str,
    framed_by: tuple[str, ...],
    visit: Visit | None,
    values: Mapping[str, Any],
    status: int = 200,
) -> Answer:
    """Return the whole page. Without a visit it waits for what it is opened with."""
    base, folder = call.base_url, widget.folder
    scripts = (*(widget.framed_scripts if visit is None else ()), *widget.scripts)
    waits = values["place"] == "waiting" and widget.early
    early, known = page.inline(folder, widget.early) if waits else ("", "")
    html = (
        page.templates()
        .get_template("document.html.j2")
        .render(
            locale=locale,
            theme=widget.look(visit) if visit is not None else "",
            system=widget.system,
            base=base,
            sheet=page.address(folder, base, "connect.css"),
            scripts=[page.address(folder, base, name) for name in ("htmx.min.js", "connect.js", *scripts)],
            early=early,
            settings=msgspec.json.encode(widget.settings(visit)).decode(),
            shape=" ".join(widget.shape(visit)) if visit is not None else "",
            colours=msgspec.json.encode(page.look_of(visit)).decode(),
            origins=msgspec.json.encode(framed_by).decode(),
            **values,
        )
    )
    return page.packed(Answer(status, html.encode(), page.headers(locale, framed_by, known), False), call)


async def origins(widget: Widget, application_id: str | None) -> tuple[str, ...]:
    """Return the origins whose pages may frame this one: those that the application named; before it is known which
    application it is, those that any has named."""
    if application_id is None:
        return await applications.origins(widget.world)
    found = await applications.find(widget.world, application_id)
    return found.policy.origins if found is not None else ()
