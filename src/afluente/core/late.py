"""What is made when it is first wanted, and not before."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Generic, TypeVar, overload

_T = TypeVar("_T")
_D = TypeVar("_D")


class Late(Mapping[str, _T], Generic[_T]):
    """Values by name. All names are known from the beginning; a value is made when it is first asked for, once."""

    def __init__(self, makers: Mapping[str, Callable[[], _T]] | None = None) -> None:
        self._makers: dict[str, Callable[[], _T]] = dict(makers or {})
        self._made: dict[str, _T] = {}

    def add(self, name: str, make: Callable[[], _T]) -> None:
        """Name one more value. Raises ValueError for a name that is taken."""
        if name in self._makers:
            raise ValueError(f"there is a {name} already")
        self._makers[name] = make

    def __getitem__(self, name: str) -> _T:
        try:
            return self._made[name]
        except KeyError:
            made = self._made[name] = self._makers[name]()
            return made

    @overload
    def get(self, key: str, /) -> _T | None: ...
    @overload
    def get(self, key: str, /, default: _T | _D) -> _T | _D: ...
    def get(self, key: str, /, default: object = None) -> object:
        """Return a value, or the default for a name that nobody has. What making it raises is raised."""
        # asked with each request
        made = self._made.get(key)
        if made is not None:
            return made
        return self[key] if key in self._makers else default

    def __contains__(self, name: object) -> bool:
        return name in self._makers

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)
