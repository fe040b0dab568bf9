"""The clock's commands, against a server that runs."""

from __future__ import annotations

import subprocess
import sys

from tests.server import STARTING, Server, free_port


def _refused(server: Server, *arguments: str, **environment: str) -> str:
    """Run a command that must fail, and return the sentence it ends with."""
    done = subprocess.run(
        [sys.executable, "-m", "afluente", *arguments],
        env=server.environment | environment,
        cwd=server.folder,
        capture_output=True,
        text=True,
        timeout=STARTING,
    )
    assert done.returncode == 1, done.stdout
    assert "Traceback" not in done.stderr
    return done.stderr


def test_a_clock_is_set_moved_and_let_go(server: Server) -> None:
    """What falls due on the way has happened when the command ends: a question that nobody answered is over."""
    client = server.client()
    asked = client.connect(5, "user-person+commanded")["id"]
    assert client.get(f"/items/{asked}")["status"] == "WAITING_USER_INPUT"
    assert server.run("clock", "show").strip().endswith("Z")
    assert server.run("clock", "set", "2027-01-02T03:04:05Z").strip() == "2027-01-02T03:04:05.000Z, stopped"
    assert server.run("clock", "advance", "P1DT1H").strip() == "2027-01-03T04:04:05.000Z, stopped"
    client.key = client.authenticate(*client.keys)
    assert client.get(f"/items/{asked}")["executionStatus"] == "USER_INPUT_TIMEOUT"
    assert "stopped" not in server.run("clock", "release")


def test_each_application_has_its_own(server: Server) -> None:
    """Moving one's leaves the others' alone."""
    other = server.other_client("timely")
    server.run("clock", "set", "2027-01-02T03:04:05Z", "--application", other.keys[0])
    assert "stopped" in server.run("clock", "show", "--application", other.keys[0])
    assert "stopped" not in server.run("clock", "show")


def test_what_cannot_be_done_is_said_in_a_sentence(server: Server) -> None:
    """A span that is none, an application that is not there, a server that does not run, a key that is not there."""
    assert "error " in _refused(server, "clock", "advance", "soon")
    nobody = "00000000-0000-4000-8000-000000000000"
    assert "error " in _refused(server, "clock", "advance", "P1D", "--application", nobody)
    assert "no server answers" in _refused(server, "clock", "show", "--url", f"http://127.0.0.1:{free_port()}")
    assert "no master key" in _refused(server, "clock", "show", AFLUENTE_KEY_FILE=str(server.folder / "elsewhere"))
