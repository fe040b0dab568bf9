from __future__ import annotations

import json

from afluente.dialects.belvo.categories import FILING, Category
from afluente.dialects.pluggy.categories import by_slug as neutral_names
from tests.dialects.belvo.render.schemas import FILES, GENERATIONS

SIX = {"Bills & Utilities", "Credits & Loans", "Insurance", "Online Platforms & Leisure", "Transport & Travel", "Taxes"}


def test_every_neutral_category_has_words_here() -> None:
    """The names are those that connectors give to movements."""
    assert set(FILING.by_slug) == set(neutral_names())


def test_only_the_published_words_are_used() -> None:
    """Sixteen categories and seventy-seven subcategories, in both generations."""
    for file in GENERATIONS.values():
        schemas = json.loads((FILES / file).read_text("utf-8"))["components"]["schemas"]
        categories = set(schemas["EnumTransactionCategory"]["enum"])
        subcategories = set(schemas["EnumTransactionSubcategory"]["enum"])
        for pair in FILING.by_slug.values():
            for filed in pair:
                assert filed.category in categories
                assert filed.subcategory in subcategories


def test_all_sixteen_categories_are_in_use() -> None:
    """None of them is out of reach."""
    used = {filed.category for pair in FILING.by_slug.values() for filed in pair}
    assert len(used) == 16
    assert used > SIX


def test_money_that_comes_in_may_be_called_otherwise() -> None:
    """Cash taken out is a withdrawal, cash brought is a deposit; a salary is a salary."""
    cash = "transfers.transfer-cash"
    assert FILING.named(cash, inflow=False).category == "Withdrawal & ATM"
    assert FILING.named(cash, inflow=True).category == "Deposits"
    assert FILING.named("income.salary", inflow=True) == FILING.named("income.salary", inflow=False)


def test_an_unknown_name_falls_back_to_the_nearest_broader_one() -> None:
    """And to unknown where no part of it is known."""
    assert FILING.named("housing.rent.of-a-garage", inflow=False) == Category("Bills & Utilities", "Rent")
    assert FILING.named("nobody.knows", inflow=False) == FILING.unknown
    assert FILING.named(None, inflow=True) == FILING.unknown
