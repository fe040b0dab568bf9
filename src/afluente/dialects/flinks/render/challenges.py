"""Security challenges (contract 2.3): an open question in the wire's words, and an answer in the engine's.

A question's type follows from how it is answered: a choice is MultipleChoice, or MultipleChoiceMultipleAnswers where
several may be chosen, between pictures ImageSelection, between telephones TextOrCall; everything else is
QuestionAndAnswer. Options are shown by their labels, and answered by them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from afluente.core.challenge import SEPARATOR, Ask, Challenge, Option

QUESTION, CHOICE, CHOICES = "QuestionAndAnswer", "MultipleChoice", "MultipleChoiceMultipleAnswers"
PICTURE, TEXT_OR_CALL = "ImageSelection", "TextOrCall"

_WAYS = {"text": "Text", "call": "Call"}


def challenges(challenge: Challenge) -> list[dict[str, Any]]:
    """Return an open question, and behind it those the institution shows on the same page."""
    return [_one(each) for each in (challenge, *challenge.beside)]


def type_of(challenge: Challenge) -> str:
    """Return the Type of a question."""
    if challenge.kind is not Ask.SELECT:
        return QUESTION
    if challenge.ways:
        return TEXT_OR_CALL
    if any(option.image is not None for option in challenge.options):
        return PICTURE
    return CHOICES if challenge.several else CHOICE


def prompt_of(challenge: Challenge) -> str:
    """Return the text that names a question."""
    return challenge.label or challenge.instructions or challenge.name


def keys_of(challenge: Challenge) -> frozenset[str]:
    """Return the keys of SecurityResponses under which one question may be answered.

    Where a telephone or a new question is chosen, its own text is a key too.
    """
    labels = _labels(challenge) if challenge.ways or challenge.kind is not Ask.SELECT else ()
    return frozenset((prompt_of(challenge), *labels))


def answer(challenge: Challenge, responses: Mapping[str, Sequence[str]]) -> str | None:
    """Return what the engine is to be told, None where the responses say nothing to this question.

    What is no option is handed on as it is: the institution says that it is wrong.
    """
    prompt = prompt_of(challenge)
    given = [text for text in responses.get(prompt, ()) if text]
    for option in challenge.options:
        chosen = [text for text in responses.get(_label(option), ()) if text] if _label(option) != prompt else []
        if chosen and challenge.ways:
            return SEPARATOR.join((option.value, _way(chosen[0])))
        if chosen and challenge.kind is not Ask.SELECT:
            return SEPARATOR.join((option.value, chosen[0]))
    if not given:
        return None
    if challenge.ways:
        return SEPARATOR.join((_value(challenge, given[0]), *(_way(text) for text in given[1:2])))
    if challenge.kind is Ask.SELECT:
        values = [_value(challenge, text) for text in given]
        return SEPARATOR.join(values) if challenge.several else values[0]
    if challenge.options and len(given) > 1:
        return SEPARATOR.join((_value(challenge, given[0]), given[1]))
    return given[0]


def _one(challenge: Challenge) -> dict[str, Any]:
    return {"Type": type_of(challenge), "Prompt": prompt_of(challenge), "Iterables": list(_labels(challenge))}


def _labels(challenge: Challenge) -> tuple[str, ...]:
    return tuple(map(_label, challenge.options))


def _label(option: Option) -> str:
    return option.image or option.label or option.value


def _value(challenge: Challenge, text: str) -> str:
    """Return the value of the option that a text is the label of, or the text itself."""
    wanted = text.strip()
    for option in challenge.options:
        if wanted in (option.image, option.label, option.value):
            return option.value
    return text


def _way(text: str) -> str:
    return next((way for way, word in _WAYS.items() if word.casefold() == text.strip().casefold()), text)
