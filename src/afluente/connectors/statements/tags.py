"""A tolerant reader of OFX's tags: SGML and XML alike, closed or not, in a wrong order or not.

It knows no grammar but the little that is needed where a file breaks the rules: which tags hold others (so that an
empty one is not mistaken for a holder), and which cannot lie within which (so that a missing close is made up for).
Entities are replaced one by one and once; declarations are skipped, so nothing a file declares is ever expanded.
"""

from __future__ import annotations

import html.entities
import re
from collections.abc import Iterator

from afluente.connectors.statements.records import Unreadable

_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9_.:-]*)(?:\s[^<>]*)?(/?)>([^<]*)")
_ENTITY = re.compile(r"&(?:#([0-9]{1,7})|#[xX]([0-9A-Fa-f]{1,6})|([A-Za-z][A-Za-z0-9]{1,7}));")
_DEEPEST = 60

_RANKS = {
    "OFX": 0,
    "SONRS": 2, "STMTTRNRS": 2, "CCSTMTTRNRS": 2, "INVSTMTTRNRS": 2, "ACCTINFOTRNRS": 2,
    "STMTRS": 3, "CCSTMTRS": 3, "INVSTMTRS": 3,
    "BANKACCTFROM": 4, "CCACCTFROM": 4, "INVACCTFROM": 4, "BANKTRANLIST": 4, "BANKTRANLISTP": 4, "INVTRANLIST": 4,
    "LEDGERBAL": 4, "AVAILBAL": 4,
    "STMTTRN": 5, "STMTTRNP": 5,
}  # fmt: skip
"""Tags that hold others, with their floor: one that opens closes what is open on its floor or above it."""

_HOLDERS = frozenset(
    {
        "STATUS", "FI", "CURRENCY", "ORIGCURRENCY", "PAYEE", "BANKACCTTO", "CCACCTTO", "BAL", "BALLIST",
        "INVBANKTRAN", "INVBAL", "INVPOSLIST", "ACCTINFORS", "ACCTINFO", "BANKACCTINFO", "CCACCTINFO", "EXTDPAYEE",
        "MFACHALLENGERS", "IMAGEDATA",
    }
)  # fmt: skip
"""Tags that hold others when no text follows them; some banks write them with a text instead."""

_LEAVES = frozenset(
    {
        "TRNTYPE", "DTPOSTED", "DTUSER", "DTAVAIL", "DTTRAN", "DTEXPIRE", "TRNAMT", "FITID", "CORRECTFITID",
        "CORRECTACTION", "SRVRTID", "CHECKNUM", "REFNUM", "SIC", "PAYEEID", "NAME", "EXTDNAME", "MEMO", "CURDEF",
        "CURSYM", "CURRATE", "BANKID", "BRANCHID", "ACCTID", "ACCTTYPE", "ACCTKEY", "BALAMT", "DTASOF", "CODE",
        "SEVERITY", "MESSAGE", "ORG", "FID", "DTSTART", "DTEND", "DTSERVER", "LANGUAGE", "TRNUID", "INV401KSOURCE",
        "MKTGINFO",
    }
)  # fmt: skip


class Node:
    """A tag that holds others. `fields` are the texts directly in it; the first that is not empty counts."""

    __slots__ = ("children", "closed", "fields", "line", "name")

    def __init__(self, name: str, line: int) -> None:
        self.name = name
        self.line = line
        self.closed = False
        self.fields: dict[str, str] = {}
        self.children: list[Node] = []

    def get(self, name: str) -> str:
        """Return the text of a tag directly in this one, or nothing."""
        return self.fields.get(name, "")

    def find_all(self, *names: str) -> Iterator[Node]:
        """Yield the nodes of these names at any depth, in the file's order; does not look inside one it found."""
        waiting = list(reversed(self.children))
        while waiting:
            node = waiting.pop()
            if node.name in names:
                yield node
            else:
                waiting.extend(reversed(node.children))

    def find(self, *names: str) -> Node | None:
        """Return the first node of these names at any depth."""
        return next(self.find_all(*names), None)


def read_tags(text: str) -> list[Node]:
    """Return the OFX elements in `text`. Raises `Unreadable` where tags lie within one another without end."""
    return _Reader(_without_comments(text)).roots


def unescape(text: str) -> str:
    """Replace the entities every reader of HTML knows; anything else stays as it is."""
    return _ENTITY.sub(_character, text) if "&" in text else text


