"""Pictures of statements: recognised where tesseract is, refused with what to do where it is not."""

import os
from io import BytesIO
from pathlib import Path

import anyio
import pytest
from anyio.lowlevel import checkpoint
from PIL import Image

from afluente.connectors.statements import Unreadable, read_bounded, read_statement
from tests.connectors.statements.printing import PRINTED
from tests.connectors.statements.recognising import install, table

STATEMENT = PRINTED / "ca_french.pdf"
RECOGNISED = Path(__file__).parent / "recognised"
"""What tesseract 5.3.0 said, asked as we ask it, of pages of `printed/` drawn at 300 dots an inch."""


def picture(kind: str = "PNG", size: tuple[int, int] = (600, 800), frames: int = 1) -> bytes:
    """Return a picture of nothing."""
    made = BytesIO()
    image = Image.new("L", size, 255)
    more = {"save_all": True, "append_images": [image] * (frames - 1)} if frames > 1 else {}
    image.save(made, kind, **more)
    return made.getvalue()


def scanned(pages: int = 1) -> bytes:
    """Return a PDF whose pages are pictures."""
    made = BytesIO()
    image = Image.new("L", (850, 1100), 230)
    image.save(made, "PDF", resolution=100, save_all=True, append_images=[image] * (pages - 1))
    return made.getvalue()


@pytest.fixture
def recognised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program in tesseract's place that knows one statement."""
    folder = install(tmp_path / "bin", table(STATEMENT))
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder


@pytest.fixture
def unequipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path without any tesseract."""
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "TIFF"])
def test_a_picture_gives_what_the_print_gives(recognised: Path, kind: str) -> None:
    """The same movements, signs and balances, read by the same reader, and held against the balances too."""
    read, printed = read_statement(picture(kind)), read_statement(STATEMENT.read_bytes())
    assert (read.format, read.proved) == ("scan", True)
    assert [(m.occurred_at, m.amount, m.description) for m in read.transactions] == [
        (m.occurred_at, m.amount, m.description) for m in printed.transactions
    ]


def test_a_pdf_of_pictures_is_recognised_page_by_page(recognised: Path) -> None:
    """Each page is drawn at 300 dots and given to the program, with the languages that are there."""
    assert read_statement(scanned()).format == "scan"
    assert (recognised / "calls").read_text() == "stdin stdout -l por+eng --psm 6 tsv\n"
    with Image.open(recognised / "picture.png") as drawn:
        assert drawn.size[0] in range(2_540, 2_560)


def test_what_the_real_program_said_of_a_page_is_read(recognised: Path) -> None:
    """Its own table, with blocks, paragraphs and boxes as it makes them, gives what the print gives."""
    (recognised / "table.tsv").write_bytes((RECOGNISED / "ca_french.tsv").read_bytes())
    read, printed = read_statement(picture()), read_statement(STATEMENT.read_bytes())
    assert (read.accounts, read.transactions, read.proved) == (printed.accounts, printed.transactions, True)


def test_what_the_real_program_misread_is_refused(recognised: Path) -> None:
    """It took `-3,000.00` for `100.00`: the balances do not follow, so nothing is imported."""
    (recognised / "table.tsv").write_bytes((RECOGNISED / "us_sections.tsv").read_bytes())
    with pytest.raises(Unreadable) as caught:
        read_statement(picture())
    assert caught.value.meaning == "statement.does-not-add-up"


@pytest.mark.parametrize("content", [picture(), scanned()], ids=["picture", "pdf"])
def test_without_the_program_the_refusal_says_so(unequipped: None, content: bytes) -> None:
    """And what to send instead."""
    with pytest.raises(Unreadable) as caught:
        read_statement(content)
    assert caught.value.meaning == "statement.scan"
    assert "tesseract" in caught.value.sentence


def test_what_is_recognised_and_does_not_add_up_is_refused(recognised: Path) -> None:
    """One digit that was taken for another is found by the balances."""
    known = (recognised / "table.tsv").read_text()
    (recognised / "table.tsv").write_text(known.replace("156,80", "166,80"))
    with pytest.raises(Unreadable) as caught:
        read_statement(picture())
    assert caught.value.meaning == "statement.does-not-add-up"


def test_words_that_the_program_is_unsure_of_are_left_out(recognised: Path) -> None:
    """Spots on the paper are no letters."""
    known = (recognised / "table.tsv").read_text()
    spots = known.splitlines()[-1].rpartition("\t")[0].replace("91.5", "11.0")
    (recognised / "table.tsv").write_text(f"{known}{spots}\t;.'\nno table\n5\t1\n")
    assert ";.'" not in read_statement(picture()).transactions[-1].description


def test_a_program_that_fails_is_told(recognised: Path) -> None:
    """With the page at which it did."""
    (recognised / "tesseract").write_text("#!/bin/sh\nexit 1\n")
    with pytest.raises(Unreadable) as caught:
        read_statement(picture())
    assert (caught.value.meaning, caught.value.where) == ("statement.scan", "page 1")


@pytest.mark.parametrize(
    ("content", "meaning"),
    [
        (picture(size=(20_000, 20_000)), "statement.too-complex"),
        (picture("TIFF", (50, 50), frames=40), "statement.too-complex"),
        (scanned(30), "statement.too-complex"),
        (picture()[:200], "statement.truncated"),
        (b"\x89PNG\r\n\x1a\n" + bytes(500), "statement.truncated"),
        (b"BM" + bytes(500), "statement.truncated"),
    ],
    ids=["too large", "too many pages", "too many scans", "cut off", "no PNG", "no BMP"],
)
def test_pictures_have_bounds(recognised: Path, content: bytes, meaning: str) -> None:
    """Looked at before anything is unpacked; what cannot be opened is named."""
    with pytest.raises(Unreadable) as caught:
        read_statement(content)
    assert caught.value.meaning == meaning


@pytest.mark.anyio
async def test_a_program_that_does_not_end_is_ended_with_its_reader(tmp_path: Path, recognised: Path) -> None:
    """Nothing that the reader started outlives it."""
    pid = tmp_path / "pid"
    (recognised / "tesseract").write_text(f'#!/bin/sh\necho $$ > "{pid}"\nexec tail -f /dev/null\n')
    with pytest.raises(Unreadable) as caught:
        await read_bounded(picture(), "a.png", memory_bytes=1024 * 1024 * 1024, seconds=3)
    assert caught.value.meaning == "statement.too-complex"
    left = Path(f"/proc/{pid.read_text().strip()}/stat")
    with anyio.fail_after(10):
        while not _has_ended(left):
            await checkpoint()


def _has_ended(process: Path) -> bool:
    """Tell whether a process is there no more, or only to be cleared away by whoever adopted it."""
    try:
        return process.read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True
