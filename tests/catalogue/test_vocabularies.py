"""The packaged vocabularies hold every documented word, exactly as it is on the wire, in both directions."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from afluente.catalogue import Catalogue, Word, ancestry, load
from afluente.catalogue.loader import row_label

ROWS = list(csv.DictReader((Path(__file__).parents[1] / "rows.csv").read_text("utf-8").splitlines()))
WIDGET_TEXTS = list(csv.DictReader(Path(__file__).with_name("widget_texts.csv").read_text("utf-8").splitlines()))
CATALOGUE = load()
WORDS = [word for system in CATALOGUE.systems for word in CATALOGUE.vocabulary(system).rows]


def label(word: Word) -> str:
    """A row's name in a test report."""
    return f"{word.system} {row_label(word)}"


def sourced(row_id: str) -> list[Word]:
    """The rows of a vocabulary that name this documented fact as their source."""
    return [word for word in WORDS if f"seed:{row_id}" in word.source]


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    """The packaged catalogue, whole."""
    return CATALOGUE


def test_the_four_systems_and_the_four_languages_are_there(catalogue: Catalogue) -> None:
    """A missing file would go unnoticed by tests that walk over what is there."""
    assert catalogue.systems == ("belvo", "flinks", "klavi", "pluggy")
    assert catalogue.locales == ("en", "es", "fr", "pt-BR")


@pytest.mark.parametrize("fact", [row for row in ROWS if row["kind"] != "rule"], ids=lambda row: row["id"])
def test_every_documented_code_status_and_warning_is_a_word(fact: dict[str, str]) -> None:
    """Each fact of the list that is a code, a status or a warning stands in its own system's vocabulary."""
    assert {word.system for word in sourced(fact["id"])} == {fact["system"]}


@pytest.mark.parametrize("word", WORDS, ids=label)
def test_reading_a_word_gives_its_own_meaning(word: Word) -> None:
    """A word with what tells it apart is read as the row it is."""
    names = CATALOGUE.vocabulary(word.system).surface(word.surface).discriminators
    told = dict(zip(names, word.discriminator, strict=True))
    assert CATALOGUE.read(word.system, word.surface, word.code, **told) is word


@pytest.mark.parametrize("word", [word for word in WORDS if word.writes], ids=label)
def test_writing_is_the_inverse_of_reading(word: Word) -> None:
    """Word, meaning, word: the same word comes back, and is told to be exact."""
    names = CATALOGUE.vocabulary(word.system).surface(word.surface).discriminators
    told = dict(zip(names, word.discriminator, strict=True))
    meaning = CATALOGUE.meaning_of(word.system, word.surface, word.code, **told)
    written = CATALOGUE.word(word.system, word.surface, meaning.name, **told)
    assert written is word
    assert written.exact


def test_every_word_names_where_it_comes_from() -> None:
    """A source is a documented fact, a section of the wire's description, or our own wording, said so."""
    for word in WORDS:
        assert all(source == "ours" or source.partition(":")[0] in {"seed", "contract"} for source in word.source)


def test_every_wire_text_can_be_filled_and_keeps_what_nobody_filled() -> None:
    """A placeholder without a value stays as it is written; no text holds a brace that is not a placeholder."""
    for word in WORDS:
        assert word.filled() == word.message
        assert "{" not in word.filled(**dict.fromkeys(re.findall(r"{(\w+)}", word.message), "x"))


@pytest.mark.parametrize("system", CATALOGUE.systems)
def test_every_system_can_say_every_meaning(system: str) -> None:
    """Whatever happens, each system has a nearest word for it; a word of another meaning is never called exact."""
    vocabulary = CATALOGUE.vocabulary(system)
    for meaning in CATALOGUE.meanings:
        word = vocabulary.write_anywhere(meaning)
        assert word.exact == (word.meaning == meaning)
        assert word.exact or {word.meaning, *word.also} & set(ancestry(meaning)), (meaning, word)


@pytest.mark.parametrize(
    "fact", [row for row in ROWS if row["kind"] in ("dashboard-status", "warning") and row["system"] == "flinks"],
    ids=lambda row: row["id"],
)  # fmt: skip
def test_dashboard_texts_are_kept_to_the_letter(fact: dict[str, str]) -> None:
    """Statuses and warnings carry the published sentence, typographic apostrophes included."""
    words = [word for word in sourced(fact["id"]) if word.surface in ("dashboard", "warning")]
    assert [(word.code, word.message) for word in words] == [(fact["code"], fact["says"])]
    if fact["kind"] == "dashboard-status":
        assert words[0].extra["status"] == fact["http_or_status"]


