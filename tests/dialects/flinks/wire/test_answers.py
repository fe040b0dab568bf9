"""What a 203 asks and how it is answered: every type of question, and answers that were left for later."""

from __future__ import annotations

import pytest

from tests.flinks import GREATDAY, Flinks, newcomer


def test_an_unanswered_question_is_asked_again(flinks: Flinks) -> None:
    """Empty answers are no answers, and the RequestId stays the same."""
    asked = flinks.authorize("Greatday", 203, Tag="t")
    assert asked["Links"] == [{"rel": "Authorize", "href": "/Authorize", "example": None}]
    assert asked["Tag"] == "t" and "Login" not in asked and "FlinksCode" not in asked
    for more in ({"SecurityResponses": {}}, {}, {"SecurityResponses": {}, "MostRecentCached": True}):
        assert flinks.post("Authorize", 203, RequestId=asked["RequestId"], **more) == asked
    flinks.answer(asked)


def test_an_answer_to_something_else_comes_back_with_what_is_asked(flinks: Flinks) -> None:
    """As a wrong answer does: a client asks again from the refusal."""
    asked = flinks.authorize("Greatday", 203)
    refused = flinks.refusal(flinks.respond(asked["RequestId"], {"Who?": ["Me"]}, 401), "UNKNOWN_CHALLENGE_KEY")
    assert refused["SecurityChallenges"] == asked["SecurityChallenges"]
    assert refused["RequestId"] == asked["RequestId"]
    flinks.answer(asked)


def test_an_answer_may_be_a_text_instead_of_a_list(flinks: Flinks) -> None:
    """Some callers send it so."""
    asked = flinks.authorize("Greatday", 203)
    prompt = asked["SecurityChallenges"][0]["Prompt"]
    told = flinks.respond(asked["RequestId"], {prompt: GREATDAY[prompt]}, MostRecentCached=True)
    assert told["RequestId"] == asked["RequestId"]


def test_several_questions_of_one_round_are_answered_in_one_call(flinks: Flinks) -> None:
    """A wrong one among them refuses them all, and they are asked again."""
    asked = flinks.authorize("test_three_questions", 203)
    assert [one["Type"] for one in asked["SecurityChallenges"]] == ["QuestionAndAnswer"] * 3
    given = {one["Prompt"]: ["Nowhere"] for one in asked["SecurityChallenges"]}
    refused = flinks.respond(asked["RequestId"], given, 401)
    flinks.refusal(refused, "INVALID_SECURITY_RESPONSE")
    assert refused["SecurityChallenges"] == asked["SecurityChallenges"]
    flinks.answer(refused)


def test_one_of_several_options_is_chosen_by_its_words(flinks: Flinks) -> None:
    """The options stand in Iterables."""
    asked = flinks.authorize("test_multiple_choice", 203)
    (one,) = asked["SecurityChallenges"]
    assert one["Type"] == "MultipleChoice" and "Toronto" in one["Iterables"]
    flinks.respond(asked["RequestId"], {one["Prompt"]: ["Toronto"]})


def test_several_of_several_options_are_chosen(flinks: Flinks) -> None:
    """All that are right, and in any order."""
    asked = flinks.authorize("test_multiple_answers", 203)
    (one,) = asked["SecurityChallenges"]
    assert one["Type"] == "MultipleChoiceMultipleAnswers"
    refused = flinks.respond(asked["RequestId"], {one["Prompt"]: ["Chequing"]}, 401)
    flinks.refusal(refused, "INVALID_SECURITY_RESPONSE")
    flinks.respond(asked["RequestId"], {one["Prompt"]: ["Savings", "Chequing"]})


def test_a_picture_is_chosen_by_itself(flinks: Flinks) -> None:
    """Iterables are pictures in base64, and so is the answer."""
    asked = flinks.authorize("test_image_selection", 203)
    (one,) = asked["SecurityChallenges"]
    assert one["Type"] == "ImageSelection" and all(len(picture) > 50 for picture in one["Iterables"])
    flinks.respond(asked["RequestId"], {one["Prompt"]: [one["Iterables"][1]]})


@pytest.mark.parametrize("way", ["Text", "Call"])
def test_a_telephone_is_the_key_of_its_answer(flinks: Flinks, way: str) -> None:
    """Then the code that was sent is asked for in the same session."""
    asked = flinks.authorize("test_text_or_call", 203)
    (one,) = asked["SecurityChallenges"]
    assert one["Type"] == "TextOrCall"
    code = flinks.respond(asked["RequestId"], {one["Iterables"][0]: [way]}, 203)
    assert code["RequestId"] == asked["RequestId"]
    (next_one,) = code["SecurityChallenges"]
    assert next_one["Type"] == "QuestionAndAnswer"
    flinks.respond(asked["RequestId"], {next_one["Prompt"]: ["123456"]})


