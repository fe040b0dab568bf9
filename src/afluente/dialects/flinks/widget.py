"""The connect page in Flinks' manner: a frame with parameters, a message for each step, a redirect (contract 8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from afluente.connect.visit import Visit
from afluente.connect.widget import Moment, News, Scene, Widget
from afluente.core.accounts import Account, AccountKind
from afluente.core.clock import MINUTE
from afluente.core.connections import Connection, Stored, Trigger
from afluente.core.institutions import Field, Institution, Kind
from afluente.core.lifecycle import RUNNING
from afluente.core.outcome import Refused
from afluente.core.products import Product
from afluente.dialects.flinks import cards, messages, nightly, parameters, render, security_questions, wishes
from afluente.dialects.flinks.forms import guid_of
from afluente.dialects.flinks.house import SYSTEM, House
from afluente.dialects.flinks.render.accounts import ratios
from afluente.dialects.flinks.routes import landing
from afluente.engine.access import admissions, applications
from afluente.engine.connecting import sessions
from afluente.engine.connecting.sessions import Opening
from afluente.engine.files import uploads
from afluente.engine.files.uploads import Given
from afluente.engine.records import reads
from afluente.web.addresses import is_place
from afluente.web.calls import Call

_UPLOAD = "upload"
_ADMITTED = "admitted"
"""What a visit keeps beside the query: that files are sent in it; that a token has opened it."""

_ATTEMPT = "attempt"
"""The note of a session that says which form has opened it."""

_DEMONSTRATION = "flinks-"
OUTBOUND = "flinks-capital-outbound"
"""The demonstration's banks; the one on whose own page the user logs in."""

_USUAL_CURRENCY = "CAD"
_BANKING = (AccountKind.CHECKING, AccountKind.SAVINGS)


