"""What the tests of the wire have in common: callers that hold a connect token, and one read item of each kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.server import Client, Server

Widget = Callable[..., Client]


@pytest.fixture
def widget() -> Iterator[Widget]:
    """Return a caller with a connect token of the given client; the token's body comes by name."""
    opened: list[Client] = []

    def opener(client: Client, **body: object) -> Client:
        answer = client.call("POST", "/connect_token", json=body)
        assert answer.status_code == 200, answer.text
        assert set(answer.json()) == {"accessToken"}
        opened.append(Client(client.server, key=answer.json()["accessToken"]))
        return opened[-1]

    yield opener
    for one in opened:
        one.close()


@pytest.fixture(scope="session")
def reader(shared_server: Server) -> Iterator[Client]:
    """A client of the shared server for tests that only read: it changes nothing that would have to be put back."""
    client = shared_server.client()
    yield client
    client.close()


@pytest.fixture(scope="session")
def item_id(reader: Client) -> str:
    """The id of a personal bank's item with every product."""
    return str(reader.connect(2)["id"])


@pytest.fixture(scope="session")
def shared_item_id(reader: Client) -> str:
    """The id of an Open Finance item whose consent was given."""
    item = reader.connect(600, parameters={"cpf": "238.242.640-30"})
    reader.own("POST", f"/sandbox/connections/{item['id']}/answer", json={"value": "approved:user-ok"})
    reader.settle()
    return str(item["id"])
