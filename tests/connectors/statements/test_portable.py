"""PDFs that are broken, locked or made to hurt: refused by name, within bounds, and with what their making tells."""

import zlib
from io import BytesIO
from pathlib import Path

import pytest
from fpdf import FPDF
from fpdf.enums import AccessPermission

from afluente.connectors.statements import Unreadable, read_bounded, read_statement
from tests.connectors.statements import hostile
from tests.connectors.statements.printing import PRINTED, TYPEWRITER, typewriter

MEMORY = 1024 * 1024 * 1024
COLUMNS = PRINTED / "ca_columns.pdf"


def refusal(content: bytes) -> Unreadable:
    """Return what a file is refused with."""
    with pytest.raises(Unreadable) as caught:
        read_statement(content)
    return caught.value


@pytest.mark.anyio
@pytest.mark.parametrize("what", hostile.FILES)
async def test_a_file_made_to_hurt_is_refused_within_bounds(what: str) -> None:
    """In a gigabyte, and by what is wrong with it, not because its minute is over; only its reader ends."""
    with pytest.raises(Unreadable) as caught:
        await read_bounded(hostile.FILES[what](), "a.pdf", memory_bytes=MEMORY, seconds=60)
    assert caught.value.meaning.startswith("statement.")
    assert "60 seconds" not in caught.value.sentence


@pytest.mark.anyio
async def test_a_page_that_draws_itself_without_end_is_stopped() -> None:
    """Nothing but the clock ends what is ten times ten times ten."""
    with pytest.raises(Unreadable) as caught:
        await read_bounded(hostile.nested(), "a.pdf", memory_bytes=MEMORY, seconds=2)
    assert caught.value.meaning == "statement.too-complex"


@pytest.mark.parametrize("at", [0.2, 0.5, 0.9])
def test_a_pdf_that_is_cut_off_is_refused_or_read_whole(at: float) -> None:
    """What is left never gives half of its movements."""
    content = COLUMNS.read_bytes()
    whole = read_statement(content)
    try:
        read = read_statement(content[: int(len(content) * at)])
    except Unreadable as why:
        assert why.meaning in ("statement.truncated", "statement.not-a-statement", "statement.does-not-add-up",
                               "statement.empty", "statement.scan")  # fmt: skip
    else:
        assert read.transactions == whole.transactions


def test_a_locked_pdf_is_named_as_such() -> None:
    """So that its owner knows what to do about it."""
    locked = FPDF()
    locked.add_page()
    locked.set_font("Helvetica")
    locked.cell(text="01/02/2024 Extrato 10,00")
    locked.set_encryption("owner", "12345678909", permissions=AccessPermission.none())
    assert refusal(bytes(locked.output())).meaning == "statement.protected"


def test_a_pdf_of_empty_pages_is_empty() -> None:
    """There is nothing in it to recognise either."""
    assert refusal(hostile.pages(3)).meaning == "statement.empty"


def test_a_pdf_of_too_many_pages_is_not_begun() -> None:
    """The most that are read are said in the sentence."""
    why = refusal(hostile.pages(200))
    assert (why.meaning, "120 pages" in why.sentence) == ("statement.too-complex", True)


def test_a_letter_is_no_statement() -> None:
    """It has text, and no money."""
    assert refusal(typewriter("Dear customer,\nyour statement is attached.\n")).meaning == "statement.not-a-statement"


def test_a_pdf_behind_other_bytes_is_read() -> None:
    """Mail programs leave their lines before it."""
    content = b"Content-Type: application/pdf\r\n\r\n" + COLUMNS.read_bytes()
    assert read_statement(content).transactions == read_statement(COLUMNS.read_bytes()).transactions


def edited(content: bytes) -> bytes:
    """Return a file as an editor that adds to it leaves it."""
    return content + b"9 0 obj\n<</Producer(iLovePDF)>>\nendobj\nxref\n0 0\ntrailer\n<<>>\n%%EOF\n"


def test_a_file_that_was_added_to_shows_it() -> None:
    """It ends twice."""
    assert [sign.kind for sign in read_statement(edited(COLUMNS.read_bytes())).signs] == ["written-twice"]


@pytest.mark.parametrize("name", ["iLovePDF", "Adobe Photoshop 24.0", "Microsoft® Word 2019"])
def test_the_program_of_an_editor_shows(name: str) -> None:
    """A bank's own program has another name."""
    changed = typewriter(TYPEWRITER).replace(b"Mainframe Spool Converter 4.1", name.encode("cp1252"))
    (sign,) = read_statement(changed).signs
    assert (sign.kind, sign.found["Producer"][:5]) == ("editor", name[:5])


def test_a_date_behind_the_first_one_shows() -> None:
    """Saved a day after it was made."""
    changed = typewriter(TYPEWRITER).replace(
        b"/CreationDate(D:20240603101502", b"/ModDate(D:20240604101502)/CreationDate(D:20240603101502"
    )
    (sign,) = read_statement(changed).signs
    assert sign.kind == "changed-later"
    assert sign.found["ModDate"].startswith("2024-06-04")


def test_figures_of_another_family_show() -> None:
    """Two digits of a salary that somebody typed over, on the page where they are."""
    paper = FPDF()
    paper.add_page()
    paper.set_font("Helvetica", size=9)
    for number in range(40):
        paper.cell(40, 6, f"2024-03-{number % 28 + 1:02d}")
        paper.cell(60, 6, "Purchase")
        paper.set_font("Times" if number == 20 else "Helvetica", size=9)
        paper.cell(30, 6, "-10.00", align="R", new_x="LMARGIN", new_y="NEXT")
        paper.set_font("Helvetica", size=9)
    (sign,) = read_statement(bytes(paper.output())).signs
    assert (sign.kind, sign.page, sign.found["Font"]) == ("mixed-fonts", 1, "Times")


def test_what_banks_make_shows_nothing() -> None:
    """No file that nobody changed is suspected."""
    for path in sorted(Path(PRINTED).glob("*.pdf")):
        if path.stem != "us_doctored":
            assert read_statement(path.read_bytes()).signs == ()


def test_a_page_that_is_laid_out_for_showing_while_it_loads_is_not_suspected() -> None:
    """Such a file ends twice from the first."""
    linear = COLUMNS.read_bytes().replace(b"%PDF-1.4\n", b"%PDF-1.4\n%/Linearized 1\n", 1) + b"\n%%EOF\n"
    assert read_statement(linear).signs == ()


def test_nothing_of_a_picture_in_a_pdf_is_unpacked_that_is_too_large() -> None:
    """A page drawn by a hundred megabytes of blanks is refused by its size alone."""
    content = hostile.page_of(zlib.compress(b" " * 100_000_000, 9))
    assert BytesIO(content).getbuffer().nbytes < 200_000
    assert refusal(content).meaning == "statement.too-complex"
