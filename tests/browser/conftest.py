"""A browser, a server, and pages of another origin that embed the connect page."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.visiting import Host
from tests.server import Client, Server, running

playwright = pytest.importorskip("playwright.sync_api")

SCREENS = Path(__file__).parents[2] / "docs" / "screens"
CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), ""
)


# for a file, not for the session: while the driver lives its event loop counts as running, and no other file could
# run one of its own
@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """The system's Chromium."""
    if not CHROMIUM:
        pytest.skip("there is no Chromium here")
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def host() -> Iterator[Host]:
    """Somebody else's web server."""
    made = Host()
    yield made
    made.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for the tests of a file; its institutions take a moment for each thing they do."""
    with running(tmp_path_factory.mktemp("site"), private_webhooks="1", pace="120") as server:
        yield server


@pytest.fixture
def client(site: Server, host: Host) -> Iterator[Client]:
    """A client of the server, whose application lets the host's pages frame the connect page."""
    made = site.client()
    made.policy(origins=[host.url])
    yield made
    made.reset()
    made.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A page as wide as a telephone, in Portuguese; whatever its console has to complain of fails the test."""
    context = browser.new_context(viewport={"width": 360, "height": 720}, locale="pt-BR")
    opened = context.new_page()
    opened.set_default_timeout(15_000)
    complaints: list[str] = []
    opened.on("console", lambda told: complaints.append(told.text) if told.type == "error" else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    context.close()
    assert not [text for text in complaints if not _is_ours(text)], complaints


def _is_ours(text: str) -> bool:
    """Whether a complaint is of the test's own doing: the driver takes pictures with a style of its own, a page that
    cannot be opened has a status that says so, a call that a test lets fail has failed, and there is no app here."""
    pictures = bool(os.environ.get("AFLUENTE_SCREENS")) and "inline style" in text
    failed = "ERR_FAILED" in text or text.startswith(("htmx:sendError", "htmx:sendAbort", "htmx:afterRequest"))
    return pictures or "status of 400" in text or failed or "does not have a registered handler" in text


@pytest.fixture
def shot() -> Callable[[Any, str], None]:
    """Keeps a picture of a page in docs/screens, where the environment asks for that (`AFLUENTE_SCREENS=1`)."""

    def take(page: Any, name: str) -> None:
        if os.environ.get("AFLUENTE_SCREENS"):
            SCREENS.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=str(SCREENS / f"{name}.png"))

    return take
