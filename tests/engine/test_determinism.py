"""Same seed, same clock, same bytes: what an application can read, over two runs and over both databases."""

from __future__ import annotations

import base64
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import blake2b
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

from afluente.app import Application, build
from afluente.core.clock import StoppedClock
from afluente.dialects.klavi.reports import open_data
from afluente.settings import Settings

pytestmark = pytest.mark.anyio

NOW = 1_790_000_000_000
_KEY = base64.b64encode(b"d" * 32).decode()
PERSON, OTHER = "40000002178", "40000616400"
_REFUSING = "user-act+product.temporarily-unavailable@holder"
_READ = (
    "/items/{id}", "/accounts?itemId={id}", "/identity?itemId={id}", "/investments?itemId={id}", "/loans?itemId={id}",
    "/consents?itemId={id}", "/webhooks", "/connectors", "/categories",
)  # fmt: skip
# of /api/application all but the public key: a key pair is chance, whatever the seed
_BELVO = ("links", "accounts", "transactions", "owners", "balances", "incomes", "recurring-expenses", "institutions")
_OWN = ("events?size=500", "sessions", "requests?size=100", "endpoints", "deliveries", "sandbox/clock",
        "sandbox/faults", "institutions/health", "meanings", "scenarios")  # fmt: skip


class SeededIds:
    """Version 4 UUIDs that come of a seed."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)

    def new(self) -> str:
        """Return the next one."""
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))


class Story:
    """A client that remembers what it was told, byte for byte."""

    def __init__(self, http: httpx.AsyncClient, keys: tuple[str, str]) -> None:
        self.http = http
        self.keys = keys
        self.key = ""
        self.told: dict[str, bytes] = {}

    async def call(self, method: str, path: str, expected: int = 200, remember: bool = True, **options: Any) -> Any:
        """Call a path and remember the answer's body."""
        headers = options.pop("headers", None) or ({"x-api-key": self.key} if not path.startswith("/belvo") else {})
        auth = self.keys if path.startswith("/belvo") else None
        answer = await self.http.request(method, path, headers=headers, auth=auth, **options)
        # what is refused is told too
        allowed = (200, 400, 404) if method == "GET" else (expected,)
        assert answer.status_code in allowed, (path, answer.text)
        if remember:
            self.told[f"{len(self.told)} {method} {path}"] = answer.content
        return answer.json()

    async def authenticate(self) -> None:
        """Take a new key; the one before is over when the clock has been moved."""
        id, secret = self.keys
        self.key = (await self.call("POST", "/pluggy/auth", json={"clientId": id, "clientSecret": secret}))["apiKey"]

    async def settle(self) -> None:
        """Wait until nothing runs."""
        await self.call("POST", "/api/sandbox/settle")

    async def connect(self, connector: int, user: str) -> str:
        """Make an item and wait for it."""
        body = {"connectorId": connector, "parameters": {"user": user, "password": "password-ok"}}
        made = await self.call("POST", "/pluggy/items", json=body)
        await self.settle()
        return str(made["id"])


class Partner:
    """The same client as Klavi's partner: a task of a person, and a consent of another."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.headers = {"partner_code": story.keys[0], "partner_token": story.keys[1]}
        self.key = self.consent = ""

    async def begin(self) -> None:
        """Begin both; the bank is told yes."""
        body = {
            "cpf": PERSON, "institution": "341", "products": ["all"], "allow_autoupdate": "Yes",
            "credentials": {"username": "person+klavi7", "password": "password-ok"},
        }  # fmt: skip
        begun = await self.story.call("POST", "/klavi/data/v1/tasks", headers=self.headers, json=body)
        await self.story.settle()
        told = await self.story.call("GET", f"/klavi/data/v1/tasks/{begun['traceId']}", headers=self.headers)
        self.key = told["connection_key"]
        # what is sealed has chance in it, so no link's token is the same twice
        link = await self.story.call(
            "POST", "/klavi/data/v1/links", remember=False, headers=await self.access(), json={}
        )
        asked = await self.story.call(
            "POST", "/klavi/data/v1/consents", headers={"authorization": f"Bearer {link['linkToken']}"},
            json={"externalTrackId": "track-7", "personalTaxId": OTHER, "institutionCode": "341",
                  "redirectURL": "https://partner.example/back", "validityPeriod": 12},
        )  # fmt: skip
        self.consent = asked["consentId"]
        approved = {"value": "approved:user-ok"}
        await self.story.call("POST", f"/api/sandbox/connections/{self.consent}/answer", json=approved)
        await self.story.settle()

    async def access(self) -> dict[str, str]:
        """Return the header of a new access token."""
        keys = {"accessKey": self.story.keys[0], "secretKey": self.story.keys[1]}
        told = await self.story.call("POST", "/klavi/data/v1/auth", headers={"accept": "*/*"}, json=keys)
        return {"authorization": f"Bearer {told['accessToken']}"}

    async def go_on(self) -> None:
        """Have the task's connection updated, and request reports over the consent."""
        update = {"connectionKey": self.key, "allowAutoUpdate": "Yes"}
        await self.story.call("POST", "/klavi/autoupdate_sync", headers=self.headers, json=update)
        await self.story.settle()
        wanted = {"taxId": OTHER, "products": ["pf_income", "pf_categorized_checking_l3"]}
        await self.story.call("POST", "/klavi/data/v1/personal/user-data", headers=await self.access(), json=wanted)
        await self.story.settle()

    async def read(self) -> None:
        """Read every report of the task, and the consent."""
        for name in open_data():
            path = f"/klavi/data/v1/reports?cpf={PERSON}&report_type={name}&connection_key={self.key}"
            await self.story.call("GET", path, headers=self.headers)
        await self.story.call("GET", f"/klavi/data/v1/consents/{self.consent}", headers=await self.access())
        for id in (self.consent, f"{uuid.UUID(self.key)}"):
            for part in ("", "/findings", "/quotas", "/lateness"):
                await self.story.call("GET", f"/api/connections/{id}{part}")
            for path in _READ:
                await self.story.call("GET", "/pluggy" + path.format(id=id))


