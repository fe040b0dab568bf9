"""One request, as handlers see it, and the endpoint that calls them."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, Protocol
from urllib.parse import parse_qsl, quote

from starlette.types import Receive, Scope, Send

from afluente.catalogue import UNEXPECTED, ancestry
from afluente.core.clock import Instant
from afluente.core.connections import Connection
from afluente.core.outcome import Refused
from afluente.engine.sandbox.faults import strike
from afluente.engine.world import Unreachable, World, waited_for
from afluente.web import bodies
from afluente.web.answers import Answer

log = logging.getLogger("afluente.http")

AWAY = "server.unavailable"
"""What a call meets where the database could not serve it just now; the same may go well later."""

LARGEST_BODY = 1024 * 1024
"""Bytes of a JSON or form body; uploads have a bound of their own."""

_HOST = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]{1,255})(?::[0-9]{1,5})?")

_ALLOW = (
    (b"access-control-allow-methods", b"GET, POST, PATCH, PUT, DELETE"),
    (b"access-control-max-age", b"86400"),
    (b"vary", b"access-control-request-headers"),
)
_NAMES = re.compile(r"[a-z0-9!#$%&'*+.^_`|~-]+(?:, *[a-z0-9!#$%&'*+.^_`|~-]+)*", re.IGNORECASE)
_LONGEST_NAMES = 1_000
_USUAL_NAMES = "content-type, authorization"


class Call:
    """One request: what was asked, by whom (after `admit`), and the world to answer from.

    `came_at` is when it came, by the machine's clock.

    `connection` is the one that it is about, where that was read together with the keys.

    What its line in the log of calls is to say is told by whoever finds it out: `named` is the application whose key
    came along and did not open, `connection_id` and `session_id` say what the call is about, `meaning` what it came
    to where the status does not tell, `id` by what name the client knows it, `refused` meaning and name of an error,
    `fields` the names of what was wrong with it, `said` what the institution said to it.
    """

    __slots__ = (
        "_headers",
        "_query",
        "application_id",
        "came_at",
        "connection",
        "connection_id",
        "details",
        "fields",
        "grant",
        "id",
        "meaning",
        "named",
        "receive",
        "refused",
        "said",
        "scope",
        "session_id",
        "world",
    )

    def __init__(self, world: World, scope: Scope, receive: Receive) -> None:
        self.world = world
        self.scope = scope
        self.receive = receive
        self.came_at: Instant = 0
        self.application_id = ""
        self.named = ""
        self.grant: Any = None
        self.connection: Connection | None = None
        self.connection_id: str | None = None
        self.session_id: str | None = None
        self.meaning: str | None = None
        self.details: dict[str, str] | None = None
        self.fields: tuple[str, ...] = ()
        self.id: str | None = None
        self.refused: tuple[str, str] | None = None
        self.said: str | None = None
        self._headers: dict[bytes, bytes] | None = None
        self._query: list[tuple[str, str]] | None = None

    @property
    def method(self) -> str:
        """The verb, in capitals."""
        return str(self.scope["method"])

    @property
    def path(self) -> str:
        """The path inside the dialect."""
        return str(self.scope["path"])

    def param(self, name: str) -> str:
        """A variable of the path."""
        return str(self.scope["path_params"][name])

    def header(self, name: bytes) -> str:
        """A header by its lower-case name; empty where it was not sent."""
        if self._headers is None:
            self._headers = dict(self.scope["headers"])
        return self._headers.get(name, b"").decode("latin-1")

    @property
    def query(self) -> list[tuple[str, str]]:
        """The query's pairs, in order, with empty values kept. Raises `Refused` for a NUL or bad UTF-8."""
        if self._query is None:
            raw = self.scope["query_string"]
            try:
                self._query = parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict") if raw else []
            except (UnicodeDecodeError, ValueError):
                raise Refused("request.invalid.value", data={"field": "query", "expected": "valid UTF-8"}) from None
            if any("\0" in name or "\0" in value for name, value in self._query):
                raise Refused("request.invalid.value", data={"field": "query", "expected": "free of null bytes"})
        return self._query

    @property
    def base_url(self) -> str:
        """Where this dialect is reached, without a slash at the end."""
        return f"{self.origin}{self.scope.get('root_path', '')}"

    @property
    def host(self) -> str:
        """The host, with its port if one was named, that the client asked for; empty where that is none."""
        host = self.header(b"host")
        return host if _HOST.fullmatch(host) else ""

    @property
    def origin(self) -> str:
        """Where the server is reached, whatever the dialect's prefix."""
        return f"{self.scope.get('scheme', 'http')}://{self.host or 'localhost'}"

    def help(self, meaning: str) -> str:
        """Where the page about a meaning is, or about the nearest broader one that the catalogue has."""
        known = next((name for name in ancestry(meaning) if name in self.world.catalogue.meanings), UNEXPECTED)
        return f"{self.origin}/meanings/{known}"

    def note(self, event: str, **fields: Any) -> None:
        """Write a line about this request into the log, with ids by which it is found again."""
        told = {"verb": self.method, "route": _route(self.scope), "application": self.application_id}
        log.info(event, extra={"fields": {**fields, **told}})

    def refuse(self, refused: Refused, error_id: str) -> None:
        """Keep that the call came to nothing, by what name its client is told of it, and what was wrong with it."""
        self.refused, self.said = (refused.meaning, error_id), refused.said
        self.fields = refused.data.get("fields", ())
        self.connection_id = self.connection_id or refused.data.get("connection_id")

    async def body(self, largest: int = LARGEST_BODY) -> bytes:
        """Return the whole body. Raises `Refused` (`request.invalid.too-large`) once it is over the bound."""
        return b"".join([chunk async for chunk in self.chunks(largest)])

    async def chunks(self, largest: int) -> AsyncIterator[bytes]:
        """Yield the body as it arrives. Raises `Refused` (`request.invalid.too-large`) once it is over the bound."""
        told = self.header(b"content-length")
        if told.isascii() and told.isdigit() and (len(told) > 18 or int(told) > largest):
            raise Refused("request.invalid.too-large")
        size = 0
        while True:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                raise Refused("request.invalid.malformed")
            chunk = message.get("body", b"")
            size += len(chunk)
            if size > largest:
                raise Refused("request.invalid.too-large")
            yield chunk
            if not message.get("more_body"):
                return

    async def json(self) -> Any:
        """Return the body as JSON; None where there is none. Raises `Refused` (`request.invalid.malformed`)."""
        return bodies.value(await self.body())

    async def object(self) -> dict[str, Any]:
        """Return the body as a JSON object or a form; empty where there is none.

        A form begins with no brace: tools that are given JSON and no content type (`curl -d`) name a form's.
        """
        raw = await self.body()
        is_form = self.header(b"content-type").startswith("application/x-www-form-urlencoded")
        value = bodies.pairs(raw) if is_form and not raw.lstrip().startswith(b"{") else bodies.value(raw)
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise Refused("request.invalid.malformed")
        return value


