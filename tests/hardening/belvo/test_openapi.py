"""schemathesis against the vendor's two OpenAPI files, over every operation of them that is served, on a real server.

Values are right and wrong in turn, and ids of links and of what they hold are real ones half of the time, so that what
lies behind a 404 is reached too. Seeded by the operation: a failure comes back with the same test.
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

from afluente.dialects.belvo.api import ROUTES
from tests.hardening.belvo.aiming import aimed, is_refusal, link_for
from tests.hardening.ground import Ground

CONTRACTS = Path(__file__).parents[2] / "dialects" / "belvo" / "openapi"
VERSIONS = ("1.35.0", "1.223.0")
DOCUMENTS: dict[str, dict[str, Any]] = {
    version: json.loads((CONTRACTS / f"belvo-openapi-{version}.json").read_text("utf-8")) for version in VERSIONS
}
SERVED = {path: set(verbs) for path, verbs in ROUTES}
OPERATIONS = [
    (version, verb.upper(), path)
    for version, document in DOCUMENTS.items()
    for path, verbs in document["paths"].items()
    for verb in verbs
    if verb.upper() in SERVED.get(path, ())
]
EXAMPLES = 12
"""For each operation; a half of them with real ids."""


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    """One connection for all."""
    with requests.Session() as session:
        yield session


@pytest.fixture(scope="module")
def contracts() -> dict[str, Any]:
    """The vendor's documents, as schemathesis reads them."""
    return {version: schemathesis.openapi.from_dict(document) for version, document in DOCUMENTS.items()}


def test_every_operation_of_both_contracts_is_served() -> None:
    """What is tried below is the whole of both files."""
    every = [(v, verb.upper(), path) for v, document in DOCUMENTS.items() for path, verbs in document["paths"].items()
             for verb in verbs if verb != "parameters"]  # fmt: skip
    assert every == OPERATIONS
    assert len(OPERATIONS) == 200


@pytest.mark.slow
@pytest.mark.parametrize(("version", "verb", "path"), OPERATIONS)
def test_nothing_that_is_sent_breaks_an_operation(
    ground: Ground, contracts: dict[str, Any], session: requests.Session, version: str, verb: str, path: str
) -> None:
    """No status is 5xx, what succeeds is JSON, what is refused is so in the contract's shape."""
    operation = contracts[version][path][verb]
    declared = {parameter.name for parameter in operation.query}
    link = link_for(ground, path)
    # one link is there for what may end it; the others are read on
    spare = path.startswith("/api/links/") and verb in ("PUT", "DELETE")
    real = aimed(ground, path, ground.ids["spare"] if spare else None).removeprefix(path.partition("{")[0])
    ids = {"id": real.partition("/")[0]} if "{id}" in path else None
    query = {"link": link} if "link" in declared else None
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
    @given(case=st.one_of(kinds), real=st.booleans())
    def tried(case: Case, real: bool) -> None:
        if real and isinstance(case.body, dict) and "link" in case.body:
            case.body["link"] = link
        answer = case.call(
            base_url=f"{ground.server.url}/belvo", session=session, auth=ground.client.keys, timeout=30,
            allow_redirects=False,
        )  # fmt: skip
        seen.add(answer.status_code)
        if answer.status_code < 300:
            assert answer.content == b"" if answer.status_code == 204 else isinstance(answer.json(), dict | list)
        else:
            assert is_refusal(answer) is None, case.as_curl_command()

    tried()
    if verb == "GET" and "{" not in path and path != "/api/consents/":
        assert 200 in seen


def test_no_handler_broke_on_the_way(ground: Ground) -> None:
    """The log has refusals in it, and no exception."""
    assert '"level":"error"' not in ground.server.log.read_text()