@asynccontextmanager
async def opened(database_url: str, seed: int) -> AsyncIterator[Story]:
    """A server in this process, with seeded ids and a clock that stands."""
    settings = Settings(database=database_url, key=_KEY, pace=0)
    application = Application(settings)
    application.server = await build(settings, StoppedClock(NOW), SeededIds(seed))
    transport = httpx.ASGITransport(application)
    async with httpx.AsyncClient(transport=transport, base_url="http://afluente.test") as http:
        yield Story(http, application.server.keys)
    await application.server.close()


async def told(database_url: str, seed: int = 7) -> dict[str, bytes]:
    """Live through the story and return all that was told on the way, and all that can be read at its end."""
    async with opened(database_url, seed) as story:
        await story.authenticate()
        await story.call("PATCH", "/api/application", json={"sync_every": 8 * 3600})
        items = [await story.connect(2, user) for user in ("user-ok", "user-act+institution.unavailable", _REFUSING)]
        asked = await story.connect(5, "user-ok")
        await story.call("POST", "/api/sandbox/clock", json={"advance": "P3D"})
        link = await story.call(
            "POST", "/belvo/api/links/", 201,
            json={"institution": "erebor_mx_retail", "username": "guest_7", "password": "secret"},
        )  # fmt: skip
        for path in ("accounts", "owners"):
            await story.call("POST", f"/belvo/api/{path}/", 201, json={"link": link["id"]})
        opened_by = f"/flinks/v3/{story.keys[0]}/BankingServices"
        who = {"Institution": "FlinksCapital", "Username": "person+flinks7", "Password": "Everyday"}
        session = await story.call("POST", f"{opened_by}/Authorize", json={**who, "ScheduleRefresh": True})
        await story.call("POST", f"{opened_by}/GetAccountsDetail", json={"RequestId": session["RequestId"]})
        partner = Partner(story)
        await partner.begin()
        await story.call("POST", "/api/sandbox/faults", 201, json={"meaning": "institution.unavailable", "times": 2})
        await story.call("POST", "/api/sandbox/clock", json={"advance": "P5D"})
        await story.authenticate()
        await partner.go_on()
        await partner.read()
        for item in (*items, asked, link["id"]):
            for path in _READ:
                await story.call("GET", "/pluggy" + path.format(id=item))
            for account in (await story.call("GET", f"/pluggy/accounts?itemId={item}"))["results"]:
                await story.call("GET", f"/pluggy/transactions?accountId={account['id']}&pageSize=500")
            await story.call("GET", f"/api/connections/{item}/findings")
            await story.call("GET", f"/api/connections/{item}/quotas")
        card = {"LoginId": session["Login"]["Id"], "MostRecentCached": True}
        cached = await story.call("POST", f"{opened_by}/Authorize", json=card)
        await story.call("POST", f"{opened_by}/GetAccountsDetail", json={"RequestId": cached["RequestId"]})
        for name in _BELVO:
            await story.call("GET", f"/belvo/api/{name}/?page_size=100&link={link['id']}")
        for name in _OWN:
            await story.call("GET", f"/api/{name}")
        return story.told


def digest(told: dict[str, bytes]) -> str:
    """Return what all of it comes to."""
    made = blake2b(digest_size=20)
    for name, body in told.items():
        made.update(name.encode() + body)
    return made.hexdigest()


async def test_the_same_story_is_told_in_the_same_bytes(tmp_path: Path, postgres_url: str) -> None:
    """Twice on SQLite and once on PostgreSQL: not a byte differs of what Pluggy, Belvo, Flinks, Klavi and our own
    API answer."""
    runs = [await told(f"sqlite:///{tmp_path / name}.db") for name in ("first", "second")]
    runs.append(await told(postgres_url))
    for other in runs[1:]:
        assert [name for name in runs[0] if runs[0][name] != other.get(name)] == []
    assert len({digest(run) for run in runs}) == 1


async def test_another_seed_tells_other_ids(tmp_path: Path) -> None:
    """Else the test above would prove nothing."""
    first, second = [await told(f"sqlite:///{tmp_path / str(seed)}.db", seed) for seed in (7, 8)]
    assert digest(first) != digest(second)
