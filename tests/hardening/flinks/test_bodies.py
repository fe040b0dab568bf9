"""Fields that are not what they must be: refused together, each by its name, and nothing changed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.flinks import Flinks
from tests.hardening.flinks.aiming import WITH_A_BODY, aimed, body_of, fields, is_refusal
from tests.hardening.ground import Ground, dump

Values = tuple[Any, ...]

NO_TEXT: Values = (1.5, True, [], ["a"], {}, {"a": 1}, "x" * 5_000)
NO_GUID: Values = (*NO_TEXT, "no guid", 1, "0b7a5c1e-4f2d-4a6b-9c3e", "٢" * 32, None, "")
NO_BOOLEAN: Values = (1, 0, 1.5, "yes", "tru", [], {}, [True])
NO_DAY: Values = (*NO_TEXT, 1, "yesterday", "2026-02-30", "20260101", "٢٠٢٦-٠١-٠١", "01/02/2026")
NO_CHOICE: Values = (*NO_TEXT, 90, "Days1", "Months2", "de")
NO_IDS: Values = (1, True, "x", {}, ["x"], [1], [None], [["a"]])
NO_LIST: Values = (1, True, "x", {}, [1], [None], ["a"], [[]])
NO_AMOUNT: Values = (True, [], {}, "a lot", "NaN", "Infinity", "-1", "1e30", 10**20, "0.1234567", "٢")
NO_NAMES: Values = (1, True, "balance_current", [1], [None], {"card": "x"}, ["no_such_attribute"])

Case = tuple[str, str, Values]

CASES: tuple[Case, ...] = (
    ("Token", "client_id", (*NO_TEXT, None, "")),
    ("Token", "secret", (*NO_TEXT, None, "")),
    *(("Authorize", name, (*NO_TEXT, None, "")) for name in ("Username", "Password")),
    ("Authorize", "Institution", (*NO_TEXT, None, "", "NoSuchBank", 98765)),
    ("Authorize", "LoginId", NO_GUID[:-2]),
    ("Authorize", "RequestId", NO_GUID[:-2]),
    ("Authorize", "Language", NO_CHOICE),
    ("Authorize", "Tag", NO_TEXT),
    *(
        ("Authorize", name, NO_BOOLEAN)
        for name in ("MostRecentCached", "Save", "ScheduleRefresh", "WithMfaQuestions")
    ),
    ("AuthorizeMultiple", "LoginIds", (*NO_IDS, None, [])),
    ("GetAccountsSummary", "RequestId", NO_GUID),
    ("GetAccountsDetail", "RequestId", NO_GUID),
    *(
        ("GetAccountsDetail", name, NO_BOOLEAN)
        for name in ("WithAccountIdentity", "WithKYC", "WithTransactions", "WithBalance",
                     "WithDetailsAndBankingStatements", "WithProductDetails")
    ),
    ("GetAccountsDetail", "DaysOfTransactions", NO_CHOICE),
    ("GetAccountsDetail", "NumberOfBankingStatements", NO_CHOICE),
    ("GetAccountsDetail", "AccountsFilter", NO_IDS),
    ("GetAccountsDetail", "DateFrom", NO_DAY),
    ("GetAccountsDetail", "DateTo", (*NO_DAY, )),
    ("GetAccountsDetail", "DateFrom", ("2027-01-01",)),
    ("GetAccountsDetail", "RefreshDelta", (*NO_LIST, [{}], [{"AccountId": "x", "TransactionId": "y"}])),
    ("GetStatements", "RequestId", NO_GUID),
    ("GetStatements", "NumberOfStatements", NO_CHOICE),
    ("GetStatements", "AccountsFilter", NO_IDS),
    ("SetScheduledRefresh", "LoginId", NO_GUID),
    ("SetScheduledRefresh", "IsActivated", (*NO_BOOLEAN, None)),
    ("AnswerMFAQuestions", "LoginId", NO_GUID),
    ("AnswerMFAQuestions", "Questions", (*NO_LIST, None, [], [{}], [{"Question": 1.5, "Answer": "a"}])),
    ("FieldMatch", "LoginId", NO_GUID),
    ("FieldMatch", "FullName", NO_TEXT),
    ("FieldMatch", "Threshold", (*NO_AMOUNT, "1.01", 2)),
    ("Attributes", "Attributes", (*NO_NAMES, None, [])),
    ("Attributes", "AttributesDetail", NO_NAMES),
    ("Attributes", "limitDays", (*NO_TEXT, 0, 366, "a", "²", -1)),
    ("Attributes", "AccountFilter", (1, True, "x", [])),
    ("AttributesUpload", "Origin Country", (*NO_TEXT, None, "", "br")),
    ("AttributesUpload", "Transactions", (None, 1, "x", {}, [], [1], [[]], [{}], [{"TransactionDate": "2026/01/01"}])),
    ("AttributesUpload", "MostRecentBalance", (True, [], {}, "a lot", "NaN")),
    ("Score", "LoanAmount", NO_AMOUNT),
    ("Score", "UserPersonalInformation", (1, True, "x", [])),
    ("CategorizationUpload", "Transactions", (None, 1, "x", {}, [], [1], [[]], [{}])),
    ("Prepayment", "LoanFrequency", (*NO_TEXT, None, "", "Yearly")),
    ("Prepayment", "ExpectedRepaymentTotal", NO_AMOUNT),
    ("Prepayment", "FundingDate", (*NO_DAY, "1899-12-31", "9999-01-01")),
    ("Prepayment", "Duration", (*NO_TEXT, 0, 100_000, "a", -1)),
)  # fmt: skip

_ELSEWHERE = {"AccountFilter": {"AccountFilter", "AccountID", "Filters"}}
"""Fields that a refusal may name by a part of theirs."""


def address(ground: Ground, operation: str) -> tuple[str, str]:
    """Return the verb and path of an operation."""
    verb, pattern = next((verb, path) for name, verb, path in WITH_A_BODY if name == operation)
    return verb, aimed(ground, pattern)


@pytest.mark.parametrize(("operation", "field", "values"), CASES, ids=lambda value: str(value)[:24])
def test_a_field_with_a_wrong_value_is_named(ground: Ground, operation: str, field: str, values: Values) -> None:
    """Each is sent with every kind of value that it cannot have, in a body that is right otherwise."""
    verb, url = address(ground, operation)
    for value in values:
        # a body with a RequestId goes on with a session, and looks at nothing that opens one
        body = {field: value} if field == "RequestId" else {**body_of(ground, operation), field: value}
        answer = ground.client.http.request(verb, url, json=body)
        told = (field, str(value)[:60], answer.text[:300])
        assert is_refusal(answer, 401) is None, told
        assert answer.json()["FlinksCode"] == "INVALID_REQUEST", told
        assert fields(answer) & _ELSEWHERE.get(field, {field}), told


def test_faults_are_told_together(flinks: Flinks) -> None:
    """A client mends all of them at once; the message has each of the sentences."""
    told = flinks.post("Authorize", 401, Institution="Nowhere", Save="perhaps", Language="de")
    assert set(told["ValidationDetails"]) == {"Institution", "Username", "Password", "Save", "Language"}
    assert all(sentence in told["Message"] for one in told["ValidationDetails"].values() for sentence in one)


def test_what_is_refused_changes_nothing(ground: Ground) -> None:
    """But for the log of calls, which has each of them."""
    before = dump(ground.server)
    count = 0
    for operation, field, values in CASES:
        verb, url = address(ground, operation)
        body = {field: values[0]} if field == "RequestId" else {**body_of(ground, operation), field: values[0]}
        assert ground.client.http.request(verb, url, json=body).status_code == 401
        count += 1
    after = dump(ground.server)
    assert len(after["requests"]) - len(before["requests"]) == count
    assert {name: rows for name, rows in before.items() if name != "requests"} == {
        name: rows for name, rows in after.items() if name != "requests"
    }


def test_ten_megabytes_are_refused_by_every_path(ground: Ground) -> None:
    """Before they are read where the length is told, and while they are read where it is not."""
    huge = b'{"RequestId": "' + b"a" * (10 * 1024 * 1024) + b'"}'
    for operation, verb, pattern in WITH_A_BODY:
        if body_of(ground, operation):
            answer = ground.client.http.request(verb, aimed(ground, pattern), content=huge)
            assert is_refusal(answer, 401) is None, operation
    pieces = (huge[at : at + 65_536] for at in range(0, len(huge), 65_536))
    answer = ground.client.http.post(aimed(ground, "/v3/{customer}/BankingServices/Authorize"), content=pieces)
    assert is_refusal(answer, 401) is None


def test_nothing_of_all_this_broke_a_handler(ground: Ground) -> None:
    """The log of this module's server has refusals in it and no exception."""
    assert '"level":"error"' not in ground.server.log.read_text()
