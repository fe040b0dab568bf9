"""Sealing: what is sealed opens again, for whom it was sealed, under the keys that are kept, and in no other case."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afluente.security.vault import CannotOpen, Vault

OLD, NEW, OTHER = b"o" * 32, b"n" * 32, b"x" * 32


@given(st.binary(max_size=2_000), st.text(max_size=50))
def test_what_was_sealed_opens_again(value: bytes, belongs: str) -> None:
    """Any bytes, empty ones too, for any owner."""
    vault = Vault([OLD])
    assert vault.open(vault.seal(value, belongs), belongs) == value


def test_the_same_value_is_never_sealed_alike() -> None:
    """Nobody can see that two rows hold the same password."""
    vault = Vault([OLD])
    assert len({vault.seal(b"password", "credentials:1") for _ in range(100)}) == 100


def test_the_value_is_not_in_what_is_sealed() -> None:
    """Neither as it is nor reversed; what is seen is the version, the key's id and its length."""
    sealed = Vault([OLD]).seal(b"a password that is long enough", "credentials:1")
    assert b"password" not in sealed
    assert OLD not in sealed


def test_a_value_opens_only_for_its_owner() -> None:
    """A row copied to another connection opens nothing there."""
    vault = Vault([OLD])
    sealed = vault.seal(b"value", "credentials:1")
    for other in ("credentials:2", "journal:1", "credentials:1 ", ""):
        with pytest.raises(CannotOpen):
            vault.open(sealed, other)


def test_every_changed_byte_is_noticed() -> None:
    """Version, key id, nonces, wrapped key, text and tag: one bit turned in any of them, and nothing opens."""
    vault = Vault([OLD])
    sealed = vault.seal(b"value", "a")
    for position in range(len(sealed)):
        changed = bytearray(sealed)
        changed[position] ^= 1
        with pytest.raises(CannotOpen):
            vault.open(bytes(changed), "a")


def test_every_cut_and_every_addition_is_noticed() -> None:
    """Whatever its length, what is not whole is refused as what it is, and breaks nothing."""
    vault = Vault([OLD])
    sealed = vault.seal(b"value", "a")
    for length in range(len(sealed)):
        with pytest.raises(CannotOpen):
            vault.open(sealed[:length], "a")
    with pytest.raises(CannotOpen):
        vault.open(sealed + b"\0", "a")


def test_parts_of_two_values_make_no_third() -> None:
    """The data key of one value does not open the text of another."""
    vault = Vault([OLD])
    first, second = vault.seal(b"first", "a"), vault.seal(b"other", "a")
    middle = 1 + 4 + 12 + 48
    with pytest.raises(CannotOpen):
        vault.open(first[:middle] + second[middle:], "a")


def test_a_new_key_seals_and_the_old_one_still_opens() -> None:
    """Rotation: put the new key in front, and nothing stored has to be touched."""
    sealed = Vault([OLD]).seal(b"value", "a")
    both = Vault([NEW, OLD])
    assert both.open(sealed, "a") == b"value"
    assert not both.is_current(sealed)
    again = both.seal(b"value", "a")
    assert both.is_current(again)
    assert Vault([NEW]).open(again, "a") == b"value"


def test_without_its_key_nothing_opens() -> None:
    """A key that was taken out of the ring opens nothing any more, and another never did."""
    sealed = Vault([OLD]).seal(b"value", "a")
    for ring in ([NEW], [OTHER, NEW]):
        with pytest.raises(CannotOpen):
            Vault(ring).open(sealed, "a")


def test_what_is_derived_outlives_a_new_key() -> None:
    """Tokens and the sandbox application's keys stay as they are when a key is put in front."""
    assert Vault([OLD]).derive("tokens") == Vault([NEW, OLD]).derive("tokens")
    assert Vault([OLD]).derive("tokens") != Vault([OLD]).derive("fingerprint")
    assert Vault([OLD]).derive("tokens") != Vault([NEW]).derive("tokens")


def test_a_fingerprint_tells_equal_texts_and_nothing_else() -> None:
    """The same under the same key, another under another, and no plain digest of the text."""
    import hashlib

    print_ = Vault([OLD]).fingerprint("123456")
    assert print_ == Vault([OLD]).fingerprint("123456")
    assert print_ != Vault([OLD]).fingerprint("123457")
    assert print_ != Vault([NEW]).fingerprint("123456")
    assert print_ != hashlib.sha256(b"123456").hexdigest()


@pytest.mark.parametrize("ring", [[], [b""], [b"short"], [OLD, b"short"], [OLD + b"x"]])
def test_a_ring_without_proper_keys_is_refused(ring: list[bytes]) -> None:
    """Every key has 32 bytes, and there is at least one."""
    with pytest.raises(ValueError, match="32 bytes"):
        Vault(ring)