def test_invalid_password_carries_the_text_of_completed_and_still_means_a_password() -> None:
    """A slip of the published table stays on the wire; the meaning does not follow it."""
    dashboard = {word.code: word for word in WORDS if word.surface == "dashboard"}
    assert dashboard["Invalid Password"].message == dashboard["Completed"].message
    assert dashboard["Invalid Password"].meaning == "login.credentials.password"
    assert dashboard["Completed"].meaning == "success"


@pytest.mark.parametrize("fact", [row for row in ROWS if row["system"] == "klavi"], ids=lambda row: row["id"])
def test_every_published_cell_of_a_numeric_code_is_kept(fact: dict[str, str]) -> None:
    """Message, description and instructions are the published cells, whatever column they were printed in."""
    [word] = sourced(fact["id"])
    cells = [word.message, word.extra.get("description"), word.extra.get("instructions")]
    kept = [str(cell) for cell in cells if cell]
    if fact["code"] == "200":
        assert kept[0].upper() == fact["says"]
    elif fact["code"] == "203":
        assert (word.message, word.extra["description"]) == ("CPF missing", "The report did not return CPF value")
    else:
        assert sorted(kept) == sorted(fact["says"].split(" / "))


def test_the_swapped_columns_of_two_codes_are_put_right_on_the_wire() -> None:
    """The short phrase goes over the wire for 201 and 202, though the published table prints it the other way."""
    told = {word.code: word.message for word in WORDS if word.surface == "open-data"}
    assert told["201"] == "Extra authorization required"
    assert told["202"] == "Partial transaction missing"


@pytest.mark.parametrize(
    ("phase", "meaning"), [("R", "request.not-found.person"), ("L", "unexpected"), (None, "request.not-found.person")]
)
def test_a_code_bound_to_one_phase_says_nothing_in_another(catalogue: Catalogue, phase: str, meaning: str) -> None:
    """401 of a retrieval is nobody found; the same number during a login is a word nobody documented."""
    assert catalogue.meaning_of("klavi", "open-data", "401", phase=phase).name == meaning


def test_login_errors_are_told_apart_by_their_message(catalogue: Catalogue) -> None:
    """One code, eight texts, eight meanings; a text nobody knows is a failed login that blames no user."""
    words = [word for word in WORDS if word.system == "belvo" and word.code == "login_error" and word.http]
    texts = [word for word in words if word.discriminator[0] is not None]
    assert len(texts) == 8
    assert len({word.meaning for word in texts}) == 8
    unknown = catalogue.meaning_of("belvo", "error", "login_error", message="Something new")
    assert unknown.name == "login"
    assert unknown.blame != "user"


def test_the_two_forbidden_texts_are_told_apart_by_the_widget_title(catalogue: Catalogue) -> None:
    """Their messages are the same; only the title the widget shows differs."""
    message = "The user account access was forbidden by the institution"
    plain = catalogue.read("belvo", "error", "login_error", message=message)
    titled = catalogue.read("belvo", "error", "login_error", message=message, title="Acesso não permitido")
    other = catalogue.read("belvo", "error", "login_error", message=message, title="Erro da instituição")
    assert plain is not None and titled is not None
    assert plain.message == titled.message
    assert plain.meaning == "institution.connection.rejected.access"
    assert titled.meaning == "institution.connection.rejected.account"
    assert other is plain


@pytest.mark.parametrize("shown", WIDGET_TEXTS, ids=lambda shown: shown["fact"])
def test_widget_texts_are_kept_to_the_letter(shown: dict[str, str]) -> None:
    """The widget's title and description in Portuguese are the published ones."""
    [word] = [word for word in sourced(shown["fact"]) if "widget" in word.extra]
    widget = word.extra["widget"]
    assert isinstance(widget, dict)
    assert widget["pt-BR"] == [shown["title"], shown["description"]]


