"""The connect page in Flinks' manner: a frame with parameters, a message for each step, the ways back."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from tests.browser.visiting import Host, Visitor
from tests.server import Client

FILES = Path(__file__).parents[1] / "connectors/statements/files"
_pages = itertools.count(1)


def framed(page: Any, client: Client, host: Host, path: str = "/v2/", **query: str) -> Visitor:
    """Open a host page with the widget in a frame; it keeps what is posted to it."""
    address = "&".join(f"{name}={quote(value, safe='')}" for name, value in {"demo": "true", **query}.items())
    place = f"/frame-{next(_pages)}"
    host.pages[place] = f"""<!doctype html><html lang="en"><title>Shop</title><body><script>window.told = [];
    addEventListener("message", (event) => told.push([event.origin, event.data]));</script>
    <iframe title="Flinks" width="350" height="680" src="{client.server.url}/flinks{path}?{address}"></iframe>"""
    page.goto(f"{host.url}{place}")
    return Visitor(page, page.frame_locator("iframe"))


def steps(page: Any, origin: str) -> list[dict[str, Any]]:
    """Return what was posted from an origin."""
    return [data for sender, data in page.evaluate("told") if sender == origin]


def log_in(visitor: Visitor, user: str) -> None:
    """Choose the demonstration's bank and send a login."""
    visitor.press("Agree and")
    visitor.at("institutions")
    visitor.press("FlinksCapital Canada")
    visitor.at("login")
    visitor.type(username=user, password="Everyday")
    visitor.press("Log in")


def test_steps_are_posted_in_their_order_and_the_redirect_is_complete(
    page: Any, client: Client, host: Host, shot: Any
) -> None:
    """A run with a question and a choice of accounts posts each step, and REDIRECT's url has all that the end has."""
    home = f"{host.url}/done"
    options = {"redirectUrl": home, "innerRedirect": "true", "accountSelectorEnable": "true", "tag": "shop-7"}
    visitor = framed(page, client, host, **options)
    log_in(visitor, "test_multiple_choice")
    visitor.at("asked")
    shot(page, "flinks-question")
    visitor.on.get_by_label("Toronto").check()
    visitor.press("Send")
    visitor.at("accounts")
    shot(page, "flinks-accounts")
    assert visitor.on.locator(".amount").first.inner_text() == "49,993.96 CAD"
    visitor.on.locator("input[type=radio]").first.check()
    visitor.press("Continue")
    page.frame_locator("iframe").get_by_role("heading", name="Back").wait_for()
    told = steps(page, client.server.url)
    assert [one["step"] for one in told] == [
        "APP_MOUNTED",
        "COMPONENT_LOAD_CONSENT",
        "COMPONENT_ACCEPT_CONSENT",
        "COMPONENT_LOAD_INSTITUTION_SELECTOR",
        "INSTITUTION_SELECTED",
        "COMPONENT_LOAD_CREDENTIAL",
        "SUBMIT_CREDENTIAL",
        "COMPONENT_LOAD_MFA",
        "SUBMIT_MFA",
        "COMPONENT_LOAD_ACCOUNT_SELECTION",
        "ACCOUNT_SELECTED",
        "REDIRECT",
    ]
    last = told[-1]
    query = {name: values[0] for name, values in parse_qs(urlsplit(last["url"]).query).items()}
    assert last["url"].startswith(home)
    assert query == {
        "loginId": last["loginId"],
        "requestId": last["requestId"],
        "accountId": last["accountId"],
        "tag": "shop-7",
        "institution": "FlinksCapital",
        "demo": "true",
    }
    assert told[7]["mfaTypes"] == ["MultipleChoice"]


