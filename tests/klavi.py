"""A client that speaks Klavi's words to a server over HTTP, and a receiver that its webhooks arrive at."""

from __future__ import annotations

import hmac
import itertools
import json
import threading
from collections.abc import Callable
from hashlib import sha256
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
from stdnum.br import cpf

from tests.server import TLS, Client

BANK, ASKING_BANK, EMPTY_BANK, STATE_BANK = "341", "033", "077", "104"
"""A bank, one that asks for a token (123456 is right), one where some have nothing, and the one that keeps the FGTS."""

COMPANY = "11222333000181"
HOME = "https://partner.example/back?from=bank"

_serials = itertools.count(400_000_021, 6_143)


def someone() -> str:
    """Return the CPF of somebody whom no other test knows, as digits."""
    serial = str(next(_serials))
    return serial + str(cpf._calc_check_digits(serial))


class Delivery:
    """One message that arrived."""

    def __init__(self, path: str, headers: dict[str, str], raw: bytes) -> None:
        self.path = path
        self.headers = headers
        self.raw = raw
        self.body: Any = json.loads(raw)

    def is_signed(self, secret: str) -> bool:
        """Tell whether the signature is that of the body, as it came and as JavaScript would write it again."""
        again = json.dumps(self.body, ensure_ascii=False, separators=(",", ":")).encode()
        made = {hmac.new(secret.encode(), raw, sha256).hexdigest() for raw in (self.raw, again)}
        return made == {self.headers["x-klavi-signature"]} and self.headers["x-klavi-timestamp"].isdigit()


class Receiver:
    """A partner's own HTTP server, on a port of this machine. `answers` are statuses of the next deliveries; 200 is
    answered when there are none."""

    def __init__(self) -> None:
        self.arrived: list[Delivery] = []
        self.answers: list[int] = []
        self._news = threading.Condition()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            # the second piece of an answer must not wait for the first to be acknowledged
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers.get("content-length", 0)))
                status = receiver._took(self.path, {n.lower(): v for n, v in self.headers.items()}, raw)
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *arguments: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def _took(self, path: str, headers: dict[str, str], raw: bytes) -> int:
        with self._news:
            self.arrived.append(Delivery(path, headers, raw))
            self._news.notify_all()
            return self.answers.pop(0) if self.answers else 200

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def wait(self, wanted: Callable[[Delivery], bool], count: int = 1, seconds: float = 20) -> list[Delivery]:
        """Return the messages that are wanted once there are so many of them. Raises AssertionError if they do not
        come."""

        def found() -> list[Delivery]:
            return [one for one in self.arrived if wanted(one)]

        with self._news:
            came = self._news.wait_for(lambda: len(found()) >= count, seconds)
            assert came, f"{len(found())} of {count} arrived; all there is: {[one.raw[:300] for one in self.arrived]}"
            return found()

    def close(self) -> None:
        """Stop it."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


class _Form(HTMLParser):
    """The values a form would send, without its buttons."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an input."""
        given = {name: value or "" for name, value in attrs}
        if tag == "input":
            self.values[given["name"]] = given.get("value", "")


