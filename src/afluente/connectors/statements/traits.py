"""What the making of a PDF tells about whether somebody changed it. Signs for a person to look at, no proof.

A bank's program writes a statement once, in one go, with its own fonts. A file that was opened in an editor carries
the editor's name, a later date, a second part behind its first end, or letters of another family among its figures.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime

from afluente.core.documents import Sign

_EDITORS = re.compile(
    r"photoshop|illustrator|indesign|acrobat (?!distiller)|ilovepdf|smallpdf|sejda|pdfescape|foxit|nitro|pdf-?xchange|"
    r"canva|inkscape|gimp|libreoffice|openoffice|microsoft.{0,3} word|pdffiller|soda pdf|pdfelement|master pdf|"
    r"pages \d|coreldraw",
    re.IGNORECASE,
)
_DATE = re.compile(r"D:(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})")
_STYLE = re.compile(r"[-,](?:Bold|Italic|Oblique|Regular|Roman|Medium|Light|Semi|Black|MT|PS)[A-Za-z]*|(?:MT|PS)$")
_FEW, _ENOUGH = 0.04, 120


def signs_of_making(content: bytes, told: dict[str, object], digits: list[tuple[int, str]]) -> tuple[Sign, ...]:
    """Return the signs in a PDF. `told` is what it says about itself, `digits` its figures' pages and fonts."""
    return (*_editor(told), *_changed(told), *_twice(content), *_fonts(digits))


def _editor(told: dict[str, object]) -> list[Sign]:
    for name in ("Creator", "Producer"):
        text = str(told.get(name) or "")
        if _EDITORS.search(text):
            return [Sign("editor", None, {name: text[:100]})]
    return []


def _changed(told: dict[str, object]) -> list[Sign]:
    made, changed = (_instant(str(told.get(name) or "")) for name in ("CreationDate", "ModDate"))
    if made is None or changed is None or (changed - made).total_seconds() <= 60:
        return []
    return [Sign("changed-later", None, {"CreationDate": made.isoformat(), "ModDate": changed.isoformat()})]


def _instant(text: str) -> datetime | None:
    found = _DATE.match(text)
    try:
        return datetime(*(int(part) for part in found.groups())) if found else None  # type: ignore[arg-type] # noqa: DTZ001
    except ValueError:
        return None


def _twice(content: bytes) -> list[Sign]:
    """A file that was added to ends twice; one made to be shown while it loads does so from the first."""
    ends = content.count(b"%%EOF")
    usual = 2 if b"/Linearized" in content[:2048] else 1
    return [Sign("written-twice", None, {"Ends": str(ends)})] if ends > usual else []


def _fonts(digits: list[tuple[int, str]]) -> list[Sign]:
    families = Counter(_family(font) for _, font in digits)
    if len(digits) < _ENOUGH or len(families) < 2:
        return []
    main = families.most_common(1)[0][0]
    signs = []
    for family, count in families.items():
        if family != main and count <= _FEW * len(digits):
            page = next(page for page, font in digits if _family(font) == family)
            signs.append(
                Sign("mixed-fonts", page, {"Font": family[:60], "Main font": main[:60], "Figures": str(count)})
            )
    return signs


def _family(font: str) -> str:
    return _STYLE.sub("", font.partition("+")[2] or font)