@pytest.mark.parametrize(
    ("user", "kind"),
    [
        ("Greatday", "text"),
        ("test_multiple_answers", "several"),
        ("test_image_selection", "pictures"),
        ("test_text_or_call", "telephone"),
        ("test_two_questions", "together"),
    ],
)
def test_every_kind_of_question_can_be_answered(
    page: Any, client: Client, host: Host, shot: Any, user: str, kind: str
) -> None:
    """Texts, several choices, pictures, a telephone with its way, and questions shown together."""
    visitor = framed(page, client, host)
    log_in(visitor, user)
    visitor.at("asked")
    shot(page, f"flinks-{kind}")
    match kind:
        case "several":
            visitor.on.get_by_label("Chequing").check()
            visitor.on.get_by_label("Savings").check()
        case "pictures":
            assert visitor.on.locator(".choice img").count() == 4
            visitor.on.locator("input[type=radio]").nth(1).check()
        case "telephone":
            visitor.on.locator("input[name=answer-0]").first.check()
            visitor.on.get_by_label("By phone call").check()
            visitor.press("Send")
            visitor.on.locator("#answer-0").fill("123456")
        case _:
            for number in range(visitor.on.locator(".field").count()):
                asked = visitor.on.locator(".field").nth(number).inner_text()
                said = {"city": "Montreal", "country": "Canada", "shape": "Triangle"}
                visitor.on.locator(f"#answer-{number}").fill(next(v for k, v in said.items() if k in asked))
    visitor.press("Send")
    visitor.at("result")


def test_messages_are_texts_where_that_is_asked_for(page: Any, client: Client, host: Host) -> None:
    """With `stringify` each message is JSON text."""
    visitor = framed(page, client, host, stringify="true")
    visitor.at("consent")
    assert '{"step":"APP_MOUNTED"}' in steps(page, client.server.url)


def test_the_whole_window_goes_where_the_redirect_leads(page: Any, client: Client, host: Host) -> None:
    """Without `innerRedirect` the page around the frame is left for the address."""
    visitor = framed(page, client, host, redirectUrl=f"{host.url}/whole")
    log_in(visitor, "Greatday_nomfa")
    page.wait_for_url(f"{host.url}/whole?**")
    assert "loginId=" in page.url


def test_with_js_redirect_nothing_is_navigated(page: Any, client: Client, host: Host) -> None:
    """`jsRedirect` leaves it to the page around: REDIRECT is posted, and the result stays in view."""
    visitor = framed(page, client, host, redirectUrl=f"{host.url}/never", jsRedirect="true")
    log_in(visitor, "Greatday_nomfa")
    visitor.at("result")
    assert steps(page, client.server.url)[-1]["step"] == "REDIRECT"
    assert "/frame-" in page.url


def test_an_error_is_posted_with_its_code(page: Any, client: Client, host: Host) -> None:
    """A login that fails posts the FlinksCode as the step, with session and institution."""
    visitor = framed(page, client, host)
    log_in(visitor, "test_disabled_account")
    visitor.at("failure")
    last = steps(page, client.server.url)[-1]
    assert (last["step"], last["flinksCode"], last["institution"]) == ("DISABLED_LOGIN",) * 2 + ("FlinksCapital",)
    assert last["requestId"]


def test_what_the_query_says_of_the_consent_is_shown(page: Any, client: Client, host: Host, shot: Any) -> None:
    """Its title, what it names, and the terms, which are to be accepted with a tick of their own and are told of."""
    options = {
        "customerName": "Maple Loans",
        "consentTitleAppendedText": "to find your best rate",
        "features": "TransactionHistory,AccountNumber",
        "termsUrl": "https://shop.example/terms",
        "closeEnable": "true",
        "backgroundColor": "fff8ee",
        "foregroundColor1": "ffd166",
    }
    visitor = framed(page, client, host, **options)
    visitor.at("consent")
    assert visitor.heading() == "Maple Loans wants to read data from your account to find your best rate"
    assert visitor.on.locator(".ticks li").all_inner_texts() == ["Accounts", "Transactions"]
    agree = visitor.on.get_by_role("button", name="Agree and")
    assert agree.evaluate("one => getComputedStyle(one).color") == "rgb(0, 0, 0)"
    agree.click()
    visitor.on.locator("#terms-fault", has_text="Accept the terms of use to go on.").wait_for()
    shot(page, "flinks-terms")
    visitor.on.get_by_label("I accept the terms").check()
    visitor.press("Agree and")
    visitor.at("institutions")
    visitor.press("Close")
    page.wait_for_function("told.at(-1)[1].step === 'COMPONENT_CLOSE_SESSION'")
    names = [one["step"] for one in steps(page, client.server.url)]
    assert names.index("COMPONENT_ACCEPT_TERMS") < names.index("COMPONENT_ACCEPT_CONSENT")


