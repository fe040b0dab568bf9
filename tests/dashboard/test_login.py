"""Who gets in, what keeps others out, and what a form of another page cannot do."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.operator import Operator, marked
from tests.server import Client

PAGES = ("connections", "sessions", "requests", "webhooks", "numbers", "sandbox", "keys")
FORMS = (
    "logout",
    "webhooks/replay",
    "sandbox/clock",
    "sandbox/faults",
    "sandbox/faults/disarm",
    "keys/rotate",
    "keys/retire",
)


@pytest.mark.parametrize("page", [*PAGES, "connections/x", "connections/x/bundle", "executions/x", "transactions/x"])
def test_a_page_without_a_session_leads_to_the_login_and_back(client: Client, page: str) -> None:
    """And says nothing else."""
    answer = client.http.get(f"/dashboard/{page}?a=b")
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/dashboard/login?next=%2Fdashboard%2F{page.replace('/', '%2F')}%3Fa%3Db"
    assert answer.content == b""


def test_a_wrong_secret_and_an_unknown_application_are_refused_alike(client: Client) -> None:
    """Nobody learns which applications there are."""
    other = client.server.other_client("refused-login")
    with Operator(other) as operator:
        wrong = operator.try_to_log_in(secret="no-secret")
        nobody = operator.try_to_log_in(id="00000000-0000-4000-8000-000000000000")
        assert (wrong.status_code, nobody.status_code) == (403, 403)
        assert "No application has this id and this secret" in wrong.text
        assert wrong.text.replace(operator.id, "") == nobody.text.replace("00000000-0000-4000-8000-000000000000", "")
        assert "afluente_dashboard" not in operator.http.cookies


def test_logins_are_tried_only_so_often_though_the_clock_stands(client: Client) -> None:
    """After ten wrong secrets even the right one has to wait; right ones and a stopped test clock do not count."""
    other = client.server.other_client("guessed")
    other.advance("PT1M")
    with Operator(other) as operator:
        for _ in range(11):
            assert operator.try_to_log_in().status_code == 303
        for _ in range(10):
            assert operator.try_to_log_in(secret="guess").status_code == 403
        late = operator.try_to_log_in()
        assert late.status_code == 429
        assert "Wait ten minutes" in late.text
        other.advance("PT20M")
        assert operator.try_to_log_in().status_code == 429


def test_a_stranger_s_wrong_secrets_do_not_keep_the_operator_out(client: Client) -> None:
    """Neither at another address nor in a browser that has logged in before, until the secret is another."""
    other = client.server.other_client("guessed-by-a-stranger")
    with Operator(other) as stranger, Operator(other) as operator, Operator(other) as elsewhere:
        operator.log_in()
        mine, others = {"x-forwarded-for": "2001:db8:1:2::7"}, {"x-forwarded-for": "2001:db8:1:3::7"}
        stranger.http.headers.update(mine)
        operator.http.headers.update(mine)
        elsewhere.http.headers.update(others)
        assert [stranger.try_to_log_in(secret="guess").status_code for _ in range(10)] == [403] * 10
        stranger.http.headers["x-forwarded-for"] = "2001:db8:1:2:ffff::1"
        assert stranger.try_to_log_in().status_code == 429
        elsewhere.log_in()
        operator.log_in()
        known = operator.http.cookies[f"afluente_known_{operator.id}"]
        stranger.http.cookies.set(f"afluente_known_{operator.id}", f"{known[:-4]}AAAA", path="/dashboard")
        assert stranger.try_to_log_in().status_code == 429
        shown = operator.post("keys/rotate", 200, overlap="0").text
        operator.secret = stranger.secret = re.findall(r"[0-9a-f]{8}-[0-9a-f-]{27}", shown.replace(operator.id, ""))[0]
        assert operator.try_to_log_in().status_code == 303
        operator.http.cookies.set(f"afluente_known_{operator.id}", known, domain="127.0.0.1", path="/dashboard")
        assert operator.try_to_log_in().status_code == 429


def test_wrong_secrets_that_are_tried_at_the_same_time_are_counted_one_by_one(client: Client) -> None:
    """Whoever sends thirty at once learns no more than who sends them one after the other."""
    other = client.server.other_client("guessed-at-once")
    with Operator(other) as operator:
        form = marked(operator.http.get("/dashboard/login").text)
        cookies = dict(operator.http.cookies)

        def guess(number: int) -> int:
            given = {"form": form, "id": other.keys[0], "secret": f"guess-{number}"}
            return httpx.post(f"{client.server.url}/dashboard/login", data=given, cookies=cookies).status_code

        with ThreadPoolExecutor(15) as many:
            answered = list(many.map(guess, range(30)))
    assert sorted(answered) == [403] * 10 + [429] * 20


def test_the_session_is_a_cookie_no_script_reads_and_no_other_site_sends(client: Client) -> None:
    """HttpOnly, SameSite=Strict, for the dashboard alone."""
    with Operator(client.server.other_client("cookie")) as operator:
        session, known = operator.try_to_log_in().headers.get_list("set-cookie")
        bounds = "HttpOnly; SameSite=Strict"
        assert re.fullmatch(rf"afluente_dashboard=\S+; Path=/dashboard; Max-Age=43200; {bounds}", session)
        assert re.fullmatch(rf"afluente_known_{operator.id}=\S+; Path=/dashboard; Max-Age=15552000; {bounds}", known)


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize("mark", ["", "wrong"])
def test_a_form_without_the_session_s_own_mark_changes_nothing(operator: Operator, path: str, mark: str) -> None:
    """A page elsewhere can send a form, but does not know the mark."""
    given = {"form": mark, "do": "stop", "meaning": "institution.unavailable", "overlap": "0", "state": "open"}
    assert operator.http.post(f"/dashboard/{path}", data=given).status_code == 403
    assert operator.client.own("GET", "/sandbox/clock")["stopped"] is False
    assert operator.client.own("GET", "/sandbox/faults") == {"faults": []}


def test_the_mark_of_another_s_session_and_a_form_from_another_site_are_refused(
    operator: Operator, client: Client
) -> None:
    """Even the right mark does not help a form that another site has sent."""
    with Operator(client.server.other_client("other-mark")).log_in() as other:
        theirs = marked(other.get("sandbox"))
    assert operator.http.post("/dashboard/sandbox/clock", data={"form": theirs, "do": "stop"}).status_code == 403
    own = marked(operator.get("sandbox"))
    sent = operator.http.post(
        "/dashboard/sandbox/clock", data={"form": own, "do": "stop"}, headers={"sec-fetch-site": "cross-site"}
    )
    assert sent.status_code == 403
    assert operator.client.own("GET", "/sandbox/clock")["stopped"] is False


def test_whoever_logs_out_is_out(operator: Operator) -> None:
    """The cookie is taken away, and whoever has a copy of it is out as well; other sessions go on."""
    cookie = operator.http.cookies["afluente_dashboard"]
    with Operator(operator.client) as other:
        other.log_in()
        operator.http.post("/dashboard/logout", data={"form": marked(operator.get("connections"))})
        assert operator.http.get("/dashboard/connections").status_code == 303
        operator.http.cookies.set("afluente_dashboard", cookie, domain="127.0.0.1", path="/dashboard")
        assert operator.http.get("/dashboard/connections").headers["location"].startswith("/dashboard/login")
        other.get("connections")


def test_a_token_of_another_kind_opens_no_page(operator: Operator) -> None:
    """An API key is signed by the same server, and is no session."""
    with httpx.Client(
        base_url=operator.client.server.url, cookies={"afluente_dashboard": operator.client.key}
    ) as client:
        assert client.get("/dashboard/connections").status_code == 303


@pytest.mark.parametrize(
    "next", ["https://evil.example/", "//evil.example/", "/\\evil.example", "/pluggy", "/dashboard//e"]
)
def test_a_login_leads_nowhere_but_to_the_dashboard(client: Client, next: str) -> None:
    """Whatever the link to it said."""
    with Operator(client.server.other_client("led")) as operator:
        page = operator.http.get("/dashboard/login", params={"next": next})
        given = {"form": marked(page.text), "id": operator.id, "secret": operator.secret, "next": next}
        answer = operator.http.post("/dashboard/login", data=given)
        assert answer.headers["location"] == "/dashboard/connections"


def test_every_page_may_load_its_own_files_alone_and_stand_in_no_frame(operator: Operator) -> None:
    """No other host, no script or style in the page, and nothing of it is kept."""
    for page in (*PAGES, "nothing", "connections/nobody", "connections?after=nonsense", "login", "webhooks/replay"):
        answer = operator.http.get(f"/dashboard/{page}")
        assert answer.status_code in (200, 400, 404, 405), page
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["cache-control"] == "no-store"
        assert "access-control-allow-origin" not in answer.headers
        assert not re.search(r'(?:src|href|action)="(?:https?:)?//', answer.text)
        assert (
            "<style" not in answer.text
            and " style=" not in answer.text
            and not re.search(r"<script(?! src)", answer.text)
        )
