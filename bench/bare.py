"""What the server is compared with: one Starlette route that answers bytes it was given, on the same uvicorn.

`python -m bench.bare PORT FILE` serves the file's bytes at `/pluggy/items/{id}`, with the same headers as ours.
"""

from __future__ import annotations

import sys
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


def application(body: bytes) -> Starlette:
    """Return an application with the one route."""
    headers = {"content-type": "application/json; charset=utf-8", "access-control-allow-origin": "*"}

    async def answer(request: Request) -> Response:
        return Response(body, headers=headers)

    return Starlette(routes=[Route("/pluggy/items/{id}", answer)])


if __name__ == "__main__":
    uvicorn.run(
        application(Path(sys.argv[2]).read_bytes()),
        host="127.0.0.1",
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
    )
