"""Applications: the sandbox's own, and the key that their clients may encrypt credentials with."""

from __future__ import annotations

import asyncio
import base64
import binascii
import uuid

from msgspec.structs import replace

from afluente.core.clock import DAY, HOUR, Instant
from afluente.core.connections import Connection
from afluente.core.outcome import Refused
from afluente.engine.world import World
from afluente.security.secrets import hash_secret, matches, nobodys_hash
from afluente.security.vault import Vault
from afluente.store import applications, memory
from afluente.store.applications import Application, Keys, Policy
from afluente.store.database import Reader, Writer

__all__ = ["Application", "Keys", "Policy"]


OVERLAPS: tuple[Instant, ...] = (0, HOUR, DAY, 7 * DAY)
"""For how long a secret that is replaced may go on opening."""


async def find(world: World, id: str) -> Application | None:
    """Return one application; a former secret that opens no more is left out."""
    found = await applications.get(world.database, id)
    if found is not None and found.former_until is not None and found.former_until <= world.clock.now():
        found = replace(found, former_hash=None, former_until=None)
    return found


async def keys(world: World, id: str) -> Keys | None:
    """Return what opens one application; a former secret that opens no more is left out."""
    found = await applications.keys(world.database, id)
    return None if found is None else _still(world, found)


async def keys_and_connection(world: World, id: str, connection_id: str) -> tuple[Keys | None, Connection | None]:
    """Return the same, and the connection of an id if it is that application's: one look where two cost twice."""
    found, connection = await applications.keys_and_connection(world.database, id, connection_id)
    return None if found is None else _still(world, found), connection


def _still(world: World, found: Keys) -> Keys:
    if found.former_until is not None and found.former_until <= world.clock.now():
        return replace(found, former_hash=None, former_until=None)
    return found


async def origins(world: World) -> tuple[str, ...]:
    """Return every origin that any application has named."""
    found = await applications.every(world.database)
    return tuple(sorted({origin for application in found for origin in application.policy.origins}))


def has_secret(application: Application | Keys | None, secret: str) -> bool:
    """Tell whether the secret is the application's, or was until a short while ago.

    Takes milliseconds on purpose, for an application that is not there too.
    """
    if application is None:
        return matches(nobodys_hash(), secret) and False
    former = application.former_hash
    return matches(application.secret_hash, secret) or (former is not None and matches(former, secret))


def is_newest(application: Application | Keys, secret: str) -> bool:
    """Tell whether the secret is the application's newest. Takes milliseconds on purpose."""
    return matches(application.secret_hash, secret)


async def rotate_secret(world: World, id: str, overlap: Instant) -> str:
    """Give an application a new secret and return it; it cannot be read again. The one before opens for `overlap` more.

    Raises `request.invalid` for an overlap that is none of `OVERLAPS`, and `request.forbidden` for the sandbox
    application, whose keys follow from the master key and are printed at every start.
    """
    if overlap not in OVERLAPS:
        raise Refused("request.invalid", data={"detail": "there is no such overlap"})
    if id == sandbox_keys(world.vault)[0]:
        raise Refused("request.forbidden", data={"detail": "the sandbox application's keys follow from the master key"})
    secret = world.ids.new()
    hashed = await asyncio.to_thread(hash_secret, secret)
    async with world.database.transaction() as writer:
        application = await applications.lock(writer, id)
        if application is None:
            raise Refused("request.not-found")
        former, until = (application.secret_hash, world.clock.now() + overlap) if overlap else (None, None)
        await applications.set_secret(writer, id, hashed, former, until)
        if not overlap and await memory.recall(writer, id, _SECRETS, "own") is not None:
            # what the one before signed is believed no more
            await _keep(world, writer, id, secret)
    return secret


async def retire_former_secret(world: World, id: str) -> None:
    """Let the former secret open no more, before its time."""
    async with world.database.transaction() as writer:
        application = await applications.lock(writer, id)
        if application is not None and application.former_hash is not None:
            await applications.set_secret(writer, id, application.secret_hash, None, None)


def sandbox_keys(vault: Vault) -> tuple[str, str]:
    """Return (client id, client secret) of the sandbox application: derived from the master key, stored nowhere."""
    parts = (vault.derive(purpose)[:16] for purpose in ("sandbox client id", "sandbox client secret"))
    id, secret = (str(uuid.UUID(bytes=part, version=4)) for part in parts)
    return id, secret


