"""Files that are no statements, and forms that are no forms: refused with a sentence, and nothing imported."""

from __future__ import annotations

import io
import os
import time
import zipfile

import pytest

from tests.connectors.statements import hostile
from tests.hardening.ground import Ground, Rows, is_own_refusal
from tests.uploading import begun, shown

OFX = b"""OFXHEADER:100
DATA:OFXSGML
<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>%s<BANKACCTFROM><BANKID>001<ACCTID>%s<ACCTTYPE>CHECKING</BANKACCTFROM>
<BANKTRANLIST><STMTTRN><TRNTYPE>CREDIT<DTPOSTED>20260102<TRNAMT>%s<FITID>%s<MEMO>%s</STMTTRN></BANKTRANLIST>
<LEDGERBAL><BALAMT>10.00<DTASOF>20260103</LEDGERBAL></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>"""

LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE OFX [<!ENTITY a "ha">%s]>
<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><BANKTRANLIST><STMTTRN><MEMO>&z;</MEMO></STMTTRN></BANKTRANLIST></STMTRS>
</STMTTRNRS></BANKMSGSRSV1></OFX>""" % b"".join(
    b'<!ENTITY %c "%s">' % (98 + number, b"&%c;" % (97 + number) * 10) for number in range(25)
)
FILES = b"""<?xml version="1.0"?><!DOCTYPE OFX [<!ENTITY x SYSTEM "file:///etc/hostname">]>
<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><BANKTRANLIST><STMTTRN><MEMO>&x;</MEMO></STMTTRN></BANKTRANLIST></STMTRS>
</STMTTRNRS></BANKMSGSRSV1></OFX>"""


def zipped() -> bytes:
    """Return a small archive of ten megabytes of blanks."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("statement.ofx", b" " * 10_000_000)
    return made.getvalue()


NO_STATEMENTS: dict[str, bytes] = {
    "nothing": b"",
    "blanks": b" \r\n" * 1_000,
    "null bytes": b"\x00" * 10_000,
    "a text": b"Dear customer, your statement is attached.",
    "binary": bytes(range(256)) * 400,
    "a web page": b"<!doctype html><html><body>log in</body></html>",
    "JSON": b'{"transactions": []}',
    "PDF": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
    "an archive": zipped(),
    "entities without end": LAUGHS,
    "entities of our files": FILES,
    "tags without end": b"<OFX>" + b"<BANKMSGSRSV1><X>" * 20_000,
    "one tag without end": b"<OFX><STMTTRN" + b" " * 1_000_000,
    "quotes without end": b'"' * 500_000,
    "one line without end": b"a;" * 500_000,
    "a table of no statement": b"name;age\nAna;31\nRui;44\n",
}


@pytest.mark.parametrize("what", NO_STATEMENTS)
def test_what_is_no_statement_is_refused(ground: Ground, unchanged: Rows, what: str) -> None:
    """As a body and as the part of a form, with a sentence that says why."""
    headers = {"x-api-key": ground.client.key}
    content = NO_STATEMENTS[what]
    body = ground.client.http.post("/api/statements", headers=headers, content=content)
    form = ground.client.http.post("/api/statements", headers=headers, files={"file": ("a.ofx", content)})
    for answer in (body, form):
        assert is_own_refusal(answer.status_code, answer.content) is None
        assert answer.json()["error"]["meaning"].startswith("statement.")
        assert os.uname().nodename not in answer.text


@pytest.mark.parametrize("chunked", [False, True], ids=["told", "chunked"])
def test_twenty_megabytes_are_refused(ground: Ground, unchanged: Rows, chunked: bool) -> None:
    """Before they are read where the length is told, and while they are read where it is not."""
    huge = OFX + b" " * (20 * 1024 * 1024)
    content = (huge[at : at + 65_536] for at in range(0, len(huge), 65_536)) if chunked else huge
    answer = ground.client.http.post("/api/statements", headers={"x-api-key": ground.client.key}, content=content)
    assert (answer.status_code, is_own_refusal(answer.status_code, answer.content)) == (413, None)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"--x",
        b"--x--",
        b"--x\r\n\r\n\r\n--x--\r\n",
        b'--x\r\ncontent-disposition: form-data; name="other"\r\n\r\ntext\r\n--x--\r\n',
        b'--x\r\ncontent-disposition: form-data; name="file"; filename="a.csv"\r\n\r\nData;Descr',
        b'--x\r\ncontent-disposition: form-data; name="file"\r\n\r\nno file name\r\n--x--\r\n',
        b"--x\r\nno colon\r\n\r\ntext\r\n--x--\r\n",
        b"--x\r\n: \r\n\r\ntext\r\n--x--\r\n",
        b'--x\r\ncontent-disposition: form-data; name="file"; filename="' + b"a" * 100_000 + b'"\r\n\r\na\r\n--x--\r\n',
        b'--x\r\ncontent-disposition: form-data; name="\xff"; filename="\xff\x00"\r\n\r\na\r\n--x--\r\n',
        b"--y\r\n" * 10_000,
        b"--x\r\n\r\n" * 10_000,
    ],
    ids=range(13),
)  # fmt: skip
def test_a_form_that_is_none_is_refused(ground: Ground, unchanged: Rows, content: bytes) -> None:
    """Forms without a file, forms that break off, and names that go on for ever."""
    headers = {"x-api-key": ground.client.key}
    for boundary in ("; boundary=x", "", "; boundary=", ";boundary=" + "x" * 5_000):
        answer = ground.client.http.post(
            "/api/statements", headers={**headers, "content-type": f"multipart/form-data{boundary}"}, content=content
        )
        assert is_own_refusal(answer.status_code, answer.content) is None, boundary


