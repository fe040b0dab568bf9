"""The connect page in Belvo's manner: the script that pages embed, the hosted page, the callbacks (contract 9)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

import msgspec
from msgspec.structs import replace

from afluente.catalogue import NoWord
from afluente.connect.visit import Visit
from afluente.connect.widget import Moment, News, Scene, Told, Widget
from afluente.core.clock import SECOND
from afluente.core.connections import Connection, Trigger
from afluente.core.institutions import Institution
from afluente.core.lifecycle import State
from afluente.core.outcome import Refused
from afluente.core.products import Product
from afluente.dialects.belvo import institutions, making
from afluente.dialects.belvo.house import House, WidgetGrant
from afluente.dialects.belvo.refusals import BACK, SYSTEM
from afluente.dialects.belvo.render import timestamp
from afluente.dialects.belvo.routes import pictures
from afluente.engine.connecting import retrieval
from afluente.engine.records import reads
from afluente.web.calls import Call
from afluente.web.languages import language

_KEPT = (
    "institutions",
    "institution_types",
    "country_codes",
    "resources",
    "integration_type",
    "access_mode",
    "external_id",
    "show_abandon_survey",
    "show_close_dialog",
    "company_name",
    "company_benefit_header",
    "company_benefit_content",
    "opportunity_loss",
    "show_intro",
)
_USUAL = "es"
"""The language of a page that none was asked for."""

_PAGES = {
    "consent": "/consent",
    "institutions": "/institutions",
    "login": "/credentials",
    "asked": "/token",
    "elsewhere": "/token",
    "progress": "/loading",
    "result": "/success",
    "failure": "/error",
    "": "/",
}
"""What the views are called in page events."""

_SHOWN = {
    Moment.CONSENT_SHOWN: "/consent",
    Moment.LIST_SHOWN: "/institutions",
    Moment.LOGIN_SHOWN: "/credentials",
    Moment.LOGIN_SHOWN_AGAIN: "/credentials",
    Moment.ASKED: "/token",
    Moment.ASKED_AGAIN: "/token",
    Moment.SENT_ELSEWHERE: "/token",
    Moment.SUCCEEDED: "/success",
}

_PERMITTED = {
    "REGISTER": (Product.HOLDER,),
    "ACCOUNTS": (Product.ACCOUNTS, Product.TRANSACTIONS),
    "CREDIT_CARDS": (Product.CARDS,),
    "CREDIT_OPERATIONS": (Product.LOANS,),
}
"""What the consent names, by the word of the token's permissions."""

_WARNED = ("request.institution.offline",)


