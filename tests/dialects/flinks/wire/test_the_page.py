"""What the connect page's parameters do to the data that is read of a card afterwards, and to its questions."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.flinks import GREATDAY, PASSWORD, Flinks, newcomer
from tests.pages import Page


def opened(flinks: Flinks, **query: str) -> Page:
    """Open the page at the form of the demonstration's bank."""
    given = {"customerId": flinks.customer, "demo": "true", "consentEnable": "false", **query}
    return Page(flinks.sandbox, "/flinks/v2/Credential/14", **given)


def connected(flinks: Flinks, user: str, **query: str) -> dict[str, Any]:
    """Log in on the page and return the REDIRECT of its end."""
    page = opened(flinks, **query)
    page.log_in(user, PASSWORD)
    flinks.sandbox.settle()
    while page.place == "progress":
        page.send("look")
        flinks.sandbox.settle()
    assert page.place == "result", page.text
    told: dict[str, Any] = page.told[-1]
    assert told["step"] == "REDIRECT"
    return told


def dates(flinks: Flinks, request: str, **more: Any) -> list[str]:
    """Return the days of the first account's transactions."""
    accounts = flinks.post("GetAccountsDetail", RequestId=request, **more)["Accounts"]
    return [one["Date"] for one in accounts[0]["Transactions"]]


def test_days_of_transactions_hold_for_who_says_nothing_else(flinks: Flinks) -> None:
    """A year is given in the page's session and in one opened with the LoginId later; a call may still want less."""
    end = connected(flinks, newcomer(), daysOfTransactions="Days365")
    year, usual = dates(flinks, end["requestId"]), dates(flinks, end["requestId"], DaysOfTransactions="Days90")
    assert len(year) > len(usual) > 0
    assert dates(flinks, flinks.cached(end["loginId"])["RequestId"]) == year
    other = connected(flinks, newcomer(), daysOfTransactions="Forever")
    assert dates(flinks, other["requestId"]) == dates(flinks, other["requestId"], DaysOfTransactions="Days90")


def test_statements_are_as_many_as_the_page_was_opened_for(flinks: Flinks) -> None:
    """Three months where nothing is said of how many, twelve of every account where that was wished, else the last."""

    def documents(**query: str) -> set[int]:
        end = connected(flinks, newcomer(), **query)
        session = flinks.cached(end["loginId"])["RequestId"]
        told = flinks.post("GetStatements", 202, RequestId=session)
        assert told["FlinksCode"] == "OPERATION_PENDING"
        flinks.sandbox.settle()
        found = flinks.get(f"GetStatementsAsync/{session}")["StatementsByAccount"]
        return {len(one["Statements"]) for one in found if one["Statements"]}

    assert documents(detailsAndStatementEnable="true") == {3}
    assert max(documents(detailsAndStatementEnable="true", monthsOfStatements="Months12")) >= 11
    assert documents(detailsAndStatementEnable="true", monthsOfStatements="MostRecent") == {1}
    assert documents(monthsOfStatements="Months12") == {1}


def test_accounts_chosen_before_bound_the_session_unless_all_are_wanted(flinks: Flinks) -> None:
    """`resumeSelectedAccounts` is a filter of its session's calls; `fetchAllAccounts` lifts it, and so does a call."""
    user = newcomer()
    end = connected(flinks, user)
    every = [one["Id"] for one in flinks.post("GetAccountsSummary", RequestId=end["requestId"])["Accounts"]]
    chosen = f"{every[1]},{end['loginId']}"

    def shown(session: str, **more: Any) -> list[str]:
        return [one["Id"] for one in flinks.post("GetAccountsDetail", RequestId=session, **more)["Accounts"]]

    bounded = connected(flinks, user, resumeSelectedAccounts=chosen)["requestId"]
    assert shown(bounded) == [every[1]]
    assert shown(bounded, AccountsFilter=every[:1]) == every[:1]
    assert shown(connected(flinks, user, resumeSelectedAccounts=chosen, fetchAllAccounts="true")["requestId"]) == every
    assert shown(flinks.cached(end["loginId"])["RequestId"]) == every


