from __future__ import annotations

import re

import pytest
from msgspec.structs import replace

from afluente.connectors.scripted.register import institutions as scripted
from afluente.core.challenge import Option
from afluente.core.institutions import Field, Institution, Kind
from afluente.core.products import Product
from afluente.dialects.belvo.institutions import (
    Directory,
    face,
    form_field,
    institution,
    name_of,
    neutral_values,
    products_of,
    resources,
    table,
    wire_names,
)
from tests.dialects.belvo.render.records import EVERY_FIELD, OPEN_BANK
from tests.dialects.belvo.render.schemas import faults

WORLD = list(scripted())


def _bank(slug: str, **more: object) -> Institution:
    return replace(EVERY_FIELD, slug=slug, **more)


def test_every_institution_of_the_invented_world_is_shown_under_a_name_and_an_id_of_its_own() -> None:
    """A connection made in any dialect can be read here, and found again by what is shown."""
    shown = Directory(WORLD)
    assert len(list(shown.listed())) == len(WORLD)
    for known in WORLD:
        look = shown.face(known.slug)
        assert shown.named(look.name) is known
        assert shown.numbered(look.id) is known
        assert re.fullmatch(r"[a-z0-9]+_(br|mx|co|cl|ca|us)_(retail|business|fiscal|employment)", look.name)


@pytest.mark.parametrize("known", WORLD, ids=lambda known: known.slug)
def test_every_institution_meets_the_vendors_schema(known: Institution) -> None:
    """Todays generation knows all of them; the older one those that no consent opens."""
    wire = institution(known)
    assert faults("current", "InstitutionPublicApi", wire) == []
    if not known.open_finance:
        assert faults("legacy", "Institution", wire) == []


def test_the_published_sandbox_has_its_published_ids() -> None:
    """They are those that clients' code may have written down."""
    published = {
        "gringotts_mx_retail": 1001,
        "gringotts_co_retail": 1002,
        "gringotts_br_retail": 1003,
        "erebor_mx_retail": 1004,
        "erebor_co_retail": 1005,
        "erebor_br_retail": 1006,
        "gotham_br_business": 1012,
        "tatooine_mx_fiscal": 1013,
        "heimdall_mx_retail": 1014,
        "ironbank_br_business": 1015,
        "heimdall_br_retail": 1020,
        "heimdall_co_retail": 1021,
        "belvo_mx_retail": 9322,
    }
    shown = Directory(WORLD)
    assert {name: institution(known)["id"] for name in published if (known := shown.named(name))} == published


def test_no_two_rows_of_the_table_have_one_id() -> None:
    """And none lies where the ids of institutions without a row begin."""
    ids = [row.id for row in table().institutions.values()]
    assert len(ids) == len(set(ids))
    assert max(ids) < table().first_free_id


def test_an_institution_without_a_row_is_shown_alike_in_every_run() -> None:
    """Its name follows from its slug, its country and its kind; one that a consent opens begins with `of`."""
    plain = face(_bank("minha-coop", country="BR", kind=Kind.BUSINESS_BANK))
    assert (plain.name, plain.type) == ("minhacoop_br_business", "bank")
    assert table().first_free_id <= plain.id < 2**31
    assert face(_bank("minha-coop", country="BR", kind=Kind.BUSINESS_BANK)) == plain
    assert name_of(_bank("minha-coop-open-finance", country="BR", open_finance=True)) == "ofminhacoop_br_retail"


def test_institutions_that_would_be_shown_alike_are_refused() -> None:
    """A name leads to one institution."""
    with pytest.raises(ValueError, match="shown alike"):
        Directory([_bank("a-b", country="BR"), _bank("ab", country="BR")])


def test_names_and_ids_that_nobody_has_lead_nowhere() -> None:
    """Not even to something near."""
    shown = Directory(WORLD)
    assert shown.named("narnia_mx_retail") is None
    assert shown.numbered(7) is None


def test_a_value_goes_by_the_name_of_its_field_and_back() -> None:
    """What a client sends under Belvo's names arrives under the form's, and what the form does not ask is left out."""
    company = (Field(name="cpf", label="CPF"), Field(name="cnpj", label="CNPJ"))
    asks = _bank("x", fields=company)
    assert wire_names(company) == {"cpf": "username", "cnpj": "username2"}
    assert neutral_values(asks, {"username": "1", "username2": "2", "password": "3"}) == {"cpf": "1", "cnpj": "2"}


def test_a_renamed_field_never_takes_the_name_of_another_of_the_form() -> None:
    """A form with a user name and a CPF has two fields."""
    both = (Field(name="cpf", label="CPF"), Field(name="username", label="Usuário"))
    assert wire_names(both) == {"cpf": "cpf", "username": "username"}


def test_a_select_shows_its_choices_and_an_unknown_kind_is_text() -> None:
    """The widget knows five kinds of input."""
    field = Field(name="username_type", label="Tipo", kind="select", options=(Option("003", "Master"),))
    wire = form_field(field, "username_type", "BR")
    assert (wire["type"], [choice["code"] for choice in wire["values"]]) == ("select", ["003"])
    assert form_field(Field(name="x", label="X", kind="image"), "x", "BR")["type"] == "text"


def test_what_is_offered_follows_from_products_country_and_the_way_in() -> None:
    """Bills are for Open Finance; Mexico's and Brazil's social security offer other resources of one product."""
    assert resources(OPEN_BANK) == [
        "ACCOUNTS",
        "BALANCES",
        "BILLS",
        "INCOMES",
        "INVESTMENTS",
        "RECURRING_EXPENSES",
        "RISK_INSIGHTS",
        "TRANSACTIONS",
    ]
    assert "BILLS" not in resources(replace(OPEN_BANK, open_finance=False))
    job = replace(EVERY_FIELD, products=(Product.EMPLOYMENT_RECORDS,))
    assert resources(job) == ["CURRENT_EMPLOYMENTS", "EMPLOYMENT_METRICS", "EMPLOYMENT_RECORDS"]
    assert resources(replace(job, country="BR")) == ["EMPLOYMENTS"]


def test_a_resource_is_made_of_products_that_the_institution_has() -> None:
    """Risk is looked at over accounts, cards and movements; a resource that is not offered is made of nothing."""
    assert products_of(OPEN_BANK, ["RISK_INSIGHTS"]) == (Product.ACCOUNTS, Product.CARDS, Product.TRANSACTIONS)
    assert products_of(OPEN_BANK, ["INVOICES", "NARNIA"]) == ()


def test_an_institution_that_is_off_line_is_down() -> None:
    """There are two words for it."""
    assert institution(EVERY_FIELD)["status"] == "healthy"
    assert institution(OPEN_BANK)["status"] == "down"
