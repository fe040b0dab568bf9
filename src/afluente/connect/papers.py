"""What is shown of statement files: the form that takes them, how far each is, what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from afluente.connect.stage import Stage, View
from afluente.connect.views import digest, doing
from afluente.core.connections import Connection
from afluente.engine.files import uploads
from afluente.engine.files.uploads import Paper

_MEGABYTE = 1_000_000


def form(stage: Stage, wrong: str = "") -> View:
    """The form that takes files."""
    bounds = stage.say("files_bounds", count=uploads.MOST_FILES, size=uploads.LARGEST_FILE // _MEGABYTE)
    values = {"title": stage.t["files_title"], "bounds": bounds, "wrong": wrong}
    return View("files", values, wrong or stage.t["files_title"])


def reading(stage: Stage, connection: Connection, papers: Sequence[Paper]) -> View:
    """How far each file is."""
    steps = [{"name": paper.name, "state": _state(connection, paper)} for paper in papers]
    live = next((step["name"] for step in steps if step["state"] == "doing"), "")
    title = stage.t["files_reading"]
    values = {
        "title": title,
        "lead": stage.t["files_lead_reading"],
        "steps": steps,
        "seen": digest(connection),
        "finished": sum(step["state"] in ("done", "failed") for step in steps),
    }
    return View("progress", values, doing(stage, live) if live else title)


def _state(connection: Connection, paper: Paper) -> str:
    if paper.meaning.startswith("progress"):
        return "doing" if paper.execution_id == connection.execution_id else "waiting"
    return "done" if paper.meaning == "success" else "failed"


def outcome(stage: Stage, papers: Sequence[Paper]) -> View:
    """What was read of the files, and why some were not; other files are the way on where none was."""
    read = [_read(stage, paper) for paper in papers if paper.meaning == "success"]
    lost = [
        {"name": paper.name, "sentence": stage.world.catalogue.text(paper.meaning, stage.visit.locale, "user")}
        for paper in papers
        if paper.meaning != "success"
    ]
    title = stage.t["files_partial" if read and lost else "files_done" if read else "files_failed"]
    values: dict[str, Any] = {"title": title, "read": read, "lost": lost}
    return View("papers", values, title)


def _read(stage: Stage, paper: Paper) -> dict[str, str]:
    key = "files_one" if paper.read == 1 else "files_many"
    return {"name": paper.name, "found": stage.say(key, count=paper.read)}
