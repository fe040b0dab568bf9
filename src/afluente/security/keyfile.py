"""Where the master keys come from: the settings, or a file that is made at the first start."""

from __future__ import annotations

import base64
import os
import tempfile
from pathlib import Path


def ring_from(text: str) -> list[bytes]:
    """Return the keys of a comma-separated list of base64, newest first. Raises ValueError."""
    try:
        keys = [base64.b64decode(part.strip(), validate=True) for part in text.split(",") if part.strip()]
    except ValueError:
        raise ValueError("the master key is not base64") from None
    if not keys or any(len(key) != 32 for key in keys):
        raise ValueError("a master key must be 32 bytes in base64")
    return keys


def ring_of_file(path: Path) -> list[bytes]:
    """Return the keys of the file, made with one new key, readable by its owner alone, if it is not there."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        _make(path)
    return ring_from(path.read_text(encoding="ascii"))


def _make(path: Path) -> None:
    """Make the file with its whole content at once: whoever dies here leaves none, and of two at once one counts."""
    handle, made = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # readable by its owner alone
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(base64.b64encode(os.urandom(32)).decode() + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(made, path)
    except FileExistsError:
        return
    except OSError:
        os.rename(made, path)  # a file system without links
    finally:
        Path(made).unlink(missing_ok=True)
