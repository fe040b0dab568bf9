"""Whose account a printed statement is of: the name and the address that stand above its tables.

A name is taken where something says that it is one: a label before or above it, an address below it, or a tax number
beside it. The institution's own address, which statements have too, begins with an institution's name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from afluente.connectors.statements.keys import digest
from afluente.connectors.statements.sheets import Line, Word, said
from afluente.connectors.statements.tables import folded
from afluente.core.holders import Address, Holder

_LABEL = re.compile(
    r"(account holders?|account owner|account name|customer( name)?|client( name)?|name|prepared for|"
    r"titulaires?( du compte)?|nom( du (client|titulaire))?|titular( da conta| de la cuenta)?|cliente|correntista|"
    r"nome( do (cliente|titular))?|nombre( del (cliente|titular))?|razao social|razon social)"
)
_LONGEST_LABEL = 4
"""Words of a label."""

_INSTITUTION = re.compile(
    r"\b(bank|banks|banking|banque|banco|caisse|credit union|financial|trust|savings|institution|instituicao|"
    r"pagamentos|n ?a|desjardins|bancorp|cooperativa)\b"
)
_NO_NAME = re.compile(
    r"\b(statement|account|accounts|summary|date|period|page|balance|branch|transit|card|number|total|details|"
    r"activity|customer service|relev[ea]|compte|periode|solde|succursale|extrato|conta|agencia|saldo|fatura|periodo|"
    r"emissao|cpf|cnpj|estado de cuenta|cuenta|sucursal|rfc|movimientos|resumen|currency|devise|moeda|moneda|your|"
    r"box|street|avenue|avenida|rua|calle|rue|please|questions|visit|call)\b"
)
_WORD = re.compile(r"[^\W\d_](?:[^\W\d_]|['’.&-])*|&|e|y")
_TAX = re.compile(r"(?:CPF|CNPJ)\b[:\s]*([0-9•*.xX/-]{11,18})")

_CANADIAN = re.compile(r"(.*?)[ ,]*\b([A-Z]{2}|[A-Z][a-z]+(?: [A-Z][a-z]+)?)[ ,]+([A-Z][0-9][A-Z] ?[0-9][A-Z][0-9])")
_AMERICAN = re.compile(r"(.*?)[ ,]+([A-Z]{2,5})[ ,]+([0-9]{5}(?:-[0-9]{4})?)")
_BRAZILIAN = re.compile(r"(.*?)[ ,/-]+([A-Z]{2})[ ,-]*(?:CEP:? ?)?([0-9]{5}-[0-9]{3})")
_TOWNS = ((_CANADIAN, "CA"), (_BRAZILIAN, "BR"), (_AMERICAN, None))
"""A town, its province, and its postal code; the last form is used in several countries, which the currency tells."""

_PLACES = {"USD": "US", "MXN": "MX"}
_BETWEEN = " -–·|,"
_MOST_LINES = 5
"""From a name to the end of its address."""

_MOST_ABOVE = 150
"""Lines in which a name is looked for: two pages of them."""

_PITCH = 2.2
"""Heights of a line: how far below one line of an address the next one stands."""


class _Piece(msgspec.Struct, frozen=True):
    """Words that stand together, of one line."""

    page: int
    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        return said(self.words)

    def is_beside(self, other: _Piece) -> bool:
        """Say whether another piece stands on the same line."""
        one, two = self.words[0], other.words[0]
        return self.page == other.page and abs(one.middle - two.middle) <= one.height / 2

    def is_above(self, other: _Piece) -> bool:
        """Say whether another piece goes on under this one."""
        one, two = self.words[0], other.words[0]
        close = 0 < two.middle - one.middle <= _PITCH * max(one.height, two.height)
        return self.page == other.page and close and abs(one.left - two.left) <= 6


def holder_in(lines: Sequence[Line], currency: str) -> Holder | None:
    """Return whose name stands in the lines above the tables; None where none is found for sure."""
    lines = lines[:_MOST_ABOVE]
    pieces = [_Piece(line.page, words) for line in lines for words in line.phrases()]
    for found in (_labelled(pieces), _addressed(pieces), _numbered(pieces)):
        for name, below in found:
            return _holder(name, _address(below, currency), _document(lines, name))
    return None


def _labelled(pieces: Sequence[_Piece]) -> Iterator[tuple[str, list[str]]]:
    """Yield names behind a label and a colon, or under a label, with what stands under them."""
    for place, piece in enumerate(pieces):
        words = piece.words
        for count in range(min(_LONGEST_LABEL, len(words)), 0, -1):
            if not _LABEL.fullmatch(folded(said(words[:count]))):
                continue
            beside = words[count:]
            colon = words[count - 1].text.endswith(":")
            if not beside and colon and place + 1 < len(pieces) and piece.is_beside(pieces[place + 1]):
                beside = pieces[place + 1].words
            if beside and colon and _is_name(said(beside)):
                yield said(beside), _under(pieces, piece)
            elif not beside and not colon:
                below = _stack(pieces, piece)
                if below and _is_name(below[0].text, sure=True):
                    yield below[0].text, [one.text for one in below[1:]]
            break


def _addressed(pieces: Sequence[_Piece]) -> Iterator[tuple[str, list[str]]]:
    """Yield names that stand over an address which ends in a postal code, but not institutions'."""
    for piece in pieces:
        stack = [piece.text, *_under(pieces, piece)]
        ends = next((place for place, text in enumerate(stack) if _town(text)), 0)
        if ends >= 2 and _is_name(stack[0]) and not any(_INSTITUTION.search(folded(t)) for t in stack[1:ends]):
            yield stack[0], stack[1 : ends + 1]