def test_what_the_query_says_of_the_page_is_heeded(page: Any, client: Client, host: Host, shot: Any) -> None:
    """No way to close unless that is asked for, a list by country, and as many tries as `maximumRetry` leaves."""
    options = {"consentEnable": "false", "institutionFilterEnable": "true", "demo": "false", "maximumRetry": "0"}
    visitor = framed(page, client, host, **options)
    visitor.at("institutions")
    assert not visitor.on.get_by_role("button", name="Close").is_visible()
    everywhere = visitor.on.locator(".list li").count()
    visitor.on.get_by_text("United States", exact=True).click()
    visitor.on.get_by_role("button", name="Chase").first.wait_for()
    visitor.on.get_by_role("button", name="Desjardins").first.wait_for(state="detached")
    assert 0 < visitor.on.locator(".list li").count() < everywhere
    shot(page, "flinks-countries")
    visitor = framed(page, client, host, consentEnable="false", maximumRetry="0", headerEnable="false")
    visitor.at("institutions")
    assert not visitor.on.locator(".bar").is_visible()
    visitor.press("FlinksCapital Canada")
    visitor.at("login")
    visitor.type(username="Greatday_nomfa", password="wrong")
    visitor.press("Log in")
    visitor.at("failure")
    assert visitor.on.locator("[data-place=failure] .actions button").all_inner_texts() == ["Close"]


def test_the_accounts_of_before_are_not_chosen_again(page: Any, client: Client, host: Host) -> None:
    """Of `resumeSelectedAccounts` those that are the card's stand in REDIRECT, and nobody is asked."""
    visitor = framed(page, client, host, accountSelectorEnable="true", accountSelectorMultiple="true")
    log_in(visitor, "Greatday_nomfa")
    visitor.at("accounts")
    first = visitor.on.locator("input[name=account]").first.get_attribute("value")
    card = steps(page, client.server.url)[-1]
    assert card["step"] == "COMPONENT_LOAD_ACCOUNT_SELECTION"
    options = {"accountSelectorEnable": "true", "resumeSelectedAccounts": f"{first},{'0' * 8}"}
    visitor = framed(page, client, host, **options)
    log_in(visitor, "Greatday_nomfa")
    visitor.at("result")
    assert steps(page, client.server.url)[-1]["accountId"] == first


def test_statements_are_sent_where_nobody_logs_in(page: Any, client: Client, host: Host, shot: Any) -> None:
    """On `/v2/Upload` files are read one by one, what cannot be read is told of each, and REDIRECT has the card."""
    good = FILES / "nubank-2024-03.csv"
    visitor = framed(page, client, host, "/v2/Upload", demo="", tag="shop-9", stringify="false")
    visitor.press("Agree and")
    visitor.at("files")
    visitor.press("Send files")
    visitor.on.locator("#file-fault", has_text="Choose at least one file.").wait_for()
    visitor.on.locator("#file").set_input_files([{"name": "notes.pdf", "mimeType": "application/pdf", "buffer": b"-"}])
    visitor.press("Send files")
    visitor.on.get_by_role("heading", name="No statement could be read").wait_for()
    visitor.press("Send other files")
    visitor.at("files")
    visitor.on.locator("#file").set_input_files(
        [
            {"name": good.name, "mimeType": "text/csv", "buffer": good.read_bytes()},
            {"name": "notes.pdf", "mimeType": "application/pdf", "buffer": b"-"},
        ]
    )
    shot(page, "flinks-upload")
    visitor.press("Send files")
    visitor.on.get_by_role("heading", name="Some statements could not be read").wait_for()
    shot(page, "flinks-upload-result")
    assert visitor.on.locator(".ticks li").inner_text().split("\n") == [good.name, "6 transactions"]
    assert "notes.pdf" in visitor.on.locator(".lacks li").inner_text()
    told = steps(page, client.server.url)
    assert told[-1]["step"] == "REDIRECT"
    assert told[-1]["loginId"]
    assert f"loginId={told[-1]['loginId']}" in told[-1]["url"]
    assert "tag=shop-9" in told[-1]["url"]


