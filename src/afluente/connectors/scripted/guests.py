"""What the bank remembers of its guests between logins: wrong passwords, open sessions, activated accounts.

Everything here may happen twice for one login (a conversation that ended at a question begins again), and comes to the
same then.
"""

from __future__ import annotations

from afluente.connectors.scripted import questions
from afluente.connectors.scripted.acts import User
from afluente.core.clock import DAY, MINUTE, SECOND, Instant
from afluente.core.outcome import Refused
from afluente.core.ports import Bank

WRONG_PASSWORD = "pass_invalid"
"""A password that begins so is wrong for everybody."""

MOST_WRONG = 3
LOCKED_FOR: Instant = DAY
SESSION_LASTS: Instant = 2 * MINUTE

CREDENTIALS = "login.credentials"
LOCKED = "login.locked"
OTHER_SESSION = "login.other-session.concurrent"
REJECTED = "institution.connection.rejected"
NOT_ACTIVATED = "login.needs-action.activation.failed"


async def admit(bank: Bank, name: str, row: User | None, password: str) -> None:
    """Let a guest in. Raises `Refused` where the account is locked, the password wrong, or the bank in a mood."""
    wrong = await _wrong_logins(bank, name)
    if len(wrong) >= MOST_WRONG:
        raise Refused(LOCKED)
    if password.startswith(WRONG_PASSWORD) and (row is None or row.fails is None):
        await bank.remember(_wrong_key(name), " ".join(map(str, (*wrong, bank.now))))
        raise Refused(CREDENTIALS)
    if row is not None:
        await _in_a_mood(bank, name, row)
    if wrong:
        await bank.remember(_wrong_key(name), None)


def _wrong_key(name: str) -> str:
    return f"wrong-logins/{name}"


async def _wrong_logins(bank: Bank, name: str) -> tuple[Instant, ...]:
    """Return when the password was wrong, the last time within a day; three of them are a lock."""
    times = tuple(map(int, (await bank.recall(_wrong_key(name)) or "").split()))
    if len(times) >= MOST_WRONG:
        return times if bank.now < times[-1] + LOCKED_FOR else ()
    return tuple(time for time in times if bank.now < time + LOCKED_FOR)


async def _in_a_mood(bank: Bank, name: str, row: User) -> None:
    if row.per_second is not None:
        await _count_in_second(bank, name, row.per_second)
    if row.alternates:
        key = f"turned-away/{name}"
        if await bank.remember(key, "yes") is None:
            raise Refused(REJECTED)
        await bank.remember(key, None)
    if row.one_session:
        await open_session(bank, name)


async def _count_in_second(bank: Bank, name: str, most: int) -> None:
    key, second = f"logins-in-a-second/{name}", bank.now // SECOND
    known, _, count = (await bank.recall(key) or "").partition(" ")
    number = int(count) + 1 if known == str(second) else 1
    await bank.remember(key, f"{second} {number}")
    if number > most:
        await bank.remember(_wrong_key(name), " ".join([str(bank.now)] * MOST_WRONG))
        raise Refused(LOCKED)


async def open_session(bank: Bank, name: str) -> None:
    """Open a session of two minutes. Raises `Refused` while another connection's lasts."""
    key = f"session/{name}"
    before = await bank.remember(key, f"{bank.connection_id} {bank.now + SESSION_LASTS}")
    whose, _, until = (before or "").partition(" ")
    if before is not None and whose != bank.connection_id and bank.now < int(until):
        await bank.remember(key, before)
        raise Refused(OTHER_SESSION)


async def activate(bank: Bank, name: str, country: str) -> None:
    """Ask for CVV and PIN until they were right once. Raises `Refused` where they are not."""
    key = f"activated/{name}"
    if await bank.recall(key) is not None:
        return
    given = [await bank.ask(questions.question(which, country)) for which in ("cvv", "pin")]
    if given != [questions.CVV, questions.PIN]:
        raise Refused(NOT_ACTIVATED)
    await bank.remember(key, str(bank.now))


async def first_time(bank: Bank, what: str) -> bool:
    """Whether this is the first of two tries: the second goes on from where the first one stopped."""
    key = f"progress/{what}"
    if await bank.remember(key, str(bank.now)) is None:
        return True
    await bank.remember(key, None)
    return False
