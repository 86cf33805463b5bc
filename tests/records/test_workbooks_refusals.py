"""Every workbook that is refused: the sentence a person reads, and a server that lives on."""

from __future__ import annotations

import struct
import time
from pathlib import Path
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_STORED, ZipFile

import pytest

from records.workbooks import sandbox
from records.workbooks.reader import WorkbookRefused, read_sheet
from records.workbooks.refusals import SENTENCES
from tests.workbook_files import (
    CONTENT_TYPES,
    HEADERS,
    MAIN,
    REQUIRED,
    header_row,
    package_parts,
    text,
    worksheet,
    write_package,
    write_rows,
    write_with_openpyxl,
)

COMPOUND_FILE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
GOOD = worksheet(header_row())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "校友.xlsx"


def refusal(path: Path, **options) -> WorkbookRefused:
    """The refusal of a file, wherever it comes: on opening or among the rows."""
    with pytest.raises(WorkbookRefused) as caught:
        list(read_sheet(path, **{"headers": HEADERS, "required": REQUIRED, **options}).rows)
    assert caught.value.sentence.endswith(("。", "）。"))
    assert "%(" not in caught.value.sentence
    return caught.value


def with_parts(path: Path, **parts: str | bytes) -> Path:
    """A good workbook with some parts added or replaced; `__` in a name stands for "/"."""
    return write_package(path, {**package_parts(GOOD), **{k.replace("__", "/"): v for k, v in parts.items()}})


# the gate


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.xlsx", b"", "empty"),
        ("a.csv", b"name,id", "wrong_suffix"),
        ("a", b"PK\x03\x04", "wrong_suffix"),
        ("a.xls", COMPOUND_FILE, "old_xls"),
        ("a.xlsm", b"PK\x03\x04", "macro"),
        ("a.xlsb", b"PK\x03\x04", "binary_workbook"),
        ("a.xlsx", COMPOUND_FILE + bytes(600), "old_xls"),
        ("a.xlsx", COMPOUND_FILE + bytes(600) + "EncryptedPackage".encode("utf-16-le"), "password"),
        ("a.xlsx", b"%PDF-1.7", "not_xlsx"),
        ("a.xlsx", b"<html><table></table></html>", "not_xlsx"),
        ("a.xlsx", b"\xef\xbb\xbfname,id", "not_xlsx"),
        ("a.xlsx", b"PK\x05\x06" + bytes(18), "not_xlsx"),
        ("a.xlsx", b"PK\x03\x04" + bytes(60), "broken"),
    ],
)
def test_a_file_that_is_no_workbook_is_told_what_it_is(tmp_path, name, content, code):
    path = tmp_path / name
    path.write_bytes(content)
    assert refusal(path).code == code


def test_the_owners_name_of_the_file_counts_not_the_servers(path):
    path.write_bytes(b"name,id")
    assert refusal(path, name="名單.csv").code == "wrong_suffix"
    assert "「.csv」" in refusal(path, name="名單.csv").sentence
    assert "「.c□v」" in refusal(path, name="名單.c\ud800v").sentence


def test_a_file_over_the_size_limit_is_refused_with_both_sizes(path):
    path.write_bytes(b"PK\x03\x04" + bytes(1024 * 1024))
    assert "1.1 MB，超過上限 1 MB" in refusal(path, max_bytes=1024 * 1024).sentence


# the package


def test_a_macro_is_refused_by_part_name_and_by_content_type(path):
    assert refusal(with_parts(path, xl__vbaProject_bin="x")).code == "macro"
    types = CONTENT_TYPES.replace(
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main",
        "application/vnd.ms-excel.sheet.macroEnabled.main",
    )
    assert refusal(with_parts(path, **{"[Content_Types].xml": types})).code == "macro"


@pytest.mark.parametrize(
    "name", ["../evil.xml", "/etc/passwd", "xl/../../evil.xml", "C:\\evil.xml", "XL/WORKBOOK.xml"]
)
def test_suspicious_part_names_are_refused(path, name):
    assert refusal(write_package(path, {**package_parts(GOOD), name: "x"})).code == "part_names"


