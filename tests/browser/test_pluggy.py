"""The connect page in Pluggy's manner: as a page of its own, and as the child of the vendor's own loader."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.browser.visiting import Host, Visitor, connect_token, loader, pace_of
from tests.server import Client

BANK = "Pluggy Bank"


def opened(page: Any, client: Client, token: str = "", **query: str) -> Visitor:
    """Open the page with a token and agree."""
    visitor = at(page, client, token, **query)
    visitor.press("Concordar")
    return visitor


def at(page: Any, client: Client, token: str = "", **query: str) -> Visitor:
    """Open the page with a token."""
    given = {"connect_token": token or connect_token(client), "with_sandbox": "true", **query}
    page.goto(f"{client.server.url}/pluggy/?" + "&".join(f"{name}={value}" for name, value in given.items()))
    return Visitor(page)


def told(page: Any) -> dict[str, str]:
    """Return what the page's address tells."""
    return {name: values[-1] for name, values in parse_qs(urlsplit(page.url).query).items()}


def logged_in(page: Any, client: Client, connector: int, user: str, **more: str) -> Visitor:
    """Log in to a connector as a user of the sandbox."""
    visitor = opened(page, client, connector_ids=str(connector))
    visitor.at("login")
    visitor.type(username=user, password="password-ok", **more)
    visitor.press("Entrar")
    return visitor


def test_a_bank_is_connected_from_the_consent_to_the_result(page: Any, client: Client, shot: Any) -> None:
    """The page shows what will be read, finds the bank, checks the form, tells each product, and ends in a result."""
    visitor = at(page, client)
    visitor.at("consent")
    shot(page, "consent")
    visitor.press("Concordar")
    visitor.at("institutions")
    page.locator("#q").fill("itau")
    page.get_by_text("4 instituições").first.wait_for()
    shot(page, "institutions")
    page.locator("#q").fill(BANK)
    page.get_by_role("button", name=BANK, exact=True).nth(1).click()
    visitor.at("login")
    visitor.type(username="nobody", password="password-ok")
    visitor.press("Entrar")
    page.locator("#field-username-fault").wait_for()
    assert page.locator("#field-username").get_attribute("aria-invalid") == "true"
    page.wait_for_function("document.activeElement.id === 'field-username'")
    shot(page, "login-invalid")
    visitor.type(username="user-ok", password="password-ok")
    visitor.press("Entrar")
    visitor.at("progress")
    shot(page, "progress")
    visitor.at("result")
    shot(page, "result")
    assert "Transações" in visitor.text()
    found = told(page)
    assert found["item_status"] == "UPDATED"
    assert found["events"].startswith("OPEN,SUBMITTED_CONSENT,SELECTED_INSTITUTION,SUBMITTED_LOGIN,LOGIN_SUCCESS")
    assert found["events"].endswith("SUCCESS")
    assert client.get(f"/items/{found['item_id']}")["status"] == "UPDATED"


def test_products_are_told_as_they_are_read(page: Any, client: Client) -> None:
    """While one product is being read, the one before it is done and the one behind it waits."""
    visitor = opened(page, client, connector_ids="2")
    visitor.at("login")
    page.evaluate(
        """() => { window.seen = []; new MutationObserver(() => seen.push(
            [...document.querySelectorAll(".steps li")].map(one => one.className)
        )).observe(document.getElementById("view"), {childList: true, subtree: true}); }"""
    )
    visitor.type(username="user-ok", password="password-ok")
    visitor.press("Entrar")
    visitor.at("result")
    assert any({"done", "doing", "waiting"} <= set(states) for states in page.evaluate("seen"))


def test_what_is_missing_is_told_with_what_would_improve_it(page: Any, client: Client, shot: Any) -> None:
    """A product that failed stands in the result with its sentence, beside those that were read."""
    visitor = logged_in(page, client, 2, "user-ok-account-error")
    visitor.at("result")
    shot(page, "result-partial")
    assert "falta algo" in visitor.heading()
    assert page.locator(".lacks li").filter(has_text="Contas").count() == 1
    assert page.locator(".ticks li").count() > 0