def test_files_are_taken_of_their_own_page_alone(client: Client) -> None:
    """None without a visit, for a visit that logs in, or from another site; those of their own page are taken."""

    def visit(path: str) -> dict[str, str]:
        opened = client.http.get(f"/flinks/v2{path}?consentEnable=false").text
        return {"visit": opened.partition('name="visit" value="')[2].partition('"')[0]}

    def sent(data: dict[str, str], site: str = "same-origin") -> str:
        file = {"file": ("a.csv", b"Data,Valor\n", "text/csv")}
        return client.http.post("/flinks/connect/files", files=file, data=data, headers={"sec-fetch-site": site}).text

    own = visit("/Upload")
    for refused in (sent({}), sent(visit("/")), sent(own, "cross-site"), sent(own, "same-site")):
        assert 'data-place="nowhere"' in refused
    assert "a.csv" in sent(own)


def test_a_token_opens_the_page_once(page: Any, client: Client, host: Host) -> None:
    """Where tokens are wanted, a used one posts TOKEN_INVALID and shows nothing to do."""
    client.policy(admission="token")
    id, secret = client.keys
    asked = client.http.post(
        f"/flinks/v3/{id}/BankingServices/GenerateAuthorizeToken", headers={"flinks-auth-key": secret}
    )
    token = asked.json()["Token"]
    try:
        framed(page, client, host, authorizeToken=token).at("consent")
        framed(page, client, host, authorizeToken=token).at("nowhere")
    finally:
        client.policy(admission="open")
    page.wait_for_function("told.length > 0")
    assert steps(page, client.server.url) == [{"step": "TOKEN_INVALID"}]


def test_with_demo_outbound_the_login_is_on_the_banks_own_page(
    page: Any, client: Client, host: Host, shot: Any
) -> None:
    """It opens in a window of its own, of which the page around is told, and the page goes on when it is done there."""
    visitor = framed(page, client, host, demo="false", demoOutbound="true")
    visitor.press("Agree and")
    visitor.at("elsewhere")
    shot(page, "flinks-outbound")
    with page.context.expect_page() as opening:
        visitor.on.get_by_role("link", name="Open the page").click()
    bank = opening.value
    assert bank.get_by_role("heading").inner_text() == "FlinksCapital"
    bank.get_by_role("button", name="Allow").click()
    visitor.at("result")
    told = steps(page, client.server.url)
    assert {"step": "POPUP_OPENED"} in told
    assert told[-1]["step"] == "REDIRECT" and "demo=true" in told[-1]["url"]
    assert [one["step"] for one in told if one["step"].startswith("COMPONENT_LOAD_CREDENTIAL")] == []


def test_an_institution_in_the_path_is_chosen_already(page: Any, client: Client, host: Host) -> None:
    """`/v2/Credential/{id}` leads from the consent to that institution's form, in French where that is asked for."""
    visitor = framed(page, client, host, "/v2/Credential/14", language="fr")
    visitor.press("Accepter")
    visitor.at("login")
    assert "FlinksCapital" in visitor.heading()
    assert visitor.on.get_by_label("Mot de passe", exact=True).count() == 1
