"""What was computed from records rather than read from an institution, and what a client wants to see no more."""

from __future__ import annotations

import msgspec

from .clock import Instant


class Analysis(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The result of an analysis, as it came out at `computed_at`.

    `kind` names the analysis; `key` tells those of one connection apart, by kind and by what was asked. `result` is
    the analysis' own record as JSON, `options` what it was asked with. `described` has the text of each movement that
    the result names, by the institution's key: the movement itself may be gone when the result is read.
    """

    key: str
    kind: str
    computed_at: Instant
    result: str
    options: dict[str, str] = {}
    described: dict[str, str] = {}


class Withheld(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Ids of objects made from records that a client has deleted: not shown until it asks for them anew.

    `key` names the list they are of. What is a record of its own is not withheld but erased.
    """

    key: str
    ids: tuple[str, ...]
