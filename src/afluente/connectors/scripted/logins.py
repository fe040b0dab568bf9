"""What happens at the door: the steps a script of `logins.toml` is made of.

Whatever goes wrong leaves as `Refused`; what is left at the end is the session. No step changes anything outside
the visit but what the bank remembers (`guests.py`), so a conversation that ended at a question can be begun again from
the start.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Awaitable, Callable, Mapping

from afluente.connectors.scripted import asking, guests, questions, taxpayers
from afluente.connectors.scripted.acts import PASSWORD, User, cardholder, guest, is_token, user
from afluente.connectors.scripted.register import Script, scripts
from afluente.core.clock import SECOND
from afluente.core.institutions import Institution, Kind
from afluente.core.outcome import Refused
from afluente.core.ports import Bank

CREDENTIALS = "login.credentials"
UNKNOWN_USER = "login.credentials.username"
TAX_ID = "login.credentials.tax-id"
WRONG_ANSWER = "mfa.wrong"
REJECTED = "consent.rejected"
SECOND_ACCESS = "999"
ENDLESS = "0"
"""How many months a consent lasts that has no end; the others last a year."""


class Visit:
    """One login under way: who asks, with what, and the session that grows."""

    def __init__(
        self, bank: Bank, institution: Institution, credentials: Mapping[str, str], left: Mapping[str, str]
    ) -> None:
        self.bank = bank
        self.institution = institution
        self.credentials = credentials
        self.left = left
        self.script: Script = scripts()[institution.script]
        self.user = User()
        self.session: dict[str, str] = {}

    async def run(self) -> dict[str, str]:
        """Go through the steps and return the session."""
        for step in self.script.steps:
            await STEPS[step](self)
        return self.session

    def enter(self, name: str, known: User) -> None:
        """Take the user for who it is. Raises `Refused` where that user's login fails."""
        self.user = known
        self.session["user"] = name
        self.session["person"] = known.person
        if known.fails is not None:
            raise Refused(known.fails, known.said, known.data)


async def _fields(visit: Visit) -> None:
    name = visit.credentials.get("username", "").strip()
    known = user(name, visit.left)
    if known is None or not (known.any_password or visit.credentials.get("password") == PASSWORD):
        raise Refused(CREDENTIALS)
    visit.enter(name, known)


async def _token_field(visit: Visit) -> None:
    if not is_token(visit.credentials.get("token", "")):
        raise Refused(WRONG_ANSWER)


async def _certificate(visit: Visit) -> None:
    """The sandbox knows no authority, so any certificate that can be read is a good one."""
    try:
        b64decode(visit.credentials.get("certificate", ""), validate=True)
    except (binascii.Error, ValueError):
        raise Refused(CREDENTIALS) from None


async def _questions(visit: Visit) -> None:
    """Ask what the script always asks; a user's own questions stand in for those it would ask `otherwise`."""
    otherwise = visit.script.otherwise
    own = visit.user.asks or otherwise if otherwise or visit.script.guests else ()
    for name in (*visit.script.asks, *own):
        challenge = questions.question(name, visit.institution.country)
        answer = await visit.bank.ask(challenge)
        if not questions.is_right(challenge, answer, visit.script.token):
            raise Refused(WRONG_ANSWER)
        if name in ("company", "cooperative"):
            visit.session[name] = answer


async def _consent(visit: Visit) -> None:
    document = taxpayers.read_cpf(visit.credentials.get("cpf", ""))
    if document is None:
        raise Refused(TAX_ID)
    if visit.institution.kind is Kind.BUSINESS_BANK:
        company = taxpayers.read_cnpj(visit.credentials.get("cnpj", ""))
        if company is None:
            raise Refused(TAX_ID)
        visit.session["company_document"] = company
    answer = await visit.bank.ask(questions.consent())
    verdict, _, name = answer.partition(":")
    if verdict != "approved":
        raise Refused(REJECTED)
    name = name.strip()
    known = user(name, visit.left)
    if known is None and "act+" in name:
        raise Refused(CREDENTIALS)  # a way to fail that is misspelt must not look like success
    visit.enter(name, known or User())
    visit.session["document"] = document
    visit.session["person"] = visit.session.get("company_document", document)
    visit.session["consented_at"] = str(visit.bank.now)
    if visit.credentials.get("months") == ENDLESS:
        visit.session["consent_months"] = ENDLESS


