"""Logins that rest: the same code until the time has come, and nothing of it reaches the bank."""

from __future__ import annotations

import pytest

from tests.klavi import BANK, Klavi, Receiver, of_task, someone

HOLDS = [
    ("406", "login.credentials.frozen", "PT23H59M", "PT1M"),
    ("414", "institution.connection.security", "PT23H59M", "PT1M"),
    ("415", "login.needs-action.registration-pending", "PT29M", "PT1M"),
]


def ended(klavi: Klavi, receiver: Receiver, trace_id: str) -> int:
    """Return the code that a task's report arrived with."""
    return int(receiver.wait(of_task(trace_id))[0].body["code"])


@pytest.mark.parametrize(
    ("code", "meaning", "almost", "rest"),
    [pytest.param(*row, marks=pytest.mark.row(f"klavi.open-data.{row[0]}")) for row in HOLDS],
)
def test_a_frozen_login_is_tried_when_its_time_is_over(
    alone: Klavi, receiver: Receiver, code: str, meaning: str, almost: str, rest: str
) -> None:
    """The bank refuses once only; until the wait is over its refusal is repeated without it, then it lets the user in.

    A fault that would strike at the next visit is still armed at the end of the wait: nobody went there.
    """
    alone.sandbox.advance("PT0S")
    alone.listen(receiver, "reports")
    person, other = someone(), someone()
    alone.sandbox.arm(meaning, operation="login")
    assert ended(alone, receiver, alone.begin(person=person)) == int(code)
    alone.sandbox.arm("unexpected", operation="login", institution="itau-pf")
    alone.sandbox.advance(almost)
    alone.sandbox.key = alone.sandbox.authenticate(*alone.sandbox.keys)
    # another password, and even another person's task, is still the same login at the same bank
    assert ended(alone, receiver, alone.begin(person=person, password="another")) == int(code)
    assert ended(alone, receiver, alone.begin(person=other)) == int(code)
    alone.sandbox.advance(rest)
    assert ended(alone, receiver, alone.begin(person=person)) == 404
    assert ended(alone, receiver, alone.begin(person=person)) == 200


@pytest.mark.row("klavi.open-data.406")
def test_three_wrong_passwords_freeze_the_login_for_a_day(alone: Klavi, receiver: Receiver) -> None:
    """The bank would lock the account at one more; a day after the last of them the right one is let in."""
    alone.sandbox.advance("PT0S")
    alone.listen(receiver, "reports")
    person = someone()
    for number in range(3):
        trace_id = alone.begin(person=person, password=f"wrong-{number}")
        assert ended(alone, receiver, trace_id) == 402
        alone.sandbox.advance("PT10M")
    assert alone.refused(person=person) == 406
    alone.sandbox.advance("PT23H40M")
    assert alone.refused(person=person) == 406
    alone.sandbox.advance("PT10M")
    assert ended(alone, receiver, alone.begin(person=person)) == 200


@pytest.mark.row("klavi.open-data.414")
def test_other_users_of_the_bank_are_not_frozen(alone: Klavi, receiver: Receiver) -> None:
    """It is one login that rests, not the bank."""
    alone.listen(receiver, "reports")
    assert ended(alone, receiver, alone.begin("act+institution.connection.security")) == 414
    assert ended(alone, receiver, alone.begin("person+somebody-else", BANK)) == 200
