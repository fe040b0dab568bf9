"""`explain` and `translate`: two questions without a server."""

from __future__ import annotations

import doctest
import json
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import afluente
from afluente.catalogue import UnknownName, explain, load, translate

LOCKED = "The user account is locked, user needs to contact the institution to unlock it"


def test_a_code_is_explained_with_all_its_fields_and_sentences() -> None:
    """Whose doing, when again, what to do, where, and what to tell the user, in the language asked for."""
    said = explain("belvo", code="login_error", message=LOCKED, locale="pt-BR")
    assert said.known
    assert said.meaning.name == "login.locked"
    assert said.meaning.action == "unlock-at-institution"
    assert said.meaning.fix_at == "institution"
    assert said.user.startswith("Sua conta está bloqueada na instituição.")
    assert said.word is not None and said.word.http == 400
    assert (said.system, said.code, said.message, said.locale) == ("belvo", "login_error", LOCKED, "pt-BR")


@pytest.mark.parametrize("message", [LOCKED + ".", "The user account is locked…", "The user account is locked..."])
def test_a_message_is_recognised_with_a_stop_or_cut_off(message: str) -> None:
    """Newer texts end with a full stop, and people paste the beginning of a long one."""
    assert explain("belvo", code="login_error", message=message).meaning.name == "login.locked"


def test_a_typographic_apostrophe_makes_no_difference() -> None:
    """The same text is published with straight and with curly apostrophes."""
    text = "A MFA token is required by the institution, but it's not supported yet by Belvo."
    for spelling in (text, text.replace("'", "’")):
        assert explain("belvo", code="login_error", message=spelling).meaning.name == "login.unsupported.mfa"


def test_a_cut_off_message_that_fits_several_texts_is_not_guessed() -> None:
    """Two texts begin alike, so the beginning alone tells only that the login failed."""
    assert explain("belvo", code="login_error", message="The user account …").meaning.name == "login"


@given(code=st.text(), message=st.none() | st.text())
def test_an_unknown_code_is_unexpected_and_keeps_the_raw_words(code: str, message: str | None) -> None:
    """Whatever is asked, there is an answer, and what was said is in it."""
    said = explain("klavi", code=code, message=message)
    assert (said.code, said.message) == (code, message)
    assert said.known == (said.word is not None)
    if not said.known:
        assert said.meaning.name == "unexpected"


def test_further_discriminators_narrow_the_choice() -> None:
    """The same number is another warning at another institution."""
    one = explain("pluggy", code="001", institution="itau-pf", product="INVESTMENTS_TRANSACTIONS")
    two = explain("pluggy", code="001", institution="xp", product="INVESTMENTS")
    assert one.meaning.name == "product.registration-unverified"
    assert two.meaning.name == "product.permission-missing.treasury"


def test_the_surface_tells_where_the_code_was_seen() -> None:
    """A number that is a code here and a status there is read where it was seen."""
    assert explain("klavi", code="200", surface="report").word != explain("klavi", code="200").word
    assert explain("klavi", code="404").meaning.name == "unexpected"
    assert explain("klavi", code="404", surface="open-finance").meaning.name == "request.not-found"


def test_translating_says_when_the_word_is_exact() -> None:
    """Both systems know a locked account."""
    said = translate("belvo", code="login_error", message=LOCKED, to="pluggy")
    assert (said.word.code, said.exact, said.reached) == ("ACCOUNT_LOCKED", True, "login.locked")


def test_translating_says_when_the_word_is_only_an_ancestors() -> None:
    """One system tells a wrong password from wrong credentials, the other does not."""
    said = translate("klavi", code="433", to="pluggy")
    assert said.source.meaning.name == "login.credentials.password"
    assert (said.word.code, said.exact, said.reached) == ("INVALID_CREDENTIALS", False, "login.credentials")


def test_an_unknown_code_translates_to_the_word_for_the_unexpected() -> None:
    """No hopeful default: what nobody knows is said to be unknown."""
    said = translate("flinks", code="NEVER_HEARD", to="belvo")
    assert not said.source.known
    assert (said.word.code, said.reached) == ("unexpected_error", "unexpected")


@pytest.mark.parametrize(
    "ask",
    [
        lambda: explain("plaid", code="X"),
        lambda: explain("belvo", code="login_error", locale="de"),
        lambda: explain("belvo", code="login_error", surface="nowhere"),
        lambda: explain("belvo", code="login_error", institution="x"),
        lambda: translate("belvo", code="login_error", to="plaid"),
    ],
)
def test_an_unknown_name_is_answered_with_the_known_ones(ask: object) -> None:
    """A system, language, surface or discriminator that does not exist is an error that lists those that do."""
    assert callable(ask)
    with pytest.raises(UnknownName, match=r"unknown .*; known: .*\w"):
        ask()


def test_another_catalogue_can_be_asked() -> None:
    """A catalogue that was loaded elsewhere answers the same way as the packaged one."""
    book = load()
    assert explain("pluggy", code="ERROR", catalogue=book) == explain("pluggy", code="ERROR")
    assert translate("pluggy", code="ERROR", to="klavi", catalogue=book) == translate(
        "pluggy", code="ERROR", to="klavi"
    )


def test_the_answer_can_be_written_as_json() -> None:
    """What the command line and the API print is the record itself."""
    told = json.loads(msgspec.json.encode(translate("klavi", code="414", to="belvo", locale="fr")))
    assert told["source"]["meaning"]["retry"] == {"kind": "after", "span": "P1D", "rule": None, "times": None}
    assert told["source"]["locale"] == "fr"


def test_explaining_needs_no_server() -> None:
    """A script that only explains codes loads no web framework and no database."""
    code = (
        "import sys; from afluente import explain, translate; explain('pluggy', code='ERROR', locale='fr');"
        "translate('klavi', code='414', to='flinks');"
        "names = ('starlette', 'uvicorn', 'sqlalchemy', 'httpx', 'jinja2', 'typer', 'rich', 'afluente.app');"
        "print([name for name in names if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_package_itself_loads_nothing_before_it_is_asked() -> None:
    """Importing the package costs nobody the catalogue; the two questions load it."""
    code = (
        "import sys, afluente; before = 'afluente.catalogue' in sys.modules;"
        "print(before, afluente.explain is afluente.explain, 'afluente.catalogue' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True", "True"]


def test_the_package_has_no_other_name() -> None:
    """A wrong name is an AttributeError, as in any module."""
    with pytest.raises(AttributeError, match="no attribute 'expalin'"):
        getattr(afluente, "expalin")  # noqa: B009 - the name is wrong on purpose
    assert afluente.explain is explain
    assert afluente.translate is translate
    assert set(afluente.__all__) <= {*dir(afluente), "explain", "translate"}


def test_type_checkers_are_told_that_the_package_has_types() -> None:
    """Without the marker file they would take everything for Any."""
    assert Path(afluente.__file__).with_name("py.typed").is_file()


def test_the_documented_examples_are_true() -> None:
    """Every example of the how-to gives what it says."""
    page = Path(__file__).parents[2] / "docs" / "how-to" / "explain-a-code.md"
    failed, tried = doctest.testfile(str(page), module_relative=False)
    assert (failed, tried > 5) == (0, True)
