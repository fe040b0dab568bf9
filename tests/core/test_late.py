"""Values that are made when they are first wanted."""

from __future__ import annotations

import pytest

from afluente.core.late import Late


def test_a_value_is_made_once_and_only_when_it_is_asked_for() -> None:
    """Names can be listed and looked for without making anything; the second question finds what the first made."""
    made: list[str] = []

    def make() -> str:
        made.append("one")
        return "value"

    late = Late({"one": make})
    assert list(late) == ["one"] and "one" in late and len(late) == 1 and not made
    assert late.get("two") is None and late.get("two", "none") == "none" and not made
    assert late["one"] == late.get("one") == "value"
    assert made == ["one"]


def test_what_could_not_be_made_is_made_anew_at_the_next_question() -> None:
    """An error reaches whoever asked, each time, and is not taken for a name that nobody has."""
    tried: list[int] = []

    def make() -> str:
        tried.append(1)
        if len(tried) == 1:
            raise KeyError("inside")
        return "value"

    late = Late({"one": make})
    with pytest.raises(KeyError, match="inside"):
        late.get("one")
    assert late.get("one") == "value"


def test_a_name_is_given_once() -> None:
    """A second maker of one name is refused, and a name that nobody has is no value."""
    late: Late[int] = Late()
    late.add("one", lambda: 1)
    with pytest.raises(ValueError, match="one"):
        late.add("one", lambda: 2)
    with pytest.raises(KeyError):
        late["two"]
    assert late["one"] == 1
