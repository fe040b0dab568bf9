"""Secrets that were right, remembered by a digest: the slow hash is reckoned once for each, and not at every call.

The digest is of the hashes too that are stored, so a secret which was replaced is not remembered any more, in whatever
process that was done.
"""

from __future__ import annotations

import asyncio
from hashlib import sha256

from afluente.engine.access.applications import Application, Keys, has_secret

_MOST = 10_000
"""Digests that are kept; then the memory begins anew."""


class Recognised:
    """What one process remembers."""

    def __init__(self) -> None:
        self._digests: set[bytes] = set()

    async def opens(self, application: Application | Keys | None, secret: str) -> bool:
        """Tell whether a secret is the application's as it is stored now. Takes as long for one that is not there."""
        if application is None:
            return await asyncio.to_thread(has_secret, None, secret)
        told = f"{application.id}\0{application.secret_hash}\0{application.former_hash or ''}\0{secret}"
        digest = sha256(told.encode("utf-8", "surrogatepass")).digest()
        if digest in self._digests:
            return True
        if not await asyncio.to_thread(has_secret, application, secret):
            return False
        if len(self._digests) >= _MOST:
            self._digests.clear()
        self._digests.add(digest)
        return True
