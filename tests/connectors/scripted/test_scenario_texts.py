"""Whoever looks at what the invented bank can be told to do reads it in their language."""

from __future__ import annotations

import re

import pytest

from afluente.catalogue import load
from afluente.connectors.scripted import scenarios
from afluente.connectors.scripted.scenarios import SAID, texts

OTHERS = [locale for locale in load().locales if locale != "en"]
TYPED = re.compile(r"\{[^}]+\}|\buser-\S*|\bpassword-ok\b|\b\d{4,}\b")
"""What stands in a sentence and is typed as it stands."""


def test_every_sentence_is_said_in_every_language_and_none_is_left_over() -> None:
    """A scenario that is added, or said otherwise, needs its sentences; one that is gone leaves none behind."""
    told = {getattr(one, name) for one in scenarios() for name in SAID}
    sentences = {text for one in scenarios() for text in (one.does, one.where) if " " in text}
    assert sentences - set(texts()) == set()
    assert set(texts()) - told == set()
    assert {english: sorted(said) for english, said in texts().items() if sorted(said) != sorted(OTHERS)} == {}


@pytest.mark.parametrize("locale", OTHERS)
def test_a_list_in_another_language_lists_the_same(locale: str) -> None:
    """In the same order, with the same meanings; what is typed as it stands stays in its sentence."""
    for english, other in zip(scenarios(), scenarios(locale), strict=True):
        assert other.meaning == english.meaning
        for name in SAID:
            said, translated = getattr(english, name), getattr(other, name)
            assert sorted(TYPED.findall(said)) == sorted(TYPED.findall(translated)), translated
            assert name in ("field", "value") or " " not in said or translated != said, said