class BelvoWidget(Widget):
    """The page as Belvo's clients open it."""

    system = SYSTEM
    folder = Path(__file__).parent
    files = MappingProxyType({"/belvo-widget-1-stable.js": "belvo-widget-1-stable.js"})

    def __init__(self, house: House) -> None:
        super().__init__(house.world)
        self.house = house
        self.lasts = house.numbers.tokens.access * SECOND

    async def begin(self, call: Call, asked: Mapping[str, str]) -> Visit | None:
        """Open with the access token in the query. Raises `request.unauthenticated.widget-token`."""
        application_id, grant = self.house.opened(asked.get("access_token", ""), call)
        if "write_links" not in grant.scopes:
            raise Refused("request.forbidden")
        options = {name: asked[name][:2_000] for name in _KEPT if asked.get(name)}
        options["grant"] = msgspec.json.encode(grant).decode()
        if grant.terms:
            options["terms"] = grant.terms
        options |= {f"look.{name}": colour for name, colour in grant.look.items()}
        options |= {
            name: pictures.address(self.house, url) for name, url in (("icon", grant.icon), ("logo", grant.logo)) if url
        }
        visit = Visit(
            id=self.world.ids.new(),
            application_id=application_id,
            expires_at=0,
            locale=self._locale(call, asked.get("locale")),
            theme=grant.scheme or "",
            options=options,
        )
        if grant.link_id is not None:
            found = await reads.connection(self.world, application_id, grant.link_id)
            if not found.credentials_spent:
                visit = replace(visit, options={**options, "stored": "good"})
            return replace(visit, connection_id=found.id, institution=found.institution, updating=True)
        named = asked.get("institution", "")
        chosen = self.house.directory.named(named) if named else None
        return replace(visit, institution=chosen.slug) if chosen is not None else visit

    def _locale(self, call: Call, wanted: str | None) -> str:
        try:
            return language(call, self.world.catalogue, wanted or _USUAL)
        except LookupError:
            return self.world.catalogue.locale(_USUAL)

    def grant(self, visit: Visit) -> WidgetGrant:
        """Return what the token says."""
        return msgspec.json.decode(visit.option("grant"), type=WidgetGrant)

    def offered(self, visit: Visit) -> Sequence[Institution]:
        """Return the institutions that the opener's filters leave."""
        names, types = visit.words("institutions"), visit.words("institution_types")
        countries, resources = visit.words("country_codes"), set(visit.words("resources"))
        kind = visit.option("integration_type")
        found = []
        for institution in self.house.directory.listed():
            shown = self.house.directory.face(institution.slug)
            ending = shown.name.rpartition("_")[2]
            if (
                (names and shown.name not in names)
                or (types and ending not in types and shown.type not in types)
                or (countries and institution.country not in countries)
                or not resources <= set(institutions.resources(institution))
                or (kind and (kind == "openfinance") is not institution.open_finance)
                or not (institution.fields or institution.open_finance)
            ):
                continue
            found.append(institution)
        return found

    def customer(self, visit: Visit) -> str:
        """Return the company name of the token, or of the script's settings."""
        return self.grant(visit).company or visit.option("company_name")[:80]

    def benefit(self, visit: Visit) -> tuple[str, str]:
        """Return the company's benefit of the token, or of the script's settings."""
        header, content = (visit.option(f"company_benefit_{part}")[:600] for part in ("header", "content"))
        return self.grant(visit).benefit or (header, content)

    def pictures(self, visit: Visit) -> tuple[str, str]:
        """Return the token's company icon and logo, as the server has them fetched."""
        return visit.option("icon"), visit.option("logo")

    def purpose(self, visit: Visit) -> str:
        """Return what the token says that the data is for."""
        return self.grant(visit).purpose or ""

    def loss(self, visit: Visit) -> str:
        """Return what the token, or the script's settings, say that is missed by leaving."""
        return self.grant(visit).loss or visit.option("opportunity_loss")[:600]

    def terms_version(self, visit: Visit) -> str:
        """Return the token's version of the company's terms."""
        return self.grant(visit).terms_version or ""

    def confirms_leaving(self, visit: Visit) -> bool:
        """Where `show_close_dialog` says so."""
        return visit.flag("show_close_dialog")

    def surveys(self, visit: Visit) -> bool:
        """Where `show_abandon_survey` says so."""
        return visit.flag("show_abandon_survey")

    def name(self, institution: Institution, locale: str) -> str:
        """Return the display name."""
        return self.house.directory.face(institution.slug).display_name

    def wants_consent(self, visit: Visit) -> bool:
        """An update starts at the form, and so does a page that is to have no introduction (`show_intro`)."""
        return not visit.updating and visit.flag("show_intro", default=True)

    def wanted(self, visit: Visit) -> tuple[Product, ...]:
        """Return what the named resources are made of; without any, what there is."""
        resources = self.grant(visit).resources
        everything = super().wanted(visit)
        permitted = {product for name in self.grant(visit).permissions for product in _PERMITTED.get(name, ())}
        if permitted:
            everything = tuple(product for product in everything if product in permitted)
        if not resources:
            return everything
        made_of = {p for one in self.world.institutions.values() for p in institutions.products_of(one, resources)}
        return tuple(product for product in everything if product in made_of)

    def wants_login(self, visit: Visit, institution: Institution) -> bool:
        """Only where something has to be typed in: an update whose credentials are good asks at most for a token."""
        return bool(institution.fields) and visit.option("stored") != "good"

    def prefilled(self, visit: Visit, institution: Institution) -> dict[str, str]:
        """Return the document that the token names."""
        grant = self.grant(visit)
        known = {"cpf": grant.document, "cnpj": grant.company_document}
        asked = {field.name for field in institution.fields}
        return {name: number for name, number in known.items() if number and name in asked}

    async def connect(self, visit: Visit, institution: Institution, values: dict[str, str]) -> Visit:
        """Make a link."""
        grant = self.grant(visit)
        single = visit.option("access_mode") == "single"
        names = institutions.wire_names(institution.fields)
        username = next((values.get(neutral, "") for neutral, wire in names.items() if wire == "username"), "")
        offered = institutions.resources(institution)
        asked = making.Asked(
            id=self.attempt(visit),
            institution=institution,
            values=values,
            username=username,
            mode="single" if single else "recurrent",
            storage=(grant.storage or "365d") if single else "store",
            stale=grant.stale or "365d",
            resources=tuple(name for name in grant.resources if name in offered),
            external=visit.option("external_id") or grant.external_id,
            trigger=Trigger.USER,
        )
        made = await making.make(self.house, visit.application_id, asked)
        return replace(visit, connection_id=made.connection.id)

    async def again(self, visit: Visit, connection: Connection, values: dict[str, str] | None) -> Visit:
        """Log in to the link again, with new credentials if any are given."""
        if connection.posed is not None and values is None and connection.state in (State.ASKING, State.AWAITING):
            return visit
        wanted = retrieval.Retrieval(products=(), credentials=values, trigger=Trigger.USER)
        await retrieval.begin(self.world, visit.application_id, connection.id, wanted)
        return visit

    async def retried(self, visit: Visit, connection: Connection) -> Visit:
        """Ask for another token, in a login that begins anew."""
        await retrieval.repeat(self.world, visit.application_id, connection.id)
        return visit

    async def goes_on(self, visit: Visit, connection: Connection) -> Visit | None:
        """Load what is to be loaded with a new link, once its login has been answered."""
        resources = self.grant(visit).resources
        if visit.updating or not resources or connection.products or not self.house.numbers.links.fetch_resources:
            return None
        if "loaded" in visit.told or not await making.load(self.house, connection, resources, wait=False):
            return None
        return visit.saw("loaded")

    def stands(self, visit: Visit, connection: Connection) -> bool:
        """A link is made when its login has succeeded, whatever comes of what is loaded."""
        loaded = connection.trigger is Trigger.SCHEDULE and connection.last_success_at is not None
        return loaded and not visit.updating

    async def failed(self, visit: Visit, connection: Connection) -> Visit:
        """A link whose first login has failed for good is no link."""
        wrong = self.world.meaning(connection.outcome or "").action == "answer-mfa"
        if wrong or not await making.forget_failed(self.house, connection):
            return visit
        return replace(visit, connection_id=None)

    def callback(self) -> str:
        """Where consents come back to."""
        return BACK

    def told(self, meaning: str, said: str | None, locale: str) -> Told | None:
        """Return the widget's title and description of an error, where it has them."""
        try:
            word = self.world.catalogue.word(SYSTEM, "error", meaning)
        except NoWord:
            return None
        shown = word.extra.get("widget")
        if not isinstance(shown, Mapping) or locale not in shown:
            return None
        title, description = shown[locale]
        return Told(str(title), str(description))

    def settings(self, visit: Visit | None) -> dict[str, Any]:
        """Return how often a page that is open says so, in seconds."""
        return {"every": self.house.numbers.tokens.access // 6}

    def news(self, moment: Moment, scene: Scene) -> News:
        """Return what `callback`, `onEvent` and `onExit` are called with."""
        told: News = []
        page = _SHOWN.get(moment)
        if page is not None:
            metadata: dict[str, Any] = {"page": page, "from": _PAGES.get(scene.place, "/")}
            if scene.institution is not None:
                metadata["institution_name"] = self._institution(scene)
            told.append(_event("PAGE_LOAD", scene.visit.id, metadata))
        match moment:
            case Moment.SUCCEEDED if scene.connection is not None:
                told.append({"type": "success", "data": self._made(scene)})
            case Moment.FAILED | Moment.NOT_POSSIBLE:
                told.append(self._failure(scene))
            case Moment.LEFT:
                told.append(self._left(scene))
        return told

    def _institution(self, scene: Scene) -> str | None:
        if scene.institution is None:
            return None
        return self.house.directory.face(scene.institution.slug).name

    def _made(self, scene: Scene) -> dict[str, Any]:
        return {"link": scene.connection.id if scene.connection else None, "institution": self._institution(scene)}

    def _failure(self, scene: Scene) -> dict[str, Any]:
        now = timestamp(self.world.now(scene.visit.application_id))
        where = {"institution_name": self._institution(scene), "timestamp": now}
        if scene.meaning in _WARNED:
            word = self.world.catalogue.word(SYSTEM, "widget", "institution.unavailable")
            warned = {"warning_code": word.code, "warning_message": word.message, **where}
            told = _event("WARNING", scene.visit.id, warned)
            address = self.grant(scene.visit).callbacks.get("event", "")
            # an app takes what is sent to its own scheme, and the page stays; a web address would take its place
            if address and not address.startswith(("http://", "https://")):
                told["address"] = _to(address, {"warning": word.code, "warning_message": word.message})
            return told
        word = self.world.catalogue.word(SYSTEM, "error", scene.meaning or "unexpected")
        return _event("ERROR", scene.visit.id, {"error_code": word.code, "error_message": word.message, **where})

    def _left(self, scene: Scene) -> dict[str, Any]:
        addresses = self.grant(scene.visit).callbacks
        if scene.visit.done:
            told: dict[str, Any] = {"type": "close", "data": {}}
            if addresses.get("success"):
                told["address"] = _to(addresses["success"], self._made(scene))
            return told
        last, query = None, {}
        if scene.meaning is not None:
            word = self.world.catalogue.word(SYSTEM, "error", scene.meaning)
            last = {"message": word.message, "code": word.code}
            query = {"last_encountered_error_code": word.code, "last_encountered_error_message": word.message}
        name = self._institution(scene)
        step = "abandon-survey" if scene.place in ("", "consent", "institutions") else _PAGES[scene.place]
        where = {"meta_data_institution_name": name} if name else {"meta_data_step": step}
        exit = {"last_encountered_error": last, "meta_data": {"institution_name": name, "step": step}}
        told = {"type": "exit", "data": exit}
        if addresses.get("exit"):
            told["address"] = _to(addresses["exit"], query | where)
        return told

    def refused(self, meaning: str) -> News:
        """Return the event of a page that cannot be opened."""
        word = self.world.catalogue.word(SYSTEM, "error", meaning)
        told = {"error": "ACCESS_TOKEN_NOT_VALID", "error_message": _NOT_VALID} if meaning in _TOKENS else {}
        return [_event("ERROR", "", {"error_code": word.code, "error_message": word.message, **told})]


_TOKENS = ("request.unauthenticated.widget-token",)
_NOT_VALID = "The access token was not provided or is not valid"


def _event(name: str, request_id: str, metadata: dict[str, Any]) -> dict[str, Any]:
    """Return a call of `onEvent`. Clients in the wild read one spelling of the metadata, documents have the other."""
    data = {
        "eventName": name,
        "request_id": request_id.replace("-", ""),
        "metadata": metadata,
        "meta_data": metadata,
    }
    return {"type": "event", "data": data}


def _to(address: str, values: Mapping[str, Any]) -> str:
    front, mark, fragment = address.partition("#")
    query = urlencode({name: value for name, value in values.items() if value is not None})
    return f"{front}{'&' if '?' in front else '?'}{query}{mark}{fragment}"
