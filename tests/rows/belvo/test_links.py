"""The life of a link: tokens, failures that add up, new credentials, credentials that are not sent again."""

from __future__ import annotations

import httpx
import pytest

from tests.belvo import ASKING_BANK, BANK, Belvo, new_password, newcomer

ASKED = {"code": "token_required", "message": "A MFA token is required by the institution to login"}
INVALID = {
    "code": "invalid_link",
    "message": "The link has been invalidated. You may need to update link credentials",
}
WRONG = {"code": "login_error", "message": "Invalid credentials provided to login to the institution"}
NOT_ATTEMPTED = {"code": "login_error", "message": "Login not attempted due to invalid credentials"}


def logged(belvo: Belvo, answer: httpx.Response) -> str:
    """Return what the log of calls says happened, whatever the wire's one code for it."""
    found: str = belvo.sandbox.own("GET", f"/requests/{answer.headers['x-request-id']}")["meaning"]
    return found


@pytest.mark.row("belvo.token_required")
@pytest.mark.parametrize(
    ("username", "password", "kind", "value", "typed"),
    [
        ("mfa_default", "pass_valid", "text", None, True),
        ("mfa_numeric", "numeric_code", "numeric", "12345", True),
        ("mfa_qr", "qr_code", "qr", "afluente-sandbox://token/5c1e", False),
    ],
)
def test_a_bank_that_asks_for_a_token_is_answered_in_the_session(
    belvo: Belvo, username: str, password: str, kind: str, value: str | None, typed: bool
) -> None:
    """The 428 carries session, link and how the token is made; the right token ends it, and the link is valid."""
    belvo.clear("heimdall_co_retail")
    belvo.sandbox.advance("PT0S")
    answer = belvo.try_link("heimdall_co_retail", username, password=password)
    entry = belvo.refusal(answer, 428)
    made = entry["token_generation_data"]
    assert {name: entry[name] for name in ASKED} == ASKED
    assert (made["type"], made["value"], made["expects_user_input"]) == (kind, value, typed)
    assert len(entry["session"]) == 32 and entry["expiry"] == 600
    assert belvo.status(entry["link"]) == "unconfirmed"
    answer = belvo.resume(entry, "111111")
    assert answer.status_code in (200, 201), answer.text
    assert (answer.json()["id"], answer.json()["status"]) == (entry["link"], "valid")


@pytest.mark.row("belvo.token_required")
def test_a_wrong_token_is_asked_for_again_and_a_late_one_is_too_late(belvo: Belvo) -> None:
    """A wrong token opens another session of the same link; a session that is over says so."""
    first = belvo.try_link(ASKING_BANK)
    asked = belvo.refusal(first, 428)
    second = belvo.resume(asked, "999999")
    again = belvo.refusal(second, 428)
    assert {name: again[name] for name in ASKED} == ASKED
    assert [logged(belvo, answer) for answer in (first, second)] == ["mfa.asked", "mfa.wrong"]
    assert again["link"] == asked["link"] and again["session"] != asked["session"]
    assert belvo.refusal(belvo.resume(asked, "111111"), 400)["code"] == "session_expired"
    belvo.sandbox.advance("PT11M")
    assert belvo.refusal(belvo.resume(again, "111111"), 400)["code"] == "session_expired"


@pytest.mark.row("belvo.token_required")
def test_a_wrong_token_that_came_along_is_asked_for_in_a_session(alone: Belvo) -> None:
    """When a link is made, when data is asked for, when credentials change: the right token ends each of them."""
    first = alone.try_link(ASKING_BANK, token="999999")
    asked = alone.refusal(first, 428)
    link = alone.resume(asked, "111111").json()
    assert (link["id"], link["status"]) == (asked["link"], "valid")
    second = alone.ask(link["id"], token="999999")
    assert [logged(alone, each) for each in (first, second)] == ["mfa.wrong", "mfa.wrong"]
    asked = alone.refusal(second, 428)
    answer = alone.resume(asked, "111111", "accounts")
    assert answer.status_code in (200, 201) and answer.json(), answer.text
    body = {"password": new_password(), "token": "999999"}
    asked = alone.refusal(alone.call("PUT", f"/api/links/{link['id']}/", json=body), 428)
    assert alone.resume(asked, "111111").json()["status"] == "valid"
    assert alone.get("/api/links/")["count"] == 1


