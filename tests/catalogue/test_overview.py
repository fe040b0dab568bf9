"""One meaning whole: its kin, each system's words, its fields in plain words."""

from __future__ import annotations

import msgspec
import pytest

from afluente.catalogue import UNEXPECTED, Retry, UnknownName, explain, load, translate
from afluente.catalogue.overview import overview, told

CATALOGUE = load()


def test_a_meaning_stands_among_its_kin() -> None:
    """Broader meanings from the first word on, narrower ones right below."""
    whole = overview(CATALOGUE, "login.credentials")
    assert whole.ancestors == ("login",)
    assert "login.credentials.password" in whole.children
    assert all(child.startswith("login.credentials.") for child in whole.children)


def test_a_gap_in_the_names_is_stepped_over() -> None:
    """A name whose prefix is no meaning itself still has the nearest one above it as its parent, and only that one."""
    name = "request.invalid.number.digits"
    assert "request.invalid.number" not in CATALOGUE.meanings
    assert overview(CATALOGUE, name).ancestors == ("request", "request.invalid")
    parents = [other for other in CATALOGUE.meanings if name in overview(CATALOGUE, other).children]
    assert parents == ["request.invalid"]


def test_every_meaning_but_the_roots_has_one_parent() -> None:
    """Following the narrower meanings from the roots reaches everything, and nothing twice."""
    children = [child for name in CATALOGUE.meanings for child in overview(CATALOGUE, name).children]
    assert len(children) == len(set(children))
    assert set(children) == {name for name in CATALOGUE.meanings if "." in name}
    assert overview(CATALOGUE, UNEXPECTED).children == ()


def test_own_words_are_told_from_a_neighbours() -> None:
    """A system that has a word says it; one that has none says a neighbour's, which is named."""
    said = {one.system: one for one in overview(CATALOGUE, "login.credentials.password").said}
    assert [word.code for word in said["klavi"].own] == ["433"]
    assert said["klavi"].nearest is None
    assert said["pluggy"].own == ()
    assert said["pluggy"].nearest is not None
    assert (said["pluggy"].nearest.code, said["pluggy"].nearest.meaning) == ("INVALID_CREDENTIALS", "login.credentials")


@pytest.mark.parametrize("name", CATALOGUE.meanings)
def test_every_system_says_something_for_every_meaning(name: str) -> None:
    """Either a word of its own that it says, or a neighbour's."""
    for said in overview(CATALOGUE, name).said:
        assert any(word.writes for word in said.own) == (said.nearest is None)


def test_a_meaning_nobody_wrote_down_is_refused_with_the_known_ones() -> None:
    """The page of a wrong name is no empty page."""
    with pytest.raises(UnknownName, match=r"unknown meaning 'login\.nowhere'; known: "):
        overview(CATALOGUE, "login.nowhere")


@pytest.mark.parametrize(
    ("name", "locale", "words"),
    [
        ("institution.connection.security", "en", "after 24 hours"),
        ("institution.connection.security", "pt-BR", "depois de 24 horas"),
        ("login.needs-action.registration-pending", "fr", "après 30 minutes"),
        ("login.credentials.frozen", "es", "a partir del día siguiente"),
        ("unexpected", "en", "after 1 hour; 3 times at most, then somebody has to look at it"),
        ("product.quota-spent", "fr", "à partir du premier jour du mois suivant"),
        ("login.locked", "en", "once the user has done their part"),
    ],
)
def test_when_to_try_again_is_told_in_plain_words(name: str, locale: str, words: str) -> None:
    """Spans, calendar rules and counts in the language of the reader, singular and plural."""
    assert CATALOGUE.phrases(locale).of(CATALOGUE.meaning(name))["retry"] == words


def test_a_span_of_days_is_told_in_days() -> None:
    """Seven days are no 168 hours; one day stays 24 hours, because that is what is waited."""
    week = msgspec.convert({"kind": "after", "span": "P7D"}, Retry)
    assert CATALOGUE.phrases("en").retry(week) == "after 7 days"


@pytest.mark.parametrize("locale", ["es", "fr", "pt-BR"])
def test_plain_words_are_in_their_own_language(locale: str) -> None:
    """No field was left in English."""
    for meaning in CATALOGUE.meanings.values():
        english, other = CATALOGUE.phrases("en").of(meaning), CATALOGUE.phrases(locale).of(meaning)
        assert all(english[field] != other[field] for field in english), meaning.name


def test_an_answer_is_one_flat_record() -> None:
    """What the command line and the API print: every field, the fields in words, the other system's word."""
    said = explain("klavi", code="433", locale="fr")
    record = told(CATALOGUE, said, translate("klavi", code="433", to="pluggy", locale="fr"))
    assert record["meaning"] is said.meaning
    assert record["in_words"]["action"] == "corriger les identifiants"
    assert (record["translation"]["to"], record["translation"]["exact"]) == ("pluggy", False)
    assert told(CATALOGUE, said)["translation"] is None
