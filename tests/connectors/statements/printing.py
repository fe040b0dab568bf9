"""Makes the files of `printed/` that are not written by hand: `python -m tests.connectors.statements.printing`.

They stand in for statements of banks, whose own hold people's lives. Their layouts are those that banks use, described
in pages, and the producer of each is one that Afluente does not use itself: a browser prints those with an HTML page
beside them, and the typewriter's page is written out here, operator by operator.
"""

import subprocess
import tempfile
from pathlib import Path

PRINTED = Path(__file__).parent / "printed"

TYPEWRITER = """\
                     BANCO DO EXEMPLO S.A.          EXTRATO DE CONTA CORRENTE
 Cliente: COMERCIO DE FERRAGENS ALFA LTDA           Agencia: 1234-5   Conta: 98765-X
 Periodo: 01/05/2024 a 31/05/2024                   Emissao: 03/06/2024

 Dia        Historico                          Documento            Valor R$          Saldo R$
 30/04/2024 Saldo Anterior                                                         2.500,00 C
 02/05/2024 Pix - Recebido                     21.544.887          1.150,25 C
            02/05 09:14 00012345678900 JOSE LIMA
 02/05/2024 Compra com Cartao                       991.203            89,90 D      3.560,35 C
            POSTO TREVO DIADEMA
 06/05/2024 Pagamento de Boleto                      50.601          4.200,00 D        639,65 D
            FORNECEDOR DE ACO SA
 10/05/2024 Deposito em dinheiro                    100.510          3.000,00 C      2.360,35 C
 31/05/2024 Tarifa Pacote de Servicos           813.151.100            62,40 D      2.297,95 C
 31/05/2024 S A L D O                                                               2.297,95 C
"""


def typewriter(text: str) -> bytes:
    """Return text in letters of one width as a PDF of one page, each line placed by its own operator."""
    lines = text.splitlines()
    shown = "".join(
        f"BT /F1 8 Tf 1 0 0 1 30 {800 - 12 * number} Tm ({line.replace('(', '[').replace(')', ']')}) Tj ET\n"
        for number, line in enumerate(lines)
    )
    stream = shown.encode("cp1252")
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[4 0 R]/Count 1>>",
        b"<</Type/Font/Subtype/Type1/BaseFont/Courier/Encoding/WinAnsiEncoding>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 3 0 R>>>>/Contents 5 0 R>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
        b"<</Producer(Mainframe Spool Converter 4.1)/CreationDate(D:20240603101502-03'00')>>",
    ]
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<</Size %d/Root 1 0 R/Info 6 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


def main() -> None:
    """Print every page again; `chromium` has to be on the path."""
    (PRINTED / "br_typewriter.pdf").write_bytes(typewriter(TYPEWRITER))
    for page in sorted(PRINTED.glob("*.html")):
        with tempfile.TemporaryDirectory() as profile:
            subprocess.run(
                [
                    "chromium",
                    "--headless",
                    "--no-sandbox",
                    "--disable-gpu",
                    f"--user-data-dir={profile}",
                    "--no-pdf-header-footer",
                    f"--print-to-pdf={page.with_suffix('.pdf')}",
                    page.as_uri(),
                ],
                check=True,
                capture_output=True,
                timeout=120,
            )


if __name__ == "__main__":
    main()
