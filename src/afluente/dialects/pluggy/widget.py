"""The connect page in Pluggy's manner: opened with a connect token, as its loader's child or as a page with a query.

What the page around is told follows contract 7.4 and 7.5: events with the item, `onSuccess`, `onError`, and the same as
parameters of the page's own address.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from afluente.connect.visit import Visit
from afluente.connect.widget import Moment, News, Scene, Widget
from afluente.core.clock import SECOND
from afluente.core.connections import Connection, Trigger
from afluente.core.institutions import Institution
from afluente.core.lifecycle import RUNNING
from afluente.core.outcome import Refused
from afluente.core.products import Product
from afluente.dialects.pluggy import connectors, forms, render
from afluente.dialects.pluggy.house import Grant, House
from afluente.dialects.pluggy.render.challenges import BACK
from afluente.engine.connecting import connections
from afluente.engine.records import reads
from afluente.web.calls import Call
from afluente.web.languages import language

SYSTEM = "pluggy"

_NAMES = {
    "connectToken": "connect_token",
    "updateItem": "update_item",
    "connectorIds": "connector_ids",
    "connectorTypes": "connector_types",
    "selectedConnectorId": "selected_connector_id",
    "includeSandbox": "with_sandbox",
    "language": "lang",
    "openFinanceParameters": "open_finance_parameters",
    "allowConnectInBackground": "allow_connect_in_background",
    "connectorSortAlphabetically": "connectors_sort_alphabetically",
}
"""The loader's properties by their names in the query."""

_KEPT = (
    "connector_ids",
    "connector_types",
    "countries",
    "with_sandbox",
    "open_finance_parameters",
    "products",
    "connectors_sort_alphabetically",
    "allow_connect_in_background",
)

_EVENTS = {
    Moment.CONSENTED: "SUBMITTED_CONSENT",
    Moment.CHOSEN: "SELECTED_INSTITUTION",
    Moment.LOGIN_SENT: "SUBMITTED_LOGIN",
    Moment.ANSWERED: "SUBMITTED_MFA",
    Moment.ANSWER_TAKEN: "LOGIN_MFA_SUCCESS",
    Moment.STARTED: "LOGIN_SUCCESS",
    Moment.LOGGED_IN: "LOGIN_STEP_COMPLETED",
    Moment.READ: "ITEM_RESPONSE",
}
_PAGE_EVENTS = {Moment.OPENED: "OPEN", Moment.SUCCEEDED: "SUCCESS", Moment.FAILED: "ERROR", Moment.LEFT: "CLOSE"}
"""Events that only the page's address tells."""

_NONE_CHOSEN = {"connector_id": None, "connector_name": None, "connector_image_url": None}
_NOT_SYNCED = "Item was not sync successfully"


