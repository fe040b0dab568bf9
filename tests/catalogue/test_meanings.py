"""What the meanings promise, and how the sentences about them read."""

from __future__ import annotations

import tomllib
from datetime import timedelta
from pathlib import Path

import pytest

import afluente.catalogue
from afluente.catalogue import Catalogue, UnknownName, ancestry, load
from afluente.catalogue.reference import outcomes

FOLDER = Path(afluente.catalogue.__file__).parent
CATALOGUE = load()


@pytest.mark.parametrize(
    ("system", "surface", "code", "told", "promised"),
    [
        ("klavi", "open-data", "406", {}, "at next-day"),
        ("klavi", "open-data", "414", {}, "after 24 h"),
        ("klavi", "open-data", "415", {}, "after 30 min"),
        ("belvo", "error", "login_error", {"message": "The user account access was forbidden by the institution"},
         "after 15 min"),
        ("belvo", "error", "unexpected_error", {}, "after 1 h, 3 times"),
        ("pluggy", "execution", "SITE_NOT_AVAILABLE", {}, "after 1 h, 5 times"),
        ("pluggy", "execution", "ERROR", {}, "after 1 h, 5 times"),
        ("pluggy", "execution", "CONNECTION_ERROR", {}, "after 1 h, 5 times"),
        ("pluggy", "execution", "PARTIAL_SUCCESS", {}, "automatic"),
        ("pluggy", "execution", "INVALID_CREDENTIALS", {}, "after-user"),
        ("pluggy", "rejection", "TOO_MANY_CONSECUTIVE_LOGIN_FAILURES", {}, "after 15 min"),
        ("pluggy", "warning", "423", {}, "at next-month"),
    ],
)  # fmt: skip
def test_the_documented_waits_are_kept(
    system: str, surface: str, code: str, told: dict[str, str], promised: str
) -> None:
    """The spans, rules and counts the systems publish are those of the meanings."""
    assert str(CATALOGUE.meaning_of(system, surface, code, **told).retry) == promised


def test_a_span_is_a_time_and_not_a_text() -> None:
    """A program adds the span to a moment; it does not parse it again."""
    assert CATALOGUE.meanings["institution.connection.security"].retry.span == timedelta(hours=24)


def test_waiting_for_the_user_is_never_automatic() -> None:
    """What only the user can do is not tried again without the user; a freeze may put it off to a calendar day."""
    needs_user = {"fix-credentials", "answer-mfa", "unlock-at-institution", "close-other-session"}
    for meaning in CATALOGUE.meanings.values():
        if meaning.action in needs_user:
            assert meaning.retry.kind in ("after-user", "never", "at"), meaning.name


def test_no_name_of_a_meaning_holds_a_word_of_a_system() -> None:
    """Meanings are neutral: no system's name and none of its own nouns."""
    foreign = {"pluggy", "belvo", "flinks", "klavi", "item", "link", "connector", "requestid", "loginid"}
    for name in CATALOGUE.meanings:
        assert not foreign & set(name.replace("-", ".").split(".")), name


def test_no_code_of_the_catalogue_names_a_word_of_a_system() -> None:
    """Systems' words lie in the tables; the code knows the systems' names at most."""
    codes = {word.code for system in CATALOGUE.systems for word in CATALOGUE.vocabulary(system).rows}
    wordy = {code for code in codes if "_" in code}
    for path in FOLDER.glob("*.py"):
        source = path.read_text("utf-8")
        assert not [code for code in wordy if f'"{code}"' in source], path.name


@pytest.mark.parametrize("locale", ["es", "fr", "pt-BR"])
def test_every_sentence_is_written_in_its_own_language(locale: str) -> None:
    """No sentence was left in English."""
    english, other = CATALOGUE.texts("en"), CATALOGUE.texts(locale)
    for name in CATALOGUE.meanings:
        assert english[name].engineer != other[name].engineer, name
        assert english[name].user != other[name].user, name


@pytest.mark.parametrize("locale", CATALOGUE.locales)
def test_every_sentence_is_a_sentence(locale: str) -> None:
    """Texts begin with a capital or a digit, end with a stop, and hold no stray blanks."""
    for name, text in CATALOGUE.texts(locale).items():
        for sentence in (text.user, text.engineer):
            assert sentence == sentence.strip() and "  " not in sentence, name
            assert sentence.endswith(".") and not sentence[0].islower(), name


def test_no_sentence_for_the_user_names_a_system() -> None:
    """The person connects a bank; who carries the data is not their concern."""
    for locale in CATALOGUE.locales:
        for name, text in CATALOGUE.texts(locale).items():
            for system in CATALOGUE.systems:
                assert system not in text.user.lower(), (locale, name)


@pytest.mark.parametrize(
    ("tag", "locale"), [("pt-BR", "pt-BR"), ("pt", "pt-BR"), ("pt_PT", "pt-BR"), ("EN-ca", "en"), ("fr-CA", "fr")]
)
def test_a_language_tag_finds_its_nearest_language(tag: str, locale: str) -> None:
    """Regions and spellings of a tag do not matter when the language is there."""
    assert CATALOGUE.locale(tag) == locale


def test_unknown_names_are_answered_with_the_known_ones() -> None:
    """A wrong name is told with those that would have been right."""
    catalogue = Catalogue()
    for ask in (
        lambda: catalogue.vocabulary("plaid"),
        lambda: catalogue.texts("tlh"),
        lambda: catalogue.word("pluggy", "billing", "success"),
        lambda: catalogue.word("pluggy", "warning", "product", institucion="itau-pj"),
        lambda: catalogue.meaning("login.nowhere"),
    ):
        with pytest.raises(UnknownName, match=r"unknown .*; known: \w+"):
            ask()


def test_ancestry_ends_at_the_unexpected() -> None:
    """Each prefix is a broader meaning, and the last resort is the same for all."""
    assert ancestry("a.b.c") == ("a.b.c", "a.b", "a", "unexpected")
    assert ancestry("unexpected") == ("unexpected",)


def test_the_reference_page_has_one_line_for_each_meaning() -> None:
    """Four systems side by side; each meaning once, with all ten columns."""
    page = outcomes(CATALOGUE)
    lines = [line for line in page.splitlines() if line.startswith("| `")]
    assert [line.split("`")[1] for line in lines] == list(CATALOGUE.meanings)
    assert all(line.replace("\\|", "").count("|") == 11 for line in lines)
    assert "| Klavi | Flinks | Belvo | Pluggy |" in page


def test_the_reference_page_tells_own_words_from_neighbours() -> None:
    """A word of its own stands plain, a neighbour's in italics, one that is never said in brackets."""
    lines = {line.split("`")[1]: line for line in outcomes(CATALOGUE).splitlines() if line.startswith("| `")}
    cells = lines["login.credentials.password"].removesuffix(" |").split(" | ")
    assert cells[6:] == [
        "`433` (L)",
        "401 `INVALID_PASSWORD`; `Invalid Password`",
        "*400 `login_error` (Invalid credentials provided to login to the institution)*",
        "*`INVALID_CREDENTIALS`*",
    ]
    assert "[`FINISHED`]" in lines["success"]


def test_the_tables_are_plain_toml_without_duplicate_sections() -> None:
    """Every table can be read by any TOML reader, not only by ours."""
    for path in FOLDER.rglob("*.toml"):
        assert tomllib.loads(path.read_text("utf-8"))
