"""What banks of Canada and the United States ask, in English or French: security questions and their kin.

    await ask(bank, institution, session, user, ("security-question",))

Which question it is depends on the connection, so a conversation that is begun again asks the same.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from msgspec.structs import replace

from afluente.connectors.scripted.acts import TOKEN, User, is_token
from afluente.connectors.scripted.picture import picture_of
from afluente.connectors.scripted.seeding import chance
from afluente.core.challenge import SEPARATOR, Ask, Challenge, Option
from afluente.core.clock import MINUTE, Instant
from afluente.core.institutions import Institution
from afluente.core.outcome import Refused
from afluente.core.ports import Bank

LASTS: Instant = 8 * MINUTE
WRONG, WRONG_FOR_GOOD = "mfa.wrong", "mfa.wrong.final"
DECLINED = "product.consent-missing.extra-step"
"""What lies beside the data where the extra consent was not given."""

ENGLISH, FRENCH = "en", "fr"
PHONES = ("(***) ***-7777", "(***) ***-0142")
PICTURES = ("15", "27", "38", "46")
RIGHT_PICTURE = "2"
ACCEPTED = "1"

_SECURITY = (
    ("What city were you born in?", "Où êtes-vous né ?", "montreal"),
    ("What is the best country on earth?", "Quel est le meilleur pays au monde ?", "canada"),
    ("What shape do people like most?", "Quelle forme les gens préfèrent-ils ?", "triangle"),
)
_WORDS = {
    "choice": ("Which of these cities have you lived in?", "Dans laquelle de ces villes avez-vous habité ?"),
    "answers": ("Which of these accounts do you hold?", "Lesquels de ces comptes détenez-vous ?"),
    "image": ("Choose the picture that you selected", "Choisissez l’image que vous avez sélectionnée"),
    "phone": ("Where should the code be sent?", "Où le code doit-il être envoyé ?"),
    "code": ("Enter the code that was sent to you", "Entrez le code qui vous a été envoyé"),
    "new": ("Choose a new security question", "Choisissez une nouvelle question de sécurité"),
    "consent": ("Do you consent to share the data of all your accounts?", "Consentez-vous à partager vos données ?"),
}
_CITIES = ("Halifax", "Toronto", "Regina", "Victoria")
_ACCOUNTS = (("Chequing", "Compte chèque"), ("Savings", "Épargne"), ("Mortgage", "Hypothèque"), ("RRSP", "REER"))
_NEW = (
    ("What was the name of your first pet?", "Quel était le nom de votre premier animal ?"),
    ("What street did you grow up on?", "Dans quelle rue avez-vous grandi ?"),
    ("Who was your first employer?", "Qui a été votre premier employeur ?"),
)
_CONSENT = (("I consent", "Je consens"), ("Not now", "Pas maintenant"))


class Question(NamedTuple):
    """A question, and what tells whether an answer to it is right."""

    challenge: Challenge
    is_right: Callable[[str], bool]


def language_of(text: str) -> str:
    """Return the language that questions are asked in: French where it was asked for, else English."""
    return FRENCH if text.casefold().startswith(FRENCH) else ENGLISH


async def ask(
    bank: Bank, institution: Institution, session: Mapping[str, str], user: User, names: Iterable[str]
) -> None:
    """Ask the questions of each name in turn. Raises `Refused` where an answer is wrong."""
    place = _Place(institution.country, bank.connection_id, session.get("language") == FRENCH)
    for name in names:
        asked = QUESTIONS[name](place)
        together = tuple(question.challenge for question in asked)
        for number, question in enumerate(asked):
            answer = await bank.ask(replace(question.challenge, beside=together[number + 1 :]))
            if not question.is_right(answer):
                raise Refused(WRONG_FOR_GOOD if user.once_only else WRONG)


async def agrees(bank: Bank, session: Mapping[str, str]) -> bool:
    """Ask for the consent that some institutions want beside the login, and return whether it was given."""
    place = _Place("CA", bank.connection_id, session.get("language") == FRENCH)
    options = _options(place, _CONSENT)
    answer = await bank.ask(_choice(place, "extra_consent", "consent", options))
    return _chosen(options, answer) == (ACCEPTED,)


class _Place(NamedTuple):
    """Where and in what language is asked; `key` decides what is asked."""

    country: str
    key: str
    french: bool

    def say(self, words: tuple[str, str]) -> str:
        return words[self.french]


def _text(label: str, right: Callable[[str], bool], name: str = "answer") -> Question:
    return Question(Challenge(kind=Ask.TEXT, name=name, label=label, lasts=LASTS), right)


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return folded.strip().casefold()


def _is(right: str) -> Callable[[str], bool]:
    return lambda answer: _plain(answer) == right


def _security(place: _Place) -> list[Question]:
    """Return all the security questions of a country: three in Canada, three sums in the United States."""
    if place.country != "US":
        return [_text(french if place.french else english, _is(right)) for english, french, right in _SECURITY]
    draw = chance("sums", place.key)
    sums = [(2, 2)]
    while len(sums) < len(_SECURITY):
        one = (draw.randrange(1, 10), draw.randrange(1, 10))
        sums += [one] if one not in sums else []
    words = "Quel est le résultat de {} + {} ?" if place.french else "How much is {} + {}?"
    return [_text(words.format(a, b), _is(str(a + b))) for a, b in sums]


def _one_of_them(place: _Place) -> list[Question]:
    return [chance("question", place.key).choice(_security(place))]


def _options(place: _Place, rows: Iterable[tuple[str, str]]) -> tuple[Option, ...]:
    return tuple(Option(str(number), place.say(words)) for number, words in enumerate(rows, 1))


def _choice(place: _Place, name: str, words: str, options: tuple[Option, ...], **more: object) -> Challenge:
    label = place.say(_WORDS[words])
    return Challenge(kind=Ask.SELECT, name=name, label=label, lasts=LASTS, options=options, **more)  # type: ignore[arg-type]


def _chosen(options: tuple[Option, ...], answer: str) -> tuple[str, ...]:
    """Return the values that an answer names, in order; a label counts for its value."""
    values = {option.label: option.value for option in options} | {option.value: option.value for option in options}
    lines = [line.strip() for line in answer.split(SEPARATOR)]
    return tuple(sorted(values.get(line, "") for line in lines if line))


def _multiple_choice(place: _Place) -> list[Question]:
    options = _options(place, ((city, city) for city in _CITIES))
    return [Question(_choice(place, "answer", "choice", options), lambda answer: _chosen(options, answer) == ("2",))]


def _multiple_answers(place: _Place) -> list[Question]:
    options = _options(place, _ACCOUNTS)
    challenge = _choice(place, "answer", "answers", options, several=True)
    return [Question(challenge, lambda answer: _chosen(options, answer) == ("1", "2"))]


def _image_selection(place: _Place) -> list[Question]:
    options = tuple(Option(str(number), text, picture_of(text)) for number, text in enumerate(PICTURES, 1))
    challenge = _choice(place, "answer", "image", options)
    return [Question(challenge, lambda answer: _chosen(options, answer) == (RIGHT_PICTURE,))]


def _text_or_call(place: _Place) -> list[Question]:
    options = tuple(Option(str(number), phone) for number, phone in enumerate(PHONES, 1))
    challenge = _choice(place, "phone", "phone", options, ways=("text", "call"))
    return [Question(challenge, lambda answer: any(_chosen(options, answer.partition(SEPARATOR)[0])))]


def _code(place: _Place) -> list[Question]:
    question = _text(place.say(_WORDS["code"]), is_token, "token")
    return [_asked_otherwise(question, kind=Ask.NUMBER, placeholder=TOKEN)]


def _asked_otherwise(question: Question, **changes: object) -> Question:
    return question._replace(challenge=replace(question.challenge, **changes))


def _new_questions(place: _Place) -> list[Question]:
    options = _options(place, _NEW)
    question = _text(place.say(_WORDS["new"]), lambda answer: _is_new(options, answer), "new_question")
    return [_asked_otherwise(question, options=options)]


def _is_new(options: tuple[Option, ...], answer: str) -> bool:
    chosen, _, text = answer.partition(SEPARATOR)
    return any(_chosen(options, chosen)) and bool(text.strip())


QUESTIONS: dict[str, Callable[[_Place], list[Question]]] = {
    "security-question": _one_of_them,
    "two-questions": lambda place: _security(place)[:2],
    "three-questions": _security,
    "multiple-choice": _multiple_choice,
    "multiple-answers": _multiple_answers,
    "image-selection": _image_selection,
    "text-or-call": _text_or_call,
    "code": _code,
    "new-questions": _new_questions,
}
"""The questions of each name; those of one name are shown together."""
