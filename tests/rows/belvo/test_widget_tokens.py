"""The API that the widget uses: tokens that end, what they open, and the choice of institutions."""

from __future__ import annotations

import pytest

from tests.belvo import Belvo

WIDGET = "read_institutions,write_links"
EXPIRED = ("Sessão expirada", "Sua sessão expirou, atualize a página e tente vincular sua conta novamente.")


@pytest.mark.row("belvo.token_not_valid")
@pytest.mark.row("belvo.rule.widget-token-60-min")
def test_a_widget_token_lasts_sixty_minutes(belvo: Belvo) -> None:
    """A second before it is good for everything, then for nothing: the call that comes too late is not attempted."""
    belvo.sandbox.advance("PT0S")
    widget = belvo.widget(scopes=WIDGET)
    assert widget.get("/api/institutions/")["count"] > 0
    belvo.sandbox.advance("PT59M59S")
    assert widget.link()["status"] == "valid"
    belvo.sandbox.advance("PT1S")
    count = belvo.get("/api/links/")["count"]
    answer = widget.try_link()
    assert widget.in_widget(answer) == EXPIRED
    assert widget.refusal(answer, 401)["code"] == "token_not_valid"
    assert widget.refusal(widget.call("GET", "/api/institutions/"), 401)["code"] == "token_not_valid"
    assert belvo.get("/api/links/")["count"] == count


@pytest.mark.row("belvo.token_not_valid")
def test_a_token_that_never_was_is_not_valid_either(belvo: Belvo) -> None:
    """Neither a made-up token nor the one that is there for refreshing opens anything."""
    for access in ("made-up", belvo.tokens(scopes=WIDGET)["refresh"]):
        stranger = Belvo(belvo.sandbox, access)
        entry = stranger.refusal(stranger.call("GET", "/api/institutions/"), 401)
        assert entry["code"] == "token_not_valid"


@pytest.mark.row("belvo.rule.widget-token-60-min")
def test_an_open_widget_refreshes_its_token(alone: Belvo) -> None:
    """The refresh token makes another access token for the same scopes, which lasts sixty minutes from then on."""
    alone.sandbox.advance("PT0S")
    tokens = alone.tokens(scopes="read_institutions")
    alone.sandbox.advance("PT1H")
    answer = alone.sandbox.http.post("/belvo/api/token/refresh/", json={"refresh": tokens["refresh"]})
    assert answer.status_code == 200, answer.text
    widget = Belvo(alone.sandbox, answer.json()["access"])
    assert widget.get("/api/institutions/")["count"] > 0
    assert widget.refusal(widget.try_link(), 403)["code"] == "permission_denied"
    alone.sandbox.advance("PT59M59S")
    assert widget.get("/api/institutions/")["count"] > 0
    alone.sandbox.advance("PT1S")
    assert widget.refusal(widget.call("GET", "/api/institutions/"), 401)["code"] == "token_not_valid"


@pytest.mark.row("belvo.rule.widget-token-60-min")
def test_an_access_token_refreshes_nothing(belvo: Belvo) -> None:
    """Only the refresh token does, and only while it lasts."""
    tokens = belvo.tokens(scopes=WIDGET)
    answer = belvo.sandbox.http.post("/belvo/api/token/refresh/", json={"refresh": tokens["access"]})
    assert belvo.refusal(answer, 401)["code"] == "token_not_valid"
    belvo.sandbox.advance("P2D")
    answer = belvo.sandbox.http.post("/belvo/api/token/refresh/", json={"refresh": tokens["refresh"]})
    assert belvo.refusal(answer, 401)["code"] == "token_not_valid"
    belvo.sandbox.key = belvo.sandbox.authenticate(*belvo.sandbox.keys)


@pytest.mark.row("belvo.rule.widget-institution-filter")
def test_the_widget_is_given_the_institutions_that_are_named_and_no_other(belvo: Belvo) -> None:
    """Its own token lists them by name, whatever else there is."""
    widget = belvo.widget(scopes=WIDGET)
    names = {"erebor_mx_retail", "heimdall_br_retail", "tatooine_cl_fiscal"}
    every = {one["name"] for one in widget.get("/api/institutions/", page_size=1000)["results"]}
    assert names < every
    shown = widget.get("/api/institutions/", name__in=",".join(sorted(names)))
    assert ({one["name"] for one in shown["results"]}, shown["count"]) == (names, 3)
    assert widget.get("/api/institutions/", name="erebor_mx_retail")["count"] == 1
    assert widget.get("/api/institutions/", name="nowhere_mx_retail")["results"] == []
