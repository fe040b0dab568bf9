"""The connect page in Klavi's manner: a link's address, our page and the institution's, and back (contract 13).

A partner that makes no links of its own opens `basic-links` with its id. The way over the institution's page is the
one of a consent made over the API; who has no address to go back to comes back here.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
from msgspec.structs import replace

from afluente.connect.visit import Visit
from afluente.connect.widget import Moment, News, Scene, Widget
from afluente.core.challenge import Posed
from afluente.core.clock import SECOND
from afluente.core.connections import Connection
from afluente.core.institutions import Field, Institution
from afluente.core.lifecycle import RUNNING
from afluente.core.outcome import Refused
from afluente.dialects.klavi import callbacks, connecting, consents, tasks, telling
from afluente.dialects.klavi.consents import Told
from afluente.dialects.klavi.forms import Form, cnpj_of, cpf_of, is_address
from afluente.dialects.klavi.house import SYSTEM, House, Link
from afluente.dialects.klavi.institutions import is_company
from afluente.dialects.klavi.routes import journey
from afluente.dialects.klavi.routes.consents import ask
from afluente.dialects.klavi.routes.institutions import OPEN_DATA, OPEN_FINANCE
from afluente.engine.access import applications
from afluente.engine.connecting import connections
from afluente.engine.records import reads
from afluente.web.calls import Call
from afluente.web.languages import language

PATH = "/path"
BASIC = "/data/v1/basic-links/{app}"
_USUAL = "pt-BR"

_EVENTS = {
    Moment.OPENED: "app_loaded",
    Moment.CONSENT_SHOWN: "page_view",
    Moment.CONSENTED: "landing_continue_click",
    Moment.CONSENT_DENIED: "landing_exit_click",
    Moment.LIST_SHOWN: "page_view",
    Moment.SEARCHED: "institution_list_search",
    Moment.CHOSEN: "institution_click",
    Moment.LOGIN_SHOWN: "page_view",
    Moment.LOGIN_SENT: "data_confirmation_continue_click",
    Moment.STARTED: "task_created",
    Moment.SUCCEEDED: "authorise_success",
    Moment.FAILED: "authorise_fail",
    Moment.NOT_POSSIBLE: "authorise_fail",
    Moment.ONE_MORE: "authorise_success_connect_more_click",
}
"""What the page around is told; a task that was created is told in a form of ours, none being published."""

_BACKS = {"institutions": "institution_list_back_click", "login": "data_confirmation_back_click"}
_EXITS = {"consent": "landing_exit_click", "institutions": "institution_list_exit_click"}


_BASIC_NAMES = frozenset(
    {
        "personal_tax_id", "business_tax_id", "email", "phone", "institution_code", "redirect_url", "redirectURL",
        "products_callback_url", "external_info", "connection_key", "lang",
    }
)  # fmt: skip
"""What a partner's own address says; everything else is the partner's, and comes back to it."""


def _json(text: str) -> Any:
    """Return what a parameter says as JSON; one that is none is a text."""
    try:
        return msgspec.json.decode(text) if text else None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return text


class KlaviWidget(Widget):
    """The page as partners open it."""

    system = SYSTEM
    folder = Path(__file__).parent
    documents = (PATH, BASIC)

    def __init__(self, house: House) -> None:
        super().__init__(house.world)
        self.house = house
        self.lasts = house.numbers.tokens.link * SECOND

    async def begin(self, call: Call, asked: Mapping[str, str]) -> Visit | None:
        """Open a link by its token, or make one for the partner in the path. Raises `request.unauthenticated.token`."""
        partner = call.scope.get("path_params", {}).get("app")
        if partner is None:
            token = asked.get("v", "")
            application_id, link = self.house.opened(token, call)
            await self.house.active(application_id)
        else:
            application_id, link = await self._basic(str(partner), asked)
            token = self.house.link_token(application_id, link)
            await telling.link_created(self.house, application_id, link)
        visit = Visit(
            id=self.world.ids.new(),
            application_id=application_id,
            expires_at=0,
            locale=self._locale(call, asked.get("lang")),
            options={"link": msgspec.json.encode(link).decode(), "token": token, "base": call.base_url},
        )
        if asked.get("consent_id"):
            return await self._back(visit, link, asked["consent_id"])
        if link.connection_key is not None:
            return await self._known(visit, link.connection_key)
        if link.institution is not None:
            chosen = self._consenting(visit, link.institution) or self.house.directory.open_data(link.institution)
            return replace(visit, institution=chosen.slug) if chosen is not None else visit
        return visit

    def reopens(self, visit: Visit) -> bool:
        """Where the address is the partner's, which makes a new link each time."""
        return self.link(visit).anybodys

    async def _known(self, visit: Visit, key: str) -> Visit:
        """Return the visit of a connection that is there: it skips the choice, and the login as far as it is kept."""
        found = await tasks.of_key(self.world, visit.application_id, key)
        if found is None:
            return visit
        return replace(visit, connection_id=found.id, institution=found.institution, updating=True)

    def _locale(self, call: Call, wanted: str | None) -> str:
        try:
            return language(call, self.world.catalogue, wanted or _USUAL)
        except LookupError:
            return _USUAL

    async def _basic(self, partner: str, asked: Mapping[str, str]) -> tuple[str, Link]:
        try:
            id = str(uuid.UUID(partner))
        except ValueError:
            raise Refused("request.unauthenticated.token") from None
        found = await applications.find(self.world, id)
        if found is None or not found.policy.active:
            raise Refused("request.unauthenticated.token")
        home = asked.get("redirect_url") or asked.get("redirectURL")
        told = _json(asked.get("external_info", ""))
        own = {name: value for name, value in asked.items() if name not in _BASIC_NAMES}
        sent_to = Form({"productsCallbackURL": _json(asked.get("products_callback_url", ""))})
        link = Link(
            id=self.world.ids.new(),
            person=cpf_of(asked.get("personal_tax_id")),
            company=cnpj_of(asked.get("business_tax_id")),
            email=asked.get("email") or None,
            phone=asked.get("phone") or None,
            institution=asked.get("institution_code") or None,
            redirect_url=home if home and is_address(home) else None,
            callbacks=await callbacks.read(self.house, sent_to),
            external=own | (told if isinstance(told, dict) else {"external_info": told} if told else {}),
            connection_key=asked.get("connection_key") or None,
            anybodys=True,
        )
        return found.id, link

    async def _back(self, visit: Visit, link: Link, id: str) -> Visit:
        found = await reads.known(self.world, visit.application_id, id)
        told = consents.told(found) if found is not None else None
        if found is None or told is None or told.link != link.id:
            return visit
        return replace(visit, connection_id=found.id, institution=found.institution)

    def link(self, visit: Visit) -> Link:
        """Return what the link was made with."""
        return msgspec.json.decode(visit.option("link"), type=Link)

    def offered(self, visit: Visit) -> Sequence[Institution]:
        """Return the institutions that give a consent to such a person, or to such a company, and those that are
        logged in to with credentials."""
        company = self.link(visit).company is not None
        found: dict[str, Institution] = {}
        for face in self.house.directory.listed():
            institution = face.institution
            if institution.open_finance:
                asked = self.house.directory.consenting(face.code, company=company)
                if asked is None or asked.slug != institution.slug:
                    continue
            elif is_company(institution) != company:
                continue
            found.setdefault(institution.slug, institution)
        return list(found.values())

    def _consenting(self, visit: Visit, code: str) -> Institution | None:
        return self.house.directory.consenting(code, company=self.link(visit).company is not None)

    def prefilled(self, visit: Visit, institution: Institution) -> dict[str, str]:
        """Return the documents that the link was made for."""
        link = self.link(visit)
        known = {"cpf": link.person, "cnpj": link.company}
        asked = {field.name for field in self.fields(visit, institution)}
        return {name: value for name, value in known.items() if value is not None and name in asked}

    def fields(self, visit: Visit, institution: Institution) -> Sequence[Field]:
        """Ask for what stands beside the login as well (`connecting.fields`)."""
        return connecting.fields(visit, institution)

    def label(self, institution: Institution, field: Field, locale: str) -> str | None:
        """The page's own words are of the login alone."""
        return connecting.words()[locale].get(field.name)

    def wants_login(self, visit: Visit, institution: Institution) -> bool:
        """Who updates what is there types nothing but what serves once."""
        if visit.updating and not visit.rounds:
            return any(field.renewed for field in institution.fields)
        return super().wants_login(visit, institution)

    def wants_consent(self, visit: Visit) -> bool:
        """Who updates what is there has agreed before."""
        return not visit.updating

    def connects_more(self, visit: Visit) -> bool:
        """A link connects as many institutions as the user likes, unless it was made for one."""
        link = self.link(visit)
        return link.institution is None and link.connection_key is None

    async def connect(self, visit: Visit, institution: Institution, values: dict[str, str]) -> Visit:
        """Ask for a consent, or begin a task."""
        link = self.link(visit)
        if not institution.open_finance:
            return await connecting.begin(self.house, visit, link, institution, values)
        home = link.redirect_url or f"{visit.option('base')}{PATH}?{urlencode({'v': visit.option('token')})}"
        told = Told(
            link=link.id,
            track=super().attempt(visit),
            person=connecting.person(values),
            company=cnpj_of(values["cnpj"]) if values.get("cnpj") else link.company,
            institution=self.house.directory.face(institution.slug).code,
            redirect_url=home,
            months=connecting.months(self.house, values),
            phone=link.phone,
            email=link.email,
            external=link.external,
            callbacks=link.callbacks,
            app_link=link.app_link,
            app_parameter=link.app_parameter,
            anybodys=link.anybodys,
        )
        made, _ = await ask(self.house, visit.application_id, told)
        return replace(visit, connection_id=made.id)

    def attempt(self, visit: Visit) -> str:
        """Return the id of the consent that an attempt asks for."""
        return consents.id_of_track(visit.application_id, super().attempt(visit))

    async def sent_before(self, visit: Visit, institution: Institution, values: Mapping[str, str]) -> Visit | None:
        """Whose task runs already is shown how far it is."""
        if institution.open_finance:
            return await super().sent_before(visit, institution, values)
        id = visit.connection_id or connecting.connection_id(visit, institution, values)
        known = await reads.known(self.world, visit.application_id, id)
        if known is None or known.state not in RUNNING:
            return None
        return replace(visit, connection_id=known.id, session_id=known.session_id)

    async def again(self, visit: Visit, connection: Connection, values: dict[str, str] | None) -> Visit:
        """Ask for another consent, for one that was not given is not asked for again; or begin another task."""
        if not self.world.institutions[connection.institution].open_finance:
            return await connecting.update(self.house, visit, connection, values)
        if connection.last_success_at is not None:
            changes = connections.Changes(credentials=values)
            rules = connections.UpdateRules()
            await connections.update(self.world, visit.application_id, connection.id, changes, rules)
            return visit
        told = consents.told(connection)
        known = {} if told is None else {"cpf": told.person, connecting.MONTHS: str(told.months)}
        if told is not None and told.company is not None:
            known["cnpj"] = told.company
        institution = self.world.institutions[connection.institution]
        return await self.connect(replace(visit, connection_id=None), institution, values or known)

    def takes_window(self, visit: Visit) -> bool:
        """The way to the institution and back is one window's."""
        return True

    def leaving(self, call: Call, posed: Posed) -> str:
        """The way to the institution begins at the consent's own address."""
        return f"{call.base_url}{journey.REDIRECT}?state={quote(posed.id)}"

    def settings(self, visit: Visit | None) -> dict[str, Any]:
        """Nothing but how often a page that is open says so, in seconds."""
        return {"every": self.house.numbers.tokens.link // 3}

    def news(self, moment: Moment, scene: Scene) -> News:
        """Return the tracking event of a moment, and where the browser goes at the end."""
        if moment is Moment.LEFT:
            return [*self._exit(scene), *self._home(scene)]
        name = _BACKS.get(scene.place) if moment is Moment.WENT_BACK else _EVENTS.get(moment)
        consent = scene.institution is None or scene.institution.open_finance
        if name is None or (moment is Moment.STARTED and consent):
            return []
        payload = self._payload(scene)
        if moment is Moment.SEARCHED:
            payload = {"key": scene.query}
        elif moment is Moment.STARTED:
            payload["traceId"] = scene.visit.session_id
        elif moment in (Moment.SUCCEEDED, Moment.FAILED, Moment.NOT_POSSIBLE):
            payload["institutionType"] = OPEN_FINANCE if consent else OPEN_DATA
        elif name.startswith(("app", "institution_list", "landing", "page")):
            payload = {}
        return [{"eventName": name, "payload": payload}]

    async def pass_on(self, visit: Visit, news: News) -> None:
        """Tell the partner of the same tracking events by webhook; where the browser goes is the page's alone."""
        events = [one for one in news if "eventName" in one]
        if events:
            await telling.page_used(self.house, visit.application_id, self.link(visit), events)

    def _payload(self, scene: Scene) -> dict[str, Any]:
        if scene.institution is None:
            return {}
        face = self.house.directory.face(scene.institution.slug)
        return {"institutionCode": face.code, "institutionName": scene.institution.name}

    def _exit(self, scene: Scene) -> News:
        if scene.visit.done:
            return [{"eventName": "authorise_success_finish_click", "payload": self._payload(scene)}]
        return [{"eventName": _EXITS.get(scene.place, "data_confirmation_exit_click"), "payload": {}}]

    def _home(self, scene: Scene) -> News:
        """Lead the browser back to the partner, with what became of it."""
        link = self.link(scene.visit)
        if link.redirect_url is None:
            return []
        values = {"link_id": link.id, "external_info": msgspec.json.encode(link.external).decode()}
        if scene.connection is not None and consents.told(scene.connection) is not None:
            values["consent_id"] = scene.connection.id
        if not scene.visit.done:
            values |= {"error": "access_denied", "error_description": "The user did not authorise the access"}
        front, mark, fragment = link.redirect_url.partition("#")
        return [{"address": f"{front}{'&' if '?' in front else '?'}{urlencode(values)}{mark}{fragment}"}]
