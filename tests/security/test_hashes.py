"""API secrets: kept so that they can be recognised and not read."""

from __future__ import annotations

from afluente.security.secrets import hash_secret, matches, nobodys_hash

SECRET = "3f0c2f1e-8a43-4c8f-9d5c-54a3c34cbb2a"


def test_a_secret_is_recognised_by_its_hash() -> None:
    """Itself, and nothing near it."""
    hashed = hash_secret(SECRET)
    assert matches(hashed, SECRET)
    for other in (SECRET.upper(), SECRET[:-1], SECRET + " ", "", SECRET + "\0"):
        assert not matches(hashed, other)


def test_a_hash_tells_nothing_of_its_secret() -> None:
    """It is argon2id, salted: the same secret has another hash each time."""
    first, second = hash_secret(SECRET), hash_secret(SECRET)
    assert first.startswith("$argon2id$")
    assert first != second
    assert SECRET not in first


def test_what_is_no_hash_matches_nothing() -> None:
    """A row that was damaged lets nobody in, and breaks nothing."""
    for damaged in ("", "plain", SECRET, "$argon2id$v=19$m=1024,t=1,p=1$", hash_secret(SECRET)[:-4]):
        assert not matches(damaged, SECRET)


def test_an_unknown_application_costs_as_much_as_a_known_one() -> None:
    """There is a hash to compare with for those who are not there, made with the same costs."""
    costs = [hashed.split("$")[3] for hashed in (nobodys_hash(), hash_secret(SECRET))]
    assert costs[0] == costs[1]
    assert not matches(nobodys_hash(), SECRET)
    assert nobodys_hash() == nobodys_hash()
