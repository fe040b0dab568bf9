"""What the tests of Klavi's wire may ask for: the same as the tests of its rows."""

from __future__ import annotations

from tests.rows.klavi.conftest import alone, klavi, klavi_server, receiver

__all__ = ["alone", "klavi", "klavi_server", "receiver"]
