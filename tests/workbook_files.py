"""Makes .xlsx files for tests, down to the XML: honest ones, odd ones and hostile ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

from openpyxl import Workbook
from openpyxl.cell.cell import Cell

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
SPREADSHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"

HEADERS = ("中文姓名", "身分證字號", "生日", "電子郵件", "行動電話")
REQUIRED = HEADERS[:4]

CONTENT_TYPES = (
    f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/>'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{SPREADSHEET_TYPE}.sheet.main+xml"/></Types>'
)


def text(reference: str, content: str) -> str:
    """A cell with a text of its own; without `reference`, one that tells no place."""
    place = f' r="{reference}"' if reference else ""
    return f'<c{place} t="inlineStr"><is><t xml:space="preserve">{content}</t></is></c>'


def header_row(headers: Sequence[str] = HEADERS, row: int = 1) -> str:
    cells = "".join(text(f"{chr(ord('A') + index)}{row}", header) for index, header in enumerate(headers))
    return f'<row r="{row}">{cells}</row>'


def worksheet(rows: str, *, before: str = "", after: str = "", namespace: str = MAIN) -> str:
    """A worksheet part; `before` and `after` stand around the sheet's data."""
    return f'<worksheet xmlns="{namespace}">{before}<sheetData>{rows}</sheetData>{after}</worksheet>'


def workbook_part(
    titles: Sequence[str] = ("校友資料",), *, namespace: str = MAIN, properties: str = ""
) -> str:
    sheets = "".join(
        f'<sheet name="{title}" sheetId="{number}" r:id="rId{number}"/>'
        for number, title in enumerate(titles, 1)
    )
    return (
        f'<workbook xmlns="{namespace}" xmlns:r="{RELATIONS}"><workbookPr {properties}/>'
        f"<sheets>{sheets}</sheets></workbook>"
    )


def relations(*pairs: tuple[str, str]) -> str:
    items = "".join(
        f'<Relationship Id="rId{number}" Type="{RELATIONS}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(pairs, 1)
    )
    return f'<Relationships xmlns="{PACKAGE}/relationships">{items}</Relationships>'


def package_parts(
    sheet: str, *, strings: str | None = None, styles: str | None = None, workbook: str | None = None
) -> dict[str, str]:
    """Part name → XML of a whole workbook with the one sheet part given."""
    kinds = [("worksheet", "worksheets/sheet1.xml")]
    parts = {
        "[Content_Types].xml": CONTENT_TYPES,
        "_rels/.rels": relations(("officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": workbook or workbook_part(),
        "xl/worksheets/sheet1.xml": sheet,
    }
    for kind, name, content in (
        ("sharedStrings", "sharedStrings.xml", strings),
        ("styles", "styles.xml", styles),
    ):
        if content is not None:
            kinds.append((kind, name))
            parts[f"xl/{name}"] = content
    return {**parts, "xl/_rels/workbook.xml.rels": relations(*kinds)}


def write_package(path: Path, parts: Mapping[str, str | bytes]) -> Path:
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def write_rows(path: Path, rows: str, **options: str) -> Path:
    """A workbook whose sheet has the usual headers in row 1 and `rows` (XML) below."""
    return write_package(path, package_parts(worksheet(header_row() + rows), **options))


def date_styles(*codes: str) -> str:
    """A styles part: style 0 is General, style n shows the n-th number format."""
    formats = "".join(
        f'<numFmt numFmtId="{164 + index}" formatCode="{code}"/>' for index, code in enumerate(codes)
    )
    cell_formats = "".join(f'<xf numFmtId="{164 + index}"/>' for index in range(len(codes)))
    return (
        f'<styleSheet xmlns="{MAIN}"><numFmts>{formats}</numFmts>'
        '<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>'
        f'<cellXfs><xf numFmtId="0"/>{cell_formats}</cellXfs></styleSheet>'
    )


def write_with_openpyxl(path: Path, sheets: Mapping[str, Sequence[Sequence[object]]]) -> Path:
    """What another program writes: sheet title → rows of values, texts shared."""
    workbook = Workbook()
    workbook.remove(workbook.active)
    for title, rows in sheets.items():
        sheet = workbook.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
    workbook.save(path)
    return path


def openpyxl_text(cell: Cell) -> bool:
    """Whether openpyxl, as a second witness, takes a cell for text rather than a formula."""
    return cell.data_type == "s"