async def ensure_sandbox(world: World) -> tuple[str, str]:
    """Make the sandbox application if it is not there; return its keys."""
    id, secret = sandbox_keys(world.vault)
    known = await applications.get(world.database, id)
    if known is None:
        await add(world, id, "sandbox", secret)
    return id, secret


async def register(world: World, name: str) -> tuple[str, str]:
    """Make a new application; return its client id and secret, which cannot be read again."""
    id, secret = world.ids.new(), world.ids.new()
    await add(world, id, name, secret)
    return id, secret


async def add(world: World, id: str, name: str, secret: str) -> None:
    """Store a new application; only the hash of its secret is kept."""
    made = Application(id, name, hash_secret(secret), None, Policy())
    async with world.database.transaction() as writer:
        await applications.add(writer, made, world.clock.now())


async def set_policy(world: World, id: str, **changes: object) -> Policy:
    """Change what is set for an application. Raises `request.invalid` for what is no setting."""
    async with world.database.transaction() as writer:
        application = await applications.lock(writer, id)
        if application is None:
            raise Refused("request.not-found")
        try:
            policy = replace(application.policy, **changes)
        except TypeError as error:
            raise Refused("request.invalid", data={"detail": str(error)}) from None
        await applications.set_policy(writer, id, policy)
    return policy


_SECRETS = "secrets"
"""What is remembered of applications' secrets stands under this name; no institution is called so."""


async def keep_secret(world: World, id: str, secret: str) -> None:
    """Keep an application's newest secret, sealed: there are systems that sign with it what they send.

    It is kept when it is seen, not when it is made: who rotates with an overlap knows it a while later.
    """
    if await kept_secret(world, id) == secret:
        return
    async with world.database.transaction() as writer:
        await applications.lock(writer, id)
        await _keep(world, writer, id, secret)


async def _keep(world: World, writer: Writer, id: str, secret: str) -> None:
    sealed = world.vault.seal(secret.encode(), f"secret:{id}").hex()
    await memory.remember(writer, id, _SECRETS, "own", sealed)


async def kept_secret(world: World, id: str) -> str | None:
    """Return the secret that was kept; None where there is none."""
    sealed = await memory.recall(world.database, id, _SECRETS, "own")
    return None if sealed is None else world.vault.open(bytes.fromhex(sealed), f"secret:{id}").decode()


async def _private_key(world: World, id: str) -> bytes:
    """Return the application's private key (PKCS 8, DER), made where there is none yet."""
    sealed = await _sealed_key(world.database, id)
    if sealed is None:
        # making one takes a second: not on the loop, and not while rows are locked
        made = await asyncio.to_thread(_make_key)
        async with world.database.transaction() as writer:
            await applications.lock(writer, id)
            sealed = await _sealed_key(writer, id)
            if sealed is None:
                await applications.set_key(writer, id, world.vault.seal(made, f"parameters:{id}"))
                return made
    return world.vault.open(sealed, f"parameters:{id}")


async def _sealed_key(reader: Reader, id: str) -> bytes | None:
    application = await applications.get(reader, id)
    return None if application is None else application.sealed_key


def _make_key() -> bytes:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65_537, key_size=4_096)
    return key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


async def public_key(world: World, id: str) -> str:
    """Return the application's RSA public key (PEM), for clients that encrypt credentials; made when asked for."""
    from cryptography.hazmat.primitives import serialization

    key = serialization.load_der_private_key(await _private_key(world, id), None)
    public = key.public_key()
    return public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


async def decrypt(world: World, id: str, text: str) -> bytes | None:
    """Return what a client encrypted with the public key (OAEP with SHA-1, base64); None if it did not."""
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import padding, rsa

    application = await applications.get(world.database, id)
    if application is None or application.sealed_key is None:
        return None
    encoded = world.vault.open(application.sealed_key, f"parameters:{id}")
    key = serialization.load_der_private_key(encoded, None)
    if not isinstance(key, rsa.RSAPrivateKey):
        return None
    # SHA-1 is what the clients' padding means by default
    digest = hashes.SHA1()  # noqa: S303
    try:
        return key.decrypt(base64.b64decode(text, validate=True), padding.OAEP(padding.MGF1(digest), digest, None))
    except (ValueError, binascii.Error):
        return None
