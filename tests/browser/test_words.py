"""What the page says is there in each of its languages, and nothing of it is left over."""

from __future__ import annotations

import re
import string
from pathlib import Path
from typing import Any

import pytest

from afluente.catalogue import load
from afluente.connect import page
from afluente.core.products import Product

SOURCE = Path(page.__file__).parent
LOCALES = ("en", "pt-BR", "es", "fr")


def flat(words: dict[str, Any], prefix: str = "") -> dict[str, str]:
    """Return words by their whole names."""
    found: dict[str, str] = {}
    for name, value in words.items():
        found |= flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {f"{prefix}{name}": value}
    return found


@pytest.mark.parametrize("locale", LOCALES)
def test_each_language_says_everything_with_the_same_figures(locale: str) -> None:
    """No sentence is missing or empty, and each has the places for names and numbers that the English one has."""
    own, english = flat(page.words()[locale]), flat(page.words()["en"])
    assert set(own) == set(english)
    assert all(own.values())

    def places(sentence: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}

    assert {name: places(text) for name, text in own.items()} == {name: places(text) for name, text in english.items()}
    assert set(page.words()[locale]["products"]) == {str(product) for product in Product}


def test_no_sentence_is_said_nowhere() -> None:
    """Each word of the page's own is named by a view or by a template."""
    told = "\n".join(
        path.read_text("utf-8") for path in SOURCE.rglob("*") if path.suffix in (".py", ".j2") and path.is_file()
    )
    named = set(re.findall(r"[a-z_]+", told))
    states = {"state_done", "state_doing", "state_waiting", "state_failed"}
    assert {name for name in page.words()["en"] if name not in named} - states == set()


def test_the_texts_of_errors_are_there_in_each_language() -> None:
    """Each error that has published words for the page has a title and a description in all four languages."""
    catalogue = load()
    shown = {
        str(name): word.extra["widget"]
        for name in catalogue.meanings
        if "widget" in (word := catalogue.word("belvo", "error", name)).extra
    }
    assert len({str(texts) for texts in shown.values()}) >= 12
    for name, texts in shown.items():
        assert set(texts) == set(LOCALES), name
        assert all(title and description for title, description in texts.values()), name
