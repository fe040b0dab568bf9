"""Checks of what is stored of a connection: each finding names the accounts and movements, and what was expected.

Pure functions over core records, run on every sync in plain Python; `bulk` does the same for millions of movements at
once and is loaded by nobody but the command that needs it.
"""

from __future__ import annotations

from afluente.quality.rules import RULES, check
from afluente.quality.snapshot import Facts, Request, Snapshot, movement, place, snapshot_of
from afluente.quality.walk import Movement, Stand, Walk, Walked

__all__ = [
    "RULES",
    "Facts",
    "Movement",
    "Request",
    "Snapshot",
    "Stand",
    "Walk",
    "Walked",
    "check",
    "movement",
    "place",
    "snapshot_of",
]
