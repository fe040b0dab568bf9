"""The paths of a dialect's connect page."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl

import msgspec
from msgspec.structs import replace
from starlette.routing import Route

from afluente.connect import page, steps
from afluente.connect.stage import Stage, document, origins
from afluente.connect.visit import OVER, Visit, open_visit, renewed, seal
from afluente.connect.widget import Widget
from afluente.core.outcome import Refused
from afluente.engine.files import uploads
from afluente.web.answers import Answer, json
from afluente.web.calls import Call, Endpoint
from afluente.web.forms import Bounds, files_of
from afluente.web.languages import language
from afluente.web.logbook import Logbook

_BOUNDS = Bounds(uploads.MOST_FILES, uploads.LARGEST_FILE, uploads.LARGEST_TOGETHER)
_LONGEST_NAME = 255


class Pages:
    """The page of one dialect, as an endpoint's host: it admits everybody and says refusals as pages."""

    strikable = False

    def __init__(self, widget: Widget) -> None:
        self.widget = widget

    def error_id(self) -> str:
        """Name an error."""
        return self.widget.world.ids.new()

    def admit(self, call: Call, access: str) -> None:
        """Let in everybody: what a page may do is in the visit that it carries."""

    def refuse(self, call: Call, refused: Refused, error_id: str) -> Answer:
        """Say a refusal as a page of its own, that cannot be gone on from."""
        known = str(refused.data.get("locale", "")) or language(call, self.widget.world.catalogue, None)
        return _nowhere(self.widget, call, known, refused, error_id)

    async def open(self, call: Call) -> Answer:
        """`GET` the page: with what it was opened with in its query, or waiting for it."""
        asked = dict(call.query)
        try:
            visit = await self.widget.begin(call, asked)
        except Refused as refused:
            framed_by, id = await origins(self.widget, None), self.error_id()
            call.refuse(refused, id)
            return _nowhere(self.widget, call, self._locale(call, asked), refused, id, framed_by)
        if visit is None:
            locale = language(call, self.widget.world.catalogue, None)
            return _waiting(self.widget, call, locale, await origins(self.widget, None))
        return await self._begun(call, visit)

    def _locale(self, call: Call, asked: Mapping[str, str]) -> str:
        wanted = next((asked[name] for name in ("language", "lang", "locale") if asked.get(name)), None)
        try:
            return language(call, self.widget.world.catalogue, wanted)
        except LookupError:
            return language(call, self.widget.world.catalogue, None)

    async def begin(self, call: Call) -> Answer:
        """`POST connect/begin`: what a page that waits was handed by the page around it."""
        form = await _form(call)
        try:
            props = msgspec.json.decode(str(form.get("props", "{}")))
        except msgspec.DecodeError:
            raise Refused("request.invalid.malformed") from None
        asked = _options(props)
        visit = await self.widget.begin(call, asked)
        if visit is None:
            raise Refused(OVER)
        parent = str(form.get("parent", ""))[:300]
        if parent and parent not in await origins(self.widget, visit.application_id):
            raise Refused("request.forbidden", data={"locale": visit.locale})
        return await self._begun(call, replace(visit, parent=parent))

    async def _begun(self, call: Call, visit: Visit) -> Answer:
        call.application_id = visit.application_id
        visit = renewed(self.widget.world, visit, self.widget.lasts)
        stage = Stage(self.widget, call, visit)
        return await stage.show(await steps.first(stage))

    async def step(self, call: Call) -> Answer:
        """`POST connect/{step}`: one step of a visit."""
        _refuse_strangers(call)
        run = steps.STEPS.get(call.param("step"))
        if run is None:
            raise Refused("request.not-found.route")
        form = await _form(call)
        stage = self._stage(call, str(form.get("visit", "")), lapsed=run is steps.leave)
        visit = stage.visit
        view = await run(stage, form)
        if view is steps.UNCHANGED:
            return Answer(204, b"", page.headers(visit.locale, ()), shared=False)
        if view.place == "alive":
            fresh = renewed(self.widget.world, stage.visit, self.widget.lasts)
            return json({"visit": seal(self.widget.world, self.widget.system, fresh)})
        return await stage.show(view)

    def _stage(self, call: Call, visit: str, *, lapsed: bool = False) -> Stage:
        found = open_visit(self.widget.world, self.widget.system, visit, lapsed=lapsed)
        call.application_id, call.connection_id = found.application_id, found.connection_id
        return Stage(self.widget, call, found)

    async def files(self, call: Call) -> Answer:
        """`POST connect/files`: statement files. Whose they are is known before the first of them is taken."""
        _refuse_strangers(call)
        stages: list[Stage] = []

        def look(texts: Mapping[str, str]) -> None:
            stages.append(self._stage(call, texts.get("visit", "")))

        parts = await files_of(call, "file", _BOUNDS, look)
        try:
            files = [uploads.Given(part.name[-_LONGEST_NAME:], part.size, part.content) for part in parts if part.size]
            return await stages[0].show(await steps.files(stages[0], files))
        finally:
            for part in parts:
                part.content.close()

    async def asset(self, call: Call) -> Answer:
        """`GET connect/static/{name}`: a sheet, a script or its licence; or what lies at a path that clients know."""
        known = self.widget.files.get(call.path)
        found = page.asset(self.widget.folder, call, known or call.param("name"), lasting=known is None)
        if found is None:
            raise Refused("request.not-found.route")
        return found


