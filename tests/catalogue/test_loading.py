"""The loader refuses what cannot be right, and says which file, which row and why."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

import afluente.catalogue
from afluente.catalogue import Catalogue, CatalogueError, load

PHRASES = (Path(afluente.catalogue.__file__).parent / "phrases" / "en.toml").read_text("utf-8")
MEANINGS = """\
unexpected = { blame = "us", retry = { after = "PT1H", times = 3 }, action = "wait", fix_at = "client", data = "stale" }
"login" = { blame = "user", retry = "after-user", action = "fix-credentials", fix_at = "widget", data = "stale" }
"""
TEXTS = """
["unexpected"]
user = "Something happened."
engineer = "No name for it."

["login"]
user = "Check what you typed."
engineer = "The login failed."
"""
VOCABULARY = """
[surfaces.error]
about = "an error body"
discriminators = ["message", "kind"]
fields = ["status"]

[[row]]
surface = "error"
code = "E0"
meaning = "unexpected"
source = "ours"

[[row]]
surface = "error"
code = "E1"
meaning = "login"
message = "no entry"
status = "BAD"
source = "ours"
"""


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A small catalogue of one system and two languages that loads; tests spoil one file of it."""
    (tmp_path / "texts").mkdir()
    (tmp_path / "vocabularies").mkdir()
    (tmp_path / "phrases").mkdir()
    (tmp_path / "meanings.toml").write_text(MEANINGS)
    (tmp_path / "texts" / "en.toml").write_text(TEXTS)
    (tmp_path / "texts" / "fr.toml").write_text(TEXTS)
    (tmp_path / "phrases" / "en.toml").write_text(PHRASES)
    (tmp_path / "phrases" / "fr.toml").write_text(PHRASES)
    (tmp_path / "vocabularies" / "acme.toml").write_text(VOCABULARY)
    return tmp_path


def refusal(directory: Path) -> str:
    """What loading this directory says when it refuses."""
    with pytest.raises(CatalogueError) as caught:
        load(directory)
    return str(caught.value)


def row(**fields: object) -> str:
    """One more row of the vocabulary; strings are quoted, everything else is written as it is."""
    lines = [f"{name} = {value!r}" if isinstance(value, str) else f"{name} = {value}" for name, value in fields.items()]
    return "\n[[row]]\n" + "\n".join(lines) + "\n"


def test_a_small_catalogue_loads(directory: Path) -> None:
    """The fixture the other tests spoil is itself accepted."""
    catalogue = load(directory)
    assert catalogue.systems == ("acme",)
    assert catalogue.locales == ("en", "fr")
    assert catalogue.meanings["unexpected"].retry.span == timedelta(hours=1)
    assert catalogue.word("acme", "error", "login").extra == {"status": "BAD"}


def test_a_row_that_resolves_to_no_meaning_is_refused(directory: Path) -> None:
    """A code cannot mean something the catalogue does not have."""
    spoil(directory, row(surface="error", code="E2", meaning="login.nowhere", source="ours"))
    said = refusal(directory)
    assert said.startswith("acme.toml: error E2:")
    assert "resolves to no meaning: 'login.nowhere'" in said


def test_a_row_that_stands_in_for_no_meaning_is_refused(directory: Path) -> None:
    """The further meanings a word is said for must exist as well."""
    spoil(directory, row(surface="error", code="E2", meaning="login", kind="x", also=["nothing"], source="ours"))
    assert "resolves to no meaning: 'nothing'" in refusal(directory)


def test_a_code_that_appears_twice_is_refused(directory: Path) -> None:
    """Two rows with the same surface, code and discriminators could not be told apart."""
    spoil(directory, row(surface="error", code="E1", meaning="login", source="ours"))
    assert refusal(directory) == "acme.toml: error E1: this code appears twice with the same discriminator"


def test_a_code_may_appear_twice_with_another_discriminator(directory: Path) -> None:
    """What tells two rows apart is part of their key."""
    spoil(directory, row(surface="error", code="E1", kind="late", meaning="unexpected", source="ours"))
    assert load(directory).meaning_of("acme", "error", "E1", kind="late").name == "unexpected"


