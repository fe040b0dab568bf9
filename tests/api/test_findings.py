"""`GET /api/connections/{id}/findings`, `afluente check` and `afluente export`, and what Pluggy's items say of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.server import Client, Server

BANK = 202
MISMATCH = "product.transactions.balance-mismatch"


def findings(client: Client, id: str, **headers: str) -> Any:
    """Return what the API tells of a connection."""
    answer = client.http.get(f"/api/connections/{id}/findings", headers={"x-api-key": client.key, **headers})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_finding_is_told_with_what_it_is_about(client: Client) -> None:
    """Which account, what should stand there, what does, and a sentence in the language that is asked for."""
    item = client.connect(BANK, f"act+{MISMATCH}")
    told = findings(client, item["id"], **{"accept-language": "es"})
    [one] = told["findings"]
    assert (one["meaning"], told["locale"], told["leftOut"]) == (MISMATCH, "es", {})
    assert float(one["found"]) - float(one["expected"]) == pytest.approx(10)
    assert one["accounts"][0] in {account["id"] for account in client.get("/accounts", itemId=item["id"])["results"]}
    assert one["sentence"] == "El saldo difiere del saldo tras el último movimiento."
    assert one["help"].endswith(f"/meanings/{MISMATCH}")
    assert told["checkedAt"].endswith("Z")


def test_a_good_connection_has_no_findings(client: Client) -> None:
    """The sandbox's ordinary people have nothing wrong, whatever was fetched."""
    item = client.connect(2)
    assert findings(client, item["id"])["findings"] == []
    assert item["statusDetail"] is None


def test_another_applications_connection_is_not_there(client: Client) -> None:
    """Nor is one that nobody has."""
    answer = client.http.get(
        "/api/connections/00000000-0000-4000-8000-000000000000/findings", headers={"x-api-key": client.key}
    )
    assert (answer.status_code, answer.json()["error"]["meaning"]) == (404, "request.not-found.connection")


def test_an_unknown_language_is_refused(client: Client) -> None:
    """Silence in another language would be taken for none."""
    item = client.connect(2)
    answer = client.http.get(f"/api/connections/{item['id']}/findings?locale=tlh", headers={"x-api-key": client.key})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("meaning", "product", "code"),
    [
        (MISMATCH, "transactions", "005"),
        (f"{MISMATCH}.unlisted", "transactions", "005"),
        ("product.transactions.duplicate", "transactions", "006"),
        ("product.transactions.duplicate.settled", "transactions", "006"),
        ("product.transactions.incomplete", "transactions", "007"),
        ("product.transactions.order", "transactions", "008"),
        ("product.transactions.gap", "transactions", "009"),
        ("product.accounts.duplicate", "accounts", "010"),
    ],
)
def test_an_item_warns_of_a_product_whose_data_is_doubtful(
    client: Client, meaning: str, product: str, code: str
) -> None:
    """The product is up to date all the same: the warning stands beside the data, and the item is no failure."""
    item = client.connect(BANK, f"act+{meaning}")
    assert (item["status"], item["executionStatus"]) == ("UPDATED", "SUCCESS")
    detail = item["statusDetail"][product]
    assert detail["isUpdated"] is True
    assert [warning["code"] for warning in detail["warnings"]] == [code]
    assert detail["warnings"][0]["message"]


@pytest.mark.parametrize("meaning", ["product.holder.incomplete", "product.holder.email-invalid"])
def test_an_item_keeps_silent_where_there_is_no_word(client: Client, meaning: str) -> None:
    """What there is no word for is in the findings alone: an item that is well says nothing else of itself."""
    item = client.connect(BANK, f"act+{meaning}")
    assert [one["meaning"] for one in findings(client, item["id"])["findings"]] == [meaning]
    assert item["statusDetail"] is None


def command(server: Server, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command line on a server's data."""
    return subprocess.run(
        [sys.executable, "-m", "afluente", *arguments],
        env={**os.environ, **server.environment},
        cwd=server.folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_everything_is_checked_from_the_command_line(server: Server, tmp_path: Path) -> None:
    """From the database and from the files that are written of it: the same findings, and 1 where there are any."""
    client = server.client()
    item = client.connect(BANK, f"act+{MISMATCH}")
    client.connect(2)
    folder = tmp_path / "files"
    written = command(server, "export", str(folder))
    assert written.returncode == 0, written.stderr
    assert written.stdout.startswith("2 connections and ")
    results = []
    for arguments in (("--all",), ("--parquet", str(folder))):
        done = command(server, "check", *arguments, "--json")
        assert done.returncode == 1, done.stderr
        results.append([json.loads(line) for line in done.stdout.splitlines()])
    assert results[0] == results[1]
    [one] = results[0]
    assert (one["connection"], one["meaning"]) == (item["id"], MISMATCH)
    shown = command(server, "check", "--all")
    assert "2 connections checked, 1 findings" in shown.stdout


@pytest.mark.parametrize("arguments", [(), ("--all", "--parquet", "."), ("--parquet", "nowhere")])
def test_a_check_of_nothing_is_no_success(shared_server: Server, arguments: tuple[str, ...]) -> None:
    """A script that misspells a folder must not be told that all is well."""
    assert command(shared_server, "check", *arguments).returncode == 2
