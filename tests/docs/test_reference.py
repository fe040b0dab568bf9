"""Generated pages are what the code would write now, and pages link to what is there."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType

import pytest

from afluente.connectors.scripted import institutions
from afluente.dialects.belvo import api as belvo
from afluente.dialects.flinks import api as flinks
from afluente.dialects.klavi import api as klavi
from afluente.dialects.pluggy import api as pluggy
from tests.docs.shell import ROOT
from tools import docs

PAGES = sorted(
    path
    for place in (".", "docs", "changelog.d", "src/afluente/dialects")
    for path in (ROOT.glob("*.md") if place == "." else (ROOT / place).rglob("*.md"))
)
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")


@pytest.mark.parametrize("name", docs.PAGES)
def test_a_generated_page_is_up_to_date(name: str) -> None:
    """`python tools/docs.py` writes it; nobody writes it by hand."""
    written = (docs.REFERENCE / name).read_text("utf-8") if (docs.REFERENCE / name).exists() else ""
    assert written == docs.PAGES[name](), f"docs/reference/{name} is out of date: run python tools/docs.py"


DIALECTS = pytest.mark.parametrize(
    "dialect", [belvo, flinks, klavi, pluggy], ids=["belvo", "flinks", "klavi", "pluggy"]
)


@DIALECTS
def test_every_path_that_is_served_is_on_the_list_of_the_real_service(dialect: ModuleType) -> None:
    """A route that surface.toml does not have would be missing from its page."""
    listed = {
        (verb, docs.bare(entry["path"]))
        for group in docs.surface(dialect)
        for entry in group["paths"]
        for verb in entry["verbs"]
    }
    assert docs.served(dialect) <= listed


def test_the_addresses_of_a_page_count_as_served() -> None:
    """They are no routes of the API; the list has Klavi's, for partners hand them out."""
    text = docs.klavi_surface()
    for path in ("/path", "/data/v1/basic-links/{id}"):
        assert f"| GET | `{path}` | yes |" in text


@DIALECTS
def test_no_path_stands_twice_on_the_list_of_the_real_service(dialect: ModuleType) -> None:
    """Otherwise the page would count it twice."""
    listed = [
        (verb, docs.bare(entry["path"]))
        for group in docs.surface(dialect)
        for entry in group["paths"]
        for verb in entry["verbs"]
    ]
    assert sorted(set(listed)) == sorted(listed)


def test_the_readme_counts_the_institutions_right() -> None:
    """It says how many the sandbox bank has."""
    text = (ROOT / "README.md").read_text("utf-8")
    assert f"| {len(institutions())} institutions" in text


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_of_a_page_lead_somewhere(page: Path) -> None:
    """Files that are linked to exist, and so do the headings."""
    text = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    broken = []
    for target in LINK.findall(text):
        if target.startswith(("http://", "https://")):
            continue
        place, _, heading = target.partition("#")
        path = (page.parent / place).resolve() if place else page
        if not path.exists() or (heading and heading not in _headings(path)):
            broken.append(target)
    assert not broken, f"{page.relative_to(ROOT)} links to {broken}"


def _headings(page: Path) -> set[str]:
    """The anchors of a page, as its host makes them of headings."""
    found = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in found}
