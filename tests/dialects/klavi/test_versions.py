"""Reports of Open Data in their second version: ordered with a task, kept for its updates, asked for by CPF."""

from __future__ import annotations

import pytest

from tests.klavi import Klavi, Receiver, of_task, someone

OUTER = {"code", "msg", "reportTime", "data", "queryParam"}
HEAD = {
    "enquiryCpf", "userConsent", "allowAutoupdate", "connectionKey", "connectionId", "institutionId", "report_type",
    "reportId", "reportVersion",
}  # fmt: skip


def test_the_second_version_is_in_one_word_throughout(klavi: Klavi, receiver: Receiver) -> None:
    """The envelope keeps three names as they were; an update that nobody watches brings the same version."""
    klavi.listen(receiver, "reports")
    person = someone()
    order = {"products": ["category_creditcard"], "report_version": "V2", "allow_autoupdate": "Yes"}
    trace_id = klavi.begin(person=person, query_param={"a_b": 1}, **order)
    (arrived,) = receiver.wait(lambda one: one.body["data"].get("connectionId") == trace_id)
    body = arrived.body
    assert (set(body), body["queryParam"]) == (OUTER, {"a_b": 1})
    assert set(body["data"]) == HEAD | {"categoryCreditcard"}
    assert (body["data"]["reportVersion"], body["data"]["report_type"]) == ("V2", "category_creditcard")
    card = body["data"]["categoryCreditcard"][0]
    moved = card["openStatement"]["transactionDetail"] or card["closedStatement"][0]["transactionDetail"]
    assert card["cardLast4num"] and {"subcategory", "thirdCategory", "transAmount"} <= set(moved[0])
    update = {"connectionKey": body["data"]["connectionKey"], "allowAutoUpdate": "Yes"}
    again = klavi.call("POST", "/autoupdate_sync", json=update).json()
    assert again["code"] == 200
    receiver.wait(lambda one: one.body["data"].get("connectionId") == again["traceId"])
    assert klavi.retrieve(person, "category_creditcard")["data"]["reportVersion"] == "V2"
    first = klavi.retrieve(person, "category_creditcard", report_version="V1")["data"]
    assert first["report_version"] == "V1" and first["Category_creditcard"]


@pytest.mark.parametrize("version", ["V3", "2", "x" * 9])
def test_a_version_that_there_is_not(klavi: Klavi, version: str) -> None:
    """A fault of the task's form; of a retrieval a wrong parameter."""
    assert klavi.refused(report_version=version) == 410
    query = {"cpf": someone(), "report_type": "income", "report_version": version}
    assert klavi.code("GET", "/data/v1/reports", params=query) == 505


def test_the_usual_version_is_the_reports_own(klavi: Klavi, receiver: Receiver) -> None:
    """Asked for by either of its numbers."""
    klavi.listen(receiver, "reports")
    trace_id = klavi.begin(products=["income", "balance"], reportVersion="v1")
    arrived = receiver.wait(of_task(trace_id), 2)
    assert [one.body["data"]["report_version"] for one in arrived] == ["V1.1", "V1"]
