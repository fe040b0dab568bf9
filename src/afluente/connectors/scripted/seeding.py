"""Chance that is the same everywhere: every draw is seeded by what it is about, never by the process or the hour."""

from __future__ import annotations

from hashlib import blake2b
from random import Random

from afluente.connectors.scripted.days import clock_time
from afluente.core.clock import Instant


class Draws(Random):
    """A source of draws, of which a month of anybody's takes hundreds."""

    def randrange(self, start: int, stop: int | None = None, step: int = 1) -> int:
        """Return a number as the standard library draws it; where steps are one, without its look at the arguments."""
        if step != 1:
            return super().randrange(start, stop, step)
        low, width = (0, start) if stop is None else (start, stop - start)
        if width <= 0:
            raise ValueError(f"nothing lies between {start} and {stop}")
        bits = width.bit_length()
        drawn = self.getrandbits(bits)
        while drawn >= width:
            drawn = self.getrandbits(bits)
        return low + drawn

    def time_of_day(self, first: int, last: int) -> Instant:
        """Return a time of day from the hour `first` on and before `last`."""
        return clock_time(self.randrange(first, last), self.randrange(60), self.randrange(60))


def seed(*parts: object) -> int:
    """Return 64 bits that depend on the parts alone, equal in every process and on every machine."""
    text = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")


def chance(*parts: object) -> Draws:
    """Return a source of draws for what the parts name."""
    return Draws(seed(*parts))


def digits(count: int, *parts: object) -> str:
    """Return `count` decimal digits for what the parts name."""
    return str(seed("digits", *parts) % 10**count).zfill(count)
