"""One server for all attacks on Klavi's words."""

from __future__ import annotations

from tests.rows.klavi.conftest import alone, klavi, klavi_server, receiver

__all__ = ["alone", "klavi", "klavi_server", "receiver"]
