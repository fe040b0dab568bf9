"""Institutions by the codes that clients name them by, one for each way to reach the same bank."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import msgspec

from afluente.core.institutions import Institution, Kind


class Row(msgspec.Struct, frozen=True):
    """One code of `institutions.toml`: the bank's name at the central bank, and who stands behind each way."""

    bank: str
    ispb: str
    open_data: str | None = None
    person: str | None = None
    company: str | None = None


class Face(msgspec.Struct, frozen=True):
    """An institution as clients know it; `bank` is its name at the central bank."""

    code: str
    bank: str
    ispb: str
    institution: Institution


@cache
def rows() -> Mapping[str, Row]:
    """Return all codes."""
    text = Path(__file__).with_name("institutions.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), dict[str, Row])


class Directory:
    """Those of the codes whose institutions are there."""

    def __init__(self, institutions: Mapping[str, Institution]) -> None:
        self._institutions = institutions
        self._by_slug: dict[str, Face] = {}
        for code, row in rows().items():
            for slug in (row.open_data, row.person, row.company):
                if slug is not None and slug in institutions:
                    self._by_slug.setdefault(slug, Face(code, row.bank, row.ispb, institutions[slug]))

    def open_data(self, code: str) -> Institution | None:
        """Return the institution that is logged in to with a person's own credentials."""
        row = rows().get(code)
        return self._institutions.get(row.open_data or "") if row else None

    def consenting(self, code: str, *, company: bool) -> Institution | None:
        """Return the institution that is asked for a consent."""
        row = rows().get(code)
        slug = (row.company if company else row.person) if row else None
        return self._institutions.get(slug or "")

    def face(self, slug: str) -> Face:
        """Return an institution as clients know it; one without a code of its own has `000`."""
        known = self._by_slug.get(slug)
        if known is None:
            institution = self._institutions[slug]
            known = self._by_slug[slug] = Face("000", institution.name.upper(), "00000000", institution)
        return known

    def listed(self) -> Iterable[Face]:
        """Yield every way to reach every bank: consents before credentials, by code."""
        for code, row in sorted(rows().items()):
            for slug in (row.person, row.company, row.open_data):
                institution = self._institutions.get(slug or "")
                if institution is not None and institution.online:
                    yield Face(code, row.bank, row.ispb, institution)


def is_company(institution: Institution) -> bool:
    """Tell whether an institution's customers are companies."""
    return institution.kind is Kind.BUSINESS_BANK