async def _token_or_question(visit: Visit) -> None:
    """A token that is given with the password is looked at; without one the login asks."""
    given = visit.credentials.get("token", "")
    if not given:
        await _questions(visit)
    elif not is_token(given, visit.script.token):
        raise Refused(WRONG_ANSWER)


async def _guest(visit: Visit) -> None:
    name = visit.credentials.get("username", "").strip()
    password = visit.credentials.get("password", "")
    known = name
    row = guest(name, visit.left)
    if row is not None and not (row.any_password or password == row.password):
        row = None
    if row is None and password.startswith("act+"):
        # these doors let no such user name in, so the password may say what shall happen
        known, row = password, guest(password, visit.left)
        if row is None:
            raise Refused(CREDENTIALS)
    await guests.admit(visit.bank, name, row, password)
    visit.enter(known if row else "", row or User())
    visit.session["person"] = name
    if visit.user.activates:
        await guests.activate(visit.bank, name, visit.institution.country)


async def _cardholder(visit: Visit) -> None:
    name = visit.credentials.get("username", "").strip()
    known = cardholder(name, visit.left)
    if known is None:
        raise Refused(UNKNOWN_USER)
    if not known.any_password and visit.credentials.get("password") != known.password:
        raise Refused(CREDENTIALS)
    visit.session["language"] = asking.language_of(visit.credentials.get("language", ""))
    visit.enter(name, known)
    if known.taxpayer is not None:
        visit.session["taxpayer"] = known.taxpayer
    if known.one_session:
        await guests.open_session(visit.bank, name.casefold())


async def _outbound(visit: Visit) -> None:
    """Who is not named logs in on the bank's own page."""
    if visit.credentials.get("username", "").strip():
        return await _cardholder(visit)
    verdict, _, name = (await visit.bank.ask(questions.outbound())).partition(":")
    if verdict != "approved":
        raise Refused(REJECTED)
    known = cardholder(name.strip(), visit.left)
    if known is None:
        raise Refused(UNKNOWN_USER)
    visit.session["language"] = asking.language_of(visit.credentials.get("language", ""))
    visit.enter(name.strip(), known)


async def _cardholder_questions(visit: Visit) -> None:
    await asking.ask(visit.bank, visit.institution, visit.session, visit.user, visit.user.asks)


async def _extra_consent(visit: Visit) -> None:
    """A consent beside the login, asked of those who are asked anything; the login goes on without it."""
    if visit.user.asks and not await asking.agrees(visit.bank, visit.session):
        visit.session["quirks"] = asking.DECLINED


async def _advanced(visit: Visit) -> None:
    """The second access, or a second user or password that is said to be wrong, opens nothing."""
    second = (visit.credentials.get("username2"), visit.credentials.get("password2"))
    if visit.credentials.get("username_type") == SECOND_ACCESS or "invalid" in second:
        raise Refused(CREDENTIALS)


async def _delay(visit: Visit) -> None:
    await visit.bank.pause(int(visit.credentials.get("username2") or 0) * SECOND)


async def _taxpayer(visit: Visit) -> None:
    """The user name is the number under which taxes are paid, where it looks like one."""
    number = taxpayers.read_number(visit.institution.country, visit.session["person"])
    if number is not None:
        visit.session["document"] = number
    if visit.user.taxpayer == "company" or taxpayers.is_company(visit.institution.country, number):
        visit.session["taxpayer"] = "company"


STEPS: dict[str, Callable[[Visit], Awaitable[None]]] = {
    "fields": _fields,
    "token-field": _token_field,
    "certificate": _certificate,
    "questions": _questions,
    "consent": _consent,
    "guest": _guest,
    "token-or-question": _token_or_question,
    "advanced": _advanced,
    "delay": _delay,
    "cardholder": _cardholder,
    "outbound": _outbound,
    "cardholder-questions": _cardholder_questions,
    "extra-consent": _extra_consent,
    "taxpayer": _taxpayer,
}
"""Each step by the name that `logins.toml` calls it."""
