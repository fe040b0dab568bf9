"""Uploading several files at once: limits, whose they become, what a second upload adds, and a server that dies."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.belvo import Belvo
from tests.connectors.statements import hostile
from tests.connectors.statements.printing import PRINTED
from tests.connectors.statements.recognising import install, table
from tests.connectors.statements.test_scans import picture
from tests.rows.flinks.test_uploads import CHEQUING, DOCTORED, FRENCH, LETTER, opened
from tests.server import Client, running
from tests.uploading import begun, read, send, shown


def test_the_same_file_twice_adds_nothing(client: Client) -> None:
    """Its movements are known, in one upload and in the next of the same user."""
    first = read(client, [CHEQUING, CHEQUING], user="ana")
    assert [file["transactions"] for file in first["files"]] == [{"read": 10, "added": 10}, {"read": 10, "added": 0}]
    second = read(client, [CHEQUING, FRENCH], user="ana")
    assert [file["transactions"]["added"] for file in second["files"]] == [0, 4]
    assert second["connection_id"] == first["connection_id"]


def test_whose_accounts_they_are_is_told_by_whoever_has_a_word_for_it(client: Client) -> None:
    """The name and address that a statement prints: an owner to Belvo's clients, an identity to Pluggy's."""
    id = read(client, [CHEQUING])["connection_id"]
    (owner,) = Belvo(client).every("/api/owners/", link=id)
    assert (owner["display_name"], owner["link"]) == ("MS AMELIE TREMBLAY", id)
    assert client.get("/identity", itemId=id)["fullName"] == "MS AMELIE TREMBLAY"
    assert "IDENTITY" in client.get(f"/items/{id}")["products"]
    nameless = read(client, [("formulas.csv", hostile.FORMULAS)])["connection_id"]
    assert Belvo(client).every("/api/owners/", link=nameless) == []
    assert "IDENTITY" not in client.get(f"/items/{nameless}")["products"]


def test_files_of_nobody_in_particular_stay_apart(client: Client) -> None:
    """Two uploads without a user are two logins; an upload may also name the login it adds to."""
    first, second = read(client, [CHEQUING]), read(client, [FRENCH])
    assert first["connection_id"] != second["connection_id"]
    third = read(client, [FRENCH], connection=first["connection_id"])
    assert third["connection_id"] == first["connection_id"]
    assert client.get("/accounts", itemId=first["connection_id"])["total"] == 2


def test_a_failed_upload_leaves_what_was_there(client: Client) -> None:
    """Rejected files change no account and no movement."""
    taken = read(client, [CHEQUING], user="bruno")
    before = client.get("/accounts", itemId=taken["connection_id"])["results"]
    failed = read(client, [DOCTORED, LETTER], user="bruno")
    assert failed["meaning"] == "documents.rejected"
    assert client.get("/accounts", itemId=taken["connection_id"])["results"] == before
    again = read(client, [FRENCH], user="bruno")
    assert again["meaning"] == "success"


def test_formulas_are_texts(client: Client) -> None:
    """A description that a spreadsheet would run is stored as it stands, and the PDF we make of it shows it."""
    told = read(client, [("formulas.csv", hostile.FORMULAS)])
    assert told["meaning"] == "success"
    (account,) = client.get("/accounts", itemId=told["connection_id"])["results"]
    moved = client.get("/v2/transactions", accountId=account["id"])["results"]
    assert {one["description"] for one in moved} == {
        "=cmd|' /C calc'!A0", "+SUM(A1:A9)", '@HYPERLINK("http://example.invalid")', "-2+3"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("files", "status"),
    [
        ([], 400),
        ([("a.csv", b"x")] * 25, 400),
        ([("a.csv", b" " * 20_000_001)], 413),
        ([("a.csv", b" " * 19_000_000)] * 10, 413),
    ],
    ids=["none", "25", "one too large", "all too large"],
)
def test_an_upload_has_bounds(client: Client, files: list[tuple[str, bytes]], status: int) -> None:
    """Refused before anything is stored; no session is there."""
    before = client.own("GET", "/sessions")["sessions"]
    assert send(client, files).status_code == status
    assert client.own("GET", "/sessions")["sessions"] == before


@pytest.mark.parametrize("query", [{"connection": "no-id"}, {"system": "nobody"}, {"tag": "x" * 300}])
def test_an_upload_for_nobody_is_refused(client: Client, query: dict[str, str]) -> None:
    """A login that is not there, a system that nobody speaks, a tag without end."""
    assert send(client, [CHEQUING], **query).status_code in (400, 404)


def test_a_session_that_is_no_upload_is_not_shown_as_one(client: Client) -> None:
    """Nor is one of nobody."""
    for id in ("00000000-0000-4000-8000-000000000000", "x"):
        assert client.http.get(f"/api/uploads/{id}", headers={"x-api-key": client.key}).status_code == 404


def test_while_files_are_read_others_have_to_wait_and_the_server_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same login takes no more until then; any other request is answered."""
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    folder = install(tmp_path / "bin", table(PRINTED / "ca_french.pdf"), gate)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    with running(tmp_path) as server:
        client = server.client()
        id = begun(client, [("scan.png", picture()), CHEQUING], user="carla")["id"]
        with opened(gate):
            assert send(client, [CHEQUING], user="carla").status_code == 409
            query = {"user": "carla", "filename": CHEQUING[0]}
            headers = {"x-api-key": client.key}
            one = client.http.post("/api/statements", params=query, content=CHEQUING[1], headers=headers)
            assert one.status_code == 409
            assert read_beside(client) == "success"
        client.settle()
        assert shown(client, id)["meaning"] == "success"


def read_beside(client: Client) -> str:
    """Upload for somebody else, wait for that alone, and return how it ended."""
    id = begun(client, [CHEQUING], user="dora")["id"]
    while True:
        told = shown(client, id)
        if not told["meaning"].startswith("progress"):
            return str(told["meaning"])


def test_files_that_were_being_read_when_the_server_died_are_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database_url: str
) -> None:
    """Killed in the middle of the first of two; after the next start both are there, each once."""
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    folder = install(tmp_path / "bin", table(PRINTED / "ca_french.pdf"), gate)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    with running(tmp_path, database_url) as server:
        client = server.client()
        id = begun(client, [("scan.png", picture()), CHEQUING])["id"]
        with opened(gate):
            server.kill()
        install(folder, table(PRINTED / "ca_french.pdf"))
        server.start()
        client = server.client()
        client.settle()
        told = shown(client, id)
        assert told["meaning"] == "success"
        assert [file["transactions"]["added"] for file in told["files"]] == [4, 10]


def test_nothing_of_a_file_is_left_when_it_has_been_read(tmp_path: Path) -> None:
    """Not its bytes in the database, and neither they nor its words in the log."""
    with running(tmp_path) as server:
        client = server.client()
        read(client, [CHEQUING])
        log = server.log.read_text()
    assert "MAPLE GROCERS" not in log
    with closing(sqlite3.connect(tmp_path / "afluente.db")) as stored:
        assert stored.execute("SELECT count(*) FROM executions WHERE sealed IS NOT NULL").fetchone() == (0,)