@pytest.mark.parametrize(
    "query", ["filename=%00", "filename=%ff", "user=%00", "connection=%00", "connection=no-uuid", "connection=",
              "connection=0b7a5c1e-4f2d-4a6b-9c3e-8d1f2a3b4c5d", "connection={item}"]
)  # fmt: skip
def test_a_statement_for_nobody_is_refused(ground: Ground, unchanged: Rows, query: str) -> None:
    """A connection that is not there, that is a bank's, or whose name is none."""
    answer = ground.client.http.post(
        f"/api/statements?{query.format_map(ground.ids)}", headers={"x-api-key": ground.client.key},
        content=OFX % (b"BRL", b"1", b"1.00", b"1", b"x"),
    )  # fmt: skip
    assert is_own_refusal(answer.status_code, answer.content) is None


def test_odd_values_in_a_statement_are_stored_or_named(server_of_each: Ground) -> None:
    """Whatever stands in a file of the right form is imported or refused, on both databases alike."""
    odd = [
        OFX % (b"BRL", b"1", b"1.00", b"1", b"a\x00b"),
        OFX % (b"REAIS-BRASILEIROS", b"1", b"1.00", b"1", b"x"),
        OFX % (b"BRL", b"9" * 5_000, b"1.00", b"1" * 5_000, b"x" * 50_000),
        OFX % (b"BRL", b"1", b"9" * 40, b"1", b"x"),
        OFX % (b"BRL", b"1", b"1e999999999", b"1", b"x"),
        OFX % (b"BRL", b"1", b"NaN", b"1", b"x"),
        OFX % (b"", b"", b"", b"", b""),
        OFX % (b"BRL", b"&#0;&#xd800;", b"1.00", b"&#xdfff;", b"&#x110000;"),
        (OFX % (b"BRL", b"1", b"1.00", b"1", b"x")).replace(b"20260102", b"99991231"),
        (OFX % (b"BRL", b"1", b"1.00", b"1", b"x")).replace(b"20260102", b"00010101"),
    ]  # fmt: skip
    client = server_of_each.client
    for content in odd:
        answer = client.http.post("/api/statements", headers={"x-api-key": client.key}, content=content)
        if answer.status_code != 200:
            assert is_own_refusal(answer.status_code, answer.content) is None, content[:300]
            continue
        for account in answer.json()["accounts"]:
            assert client.get("/v2/transactions", accountId=account["id"])["results"] is not None


def test_a_name_of_any_length_is_looked_at_and_no_more(ground: Ground) -> None:
    """A file's name helps to tell a card from an account; a long one reaches no command line."""
    csv = b"Data;Descricao;Valor\n01/02/2026;Um;10,00\n02/02/2026;Dois;-5,00\n"
    query = {"filename": "a" * 30_000 + "/../../etc/passwd\n--help.csv"}
    answer = ground.client.http.post(
        "/api/statements", headers={"x-api-key": ground.client.key}, params=query, content=csv
    )
    assert answer.status_code == 200
    long = {"file": ("a" * 200_000 + ".csv", csv)}
    answer = ground.client.http.post("/api/statements", headers={"x-api-key": ground.client.key}, files=long)
    assert is_own_refusal(answer.status_code, answer.content) is None or answer.status_code == 200


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"--x",
        b"--x--\r\n",
        b'--x\r\ncontent-disposition: form-data; name="other"; filename="a.csv"\r\n\r\ntext\r\n--x--\r\n',
        b'--x\r\ncontent-disposition: form-data; name="file"; filename="a.csv"\r\n\r\nData;Descr',
        b'--x\r\ncontent-disposition: form-data; name="file"\r\n\r\nno file name\r\n--x--\r\n',
        b"--x\r\nno colon\r\n\r\ntext\r\n--x--\r\n",
        b"--x\r\n" + b"a" * 200_000 + b": b\r\n\r\ntext\r\n--x--\r\n",
        b"--x\r\n\r\n\r\n" * 10_000,
    ],
    ids=range(9),
)
def test_a_form_of_several_files_that_is_none_is_refused(ground: Ground, unchanged: Rows, content: bytes) -> None:
    """Forms without a file, forms that break off, heads that go on for ever; nothing of them is stored."""
    headers = {"x-api-key": ground.client.key}
    for boundary in ("; boundary=x", "", "; boundary=", ";boundary=" + "x" * 5_000):
        answer = ground.client.http.post(
            "/api/uploads", headers={**headers, "content-type": f"multipart/form-data{boundary}"}, content=content
        )
        assert is_own_refusal(answer.status_code, answer.content) is None, boundary
    plain = ground.client.http.post("/api/uploads", headers=headers, content=content)
    assert is_own_refusal(plain.status_code, plain.content) is None


def test_while_hostile_files_are_read_others_are_served(server_of_each: Ground) -> None:
    """All of them at once, for people of their own; requests beside them are answered within moments."""
    client = server_of_each.client
    ids = [begun(client, [("statement.pdf", make())], user=what)["id"] for what, make in hostile.FILES.items()]
    waited, unread = 0.0, set(ids)
    while unread:
        started = time.monotonic()
        client.get("/connectors")
        waited = max(waited, time.monotonic() - started)
        unread = {id for id in unread if shown(client, id)["meaning"].startswith("progress")}
    assert waited < 3, "a request had to wait for a file"
    assert {shown(client, id)["dashboard"]["status"] for id in ids} == {"Ocr Files Integration Failure"}