def _character(found: re.Match[str]) -> str:
    if found[3]:
        number = html.entities.name2codepoint.get(found[3]) or html.entities.name2codepoint.get(found[3].lower())
        number = 0x27 if found[3] == "apos" else number
    else:
        number = int(found[1]) if found[1] else int(found[2], 16)
    if not number or number < 32 or number > 0x10FFFF or 0xD800 <= number < 0xE000:
        return found[0]
    return chr(number)


class _Reader:
    """Walks over the tags once and keeps what is open in a stack."""

    def __init__(self, text: str) -> None:
        self.roots: list[Node] = []
        self.stack: list[Node] = []
        self.leaf: str | None = None
        self.raw = ""
        self.closing = {name.upper() for name in set(re.findall(r"</([A-Za-z][A-Za-z0-9_.:-]*)", text))}
        self.with_text: set[str] = set()
        end, line, counted = 0, 1, 0
        for tag in _TAG.finditer(text):
            start = tag.start()
            if start > end:
                self.stray(text[end:start])
            line += text.count("\n", counted, start)
            end, counted = tag.end(), start
            name = tag[2].upper()
            if tag[1]:
                self.close(name)
            else:
                self.open(name, tag[4], line, empty=bool(tag[3]), followed=text[end : end + len(name) + 3])
        if end < len(text):
            self.stray(text[end:])

    def stray(self, text: str) -> None:
        """Take text with a `<` that begins no tag: it belongs to the leaf it stands in, if it is no declaration."""
        if self.leaf is not None and self.stack and not text.startswith(("<!", "<?")):
            self.raw += text
            self.stack[-1].fields[self.leaf] = unescape(self.raw).strip()

    def open(self, name: str, text: str, line: int, *, empty: bool, followed: str) -> None:
        """Take an opening tag and the text behind it."""
        self.leaf = None
        if name == "OFX":
            self.stack = [Node(name, line)]
            self.roots.append(self.stack[0])
        elif self.stack:
            value = text.strip()
            rank = 1 if name.endswith("MSGSRSV1") else _RANKS.get(name)
            if rank is not None:
                self.make_room(rank)
                self.push(name, line)
            elif value or empty or not self.holds(name, followed):
                self.with_text.add(name)
                fields = self.stack[-1].fields
                if not fields.get(name):
                    self.leaf, self.raw = name, text
                    fields[name] = unescape(value)
            else:
                self.push(name, line)

    def holds(self, name: str, followed: str) -> bool:
        """Say whether a tag without text holds others, or is just empty."""
        if name in _LEAVES or followed.upper().startswith(f"</{name}>"):
            return False
        return name in _HOLDERS or (name in self.closing and name not in self.with_text)

    def make_room(self, rank: int) -> None:
        """Close everything on the same floor or a higher one."""
        for depth, node in enumerate(self.stack):
            own = 1 if node.name.endswith("MSGSRSV1") else _RANKS.get(node.name, -1)
            if own >= rank:
                del self.stack[depth:]
                return

    def push(self, name: str, line: int) -> None:
        """Open a tag that holds others."""
        if len(self.stack) >= _DEEPEST:
            raise Unreadable(
                "statement.too-complex",
                f"More than {_DEEPEST} tags lie within one another at line {line}.",
                f"line {line}",
            )
        node = Node(name, line)
        self.stack[-1].children.append(node)
        self.stack.append(node)

    def close(self, name: str) -> None:
        """Take a closing tag: it closes what it names and all within, or nothing if that is not open."""
        self.leaf = None
        for depth in range(len(self.stack) - 1, -1, -1):
            if self.stack[depth].name == name:
                self.stack[depth].closed = True
                del self.stack[depth:]
                return


def _without_comments(text: str) -> str:
    """Take comments out and CDATA marks off, keeping every line where it is."""
    if "<!--" not in text and "<![CDATA[" not in text:
        return text
    kept: list[str] = []
    at = 0
    for mark in re.finditer(r"<!--|<!\[CDATA\[", text):
        if mark.start() < at:
            continue
        comment = mark[0] == "<!--"
        end = text.find("-->" if comment else "]]>", mark.end())
        if end < 0:
            break
        inner = text[mark.end() : end]
        kept.append(text[at : mark.start()])
        kept.append("\n" * inner.count("\n") if comment else inner.replace("&", "&amp;").replace("<", "&lt;"))
        at = end + 3
    return "".join(kept) + text[at:]