def _refuse_strangers(call: Call) -> None:
    """Raise `request.forbidden` for what a page of another site sends: the browser says so."""
    if call.header(b"sec-fetch-site") not in ("", "same-origin", "none"):
        raise Refused("request.forbidden")


async def _form(call: Call) -> dict[str, object]:
    """Return a form's fields; one that is sent several times as a list. Raises `request.invalid.malformed`."""
    try:
        pairs = parse_qsl((await call.body()).decode(), keep_blank_values=True, errors="strict", max_num_fields=500)
    except (UnicodeDecodeError, ValueError):
        raise Refused("request.invalid.malformed") from None
    if any("\0" in name + value for name, value in pairs):
        raise Refused("request.invalid.malformed")
    found: dict[str, object] = {}
    for name, value in pairs:
        before = found.get(name)
        found[name] = value if before is None else [*(before if isinstance(before, list) else [before]), value]
    return found


def _options(props: object) -> dict[str, str]:
    """Return what a script handed over as texts: lists joined by commas, objects as JSON."""
    if not isinstance(props, dict):
        return {}
    found = {}
    for name, value in list(props.items())[:60]:
        if isinstance(value, bool):
            text = "true" if value else "false"
        elif isinstance(value, list):
            text = ",".join(str(one) for one in value[:200])
        elif isinstance(value, dict):
            text = msgspec.json.encode(value).decode()
        elif value is None:
            continue
        else:
            text = str(value)
        if len(text) <= 4_096 and "\0" not in text:
            found[str(name)] = text
    return found


def _values(words: Mapping[str, object], place: str, title: object, **more: object) -> dict[str, object]:
    return {
        "t": words,
        "say": lambda key, **figures: str(words[key]).format(**figures),
        "place": place,
        "live": str(title),
        "visit": "",
        "news": "[]",
        "to": lambda step: f"connect/{step}",
        "institution": None,
        "name": "",
        "colour": "",
        "title": title,
        **more,
    }


def _waiting(widget: Widget, call: Call, locale: str, framed_by: tuple[str, ...]) -> Answer:
    words = page.words()[locale]
    values = _values(words, "waiting", words["loading"], to=lambda step: f"{call.base_url}/connect/{step}")
    return document(widget, call, locale, framed_by, None, values)


def _nowhere(
    widget: Widget, call: Call, locale: str, refused: Refused, error_id: str, framed_by: tuple[str, ...] = ()
) -> Answer:
    """Return the page of a refusal that no visit can be gone on with: one that has lapsed is begun again, or left."""
    words = page.words()[locale]
    told = widget.told(refused.meaning, refused.said, locale)
    meaning = widget.world.meaning(refused.meaning)
    sentence = told.sentence if told else widget.world.catalogue.text(meaning.name, locale, "user")
    title = told.title if told else words["session_title" if refused.meaning == OVER else "failed_title"]
    news = widget.refused(refused.meaning)
    lapsed: Visit | None = refused.data.get("visit")
    values = _values(
        words,
        "nowhere",
        title,
        sentence=sentence,
        reference=error_id,
        news=msgspec.json.encode(news).decode(),
        visit=seal(widget.world, widget.system, lapsed) if lapsed is not None else "",
        reopens=lapsed is not None and widget.reopens(lapsed),
        to=lambda step: f"{call.base_url}/connect/{step}",
    )
    if page.is_part(call):
        html = page.templates().get_template("part.html.j2").render(**values)
        return Answer(200, html.encode(), page.headers(locale, ()), shared=False)
    return document(widget, call, locale, framed_by, None, values, 200 if refused.meaning == OVER else 400)


def routes(widget: Widget) -> list[Route]:
    """Return the paths of a dialect's connect page."""
    pages = Pages(widget)
    world = widget.world
    # a page asks again each second, and what its visitor changes is told of with the connection
    book = Logbook(world, pages, widget.system, verbs=frozenset())

    def at(path: str, verb: str, handler: object) -> Route:
        return Route(path, Endpoint(world, pages, {verb: (handler, "open")}, book.of(path)))  # type: ignore[dict-item]

    return [
        *(at(path, "GET", pages.open) for path in widget.documents),
        *(at(path, "GET", pages.asset) for path in widget.files),
        at("/connect/begin", "POST", pages.begin),
        at("/connect/files", "POST", pages.files),
        at("/connect/static/{name}", "GET", pages.asset),
        at("/connect/{step}", "POST", pages.step),
    ]