@pytest.mark.row("belvo.token_required")
def test_whose_session_is_over_may_begin_again(belvo: Belvo) -> None:
    """As long as it lasts the link is there already; afterwards the same credentials are asked for a token anew."""
    given = {"institution": ASKING_BANK, "username": newcomer(), "password": new_password()}
    belvo.sandbox.advance("PT0S")
    belvo.refusal(belvo.call("POST", "/api/links/", json=given), 428)
    assert belvo.refusal(belvo.call("POST", "/api/links/", json=given), 400)["code"] == "duplicated"
    belvo.sandbox.advance("PT11M")
    asked = belvo.refusal(belvo.call("POST", "/api/links/", json=given), 428)
    assert belvo.resume(asked, "111111").json()["status"] == "valid"
    assert belvo.refusal(belvo.call("POST", "/api/links/", json=given), 400)["code"] == "duplicated"


@pytest.mark.row("belvo.token_required")
def test_a_valid_link_whose_bank_asks_again_answers_on_the_resource_that_was_asked_for(belvo: Belvo) -> None:
    """The link is `token_required` until its token comes, and then the data does."""
    link = belvo.link(ASKING_BANK, token="111111")
    asked = belvo.refusal(belvo.ask(link["id"]), 428)
    assert {name: asked[name] for name in ASKED} == ASKED
    assert (asked["link"], belvo.status(link["id"])) == (link["id"], "token_required")
    answer = belvo.resume(asked, "111111", "accounts")
    assert answer.status_code in (200, 201), answer.text
    assert {account["link"] for account in answer.json()} == {link["id"]}
    assert belvo.status(link["id"]) == "valid"


@pytest.mark.row("belvo.rule.unconfirmed-becomes-valid")
def test_a_valid_token_in_update_mode_makes_an_unconfirmed_link_valid_and_readable(alone: Belvo) -> None:
    """The widget that is opened for the link asks for new credentials, is asked for the token, and hands it over."""
    asked = alone.refusal(alone.try_link(ASKING_BANK), 428)
    alone.sandbox.advance("PT15M")
    assert alone.refusal(alone.ask(asked["link"]), 400)["code"] == "unconfirmed_link"
    widget = alone.widget(asked["link"])
    body = {"password": new_password()}
    again = widget.refusal(widget.call("PUT", f"/api/links/{asked['link']}/", json=body), 428)
    assert again["link"] == asked["link"]
    answer = widget.resume(again, "111111")
    assert (answer.status_code, answer.json()["status"]) == (200, "valid")
    assert alone.status(asked["link"]) == "valid"
    assert alone.ask(asked["link"], token="111111").status_code == 201


@pytest.mark.row("belvo.invalid_link")
@pytest.mark.row("belvo.rule.invalid-after-6-failed-posts")
def test_six_failed_posts_make_a_link_invalid_and_new_credentials_make_it_valid(alone: Belvo) -> None:
    """Five leave it valid; from the sixth on nothing is asked of the institution until credentials come."""
    link = alone.link()
    for number in range(1, 7):
        assert alone.status(link["id"]) == "valid", number
        alone.sandbox.arm("unexpected", operation="login")
        assert alone.refusal(alone.ask(link["id"]), 500)["code"] == "unexpected_error"
    assert alone.status(link["id"]) == "invalid"
    for resource in ("accounts", "owners"):
        answer = alone.ask(link["id"], resource)
        assert alone.in_widget(answer) is None
        assert alone.refusal(answer, 400) == INVALID
    answer = alone.call("PUT", f"/api/links/{link['id']}/", json={"password": new_password()})
    assert (answer.status_code, answer.json()["id"], answer.json()["status"]) == (200, link["id"], "valid")
    assert alone.ask(link["id"]).status_code == 201