def asked(flinks: Flinks, **query: str) -> tuple[Page, str]:
    """Log in as somebody who is asked a question, and return the page and the question."""
    page = opened(flinks, **query)
    page.log_in("Greatday", PASSWORD)
    flinks.sandbox.settle()
    page.send("look")
    assert page.place == "asked"
    return page, next(question for question in GREATDAY if question in page.text)


@pytest.fixture
def nobody_yet(flinks: Flinks) -> Flinks:
    """A customer to whom the documented user has not come yet."""
    login = flinks.authorize("Greatday", 203)["RequestId"]
    card = flinks.session(login)["connection_id"]
    flinks.answer(
        {"RequestId": login, "SecurityChallenges": flinks.post("Authorize", 203, RequestId=login)["SecurityChallenges"]}
    )
    flinks.call("DELETE", f"DeleteCard/{card}")
    return flinks


def test_with_enhanced_mfa_answers_are_kept_for_later(nobody_yet: Flinks) -> None:
    """The user is told so; the next live session asks nothing, and the page's end says that there were questions."""
    page, question = asked(nobody_yet, enhancedMFA="true")
    assert "kept encrypted" in page.text
    page.send("answer", **{"answer-0": GREATDAY[question]})
    nobody_yet.sandbox.settle()
    page.send("look")
    assert [one["step"] for one in page.told[-2:]] == ["ENHANCED_MFA_HAS_QUESTIONS", "REDIRECT"]
    card = page.told[-1]["loginId"]
    assert nobody_yet.get(f"GetMFAQuestions/{card}")["Questions"] == []
    assert nobody_yet.live(card)["Login"]["Id"] == card


def test_an_answer_that_was_wrong_is_not_kept(nobody_yet: Flinks) -> None:
    """Its question was gathered all the same, and waits for an answer."""
    page, question = asked(nobody_yet, enhancedMFA="true")
    page.send("answer", **{"answer-0": "Nowhere"})
    nobody_yet.sandbox.settle()
    assert page.send("look") == "failure"
    card = page.told[-1]["loginId"]
    assert nobody_yet.get(f"GetMFAQuestions/{card}")["Questions"] == [{"Question": question}]


@pytest.mark.parametrize("query", [{}, {"enhancedMFA": "true", "skipEnhancedMFA": "true"}])
def test_without_it_nothing_is_kept(nobody_yet: Flinks, query: dict[str, str]) -> None:
    """Neither is anything said of it, and the next live session asks."""
    page, question = asked(nobody_yet, **query)
    assert "kept encrypted" not in page.text
    page.send("answer", **{"answer-0": GREATDAY[question]})
    nobody_yet.sandbox.settle()
    page.send("look")
    assert "ENHANCED_MFA_HAS_QUESTIONS" not in [one["step"] for one in page.told]
    nobody_yet.live(page.told[-1]["loginId"], 203)


def test_the_outbound_demonstration_is_listed_where_it_is_asked_for(flinks: Flinks) -> None:
    """Alone there, and nowhere else; who logs in on its page comes to a card of their own each time."""

    def banks(**query: str) -> str:
        return Page(flinks.sandbox, "/flinks/v2", customerId=flinks.customer, consentEnable="false", **query).text

    assert 'value="flinks-capital-outbound"' not in banks() + banks(demo="true")
    made = set()
    for _ in range(2):
        page = Page(flinks.sandbox, "/flinks/v2", customerId=flinks.customer, demoOutbound="true")
        assert page.send("agree") == "progress"
        flinks.sandbox.settle()
        assert page.send("look") == "elsewhere"
        address = unescape(re.findall(r'href="([^"]*sandbox-bank[^"]*)"', page.text)[0])
        state = parse_qs(urlsplit(address).query)["state"][0]
        back = flinks.sandbox.http.get("/flinks/OAuth/Callback", params={"state": state, "code": newcomer()})
        assert back.status_code == 200
        flinks.sandbox.settle()
        page.send("look")
        made.add(page.told[-1]["loginId"])
        assert len(dates(flinks, page.told[-1]["requestId"])) > 0
        again = flinks.sandbox.http.get("/flinks/OAuth/Callback", params={"state": state, "code": newcomer()})
        assert again.status_code == 401
    assert len(made) == 2