def test_a_new_question_is_chosen_and_answered(flinks: Flinks) -> None:
    """The candidates stand in Iterables."""
    asked = flinks.authorize("test_new_questions", 203)
    (one,) = asked["SecurityChallenges"]
    assert one["Type"] == "QuestionAndAnswer" and len(one["Iterables"]) > 1
    flinks.respond(asked["RequestId"], {one["Iterables"][1]: ["Rex"]})


def test_a_wrong_answer_that_ends_the_login_ends_the_session(flinks: Flinks) -> None:
    """There is nothing to answer again."""
    asked = flinks.authorize("test_one_attempt", 203)
    prompt = asked["SecurityChallenges"][0]["Prompt"]
    refused = flinks.respond(asked["RequestId"], {prompt: ["Nowhere"]}, 401)
    flinks.refusal(refused, "INVALID_SECURITY_RESPONSE_NO_RETRY")
    assert "SecurityChallenges" not in refused
    assert flinks.status(asked["RequestId"]) == ("Invalid Security Response", "401")


def test_a_bank_that_asks_while_it_fetches_answers_the_data_call_with_203(flinks: Flinks) -> None:
    """The answer goes to Authorize, and the data comes in the same session."""
    id = flinks.connected("test_mfa_later")
    asked = flinks.post("GetAccountsDetail", 203, RequestId=id)
    assert asked["RequestId"] == id
    assert flinks.status(id) == ("Answering Security Challenge", "203")
    flinks.get(f"GetAccountsDetailAsync/{id}", 203)
    flinks.answer(asked)
    assert flinks.get(f"GetAccountsDetailAsync/{id}")["Accounts"]
    assert flinks.status(id) == ("Completed", "200")
    assert "MFAAfterAuthorization" in [one["code"] for one in flinks.session(id)["warnings"]]


def test_questions_are_in_french_for_who_wants_them_so(flinks: Flinks) -> None:
    """They begin with a French question word, and the same answers are right."""
    asked = flinks.authorize("Greatday", 203, Language="fr")
    prompt = asked["SecurityChallenges"][0]["Prompt"]
    assert prompt.split()[0] in ("Où", "Quel", "Quelle", "Dans")


def test_an_answer_that_was_left_is_given_at_the_next_login(flinks: Flinks) -> None:
    """The question has to have been gathered before; then nobody need be there."""
    asked = flinks.authorize("Greatday", 203, WithMfaQuestions="true")
    prompt = asked["SecurityChallenges"][0]["Prompt"]
    told = flinks.answer(asked)
    card = told["Login"]["Id"]
    assert [one["Prompt"] for one in told["SecurityChallenges"]] == [prompt]
    assert flinks.get(f"GetMFAQuestions/{card}") == {"Message": "SUCCESS", "Questions": [{"Question": prompt}]}
    answer = {"Question": prompt, "Answer": GREATDAY[prompt]}
    kept = flinks.call("PATCH", "AnswerMFAQuestions", json={"loginId": card, "Questions": [answer]})
    assert flinks.told(kept) == {"Message": "Answers updated"}
    assert flinks.get(f"GetMFAQuestions/{card}")["Questions"] == []
    assert flinks.live(card)["Login"]["Id"] == card


def test_an_answer_that_was_left_and_is_wrong_is_forgotten(flinks: Flinks) -> None:
    """The user is asked then."""
    asked = flinks.authorize("Greatday", 203, WithMfaQuestions=True)
    prompt = asked["SecurityChallenges"][0]["Prompt"]
    card = flinks.answer(asked)["Login"]["Id"]
    wrong = {"Question": prompt, "Answer": "Nowhere"}
    flinks.told(flinks.call("PATCH", "SetMFAQuestions", json={"LoginId": card, "Questions": [wrong]}))
    refused = flinks.refusal(flinks.live(card, 401), "INVALID_SECURITY_RESPONSE")
    assert flinks.get(f"GetMFAQuestions/{card}")["Questions"] == [{"Question": prompt}]
    flinks.answer(refused)


def test_an_answer_to_what_was_never_gathered_is_not_kept(flinks: Flinks) -> None:
    """There is no such question."""
    card = flinks.authorize(newcomer())["Login"]["Id"]
    body = {"LoginId": card, "Questions": [{"Question": "What?", "Answer": "That"}]}
    flinks.refusal(flinks.told(flinks.call("PATCH", "AnswerMFAQuestions", json=body), 401), "QUESTION_NOT_FOUND")
