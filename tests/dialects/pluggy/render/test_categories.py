from __future__ import annotations

import re

from afluente.dialects.pluggy.categories import by_id, by_slug, category, named


def test_the_tree_has_130_categories_each_found_by_id_and_by_name() -> None:
    """No id and no name is there twice."""
    assert len(by_id()) == len(by_slug()) == 130
    assert {entry.slug for entry in by_id().values()} == set(by_slug())


def test_names_are_words_joined_by_dashes_below_their_parents_names() -> None:
    """Each prefix of a name is a category of its own."""
    for slug in by_slug():
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*", slug)
        parent = slug.rpartition(".")[0]
        assert not parent or parent in by_slug()


def test_every_parent_on_the_wire_is_a_category() -> None:
    """The first level has none."""
    assert {entry.parent_id for entry in by_id().values()} - {None} <= set(by_id())
    assert category(by_id()["10000000"]) == {
        "id": "10000000",
        "description": "Groceries",
        "descriptionTranslated": "Supermercado",
        "parentId": None,
        "parentDescription": None,
    }


def test_the_oddities_of_the_wire_are_kept() -> None:
    """Kinds of financing name their grandparent's id with their parent's name; insurance has nine digits."""
    vehicle = category(by_slug()["loans-and-financing.financing.vehicle-financing"])
    assert (vehicle["id"], vehicle["parentId"], vehicle["parentDescription"]) == (
        "02030002",
        "02000000",
        "Financing",
    )
    assert by_slug()["insurance.life-insurance"].id == "200100000"
    assert by_id()["12020000"].description == "Accomodation"


def test_an_unknown_name_falls_back_to_the_nearest_broader_one() -> None:
    """And to nothing where no part of it is known."""
    found = named("travel.hotel.breakfast")
    assert found is not None
    assert found.id == "12000000"
    assert named("nobody.knows") is None
    assert named(None) is None
