from __future__ import annotations

import base64

import pytest

from afluente.core.challenge import Ask, Challenge, Option
from afluente.core.connections import Connection, Phase
from afluente.core.documents import Statement
from afluente.core.institutions import Kind
from afluente.core.lifecycle import State
from afluente.core.products import Product, ProductState
from afluente.dialects.flinks.render import answer, challenges, keys_of, login, moment, statements_by_account
from afluente.dialects.flinks.render import links as linked
from tests.dialects.flinks.render.records import card, chequing, id_of, institution, stored

CITY = "What city were you born in?"
QUESTION = Challenge(Ask.TEXT, "answer", CITY, 1000)
OPTIONS = (Option("1", "Red"), Option("2", "Blue"))
CHOICE = Challenge(Ask.SELECT, "colour", "Which colours?", 1000, options=OPTIONS)
CHOICES = Challenge(Ask.SELECT, "colours", "Which colours?", 1000, options=OPTIONS, several=True)
PICTURES = Challenge(
    Ask.SELECT, "picture", "Your picture?", 1000, options=(Option("1", "a cat", "aGk="), Option("2", "a dog", "aG8="))
)
PHONES = Challenge(
    Ask.SELECT, "phone", "Where to?", 1000, options=(Option("1", "514-***-7777"),), ways=("text", "call")
)
NEW_QUESTION = Challenge(Ask.TEXT, "reset", "Choose a question", 1000, options=(Option("q1", "First pet?"),))


@pytest.mark.parametrize(
    ("challenge", "type_", "prompt", "iterables"),
    [
        (QUESTION, "QuestionAndAnswer", CITY, []),
        (CHOICE, "MultipleChoice", "Which colours?", ["Red", "Blue"]),
        (CHOICES, "MultipleChoiceMultipleAnswers", "Which colours?", ["Red", "Blue"]),
        (PICTURES, "ImageSelection", "Your picture?", ["aGk=", "aG8="]),
        (PHONES, "TextOrCall", "Where to?", ["514-***-7777"]),
        (NEW_QUESTION, "QuestionAndAnswer", "Choose a question", ["First pet?"]),
        (
            Challenge(Ask.APPROVAL, "approve", "Approve in your app", 1000),
            "QuestionAndAnswer",
            "Approve in your app",
            [],
        ),
    ],
)
def test_every_kind_of_question_has_its_type(
    challenge: Challenge, type_: str, prompt: str, iterables: list[str]
) -> None:
    """The application draws the question by it."""
    assert challenges(challenge) == [{"Type": type_, "Prompt": prompt, "Iterables": iterables}]


def test_questions_of_one_page_are_asked_together() -> None:
    """Two or three are answered in one call."""
    pair = Challenge(Ask.TEXT, "answer", CITY, 1000, beside=(CHOICE,))
    assert [one["Prompt"] for one in challenges(pair)] == [CITY, "Which colours?"]


@pytest.mark.parametrize(
    ("challenge", "responses", "told"),
    [
        (QUESTION, {CITY: ["Montreal"]}, "Montreal"),
        (QUESTION, {CITY: []}, None),
        (QUESTION, {"another": ["Montreal"]}, None),
        (CHOICE, {"Which colours?": ["Blue"]}, "2"),
        (CHOICE, {"Which colours?": ["Green"]}, "Green"),
        (CHOICES, {"Which colours?": ["Blue", "Red"]}, "2\n1"),
        (PICTURES, {"Your picture?": ["aG8="]}, "2"),
        (PHONES, {"514-***-7777": ["Call"]}, "1\ncall"),
        (PHONES, {"Where to?": ["514-***-7777"]}, "1"),
        (NEW_QUESTION, {"First pet?": ["Rex"]}, "q1\nRex"),
        (NEW_QUESTION, {"Choose a question": ["First pet?", "Rex"]}, "q1\nRex"),
    ],
)
def test_an_answer_is_told_in_the_engines_words(
    challenge: Challenge, responses: dict[str, list[str]], told: str | None
) -> None:
    """Clients answer with what they were shown; the bank is told which option it was."""
    assert answer(challenge, responses) == told


def test_a_prompt_is_the_key_of_its_answer_and_a_telephone_is_too() -> None:
    """Any other key is not one of this round."""
    assert keys_of(QUESTION) == {CITY}
    assert keys_of(CHOICE) == {"Which colours?"}
    assert keys_of(PHONES) == {"Where to?", "514-***-7777"}


def test_links_say_where_to_go_from_here() -> None:
    """They are those of the published table."""
    assert [one["rel"] for one in linked.authorized()] == ["AccountsDetail", "AccountsSummary", "Statements"]
    assert linked.asked() == [{"rel": "Authorize", "href": "/Authorize", "example": None}]
    assert linked.pending("GetAccountsDetail", id_of(1)) == [
        {"rel": "GetAccountsDetailAsync", "href": "/GetAccountsDetailAsync",
         "example": f"/GetAccountsDetailAsync/{id_of(1)}"}
    ]  # fmt: skip
    assert [one["rel"] for one in linked.summary()] == ["AccountsDetail", "Statements"]
    assert [one["rel"] for one in linked.detail()] == ["AccountsSummary", "Statements"]
    assert [one["href"] for one in linked.statements()] == ["/GetAccountsDetail", "/GetAccountsSummary"]


def connection(*states: ProductState, at: int | None = None) -> Connection:
    """Return a card."""
    return Connection(
        id=id_of(5),
        application_id=id_of(6),
        institution="flinks-capital",
        state=State.FRESH,
        phase=Phase.ENDED,
        created_at=0,
        updated_at=0,
        products=states,
        last_success_at=at,
    )


def test_a_card_that_was_never_read_was_never_refreshed_and_has_no_type() -> None:
    """Only the institution's accounts tell whose they are."""
    assert login(connection(), institution(), "Greatday", scheduled=False) == {
        "Username": "Greatday",
        "IsScheduledRefresh": False,
        "LastRefresh": "0001-01-01T00:00:00",
        "Type": None,
        "Id": id_of(5),
    }


def test_a_card_that_was_read_tells_when_and_whose_it_is() -> None:
    """The instant is in UTC and has no zone; a later login that nothing was fetched with is no refresh."""
    read = connection(ProductState(Product.ACCOUNTS, True, 1_586_990_763_169), at=1_586_990_799_000)
    shown = login(read, institution(kind=Kind.BUSINESS_BANK), "Greatday", scheduled=True)
    assert (shown["LastRefresh"], shown["Type"]) == ("2020-04-15T22:46:03.169000", "Business")
    assert shown["IsScheduledRefresh"] is True
    assert moment(None) == "0001-01-01T00:00:00"


def test_statements_are_documents_in_base64_by_account() -> None:
    """A document that could not be made is not there, and a card goes by its last digits."""
    first = stored(Statement(key="s1", account_key="a", month="2026-10"), 11)
    second = stored(Statement(key="s2", account_key="a", month="2026-09"), 12)
    shown = statements_by_account(
        [stored(chequing()), stored(card(), 2)], {id_of(1): [first, second]}, {first.id: b"%PDF-1.7"}
    )
    assert [one["AccountNumber"] for one in shown] == ["1111000", "1234"]
    [found] = shown[0]["Statements"]
    assert found["UniqueId"] == first.id.replace("-", "").upper()
    assert found["FileType"] == "PDF"
    assert base64.b64decode(found["Base64Bytes"]) == b"%PDF-1.7"
    assert shown[1]["Statements"] == []
