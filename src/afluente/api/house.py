"""Who may call Afluente's own API, and how it says refusals."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from afluente.core.documents import ReadFile
from afluente.core.outcome import Refused
from afluente.engine.institutions.health import Shown
from afluente.engine.world import World
from afluente.security.tokens import InvalidToken, Tokens
from afluente.web.answers import Answer, json
from afluente.web.calls import Call


@dataclass(frozen=True)
class ApiHouse:
    """The API's own: the reader of statement files, the engine's settling, the scenarios to list, and how institutions
    are doing, as it is shown to all."""

    world: World
    tokens: Tokens
    read_file: Callable[[bytes, str], Awaitable[ReadFile]]
    settle: Callable[[str], Awaitable[None]]
    scenarios: Callable[[str], list[dict[str, str | None]]]
    upload_bytes: int
    comes_back: Callable[[str], bool]
    usual_back: Callable[[], str]
    relaxed_addresses: bool = False
    shown: Shown = field(default_factory=Shown)

    @property
    def strikable(self) -> bool:
        """Never: faults are disarmed here."""
        return False

    def error_id(self) -> str:
        """Name an error."""
        return self.world.ids.new()

    def admit(self, call: Call, access: str) -> None:
        """Take an API key of any dialect (`X-API-KEY` or a bearer). `open` needs none."""
        if access == "open":
            return
        key = call.header(b"x-api-key") or call.header(b"authorization").removeprefix("Bearer ")
        try:
            token = self.tokens.verify(key)
        except InvalidToken:
            raise Refused("request.unauthenticated.token") from None
        call.named = token.application_id
        if token.scope != "application":
            raise Refused("request.unauthenticated.token")
        # over by both clocks: a stopped one that was moved must not lock out who moves it back
        if min(self.world.clock.now(), self.world.now(token.application_id)) >= token.expires_at:
            raise Refused("request.unauthenticated.token-expired")
        call.application_id = token.application_id

    def refuse(self, call: Call, refused: Refused, error_id: str) -> Answer:
        """Say a refusal whole: meaning, whose turn it is, when to try again, a sentence, and where more is told."""
        meaning = self.world.meaning(refused.meaning)
        sentence = refused.data.get("sentence") or refused.data.get("detail")
        if sentence is None:
            known = refused.meaning if refused.meaning in self.world.catalogue.meanings else meaning.name
            sentence = self.world.catalogue.text(known, "en", "engineer")
        body = {
            "error": {
                "meaning": refused.meaning,
                "message": sentence,
                "where": refused.data.get("where"),
                "blame": meaning.blame,
                "retry": str(meaning.retry),
                "action": meaning.action,
                "said": refused.said,
                "id": error_id,
                "help": call.help(refused.meaning),
            }
        }
        return json(body, _status(refused.meaning))


_STATUS = (
    ("request.unauthenticated", 401),
    ("request.forbidden", 403),
    ("request.not-found", 404),
    ("request.unsupported.method", 405),
    ("request.connection.busy", 409),
    ("request.invalid.too-large", 413),
    ("statement.too-large", 413),
    ("statement", 422),
    ("request", 400),
    ("server.unavailable", 503),
    ("server.busy", 503),
)


def _status(meaning: str) -> int:
    return next((status for name, status in _STATUS if meaning == name or meaning.startswith(name + ".")), 500)
