"""Master keys from the settings and from the file that is made at the first start."""

from __future__ import annotations

import base64
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from afluente.security.keyfile import ring_from, ring_of_file

ONE, TWO = base64.b64encode(b"1" * 32).decode(), base64.b64encode(b"2" * 32).decode()


def test_keys_are_read_newest_first() -> None:
    """Blanks and a comma too many make no difference."""
    assert ring_from(f" {ONE} , {TWO},\n") == [b"1" * 32, b"2" * 32]


@pytest.mark.parametrize("text", ["", " , ", "no base64!", ONE[:-4], f"{ONE},short", "é", ONE + "=="])
def test_what_is_no_key_is_refused_without_being_repeated(text: str) -> None:
    """The message says what is wrong and not what was given."""
    with pytest.raises(ValueError, match="master key") as refused:
        ring_from(text)
    assert not text.strip(" ,") or text not in str(refused.value)


def test_the_file_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    """Made in a folder that is not there yet, with a mode that lets nobody else in, and read again as it is."""
    path = tmp_path / "new" / "folder" / "key"
    old = os.umask(0)
    try:
        ring = ring_of_file(path)
    finally:
        os.umask(old)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert ring_of_file(path) == ring
    assert [len(key) for key in ring] == [32]
    assert [file.name for file in path.parent.iterdir()] == ["key"]


def test_every_file_has_another_key(tmp_path: Path) -> None:
    """They are random."""
    assert len({ring_of_file(tmp_path / str(number))[0] for number in range(20)}) == 20


def test_two_starts_at_once_agree_on_one_key(tmp_path: Path) -> None:
    """Whoever comes second takes the key of the first, whole, and leaves nothing behind."""
    path = tmp_path / "key"
    with ThreadPoolExecutor(8) as pool:
        rings = list(pool.map(lambda _: ring_of_file(path), range(32)))
    assert len({ring[0] for ring in rings}) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["key"]


def test_a_file_system_without_links_serves_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a file cannot have two names, it is renamed into its place."""

    def no_links(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "link", no_links)
    ring = ring_of_file(tmp_path / "key")
    assert ring_of_file(tmp_path / "key") == ring
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600


def test_a_key_file_that_holds_none_is_refused(tmp_path: Path) -> None:
    """It is never replaced: what the old key sealed would be lost."""
    path = tmp_path / "key"
    path.write_text("")
    with pytest.raises(ValueError, match="master key"):
        ring_of_file(path)
    assert path.read_text() == ""
