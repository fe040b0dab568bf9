"""Who may call what: every path with keys that are missing, malformed, over, too narrow, or another application's."""

from __future__ import annotations

import base64
import os

import pytest

from afluente.core.clock import DAY, RealClock
from afluente.dialects.belvo.api import ROUTES
from afluente.security.tokens import Tokens
from tests.belvo import UPDATE_MODE, Belvo
from tests.hardening.belvo.aiming import EVERY, GUARDED, LISTS, aimed, basic, codes, is_refusal, nameless
from tests.hardening.ground import NOBODYS, Ground, Rows
from tests.hardening.test_bodies import NO_IDS

SCOPED = [(verb, path, access) for verb, path, access in EVERY if access not in ("open", "client")]
"""What a widget may call."""

COMMON = "/api/institutions/"
"""What is the same for every application."""

OF_AN_ID = [(verb, path) for verb, path in GUARDED if "{id}" in path and not path.startswith(COMMON)]
VERBS = ("GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "HEAD")


def bad_headers(ground: Ground) -> dict[str, str]:
    """Return what is no HTTP Basic of ours, by what is wrong with it."""
    id, secret = ground.client.keys
    right = basic(id, secret).partition(" ")[2]
    return {
        "empty": "",
        "no value": "Basic",
        "no base64": "Basic !!!!",
        "letters beyond ASCII": "Basic \xff\xfe",
        "cut": f"Basic {right[:-3]}",
        "twice": f"Basic {right}{right}",
        "no text": f"Basic {base64.b64encode(bytes([255, 254, 58, 128])).decode()}",
        "no colon": f"Basic {base64.b64encode(id.encode()).decode()}",
        "nothing in it": "Basic Og==",
        "no secret": basic(id, ""),
        "no id": basic("", secret),
        "null byte in the id": basic(f"{id}\0", secret),
        "null byte in the secret": basic(id, f"{secret}\0"),
        "half a secret": basic(id, secret[:-1]),
        "another's secret": basic(id, ground.other.keys[1]),
        "nobody's id": basic(NOBODYS, secret),
        "no uuid": basic("' OR 1=1 --", secret),
        "long": basic(id, "x" * 10_000),
        "digest": f"Digest {right}",
        "unknown scheme": f"Token {right}",
        "no scheme": right,
    }


def test_no_path_is_open_to_nobody(ground: Ground, unchanged: Rows) -> None:
    """Without a header every guarded path answers 401, in the same words."""
    for verb, path in GUARDED:
        answer = ground.client.http.request(verb, f"/belvo{aimed(ground, path)}", json={})
        assert is_refusal(answer, 401) is None, path
        assert codes(answer) == ["authentication_failed"], path


def test_every_guarded_path_refuses_every_bad_header(ground: Ground, unchanged: Rows) -> None:
    """What is wrong with it makes no difference to what is said."""
    said = set()
    for what, header in bad_headers(ground).items():
        # what costs a hash to refuse is tried on few paths, what is refused before on all
        for verb, path in GUARDED if "secret" not in what else GUARDED[:3]:
            headers = {b"authorization": header.encode("latin-1")}
            answer = ground.client.http.request(verb, f"/belvo{aimed(ground, path)}", headers=headers, json={})
            assert is_refusal(answer, 401) is None, (what, path)
            said.add(str(nameless(answer)))
    assert len(said) == 1


def bad_tokens(ground: Ground) -> dict[str, str]:
    """Return what is no widget's access token, by what is wrong with it."""
    good = Belvo(ground.client).tokens()
    head, claims, signature = good["access"].split(".")
    application, now = ground.client.keys[0], RealClock().now()
    return {
        "nonsense": "nonsense",
        "dots": "..",
        "letters beyond ASCII": "\xff\xfe",
        "no signature": f"{head}.{claims}.",
        "cut": f"{head}.{claims}.{signature[:-4]}",
        "refresh token": good["refresh"],
        "foreign": Tokens(os.urandom(32)).issue(application, "belvo-access", now, DAY),
        "Pluggy's key": ground.client.key,
        "Pluggy's connect token": ground.client.call("POST", "/connect_token").json()["accessToken"],
    }


def test_no_token_but_a_widgets_opens_anything(ground: Ground, unchanged: Rows) -> None:
    """Neither one that we did not sign nor one that we signed for something else."""
    for what, token in bad_tokens(ground).items():
        for verb, path in GUARDED:
            headers = {b"authorization": f"Bearer {token}".encode("latin-1")}
            answer = ground.client.http.request(verb, f"/belvo{aimed(ground, path)}", headers=headers, json={})
            assert is_refusal(answer, 401) is None, (what, path)
        if what != "refresh token":
            answer = ground.client.http.post("/belvo/api/token/refresh/", json={"refresh": token})
            assert is_refusal(answer, 401) is None, what
            assert codes(answer) == ["token_not_valid"], what


def test_a_widgets_token_opens_nothing_but_its_scopes(ground: Ground, belvo: Belvo, unchanged: Rows) -> None:
    """Whoever sits before a widget holds its token, and could send it anywhere."""
    widget = belvo.widget()
    for verb, path in GUARDED:
        if (verb, path) not in {(verb, path) for verb, path, _ in SCOPED}:
            assert is_refusal(widget.call(verb, aimed(ground, path), json={}), 401) is None, path
    for scopes in ("nothing", "read_institutions "):
        narrow = belvo.widget(scopes=scopes)
        for verb, path, access in SCOPED:
            if access not in scopes:
                answer = narrow.call(verb, aimed(ground, path), json={})
                assert is_refusal(answer, 403) is None, path
                assert codes(answer) == ["permission_denied"]


def test_a_widgets_token_reaches_no_link_but_its_own(ground: Ground, belvo: Belvo, unchanged: Rows) -> None:
    """A token for the update of one link finds no other."""
    widget = belvo.widget(ground.ids["spare"], UPDATE_MODE)
    for verb in ("GET", "PATCH", "PUT"):
        answer = widget.call(verb, f"/api/links/{ground.ids['bank']}/", json={"password": "x"})
        assert is_refusal(answer, 404) is None, verb
    body = {"session": ground.ids["session"], "link": ground.ids["asking"], "token": "111111"}
    assert is_refusal(widget.call("PATCH", "/api/links/", json=body), 404) is None
    assert widget.call("GET", f"/api/links/{ground.ids['spare']}/").status_code == 200


def test_a_widgets_token_is_over_when_its_time_is(ground: Ground, belvo: Belvo) -> None:
    """After its hour it opens nothing that it opened, and the keys still open everything."""
    try:
        belvo.sandbox.advance("PT0S")
        widget = belvo.widget()
        assert widget.call("GET", "/api/institutions/").status_code == 200
        belvo.sandbox.advance("PT1H")
        for verb, path, _ in SCOPED:
            answer = widget.call(verb, aimed(ground, path), json={})
            assert is_refusal(answer, 401) is None, path
            assert codes(answer) == ["token_not_valid"], path
        assert belvo.call("GET", "/api/links/").status_code == 200
    finally:
        belvo.sandbox.own("DELETE", "/sandbox/clock")


@pytest.mark.parametrize(("verb", "path"), OF_AN_ID)
def test_another_application_finds_nothing_of_ours(
    ground: Ground, other: Belvo, unchanged: Rows, verb: str, path: str
) -> None:
    """What another has is answered as what nobody has, so that ids tell nothing."""
    theirs = other.call(verb, aimed(ground, path), json={})
    nobodys = other.call(verb, aimed(ground, path, NOBODYS), json={})
    assert is_refusal(theirs, 404) is None
    assert codes(theirs) == ["not_found"]
    assert nameless(theirs) == nameless(nobodys)


def test_another_application_lists_and_asks_nothing_of_ours(ground: Ground, other: Belvo, unchanged: Rows) -> None:
    """Lists of our links are empty there, retrievals name a link that is not there, and sessions are nobody's."""
    bank = ground.ids["bank"]
    for path in LISTS:
        if path != COMMON:
            assert other.get(path, link=bank, user_document="76109277673")["results"] == [], path
    for verb, path in GUARDED:
        if verb == "POST" and path in LISTS and path != "/api/links/":
            theirs = other.call("POST", path, json={"link": bank, **_SPANS})
            assert is_refusal(theirs, 400) is None, path
            nobodys = other.call("POST", path, json={"link": NOBODYS, **_SPANS})
            assert str(nameless(theirs)).replace(bank, NOBODYS) == str(nameless(nobodys)), path
    session = {"session": ground.ids["session"], "token": "111111"}
    for body in (session, {**session, "link": ground.ids["asking"]}):
        assert is_refusal(other.call("PATCH", "/api/links/", json=body)) is None
    assert is_refusal(other.call("POST", "/api/token/", json={"link_id": bank}), 404) is None


_SPANS = {"date_from": "2026-01-01", "date_to": "2026-02-01", "year_from": "2025", "year_to": "2026",
          "year": "2026", "month": "1", "account": NOBODYS, "type": None}  # fmt: skip


@pytest.mark.parametrize("id", [id for id in NO_IDS if id != ".."])
def test_malformed_ids_in_paths_are_not_found(ground: Ground, belvo: Belvo, unchanged: Rows, id: str) -> None:
    """Every id in every path; two dots are left out, which a client makes another path of."""
    for path, verbs in ROUTES:
        for verb in verbs if "{id}" in path else ():
            answer = belvo.call(verb, path.replace("{id}", id), json={})
            assert is_refusal(answer, 404) is None, (verb, path)
            assert codes(answer) == ["not_found"]


def test_unknown_ids_in_paths_are_not_found(ground: Ground, belvo: Belvo, unchanged: Rows) -> None:
    """With and without the last slash; for institutions a number that no institution has."""
    for path, verbs in ROUTES:
        id = "987654321" if path.startswith(COMMON) else NOBODYS
        for verb in verbs if "{id}" in path else ():
            for address in (path.replace("{id}", id), path.replace("{id}", id).rstrip("/")):
                answer = belvo.call(verb, address, json={})
                assert is_refusal(answer, 404) is None, (verb, address)


def test_verbs_that_a_path_does_not_have_are_not_allowed(ground: Ground, belvo: Belvo, unchanged: Rows) -> None:
    """Each path with each verb that it has not, and no path at all."""
    for path, verbs in ROUTES:
        for verb in VERBS:
            if verb in verbs:
                continue
            answer = belvo.call(verb, aimed(ground, path), json={})
            assert answer.status_code == 405, (verb, path)
            if verb != "HEAD":  # an answer to it has no body
                assert is_refusal(answer, 405) is None, (verb, path)
                assert codes(answer) == ["method_not_allowed"], (verb, path)
    for verb in VERBS[:5]:
        for nowhere in ("/openfinance/", "/nowhere/", "/api/nowhere/", "/api/links/x/y/", "/api/%00/", "/api/é/"):
            assert is_refusal(belvo.call(verb, nowhere), 404) is None, (verb, nowhere)


def test_nothing_of_all_this_broke_a_handler(ground: Ground) -> None:
    """The log of this module's server has refusals in it and no exception."""
    assert '"level":"error"' not in ground.server.log.read_text()
