"""Institutions that another dialect connects: not among the connectors, and readable all the same."""

from __future__ import annotations

import pytest
from pluggy_sdk import models

from afluente.catalogue import Catalogue
from afluente.connectors.scripted import institutions
from afluente.core.connections import Connection, Phase
from afluente.core.institutions import Institution, Kind
from afluente.core.lifecycle import State
from afluente.core.products import Product, ProductState
from afluente.dialects.pluggy.connectors import UNLISTED_FROM, connector, id_of, number_of, slug_of, table
from afluente.dialects.pluggy.render import NAMES, Words, product_types
from afluente.dialects.pluggy.render.findings import status_detail

UNLISTED = [institution for institution in institutions() if id_of(institution.slug) is None]


@pytest.mark.parametrize("institution", UNLISTED, ids=lambda institution: institution.slug)
def test_an_institution_without_a_row_is_shown_as_it_says_itself(institution: Institution) -> None:
    """A client of the SDK can read it; what it has beyond this dialect's products is not told."""
    wire = connector(institution)
    models.Connector.from_dict(wire)
    assert (wire["name"], wire["country"], wire["isSandbox"]) == (institution.name, institution.country, True)
    assert [field["name"] for field in wire["credentials"]][-1] != ""
    assert wire["products"] == product_types([p for p in institution.products if p in NAMES])


def test_numbers_without_a_row_are_far_from_all_others_and_apart() -> None:
    """Each has one of its own, which its slug alone decides."""
    numbers = [number_of(institution.slug) for institution in UNLISTED]
    assert len(set(numbers)) == len(numbers) > 15
    assert min(numbers) >= UNLISTED_FROM > max(row.id for row in table().connectors.values())
    assert all(slug_of(number) is None for number in numbers)
    assert number_of("sandbox-bank") == id_of("sandbox-bank") == 2


def test_every_kind_of_institution_has_a_type() -> None:
    """A kind that was added to the core must be said here too."""
    assert set(table().types) == set(Kind)


def test_a_product_without_a_word_leaves_no_trace() -> None:
    """An authority's products are in no list and no detail, whatever became of them."""
    states = (ProductState(Product.HOLDER, True, 1), ProductState(Product.INVOICES, False, None, "product.no-data"))
    shown = Connection(
        id="c",
        application_id="a",
        institution="tatooine-mx-fiscal",
        state=State.PARTLY_FRESH,
        phase=Phase.ENDED,
        created_at=1,
        updated_at=2,
        products=states,
    )
    assert product_types([Product.HOLDER, Product.INVOICES]) == ["IDENTITY"]
    detail = status_detail(shown, Words(Catalogue()))
    assert detail is not None
    assert set(detail) == {naming.detail for naming in NAMES.values()}
    assert detail["identity"] is not None