def test_too_many_parts_are_refused(path):
    parts = {f"xl/media/{number}.png": "x" for number in range(201)}
    assert refusal(write_package(path, {**package_parts(GOOD), **parts})).code == "too_many_parts"


def test_a_bomb_is_refused_by_its_ratio(path):
    bomb = worksheet(header_row() + " " * 50_000_000)
    assert refusal(write_package(path, package_parts(bomb))).code == "ratio"
    assert path.stat().st_size < 100_000


def test_an_honest_looking_bomb_is_refused_by_its_sum(path):
    noise = (
        "".join(chr(33 + number * number % 89) for number in range(3_000_000))
        .replace("<", "")
        .replace("&", "")
    )
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for name, part in package_parts(GOOD).items():
            archive.writestr(name, part)
        archive.writestr("xl/media/a.png", noise)
    content = bytearray(path.read_bytes())
    # The directory claims 450 MB for the picture, at a ratio that passes.
    entry = content.rindex(b"PK\x01\x02", 0, content.rindex(b"xl/media/a.png"))
    content[entry + 20 : entry + 28] = struct.pack("<II", 100_000_000, 450_000_000)
    path.write_bytes(content)
    assert refusal(path).code == "too_big_unpacked"


def test_an_encrypted_part_is_refused_as_a_password(path):
    with_parts(path)
    content = bytearray(path.read_bytes())
    entry = content.index(b"PK\x01\x02")
    content[entry + 8] |= 1
    path.write_bytes(content)
    assert refusal(path).code == "password"


def test_an_unusual_compression_is_refused(path):
    with ZipFile(path, "w", ZIP_BZIP2) as archive:
        for name, part in package_parts(GOOD).items():
            archive.writestr(name, part)
    assert refusal(path).code == "broken"


@pytest.mark.parametrize(
    "part",
    ["xl/worksheets/sheet1.xml", "xl/workbook.xml", "[Content_Types].xml", "xl/_rels/workbook.xml.rels"],
)
def test_a_document_type_is_refused_in_any_part_that_is_read(path, part):
    parts = package_parts(GOOD)
    entities = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b SYSTEM "file:///etc/passwd">]>'
    assert refusal(write_package(path, {**parts, part: entities + parts[part]})).code == "doctype"
    assert (
        refusal(write_package(path, {**parts, part: (entities + parts[part]).encode("utf-16")})).code
        == "doctype"
    )
    assert (
        refusal(write_package(path, {**parts, part: '<!DOCTYPE x SYSTEM "http://x/y">' + parts[part]})).code
        == "doctype"
    )


@pytest.mark.parametrize(
    "parts",
    [
        {"[Content_Types].xml": "<not closed"},
        {"xl/worksheets/sheet1.xml": GOOD[:-30]},
        {"xl/worksheets/sheet1.xml": b"\xff\xfe\x00"},
        {"xl/worksheets/sheet1.xml": '<?xml version="1.0" encoding="big5"?>' + GOOD},
        {"xl/worksheets/sheet1.xml": '<?xml version="1.0" encoding="no-such"?>' + GOOD},
        {"xl/worksheets/sheet1.xml": GOOD.replace("<worksheet", "<worksheet x='&undefined;'")},
        {"xl/workbook.xml": f'<workbook xmlns="{MAIN}"><workbookPr'},
        {"_rels/.rels": "<Relationships/>"},
    ],
)
def test_broken_xml_is_refused_as_broken(path, parts):
    assert refusal(write_package(path, {**package_parts(GOOD), **parts})).code == "broken"


@pytest.mark.parametrize(
    "missing", ["xl/workbook.xml", "_rels/.rels", "xl/worksheets/sheet1.xml", "xl/_rels/workbook.xml.rels"]
)
def test_a_missing_part_is_refused_as_broken(path, missing):
    parts = package_parts(GOOD)
    del parts[missing]
    assert refusal(write_package(path, parts)).code == "broken"


def test_another_zip_file_is_told_apart(path):
    assert refusal(write_package(path, {"word.txt": "x"})).code == "not_xlsx"


