"""API secrets: kept as argon2id hashes only."""

from __future__ import annotations

import os
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# The secrets are 122 random bits, so the cost need not be a password's; and what one hash takes, here a megabyte,
# the server's memory keeps for the next one.
_hasher = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)


def hash_secret(secret: str) -> str:
    """Return the hash that is stored."""
    return _hasher.hash(secret)


@cache
def nobodys_hash() -> str:
    """Return a hash that takes as long to compare with as any, and that nobody knows the secret of."""
    return hash_secret(os.urandom(16).hex())


def matches(hashed: str, secret: str) -> bool:
    """Tell whether the secret is the one that was hashed."""
    try:
        return _hasher.verify(hashed, secret)
    except (VerificationError, InvalidHashError):
        return False