def test_messages_that_differ_in_their_closing_stop_alone_are_the_same_code(directory: Path) -> None:
    """The message discriminates in one spelling, so a full stop does not make another row."""
    more = {"surface": "error", "code": "E1", "by_message": "true", "meaning": "unexpected", "source": "ours"}
    lines = "".join(
        row(**{**more, "message": message}).replace("'true'", "true") for message in ("try later", "try later.")
    )
    spoil(directory, lines)
    assert "this code appears twice" in refusal(directory)


def test_two_words_to_write_for_one_meaning_are_refused(directory: Path) -> None:
    """A dialect would not know which of the two to say."""
    spoil(directory, row(surface="error", code="E2", meaning="login", source="ours"))
    assert refusal(directory) == "acme.toml: error E2: a second word to write for 'login'"


def test_a_second_word_that_is_only_read_is_accepted(directory: Path) -> None:
    """An old spelling may be understood without ever being said."""
    spoil(directory, row(surface="error", code="E2", meaning="login", source="ours") + "writes = false\n")
    catalogue = load(directory)
    assert catalogue.meaning_of("acme", "error", "E2").name == "login"
    assert catalogue.word("acme", "error", "login").code == "E1"


def test_a_surface_without_a_word_for_unexpected_is_refused(directory: Path) -> None:
    """Everything falls back to `unexpected`, so every wide surface must be able to say it."""
    path = directory / "vocabularies" / "acme.toml"
    path.write_text(path.read_text().replace('meaning = "unexpected"', 'meaning = "login"\nkind = "x"'))
    assert refusal(directory) == "acme.toml: error: this surface has no word for 'unexpected'"


def test_a_vocabulary_of_narrow_surfaces_alone_is_refused(directory: Path) -> None:
    """A vocabulary as a whole must have a word for `unexpected`."""
    path = directory / "vocabularies" / "acme.toml"
    path.write_text(path.read_text().replace('about = "an error body"', 'about = "an error body"\nnarrow = true'))
    assert "no surface has a word for 'unexpected'" in refusal(directory)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"surface": "nowhere", "code": "E2", "meaning": "login", "source": "ours"}, "surface is not one of error"),
        ({"surface": "error", "meaning": "login", "source": "ours"}, "code is missing"),
        ({"surface": "error", "code": "E2", "source": "ours"}, "meaning is missing"),
        ({"surface": "error", "code": "E2", "meaning": "login"}, "source is missing"),
        ({"surface": "error", "code": "E2", "meaning": "login", "source": "ours", "colour": "red"}, "'colour'"),
    ],
)
def test_a_row_that_is_not_whole_is_refused(directory: Path, fields: dict[str, object], why: str) -> None:
    """A row names its surface, code, meaning and source, and carries no field its surface does not declare."""
    spoil(directory, row(**fields))
    assert why in refusal(directory)


@pytest.mark.parametrize("locale", ["en", "fr"])
def test_a_meaning_without_a_text_in_a_language_is_refused(directory: Path, locale: str) -> None:
    """Nobody is left without a sentence, whatever their language."""
    path = directory / "texts" / f"{locale}.toml"
    path.write_text(path.read_text().partition('["login"]')[0])
    assert refusal(directory) == f"{locale}.toml: login: this meaning has no text for the engineer"


def test_a_meaning_without_a_sentence_for_the_user_inherits_its_ancestors(directory: Path) -> None:
    """The dots are the fallback for sentences too."""
    with (directory / "meanings.toml").open("a") as file:
        file.write(MEANINGS.splitlines()[1].replace('"login"', '"login.late"'))
    for locale in ("en", "fr"):
        with (directory / "texts" / f"{locale}.toml").open("a") as file:
            file.write('\n["login.late"]\nengineer = "Too late."\n')
    assert load(directory).text("login.late", "fr", "user") == "Check what you typed."


def test_a_meaning_with_no_sentence_for_the_user_anywhere_is_refused(directory: Path) -> None:
    """Inheriting ends at the first word of the name: `unexpected` speaks for itself alone."""
    path = directory / "texts" / "en.toml"
    path.write_text(path.read_text().replace('user = "Check what you typed."\n', ""))
    assert "no text for the end user" in refusal(directory)


