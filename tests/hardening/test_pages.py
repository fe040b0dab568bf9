"""What needs no key: the front page, the catalogue's pages and its API, with whatever strangers ask of them."""

from __future__ import annotations

import pytest

from tests.hardening.ground import Ground, Rows, head, is_own_refusal, speak

OPEN = (
    "/",
    "/api/scenarios",
    "/api/explain?system=pluggy&code=INVALID_CREDENTIALS",
    "/api/meanings",
    "/api/meanings/login.credentials",
    "/meanings",
    "/meanings/login.credentials",
    "/sandbox-bank/authorize",
    "/pluggy/items/oauth/callback",
    "/pluggy/nowhere",
)
HOSTS = ("[", "]", "[::1", "[::1]:x", "[::::]", "[1.2]", "a:b:c", "@", "a@b", "", "\xff\xfe", "x" * 5_000, "a b",
         '"><script>alert(1)</script>', "//", "%00", "evil.example", "pluggy.evil.example", "127.0.0.1:99999999",
         ".")  # fmt: skip
WISHES = ("", ",", ";", "*", "q=1", "en;q=nan", "en;q=inf", "en;q=1e999", "a" * 30_000, ",".join(["xx"] * 9_000),
          "\xff\xfe", "en;q=-1", "pt-BR;q", "-", "en--")  # fmt: skip
SCRIPT = "<script>alert(1)</script>"
QUERIES = (
    "%00",
    "%ff",
    "%3Cscript%3Ealert(1)%3C/script%3E",
    "a" * 30_000,
    "%7b%7b7*7%7d%7d",
    "%d9%a2",
    "'%22%60",
    "%0d%0ax:y",
)


@pytest.mark.parametrize("host", HOSTS)
def test_no_host_name_breaks_an_answer(ground: Ground, unchanged: Rows, host: str) -> None:
    """A client may say that it wanted any host: links are made of it, and nothing else."""
    for path in OPEN:
        status, headers, body = speak(ground.server, head("GET", path).replace(b"127.0.0.1", host.encode("latin-1"), 1))
        assert 200 <= status < 500, path
        assert SCRIPT.encode() not in body or "json" in headers["content-type"], path
        assert "\n" not in "".join(headers.values())


def test_keys_are_shown_at_this_machine_under_a_local_name_only(ground: Ground) -> None:
    """A page from elsewhere can make its own name lead here: it is shown no secret, and may read no page."""
    secret = ground.server.keys[1].encode()
    for host in ("localhost", f"127.0.0.1:{ground.server.port}", "[::1]:8000"):
        status, headers, body = speak(ground.server, head("GET", "/").replace(b"127.0.0.1", host.encode(), 1))
        assert (status, secret in body) == (200, True), host
        assert "access-control-allow-origin" not in headers
    for host in (
        *HOSTS,
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "evil.example#localhost",
        "a@evil.example",
    ):
        status, _, body = speak(ground.server, head("GET", "/").replace(b"127.0.0.1", host.encode("latin-1"), 1))
        assert secret not in body, host


@pytest.mark.parametrize("value", QUERIES)
def test_nothing_that_is_asked_breaks_the_catalogue(ground: Ground, unchanged: Rows, value: str) -> None:
    """Every parameter of every page with every oddity: an answer or a refusal, and no script in either."""
    for path in ("/meanings", "/meanings/login", "/api/meanings", "/api/meanings/login", "/api/explain"):
        for name in ("q", "system", "lang", "locale", "code", "message", "surface", "to", "institution", value[:100]):
            usual = "system=pluggy&code=401&" if path == "/api/explain" and name not in ("system", "code") else ""
            answer = ground.client.http.get(f"{path}?{usual}{name}={value}")
            assert answer.status_code < 500, name
            assert SCRIPT not in answer.text or "json" in answer.headers["content-type"], name
            assert "x" not in answer.headers
            if answer.status_code >= 400 and path.startswith("/api"):
                assert is_own_refusal(answer.status_code, answer.content) is None, name
    for path in ("/meanings", "/api/meanings"):
        answer = ground.client.http.get(f"{path}/{value}")
        assert 400 <= answer.status_code < 500
        assert SCRIPT not in answer.text or "json" in answer.headers["content-type"]


@pytest.mark.parametrize("value", WISHES)
def test_no_wish_for_a_language_breaks_a_page(ground: Ground, value: str) -> None:
    """What a browser likes is a wish, and never refused."""
    for path in ("/meanings", "/meanings/login.credentials", "/api/explain?system=pluggy&code=401"):
        answer = ground.client.http.get(path, headers={b"accept-language": value.encode("latin-1")})
        assert answer.status_code == 200
