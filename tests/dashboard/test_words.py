"""The words of the pages, in every language."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from afluente.core.connections import Trigger
from afluente.core.events import EventKind
from afluente.core.lifecycle import State
from afluente.core.sessions import Stage
from afluente.dashboard.page import words
from afluente.engine.institutions.health import Status
from afluente.store.deliveries import State as Delivered
from tests.operator import Operator


def flat(table: dict[str, Any], before: str = "") -> dict[str, str]:
    """Return all texts by the path of their keys."""
    found: dict[str, str] = {}
    for name, value in table.items():
        found |= flat(value, f"{before}{name}/") if isinstance(value, dict) else {f"{before}{name}": value}
    return found


def test_every_language_says_everything_with_the_same_places_for_figures() -> None:
    """No page shows a word of another language, or a hole."""
    english = flat(words()["en"])
    for locale, table in words().items():
        told = flat(table)
        assert told.keys() == english.keys(), locale
        for name, text in told.items():
            assert text.strip()
            assert text.count("{") == english[name].count("{"), (locale, name)


def test_everything_that_can_be_the_case_has_a_name() -> None:
    """States, stages, triggers, events, deliveries, and how institutions do."""
    named = (
        ("states", State), ("stages", Stage), ("triggers", Trigger), ("events", EventKind),
        ("delivery_states", Delivered), ("health", Status),
    )  # fmt: skip
    for section, kind in named:
        assert words()["en"][section].keys() == {str(one) for one in kind}


@pytest.mark.parametrize("locale", ["en", "pt-BR", "es", "fr"])
def test_every_page_says_words_alone(operator: Operator, locale: str) -> None:
    """A text may have any name, also one that tables of Python have for something else."""
    operator.client.connect(2)
    for path in ("connections", "sessions", "requests", "webhooks", "numbers", "sandbox", "keys"):
        page = operator.get(path, lang=locale, text="nobody", state="open" if path == "webhooks" else "fresh")
        assert "built-in" not in page and "<bound" not in page and "Undefined" not in page, path
        assert words()[locale]["places"][path] in re.findall(r"<h1>(.*?)</h1>", page), path
    assert f">{words()[locale]['clear']}</a>" in operator.get("connections", lang=locale, state="fresh")


SOURCE = Path(__file__).parents[2] / "src/afluente"
ON_THE_WIRE = ("{{ name }}: {{ value }}", "{{ field.name }}: {{ field.value }}")
"""Headers, and a field with its value: they are not of any language."""


def test_a_label_s_colon_is_the_language_s_own(operator: Operator) -> None:
    """French sets a narrow space before it that ends no line; no template writes the mark itself."""
    for path in SOURCE.rglob("*.j2"):
        text = path.read_text("utf-8")
        for left in ON_THE_WIRE:
            text = text.replace(left, "")
        assert not re.search(r"\}\}\s?:\s", text), path
    item = operator.client.connect(2)
    operator.client.settle()
    said = {locale: operator.get(f"connections/{item['id']}", lang=locale) for locale in ("en", "fr")}
    state = {locale: f'<h2 id="h-state">{words()[locale]["state"]}' for locale in said}
    assert f"{state['en']}: " in said["en"]
    assert f"{state['fr']}\u202f: " in said["fr"]