class FlinksWidget(Widget):
    """The page as Flinks' clients open it."""

    system = SYSTEM
    folder = Path(__file__).parent
    lasts = 30 * MINUTE
    documents = ("/", "/v2", "/v2/Credential/{named}", "/Credential/{named}", "/v2/Upload", "/Upload")

    def __init__(self, house: House) -> None:
        super().__init__(house.world)
        self.house = house

    async def begin(self, call: Call, asked: Mapping[str, str]) -> Visit | None:
        """Open with the query's parameters. An `authorizeToken` says whose it is, and is used up; without one the page
        is the sandbox application's, or of the `customerId` that is named.

        Raises `request.unauthenticated.token`.
        """
        application_id = await self._admitted(asked)
        options = parameters.kept(asked)
        if call.path.lower().endswith("/upload"):
            options[_UPLOAD] = "true"
        if asked.get("authorizeToken"):
            options[_ADMITTED] = "true"
        if not is_place(options.get("redirectUrl", "https://")):
            del options["redirectUrl"]
        terms = asked.get("termsUrl", "")
        if terms.startswith(("https://", "http://")) and is_place(terms):
            options["terms"] = terms
        visit = Visit(
            id=self.world.ids.new(),
            application_id=application_id,
            expires_at=0,
            locale=self.world.catalogue.locale("fr" if asked.get("language", "").lower().startswith("fr") else "en"),
            theme="" if asked.get("theme") == "system" else asked.get("theme", "light"),
            options=options,
        )
        return await self._resumed(visit, call, asked)

    async def _admitted(self, asked: Mapping[str, str]) -> str:
        token = asked.get("authorizeToken", "")
        customer = guid_of(asked.get("customerId", ""))
        if customer is None or customer == self.house.numbers.sandbox.customer:
            customer = self.house.sandbox
        if token:
            application_id = await admissions.whose(self.world, token)
            if application_id is None:
                raise Refused("request.unauthenticated.token")
            await admissions.redeem(self.world, application_id, token)
            return application_id
        found = await applications.find(self.world, customer)
        if found is None or found.policy.admission != "open":
            raise Refused("request.unauthenticated.token")
        return found.id

    def reopens(self, visit: Visit) -> bool:
        """Unless an `authorizeToken` was used up by opening it."""
        return not visit.flag(_ADMITTED)

    async def _resumed(self, visit: Visit, call: Call, asked: Mapping[str, str]) -> Visit:
        request, login = guid_of(asked.get("requestId", "")), guid_of(asked.get("loginId", ""))
        if request is not None:
            session = await sessions.session_of(self.world, visit.application_id, request)
            known = await reads.known(self.world, visit.application_id, session.connection_id or "")
            if known is not None:
                visit = replace(visit, session_id=session.id, connection_id=known.id, institution=known.institution)
                await wishes.keep(self.house, visit)
                return visit
        if login is not None:
            card = await cards.owned(self.house, visit.application_id, login)
            return replace(visit, connection_id=card.id, institution=card.institution, updating=True)
        named = call.scope.get("path_params", {}).get("named", "")
        chosen = self.house.directory.named(str(named)) if named else None
        return replace(visit, institution=chosen.slug) if chosen is not None else visit

    def offered(self, visit: Visit) -> Sequence[Institution]:
        """Return the listed institutions; the demonstration's own only where it is asked for."""
        demo, outbound = visit.flag("demo"), visit.flag("demoOutbound")
        kind = visit.option("productType").lower()
        found = []
        for one in self.house.directory.listed():
            invests = one.kind is Kind.INVESTMENT
            fits = (kind != "investment" or Product.INVESTMENTS in one.products) and (kind != "banking" or not invests)
            shown = one.slug == OUTBOUND if outbound else one.slug != OUTBOUND
            named = (demo or outbound) == one.slug.startswith(_DEMONSTRATION)
            if (fits and shown and named) or one.slug == visit.institution:
                found.append(one)
        return found

    def customer(self, visit: Visit) -> str:
        """Return the `customerName`."""
        return visit.option("customerName")[:80]

    def name(self, institution: Institution, locale: str) -> str:
        """Return the title, in French where that is wanted."""
        face = self.house.directory.face(institution.slug)
        return face.french if locale.startswith("fr") else face.title

    def wants_consent(self, visit: Visit) -> bool:
        """Unless `consentEnable` says otherwise."""
        return visit.flag("consentEnable", default=True) and not visit.updating

    def consent_title(self, visit: Visit) -> str:
        """Return the `consentTitleAppendedText`."""
        return visit.option("consentTitleAppendedText")[:160]

    def wants_terms(self, visit: Visit) -> bool:
        """Where there are terms, unless `termsNoCheckbox` says otherwise."""
        return bool(visit.option("terms")) and not visit.flag("termsNoCheckbox")

    def shape(self, visit: Visit) -> tuple[str, ...]:
        """Return what the parameters of the look say."""
        return parameters.shape(visit)

    def filters(self, visit: Visit) -> bool:
        """Where `institutionFilterEnable` says so."""
        return visit.flag("institutionFilterEnable")

    def takes_window(self, visit: Visit) -> bool:
        """Where `oauthWindowRedirect` says so."""
        return visit.flag("oauthWindowRedirect")

    def retries(self, visit: Visit) -> bool:
        """As often as `maximumRetry` says after the first login; without it as often as one likes."""
        most = visit.option("maximumRetry")
        return not (most.isascii() and most.isdigit()) or visit.rounds <= int(most[:4])

    def takes_files(self, visit: Visit) -> bool:
        """On the address that is for that."""
        return visit.flag(_UPLOAD)

    async def take(self, visit: Visit, files: Sequence[Given]) -> Visit:
        """Make a card of statement files."""
        tag = visit.option("tag")[:255] or None
        session = await uploads.begin(self.world, visit.application_id, files, system=SYSTEM, tag=tag)
        return replace(
            visit, session_id=session.id, connection_id=session.connection_id, institution=session.institution
        )

    def wanted(self, visit: Visit) -> tuple[Product, ...]:
        """Return what clients read of a card: what the `features` name, where they name any that are known."""
        if self.takes_files(visit):
            return (Product.ACCOUNTS, Product.TRANSACTIONS)
        named = parameters.features(visit)
        if named:
            return named
        wanted = [Product.ACCOUNTS, Product.HOLDER]
        if visit.flag("withTransactions", default=True):
            wanted.append(Product.TRANSACTIONS)
        if visit.flag("detailsAndStatementEnable"):
            wanted.append(Product.STATEMENTS)
        return tuple(product for product in Product if product in wanted)

    def fields(self, visit: Visit, institution: Institution) -> Sequence[Field]:
        """Return nothing for a bank on whose own page the user logs in."""
        return () if institution.slug == OUTBOUND else institution.fields

    def callback(self) -> str:
        """Where the bank's own page sends the browser back to."""
        return landing.BACK

    def selects_accounts(self, visit: Visit) -> bool:
        """Where `accountSelectorEnable` says so."""
        return visit.flag("accountSelectorEnable")

    def selects_several(self, visit: Visit) -> bool:
        """Where `accountSelectorMultiple` says so."""
        return visit.flag("accountSelectorMultiple")

    def selectable(self, visit: Visit, accounts: Sequence[Stored[Account]]) -> Sequence[Stored[Account]]:
        """Return those that money can be moved over (`eftEligibleRatio`) in the currency that is asked for: Canadian
        dollars without one, where there is any such account. `showAllOperationsAccounts` takes every account for
        payments, `showAllAccounts` all."""
        if visit.flag("showAllAccounts"):
            return accounts
        banking = [stored for stored in accounts if stored.record.kind in _BANKING]
        if visit.flag("showAllOperationsAccounts"):
            return banking
        least = parameters.ratio(visit.option("eftEligibleRatio"))
        usable = [stored for stored in banking if ratios(stored.record)[0] >= least]
        named = visit.option("accountSelectorCurrency").upper()
        found = [stored for stored in usable if stored.record.currency == (named or _USUAL_CURRENCY)]
        return found if found or named else usable

    def selected(self, visit: Visit) -> tuple[str, ...]:
        """Return the `resumeSelectedAccounts`."""
        return visit.words("resumeSelectedAccounts")

    async def connect(self, visit: Visit, institution: Institution, values: dict[str, str]) -> Visit:
        """Open a session with a login."""
        language = _language(visit)
        typed = values if language == "en" else {**values, "language": language}
        return await self._open(
            visit,
            Opening(
                system=SYSTEM,
                connection_id=self._card(visit, institution, values),
                institution=institution.slug,
                credentials=typed,
                tag=visit.option("tag") or None,
                trigger=Trigger.USER,
                connection_notes={cards.MADE_HERE: language},
                scheduled=visit.flag("scheduleRefresh"),
                rhythm=nightly.rhythm(self.house),
            ),
        )

    async def sent_before(self, visit: Visit, institution: Institution, values: Mapping[str, str]) -> Visit | None:
        """A session that this very form has opened goes on; which card it is about, the user's name says."""
        id = visit.connection_id or self._card(visit, institution, values)
        known = await reads.known(self.world, visit.application_id, id)
        if known is None or not known.session_id or known.state not in RUNNING:
            return None
        session = await sessions.session_of(self.world, visit.application_id, known.session_id)
        if session.notes.get(_ATTEMPT) != self.attempt(visit):
            return None
        return replace(visit, connection_id=known.id, session_id=session.id)

    def _card(self, visit: Visit, institution: Institution, values: Mapping[str, str]) -> str:
        first = institution.fields[0].name if institution.fields else ""
        # who logs in elsewhere is known to nobody here yet, so each time is a card of its own
        name = values.get(first) or visit.id
        return cards.card_id(visit.application_id, institution.slug, name, _language(visit))

    async def again(self, visit: Visit, connection: Connection, values: dict[str, str] | None) -> Visit:
        """Open another session: of another user where another name was typed."""
        institution = self.world.institutions[connection.institution]
        if values and not visit.updating:
            return await self.connect(visit, institution, values)
        opening = Opening(
            system=SYSTEM, connection_id=connection.id, credentials=values, tag=visit.option("tag") or None
        )
        return await self._open(visit, opening)

    async def _open(self, visit: Visit, opening: Opening) -> Visit:
        marked = replace(opening, notes={_ATTEMPT: self.attempt(visit)})
        session = await sessions.opened(self.world, visit.application_id, marked)
        visit = replace(visit, session_id=session.id, connection_id=opening.connection_id)
        await wishes.keep(self.house, visit)
        return visit

    def keeps_answers(self, visit: Visit, connection: Connection) -> bool:
        """Where `enhancedMFA` says so and `skipEnhancedMFA` does not, for plain questions at banks that let answers
        lie."""
        wanted = visit.flag("enhancedMFA") and not visit.flag("skipEnhancedMFA")
        return wanted and bool(security_questions.plain(self.house, connection))

    async def answer(self, visit: Visit, connection: Connection, values: Sequence[str]) -> Visit:
        """Hand over the answers in the session; those that can be kept are, until they turn out to be wrong."""
        if self.keeps_answers(visit, connection):
            visit = await self._leave(visit, connection, values)
        await sessions.answer(self.world, visit.application_id, visit.session_id or "", values)
        return visit

    async def _leave(self, visit: Visit, connection: Connection, values: Sequence[str]) -> Visit:
        posed = connection.posed
        assert posed is not None  # whoever calls has looked
        plain = security_questions.plain(self.house, connection)
        asked = (posed.challenge, *posed.challenge.beside)
        given = {render.prompt_of(one): value for one, value in zip(asked, values, strict=True) if one in plain}
        await security_questions.gather(self.house, connection, plain)
        await security_questions.leave(self.house, connection, given)
        return replace(
            visit, options={**visit.options, security_questions.LEFT: msgspec.json.encode(list(given)).decode()}
        )

    async def failed(self, visit: Visit, connection: Connection) -> Visit:
        """What was wrong is not kept."""
        left = msgspec.json.decode(visit.option(security_questions.LEFT) or "[]", type=list[str])
        if left and self.world.meaning(connection.outcome or "").action == "answer-mfa":
            await security_questions.forget(self.house, connection, left)
            return replace(visit, options={**visit.options, security_questions.LEFT: ""})
        return visit

    async def retried(self, visit: Visit, connection: Connection) -> Visit:
        """Ask again in the same session; in a new one where that cannot be gone on with."""
        posed = await sessions.ask_again(self.world, visit.application_id, visit.session_id or "")
        return visit if posed is not None else await self.again(visit, connection, None)

    async def goes_on(self, visit: Visit, connection: Connection) -> Visit | None:
        """Read the accounts that the user chooses from, or that the opener waits for (`waitSummary`)."""
        wanted_now = self.selects_accounts(visit) or visit.flag("waitSummary")
        if not wanted_now or "collecting" in visit.told:
            return None
        wanted = (Product.ACCOUNTS, Product.CARDS)
        await sessions.collect(self.world, visit.application_id, visit.session_id or "", wanted)
        return visit.saw("collecting")

    def settings(self, visit: Visit | None) -> dict[str, Any]:
        """Return how messages are posted and where the browser goes at the end."""
        if visit is None:
            return {}
        flags = ("stringify", "innerRedirect", "jsRedirect", "webview")
        return {name: visit.flag(name) for name in flags} | {"redirects": bool(visit.option("redirectUrl"))}

    def news(self, moment: Moment, scene: Scene) -> News:
        """Return the messages of a moment."""
        return messages.told(self.house, moment, scene)

    def refused(self, meaning: str) -> News:
        """Return the message of a page that cannot be opened."""
        return messages.refused(self.house, meaning)


def _language(visit: Visit) -> str:
    return "fr" if visit.locale.startswith("fr") else "en"
