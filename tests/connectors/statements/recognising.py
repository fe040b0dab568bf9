"""A program in tesseract's place: it takes a picture and prints the table it was given, as the real one would."""

from pathlib import Path

from afluente.connectors.statements.portable import open_pdf

_COLUMNS = "level,page_num,block_num,par_num,line_num,word_num,left,top,width,height,conf,text".replace(",", "\t")


def table(pdf: Path, page: int = 1) -> str:
    """Return tesseract's table of a page: each word of a PDF, in dots of 300 an inch, line by line."""
    words = sorted(open_pdf(pdf.read_bytes()).sheets[page - 1].words, key=lambda word: (word.middle, word.left))
    rows, line, top = [_COLUMNS], 0, -99.0
    for word in words:
        if word.middle - top > 4:
            line, top = line + 1, word.middle
            rows.append(_row("4", line, 0, 0, word.top, 2000, word.height, "-1", ""))
        rows.append(_row("5", line, 1, word.left, word.top, word.right - word.left, word.height, "91.5", word.text))
    return "\n".join(rows) + "\n"


def _row(
    level: str, line: int, word: int, left: float, top: float, width: float, height: float, sure: str, text: str
) -> str:
    box = [str(round(value * 300 / 72)) for value in (left, top, width, height)]
    return "\t".join([level, "1", "1", "1", str(line), str(word), *box, sure, text])


def install(folder: Path, tables: str, gate: Path | None = None) -> Path:
    """Write the program into a folder, and return the folder for the path.

    It answers any picture with `tables`; with a `gate` (a named pipe) only after something was written into it.
    """
    folder.mkdir(exist_ok=True)
    (folder / "table.tsv").write_text(tables, "utf-8")
    wait = f'read -r _ < "{gate}"' if gate else ":"
    program = folder / "tesseract"
    program.write_text(
        "#!/bin/sh\n"
        'if [ "$1" = --list-langs ]; then printf "List of available languages (2):\\neng\\npor\\n"; exit 0; fi\n'
        f'cat > "{folder}/picture.png"\n'
        f'echo "$*" >> "{folder}/calls"\n'
        f"{wait}\n"
        f'cat "{folder}/table.tsv"\n'
    )
    program.chmod(0o755)
    return folder
