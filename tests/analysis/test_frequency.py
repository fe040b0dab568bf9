"""How often movements come."""

from __future__ import annotations

from datetime import date

from afluente.analysis.frequency import Frequency, frequencies
from tests.analysis.made import EMPLOYER, ON, TENANT, history, moved


def test_movements_of_one_party_are_counted_together_over_all_months() -> None:
    """January stands apart; September to November follow one another."""
    days = [date(2026, 1, 5), date(2026, 9, 5), date(2026, 10, 5), date(2026, 11, 5), date(2026, 11, 6)]
    paid = [moved(day, "100.00", "PIX", other=EMPLOYER) for day in days]
    found = frequencies(history(paid))
    assert {found["checking", one.key] for one in paid} == {Frequency(count=5, months=4, running=3)}


def test_a_months_run_goes_over_the_turn_of_the_year() -> None:
    """January follows December."""
    paid = [moved(day, "100.00", "PIX", other=EMPLOYER) for day in (date(2025, 12, 30), date(2026, 1, 2))]
    found = frequencies(history(paid))
    assert found["checking", paid[0].key] == Frequency(count=2, months=2, running=2)


def test_other_parties_and_the_other_direction_are_counted_apart() -> None:
    """What is paid to somebody is not what they pay."""
    one = moved(ON, "100.00", "PIX", other=EMPLOYER)
    back = moved(ON, "-40.00", "PIX", other=EMPLOYER)
    other = moved(ON, "100.00", "PIX", other=TENANT)
    found = frequencies(history([one, back, other]))
    assert {frequency.count for frequency in found.values()} == {1}
    assert len(found) == 3
