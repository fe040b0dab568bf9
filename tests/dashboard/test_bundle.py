"""The diagnostic bundle says what happened, and gives nothing away."""

from __future__ import annotations

import json

from tests.delivery.receiver import Receiver
from tests.flinks import Flinks
from tests.operator import Operator

CANARIES = ("canaryuser", "canarypassword", "canaryanswer", "canaryurl", "canaryheader", "canarysecret", "canaryperson")


def test_no_secret_is_in_the_bundle_or_on_any_page(operator: Operator, receiver: Receiver) -> None:
    """Canaries stand wherever a secret can be given; none comes out, and the course of things does."""
    client = operator.client
    endpoint = {
        "url": f"{receiver.url}/hook?token=canaryurl",
        "headers": {"Authorization": "canaryheader"},
        "secret": "canarysecret-0123456789",
    }
    client.own("POST", "/endpoints", json=endpoint)
    parameters = {"user": "user-canaryuser", "password": "canarypassword"}
    named = f"{receiver.url}/own?token=canaryurl"
    item = client.connect(2, parameters=parameters, clientUserId="canaryperson", webhookUrl=named)
    flinks = Flinks(client)
    asked = flinks.authorize("Greatday", 203)
    wrong = {one["Prompt"]: ["canaryanswer"] for one in asked["SecurityChallenges"]}
    flinks.call("POST", "Authorize", json={"RequestId": asked["RequestId"], "SecurityResponses": wrong})
    client.advance("PT1M")
    session = asked["RequestId"]
    told = json.loads(operator.http.get(f"/dashboard/connections/{item['id']}/bundle").content)
    assert told["connection"]["id"] == item["id"] and told["executions"] and told["events"] and told["deliveries"]
    assert told["deliveries"][0]["attempts"][0]["status"] == 200
    assert [call["operation"] for call in told["calls"]] == ["POST /items"]
    connection = client.http.get("/api/sessions", headers={"x-api-key": client.key}).json()["sessions"][0]
    bundles = [f"connections/{one}/bundle" for one in (item["id"], connection["connection_id"])]
    pages = [f"connections/{item['id']}", f"sessions/{session}", "webhooks", "sessions", "requests", "keys"]
    for path in [*bundles, *pages]:
        text = operator.get(path)
        for canary in CANARIES:
            # the client's own name for its user is no secret to the operator, but does not leave the house
            if canary != "canaryperson" or path in bundles:
                assert canary not in text, (path, canary)
        assert operator.secret not in text and client.key not in text


def test_the_bundle_has_nothing_of_what_was_read(operator: Operator) -> None:
    """No names, numbers or amounts: whoever helps needs the course, and not the data."""
    client = operator.client
    item = client.connect(2)
    accounts = client.get("/accounts", itemId=item["id"])["results"]
    text = operator.get(f"connections/{item['id']}/bundle")
    for account in accounts:
        assert account["name"] not in text and account["number"] not in text
        for movement in client.get("/transactions", accountId=account["id"])["results"][:20]:
            assert movement["description"] not in text
