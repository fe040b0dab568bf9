"""What only sending needs is not loaded before there is something to send."""

from __future__ import annotations

import subprocess
import sys

from tests.server import SOURCE

LOOK = """
import sys
import afluente.app
print(sorted({"httpx", "httpcore", "standardwebhooks", "ssl", "email.utils"} & set(sys.modules)))
"""


def test_the_wiring_loads_no_http_client() -> None:
    """httpx and the signer come with the first message: the start and an idle server do without."""
    done = subprocess.run(
        [sys.executable, "-c", LOOK], env={"PYTHONPATH": str(SOURCE)}, capture_output=True, text=True, check=True
    )
    loaded = done.stdout.strip()
    assert "httpx" not in loaded and "httpcore" not in loaded and "standardwebhooks" not in loaded, loaded