def test_the_widget_has_its_texts_in_every_language() -> None:
    """Who reads Spanish, English or French is told as much as who reads Portuguese, in their own language."""
    shown = [word.extra["widget"] for word in WORDS if "widget" in word.extra]
    assert len(shown) == 16
    for widget in shown:
        assert isinstance(widget, dict)
        assert sorted(widget) == list(CATALOGUE.locales)
        # a title may be the same word in two languages; the sentence below it is not
        assert len({description for _, description in widget.values()}) == len(CATALOGUE.locales)


WARNINGS = [row["id"].removeprefix("pluggy.warning/") for row in ROWS if row["id"].startswith("pluggy.warning/")]


def test_there_are_27_warnings_of_direct_connections() -> None:
    """The parametrised test below walks over all of them."""
    assert len(WARNINGS) == 27


@pytest.mark.parametrize("name", WARNINGS)
def test_a_warning_is_said_only_where_it_was_published(catalogue: Catalogue, name: str) -> None:
    """A numbered warning belongs to its institution and product; elsewhere its meaning falls back to a general one."""
    [word] = sourced(f"pluggy.warning/{name}")
    institution, _, rest = name.partition("/")
    product, _, place = rest.rpartition(".")
    assert word.discriminator == (institution, product)
    assert word.code in {"001", "002", "003"}
    assert word.message and isinstance(word.extra["updated"], bool)
    assert catalogue.word("pluggy", "warning", word.meaning, institution=institution, product=product) is word
    elsewhere = catalogue.word("pluggy", "warning", word.meaning, institution="another-bank", product=product)
    assert elsewhere.discriminator[0] is None
    assert int(place) in (1, 2)


def test_warnings_of_one_product_do_not_share_a_code(catalogue: Catalogue) -> None:
    """An app tells two warnings of one product apart by their codes."""
    keys = [(word.discriminator, word.code) for word in WORDS if word.surface == "warning" and word.system == "pluggy"]
    assert len(keys) == len(set(keys))


def test_the_quota_warning_keeps_its_published_text(catalogue: Catalogue) -> None:
    """The only published Open Finance text, with the product filled in."""
    word = catalogue.word("pluggy", "warning", "product.quota-spent", institution="any", product="ACCOUNTS")
    assert word.code == "423"
    assert word.filled(product="accounts") == (
        "Open Finance monthly rate limit reached on product 'accounts' for this CPF/CNPJ and institution. "
        "The product could not be updated."
    )


@pytest.mark.parametrize(
    ("meaning", "code", "status"),
    [
        ("success", "SUCCESS", "UPDATED"),
        ("success.partial", "PARTIAL_SUCCESS", "UPDATED"),
        ("login.credentials.password", "INVALID_CREDENTIALS", "LOGIN_ERROR"),
        ("institution.unavailable.maintenance", "SITE_NOT_AVAILABLE", "OUTDATED"),
        ("institution.connection", "CONNECTION_ERROR", "OUTDATED"),
        ("server.error", "ERROR", "OUTDATED"),
        ("unexpected", "UNEXPECTED_ERROR", "OUTDATED"),
        ("mfa.timeout", "USER_INPUT_TIMEOUT", "OUTDATED"),
        ("consent.timeout", "USER_INPUT_TIMEOUT", "OUTDATED"),
        ("consent.rejected", "USER_AUTHORIZATION_NOT_GRANTED", "LOGIN_ERROR"),
        ("login.unsupported.mfa", "USER_NOT_SUPPORTED", "OUTDATED"),
        ("login.brand-new.thing", "UNEXPECTED_ERROR", "OUTDATED"),
    ],
)
def test_an_ending_is_said_by_the_nearest_word(catalogue: Catalogue, meaning: str, code: str, status: str) -> None:
    """The dots are the fallback; in the end stands the word for the unexpected."""
    word = catalogue.word("pluggy", "execution", meaning)
    assert (word.code, word.extra["status"]) == (code, status)


def test_no_user_is_blamed_by_a_login_error_word_for_what_others_did(catalogue: Catalogue) -> None:
    """No meaning whose doing is the bank's or ours is told as wrong credentials."""
    for meaning in catalogue.meanings.values():
        if meaning.blame in ("us", "nobody", "upstream") and meaning.name.partition(".")[0] not in ("consent",):
            assert catalogue.word("pluggy", "execution", meaning.name).extra["status"] != "LOGIN_ERROR", meaning.name
