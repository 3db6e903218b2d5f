"""Files that would take all memory or time: each is refused with a clear error, within limits of the process."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("limits of a process are those of POSIX", allow_module_level=True)

MEMORY = 3 << 29
SECONDS = 30
READ_ALL = textwrap.dedent(
    f"""
    import resource, sys
    from pathlib import Path
    from florecon_build.host.description import Field
    from florecon_build.sources import Source, SourceError, read

    resource.setrlimit(resource.RLIMIT_DATA, ({MEMORY}, {MEMORY}))
    resource.setrlimit(resource.RLIMIT_CPU, ({SECONDS}, {SECONDS}))
    fields = (
        Field(name="id", base="utf8", kind="text", is_id=True),
        Field(name="amount", base="f64", kind="money", scale=2, is_amount=True),
    )
    numbered = {{"columns": {{"id": {{"row_number": True}}}}}}
    banks = {{".xml", ".ofx", ".qif", ".bai", ".mt940"}}
    for path in sorted(Path(sys.argv[1]).iterdir()):
        source = Source.from_data("bank", numbered if path.suffix in banks else {{}})
        try:
            found = read(source, [path], fields, id_name="id")
        except SourceError as error:
            print(path.name, "refused:", " ".join(str(error).split())[:300], flush=True)
        else:
            print(path.name, "read", found.table.num_rows, flush=True)
    """
)
RELATIONS = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
SHEETS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def spreadsheet(path: Path, rows: str) -> None:
    """A workbook with one sheet of the given rows."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        office = f'<Relationship Id="r1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
        book.writestr("_rels/.rels", RELATIONS.format(office))
        sheet = f'<Relationship Id="r1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
        book.writestr("xl/_rels/workbook.xml.rels", RELATIONS.format(sheet))
        named = '<sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets>'
        book.writestr("xl/workbook.xml", f'<workbook xmlns="{SHEETS}" xmlns:r="{OFFICE}">{named}</workbook>')
        book.writestr(
            "xl/worksheets/sheet1.xml", f'<worksheet xmlns="{SHEETS}"><sheetData>{rows}</sheetData></worksheet>'
        )


def corners(path: Path) -> None:
    """Two cells in the opposite corners of a sheet: 17 billion cells between them."""
    cell = '<row r="{row}"><c r="{name}{row}"><v>1</v></c></row>'
    spreadsheet(path, cell.format(row=1, name="A") + cell.format(row=1_048_576, name="XFD"))


def repeated(path: Path) -> None:
    """One cell of an OpenDocument sheet, repeated along and down."""
    cell = '<table:table-cell office:value-type="float" office:value="1" table:number-columns-repeated="16384"/>'
    row = f'<table:table-row table:number-rows-repeated="1048576">{cell}</table:table-row>'
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table")
    )
    body = f'<office:body><office:spreadsheet><table:table table:name="S">{row}</table:table>'
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        book.writestr("META-INF/manifest.xml", f"<manifest:manifest {spaces}/>")
        content = f"<office:document-content {spaces}>{body}</office:spreadsheet></office:body>"
        book.writestr("content.xml", f"{content}</office:document-content>")


def bomb(path: Path) -> None:
    """A part of 220 MiB of spaces in a package of 220 KiB."""
    spreadsheet(path, "")
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as book, book.open("xl/sharedStrings.xml", "w") as part:
        for _ in range(220):
            part.write(b" " * (1 << 20))


def lie(path: Path) -> None:
    """A package whose directory says that a large part is small."""
    spreadsheet(path, " " * (8 << 20))
    content = path.read_bytes()
    with zipfile.ZipFile(path) as book:
        size = book.getinfo("xl/worksheets/sheet1.xml").file_size
    path.write_bytes(content.replace(size.to_bytes(4, "little"), (1000).to_bytes(4, "little")))


ENTITIES = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "x" * 10}">' for n in range(10))
FILES: dict[str, tuple[str | bytes, str]] = {
    "columns.csv": (",".join(f"c{n}" for n in range(1_000_000)) + "\n1\n", "headers"),
    "columns.jsonl": ("{" + ",".join(f'"c{n}":1' for n in range(60_000)) + "}\n", "more than 16,384 keys"),
    "cut.xlsx": (b"PK\x03\x04" + b"\x00" * 500, "no readable spreadsheet"),
    "deep.json": ("[" * 1_000_000, "deep.json:1:"),
    "deep.xml": ("<a>" * 1_000_000, "in more than 64 levels"),
    "encoding.mt940": (
        b"\xff\xfe" + ":20:X\n".encode("utf-16-le") + b"\x00\xd8:\x00",
        "is not utf-16 declare encoding",
    ),
    "entities.ofx": (f"<?xml version='1.0'?><!DOCTYPE OFX [{ENTITIES}]><OFX>&e9;</OFX>", "a document type declaration"),
    "entities.xml": (f"<!DOCTYPE Document [{ENTITIES}]><Document>&e9;</Document>", "a document type declaration"),
    "external.xml": (
        '<!DOCTYPE Document [<!ENTITY e SYSTEM "file:///etc/passwd">]><Document>&e;</Document>',
        "a document type declaration",
    ),
    "line.qif": ("!Type:Bank\nM" + "x" * (40 << 20), "line.qif:2: a line of 1,048,576 letters"),
    "nul.bai": (b"01,A\x00B,,,,,,,2/\n", "nul.bai:1: NUL characters"),
    "nul.csv": (b"id,amount\n" + b"".join(b"%d,2\n" % n for n in range(200_000)) + b"2\x00,3\n", "nul.csv:200002: NUL"),
    "nul.qif": (b"!Type:Bank\nD1/2/2026\nP\x00\n^\n", "nul.qif:3: NUL characters"),
    "text.parquet": ("id,amount\n", "cannot be read"),
    "wide.bai": ("01,A,B,260401,,1,,,2/\n" + "88,x\n" * 50_000, "more than 10,000 continuations"),
    "wide.xml": ("<Document><BkToCstmrStmt><Stmt>" + "<Bal/>" * 500_000, "of more text than a bank file has"),
}
MADE = {
    "bomb.xlsx": (bomb, "so it is not opened"),
    "corners.xlsx": (corners, "spans 17,179,869,184 cells"),
    "lie.xlsx": (lie, "no readable spreadsheet: Bad CRC-32"),
    "repeated.ods": (repeated, "spans 17,179,869,184 cells"),
}


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What one process under limits says of each file."""
    folder = tmp_path_factory.mktemp("hostile")
    for name, (content, _) in FILES.items():
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    for name, (make, _) in MADE.items():
        make(folder / name)
    run = subprocess.run(
        [sys.executable, "-c", READ_ALL, str(folder)], capture_output=True, text=True, timeout=300, check=False
    )
    assert run.returncode == 0, run.stderr[-2000:]
    return dict(line.split(" ", 1) for line in run.stdout.splitlines())


@pytest.mark.slow
@pytest.mark.parametrize("name", [*FILES, *MADE])
def test_hostile_file_is_refused_within_bounds(answers: dict[str, str], name: str) -> None:
    says = FILES[name][1] if name in FILES else MADE[name][1]
    assert answers[name].startswith("refused:")
    assert says in answers[name]