@pytest.mark.parametrize(
    ("connector", "user", "kind", "value"),
    [
        (5, "user-ok", "token", "123456"),
        (5, "user-ok-img", "image", "123456"),
        (5, "user-ok-select", "select", ""),
        (5, "user-ok-phone", "phone", ""),
        (12, "user-ok", "cooperative", ""),
    ],
)
def test_a_question_is_asked_and_answered(
    page: Any, client: Client, shot: Any, connector: int, user: str, kind: str, value: str
) -> None:
    """Tokens, pictures and choices are shown as what they are, and their answers lead to the result."""
    visitor = logged_in(page, client, connector, user)
    visitor.at("asked")
    shot(page, f"mfa-{kind}")
    if kind == "image":
        assert page.locator("img.question").evaluate("image => image.naturalWidth") > 0
    while page.locator("[data-place=asked]").count():
        heard = page.locator("[data-place=asked]").element_handle()
        if page.locator("input[type=radio]").count():
            page.locator("input[type=radio]").first.check()
        else:
            page.locator("#answer-0").fill(value or "123456")
        visitor.press("Enviar")
        heard.wait_for_element_state("hidden")
        page.locator("[data-place=asked], [data-place=progress], [data-place=result]").first.wait_for()
        if page.locator("[data-place=progress], [data-place=result]").count() and kind != "cooperative":
            page.locator("[data-place=asked], [data-place=result]").first.wait_for()
    visitor.at("result")
    assert "SUBMITTED_MFA" in told(page)["events"]


def test_a_code_to_scan_is_drawn_and_its_time_runs(page: Any, client: Client, shot: Any) -> None:
    """A QR code is a drawing with a name, its time counts down, and what was done elsewhere leads on."""
    visitor = logged_in(page, client, 19, "user-ok")
    visitor.at("elsewhere")
    shot(page, "mfa-qr")
    assert page.get_by_role("img", name="QR Code").locator("path").get_attribute("d")
    before = page.locator("[data-seconds]").inner_text()
    page.wait_for_function("was => document.querySelector('[data-seconds]').innerText !== was", arg=before)
    visitor.press("Já fiz isso")
    visitor.at("result")


def test_an_approval_in_the_app_is_noticed_by_the_page(page: Any, client: Client, shot: Any) -> None:
    """What the user approves in the institution's app leads on with nobody touching the page."""
    visitor = logged_in(page, client, 6, "user-ok")
    visitor.at("elsewhere")
    shot(page, "mfa-approval")
    client.own("POST", f"/sandbox/connections/{told(page)['item_id']}/answer", json={"value": "approved"})
    visitor.at("result")


def test_a_consent_is_given_on_the_banks_own_page(page: Any, client: Client, shot: Any) -> None:
    """The bank's page opens in a window of its own, and the connect page goes on when the consent is there."""
    visitor = opened(page, client, connector_ids="600")
    visitor.at("login")
    visitor.type(cpf="76109277673")
    visitor.press("Ir para")
    visitor.at("elsewhere")
    shot(page, "mfa-redirect")
    with page.context.expect_page() as opening:
        page.get_by_role("link", name="Abrir").click()
    bank = opening.value
    bank.get_by_role("button", name="Autorizar").click()
    visitor.at("result")


def test_a_wrong_password_is_told_and_can_be_corrected(page: Any, client: Client, shot: Any) -> None:
    """The failure has a title, a sentence and one action, which leads to the form; the same item is then updated."""
    visitor = opened(page, client, connector_ids="2")
    visitor.at("login")
    visitor.type(username="user-ok", password="password-bad")
    visitor.press("Entrar")
    visitor.at("failure")
    shot(page, "failure-credentials")
    assert page.locator("[data-place=failure] form:not([action$=close]):not([action$=back])").count() == 1
    item = told(page)["item_id"]
    visitor.press("Corrigir o acesso")
    visitor.at("login")
    assert page.locator("#field-password").input_value() == ""
    visitor.type(username="user-ok", password="password-ok")
    visitor.press("Entrar")
    visitor.at("result")
    assert told(page)["item_id"] == item


