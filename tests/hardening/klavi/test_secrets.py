"""Canaries in Klavi's words: what a person or a partner must keep to themselves is found in no log, row or report."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hardening.test_secrets import _kept_in, disguises
from tests.klavi import Klavi, Receiver, someone
from tests.server import running

PASSWORD = "Canary-Kl4vi-P4ss/ß&='"
WRONG = "Canary-Kl4vi-Wr0ng"
TOKEN = "Canary-Mfa-5512"
USER = "act+mfa.wrong,success@holder"
SECRET = "canary-of-nobodys-partner"
VISIBLE = "canary-that-comes-back"


@pytest.mark.slow
def test_no_secret_of_a_task_is_found_in_what_it_leaves_behind(
    tmp_path: Path, database_url: str, receiver: Receiver
) -> None:
    """A task that goes well, one whose password is wrong, one whose token is wrong, calls with wrong secrets."""
    with running(tmp_path, database_url, private_webhooks="1", log="json") as server:
        client = server.other_client("canary")
        klavi = Klavi(client)
        klavi.listen(receiver)
        person = someone()
        right = klavi.begin(
            "act+institution.unavailable@balance",
            person=person,
            password=PASSWORD,
            products=["all"],
            query_param={"x": VISIBLE},
        )
        klavi.begin("user-ok", password=WRONG)
        asked = klavi.begin("user-ok", "033")
        assert klavi.task(asked)["status"] == "waiting"
        klavi.code("POST", f"/data/v1/tasks/{asked}/mfa", json={"token": TOKEN})
        client.settle()
        klavi.call("POST", f"/data/v1/tasks/{asked}/mfa", json={"token": [TOKEN]})
        klavi.call("POST", "/data/v1/tasks", json={"credentials": PASSWORD, "cpf": PASSWORD})
        klavi.call("POST", "/data/v1/tasks", content=f'{{"credentials": {{"password": "{WRONG}"'.encode())
        for headers in ({**klavi.partner, "partner_token": SECRET}, {"partner_code": SECRET, "partner_token": SECRET}):
            assert klavi.code("GET", "/data/v1/reports", headers=headers) == 503
        klavi.call("POST", "/data/v1/auth", {}, json={"accessKey": client.keys[0], "secretKey": SECRET})
        bearer = klavi.access["authorization"].partition(" ")[2]
        assert klavi.retrieve(person)["code"] in (200, 203)
        receiver.wait(lambda one: isinstance(one.body, dict) and one.body["data"]["connection_id"] == right, 11)
        log = server.log.read_bytes()
        places = [("log", log), *dict.fromkeys(_kept_in(server.database))]
        places += [(one.path, one.raw + repr(one.headers).encode()) for one in receiver.arrived]
    secrets = {PASSWORD, WRONG, TOKEN, SECRET, client.keys[1], bearer, bearer.rpartition(".")[2]}
    found = [
        (place, secret)
        for secret in secrets
        for disguise in disguises(secret)
        for place, content in places
        if disguise in content
    ]
    assert found == []
    # the same search finds what is there to be found: in the rows, and in what was delivered
    assert sum(VISIBLE.encode() in content for _, content in places) > 11