def test_a_text_for_no_meaning_is_refused(directory: Path) -> None:
    """A sentence nobody can reach is a slip of the pen."""
    with (directory / "texts" / "en.toml").open("a") as file:
        file.write('\n["logon"]\nuser = "?"\nengineer = "?"\n')
    assert refusal(directory) == "en.toml: logon: a text for a meaning that does not exist"


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('client = "the client program\'s"\n', "", "fr.toml: blame: has words for other values than there are: client"),
        (
            "[data]",
            'dream = "sleep on it"\n\n[data]',
            "fr.toml: fix_at: has words for other values than there are: dream",
        ),
        ("[action]", "[deed]", "fr.toml: action: has words for other values than there are: "),
    ],
)
def test_a_field_whose_values_have_no_plain_words_in_a_language_is_refused(
    directory: Path, old: str, new: str, why: str
) -> None:
    """Whatever a meaning says can be told to a person, and no words are left over from a value that is gone."""
    path = directory / "phrases" / "fr.toml"
    assert old in PHRASES
    path.write_text(PHRASES.replace(old, new, 1))
    assert refusal(directory).startswith(why)


def test_a_language_without_plain_words_is_refused(directory: Path) -> None:
    """Sentences in a language are not enough: the fields are told in it too."""
    (directory / "phrases" / "fr.toml").unlink()
    assert refusal(directory).startswith("fr.toml: whole file: ")


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('blame = "user"', 'blame = "bank"', "blame = 'bank' is not one of"),
        ('action = "fix-credentials"', 'action = "pray"', "action = 'pray' is not one of"),
        ('fix_at = "widget"', 'fix_at = "moon"', "fix_at = 'moon' is not one of"),
        ('data = "stale" }\n"login"', 'data = "old" }\n"login"', "data = 'old' is not one of"),
        ('retry = "after-user"', 'retry = "soon"', "retry = 'soon' is not"),
        ('"PT1H"', '"1 hour"', "retry = {'after': '1 hour', 'times': 3} is not"),
        ("times = 3", "times = 0", "'times': 0} is not"),
        ('retry = "after-user"', 'retry = { at = "doomsday" }', "retry = {'at': 'doomsday'} is not"),
        ('retry = "after-user"', 'retry = { after = "PT1H", at = "next-day" }', "is not never, after-user"),
        (', data = "stale" }\n"login"', ' }\n"login"', "a meaning has exactly the fields"),
        ('"login"', '"Login!"', "a name is lower-case words"),
    ],
)
def test_an_unknown_value_of_a_closed_field_is_refused(directory: Path, old: str, new: str, why: str) -> None:
    """Programs act on these fields, so a value nobody knows stops the start."""
    path = directory / "meanings.toml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    said = refusal(directory)
    assert said.startswith("meanings.toml: ")
    assert why in said


def test_a_catalogue_without_the_root_meaning_is_refused(directory: Path) -> None:
    """There must be something to fall back to."""
    path = directory / "meanings.toml"
    path.write_text(path.read_text().replace("unexpected =", "surprise ="))
    assert refusal(directory).startswith("meanings.toml: unexpected:")


@pytest.mark.parametrize("name", ["meanings.toml", "texts/en.toml", "vocabularies/acme.toml"])
def test_a_file_that_is_not_toml_is_refused_by_name(directory: Path, name: str) -> None:
    """A slip in the syntax names the file, as every other refusal does."""
    (directory / name).write_text("= nothing")
    assert refusal(directory).startswith(f"{Path(name).name}: whole file: ")


def test_files_are_read_only_when_they_are_needed(directory: Path) -> None:
    """A spoiled language does not disturb somebody who asks in another; `load` is what reads them all."""
    (directory / "texts" / "fr.toml").write_text("= nothing")
    catalogue = Catalogue(directory)
    assert catalogue.text("login", "en", "user") == "Check what you typed."
    with pytest.raises(CatalogueError):
        catalogue.text("login", "fr", "user")


def spoil(directory: Path, more: str) -> None:
    """Append rows to the vocabulary."""
    with (directory / "vocabularies" / "acme.toml").open("a") as file:
        file.write(more)