def test_a_wrong_token_is_asked_for_again(page: Any, client: Client) -> None:
    """After a wrong answer the one action asks anew, and a right one leads to the result."""
    visitor = logged_in(page, client, 5, "user-ok")
    visitor.at("asked")
    page.locator("#answer-0").fill("999999")
    visitor.press("Enviar")
    visitor.at("failure")
    visitor.press("Tentar novamente")
    visitor.at("asked")
    page.locator("#answer-0").fill("123456")
    visitor.press("Enviar")
    visitor.at("result")


def test_who_goes_back_has_chosen_nothing(page: Any, client: Client) -> None:
    """Back from the form the address names no connector any more; a bank reached in two ways says which is which."""
    visitor = at(page, client)
    visitor.press("Concordar")
    visitor.at("institutions")
    page.locator("#q").fill("itau")
    page.get_by_text("4 instituições").first.wait_for()
    assert page.locator(".row small").all_inner_texts() == ["Com sua senha", "Open Finance"] * 2
    page.locator(".row").first.click()
    visitor.at("login")
    page.wait_for_url(lambda url: "connector_name=Ita" in url, wait_until="commit")
    visitor.press("Voltar")
    visitor.at("institutions")
    page.wait_for_url(lambda url: "connector_name" not in url, wait_until="commit")
    assert told(page)["events"].endswith("SELECTED_INSTITUTION,SELECTED_INSTITUTION")


def test_an_update_starts_at_the_form_of_its_own_institution(page: Any, client: Client) -> None:
    """A token made for an item opens that item's form, with no list before it, and updates it."""
    item = client.connect(2)
    visitor = at(page, client, connect_token(client, itemId=item["id"]), update_item=item["id"])
    visitor.at("login")
    assert "Confirme" in visitor.heading()
    visitor.type(username="user-ok", password="password-ok")
    visitor.press("Entrar")
    visitor.at("result")
    assert told(page)["item_id"] == item["id"]


def embedded(page: Any, client: Client, host: Host, callbacks: str = "") -> Visitor:
    """Open a page of another origin that embeds the vendor's loader; what its callbacks hear is in `told`."""
    origin = f"http://pluggy.localhost:{client.server.port}"
    host.pages["/loader.js"] = loader()
    host.pages["/shop"] = f"""<!doctype html><html lang="en"><title>Shop</title><body><h1>Shop</h1>
    <script src="/loader.js"></script><script>window.told = [];
    new PluggyConnect({{connectToken: "{connect_token(client)}", url: "{origin}",
      includeSandbox: true, connectorIds: [2], language: "pt", {callbacks}}}).init();</script></body></html>"""
    page.goto(f"{host.url}/shop")
    return Visitor(page, page.frame_locator("iframe[name^=__zoid__pluggy_connect_widget]"))


def test_the_vendors_loader_is_served_unmodified(page: Any, client: Client, host: Host, shot: Any) -> None:
    """A page of another origin that embeds the vendor's loader gets its callbacks, in order."""
    callbacks = """onOpen: () => told.push("open"), onClose: () => told.push("close"),
      onSuccess: (data) => told.push("success " + data.item.status),
      onError: (error) => told.push("error " + error.message),
      onEvent: (event) => told.push(event.event)"""
    visitor = embedded(page, client, host, callbacks)
    visitor.press("Concordar")
    visitor.at("login")
    visitor.type(username="user-ok", password="password-ok")
    visitor.press("Entrar")
    visitor.at("result")
    shot(page, "pluggy-loader")
    visitor.press("Concluir")
    page.wait_for_function("told.includes('close')")
    heard = page.evaluate("told")
    assert heard[0] == "open"
    assert heard[1:5] == ["SUBMITTED_CONSENT", "SELECTED_INSTITUTION", "SUBMITTED_LOGIN", "LOGIN_SUCCESS"]
    assert "LOGIN_STEP_COMPLETED" in heard
    assert heard[-2:] == ["success UPDATED", "close"]


