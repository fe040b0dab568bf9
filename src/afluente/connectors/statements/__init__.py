"""Reading statement files that banks really hand out: OFX 1 and 2, and CSV.

`read_statement` is pure and holds all the knowledge; `read_bounded` runs it in a process of its own with limits, which
is how a file that came from outside should be read.
"""

from __future__ import annotations

from afluente.connectors.statements.bounded import read_bounded
from afluente.connectors.statements.reading import read_statement
from afluente.connectors.statements.records import MAX_BYTES, Fault, StatementFile, Unreadable

__all__ = ["MAX_BYTES", "Fault", "StatementFile", "Unreadable", "read_bounded", "read_statement"]
