from __future__ import annotations

from itertools import combinations

import pytest

from afluente.analysis.income import IncomeKind
from afluente.analysis.natures import Nature
from afluente.analysis.recurring import ExpenseKind
from afluente.analysis.signals import Signal
from afluente.analysis.texts import Phrases, card_number, document, gist, nearest, table, words

KINDS = {"income": IncomeKind, "expense": ExpenseKind, "nature": Nature, "signal": Signal}


@pytest.mark.parametrize("subject", KINDS)
def test_every_name_in_the_table_is_one_that_the_code_knows(subject: str) -> None:
    """A slip in the table would be found out by the first movement that meets it."""
    known = set(KINDS[subject])
    assert set(table()[subject]) | set(table()[f"{subject}_categories"]) <= known


@pytest.mark.parametrize("subject", [*KINDS, "noise"])
def test_phrases_are_in_the_form_in_which_they_are_looked_for(subject: str) -> None:
    """An accent or a capital in the table would never match."""
    odd = [
        phrase
        for found in table()[subject].values()
        for phrase in found
        if " ".join(words(phrase)) != phrase or not phrase
    ]
    assert odd == []


@pytest.mark.parametrize("subject", [*KINDS, *(f"{subject}_categories" for subject in KINDS)])
def test_no_phrase_and_no_category_stands_for_two_things(subject: str) -> None:
    """The second would never be found."""
    groups = {name: set(found) for name, found in table()[subject].items()}
    assert {(one, other): groups[one] & groups[other] for one, other in combinations(groups, 2)} == {
        pair: set() for pair in combinations(groups, 2)
    }
    assert all(len(groups[name]) == len(found) for name, found in table()[subject].items())


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("PIX RECEBIDO Maria da Silva 12/05", "maria silva"),
        ("Tarifa Pacote de Serviços 05/26", "tarifa pacote servicos"),
        ("ALUGUEL MAIO", "aluguel"),
        ("INTERAC e-Transfer from JOHN DOE 8812", "e john doe"),
        ("PIX RECEBIDO", "pix recebido"),
        ("123 456", "123 456"),
        ("", ""),
    ],
)
def test_the_gist_of_a_text_stays_from_month_to_month(text: str, kept: str) -> None:
    """Dates, numbers and the way the money took are not who it came from; but something always stays."""
    assert gist(words(text)) == kept


def test_other_scripts_keep_their_letters() -> None:
    """Taking accents off must not take the text away."""
    assert words("Café 山田 Ελλάδα") == ("cafe", "山田", "ελλαδα")


def test_of_several_phrases_the_first_of_the_table_counts_and_all_can_be_told() -> None:
    """Where the text has them does not matter; they match as whole words in a row."""
    phrases = Phrases([("late fee", "late"), ("fee", "fee"), ("tax", "tax")])
    assert phrases.find(words("fee and late fee")) == "late"
    assert phrases.every(words("tax, fee and late fee")) == ["late", "fee", "tax"]
    assert phrases.find(words("feeling late")) is None


def test_a_category_stands_for_what_the_nearest_broader_one_does() -> None:
    """The dots are the way up."""
    assert nearest("a.b.c", {"a": "far", "a.b": "near"}) == "near"
    assert nearest("x.y", {"a": "far"}) is None
    assert nearest(None, {"a": "far"}) is None


def test_numbers_of_people_and_of_cards_are_read() -> None:
    """A tax number in any punctuation, and the digits by which a card is named."""
    assert document("390.533.447-05") == document("39053344705") == "39053344705"
    assert (document(None), document("-")) == (None, None)
    assert (card_number("FATURA CARTÃO FINAL 1234"), card_number("FATURA 1234")) == ("1234", None)
