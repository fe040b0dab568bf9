"""`afluente explain`: what a person reads, what a script reads, and how it ends."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result

from afluente.catalogue import load
from afluente.cli import cli

CATALOGUE = load()


def run(*arguments: str, width: int = 200) -> Result:
    """Run the command with these arguments in a terminal of that width."""
    return CliRunner().invoke(cli, ["explain", *arguments], env={"COLUMNS": str(width), "TERM": "dumb"})


def test_a_code_and_its_text_are_explained_whole() -> None:
    """Name, both sentences, every field in plain words, and what the other three systems say."""
    done = run("belvo", "login_error", "The user account is locked…", "--locale", "pt-BR")
    assert done.exit_code == 0
    assert "login.locked" in done.stdout
    text = CATALOGUE.texts("pt-BR")["login.locked"]
    for told in (text.user, text.engineer, "pedir o desbloqueio da conta", "depois que o usuário fizer a parte dele"):
        assert told in done.stdout
    for said in ("DISABLED_LOGIN", "408", "ACCOUNT_LOCKED"):
        assert said in done.stdout


def test_a_code_that_needs_its_text_says_which_texts_there_are() -> None:
    """Who did not give the message is shown the messages that make a difference."""
    done = run("belvo", "login_error")
    assert done.exit_code == 0
    assert "login_error has other meanings where one of these came with it" in done.stdout
    for word in CATALOGUE.vocabulary("belvo").rows:
        if word.code == "login_error" and word.http and any(word.discriminator):
            assert word.meaning in done.stdout
    assert "has other meanings" not in run("belvo", "login_error", "The user account is locked…").stdout


def test_another_systems_word_can_be_asked_for() -> None:
    """Only that system's word is shown, and whether it is only a neighbour's."""
    done = run("klavi", "433", "--to", "pluggy")
    assert "INVALID_CREDENTIALS  says login.credentials" in done.stdout
    assert "login_error" not in done.stdout


def test_a_discriminator_narrows_the_choice() -> None:
    """The same number is another warning at another institution."""
    arguments = ("pluggy", "001", "--institution", "xp", "--product", "INVESTMENTS", "--json")
    assert json.loads(run(*arguments).stdout)["meaning"]["name"] == "product.permission-missing.treasury"


def test_a_script_gets_the_whole_record() -> None:
    """JSON holds what the library returns, the fields in words, and the other system's word."""
    record = json.loads(run("klavi", "414", "--to", "belvo", "--locale", "fr", "--json").stdout)
    assert record["meaning"]["retry"]["span"] == "P1D"
    assert record["in_words"]["retry"] == "après 24 heures"
    assert record["word"]["message"] == "Security measurement from bank"
    assert record["translation"]["to"] == "belvo"


@pytest.mark.parametrize("system", CATALOGUE.systems)
def test_every_word_of_a_system_can_be_listed(system: str) -> None:
    """Each code with its meaning and its text, under the place where it is said."""
    done = run("--list", system, width=400)
    assert done.exit_code == 0
    for surface in CATALOGUE.vocabulary(system).surfaces:
        assert f"{system} {surface}" in done.stdout
    for word in CATALOGUE.vocabulary(system).rows:
        assert word.code in done.stdout and word.meaning in done.stdout and word.message in done.stdout


def test_the_list_can_be_had_as_json() -> None:
    """One record for each row, in file order."""
    listed = json.loads(run("--list", "klavi", "--json").stdout)
    assert [row["code"] for row in listed] == [word.code for word in CATALOGUE.vocabulary("klavi").rows]


def test_an_unknown_code_is_explained_as_unexpected_and_ends_with_1() -> None:
    """The answer is there; what is near the code and what is known stands on standard error."""
    done = run("belvo", "loginerror")
    assert done.exit_code == 1
    assert done.stdout.startswith("unexpected  belvo loginerror")
    assert "belvo has no word 'loginerror' that fits" in done.stderr
    assert "Near it: login_error" in done.stderr
    assert "institution_unavailable" in done.stderr.partition("Known: ")[2]


def test_an_unknown_code_leaves_the_json_whole() -> None:
    """A script that reads standard output still reads JSON."""
    done = run("klavi", "999", "--json")
    assert done.exit_code == 1
    record = json.loads(done.stdout)
    assert (record["known"], record["meaning"]["name"], record["code"]) == (False, "unexpected", "999")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("plaid", "X"), "unknown system 'plaid'; known: belvo, flinks, klavi, pluggy."),
        (("--list", "plaid"), "unknown system 'plaid'; known: belvo, flinks, klavi, pluggy."),
        (("klavi", "414", "--to", "plaid"), "unknown system 'plaid'; known: belvo, flinks, klavi, pluggy."),
        (("klavi", "414", "--locale", "de"), "unknown language 'de'; known: en, es, fr, pt-BR."),
        (("klavi", "414", "--surface", "moon"), "unknown surface of klavi 'moon'; known: open-data,"),
        (("klavi", "414", "--institution", "x"), "unknown discriminator of klavi 'institution'; known: phase."),
        ((), "a system and a code are needed"),
        (("klavi",), "a system and a code are needed"),
    ],
)
def test_a_question_that_cannot_be_asked_ends_with_2(arguments: tuple[str, ...], sentence: str) -> None:
    """One clear sentence on standard error, with the names that would have been right, and no traceback."""
    done = run(*arguments)
    assert done.exit_code == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("code", ["[red]x[/red]", "", "' OR 1=1", "\N{PILE OF POO}", "x" * 5000])
def test_any_text_is_a_code(code: str) -> None:
    """Nothing that is typed breaks the command."""
    done = run("klavi", code)
    assert done.exit_code == 1
    assert done.exception is None or isinstance(done.exception, SystemExit)
