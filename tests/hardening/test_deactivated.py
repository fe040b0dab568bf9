"""An application whose keys were switched off: refused by all four systems at once, and everything is there again."""

from __future__ import annotations

from afluente.dialects.klavi.api import BASE
from tests.belvo import Belvo
from tests.flinks import Flinks
from tests.server import Server


def test_keys_that_are_switched_off_open_nothing_until_they_are_switched_on(server: Server) -> None:
    """Each system says it in its own words; another application notices nothing, and nothing of it is lost."""
    neighbour, one = server.client(), server.other_client("switched off")
    belvo, flinks = Belvo(one), Flinks(one)
    partner = {"partner_code": one.keys[0], "partner_token": one.keys[1]}
    kept = one.connect(2, "user-ok")["id"]
    for word, active in (("deactivate", False), ("activate", True)):
        assert one.keys[0] in server.run("application", word, one.keys[0])
        login = one.http.post("/pluggy/auth", json={"clientId": one.keys[0], "clientSecret": one.keys[1]})
        listed = belvo.call("GET", "/api/links/")
        banks = flinks.call("GET", "/BankingServices/Institutions")
        report = one.http.get(f"/klavi{BASE}/reports", headers=partner, params={"cpf": "11144477735"})
        assert neighbour.call("GET", "/connectors").status_code == 200
        if active:
            assert login.status_code == 200
            assert [link["id"] for link in listed.json()["results"]] == [kept]
            assert banks.status_code != 401
            assert report.json()["code"] != 502
        else:
            assert (login.status_code, login.json()["codeDescription"]) == (401, "CLIENT_DISABLED")
            assert listed.status_code == 401, listed.text
            assert banks.status_code == 401
            assert report.json()["code"] == 502
