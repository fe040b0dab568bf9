"""A program logs in, makes links, resumes them with tokens, changes them, opens widgets for them, deletes them."""

from __future__ import annotations

from typing import Any

import pytest
from belvo.client import Client as Official
from belvo.enums import AccessMode
from belvo.exceptions import BelvoAPIException, RequestError
from requests import HTTPError

from tests.belvo import new_password, newcomer
from tests.journeys.belvo.program import TOKEN, Program

pytestmark = pytest.mark.journey

MFA_BANK = "heimdall_br_retail"

RESUMED: tuple[tuple[str, dict[str, Any]], ...] = (
    ("Accounts", {}),
    ("Owners", {}),
    ("Balances", {"date_from": 20}),
    ("Transactions", {"date_from": 60}),
    ("Incomes", {"date_from": 300}),
    ("RecurringExpenses", {}),
    ("RiskInsights", {}),
    ("InvestmentsPortfolios", {}),
)


def test_only_the_right_keys_log_in(program: Program) -> None:
    """The client asks at once; with other keys it says that the login failed. A slash at the end does no harm."""
    id, secret = program.server.keys
    for keys in ((id, "wrong"), ("nobody", secret), ("00000000-0000-4000-8000-000000000000", secret)):
        with pytest.raises(BelvoAPIException, match="Login failed"):
            Official(*keys, f"{program.server.url}/belvo")
    client = Official(id, secret, f"{program.server.url}/belvo/")
    assert next(client.Institutions.list())["name"]
    client.session.session.close()


def test_a_link_lives_from_its_making_to_its_end(own_program: Program) -> None:
    """Made, listed, got, its data read, switched to single, given a new password, deleted with all it had."""
    links = own_program.official.Links
    made = own_program.connect("erebor_mx_retail", "bnk100", "full", external_id="customer-17")
    assert (made["status"], made["access_mode"], made["external_id"]) == ("valid", "recurrent", "customer-17")
    assert list(links.list()) == [made]
    assert links.get(made["id"]) == made
    assert list(links.list(status="invalid")) == []
    assert own_program.official.Accounts.create(made["id"], raise_exception=True)
    changed = links.patch(made["id"], access_mode=AccessMode.SINGLE, raise_exception=True)
    assert (changed["id"], changed["access_mode"], changed["refresh_rate"]) == (made["id"], "single", None)
    changed = links.update(made["id"], password=new_password(), raise_exception=True)
    assert (changed["id"], changed["status"]) == (made["id"], "valid")
    assert links.delete(made["id"]) is True
    assert list(links.list()) == []
    assert list(own_program.official.Accounts.list()) == []
    with pytest.raises(HTTPError) as refused:
        links.get(made["id"])
    assert refused.value.response.status_code == 404
    assert links.delete(made["id"]) is False


def test_the_same_credentials_make_no_second_link(program: Program) -> None:
    """The client is told of whom there is one already; the hash of the user is that of the first link."""
    credentials = newcomer(), new_password()
    first = program.connect("gringotts_mx_retail", *credentials)
    with pytest.raises(RequestError) as refused:
        program.connect("gringotts_mx_retail", *credentials)
    (entry,) = refused.value.detail
    assert (refused.value.status_code, entry["code"]) == (400, "duplicated")
    assert entry["institution_user_id"] == first["institution_user_id"]
    assert len(first["institution_user_id"]) == 44


def test_refusals_are_answered_or_raised_as_the_program_wishes(program: Program) -> None:
    """Without `raise_exception` the client hands over the error itself; with it the same error is raised."""
    (entry,) = program.official.Links.create("erebor_br_retail", "act_down", "secret")
    assert entry["code"] == "institution_down"
    with pytest.raises(RequestError) as refused:
        program.connect("erebor_br_retail", "act_locked")
    assert (refused.value.status_code, refused.value.detail[0]["code"]) == (400, "login_error")


@pytest.mark.parametrize("named", [True, False], ids=["with-the-link", "by-the-session-alone"])
def test_a_link_that_waits_for_a_token_is_resumed(program: Program, named: bool) -> None:
    """The client may leave out which link it is."""
    (asked,) = program.official.Links.create(MFA_BANK, newcomer(), new_password())
    assert asked["code"] == "token_required"
    given = {"link": asked["link"]} if named else {}
    link = program.official.Links.resume(asked["session"], TOKEN, raise_exception=True, **given)
    assert (link["id"], link["status"]) == (asked["link"], "valid")


@pytest.mark.parametrize(("name", "told"), RESUMED, ids=[name for name, _ in RESUMED])
def test_a_resource_whose_bank_asks_is_resumed_on_the_resource(
    program: Program, name: str, told: dict[str, Any]
) -> None:
    """The answer to the token is what the creation would have answered, and it is kept."""
    resource = program.resource(name)
    link = program.connect(MFA_BANK, token=TOKEN)
    given = {key: program.days_ago(days) for key, days in told.items()}
    (asked,) = resource.create(link["id"], **given)
    assert (asked["code"], asked["link"]) == ("token_required", link["id"])
    assert program.official.Links.get(link["id"])["status"] == "token_required"
    answer = resource.resume(asked["session"], TOKEN, link=link["id"], raise_exception=True)
    found = [answer] if isinstance(answer, dict) else answer
    assert found
    assert {one["id"] for one in found} <= {one["id"] for one in resource.list(link=link["id"])}
    assert program.official.Links.get(link["id"])["status"] == "valid"


def test_a_statement_whose_bank_asks_is_resumed_with_its_account(program: Program) -> None:
    """The client sends the account again with the token."""
    link = program.connect(MFA_BANK, token=TOKEN)
    accounts = program.official.Accounts.create(link["id"], token=TOKEN, raise_exception=True)
    account = next(one for one in accounts if one["category"] == "CHECKING_ACCOUNT")
    month = program.days_ago(program.today.day)
    statements = program.official.Statements
    (asked,) = statements.create(link["id"], account["id"], month[:4], month[5:7])
    assert asked["code"] == "token_required"
    given = {"link": link["id"], "account": account["id"]}
    (statement,) = statements.resume(asked["session"], TOKEN, raise_exception=True, **given)
    assert statement["account"]["id"] == account["id"]


@pytest.mark.parametrize("name", ["Links", "Accounts", "TaxDeclarations", "EmploymentRecords"])
def test_a_session_that_nobody_opened_is_over(program: Program, name: str) -> None:
    """Whatever is resumed, the client is told to start again."""
    (entry,) = program.resource(name).resume("a" * 32, TOKEN)
    assert entry["code"] == "session_expired"


def test_a_widget_is_opened_for_anybody_or_for_one_link(program: Program) -> None:
    """The pair of tokens that the client is given opens the widget's calls; a link's own token its update."""
    pair = program.official.WidgetToken.create(raise_exception=True)
    assert set(pair) == {"access", "refresh"}
    http, url = program.sandbox.http, "/belvo/api"
    bearer = {"authorization": f"Bearer {pair['access']}"}
    assert http.get(f"{url}/institutions/", headers=bearer).status_code == 200
    link = program.connect("erebor_mx_retail")
    scopes = "read_institutions,write_links,read_links"
    with pytest.warns(DeprecationWarning):
        pair = program.official.Links.token(link["id"], scopes, raise_exception=True)
    bearer = {"authorization": f"Bearer {pair['access']}"}
    assert http.get(f"{url}/links/{link['id']}/", headers=bearer).json()["id"] == link["id"]
