"""What the invented bank can be told to do, as a list for people to read."""

from __future__ import annotations

import msgspec

from afluente.connectors.scripted.acts import PASSWORD, TOKEN, cast
from afluente.connectors.scripted.guests import LOCKED, MOST_WRONG, NOT_ACTIVATED, WRONG_PASSWORD
from afluente.connectors.scripted.logins import CREDENTIALS, REJECTED, TAX_ID, WRONG_ANSWER
from afluente.connectors.scripted.questions import CVV, GUEST_TOKEN, PIN


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


def scenarios() -> tuple[Scenario, ...]:
    """Return every documented way, the users first."""
    return (*_users(), *_answers(), *_guests(), *_open_finance(), *_acts())


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
            does="the login ends in that meaning of the catalogue, whatever the password",
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
