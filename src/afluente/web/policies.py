"""The numbers that a system promises: a dialect's `policy.toml`, read into its own record."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TypeVar

import msgspec

_T = TypeVar("_T", bound=msgspec.Struct)


def policy(module: str, type_: type[_T]) -> _T:
    """Return the `policy.toml` beside a module (its `__file__`). Raises `msgspec.ValidationError` for what is not in
    the record's form."""
    return msgspec.convert(tomllib.loads(Path(module).with_name("policy.toml").read_text("utf-8")), type_)
