"""schemathesis against the vendor's own OpenAPI, over every endpoint of it that is served here, on a real server.

Values are right and wrong in turn, ids are real ones two times in three, so that what lies behind a 404 is reached
too. Seeded by the operation: a failure comes back with the same test.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode

from afluente.dialects.pluggy.api import ROUTES
from tests.hardening.ground import Ground, is_refusal, owner_of

CONTRACT = Path(__file__).parents[1] / "dialects" / "pluggy" / "openapi" / "pluggy-openapi.json"
DOCUMENT: dict[str, Any] = json.loads(CONTRACT.read_text("utf-8"))
SERVED = {path: set(verbs) for path, verbs in ROUTES}
OPERATIONS = [
    (verb.upper(), path)
    for path, verbs in DOCUMENT["paths"].items()
    for verb in verbs
    if verb.upper() in SERVED.get(path, ())
]
ELSEWHERE = ("/payments", "/smart-transfers", "/boleto")
"""What is not served here: payments, smart transfers, boletos."""
NEVER_DONE = {("POST", "/auth"), ("POST", "/items/{id}/mfa"), ("POST", "/webhooks")}
"""What chance does not find the right values for."""
EXAMPLES = 100
"""For each operation; a third of them with each kind of values."""
QUERIED = {"itemId": "item", "accountId": "account", "billId": "bill", "parentId": "category"}


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    """One connection for all."""
    with requests.Session() as session:
        yield session


@pytest.fixture(scope="module")
def contract() -> schemathesis.schemas.BaseSchema:
    """The vendor's document, as schemathesis reads it."""
    return schemathesis.openapi.from_dict(DOCUMENT)


def test_every_operation_of_the_contract_is_served_or_lies_elsewhere() -> None:
    """What is tried below is the whole contract but for what is not this server's."""
    missing = [path for path in DOCUMENT["paths"] if path not in SERVED and not path.startswith(ELSEWHERE)]
    assert missing == []
    assert len(OPERATIONS) == 41


def aimed(ground: Ground, verb: str, path: str) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """Return real values for the path and for the ids in the query."""
    operation = DOCUMENT["paths"][path][verb.lower()]
    declared = {parameter["name"] for parameter in operation.get("parameters", ()) if parameter["in"] == "query"}
    query = {name: ground.ids[whose] for name, whose in QUERIED.items() if name in declared}
    if path == "/bills":
        query["accountId"] = ground.ids["card"]
    if path in ("/loans", "/consents"):
        query["itemId"] = ground.ids["shared"]
    # one item is there to be deleted; the others are read on
    id = ground.ids["asking" if (verb, path) == ("DELETE", "/items/{id}") else owner_of(path)]
    return ({"id": id} if "{id}" in path else None), query or None


@pytest.mark.slow
@pytest.mark.parametrize(("verb", "path"), OPERATIONS)
def test_nothing_that_is_sent_breaks_an_operation(
    ground: Ground, contract: Any, session: requests.Session, verb: str, path: str
) -> None:
    """No status is 5xx, what succeeds is a JSON object, and what is refused is so in the contract's shape."""
    operation = contract[path][verb]
    ids, query = aimed(ground, verb, path)
    kinds: list[st.SearchStrategy[Case]] = [
        operation.as_strategy(path_parameters=ids, query=query),
        operation.as_strategy(generation_mode=GenerationMode.POSITIVE),
    ]
    if operation.body or operation.query or operation.path_parameters:
        kinds.append(operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
    seen: set[int] = set()

    @settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(case=st.one_of(kinds))
    def tried(case: Case) -> None:
        answer = case.call(
            base_url=f"{ground.server.url}/pluggy",
            session=session,
            headers={"X-API-KEY": ground.client.key},
            timeout=30,
        )
        seen.add(answer.status_code)
        if answer.status_code == 200:
            assert isinstance(answer.json(), dict)
        else:
            assert is_refusal(answer.status_code, answer.content) is None, case.as_curl_command()

    tried()
    ground.client.settle()
    assert 200 in seen or (verb, path) in NEVER_DONE


def test_no_handler_broke_on_the_way(ground: Ground) -> None:
    """The log has refusals in it, and no exception."""
    assert '"level":"error"' not in ground.server.log.read_text()