def test_a_cut_off_file_is_refused_as_broken(path):
    with_parts(path)
    path.write_bytes(path.read_bytes()[:-200])
    assert refusal(path).code == "broken"


def test_a_garbled_part_is_refused_as_broken(path):
    with_parts(path)
    content = bytearray(path.read_bytes())
    place = content.index(b"xl/worksheets/sheet1.xml") + 60
    content[place : place + 20] = bytes(20)
    path.write_bytes(content)
    assert refusal(path).code == "broken"


# the sheet


@pytest.mark.parametrize(
    ("rows", "code", "word"),
    [
        (f'<row r="1048576">{text("XFD1048576", "x")}</row>', "far_cell", "XFD1048576"),
        (f'<row r="200001">{text("A200001", "x")}</row>', "far_cell", "A200001"),
        (f'<row r="2">{text("GS2", "x")}</row>', "far_cell", "GS2"),
        (f'<row r="2">{text("A" * 5000 + "2", "x")}</row>', "broken", ""),
        (f'<row r="2">{text("A3", "x")}</row>', "broken", ""),
        (f'<row r="2">{text("A0", "x")}</row>', "broken", ""),
        (f'<row r="x">{text("A2", "x")}</row>', "broken", ""),
        (f'<row r="2">{text("A2", "x")}</row>' * 2, "row_order", "第 2 列"),
        (f'<row r="2">{text("A2", "x")}{text("A2", "y")}</row>', "cell_order", "A2"),
        (f'<row r="2">{text("B2", "x")}{text("A2", "y")}</row>', "cell_order", "A2"),
        ('<row r="2"><c r="A2" t="s"><v>0</v></c></row>', "broken", ""),
        ('<row r="2"><c r="A2" t="s"><v>-1</v></c></row>', "broken", ""),
        (f'<row r="2">{text("A2", "長" * 200_001)}</row>', "long_text", "A2"),
        (f'<row r="2"><c r="A2"><f>{"1+" * 100_001}</f></c></row>', "long_text", "A2"),
    ],
)
def test_a_sheet_that_excel_would_not_write_is_refused_with_the_place(path, rows, code, word):
    refused = refusal(write_rows(path, rows))
    assert refused.code == code
    assert word in refused.sentence


def test_blank_formatted_cells_far_away_are_no_reason_to_refuse(path):
    far = '<c r="XFD2" s="0"/></row><row r="1048576"><c r="A1048576" s="0"/></row>'
    write_rows(path, f'<row r="2">{text("A2", "x")}{far}')
    assert len(list(read_sheet(path, headers=HEADERS, required=REQUIRED).rows)) == 1


def test_missing_required_headers_are_named_with_sheet_and_row(path):
    write_with_openpyxl(path, {"資料": [("名冊",), ("中文姓名", "生日", "行動電話")]})
    refused = refusal(path)
    assert refused.code == "missing_headers"
    assert "「資料」第 2 列" in refused.sentence
    assert "身分證字號、電子郵件" in refused.sentence


def test_a_sheet_without_a_header_row_is_refused_naming_what_it_needs(path):
    write_with_openpyxl(path, {"資料": [("王小明", "A123456789")], "說明": [HEADERS]})
    refused = refusal(path)
    assert refused.code == "no_header_row"
    assert "中文姓名、身分證字號、生日、電子郵件" in refused.sentence
    assert "A123456789" not in refused.sentence


def test_headers_below_the_tenth_row_are_not_looked_for(path):
    write_with_openpyxl(path, {"資料": [*[("x",)] * 10, HEADERS]})
    assert refusal(path).code == "no_header_row"


def test_doubled_headers_are_refused_with_the_letters_of_their_columns(path):
    write_with_openpyxl(path, {"資料": [(*HEADERS, "生日（必填）", "x", "生日")]})
    refused = refusal(path)
    assert refused.code == "doubled_headers"
    assert "生日（C、F、H 欄）" in refused.sentence