def test_the_loader_is_told_of_a_failure(page: Any, client: Client, host: Host) -> None:
    """`onError` is called with the item once its login has failed."""
    visitor = embedded(page, client, host, "onError: (error) => told.push([error.message, error.data.item.error.code])")
    visitor.press("Concordar")
    visitor.at("login")
    visitor.type(username="user-locked", password="password-ok")
    visitor.press("Entrar")
    visitor.at("failure")
    page.wait_for_function("told.length > 0")
    assert page.evaluate("told") == [["Item was not sync successfully", "ACCOUNT_LOCKED"]]


def test_the_first_view_is_asked_for_once_and_before_any_script_is_there(page: Any, client: Client, host: Host) -> None:
    """Inside the loader one round trip follows the document: the view is asked for beside the scripts, and once."""
    held: list[Any] = []
    begun: list[str] = []

    def hold(route: Any) -> None:
        if begun:
            route.continue_()
        else:
            held.append(route)

    def begin(route: Any) -> None:
        begun.append(route.request.url)
        route.continue_()
        while held:
            held.pop().continue_()

    page.route("**/pluggy.localhost*/connect/static/**", hold)
    page.route("**/connect/begin", begin)
    visitor = embedded(page, client, host)
    visitor.press("Concordar")
    visitor.at("login")
    assert len(begun) == 1


@pytest.mark.parametrize("early", ["lost", "of others"])
def test_a_first_view_that_came_to_nothing_is_asked_for_again(
    page: Any, client: Client, host: Host, early: str
) -> None:
    """What was asked for early counts only if it arrived, and if the loader's library finds the same properties."""
    begun: list[str] = []

    def begin(route: Any) -> None:
        begun.append(route.request.post_data)
        if early == "lost" and len(begun) == 1:
            route.abort()
        else:
            route.continue_()

    page.route("**/connect/begin", begin)
    if early == "of others":
        page.add_init_script(
            """let kept; Object.defineProperty(window, "asked", { get: () => kept, set: (given) => {
            kept = { ...given, props: { ...given.props, language: "es" } }; } })"""
        )
    visitor = embedded(page, client, host)
    with page.expect_request_finished(lambda request: request.url.endswith("/begin") and len(begun) == 2):
        visitor.at("consent")
    visitor.press("Concordar")
    visitor.at("login")
    assert begun[1].count("connectToken") == 1


def test_inside_the_loader_it_is_ready_in_three_times_what_a_plain_page_takes(
    browser: Any, client: Client, host: Host
) -> None:
    """From the child's navigation to the first view that answers its visitor, with nothing kept: a fifth of a second at
    most where the machine is quiet."""
    took, paces = [], []
    for _ in range(4):
        context = browser.new_context(viewport={"width": 360, "height": 720}, locale="pt-BR")
        page = context.new_page()
        page.add_init_script(
            """document.addEventListener("htmx:afterSettle", () => {
            if (document.querySelector("[data-place=consent]")) window.usable ??= performance.now(); })"""
        )
        embedded(page, client, host).at("consent")
        child = next(frame for frame in page.frames if frame.name.startswith("__zoid__pluggy_connect_widget"))
        took.append(child.wait_for_function("window.usable").json_value())
        paces.append(pace_of(context.new_page(), client))
        context.close()
    assert min(took) < 3 * min(paces), (took, paces)


def test_a_token_that_opens_nothing_is_said_so(page: Any, client: Client) -> None:
    """A page without a good token tells that, and shows no institution."""
    page.goto(f"{client.server.url}/pluggy/?connect_token=nothing", wait_until="load")
    visitor = Visitor(page)
    visitor.at("nowhere")
    assert page.locator("form").count() == 0
