"""Lists: what they show, how they are narrowed, and that nobody sees another's."""

from __future__ import annotations

import re

import pytest

from tests.belvo import BANK, Belvo
from tests.flinks import Flinks, newcomer
from tests.operator import Operator
from tests.server import Client

SANDBOX = 2


def shown(page: str, place: str) -> list[str]:
    """Return the ids of the entries that a list shows."""
    return re.findall(rf'<a id="[a-z]-[^"]*" href="/dashboard/{place}/([^"]*)"', page)


def test_a_connection_is_shown_with_its_state_and_the_freshness_of_each_product(operator: Operator) -> None:
    """Success is said of what arrived alone."""
    item = operator.client.connect(SANDBOX, user="user-ok-account-error", clientUserId="customer-7")
    page = operator.get("connections")
    assert shown(page, "connections") == [item["id"]]
    assert "Partly up to date" in page and "Sandbox Bank" in page and "customer-7" in page
    whole = operator.get(f"connections/{item['id']}")
    row = re.search(r"<tr[^>]*><th[^>]*>Accounts</th>.*?</tr>", whole, re.S)
    assert row is not None
    assert "never" in row[0] and "not updated the last time" in row[0] and "product.temporarily-unavailable" in row[0]


def test_a_connection_that_waits_for_its_first_answer_has_nothing_that_failed(operator: Operator) -> None:
    """Its products were not tried, so none of them was missed the last time; banks of one name are told apart."""
    form = {"connectorId": 601, "parameters": {"cpf": "761.092.776-73"}}
    item = operator.client.call("POST", "/items", json=form).json()["id"]
    operator.client.settle()
    whole = operator.get(f"connections/{item}")
    assert "nothing read yet" in whole and "not updated the last time" not in whole
    assert "Itaú · Open Finance" in whole and ">Itaú</option>" in operator.get("connections")


def test_filters_stand_in_the_address_and_hold_together(operator: Operator) -> None:
    """State, institution, meaning with what is narrower, status, text, dates; each alone and with another."""
    good = operator.client.connect(SANDBOX, clientUserId="someone")["id"]
    locked = operator.client.connect(SANDBOX, user="user-locked")["id"]
    away = operator.client.connect(SANDBOX, user="user-act+institution.unavailable")["id"]
    for given, expected in (
        ({"state": "fresh"}, [good]),
        ({"state": "stale"}, [away, locked]),
        ({"meaning": "institution"}, [away]),
        ({"meaning": "login"}, [locked]),
        ({"status": "Bank Maintenance Retry Later"}, [away]),
        ({"institution": "sandbox-bank"}, [away, locked, good]),
        ({"institution": "sandbox-bank", "state": "stale", "meaning": "login"}, [locked]),
        ({"institution": "sandbox-bank", "state": "fresh", "meaning": "login"}, []),
        ({"text": "sandbox ban"}, [away, locked, good]),
        ({"text": "someone"}, [good]),
        ({"text": "nobody"}, []),
        ({"from": "2000-01-01", "to": "2000-12-31"}, []),
        ({"from": "2000-01-01"}, [away, locked, good]),
        ({"state": "nonsense"}, []),
    ):
        found = shown(operator.get("connections", **given), "connections")
        assert sorted(found) == sorted(expected), given
    alone = operator.http.get("/dashboard/connections", params={"text": good})
    assert alone.headers["location"] == f"/dashboard/connections/{good}"


@pytest.mark.parametrize(
    "given", [{"after": "nonsense"}, {"from": "yesterday"}, {"to": "2000-13-01"}, {"after": "LTE6eA"}]
)
def test_what_cannot_be_read_is_refused_on_a_page(operator: Operator, given: dict[str, str]) -> None:
    """With a sentence, and no list."""
    for place in ("connections", "sessions", "requests"):
        assert "request.invalid" in operator.get(place, 400, **given)


def test_pages_follow_each_other_without_a_gap(operator: Operator) -> None:
    """Every connection stands on one page, the newest first, filtered or not."""
    client = operator.client
    client.advance("PT1S")
    made = [client.connect(SANDBOX, user="user-locked")["id"] for _ in range(55)]
    for given in ({}, {"institution": "sandbox-bank", "state": "stale"}):
        first = operator.get("connections", **given)
        following = re.search(r'href="/dashboard/connections\?([^"]*)" rel="next"', first)
        assert following is not None
        second = operator.http.get(f"/dashboard/connections?{following[1]}").text
        listed = shown(first, "connections") + shown(second, "connections")
        assert len(shown(first, "connections")) == 50
        assert sorted(listed) == sorted(made)
        assert 'rel="next"' not in second


