"""The shortest way from a login to data."""

from __future__ import annotations

from tests.server import Client


def test_an_account_is_connected_and_read(client: Client) -> None:
    """A client creates an item, and reads its accounts and their transactions."""
    item = client.connect(2)
    assert (item["status"], item["executionStatus"]) == ("UPDATED", "SUCCESS")
    accounts = client.get("/accounts", itemId=item["id"])["results"]
    assert accounts
    page = client.get("/v2/transactions", accountId=accounts[0]["id"])
    assert page["results"][0]["accountId"] == accounts[0]["id"]
