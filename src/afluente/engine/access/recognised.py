"""Secrets that were right, remembered by a digest: the slow hash is reckoned once for each, and not at every call.

The digest is of the hashes too that are stored, so a secret which was replaced is not remembered any more, in whatever
process that was done.
"""

from __future__ import annotations

import asyncio
from hashlib import sha256

from afluente.engine.access.applications import Application, Keys, has_secret, is_newest

_MOST = 10_000
"""Digests that are kept; then the memory begins anew."""


class Recognised:
    """What one process remembers."""

    def __init__(self) -> None:
        self._newest: dict[bytes, bool] = {}
        """Whether a secret that opens is the application's newest: a former one may open as well."""

    async def opens(self, application: Application | Keys | None, secret: str) -> bool:
        """Tell whether a secret is the application's as it is stored now. Takes as long for one that is not there."""
        if application is None:
            return await asyncio.to_thread(has_secret, None, secret)
        digest = _digest(application, secret)
        if digest in self._newest:
            return True
        if not await asyncio.to_thread(has_secret, application, secret):
            return False
        newest = application.former_hash is None or await asyncio.to_thread(is_newest, application, secret)
        if len(self._newest) >= _MOST:
            self._newest.clear()
        self._newest[digest] = newest
        return True

    def is_newest(self, application: Application | Keys, secret: str) -> bool:
        """Tell whether a secret that opened is the application's newest."""
        return self._newest.get(_digest(application, secret), False)


def _digest(application: Application | Keys, secret: str) -> bytes:
    told = f"{application.id}\0{application.secret_hash}\0{application.former_hash or ''}\0{secret}"
    return sha256(told.encode("utf-8", "surrogatepass")).digest()
