"""What a dialect gives to the connect page, and what the page tells it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import urlencode

from msgspec.structs import replace

from afluente.connect.visit import Visit
from afluente.core.accounts import Account
from afluente.core.challenge import Posed
from afluente.core.clock import Instant
from afluente.core.connections import Connection, Stored, Trigger
from afluente.core.identity import derived_id
from afluente.core.institutions import Field, Institution
from afluente.core.lifecycle import RUNNING
from afluente.core.outcome import Refused
from afluente.core.products import Product
from afluente.engine.connecting import connections
from afluente.engine.files.uploads import Given
from afluente.engine.institutions import health
from afluente.engine.records import reads
from afluente.engine.world import World
from afluente.web.calls import Call


class Moment(StrEnum):
    """What happens on the page that whoever opened it may want to know."""

    OPENED = "opened"
    CONSENT_SHOWN = "consent-shown"
    CONSENTED = "consented"
    CONSENT_DENIED = "consent-denied"
    LIST_SHOWN = "list-shown"
    SEARCHED = "searched"
    WENT_BACK = "went-back"
    CHOSEN = "chosen"
    LOGIN_SHOWN = "login-shown"
    LOGIN_SHOWN_AGAIN = "login-shown-again"
    LOGIN_SENT = "login-sent"
    STARTED = "started"
    ASKED = "asked"
    ASKED_AGAIN = "asked-again"
    ANSWERED = "answered"
    ANSWER_TAKEN = "answer-taken"
    SENT_ELSEWHERE = "sent-elsewhere"
    LOGGED_IN = "logged-in"
    READ = "read"
    ACCOUNTS_SHOWN = "accounts-shown"
    ACCOUNTS_CHOSEN = "accounts-chosen"
    FILES_SHOWN = "files-shown"
    FILES_SENT = "files-sent"
    SUCCEEDED = "succeeded"
    ONE_MORE = "one-more"
    FAILED = "failed"
    NOT_POSSIBLE = "not-possible"
    LEFT = "left"


class Scene(NamedTuple):
    """Where something happens. `place` is the view that was shown, `meaning` what a failure means, `said` the
    institution's own sentence. `base` is where the dialect is reached; `accounts` are those that were
    chosen, `displayed` how many there were to choose from."""

    visit: Visit
    base: str
    place: str = ""
    connection: Connection | None = None
    institution: Institution | None = None
    meaning: str | None = None
    said: str | None = None
    accounts: tuple[str, ...] = ()
    displayed: int = 0
    query: str = ""


class Told(NamedTuple):
    """A failure in words for the end user."""

    title: str
    sentence: str


News = list[dict[str, Any]]
"""What the page around is told, in the dialect's own words; the dialect's script hands it over."""


def _is_users(connection: Connection) -> bool:
    """Whether what runs was begun by a user on a page."""
    return connection.state in RUNNING and connection.trigger is Trigger.USER


class Widget(ABC):
    """One dialect's side of the connect page.

    `lasts` is how long a page that nobody touches is good for; `folder` has the dialect's own scripts, of which
    `scripts` are loaded with every page and `framed_scripts` where the visit begins inside the page; `early` stands in
    the document of such a page and runs before any other arrives.
    `documents`: the paths of the page itself. `files`: scripts of the dialect by a path that clients know.
    """

    system: str
    lasts: Instant
    folder: Path
    documents: tuple[str, ...] = ("/",)
    scripts: tuple[str, ...] = ("host.js",)
    files: Mapping[str, str] = MappingProxyType({})
    framed_scripts: tuple[str, ...] = ()
    early: str = ""

    def __init__(self, world: World) -> None:
        self.world = world

    @abstractmethod
    async def begin(self, call: Call, asked: Mapping[str, str]) -> Visit | None:
        """Return a new visit for what the page was opened with; None where that arrives later, by script.

        Raises `Refused` for who may not open it.
        """

    @abstractmethod
    def offered(self, visit: Visit) -> Sequence[Institution]:
        """Return the institutions that a visit may choose from, in their order."""

    @abstractmethod
    async def connect(self, visit: Visit, institution: Institution, values: dict[str, str]) -> Visit:
        """Begin a new connection, under the id of the attempt. Raises `Refused`."""

    def attempt(self, visit: Visit) -> str:
        """Return the id of what a login makes that is sent now: the same if it is sent once more."""
        return derived_id(visit.application_id, "attempt", f"{visit.id}/{visit.rounds}")

    async def sent_before(self, visit: Visit, institution: Institution, values: Mapping[str, str]) -> Visit | None:
        """Return the visit of a login that has been sent already, and whose answer never arrived; None for a new one.

        Whoever sees nothing happen presses again: that must neither make a second connection nor be refused for the
        first one's sake.
        """
        known = await reads.known(self.world, visit.application_id, visit.connection_id or self.attempt(visit))
        if known is None or (visit.connection_id is not None and not _is_users(known)):
            return None
        return replace(visit, connection_id=known.id, session_id=known.session_id or None)

    @abstractmethod
    async def again(self, visit: Visit, connection: Connection, values: dict[str, str] | None) -> Visit:
        """Begin another login of what there is, with new values if any are given. Raises `Refused`."""

    @abstractmethod
    def news(self, moment: Moment, scene: Scene) -> News:
        """Return what the page around is told of a moment."""

    async def pass_on(self, visit: Visit, news: News) -> None:
        """Tell the application itself what the page around is told, where the dialect does that."""
        return None

    @abstractmethod
    def settings(self, visit: Visit | None) -> dict[str, Any]:
        """Return what the dialect's script needs to know."""

    def wanted(self, visit: Visit) -> tuple[Product, ...]:
        """Return what will be read, as the user is told before agreeing."""
        chosen = self.world.institutions.get(visit.institution or "")
        offered = [chosen] if chosen is not None else self.offered(visit)
        had = {product for institution in offered for product in institution.products}
        return tuple(product for product in Product if product in had)

    def refused(self, meaning: str) -> News:
        """Return what the page around is told where the page cannot be opened at all."""
        return []

    def reopens(self, visit: Visit) -> bool:
        """Whether the page's own address opens it once more, though the visit has run out."""
        return False

    def leaving(self, call: Call, posed: Posed) -> str:
        """Return where the institution's own page is, with what brings the browser back to the dialect."""
        url = posed.challenge.url or "/"
        address = f"{call.origin}{url}" if url.startswith("/") else url
        back = f"{call.scope.get('root_path', '')}{self.callback()}"
        return f"{address}{'&' if '?' in address else '?'}{urlencode({'state': posed.id, 'redirect_uri': back})}"

    def callback(self) -> str:
        """Return the path, inside the dialect, where an institution's own page sends the browser back to."""
        return ""

    def customer(self, visit: Visit) -> str:
        """Return what whoever opened the page calls itself; empty where the application's name will do."""
        return ""

    def name(self, institution: Institution, locale: str) -> str:
        """Return what an institution is called."""
        return institution.name

    def label(self, institution: Institution, field: Field, locale: str) -> str | None:
        """Return what a field of a login is called in a language; None where the page's own word will do."""
        return None

    def prefilled(self, visit: Visit, institution: Institution) -> dict[str, str]:
        """Return what is known of a login's fields already."""
        return {}

    def wants_consent(self, visit: Visit) -> bool:
        """Whether the page begins with what it is for."""
        return True

    def consent_title(self, visit: Visit) -> str:
        """Return what the opener adds to the consent's title."""
        return ""

    def benefit(self, visit: Visit) -> tuple[str, str]:
        """Return what the opener says its users gain, as a heading and a text; empty where it says nothing."""
        return "", ""

    def pictures(self, visit: Visit) -> tuple[str, str]:
        """Return where the opener's icon and logo lie, inside the dialect; empty where there are none."""
        return "", ""

    def purpose(self, visit: Visit) -> str:
        """Return what the opener says that the data is for."""
        return ""

    def loss(self, visit: Visit) -> str:
        """Return what the opener says that is missed by leaving before the end."""
        return ""

    def terms_version(self, visit: Visit) -> str:
        """Return which version of the opener's terms it is."""
        return ""

    def wants_terms(self, visit: Visit) -> bool:
        """Whether the user has to accept the opener's terms with a tick of their own."""
        return False

    def fields(self, visit: Visit, institution: Institution) -> Sequence[Field]:
        """Return what the form of an institution asks for: what its login does, and what the dialect wants beside."""
        return institution.fields

    def wants_login(self, visit: Visit, institution: Institution) -> bool:
        """Whether the user has anything to type in."""
        return bool(self.fields(visit, institution))

    def retries(self, visit: Visit) -> bool:
        """Whether the user may try once more after a login that has failed."""
        return True

    def takes_window(self, visit: Visit) -> bool:
        """Whether the institution's own page takes this one's place; else it opens in a window of its own."""
        return False

    def shape(self, visit: Visit) -> tuple[str, ...]:
        """Return how the page is laid out, in words that its sheet knows: `no-bar`, `no-mark`, `no-back`, `no-close`,
        `no-box`, `no-padding`, `no-accounts-title`, `wide`, `grows`, `still`, `dots`."""
        return ()

    def filters(self, visit: Visit) -> bool:
        """Whether the list of institutions can be narrowed to one country."""
        return False

    def confirms_leaving(self, visit: Visit) -> bool:
        """Whether who closes the page before its end is asked whether they mean it."""
        return False

    def surveys(self, visit: Visit) -> bool:
        """Whether who leaves before the end is asked why."""
        return False

    def connects_more(self, visit: Visit) -> bool:
        """Whether another institution can be connected from the result."""
        return False

    def takes_files(self, visit: Visit) -> bool:
        """Whether the user sends statement files, and logs in nowhere."""
        return False

    async def take(self, visit: Visit, files: Sequence[Given]) -> Visit:
        """Take the user's files for reading. Raises `Refused`."""
        raise Refused("request.not-found.route")

    def selects_accounts(self, visit: Visit) -> bool:
        """Whether the user chooses among the accounts at the end, and among how many."""
        return False

    def selects_several(self, visit: Visit) -> bool:
        """Whether the user may choose more than one account."""
        return False

    def selected(self, visit: Visit) -> tuple[str, ...]:
        """Return the accounts that were chosen before the page was opened."""
        return ()

    def selectable(self, visit: Visit, accounts: Sequence[Stored[Account]]) -> Sequence[Stored[Account]]:
        """Return those accounts that may be chosen."""
        return accounts

    def told(self, meaning: str, said: str | None, locale: str) -> Told | None:
        """Return the dialect's own words for a failure; None where the catalogue's will do."""
        return None

    def look(self, visit: Visit) -> str:
        """Return the theme a page is shown in: `light`, `dark`, or empty as the browser likes it."""
        return visit.theme if visit.theme in ("light", "dark") else ""

    async def found(self, visit: Visit) -> Connection:
        """Return what is being connected, as it is now. Raises `Refused`."""
        return await reads.connection(self.world, visit.application_id, visit.connection_id or "")

    def keeps_answers(self, visit: Visit, connection: Connection) -> bool:
        """Whether what the user answers to the open question is kept for logins to come."""
        return False

    async def answer(self, visit: Visit, connection: Connection, values: Sequence[str]) -> Visit:
        """Hand over the answers to what is asked, and return the visit then. Raises `Refused`."""
        await connections.answer_page(self.world, visit.application_id, connection.id, values)
        return visit

    async def goes_on(self, visit: Visit, connection: Connection) -> Visit | None:
        """Begin what follows a login that has succeeded, and return the visit then; None where nothing follows."""
        return None

    def stands(self, visit: Visit, connection: Connection) -> bool:
        """Whether a connection is made though not everything that was to be read with it could be."""
        return False

    async def failed(self, visit: Visit, connection: Connection) -> Visit:
        """Return the visit after a login that has failed for good."""
        return visit

    async def retried(self, visit: Visit, connection: Connection) -> Visit:
        """Begin anew after a wrong answer. Raises `Refused`."""
        return await self.again(visit, connection, None)

    async def health(self, visit: Visit) -> dict[str, health.Status]:
        """Return how each institution is doing, by slug."""
        return await health.statuses(self.world, visit.application_id)
