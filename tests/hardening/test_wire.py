"""What no HTTP client would send: bytes on a socket, connections that break off, heads that do not end."""

from __future__ import annotations

import json
import socket
import struct

import pytest

from tests.hardening.ground import Ground, Rows, dump, head, is_refusal, speak
from tests.server import Server

LOGIN = json.dumps({"connectorId": 2, "parameters": {"user": "user-ok", "password": "password-ok"}}).encode()


@pytest.mark.parametrize(
    "request_line",
    [
        b"GET /pluggy/items/\x00 HTTP/1.1",
        b"GET /pluggy/items/\xff\xfe HTTP/1.1",
        b"GET /pluggy/items?a=\x00 HTTP/1.1",
        b"GET pluggy HTTP/1.1",
        b"GET /pluggy/items HTTP/9.9",
        b"G\x00T /pluggy/items HTTP/1.1",
        b"NOSUCHVERB /pluggy/items HTTP/1.1",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"\x00" * 100,
    ],
)
def test_what_is_no_http_is_refused(ground: Ground, unchanged: Rows, request_line: bytes) -> None:
    """The answer is a 4xx and the connection is closed; the server goes on."""
    status, _, _ = speak(ground.server, request_line + b"\r\nhost: x\r\n\r\n")
    assert 400 <= status < 500
    assert ground.client.call("GET", "/connectors").status_code == 200


@pytest.mark.parametrize(
    "lines",
    [
        b"x-api-key: a\x00b",
        b"content-length: 5\r\ncontent-length: 6",
        b"content-length: five",
        b"content-length: -5",
        b"content-length: 99999999999999999999999999",
        b"content-length: 5\r\ntransfer-encoding: chunked",
        b"transfer-encoding: nonsense",
        b"no colon",
        b": no name",
        b"a b: c",
    ],
)
def test_headers_that_are_none_are_refused(ground: Ground, unchanged: Rows, lines: bytes) -> None:
    """Lengths that contradict themselves above all: whoever disagrees about them can be made to see two requests."""
    status, _, _ = speak(ground.server, b"POST /pluggy/auth HTTP/1.1\r\nhost: x\r\n" + lines + b"\r\n\r\n{}")
    assert 400 <= status < 500
    assert ground.client.call("GET", "/connectors").status_code == 200


@pytest.mark.parametrize("raw", [b"\xff\xfe", b"caf\xc3\xa9", b"\x80" * 500])
def test_letters_beyond_ascii_in_a_key_are_refused(ground: Ground, unchanged: Rows, raw: bytes) -> None:
    """They are legal in a header, and in no key."""
    for path in ("/pluggy/accounts", "/api/application"):
        line = b"GET " + path.encode() + b" HTTP/1.1\r\nhost: x\r\nx-api-key: " + raw + b"\r\n\r\n"
        status, _, _ = speak(ground.server, line)
        assert status in (401, 403)


def test_a_head_that_does_not_end_is_refused_before_it_fills_the_memory(ground: Ground, unchanged: Rows) -> None:
    """Addresses, single headers and many headers are bounded, and nobody's key was asked for yet."""
    line = b"GET /pluggy/connectors?name="
    many = b"GET / HTTP/1.1\r\n" + b"".join(b"x-%d: y\r\n" % number for number in range(50_000))
    for start in (line, b"GET / HTTP/1.1\r\nx: ", many):
        pieces = [b"a" * 65_536] * 160
        status, _, body = speak(ground.server, start, *pieces)
        assert status in (0, 400)  # 0: it hung up while we were still sending, and its answer was lost
        assert len(body) < 200
    assert ground.client.call("GET", "/connectors").status_code == 200


def test_a_query_as_long_as_clients_send_is_taken(ground: Ground) -> None:
    """Five hundred ids in an address are within the bounds."""
    ids = ",".join([ground.ids["transaction"]] * 500)
    query = f"/pluggy/v2/transactions?accountId={ground.ids['account']}&ids={ids}"
    status, _, body = speak(ground.server, head("GET", query, ground.client.key))
    assert (status, len(json.loads(body)["results"])) == (200, 1)


