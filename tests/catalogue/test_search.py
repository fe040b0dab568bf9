"""A meaning is found by whatever somebody has in hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afluente.catalogue import UnknownName, load
from afluente.catalogue.search import search

CATALOGUE = load()


@pytest.mark.parametrize(
    ("question", "best"),
    [
        ("login.locked", "login.locked"),
        ("ACCOUNT_LOCKED", "login.locked"),
        ("account_locked", "login.locked"),
        ("433", "login.credentials.password"),
        ("INVALID_PASSWORD", "login.credentials.password"),
        ("The user account is locked, user needs to contact", "login.locked"),
        ("The user account is locked…", "login.locked"),
        ("conta está bloqueada", "login.locked"),
        ("conta esta bloqueada na instituicao", "login.locked"),
        ("CONTA ESTÁ BLOQUEADA NA INSTITUIÇÃO", "login.locked"),
        ("it's not supported yet", "login.unsupported.mfa"),
        ("it’s not supported yet", "login.unsupported.mfa"),
    ],
)
def test_the_best_meaning_stands_first(question: str, best: str) -> None:
    """By name, by code, by a wire's text, by a sentence in any language, with or without accents and capitals."""
    assert search(CATALOGUE, question)[0] == best


def test_no_question_finds_everything_in_order() -> None:
    """The index shows the catalogue as it is written."""
    assert search(CATALOGUE, "  ") == list(CATALOGUE.meanings)


@pytest.mark.parametrize("system", CATALOGUE.systems)
def test_a_system_narrows_to_what_it_has_words_for(system: str) -> None:
    """Exactly the meanings its vocabulary names, in the catalogue's order."""
    named = {word.meaning for word in CATALOGUE.vocabulary(system).rows}
    assert search(CATALOGUE, "", system) == [name for name in CATALOGUE.meanings if name in named]


def test_another_systems_codes_are_not_found_in_a_narrowed_search() -> None:
    """A code belongs to the system that says it."""
    assert search(CATALOGUE, "ACCOUNT_LOCKED", "klavi") == []
    assert search(CATALOGUE, "408", "klavi")[0] == "login.locked"


def test_every_word_of_the_question_has_to_occur() -> None:
    """More words find less, and words nobody says find nothing."""
    assert set(search(CATALOGUE, "account locked")) <= set(search(CATALOGUE, "locked"))
    assert search(CATALOGUE, "locked xyzzy") == []


def test_an_unknown_system_is_refused_with_the_known_ones() -> None:
    """A search that could find nothing says why."""
    with pytest.raises(UnknownName, match="known: belvo, flinks, klavi, pluggy"):
        search(CATALOGUE, "x", "plaid")


@given(question=st.text())
def test_any_text_is_a_question(question: str) -> None:
    """Whatever is typed, what is found are meanings."""
    assert set(search(CATALOGUE, question)) <= set(CATALOGUE.meanings)


@given(code=st.sampled_from([word for s in CATALOGUE.systems for word in CATALOGUE.vocabulary(s).rows if word.code]))
def test_every_code_finds_its_meaning(code: object) -> None:
    """A code that was copied from a log leads to what it means."""
    assert code.meaning in search(CATALOGUE, code.code)  # type: ignore[attr-defined]
