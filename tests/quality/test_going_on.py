"""A pass that goes on where another stood finds what one pass over everything finds."""

from __future__ import annotations

from random import Random

import msgspec

from afluente.core.clock import DAY, MINUTE
from afluente.quality import Movement, Stand, Walk, Walked

_DAYS = 90


def _account(random: Random) -> list[Movement]:
    """Return movements of an account with every fault now and then: gaps, repeats, swaps, what is pending."""
    made: list[Movement] = []
    at, balance = 1_700_000_000_000, 0
    for number in range(random.randrange(5, 80)):
        calm = random.choice((0, MINUTE, 3_000, DAY, DAY, 40 * DAY if random.random() < 0.1 else DAY))
        at += calm
        units = random.choice((-1250, -990, 500, 12_345))
        pending = random.random() < 0.05
        balance += 0 if pending else units
        told = None if pending or random.random() < 0.2 else balance + (7 if random.random() < 0.05 else 0)
        words = random.choice(("Padaria", "Mercado", "Posto", "-"))
        made.append(Movement(f"m{number}", at, number, units, units, 2, told, words, pending))
        if random.random() < 0.05 and not pending:
            made.append(made[-1]._replace(id=f"m{number}b"))
    return made


def _whole(movements: list[Movement]) -> Walked:
    walk = Walk()
    walk.feed(movements)
    return walk.walked()


def test_a_pass_that_goes_on_finds_what_a_whole_one_does() -> None:
    """Wherever the other stood, and through the text that is stored of it."""
    went_on, refused, found = 0, 0, [0] * 6
    for seed in range(400):
        random = Random(seed)
        movements = _account(random)
        until = random.choice(movements).at + random.choice((0, 1, DAY))
        walk = Walk()
        walk.feed(one for one in movements if one.at < until)
        stand = walk.stand(until)
        if stand is None:
            refused += 1
            continue
        stored = msgspec.json.decode(msgspec.json.encode(stand), type=Stand)
        later = Walk.going_on(stored)
        later.feed(one for one in movements if one.at >= until)
        whole = _whole(movements)
        assert later.walked() == whole, seed
        # and whoever was asked where it stands goes on as if it had not been
        walk.feed(one for one in movements if one.at >= until)
        assert walk.walked() == whole, seed
        went_on += 1
        for place, each in enumerate(
            (whole.incomplete, whole.duplicates, whole.settled, whole.breaks, whole.disordered)
        ):
            found[place] += bool(each)
        found[5] += whole.gap is not None
    assert went_on > 200
    assert refused > 5
    assert min(found) > 2


def test_where_something_scheduled_may_still_be_posted_no_pass_stands() -> None:
    """Another one would not know of it; ten days later it does not matter any more."""
    walk = Walk()
    at = 1_700_000_000_000
    walk.feed([Movement("a", at, 0, -100, -100, 2, None, "Padaria", True)])
    assert walk.stand(at + DAY) is None
    assert walk.stand(at + 11 * DAY) is not None


def test_amounts_of_other_scales_and_findings_without_end_are_gone_over_again() -> None:
    """What would be larger than the movements themselves is not kept."""
    at = 1_700_000_000_000
    fine = Walk()
    fine.feed([Movement("a", at, 0, -1000, -1000, 3, None, "Padaria", False)])
    assert fine.stand(at + 1) is None
    blank = Walk()
    blank.feed(Movement(f"m{n}", at + n, 0, -100, -100, 2, None, "", False) for n in range(300))
    assert blank.stand(at + 300) is None