def _numbered(pieces: Sequence[_Piece]) -> Iterator[tuple[str, list[str]]]:
    """Yield names before a tax number, on its line or above it."""
    for place, piece in enumerate(pieces):
        told = piece.text
        found = _TAX.search(told)
        if found is None:
            continue
        if before := told[: found.start()].strip(_BETWEEN):
            near = [before]
        else:
            beside = [one for one in pieces[max(place - 1, 0) : place] if one.is_beside(piece)]
            near = [one.text.strip(_BETWEEN) for one in (*beside, *(one for one in pieces if one.is_above(piece)))]
        yield from ((name, []) for name in near if _is_name(name))


def _stack(pieces: Sequence[_Piece], top: _Piece) -> list[_Piece]:
    """Return what stands under a piece, line below line."""
    found = [top]
    for piece in pieces:
        if found[-1].is_above(piece) and len(found) <= _MOST_LINES + 1:
            found.append(piece)
    return found[1:]


def _under(pieces: Sequence[_Piece], top: _Piece) -> list[str]:
    return [piece.text for piece in _stack(pieces, top)]


def _is_name(text: str, *, sure: bool = False) -> bool:
    """Say whether a text can be somebody's name; `sure` where a label says that it is one."""
    words = text.split()
    bare = folded(text)
    if not (1 if sure else 2) <= len(words) <= 8 or len(text) > 80:
        return False
    if _NO_NAME.search(bare) or (not sure and _INSTITUTION.search(bare)):
        return False
    return all(_WORD.fullmatch(word.strip(",()")) for word in words) and not any(map(str.isdigit, text))


def _town(text: str) -> tuple[str, str, str, str | None] | None:
    """Return city, state, postal code and country of an address's last line."""
    for form, country in _TOWNS:
        if found := form.fullmatch(text.strip()):
            return found[1].strip(" ,-"), found[2], found[3], country
    return None


def _address(below: Sequence[str], currency: str) -> Address | None:
    """Return the address in the lines under a name, as far as its town; None where they name no town."""
    for place, text in enumerate(below[:_MOST_LINES]):
        if (town := _town(text)) is None:
            continue
        city, state, code, country = town
        street, *more = [*below[:place], ""][: max(place, 1)]
        return Address(
            full=", ".join(below[: place + 1]),
            street=street or None,
            district=", ".join(more) or None,
            city=city or None,
            state=state,
            postal_code=code,
            country=country or _PLACES.get(currency),
        )
    return None


def _document(lines: Sequence[Line], name: str) -> tuple[str, str]:
    """Return the tax number that is printed whole beside a name or on a line below it, and its kind."""
    for place, line in enumerate(lines):
        if name not in line.text:
            continue
        for near in lines[place : place + _MOST_LINES]:
            found = _TAX.search(near.text)
            digits = re.sub(r"[^0-9]", "", found[1]) if found else ""
            if found and len(digits) == 11:
                return f"{digits[:3]}.{digits[3:6]}.{digits[6:9]}-{digits[9:]}", "CPF"
            if found and len(digits) == 14:
                return f"{digits[:2]}.{digits[2:5]}.{digits[5:8]}/{digits[8:12]}-{digits[12:]}", "CNPJ"
    return "", ""


def _holder(name: str, address: Address | None, document: tuple[str, str]) -> Holder:
    told = " ".join(name.split()).strip(" ,")
    company = document[1] == "CNPJ"
    return Holder(
        key=f"file/{digest(folded(told))}",
        name=told,
        document=document[0],
        document_kind=document[1],
        company_name=told if company else None,
        addresses=() if address is None else (address,),
    )
