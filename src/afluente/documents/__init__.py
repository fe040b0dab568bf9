"""Making documents: an account's monthly statement as a PDF.

`statement_pdf` is pure: the same account, movements and month give the same bytes, whenever and wherever it is made.
The library that draws is loaded when the first document is, not when the server starts. Drawing a page takes some
milliseconds, so whoever serves requests calls it off the loop.
"""

from __future__ import annotations

from afluente.documents.sheet import BRASILIA, language_of
from afluente.documents.statement import begins_and_ends, statement_id, statement_pdf

__all__ = ["BRASILIA", "begins_and_ends", "language_of", "statement_id", "statement_pdf"]