class Klavi:
    """Calls are made with the partner's code and token, or with a bearer."""

    def __init__(self, sandbox: Client) -> None:
        self.sandbox = sandbox
        self.partner = {"partner_code": sandbox.keys[0], "partner_token": sandbox.keys[1]}

    def call(self, method: str, path: str, headers: dict[str, str] | None = None, **options: Any) -> httpx.Response:
        """Call a path of the dialect as the partner, or with other headers."""
        given = self.partner if headers is None else headers
        return self.sandbox.http.request(method, f"/klavi{path}", headers=given, **options)

    def code(self, method: str, path: str, **options: Any) -> int:
        """Return the code in the body of an answer, which HTTP must call a success."""
        answer = self.call(method, path, **options)
        assert answer.status_code == 200, answer.text
        return int(answer.json()["code"])

    # -- Open Data

    def order(self, username: str = "user-ok", bank: str = BANK, **more: Any) -> dict[str, Any]:
        """Return the body of a task."""
        body = {
            "cpf": more.pop("person", None) or someone(),
            "institution": bank,
            "credentials": {"username": username, "password": more.pop("password", "password-ok")},
            "products": ["category_checking"],
            **more,
        }
        return {name: value for name, value in body.items() if value is not None}

    def begin(self, username: str = "user-ok", bank: str = BANK, **more: Any) -> str:
        """Begin a task that must be taken, and return its trace id when nothing runs any more."""
        answer = self.call("POST", "/data/v1/tasks", json=self.order(username, bank, **more)).json()
        assert answer["code"] == 200, answer
        self.sandbox.settle()
        return str(answer["traceId"])

    def refused(self, username: str = "user-ok", bank: str = BANK, **more: Any) -> int:
        """Return the code with which a task is taken or not."""
        code = self.code("POST", "/data/v1/tasks", json=self.order(username, bank, **more))
        self.sandbox.settle()
        return code

    def task(self, trace_id: str) -> Any:
        """Return how far a task is."""
        return self.call("GET", f"/data/v1/tasks/{trace_id}").json()

    def retrieve(self, person: str, report_type: str = "category_checking", **more: Any) -> Any:
        """Return the report that is asked for by CPF."""
        return self.call("GET", "/data/v1/reports", params={"cpf": person, "report_type": report_type, **more}).json()

    # -- Open Finance

    @property
    def access(self) -> dict[str, str]:
        """The header of a new access token."""
        keys = {"accessKey": self.sandbox.keys[0], "secretKey": self.sandbox.keys[1]}
        answer = self.call("POST", "/data/v1/auth", {}, json=keys)
        assert answer.status_code == 200, answer.text
        return {"authorization": f"Bearer {answer.json()['accessToken']}"}

    def link(self, **fields: Any) -> Any:
        """Make a link and return it, with its own header as `headers`."""
        answer = self.call("POST", "/data/v1/links", self.access, json=fields)
        assert answer.status_code == 200, answer.text
        made = answer.json()
        return {**made, "headers": {"authorization": f"Bearer {made['linkToken']}"}}

    def ask(self, person: str, bank: str = BANK, link: Any = None, **more: Any) -> httpx.Response:
        """Ask for a consent over a link."""
        body = {
            "externalTrackId": f"track-{next(_serials)}",
            "personalTaxId": person,
            "institutionCode": bank,
            "redirectURL": HOME,
            "validityPeriod": 12,
            **more,
        }
        told = {name: value for name, value in body.items() if value is not None}
        return self.call("POST", "/data/v1/consents", (link or self.link())["headers"], json=told)

    def asked(self, person: str, bank: str = BANK, **more: Any) -> Any:
        """Ask for a consent that must be there, and return it."""
        answer = self.ask(person, bank, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def decide(self, consent: Any, ours: str = "approve", theirs: str = "approve", user: str = "user-ok") -> str:
        """Go through a consent as a browser does; return where it ends, an address of the partner's."""
        with httpx.Client(timeout=30, verify=TLS) as browser:
            here = httpx.URL(consent["consentRedirectURL"])
            page = browser.get(here)
            assert page.status_code == 200, page.text
            answer = browser.post(here, data={**_Form(page.text).values, "decision": ours})
            while answer.is_redirect:
                here = here.join(answer.headers["location"])
                if here.host != "127.0.0.1":
                    self.sandbox.settle()
                    return str(here)
                answer = browser.get(here)
                if not answer.is_redirect and answer.status_code == 200:
                    told = {**_Form(answer.text).values, "decision": theirs, "user": user}
                    answer = browser.post(here, data=told)
            raise AssertionError(answer.text)

    def given(self, person: str, bank: str = BANK, user: str = "user-ok", **more: Any) -> Any:
        """Return a consent that the user has given."""
        consent = self.asked(person, bank, **more)
        self.decide(consent, user=user)
        assert self.status(consent) == "AUTHORISED"
        return consent

    def status(self, consent: Any) -> str:
        """Return where a consent stands."""
        answer = self.call("GET", f"/data/v1/consents/{consent['consentId']}", self.access)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["status"])

    def request(self, path: str, **body: Any) -> httpx.Response:
        """Request reports; `path` is such as `personal/user-data`."""
        return self.call("POST", f"/data/v1/{path}", self.access, json=body)

    # -- Webhooks

    def listen(self, receiver: Receiver, *families: str) -> None:
        """Have the receiver told of events and reports, or of one of the two; nobody else is told any more."""
        for endpoint in self.sandbox.own("GET", "/endpoints")["endpoints"]:
            if endpoint["system"] == "klavi":
                self.sandbox.http.delete(f"/api/endpoints/{endpoint['id']}", headers={"x-api-key": self.sandbox.key})
        for family in families or ("events", "reports"):
            told = {"system": "klavi", "events": [family], "url": f"{receiver.url}/{family}"}
            self.sandbox.own("POST", "/endpoints", json=told)


def named(name: str) -> Callable[[Delivery], bool]:
    """Return what picks events of a name."""
    return lambda one: isinstance(one.body, list) and one.body[0]["eventName"] == name


def of_task(trace_id: str) -> Callable[[Delivery], bool]:
    """Return what picks the reports of a task."""
    return lambda one: isinstance(one.body, dict) and one.body.get("data", {}).get("connection_id") == trace_id