def test_a_session_and_a_request_have_the_dashboard_s_status_and_their_trace(operator: Operator) -> None:
    """The words, the printed code, and the way from the login to the data."""
    flinks = Flinks(operator.client)
    good = flinks.connected(newcomer())
    flinks.post("GetAccountsDetail", RequestId=good)
    wrong = flinks.authorize("act+login.credentials.password,success@holder", 401)
    page = operator.get("sessions")
    assert good in shown(page, "sessions")
    assert "Invalid Password" in page
    found = shown(operator.get("sessions", status="invalid password"), "sessions")
    assert len(found) == 1 and found[0] != good, wrong
    whole = operator.get(f"sessions/{good}")
    trace = whole[whole.index("From login to data") :]
    steps = re.findall(r"<strong>(?:<a[^>]*>)?([^<]*)", trace)
    assert steps[0] == "Session opened"
    assert steps.index("Logged in") < steps.index("Product read")
    assert "Authorize" in steps and "GetAccountsDetail" in steps
    calls = shown(operator.get("requests", system="flinks"), "requests")
    assert len(calls) == 3
    refused = shown(operator.get("requests", status="Invalid Password"), "requests")
    assert len(refused) == 1
    one = operator.get(f"requests/{refused[0]}")
    assert "login.credentials.password" in one and "<dd>401</dd>" in one and "Session opened" in one


def test_a_request_of_a_system_without_sessions_leads_to_its_connection_and_back(operator: Operator) -> None:
    """From the id of an error to the connection, from the connection to every call about it; found by either id."""
    client = operator.client
    item = client.connect(SANDBOX, user="user-locked")["id"]
    refused = client.call("PATCH", f"/items/{item}", json={"parameters": {"user": "x"}})
    id = refused.headers["x-request-id"]
    one = operator.get(f"requests/{id}")
    assert f"PATCH /items/{item}" in one and f'href="/dashboard/connections/{item}"' in one
    assert "the client program's" in one and "<dd>400</dd>" in one
    whole = operator.get(f"connections/{item}")
    assert f'href="/dashboard/requests/{id}"' in whole and "POST /items" in whole
    execution = re.search(r"/dashboard/executions/([0-9a-f-]+)", whole)
    assert execution is not None and "POST /items" in operator.get(f"executions/{execution[1]}")
    found = operator.http.get("/dashboard/requests", params={"text": id})
    assert found.headers["location"] == f"/dashboard/requests/{id}"
    assert len(shown(operator.get("requests", text=item), "requests")) == 2
    client.call("DELETE", f"/items/{item}")
    assert "no longer there" in operator.get(f"requests/{id}")


def test_a_call_that_waited_shows_what_it_brought_about_and_what_was_found_on_the_data(operator: Operator) -> None:
    """What happened while the client waited stands behind the call, in the call's own page and in the execution's."""
    belvo = Belvo(operator.client)
    link = belvo.link(BANK)
    asked = belvo.ask(link["id"], save_data=True)
    page = operator.get(f"requests/{asked.headers.get('x-request-id') or newest(operator)}")
    steps = re.findall(r"<strong>(?:<a[^>]*>)?([^<]*)", page)
    assert steps[0] == "POST /api/accounts/" and "Logged in" in steps and "Product read" in steps
    execution = re.search(r"/dashboard/executions/([0-9a-f-]+)", operator.get(f"connections/{link['id']}"))
    assert execution is not None
    steps = re.findall(r"<strong>(?:<a[^>]*>)?([^<]*)", operator.get(f"executions/{execution[1]}"))
    assert "POST /api/accounts/" in steps


def newest(operator: Operator) -> str:
    """Return the id of the last call that is listed."""
    found: str = operator.client.own("GET", "/requests", params={"size": 1})["requests"][0]["id"]
    return found


