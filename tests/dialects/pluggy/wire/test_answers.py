"""`POST /items/{id}/mfa`: answers that come at the wrong time, under the wrong name, twice, or too late."""

from __future__ import annotations

from pathlib import Path

import httpx

from tests.dialects.pluggy.wire.errors import NOBODYS, assert_refused
from tests.server import Client, running


def send(client: Client, item_id: str, **values: object) -> httpx.Response:
    """Answer an item."""
    return client.call("POST", f"/items/{item_id}/mfa", json=values)


def test_a_right_answer_sets_the_item_going_again(client: Client) -> None:
    """The answer is the item, which is updating, and has nothing to ask any more."""
    item = client.connect(5, user="person+right")
    answer = send(client, item["id"], token="123456")
    assert answer.status_code == 200
    assert answer.json()["id"] == item["id"]
    assert (answer.json()["status"], answer.json()["executionStatus"]) == ("UPDATING", "LOGIN_MFA_IN_PROGRESS")
    assert answer.json()["parameter"] is None
    assert client.settled(item["id"])["executionStatus"] == "SUCCESS"


def test_an_item_that_asks_for_nothing_takes_no_answer(client: Client) -> None:
    """Neither one that rests, nor one that waits for something done elsewhere."""
    message = "The item is not waiting for an MFA parameter"
    rested = client.connect(2)
    assert_refused(send(client, rested["id"], token="123456"), 400, message, "ITEM_MFA_NOT_FOUND")
    elsewhere = client.connect(19, user="person+elsewhere")
    assert_refused(send(client, elsewhere["id"], qr="approved"), 400, message, "ITEM_MFA_NOT_FOUND")
    assert client.get(f"/items/{elsewhere['id']}")["status"] == "WAITING_USER_ACTION"


def test_an_answer_under_another_name_is_told_which_one_is_asked_for(client: Client) -> None:
    """The name is in the data, and the item waits as before."""
    item = client.connect(5, user="person+name")
    for values in ({"code": "123456"}, {}):
        refused = send(client, item["id"], **values)
        message = "The MFA parameter expected is 'token'"
        assert_refused(refused, 400, message, "ITEM_MFA_PARAMETER_EXPECTED_MISMATCH", data={"paramName": "token"})
    assert client.get(f"/items/{item['id']}") == item
    assert client.answer(item["id"], token="123456")["status"] == "UPDATED"


def test_an_answer_that_comes_too_late_is_told_so(client: Client) -> None:
    """Up to its end the question is open; from then on the item has timed out, and an update begins anew."""
    client.advance("PT0S")
    item = client.connect(5, user="person+late")
    client.advance("PT4M59S")
    assert client.get(f"/items/{item['id']}")["status"] == "WAITING_USER_INPUT"
    now = client.advance("PT1S")
    assert item["parameter"]["expiresAt"] == now
    timed_out = client.get(f"/items/{item['id']}")
    assert (timed_out["status"], timed_out["executionStatus"]) == ("OUTDATED", "USER_INPUT_TIMEOUT")
    assert timed_out["error"]["message"] == "User requested input had expired"
    message = "The MFA parameter has expired, a new update has to be started"
    assert_refused(send(client, item["id"], token="123456"), 400, message, "ITEM_MFA_EXPIRED")
    assert client.update(item["id"])["status"] == "WAITING_USER_INPUT"
    assert client.answer(item["id"], token="123456")["status"] == "UPDATED"


def test_an_answer_that_was_given_already_is_not_taken_twice(tmp_path: Path) -> None:
    """While the institution looks at the first answer, a second one is refused."""
    with running(tmp_path, pace="600000") as server:
        client = server.client()
        # pauses take no time on a stopped clock; on the machine's own the institution is slow
        client.advance("PT0S")
        item = client.connect(5, user="person+twice")
        client.own("DELETE", "/sandbox/clock")
        assert send(client, item["id"], token="123456").status_code == 200
        message = "The MFA parameter was already provided"
        assert_refused(send(client, item["id"], token="123456"), 400, message, "ITEM_MFA_ALREADY_PROVIDED")
        running_now = client.get(f"/items/{item['id']}")
        assert running_now["executionStatus"] in ("LOGIN_MFA_IN_PROGRESS", "LOGIN_IN_PROGRESS")
        client.close()


def test_a_value_of_the_last_run_is_not_taken_where_the_institution_wants_new_ones(client: Client) -> None:
    """The sandbox's own token serves again, so this refusal is armed."""
    item = client.connect(5, user="person+last")
    client.arm("request.mfa.reused", operation=f"POST /items/{item['id']}/mfa")
    message = "MFA parameter has to be updated from last execution"
    assert_refused(send(client, item["id"], token="123456"), 400, message, "MFA_PARAMERTER_WAS_ALREADY_USED_ERROR")
    assert client.get(f"/items/{item['id']}") == item


def test_answers_go_to_items_that_are_there(client: Client) -> None:
    """An unknown item, a malformed id and a value that is no text are refused."""
    assert_refused(send(client, NOBODYS, token="1"), 404, "item not found", "ITEM_NOT_FOUND")
    assert_refused(send(client, "none", token="1"), 400, "id must be a UUID")
    item = client.connect(5, user="person+there")
    assert_refused(send(client, item["id"], token=["123456"]), 400, "token must be a string")
    assert client.get(f"/items/{item['id']}") == item