@pytest.mark.row("belvo.rule.invalid-after-6-failed-posts")
def test_failed_posts_are_counted_in_a_row(belvo: Belvo) -> None:
    """A call that succeeds forgives those before it; what the institution does not have is no failure of the link."""
    link = belvo.link()
    for _ in range(2):
        belvo.sandbox.arm("institution.unavailable", operation="login", times=5)
        for _ in range(5):
            assert belvo.refusal(belvo.ask(link["id"]), 400)["code"] == "institution_unavailable"
        assert belvo.ask(link["id"], "tax-status").status_code == 400
        assert belvo.status(link["id"]) == "valid"
        assert belvo.ask(link["id"]).status_code == 201


@pytest.mark.row("belvo.rule.update-mode-reconfirms")
def test_the_update_mode_takes_new_credentials_for_its_link_and_no_other(belvo: Belvo) -> None:
    """The widget's own token is enough; the link keeps its id, and wrong credentials leave it as it was."""
    link, other = belvo.link(), belvo.link()
    widget = belvo.widget(link["id"])
    answer = widget.call("PUT", f"/api/links/{link['id']}/", json={"password": "pass_invalid_1"})
    assert widget.refusal(answer, 400) == WRONG
    answer = widget.call("PUT", f"/api/links/{link['id']}/", json={"password": new_password()})
    assert (answer.status_code, answer.json()["id"], answer.json()["status"]) == (200, link["id"], "valid")
    assert belvo.ask(link["id"]).status_code == 201
    answer = widget.call("PUT", f"/api/links/{other['id']}/", json={"password": new_password()})
    assert answer.status_code in (403, 404), answer.text


@pytest.mark.row("belvo.login_error.not-attempted")
@pytest.mark.row("belvo.rule.refused-credentials-not-resent")
def test_credentials_that_were_refused_are_not_sent_again_when_a_link_is_made(alone: Belvo) -> None:
    """What is armed at the institution does not strike, for nobody asks it; other credentials are sent."""
    given = {"institution": "erebor_br_retail", "username": newcomer(), "password": "pass_invalid"}
    assert alone.refusal(alone.call("POST", "/api/links/", json=given), 400) == WRONG
    alone.sandbox.arm("institution.unavailable", operation="login")
    for _ in range(2):
        answer = alone.call("POST", "/api/links/", json=given)
        assert alone.in_widget(answer) is None
        assert alone.refusal(answer, 400) == NOT_ATTEMPTED
    other = {**given, "password": "right"}
    answer = alone.call("POST", "/api/links/", json=other)
    assert alone.refusal(answer, 400)["code"] == "institution_unavailable"
    assert alone.call("POST", "/api/links/", json=other).status_code == 201


@pytest.mark.row("belvo.login_error.not-attempted")
@pytest.mark.row("belvo.rule.refused-credentials-not-resent")
def test_credentials_of_a_link_that_were_refused_are_not_sent_again(belvo: Belvo) -> None:
    """A link whose login was refused is not tried again with what was refused, whatever is asked for."""
    link = belvo.link()
    belvo.sandbox.arm("login.credentials", operation="login")
    assert belvo.refusal(belvo.ask(link["id"]), 400) == WRONG
    belvo.sandbox.arm("institution.unavailable", operation="login")
    assert belvo.refusal(belvo.ask(link["id"]), 400) == NOT_ATTEMPTED
    assert belvo.refusal(belvo.ask(link["id"], "owners"), 400) == NOT_ATTEMPTED
    assert len(belvo.sandbox.own("GET", "/sandbox/faults")["faults"]) == 1
    belvo.sandbox.own("DELETE", "/sandbox/faults")
    answer = belvo.call("PUT", f"/api/links/{link['id']}/", json={"password": new_password()})
    assert (answer.status_code, answer.json()["status"]) == (200, "valid")
    assert belvo.ask(link["id"]).status_code == 201