def test_causes_are_counted_and_each_leads_to_where_it_was_met_last(operator: Operator) -> None:
    """Those of the user apart, and an institution at which too few were let in is not said to work."""
    client = operator.client
    client.connect(SANDBOX, user="user-ok-account-error")
    client.connect(SANDBOX, user="user-bad")
    client.connect(5, user="user-act+institution.unavailable")
    page = operator.get("numbers")
    causes, users = page.split('id="h-users"')
    assert "product.temporarily-unavailable" in causes and "institution.unavailable" in causes
    assert "login.credentials" not in causes and "login.credentials" in users
    assert ">too few to tell</span>" in users and ">works</span>" in users
    for part, meaning in ((causes, "product.temporarily-unavailable"), (users, "login.credentials")):
        found = re.search(r"/dashboard/executions/([0-9a-f-]+)", part[part.index(f">{meaning}<") :])
        assert found is not None and meaning in operator.get(f"executions/{found[1]}")


def test_nothing_of_one_application_is_shown_to_another(operator: Operator, client: Client) -> None:
    """Neither in lists nor by its id, nor to be downloaded."""
    item = operator.client.connect(SANDBOX)["id"]
    account = operator.client.get("/accounts", itemId=item)["results"][0]["id"]
    movement = operator.client.get("/transactions", accountId=account)["results"][0]["id"]
    session = Flinks(operator.client).connected(newcomer())
    call = shown(operator.get("requests"), "requests")[0]
    execution = re.search(r"/dashboard/executions/([0-9a-f-]+)", operator.get(f"connections/{item}"))
    assert execution is not None
    paths = [
        f"connections/{item}",
        f"connections/{item}/bundle",
        f"executions/{execution[1]}",
        f"sessions/{session}",
        f"requests/{call}",
        f"accounts/{account}",
        f"transactions/{movement}",
    ]
    with Operator(client.server.other_client("stranger")).log_in() as other:
        for path in paths:
            operator.get(path)
            other.get(path, 404)
        for place in ("connections", "sessions"):
            assert shown(other.get(place), place) == []
        # the stranger's own key is all that was asked for
        assert re.findall(r">(POST [^<]*)</a>", other.get("requests")) == ["POST /auth"]
        assert other.http.get("/dashboard/connections", params={"text": item}).status_code == 200


@pytest.mark.parametrize("id", ["nothing", "%00", "x" * 100])
def test_an_id_that_nobody_has_is_not_found(operator: Operator, id: str) -> None:
    """Whatever it looks like."""
    for place in ("connections", "executions", "sessions", "requests", "accounts", "transactions", "deliveries"):
        operator.get(f"{place}/{id}", 404)


def test_what_stands_is_not_sent_again(operator: Operator) -> None:
    """A page that looks for news gets its live part where that has changed, and nothing where it has not."""
    page = operator.get("connections")
    seen = re.search(r'"seen":"([0-9a-f]+)"', page)
    assert seen is not None
    asked = {"params": {"seen": seen[1]}, "headers": {"hx-request": "true"}}
    assert operator.http.get("/dashboard/connections", **asked).status_code == 204
    item = operator.client.connect(SANDBOX)["id"]
    news = operator.http.get("/dashboard/connections", **asked)
    assert news.status_code == 200
    assert news.text.lstrip().startswith('<div id="live"') and item in news.text and "<form" not in news.text


def test_a_list_that_was_paused_looks_for_nothing(operator: Operator) -> None:
    """Whoever wants it to stand still can have that."""
    assert "hx-get" in operator.get("connections")
    assert "hx-get" not in operator.get("connections", live="off")


@pytest.mark.parametrize(
    ("locale", "word"), [("en", "Connections"), ("pt-BR", "Conexões"), ("es", "Conexiones"), ("fr", "Connexions")]
)
def test_pages_speak_four_languages(operator: Operator, locale: str, word: str) -> None:
    """By the browser's wish, by the address, and by what was chosen before."""
    answer = operator.http.get("/dashboard/connections", headers={"accept-language": locale})
    assert f"<h1>{word}</h1>" in answer.text and f'<html lang="{locale}">' in answer.text
    chosen = operator.http.get(f"/dashboard/language/{locale}", params={"next": "/dashboard/keys"})
    assert chosen.headers["location"] == "/dashboard/keys"
    assert f"<h1>{word}</h1>" in operator.get("connections")
