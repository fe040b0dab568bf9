"""Statement files that come as a form: taken piece by piece and handed over to be read behind the caller's back."""

from __future__ import annotations

from afluente.core.sessions import ClientSession
from afluente.engine.files import uploads
from afluente.engine.world import World
from afluente.web.calls import Call
from afluente.web.forms import Bounds, files_of

BOUNDS = Bounds(uploads.MOST_FILES, uploads.LARGEST_FILE, uploads.LARGEST_TOGETHER)

LONGEST = 255
"""Characters of a name or a tag."""


async def begin(
    world: World,
    call: Call,
    system: str,
    tag: str | None,
    external_user_id: str | None = None,
    connection_id: str | None = None,
) -> ClientSession:
    """Take the form's parts `file` and return the session in which they are read.

    Raises what `files_of` and `engine.files.uploads.begin` raise.
    """
    parts = await files_of(call, "file", BOUNDS)
    try:
        return await uploads.begin(
            world,
            call.application_id,
            # of a longer name the end is kept, where its ending is
            [uploads.Given(part.name[-LONGEST:], part.size, part.content) for part in parts],
            system=system,
            tag=tag,
            external_user_id=external_user_id,
            connection_id=connection_id,
        )
    finally:
        for part in parts:
            part.content.close()
