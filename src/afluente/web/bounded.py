"""HTTP's head within bounds: without them one client could fill the memory before anybody asked who it is."""

from __future__ import annotations

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LARGEST_HEAD = 64 * 1024
"""Bytes of request line and headers; what arrives in one read with their end may be over it."""


class Bounded(HttpToolsProtocol):
    """uvicorn's protocol, which answers 400 and hangs up when a head does not end."""

    _in_head = False
    _read = 0

    def on_message_begin(self) -> None:
        """Begin to count."""
        super().on_message_begin()
        self._in_head, self._read = True, 0

    def on_headers_complete(self) -> None:
        """Stop counting: bodies have bounds of their own."""
        self._in_head = False
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        """Take what arrived, unless the head has become too long."""
        super().data_received(data)
        if self._in_head and not self.transport.is_closing():
            self._read += len(data)
            if self._read > LARGEST_HEAD:
                self.send_400_response("The request's head is too long.")