class PluggyWidget(Widget):
    """The page as Pluggy's clients open it."""

    system = SYSTEM
    folder = Path(__file__).parent
    framed_scripts = ("zoid.min.js",)
    early = "early.js"
    scripts = ("host.js",)

    def __init__(self, house: House) -> None:
        super().__init__(house.world)
        self.house = house
        self.lasts = house.numbers.tokens.connect_token * SECOND

    async def begin(self, call: Call, asked: Mapping[str, str]) -> Visit | None:
        """Open with the token in the query (`connect_token`, or `connectToken`) or handed over by the loader."""
        given = {_NAMES.get(name, name): value for name, value in asked.items()}
        token = given.get("connect_token")
        if not token:
            return None
        application_id, grant = self.house.opened(token, call)
        update = given.get("update_item") or grant.item_id
        options = {name: given[name] for name in _KEPT if given.get(name)}
        options["grant"] = msgspec.json.encode(grant).decode()
        visit = Visit(
            id=self.world.ids.new(),
            application_id=application_id,
            expires_at=0,
            locale=self._locale(call, given.get("lang")),
            theme=given.get("theme", ""),
            options=options,
        )
        if update:
            return await self._updating(visit, grant, update)
        chosen = given.get("selected_connector_id", "")
        if chosen.isascii() and chosen.isdigit() and len(chosen) < 10:
            slug = connectors.slug_of(int(chosen))
            return msgspec.structs.replace(visit, institution=slug)
        return visit

    def _locale(self, call: Call, wanted: str | None) -> str:
        try:
            return language(call, self.world.catalogue, wanted)
        except LookupError:
            return language(call, self.world.catalogue, None)

    async def _updating(self, visit: Visit, grant: Grant, id: str) -> Visit:
        if not forms.is_uuid(id):
            raise Refused("request.invalid.not-a-uuid", data={"field": "updateItem"})
        found = await reads.connection(self.world, visit.application_id, id.lower())
        if grant.item_id is not None and grant.item_id != found.id:
            raise Refused("request.forbidden.scope")
        return msgspec.structs.replace(visit, connection_id=found.id, institution=found.institution, updating=True)

    def grant(self, visit: Visit) -> Grant:
        """Return what the token allows."""
        return msgspec.json.decode(visit.option("grant"), type=Grant)

    def offered(self, visit: Visit) -> Sequence[Institution]:
        """Return the connectors that the opener's filters leave."""
        ids, types, countries = visit.words("connector_ids"), visit.words("connector_types"), visit.words("countries")
        sandbox = visit.flag("with_sandbox")
        found = []
        for institution in self.house.listed():
            wire = connectors.connector(institution)
            named = str(wire["id"]) in ids
            if ids and not named:
                continue
            # one that is chosen by its number is meant, sandbox or not
            if institution.sandbox and not sandbox and not named and institution.slug != visit.institution:
                continue
            if (types and wire["type"] not in types) or (countries and wire["country"] not in countries):
                continue
            found.append(institution)
        if visit.flag("connectors_sort_alphabetically"):
            found.sort(key=lambda one: self.name(one, visit.locale).casefold())
        return found

    def name(self, institution: Institution, locale: str) -> str:
        """Return the connector's name."""
        return str(connectors.connector(institution)["name"])

    def wants_consent(self, visit: Visit) -> bool:
        """An update starts at the form."""
        return not visit.updating

    def wanted(self, visit: Visit) -> tuple[Product, ...]:
        """Return the products that will be collected."""
        asked = self._products(visit)
        return tuple(asked) if asked else super().wanted(visit)

    def _products(self, visit: Visit) -> tuple[Product, ...] | None:
        listed = [word for word in visit.words("products") if word in render.BY_TYPE]
        return tuple(render.BY_TYPE[word] for word in listed) or self.grant(visit).products

    def prefilled(self, visit: Visit, institution: Institution) -> dict[str, str]:
        """Return the documents that the opener knows."""
        try:
            known = msgspec.json.decode(visit.option("open_finance_parameters") or "{}")
        except msgspec.DecodeError:
            return {}
        asked = {field.name for field in institution.fields}
        given = known if isinstance(known, dict) else {}
        return {name: str(given[name]) for name in ("cpf", "cnpj") if given.get(name) and name in asked}

    async def connect(self, visit: Visit, institution: Institution, values: dict[str, str]) -> Visit:
        """Make an item."""
        grant = self.grant(visit)
        wanted = connections.Wanted(
            id=self.attempt(visit),
            institution=institution.slug,
            credentials=values,
            products=self._products(visit) or tuple(Product),
            trigger=Trigger.USER,
            external_user_id=grant.client_user_id,
            webhook_url=grant.webhook_url,
            redirect_url=grant.redirect_url,
            opened_by=grant.id or None,
            avoid_duplicates=grant.avoid_duplicates,
        )
        made = await connections.create(self.world, visit.application_id, wanted)
        return msgspec.structs.replace(visit, connection_id=made.id)

    async def again(self, visit: Visit, connection: Connection, values: dict[str, str] | None) -> Visit:
        """Update the item."""
        changes = connections.Changes(credentials=values, products=self._products(visit), trigger=Trigger.USER)
        await connections.update(self.world, visit.application_id, connection.id, changes, self.house.rules)
        return visit

    def callback(self) -> str:
        """Where consents come back to."""
        return BACK

    def settings(self, visit: Visit | None) -> dict[str, Any]:
        """Return how often a page that is open says so, in seconds."""
        return {"every": self.house.numbers.tokens.connect_token // 3}

    def news(self, moment: Moment, scene: Scene) -> News:
        """Return the event of a moment, as a call of `onEvent` and as parameters of the address."""
        item = self._item(scene)
        query = self._query(scene)
        event = _EVENTS.get(moment)
        if event is not None:
            payload: dict[str, Any] = {}
            if moment is Moment.CHOSEN and scene.institution is not None:
                payload = {"connector": self.house.connector(scene.institution)}
            elif item is not None:
                payload = {"item": item}
            return [{"event": event, "payload": payload, "query": query}]
        told: dict[str, Any] = {"event": _PAGE_EVENTS.get(moment), "query": query}
        match moment:
            case Moment.SUCCEEDED if item is not None:
                return [told | {"success": {"item": item}}]
            case Moment.FAILED | Moment.NOT_POSSIBLE:
                error: dict[str, Any] = {"message": self._message(moment, scene)}
                if item is not None:
                    error["data"] = {"item": item}
                return [{"event": "ERROR", "query": query | {"error": error["message"]}, "error": error}]
            case Moment.WENT_BACK if scene.place == "login":
                # the connector is chosen no more
                return [{"event": "SELECTED_INSTITUTION", "payload": {"connector": None}, "query": _NONE_CHOSEN}]
            case Moment.LEFT:
                running = scene.connection is not None and scene.connection.state in RUNNING
                if running and scene.visit.flag("allow_connect_in_background"):
                    told["event"] = "IN_BACKGROUND"
                return [told | {"close": True, "running": running}]
            case Moment.OPENED:
                return [told]
        return []

    def _message(self, moment: Moment, scene: Scene) -> str:
        if moment is Moment.FAILED:
            return _NOT_SYNCED
        word = self.world.catalogue.word(SYSTEM, "rejection", scene.meaning or "unexpected")
        return word.code or word.message

    def refused(self, meaning: str) -> News:
        """Return the error of a page that cannot be opened."""
        word = self.world.catalogue.word(SYSTEM, "rejection", meaning)
        message = word.code or word.message
        return [{"event": "ERROR", "query": {"error": message}, "error": {"message": message}}]

    def _item(self, scene: Scene) -> dict[str, Any] | None:
        if scene.connection is None:
            return None
        connector = self.house.connector(self.world.institutions[scene.connection.institution])
        origin = scene.base.removesuffix(f"/{SYSTEM}")
        return render.item(scene.connection, connector, self.house.words, origin)

    def _query(self, scene: Scene) -> dict[str, Any]:
        query: dict[str, Any] = {}
        if scene.institution is not None:
            wire = connectors.connector(scene.institution)
            query = {
                "connector_id": wire["id"],
                "connector_name": wire["name"],
                "connector_image_url": wire["imageUrl"],
            }
        if scene.connection is not None:
            status, execution = render.status_of(scene.connection, self.house.words)
            query |= {"item_id": scene.connection.id, "item_status": status, "execution_status": execution}
        return query
