"""Chance that comes of what it is about, and of nothing else: the same words fall the same way in any order."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from struct import Struct
from typing import TypeVar

_T = TypeVar("_T")

_numbers = Struct("<8Q").unpack


def numbers(name: str) -> tuple[int, ...]:
    """Return the eight numbers of 64 bits that a name comes to.

    They are made by hashing it: a `Random` is as good, but to seed one costs more than ten of what is asked here.
    """
    return _numbers(blake2b(name.encode()).digest())


class Chance:
    """Numbers for one occasion, which has a name of its own."""

    __slots__ = ("_blocks", "_left", "_name")

    def __init__(self, name: str) -> None:
        self._name = name
        self._blocks = 0
        self._left: list[int] = []

    def _number(self) -> int:
        """Return the next number of 64 bits."""
        if not self._left:
            self._left += numbers(f"{self._name}#{self._blocks}")
            self._blocks += 1
        return self._left.pop()

    def random(self) -> float:
        """Return a number from 0 up to 1, without 1."""
        return (self._number() >> 11) * 2.0**-53

    def randrange(self, start: int, stop: int | None = None) -> int:
        """Return a whole number from `start` up to `stop`, or from 0 up to `start`, without the last."""
        first, size = (0, start) if stop is None else (start, stop - start)
        return first + self._number() % size

    def choice(self, of: Sequence[_T]) -> _T:
        """Return one of them, each as likely as any other."""
        return of[self._number() % len(of)]
