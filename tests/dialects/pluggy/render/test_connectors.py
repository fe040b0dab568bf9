from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from pluggy_sdk import models

from afluente.core.institutions import Field, Institution, Kind
from afluente.core.products import Product
from afluente.dialects.pluggy.connectors import (
    connector,
    credential,
    id_of,
    neutral_name,
    read,
    slug_of,
    table,
    wire_name,
)

BANK = Institution(
    slug="sandbox-bank",
    name="Sandbox Bank",
    country="BR",
    kind=Kind.PERSONAL_BANK,
    connector="scripted",
    fields=(
        Field(name="username", label="Usuário", pattern="^user-.{2,50}$", message='O user deve começar com "user-"'),
        Field(
            name="password",
            label="Senha",
            kind="password",
            pattern="^.{6,20}$",
            message="A senha deve ter entre 6 e 20 caracteres",
        ),
    ),
    products=tuple(Product),
    sandbox=True,
)
ITAU = msgspec.structs.replace(BANK, slug="itau-pf", name="Itaú", color="#EC7000", url="https://www.itau.com.br")


def test_a_connector_is_the_live_services_object() -> None:
    """Keys, their order and the login form are those of the expected file."""
    text = json.dumps(connector(BANK), indent=2, ensure_ascii=False) + "\n"
    assert text == Path(__file__).with_name("connector-2.json").read_text("utf-8")


def test_a_row_without_a_look_shows_the_institution_itself() -> None:
    """Name, colour (without its hash) and address are the institution's own."""
    wire = connector(ITAU)
    models.Connector.from_dict(wire)
    assert (wire["id"], wire["name"], wire["primaryColor"]) == (201, "Itaú", "EC7000")
    assert wire["institutionUrl"] == "https://www.itau.com.br"
    assert [field["label"] for field in wire["credentials"]] == ["Usuário", "Senha"]


def test_health_has_details_only_when_asked_for() -> None:
    """An institution that is away is OFFLINE; the last six hours are shown on demand."""
    away = msgspec.structs.replace(BANK, online=False)
    assert connector(away)["health"] == {"status": "OFFLINE", "stage": None}
    health = connector(BANK, health_details=True, rate=98, connections=120)["health"]
    assert health == {
        "status": "ONLINE",
        "stage": None,
        "details": {"connectionRateLast6Hours": 98, "connectionsLast6Hours": 120},
    }


@pytest.mark.parametrize(
    ("changes", "mfa", "oauth"),
    [
        ({}, False, False),
        ({"mfa": True}, True, False),
        ({"fields": (Field(name="token", label="Token", renewed=True),)}, True, False),
        ({"open_finance": True, "mfa": True}, False, True),
    ],
)
def test_mfa_is_a_question_and_a_consent_is_oauth(changes: dict[str, object], mfa: bool, oauth: bool) -> None:
    """A value to be renewed counts as MFA too."""
    wire = connector(msgspec.structs.replace(BANK, **changes))
    assert (wire["hasMFA"], wire["oauth"], wire["isOpenFinance"]) == (mfa, oauth, oauth)


def test_a_field_shows_its_rule_and_whether_it_must_be_renewed() -> None:
    """A rule is anchored for clients that search; without one, or without renewal, those keys are absent."""
    token = credential(Field(name="token", label="Token", pattern=r"\d{6}", message="6 dígitos", renewed=True))
    assert (token["validation"], token["validationMessage"], token["mfa"]) == (r"^(?:\d{6})$", "6 dígitos", True)
    plain = credential(Field(name="username", label="Usuário", kind="certificate", optional=True))
    assert plain == {"label": "Usuário", "name": "user", "type": "text", "placeholder": "", "optional": True}


def test_names_and_ids_lead_both_ways() -> None:
    """Every id leads back to its slug, and every wire name to the neutral one."""
    assert all(slug_of(row.id) == slug for slug, row in table().connectors.items())
    assert (id_of("sandbox-bank"), id_of("nobody"), slug_of(7)) == (2, None, None)
    for name in ("username", "password", "token", "cpf", "cnpj"):
        assert neutral_name(wire_name(name)) == name


@pytest.mark.parametrize(
    "rows",
    [
        "a = { id = 1, image = 'a.svg' }\nb = { id = 1, image = 'b.svg' }",
        "a = { id = 1 }",
        "a = { id = 1, look = 'nobody' }",
        "a = { id = 'one', image = 'a.svg' }",
    ],
)
def test_a_table_that_cannot_be_right_is_refused(tmp_path: Path, rows: str) -> None:
    """Two rows of one id, a row without looks, a look that is not there, an id that is no number."""
    path = tmp_path / "connectors.toml"
    head = "icons = ''\ncreated_at = ''\nupdated_at = ''\n[names]\n[types]\n[looks]\n[connectors]\n"
    path.write_text(head + rows, "utf-8")
    with pytest.raises(ValueError, match=r"connectors\.toml|Expected"):
        read(path)