def test_a_file_of_our_help_sheets_alone_is_refused(path):
    write_with_openpyxl(path, {"說明": [HEADERS], "範例": [HEADERS]})
    assert refusal(path).code == "no_sheet"


# the process


def test_more_memory_than_allowed_is_refused(path, monkeypatch):
    less = "from records.workbooks import limits; limits.MEMORY_BYTES = 100 << 20; from records"
    monkeypatch.setattr(sandbox, "_START", sandbox._START.replace("from records", less))
    parts = package_parts(GOOD, strings=f'<sst xmlns="{MAIN}"><si><t>{"x" * 50_000_000}</t></si></sst>')
    with ZipFile(path, "w", ZIP_STORED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    assert refusal(path, max_bytes=100 << 20).code == "too_heavy"


def test_a_text_shared_by_many_cells_does_not_multiply_without_end(path):
    strings = f'<sst xmlns="{MAIN}"><si><t>{"長" * 190_000}</t></si></sst>'
    cells = "".join(
        f'<row r="{row}">'
        + "".join(f'<c r="{letter}{row}" t="s"><v>0</v></c>' for letter in "ABCDE")
        + "</row>"
        for row in range(2, 202)
    )
    assert refusal(write_rows(path, cells, strings=strings)).code == "too_big_unpacked"


def test_a_child_that_is_too_slow_is_ended(path, monkeypatch):
    monkeypatch.setattr(sandbox, "_START", "import time; time.sleep(60)")
    with_parts(path)
    started = time.monotonic()
    assert refusal(path, timeout=0.3).code == "too_slow"
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    ("program", "code"),
    [
        ("import os; os.abort()", "broken"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "too_heavy"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGXCPU)", "too_slow"),
        ("raise SystemExit(3)", "broken"),
        ("print('[2, [')", "broken"),
        ("print('x' * 70_000_000)", "too_heavy"),
    ],
)
def test_a_child_that_dies_is_a_refusal_and_the_next_file_is_read(path, monkeypatch, program, code):
    with_parts(path)
    with monkeypatch.context() as patched:
        patched.setattr(sandbox, "_START", program)
        assert refusal(path).code == code
    assert list(read_sheet(path, headers=HEADERS, required=REQUIRED).rows) == []


def test_a_child_that_dies_among_the_rows_is_a_refusal(path):
    write_with_openpyxl(path, {"a": [HEADERS, *[("王小明", "x" * 200)] * 20_000]})
    sheet = read_sheet(path, headers=HEADERS, required=REQUIRED)
    next(sheet.rows)
    sheet._child._process.kill()
    with pytest.raises(WorkbookRefused):
        list(sheet.rows)


def test_processor_time_is_limited(path, monkeypatch):
    program = sandbox._START.replace("main()", "restrict(1)\nwhile True: pass").replace(
        "import main", "import restrict"
    )
    monkeypatch.setattr(sandbox, "_START", program)
    with_parts(path)
    started = time.monotonic()
    assert refusal(path, timeout=20).code == "too_slow"
    assert time.monotonic() - started < 10


@pytest.mark.parametrize(
    ("act", "is_possible"),
    [
        ("bytearray(100 << 20)", True),
        ("bytearray(2 << 30)", False),
        ("os.write(os.open('x', os.O_CREAT | os.O_WRONLY), b'x')", False),
        ("os.open('.', os.O_RDONLY)", True),
        ("[os.dup(0) for _ in range(40)]", False),
    ],
)
def test_the_child_has_given_up_what_it_does_not_need(path, monkeypatch, tmp_path, act, is_possible):
    afterwards = 'print(\'{"refused": "empty", "params": {}}\')'
    program = sandbox._START.replace("import main", "import restrict").replace(
        "main()", f"restrict(5); import os; os.chdir({str(tmp_path)!r}); {act}; {afterwards}"
    )
    monkeypatch.setattr(sandbox, "_START", program)
    assert refusal(with_parts(path)).code == ("empty" if is_possible else "broken")


def test_every_sentence_is_a_whole_sentence_with_nothing_to_fill_in_left():
    for sentence in SENTENCES.values():
        assert str(sentence).endswith("。")
