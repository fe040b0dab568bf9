"""What an institution may ask in the middle of a login. A question is a value: stored, shown, answered later."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from .clock import Instant


class Ask(StrEnum):
    """How the question is answered."""

    TEXT = "text"
    NUMBER = "number"
    PASSWORD = "password"
    IMAGE = "image"
    SELECT = "select"
    QR = "qr"
    APPROVAL = "approval"
    REDIRECT = "redirect"


SEPARATOR = "\n"
"""Between the values of an answer that has several."""

WRONG, WRONG_FOR_GOOD = "mfa.wrong", "mfa.wrong.final"
"""What a wrong answer comes to, and what the last one comes to that the user may give."""

WRONG_ANSWERS = 5
"""Answers in a row that may be wrong: the last of them is for good. A login that is begun anew may have one more."""

TYPED = frozenset({Ask.TEXT, Ask.NUMBER, Ask.PASSWORD, Ask.IMAGE, Ask.SELECT})
"""Questions the user answers with a value; the others are answered by doing something elsewhere."""


class Option(msgspec.Struct, frozen=True, omit_defaults=True):
    """One choice of a select; `image` is base64 of a picture that is chosen by being looked at."""

    value: str
    label: str
    image: str | None = None


class Challenge(msgspec.Struct, frozen=True, omit_defaults=True):
    """One question.

    `name` is neutral (`token`, `answer`, `phone`, `company`, `consent`, `cvv`, `pin`). `label`, `instructions`,
    `placeholder` are the institution's words, in its language. `image` is base64 of a picture. `payload` is what a QR
    code holds, or the number that a token is made from; `url` where the user must go, relative to our own origin if
    it begins with a slash. `lasts` is how long the user has, in milliseconds.

    Where `several` options may be chosen, the answer has one value on each line. `ways` are how a code can be sent to
    the chosen option (`text`, `call`): the answer may have one of them on a second line. A question that is answered
    with a text and has options lets the user choose what to be asked from now on: the option on the first line, the
    text on the second. `beside` are the questions that the institution shows on the same page: it asks them one after
    another all the same, and whoever can show them together has their answers ready.
    """

    kind: Ask
    name: str
    label: str
    lasts: Instant
    instructions: str | None = None
    placeholder: str | None = None
    pattern: str | None = None
    options: tuple[Option, ...] = ()
    image: str | None = None
    payload: str | None = None
    url: str | None = None
    several: bool = False
    ways: tuple[str, ...] = ()
    beside: tuple[Challenge, ...] = ()


class Posed(msgspec.Struct, frozen=True, omit_defaults=True):
    """A challenge that stands open on a connection, until `expires_at`.

    `id` names it in links that leave the house (the redirect's state). `position` counts the questions of the
    login, or of the product, from 0.
    """

    id: str
    challenge: Challenge
    position: int
    expires_at: Instant
    answered: bool = False
