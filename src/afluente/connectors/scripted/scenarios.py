"""What the invented bank can be told to do, as a list for people to read, in their language."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

import msgspec
from msgspec.structs import replace

from afluente.connectors.scripted.acts import CARDHOLDERS_PASSWORD, PASSWORD, TOKEN, User, cast
from afluente.connectors.scripted.guests import LOCKED, MOST_WRONG, NOT_ACTIVATED, OTHER_SESSION, WRONG_PASSWORD
from afluente.connectors.scripted.logins import CREDENTIALS, REJECTED, TAX_ID, UNKNOWN_USER, WRONG_ANSWER
from afluente.connectors.scripted.questions import CVV, GUEST_TOKEN, PIN
from afluente.core.products import Product

ASKED, ASKED_LATER, UNKNOWN_QUESTION = "mfa.asked", "product.mfa-needed", "mfa.unknown-question"
PENDING, DISPATCHED = "progress", "progress.dispatched"
DETAILS_PENDING, STATEMENTS_PENDING = "progress.details", "progress.statements"
LONGEST_CALL = 210
"""Seconds that a call for data waits before the work goes on without it."""


class Scenario(msgspec.Struct, frozen=True, kw_only=True):
    """One way to make something happen.

    `field` is what is typed somewhere special (a user name, a CPF, a token, the verdict on the bank's page), `value`
    what is typed there. `meaning` is what comes of it, where it is always the same; `where` says at which
    institutions, if not at all of them.
    """

    field: str
    value: str
    does: str
    meaning: str | None = None
    where: str = "every institution that asks for a user name"


def scenarios(locale: str = "en") -> tuple[Scenario, ...]:
    """Return every documented way, the users first. What has no sentence in `locale` stays as it stands."""
    every = (
        *_users(),
        *_answers(),
        *_guests(),
        *_cardholders(),
        *_sessions(),
        *_documents(),
        *_open_finance(),
        *_acts(),
        *_quirks(),
    )
    return every if locale == "en" else tuple(_said(one, locale) for one in every)


def _said(one: Scenario, locale: str) -> Scenario:
    told = {name: texts().get(text, {}).get(locale, text) for name in SAID if (text := getattr(one, name))}
    return replace(one, **told)


SAID = ("field", "value", "does", "where")
"""What of a scenario is for people to read."""


@cache
def texts() -> dict[str, dict[str, str]]:
    """Return the sentences of scenarios in other languages, by what they are in English."""
    return tomllib.loads((Path(__file__).parent / "texts.toml").read_text("utf-8"))


def _users() -> list[Scenario]:
    rows = [
        Scenario(
            field="username",
            value=name,
            does=user.does,
            meaning=user.fails or next(iter(user.products.values()), None),
            **({"where": "institutions whose login asks questions (MFA in two steps)"} if user.asks else {}),
        )
        for name, user in cast().users.items()
    ]
    anybody = "the login is refused, and so it is with any password but " + PASSWORD
    return [
        *rows,
        Scenario(field="username", value="person+{name}", does="everything goes well, for another person"),
        Scenario(field="username", value="anything else", does=anybody, meaning=CREDENTIALS),
    ]


def _answers() -> list[Scenario]:
    where = "institutions that ask for a token"
    return [
        Scenario(field="token", value=TOKEN, does="the token is right", where=where),
        Scenario(field="token", value="123450 to 123459", does="right too: a token serves once", where=where),
        Scenario(field="token", value="anything else", does="the answer is refused", meaning=WRONG_ANSWER, where=where),
    ]


def _guests() -> list[Scenario]:
    where = "institutions that let everybody in whose credentials have the right form"
    rows = [
        Scenario(
            field="username" if user.any_password else "username / password",
            value=name if user.any_password else f"{name} / {user.password}",
            does=user.does,
            meaning=user.fails or next(iter((*user.once.values(), *user.products.values())), None),
            where=where,
        )
        for name, user in cast().guests.items()
    ]
    locked = f"a day's lock, after the password was wrong {MOST_WRONG} times in a row"
    wrong = "the login is refused; any password that begins so is wrong"
    asked = "institutions whose login asks guests for a token"
    inactive = "where the account has to be activated"
    return [
        *rows,
        Scenario(field="username", value="bnk_perf_{N}x", does="N times 100 movements in 365 days", where=where),
        Scenario(field="username", value="anything else", does="everything goes well, for another person", where=where),
        Scenario(field="password", value=WRONG_PASSWORD, does=wrong, meaning=CREDENTIALS, where=where),
        Scenario(field="password", value=f"{MOST_WRONG} wrong ones", does=locked, meaning=LOCKED, where=where),
        Scenario(field="token", value=GUEST_TOKEN, does="the token is right, and so is 111110 to 111119", where=asked),
        Scenario(field="token", value="999999", does="the answer is refused", meaning=WRONG_ANSWER, where=asked),
        Scenario(field="cvv, pin", value=f"{CVV}, {PIN}", does="the account is active from now on", where=inactive),
        Scenario(field="cvv, pin", value="anything else", does="it is not", meaning=NOT_ACTIVATED, where=inactive),
        Scenario(field="username2", value="{seconds}", does="the login takes that long", where="belvo-mx-retail"),
    ]


_NORTH = "institutions of Canada and the United States"


def _cardholders() -> list[Scenario]:
    rows = [
        Scenario(
            field="username / password",
            value=f"{name} / {CARDHOLDERS_PASSWORD}",
            does=user.does,
            meaning=user.fails or user.refuses or next(iter(user.quirks), _befalls(user)),
            where=_NORTH,
        )
        for name, user in cast().cardholders.items()
    ]
    company = "everything goes well, for a company"
    return [
        *rows,
        Scenario(field="username", value="company+{name}", does=company, where=_NORTH),
        Scenario(
            field="username", value="anything else", does="nobody is known by it", meaning=UNKNOWN_USER, where=_NORTH
        ),
        Scenario(
            field="password", value="anything else", does="the login is refused", meaning=CREDENTIALS, where=_NORTH
        ),
        Scenario(
            field="answer", value="anything else", does="the answer is refused", meaning=WRONG_ANSWER, where=_NORTH
        ),
        Scenario(
            field="answer",
            value="under another question",
            does="it was not asked",
            meaning=UNKNOWN_QUESTION,
            where=_NORTH,
        ),
    ]


def _befalls(user: User) -> str | None:
    """Return what stands for a user's session on its way: what it waits for, or that it is asked."""
    if user.one_session:
        return OTHER_SESSION
    if user.asks:
        return ASKED
    if user.asks_at:
        return ASKED_LATER
    for product, seconds in user.waits.items():
        slow = DISPATCHED if seconds > LONGEST_CALL else PENDING
        return {Product.TRANSACTIONS: DETAILS_PENDING, Product.STATEMENTS: STATEMENTS_PENDING}.get(product, slow)
    return None


def _sessions() -> list[Scenario]:
    """Return what comes of what a client does with its session, and when."""
    done = "the session ends with success"
    rows = (
        ("summary and details are asked for", done, "success"),
        ("a resource is created", "the answer says so", "success.created"),
        (
            "the statements are asked for, and they are there",
            "the session ends with its statements",
            "success.statements",
        ),
        ("a score is asked for", "the session ends with its score", "success.score"),
        ("details are asked for again right after a new authorization", "they are not there yet", PENDING),
        ("8 minutes go by after the authorization, or 30 of fetching", "the session expires", "session.expired"),
        ("nothing follows the login, or a question is never answered", "nothing came of it", "login.abandoned"),
        ("a session is named that is over, or never was", "it is not known", "session.unknown"),
    )
    return [
        Scenario(field="call", value=value, does=does, meaning=meaning, where=_NORTH) for value, does, meaning in rows
    ]


def _documents() -> list[Scenario]:
    where = "uploads of statement files"
    rows = (
        ("files that can be read", "they are accepted and wait to be read", "progress.documents"),
        ("files that are being read", "reading has begun", "progress.documents.reading"),
        ("files of which none can be read", "all of them are rejected", "documents.rejected"),
        ("files of which some can be read", "the others are rejected", "documents.partly-rejected"),
    )
    return [
        Scenario(field="files", value=value, does=does, meaning=meaning, where=where) for value, does, meaning in rows
    ]


def _quirks() -> list[Scenario]:
    where = "every institution; where user names have a form, as the password"
    return [
        Scenario(field="username", value=f"act+{meaning}", does=does, meaning=meaning, where=where)
        for meaning, does in cast().quirks.items()
    ]


def _open_finance() -> list[Scenario]:
    where = "Open Finance institutions"
    rows = [
        Scenario(field="cpf", value=document, does=known.does, where=where) for document, known in cast().people.items()
    ]
    page = "consent (on the bank's page)"
    return [
        *rows,
        Scenario(field="cpf", value="wrong check digits", does="the login is refused", meaning=TAX_ID, where=where),
        Scenario(
            field=page, value="approved:{user}", does="the login goes as that user's; any name is let in", where=where
        ),
        Scenario(field=page, value="rejected", does="the consent is rejected", meaning=REJECTED, where=where),
    ]


def _acts() -> list[Scenario]:
    return [
        Scenario(
            field="username",
            value="act+{meaning}",
            does="the login ends in that meaning of the catalogue, whatever the password; data faults are in the data",
        ),
        Scenario(
            field="username",
            value="act+{meaning}@{product}",
            does="that product alone fails, or carries a finding where the meaning leaves data; commas join several",
        ),
        Scenario(
            field="username",
            value="user-act+{meaning}",
            does="the same, where a user name has to begin with user-",
        ),
    ]
