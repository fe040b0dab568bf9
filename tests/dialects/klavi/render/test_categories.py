"""Categories in Klavi's Portuguese words."""

from __future__ import annotations

from afluente.dialects.klavi.render.categories import FILING, Category
from afluente.dialects.pluggy.categories import by_slug as neutral_names

SEEN = {
    "Estilo de vida",
    "Bares / Restaurantes",
    "Compras",
    "Gastos essenciais",
    "Outros",
    "Empréstimo",
    "Transferência",
    "Prioridade financeira",
    "Pagamento de cartão",
    "Renda",
    "Cuidados pessoais",
    "Táxi / App",
    "Outros serviços financeiros",
}
"""Words of delivered reports."""


def test_every_neutral_category_has_words_here() -> None:
    """The names are those that connectors give to movements."""
    assert set(FILING.by_slug) == set(neutral_names())


def test_the_words_that_were_seen_are_in_use() -> None:
    """On the first level or the second."""
    told = [filed for pair in FILING.by_slug.values() for filed in pair]
    assert {one.category for one in told} | {one.subcategory for one in told} >= SEEN
    assert {one.category for one in told} < SEEN


def test_no_category_is_without_a_word_on_any_level() -> None:
    """An empty cell would be told as one."""
    for pair in FILING.by_slug.values():
        for filed in pair:
            assert filed.category
            assert filed.subcategory
            assert filed.third


def test_money_that_comes_in_may_be_called_otherwise() -> None:
    """Rent that is paid is housing, rent that is received is income."""
    assert FILING.named("housing.rent", inflow=False).category == "Gastos essenciais"
    assert FILING.named("housing.rent", inflow=True).category == "Renda"
    assert FILING.named("income.salary", inflow=True) == FILING.named("income.salary", inflow=False)


def test_an_unknown_name_falls_back_to_the_nearest_broader_one() -> None:
    """And to the rest where no part of it is known."""
    assert FILING.named("housing.rent.of-a-garage", inflow=False) == Category("Gastos essenciais", "Moradia", "Aluguel")
    assert FILING.named("nobody.knows", inflow=False) == FILING.unknown
    assert FILING.named(None, inflow=True) == FILING.unknown
