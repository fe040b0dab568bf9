"""Every setting once: its name, its type, its default and a sentence. Read by `app.py` and `cli.py` alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

PREFIX = "AFLUENTE_"


def _setting(default: object, sentence: str) -> object:
    return field(default=default, metadata={"sentence": sentence})


@dataclass(frozen=True)
class Settings:
    """What the server was started with."""

    host: str = _setting("127.0.0.1", "the address to listen on")  # type: ignore[assignment]
    port: int = _setting(8000, "the port; PORT without the prefix is read too")  # type: ignore[assignment]
    database: str = _setting("sqlite:///data/afluente.db", "sqlite:///file or postgresql://…")  # type: ignore[assignment]
    key: str = _setting(  # type: ignore[assignment]
        "", "master keys, 32 bytes in base64 each, newest first, separated by commas"
    )
    key_file: str = _setting(  # type: ignore[assignment]
        "data/afluente.key", "where the master key is kept when AFLUENTE_KEY is not set; made at the first start"
    )
    listen: str = _setting(  # type: ignore[assignment]
        "", "dialects with a port of their own, as pluggy=127.0.0.1:8001, separated by commas"
    )
    pace: int = _setting(  # type: ignore[assignment]
        300, "milliseconds that a scripted institution takes for one operation"
    )
    private_webhooks: bool = _setting(  # type: ignore[assignment]
        False, "accept webhook addresses that are not the public internet, and plain http"
    )
    url: str = _setting(  # type: ignore[assignment]
        "", "where clients reach the server, for links in webhooks; the address that it listens on if not set"
    )
    upload_bytes: int = _setting(16 * 1024 * 1024, "the longest statement file that is taken")  # type: ignore[assignment]
    log: str = _setting("console", "console or json")  # type: ignore[assignment]
    runner: str = _setting(  # type: ignore[assignment]
        "here", "who runs syncs: here (the server itself), or workers (`afluente worker`, on PostgreSQL)"
    )
    bounds: str = _setting(  # type: ignore[assignment]
        "", "how many sessions institutions bear at the same time, as sandbox-bank=4, separated by commas"
    )
    worker_jobs: int = _setting(16, "syncs that one worker runs at the same time")  # type: ignore[assignment]
    worker_heartbeat: int = _setting(5, "seconds between a worker's signs of life")  # type: ignore[assignment]
    worker_lost: int = _setting(  # type: ignore[assignment]
        20, "seconds without a sign of life after which a worker's syncs are given to others; over twice the heartbeat"
    )
    worker_grace: int = _setting(  # type: ignore[assignment]
        10, "seconds that a worker which is told to stop lets its syncs run on"
    )

    @classmethod
    def read(cls, environment: Mapping[str, str], **given: str | int | None) -> Settings:
        """Return the settings of the environment, with those given by hand over them. Raises ValueError."""
        values: dict[str, object] = {}
        for entry in fields(cls):
            text = environment.get(PREFIX + entry.name.upper())
            if text is None and entry.name == "port":
                text = environment.get("PORT")
            if text is not None:
                values[entry.name] = _converted(entry.name, text, entry.default)
        values.update({name: value for name, value in given.items() if value is not None})
        read = cls(**values)  # type: ignore[arg-type]
        read._refuse_contradictions()
        return read

    def _refuse_contradictions(self) -> None:
        if self.runner not in ("here", "workers"):
            raise ValueError(f"{PREFIX}RUNNER must be here or workers")
        if self.many and not self.database.startswith(("postgresql://", "postgres://")):
            raise ValueError("workers need PostgreSQL: the database must begin with postgresql://")
        if not 0 < 2 * self.worker_heartbeat < self.worker_lost:
            raise ValueError(f"{PREFIX}WORKER_LOST must be over twice {PREFIX}WORKER_HEARTBEAT")
        if self.worker_jobs < 1 or self.worker_grace < 0:
            raise ValueError(f"{PREFIX}WORKER_JOBS must be 1 or more, {PREFIX}WORKER_GRACE 0 or more")
        _ = self.bounded

    @property
    def many(self) -> bool:
        """Whether syncs are run by workers."""
        return self.runner == "workers"

    @property
    def bounded(self) -> dict[str, int]:
        """How many sessions each institution bears that has a bound here. Raises ValueError."""
        bounds = {}
        for part in filter(None, (part.strip() for part in self.bounds.split(","))):
            slug, _, number = part.partition("=")
            if not slug or not number.isdecimal() or int(number) < 1:
                raise ValueError(f"{PREFIX}BOUNDS: {part} is not institution=number")
            bounds[slug] = int(number)
        return bounds

    def shown(self, name: str) -> object:
        """Return a setting's value as it may be printed: without keys and passwords."""
        value = getattr(self, name)
        if name == "key":
            return "(set)" if value else ""
        if name == "database":
            return _without_password(str(value))
        return value

    @property
    def public_url(self) -> str:
        """Where clients reach the server, without a slash at the end."""
        return self.url.rstrip("/") or f"http://{self.host}:{self.port}"

    @property
    def key_path(self) -> Path:
        """The key file's path."""
        return Path(self.key_file)


def _without_password(url: str) -> str:
    who, at, place = url.rpartition("@")
    scheme, slashes, who = who.partition("://")
    user, colon, _ = who.partition(":")
    shown = f"{scheme}{slashes}{user}{colon and ':…'}@{place}" if at else url
    return re.sub(r"([?&]password=)[^&]*", r"\1…", shown)


def _converted(name: str, text: str, default: object) -> object:
    if isinstance(default, bool):
        if text.lower() not in ("1", "0", "true", "false", "yes", "no", ""):
            raise ValueError(f"{PREFIX}{name.upper()} must be true or false")
        return text.lower() in ("1", "true", "yes")
    if isinstance(default, int):
        try:
            return int(text)
        except ValueError:
            raise ValueError(f"{PREFIX}{name.upper()} must be a whole number") from None
    return text