def test_a_body_broken_off_changes_nothing(ground: Ground, unchanged: Rows) -> None:
    """Half a login was sent when the connection broke, politely and not: nothing was made of it."""
    for path in ("/pluggy/items", "/pluggy/webhooks", "/pluggy/auth", "/api/statements", "/api/sandbox/clock"):
        start = head("POST", path, ground.client.key, content_length=str(len(LOGIN)), content_type="application/json")
        speak(ground.server, start + LOGIN[:40], whole=False)
        _reset(ground.server, start + LOGIN[:40])
        chunked = head("POST", path, ground.client.key, transfer_encoding="chunked")
        speak(ground.server, chunked + b"28\r\n" + LOGIN[:40] + b"\r\n", whole=False)
        # a chunk that is none ends the request
        status, _, _ = speak(ground.server, chunked + b"zz\r\n" + LOGIN + b"\r\n0\r\n\r\n")
        assert status in (0, 400)
    ground.client.settle()
    assert ground.client.call("GET", "/connectors").status_code == 200


def _reset(server: Server, sent: bytes) -> None:
    """Send and break off with a reset, as a crashed machine's router does."""
    wire = socket.create_connection(("127.0.0.1", server.port), timeout=20)
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    wire.sendall(sent)
    wire.close()


def test_an_answer_nobody_waits_for_still_happened_whole(ground: Ground) -> None:
    """A request that was read to its end is done, even if the client has gone: its item is there, and it finishes."""
    before = {item["id"] for item in ground.client.get("/v2/items")["results"]}
    body = LOGIN.replace(b"user-ok", b"user-gone")
    start = head("POST", "/pluggy/items", ground.client.key, content_length=str(len(body)))
    status, _, _ = speak(ground.server, start + body)
    assert status == 200
    ground.client.settle()
    made = [item for item in ground.client.get("/v2/items")["results"] if item["id"] not in before]
    assert [item["status"] for item in made] == ["LOGIN_ERROR"]


def test_too_large_a_body_is_refused_while_it_is_sent(ground: Ground, unchanged: Rows) -> None:
    """Its length told or not, the refusal comes before the end, in the contract's words."""
    key = ground.client.key
    told = speak(ground.server, head("POST", "/pluggy/items", key, content_length=str(10**12)))
    assert (told[0], is_refusal(told[0], told[2])) == (413, None)
    piece = b"10000\r\n" + b"a" * 65_536 + b"\r\n"
    chunked = speak(ground.server, head("POST", "/pluggy/items", key, transfer_encoding="chunked"), *[piece] * 17)
    assert (chunked[0], is_refusal(chunked[0], chunked[2])) == (413, None)


def test_a_request_for_another_protocol_is_answered_as_http(ground: Ground, unchanged: Rows) -> None:
    """No path speaks WebSocket or HTTP/2: the upgrade is passed over."""
    key = ground.client.key
    for protocol in ("websocket", "h2c"):
        asked = head("GET", "/pluggy/nowhere", key, connection="Upgrade", upgrade=protocol, sec_websocket_version="13",
                     sec_websocket_key="dGhlIHNhbXBsZSBub25jZQ==")  # fmt: skip
        status, _, body = speak(ground.server, asked)
        assert (status, is_refusal(status, body)) == (404, None)


def test_a_path_writes_no_lines_into_the_log(ground: Ground) -> None:
    """Line ends and terminal codes in an address arrive in the log as what they were sent as."""
    ground.client.call("GET", "/nowhere%0A%0Dforged%20line%1b%5b31m%e2%80%a8")
    last = [line for line in ground.server.log.read_text().splitlines() if "forged" in line]
    assert len(last) == 1
    assert json.loads(last[0])["route"] == "/pluggy/nowhere%0A%0Dforged%20line%1B%5B31m%E2%80%A8"


def test_nothing_of_all_this_broke_a_handler(ground: Ground) -> None:
    """The log of this module's server has refusals in it and no exception."""
    assert dump(ground.server)
    told = ground.server.log.read_text()
    assert '"level":"error"' not in told
    assert "Traceback" not in told
