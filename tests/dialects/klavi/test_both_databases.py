"""One way through everything, on SQLite and on PostgreSQL in turn."""

from __future__ import annotations

from tests.klavi import BANK, Klavi, Receiver, named, of_task, someone
from tests.server import Server


def test_a_person_is_connected_updated_asked_about_and_deleted(server: Server, receiver: Receiver) -> None:
    """With credentials and over a consent, with webhooks, a freeze and limits."""
    klavi = Klavi(server.client())
    klavi.listen(receiver)
    klavi.sandbox.advance("PT0S")
    klavi.sandbox.policy(calls_limit=50, updates_limit=2)
    person = someone()
    trace_id = klavi.begin(person=person, products=["balance", "income"], allow_autoupdate="Yes")
    reports = receiver.wait(of_task(trace_id), 2)
    assert [one.body["code"] for one in reports] == [200, 200]
    key = reports[0].body["data"]["connection_key"]
    update = {"connectionKey": key, "allowAutoUpdate": "Yes"}
    codes = []
    for _ in range(3):
        codes.append(klavi.code("POST", "/autoupdate_sync", json=update))
        klavi.sandbox.settle()
    assert codes == [200, 200, 431]
    frozen = klavi.begin("act+institution.connection.security")
    assert receiver.wait(of_task(frozen))[0].body["code"] == 414
    consent = klavi.given(person)
    assert receiver.wait(named("consent_authorised"))
    request = {"taxId": person, "institutionCode": BANK, "products": ["pf_balance"]}
    assert klavi.request("personal/institution-data", **request).status_code == 200
    assert receiver.wait(named("product_generated_success"))
    assert klavi.code("DELETE", "/data/v1/reports", params={"cpf": person}) == 200
    assert klavi.retrieve(person, "balance")["code"] == 430
    assert klavi.status(consent) == "DELETED_BY_USER"
    assert receiver.wait(named("consent_deleted_by_user"))
