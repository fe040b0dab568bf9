"""Whoever is deleted is found in no column of any table: their CPF, their name, what their files were called."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest

from tests.belvo import Belvo
from tests.flinks import Flinks
from tests.klavi import Klavi, Receiver, named, of_task, someone
from tests.server import Client, Server
from tests.uploading import read

NAME = "Canaria Piu do Amaral"
FILE = "canary-extrato-de-fulana.ofx"
TAG = "canary-tag-of-somebody"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """An HTTP server of a partner, on this machine."""
    receiver = Receiver()
    yield receiver
    receiver.close()


def _found(server: Server, *secrets: str) -> list[tuple[str, str]]:
    """Return (table, row) of every row of the database that has one of the secrets in any column."""
    if server.database.startswith("sqlite:///"):
        with closing(sqlite3.connect(server.database.removeprefix("sqlite:///"), timeout=30)) as held:
            names = [name for (name,) in held.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            rows = [(name, row) for name in names for row in held.execute(f"SELECT * FROM {name}")]
    else:
        with psycopg.connect(server.database) as held:
            names = [n for (n,) in held.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
            rows = [(name, row) for name in names for row in held.execute(f"SELECT * FROM {name}".encode())]
    written = [(name, " | ".join(_text(value) for value in row)) for name, row in rows]
    return [one for one in written if any(secret in one[1] for secret in secrets)]


def _text(value: object) -> str:
    return bytes(value).decode("latin-1") if isinstance(value, bytes | memoryview) else str(value)


def _tables(found: list[tuple[str, str]]) -> set[str]:
    return {name for name, _ in found}


def test_a_person_of_klavis_is_found_nowhere_after_their_deletion(server: Server, receiver: Receiver) -> None:
    """Of whom there were a task, its reports and a link nothing is left, whether it was sent or still waits."""
    klavi = Klavi(server.client())
    klavi.listen(receiver)
    person = someone()
    klavi.link(personalTaxId=person)
    assert receiver.wait(named("link_created"))
    receiver.wait(of_task(klavi.begin(person=person, products=["balance", "income"])), 2)
    receiver.answers = [500] * 50
    klavi.begin(person=person, products=["balance"])
    assert {"events", "deliveries", "connections"} <= _tables(_found(server, person))
    assert klavi.code("DELETE", "/data/v1/reports", params={"cpf": person}) == 200
    klavi.sandbox.settle()
    assert _found(server, person) == []


def test_a_consent_leaves_its_own_record_and_the_word_of_its_end(server: Server, receiver: Receiver) -> None:
    """Reports that were requested over it are gone; that it is deleted is still told, with whose it was."""
    klavi = Klavi(server.client())
    klavi.listen(receiver)
    person = someone()
    consent = klavi.given(person)
    request = {"taxId": person, "institutionCode": "341", "products": ["pf_balance"]}
    assert klavi.request("personal/institution-data", **request).status_code == 200
    assert receiver.wait(named("product_generated_success"))
    assert len([one for one in _found(server, person) if one[0] == "deliveries"]) > 2
    assert klavi.code("DELETE", "/data/v1/reports", params={"cpf": person}) == 200
    assert receiver.wait(named("consent_deleted_by_user"))
    klavi.sandbox.settle()
    left = [(name, row) for name, row in _found(server, person) if name != "deliveries"]
    # by its mark the consent's record is found among the person's
    assert sorted(name for name, _ in left) == ["connection_marks", "connections", "events"]
    assert all("consent.deleted" in row for name, row in left if name != "connection_marks")
    messages = [row for name, row in _found(server, person) if name == "deliveries"]
    assert len(messages) == 1
    assert "consent_deleted_by_user" in messages[0]
    assert klavi.status(consent) == "DELETED_BY_USER"


def test_a_session_of_flinks_stays_in_the_log_without_its_person(server: Server) -> None:
    """The names of uploaded files and the tag go; the session, how it went and its calls can still be listed."""
    flinks = Flinks(server.client())
    upload = read(flinks.sandbox, [(FILE, b"no statement of anybody")], system="flinks", tag=TAG, user=NAME)
    assert {"sessions", "connections"} <= _tables(_found(server, FILE, TAG, NAME))
    session = flinks.session(upload["id"])
    flinks.told(flinks.call("DELETE", f"DeleteCard/{session['connection_id']}"))
    flinks.sandbox.settle()
    assert _found(server, FILE, TAG, NAME) == []
    after = flinks.session(upload["id"])
    kept = ("id", "meaning", "opened_at", "institution", "connection_id")
    assert [after[name] for name in kept] == [session[name] for name in kept]


@pytest.mark.parametrize("words", ["pluggy", "belvo"])
def test_only_the_word_of_a_deletion_names_the_client_s_user(server: Server, receiver: Receiver, words: str) -> None:
    """Every earlier fact has lost the user, and every earlier message is gone, also what had still to be sent when the
    connection went; the webhook of the deletion arrives."""
    client: Client = server.client()
    client.own("POST", "/endpoints", json={"system": words, "url": receiver.url})
    # the first message does not arrive, and those behind it wait
    receiver.answers = [500]
    user = f"c{someone()}"
    if words == "pluggy":
        path = f"/items/{client.connect(2, clientUserId=user)['id']}"
        client.settle()
    else:
        belvo = Belvo(client)
        path = f"/api/links/{belvo.link(external_id=user)['id']}/"
        client.settle()
    before = _found(server, user)
    assert {"connections", "events"} <= _tables(before)
    if words == "pluggy":
        client.call("DELETE", path)
    else:
        assert belvo.call("DELETE", path).status_code == 204
    # by when a clock has been moved, all that fell due has been sent
    client.advance("P1D")
    deleted = "item/deleted" if words == "pluggy" else "link_deleted"
    assert receiver.wait(lambda one: deleted in one.raw.decode() and user in one.raw.decode())
    left = _found(server, user)
    assert left
    assert _only_of_deletion(left)


def _only_of_deletion(found: list[tuple[str, str]]) -> bool:
    return all(name in ("events", "deliveries") and "connection.deleted" in row for name, row in found)