Handler = Callable[[Call], Awaitable[Answer]]


class Host(Protocol):
    """What an endpoint asks of the dialect it belongs to."""

    @property
    def strikable(self) -> bool:
        """Whether armed faults strike its requests."""

    def error_id(self) -> str:
        """Return a new name for one error, as the client is told it and as the log has it."""

    def admit(self, call: Call, access: str) -> Awaitable[None] | None:
        """Find out who calls, and raise `Refused` for one who may not. `access` is the handler's own word.

        What takes time is returned, to be waited for.
        """

    def refuse(self, call: Call, refused: Refused, error_id: str) -> Answer:
        """Say a refusal in the dialect's words."""


class Log(Protocol):
    """What writes down the calls of one path."""

    verbs: frozenset[str]
    """Whose calls are written down when they succeed as well; what is refused always is."""

    async def write(self, call: Call, status: int) -> None:
        """Write down a call with the status of its answer."""


class Endpoint:
    """The handlers of one path by verb. The one place where an outcome becomes an answer.

    `log` is told of calls before their answers are sent: who reads an id in an answer finds it there.
    """

    def __init__(
        self, world: World, host: Host, handlers: Mapping[str, tuple[Handler, str]], log: Log | None = None
    ) -> None:
        self._world = world
        self._host = host
        self._handlers = handlers
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; whatever happens, it is an answer."""
        waited_for.set(True)
        call = Call(self._world, scope, receive)
        call.came_at = self._world.clock.now()
        away = False
        try:
            found = self._handlers.get(scope["method"])
            if found is None:
                answer = self._other_verb(call)
            else:
                handler, access = found
                asked = self._host.admit(call, access)
                if asked is not None:
                    await asked
                if call.application_id in self._world.struck and self._host.strikable:
                    await strike(self._world, call.application_id, f"{call.method} {scope['path']}")
                answer = await handler(call)
        except Refused as refused:
            answer = self._refused(call, refused)
        except Unreachable:
            away = True
            log.warning("the database is away", exc_info=True, extra={"fields": {"route": _route(call.scope)}})
            answer = self._refused(call, Refused(AWAY))
        except Exception:
            answer = self._broke(call)
        # a database that is away is not asked again before the caller hears of it: that may wait as long once more
        if self._log is not None and not away and (call.refused or scope["method"] in self._log.verbs):
            await self._write_down(self._log, call, answer)
        await answer.send(send)

    @staticmethod
    async def _write_down(book: Log, call: Call, answer: Answer) -> None:
        try:
            await book.write(call, answer.status)
        except Exception:
            # who asked has their answer all the same
            log.exception("a call could not be written down", extra={"fields": {"route": _route(call.scope)}})

    def _other_verb(self, call: Call) -> Answer:
        if call.method == "OPTIONS":
            # a key goes with each call and no cookie does, so a page may send whatever header its client has
            asked = call.header(b"access-control-request-headers")
            named = asked if len(asked) <= _LONGEST_NAMES and _NAMES.fullmatch(asked) else _USUAL_NAMES
            return Answer(204, b"", (*_ALLOW, (b"access-control-allow-headers", named.encode("ascii"))))
        raise Refused("request.unsupported.method")

    def _refused(self, call: Call, refused: Refused) -> Answer:
        error_id = self._host.error_id()
        call.refuse(refused, error_id)
        answer = self._host.refuse(call, refused, error_id)
        fields = {
            "error": error_id,
            "meaning": refused.meaning,
            "status": answer.status,
            "verb": call.method,
            "route": _route(call.scope),
            "application": call.application_id,
        }
        log.info("refused", extra={"fields": fields})
        return _with_help(answer, call, refused.meaning, error_id)

    def _broke(self, call: Call) -> Answer:
        error_id = self._host.error_id()
        call.refused = UNEXPECTED, error_id
        fields = {"error": error_id, "verb": call.method, "route": _route(call.scope)}
        log.exception("request broke", extra={"fields": fields})
        return _with_help(self._host.refuse(call, Refused(UNEXPECTED), error_id), call, UNEXPECTED, error_id)


def _with_help(answer: Answer, call: Call, meaning: str, error_id: str) -> Answer:
    """Return the answer with its id, and with the address of the page that says what happened and what to do."""
    link = f'<{call.help(meaning)}>; rel="help"'.encode("latin-1")
    answer.headers = (*answer.headers, (b"link", link), (b"x-request-id", error_id.encode()))
    return answer


def _route(scope: Scope) -> str:
    """Return the path with its ids, which are no secrets, but never the query, which may hold one.

    What is not printable is escaped again: a path must not write lines of its own into the log.
    """
    return quote(f"{scope.get('root_path', '')}{scope['path']}"[:200], safe="/:@!$&'()*+,;=~")