@pytest.mark.row("belvo.activation_required")
@pytest.mark.row("belvo.rule.activation-flow")
def test_an_account_without_online_banking_is_activated_with_cvv_and_pin(alone: Belvo) -> None:
    """Each is asked for by a 428 of its own; then the link is made, and the next one needs neither."""
    asked = alone.refusal(alone.try_link(BANK, "act_activate", password="mine"), 428)
    told = {"code": "activation_required", "message": "This user doesn't have web access activated yet."}
    assert {name: asked[name] for name in told} == told
    assert "reverso" in asked["token_generation_data"]["instructions"]
    then = alone.refusal(alone.resume(asked, "123"), 428)
    assert {name: then[name] for name in told} == told
    assert "PIN" in then["token_generation_data"]["instructions"]
    assert (then["link"], then["session"] != asked["session"]) == (asked["link"], True)
    answer = alone.resume(then, "1234")
    assert (answer.status_code, answer.json()["status"]) == (200, "valid")
    assert alone.ask(asked["link"]).status_code == 201
    assert alone.call("DELETE", f"/api/links/{asked['link']}/").status_code == 204
    assert alone.link(BANK, "act_activate", password="mine")["status"] == "valid"


@pytest.mark.row("belvo.rule.activation-flow")
def test_the_widget_hands_over_cvv_and_pin_together(belvo: Belvo) -> None:
    """One form asks for both; its token is that of a new link's widget."""
    belvo.clear("gotham_co_business")
    widget = belvo.widget(scopes="read_institutions,write_links")
    asked = widget.refusal(widget.try_link("gotham_co_business", "act_activate"), 428)
    body = {"session": asked["session"], "link": asked["link"], "cvv": "123", "pin": "1234"}
    answer = widget.call("PATCH", "/api/links/", json=body)
    assert (answer.status_code, answer.json()["status"]) == (200, "valid")


@pytest.mark.row("belvo.activation_failed")
@pytest.mark.row("belvo.rule.activation-flow")
@pytest.mark.parametrize(("cvv", "pin"), [("999", "1234"), ("123", "9999")])
def test_a_wrong_pair_of_cvv_and_pin_fails_and_the_same_credentials_may_come_again(
    alone: Belvo, cvv: str, pin: str
) -> None:
    """The bank has refused the pair, not the user: the flow begins anew with the credentials that there are."""
    asked = alone.refusal(alone.try_link(BANK, "act_activate", password="mine"), 428)
    then = alone.refusal(alone.resume(asked, cvv), 428)
    assert alone.refusal(alone.resume(then, pin), 400) == {
        "code": "activation_failed",
        "message": "The credentials provided were not accepted by the institution."
        " Please verify CVV and PIN are correct.",
    }
    asked = alone.refusal(alone.try_link(BANK, "act_activate", password="mine"), 428)
    answer = alone.resume(alone.refusal(alone.resume(asked, "123"), 428), "1234")
    assert (answer.status_code, answer.json()["status"]) == (200, "valid")


@pytest.mark.row("belvo.token_required")
def test_the_session_alone_says_which_of_several_links_goes_on(belvo: Belvo) -> None:
    """Where two links wait at once, of whatever kind their token is, each goes on by its own session."""
    belvo.clear("heimdall_co_retail")
    belvo.sandbox.advance("PT0S")
    kinds = {"mfa_default": "pass_valid", "mfa_numeric": "numeric_code", "mfa_qr": "qr_code"}
    asked = [
        belvo.refusal(belvo.try_link("heimdall_co_retail", username, password=password), 428)
        for username, password in kinds.items()
    ]
    for entry in asked:
        answer = belvo.call("PATCH", "/api/links/", json={"session": entry["session"], "token": "111111"})
        assert (answer.status_code, answer.json()["id"], answer.json()["status"]) == (200, entry["link"], "valid")
