"""Files that are uploaded are sealed before anything is written: however large they are, no other writer waits."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from afluente.app import FILES
from afluente.engine.files import uploads
from afluente.store import executions
from afluente.store.database import Chain, Writer
from tests.engine.scene import APP, Scene

pytestmark = pytest.mark.anyio


async def test_files_are_sealed_while_nobody_waits_to_write(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every one of them, and what lies in the database afterwards is each file under its own seal."""
    world, writing, sealed_while = scene.world, 0, list[int]()
    object.__setattr__(world, "institutions", {FILES.slug: FILES})
    scene.held_back = True
    transaction, seal = world.database.transaction, world.vault.seal

    @asynccontextmanager
    async def counted(chain: Chain | None = None, *, waits: bool = True) -> AsyncIterator[Writer]:
        nonlocal writing
        async with transaction(chain, waits=waits) as writer:
            writing += 1
            try:
                yield writer
            finally:
                writing -= 1

    def noted(value: bytes, context: str) -> bytes:
        if context.startswith("upload:"):
            sealed_while.append(writing)
        return seal(value, context)

    monkeypatch.setattr(world.database, "transaction", counted)
    monkeypatch.setattr(world.vault, "seal", noted)
    contents = [bytes([65 + number]) * 100_000 for number in range(3)]
    files = [uploads.Given(f"{n}.ofx", len(one), io.BytesIO(one)) for n, one in enumerate(contents)]
    session = await uploads.begin(world, APP, files, system="flinks")
    assert sealed_while == [0, 0, 0]
    for paper, content in zip(uploads.papers_of(session), contents, strict=True):
        sealed = await executions.sealed(world.database, paper.execution_id)
        assert sealed is not None and content not in sealed
        assert content in world.vault.open(sealed, f"upload:{paper.execution_id}")
