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
from afluente.core.institutions import Institution
from afluente.core.outcome import Refused
from afluente.dialects.klavi import consents, telling
from afluente.dialects.klavi.consents import Told
from afluente.dialects.klavi.forms import cnpj_of, cpf_of, is_address
from afluente.dialects.klavi.house import SYSTEM, House, Link
from afluente.dialects.klavi.routes import journey
from afluente.dialects.klavi.routes.consents import ask
from afluente.engine.access import applications
from afluente.engine.connecting import connections
from afluente.engine.records import reads
from afluente.web.calls import Call
from afluente.web.languages import language

PATH = "/path"
BASIC = "/data/v1/basic-links/{app}"
_USUAL = "pt-BR"

_EVENTS = {
    Moment.CONSENT_SHOWN: "page_view",
    Moment.CONSENTED: "landing_continue_click",
    Moment.CONSENT_DENIED: "landing_exit_click",
    Moment.LIST_SHOWN: "page_view",
    Moment.SEARCHED: "institution_list_search",
    Moment.CHOSEN: "institution_click",
    Moment.LOGIN_SHOWN: "page_view",
    Moment.LOGIN_SENT: "data_confirmation_continue_click",
    Moment.SUCCEEDED: "authorise_success",
    Moment.FAILED: "authorise_fail",
    Moment.NOT_POSSIBLE: "authorise_fail",
}
_EXITS = {"consent": "landing_exit_click", "institutions": "institution_list_exit_click"}


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
        else:
            application_id, link = await self._basic(str(partner), asked)
            token = self._token(application_id, link)
        visit = Visit(
            id=self.world.ids.new(),
            application_id=application_id,
            expires_at=0,
            locale=self._locale(call, asked.get("lang")),
            options={"link": msgspec.json.encode(link).decode(), "token": token, "base": call.base_url},
        )
        if asked.get("consent_id"):
            return await self._back(visit, link, asked["consent_id"])
        if link.institution is not None:
            chosen = self._consenting(visit, link.institution)
            return replace(visit, institution=chosen.slug) if chosen is not None else visit
        return visit

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
        external = asked.get("external_info", "")
        try:
            told = msgspec.json.decode(external) if external else {}
        except msgspec.DecodeError:
            told = {"external_info": external}
        link = Link(
            id=self.world.ids.new(),
            person=cpf_of(asked.get("personal_tax_id")),
            company=cnpj_of(asked.get("business_tax_id")),
            email=asked.get("email") or None,
            phone=asked.get("phone") or None,
            institution=asked.get("institution_code") or None,
            redirect_url=home if home and is_address(home) else None,
            external=told if isinstance(told, dict) else {"external_info": told},
        )
        await telling.link_created(self.house, found.id, link)
        return found.id, link

    def _token(self, application_id: str, link: Link) -> str:
        sealed = self.world.vault.seal(msgspec.json.encode(link), f"link:{application_id}").hex()
        now = self.world.now(application_id)
        return self.house.tokens.issue(application_id, "klavi-link", now, self.lasts, sealed)

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
        """Return the institutions that give a consent to such a person, or to such a company."""
        company = self.link(visit).company is not None
        found = []
        for face in self.house.directory.listed():
            institution = self.house.directory.consenting(face.code, company=company)
            if institution is not None and institution not in found:
                found.append(institution)
        return found

    def _consenting(self, visit: Visit, code: str) -> Institution | None:
        return self.house.directory.consenting(code, company=self.link(visit).company is not None)

    def prefilled(self, visit: Visit, institution: Institution) -> dict[str, str]:
        """Return the documents that the link was made for."""
        link = self.link(visit)
        known = {"cpf": link.person, "cnpj": link.company}
        asked = {field.name for field in institution.fields}
        return {name: value for name, value in known.items() if value is not None and name in asked}

    async def connect(self, visit: Visit, institution: Institution, values: dict[str, str]) -> Visit:
        """Ask for a consent."""
        link = self.link(visit)
        home = link.redirect_url or f"{visit.option('base')}{PATH}?{urlencode({'v': visit.option('token')})}"
        told = Told(
            link=link.id,
            track=visit.id if visit.rounds < 2 else f"{visit.id}-{visit.rounds}",
            person=cpf_of(values.get("cpf", "")) or values.get("cpf", ""),
            company=cnpj_of(values["cnpj"]) if values.get("cnpj") else link.company,
            institution=self.house.directory.face(institution.slug).code,
            redirect_url=home,
            months=self.house.numbers.consents.months,
            phone=link.phone,
            email=link.email,
            external=link.external,
            callbacks=link.callbacks,
            app_link=link.app_link,
            app_parameter=link.app_parameter,
        )
        made, _ = await ask(self.house, visit.application_id, told)
        return replace(visit, connection_id=made.id)

    async def again(self, visit: Visit, connection: Connection, values: dict[str, str] | None) -> Visit:
        """Ask for another consent: one that was not given is not asked for again."""
        if connection.last_success_at is not None:
            changes = connections.Changes(credentials=values)
            rules = connections.UpdateRules()
            await connections.update(self.world, visit.application_id, connection.id, changes, rules)
            return visit
        told = consents.told(connection)
        known = {"cpf": told.person, **({"cnpj": told.company} if told.company else {})} if told is not None else {}
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
        name = _EVENTS.get(moment)
        if name is None:
            return []
        payload = self._payload(scene)
        if moment is Moment.SEARCHED:
            payload = {"key": scene.query}
        elif moment in (Moment.SUCCEEDED, Moment.FAILED, Moment.NOT_POSSIBLE):
            payload["institutionType"] = 1
        elif name.startswith(("landing", "page")):
            payload = {}
        return [{"eventName": name, "payload": payload}]

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
        if scene.connection is not None:
            values["consent_id"] = scene.connection.id
        if not scene.visit.done:
            values |= {"error": "access_denied", "error_description": "The user did not authorise the access"}
        front, mark, fragment = link.redirect_url.partition("#")
        return [{"address": f"{front}{'&' if '?' in front else '?'}{urlencode(values)}{mark}{fragment}"}]
