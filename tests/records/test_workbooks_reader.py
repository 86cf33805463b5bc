"""Reading a workbook: which sheet and columns, which types, which remarks."""

from __future__ import annotations

import datetime
import os
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from openpyxl import Workbook

from records.cells import NOTE, WARNING, ErrorCell, FormulaCell
from records.workbooks.reader import Sheet, WorkbookRefused, read_sheet
from records.workbooks.writer import write_sheet
from tests.workbook_files import (
    HEADERS,
    MAIN,
    REQUIRED,
    STRICT,
    date_styles,
    header_row,
    package_parts,
    text,
    workbook_part,
    worksheet,
    write_package,
    write_rows,
    write_with_openpyxl,
)

PERSON = ("王小明", "A123456789", "1989-05-06", "ming@example.com", "0912-345678")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "校友.xlsx"


def read(path: Path, **options) -> tuple[Sheet, list]:
    sheet = read_sheet(path, **{"headers": HEADERS, "required": REQUIRED, **options})
    return sheet, list(sheet.rows)


def padded(cells: tuple) -> list:
    """A row as wide as the headers."""
    return [*cells, *[None] * (len(HEADERS) - len(cells))]


def codes(sheet: Sheet) -> list[str]:
    return [note.code for note in sheet.notes]


def only_cell(path: Path, cell: str, **options: str) -> object:
    """What is read from one cell element in A2."""
    _, rows = read(write_rows(path, f'<row r="2">{cell}{text("B2", "x")}</row>', **options))
    return rows[0][1][0]


# which sheet, which row, which columns


def test_rows_come_with_their_number_in_the_sheet_and_blank_rows_are_left_out(path):
    blank = ("", "　", None, " ", "")
    write_with_openpyxl(path, {"校友資料": [HEADERS, PERSON, blank, (), PERSON]})
    sheet, rows = read(path)
    assert rows == [(2, list(PERSON)), (5, list(PERSON))]
    assert (sheet.title, sheet.columns, sheet.row_count, sheet.notes) == ("校友資料", list(HEADERS), 2, [])


def test_columns_may_stand_in_any_order_and_unknown_ones_are_named(path):
    write_with_openpyxl(path, {"a": [(*reversed(HEADERS), "血型", "原因"), (*reversed(PERSON), "O", "x")]})
    sheet, rows = read(path, ignored=["原因"])
    assert rows == [(2, list(PERSON))]
    assert [(note.level, note.code) for note in sheet.notes] == [(WARNING, "unknown_headers")]
    assert "血型" in sheet.notes[0].message
    assert "原因" not in sheet.notes[0].message


def test_a_missing_optional_column_is_named_and_its_cells_are_none(path):
    write_with_openpyxl(path, {"a": [HEADERS[:4], PERSON[:4]]})
    sheet, rows = read(path)
    assert rows == [(2, [*PERSON[:4], None])]
    assert sheet.columns == list(HEADERS[:4])
    assert "行動電話" in sheet.notes[0].message


@pytest.mark.parametrize(
    "header",
    [
        "＊中文姓名",
        " 中文 姓名 ",
        "中文\n姓名",
        "中文姓名（必填）",
        "中文姓名*",
        "\ufeff中文姓名\u200b",
        "【必填】中文姓名",
    ],
)
def test_headers_match_in_spite_of_blanks_and_marks(path, header):
    write_with_openpyxl(path, {"a": [(header, *HEADERS[1:]), PERSON]})
    assert read(path)[1] == [(2, list(PERSON))]


def test_foreign_names_are_fit_to_be_shown_and_stored(path):
    header = text("F1", "_xD800__x0000_血型_x000A_" + "長" * 100)
    row = header_row().replace("</row>", f"{header}</row>")
    parts = package_parts(worksheet(row), workbook=workbook_part(["_xDFFF__x0001_名冊"]))
    sheet, _ = read(write_package(path, parts))
    assert sheet.title == "□□名冊"
    assert "□□血型 長" in sheet.notes[0].message
    assert "長" * 30 not in sheet.notes[0].message


def test_title_rows_above_the_headers_are_skipped_with_a_remark(path):
    write_with_openpyxl(path, {"a": [("國立臺灣海洋大學 校友資料",), ("中文姓名",), HEADERS, PERSON]})
    sheet, rows = read(path)
    assert rows == [(4, list(PERSON))]
    assert (sheet.notes[0].level, sheet.notes[0].code) == (NOTE, "header_row")
    assert "第 3 列" in sheet.notes[0].message


def test_the_visible_sheet_that_has_rows_is_read_and_the_others_named(path):
    workbook = Workbook()
    for title in ("封面", "範例", "空白", "資料", "備份", "備忘"):
        sheet = workbook.create_sheet(title)
        if title not in ("封面", "備忘"):
            sheet.append(HEADERS)
            if title != "空白":
                sheet.append((title, *PERSON[1:]))
    workbook["備份"].sheet_state = "hidden"
    workbook.remove(workbook["Sheet"])
    workbook.save(path)
    sheet, rows = read(path)
    assert (sheet.title, rows[0][1][0]) == ("資料", "資料")
    messages = {note.code: note.message for note in sheet.notes}
    assert "備份" in messages["hidden_sheets"]
    assert "封面、空白、備忘" in messages["other_sheets"]


def test_a_wish_that_only_one_sheet_has_rows_is_said_naming_all_that_have(path):
    write_with_openpyxl(
        path, {"上學期": [HEADERS, PERSON], "封面": [("x",)], "下學期": [HEADERS, (), PERSON]}
    )
    with pytest.raises(WorkbookRefused, match="上學期、下學期") as caught:
        read(path)
    assert caught.value.code == "several_sheets"


@pytest.mark.parametrize(
    "below",
    [
        ("合　計", None, 3),
        ("共 1,203 人",),
        ("共三筆",),
        (None, "製表人：林一中", None, "主管："),
        ("※承辦人",),
        ("以下空白",),
        ("備註：名單依學號排列",),
        ("第 1 頁",),
        ("總計", FormulaCell("=COUNTA(A2:A3)", 2)),
    ],
)
def test_totals_and_signatures_below_the_list_are_no_people(path, below):
    write_sheet(path, headers=HEADERS, rows=[PERSON, padded(below)], formulas=True)
    sheet, rows = read(path)
    assert rows == [(2, list(PERSON))]
    assert codes(sheet) == ["summary_rows"]
    assert "第 3 列" in sheet.notes[0].message


@pytest.mark.parametrize(
    "person",
    [
        ("王合計", None, None, None, None),
        ("計共三", "A123456789"),
        ("總計", "A123456789"),
        ("共三", None, "1989-05-06", "ming@example.com"),
        ("說明",),
        (None, None, "1989-05-06"),
    ],
)
def test_a_row_with_little_in_it_is_still_somebody(path, person):
    write_sheet(path, headers=HEADERS, rows=[PERSON, padded(person)])
    sheet, rows = read(path)
    assert [number for number, _ in rows] == [2, 3]
    assert codes(sheet) == []


def test_contents_without_a_header_are_named_by_column(path):
    write_with_openpyxl(
        path, {"a": [(*HEADERS, None, "血型"), (*PERSON, "x", "O"), (*PERSON, " ", "A", "y")]}
    )
    sheet, _ = read(path)
    messages = {note.code: note.message for note in sheet.notes}
    assert "第 F、H 欄" in messages["headless_columns"]


def test_hidden_rows_and_columns_and_merged_cells_are_remarked_on(path):
    workbook = Workbook()
    sheet = workbook.active
    sheet.append(HEADERS)
    for _ in range(3):
        sheet.append(PERSON)
    sheet.row_dimensions[3].hidden = True
    sheet.column_dimensions["D"].hidden = True
    sheet.merge_cells("E3:E4")
    workbook.save(path)
    read_back, rows = read(path)
    assert len(rows) == 3
    assert codes(read_back) == ["hidden_columns", "hidden_rows", "merged_cells"]
    assert all(note.level == WARNING for note in read_back.notes)
    messages = {note.code: note.message for note in read_back.notes}
    assert "電子郵件" in messages["hidden_columns"]
    assert "第 3 列" in messages["hidden_rows"]
    assert "E3:E4" in messages["merged_cells"]


# types


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ('<c r="A2"><v>957001</v></c>', 957001),
        ('<c r="A2" t="n"><v>-5</v></c>', -5),
        ('<c r="A2"><v>912345678901234567</v></c>', 912345678901234567),
        ('<c r="A2"><v>1.5</v></c>', 1.5),
        ('<c r="A2"><v>9.12345678E8</v></c>', 912345678.0),
        ('<c r="A2"><v>1e999</v></c>', "1e999"),
        ('<c r="A2"><v>nan</v></c>', "nan"),
        ('<c r="A2"><v>1_000</v></c>', "1_000"),
        ('<c r="A2" t="b"><v>1</v></c>', True),
        ('<c r="A2" t="b"><v>0</v></c>', False),
        ('<c r="A2" t="e"><v>#N/A</v></c>', ErrorCell("#N/A")),
        ('<c r="A2" t="str"><v>#N/A</v></c>', "#N/A"),
        ('<c r="A2" t="d"><v>1989-05-06T00:00:00</v></c>', datetime.date(1989, 5, 6)),
        ('<c r="A2" t="d"><v>1989-05-06T07:08:09Z</v></c>', datetime.datetime(1989, 5, 6, 7, 8, 9)),
        ('<c r="A2" t="d"><v>78.5.6</v></c>', "78.5.6"),
        ('<c r="A2" s="1"/>', None),
        ('<c r="A2"><v/></c>', ""),
        (text("A2", "a&#10;b"), "a\nb"),
        (text("A2", "0912"), "0912"),
        (text("A2", "=1+1"), "=1+1"),
        (text("A2", "_x0041__x000D__x0000__xD800_"), "A\r\x00\ud800"),
        (text("A2", "_x005F_x000D_ _x00_ _xZZZZ_"), "_x000D_ _x00_ _xZZZZ_"),
        (
            '<c r="A2" t="inlineStr"><is><r><t>王</t></r><r><t>小明</t></r><rPh><t>ㄨㄤ</t></rPh></is></c>',
            "王小明",
        ),
        ('<c r="A2"><f>1+1</f><v>2</v></c>', FormulaCell("=1+1", 2)),
        ('<c r="A2"><f>VLOOKUP(1,B:B,1)</f></c>', FormulaCell("=VLOOKUP(1,B:B,1)", None)),
        ('<c r="A2"><f>1+1</f><v></v></c>', FormulaCell("=1+1", None)),
        ('<c r="A2" t="n"><f>1+1</f><v/></c>', FormulaCell("=1+1", None)),
        ('<c r="A2" t="str"><f>IF(1,"")</f><v></v></c>', FormulaCell('=IF(1,"")', "")),
        ('<c r="A2" t="str"><f>B1&amp;"明"</f><v>王明</v></c>', FormulaCell('=B1&"明"', "王明")),
        ('<c r="A2" t="e"><f>1/0</f><v>#DIV/0!</v></c>', FormulaCell("=1/0", ErrorCell("#DIV/0!"))),
        ('<c r="A2"><f t="shared" si="0"/><v>3</v></c>', FormulaCell("=", 3)),
    ],
)
def test_a_cell_keeps_its_type(path, cell, value):
    read_value = only_cell(path, cell)
    expected = None if value == "" else value
    assert read_value == expected
    assert type(read_value) is type(expected)


@pytest.mark.parametrize(
    ("style", "serial", "value"),
    [
        (1, "32634", datetime.date(1989, 5, 6)),
        (2, "32634", datetime.date(1989, 5, 6)),
        (3, "32634.5", datetime.datetime(1989, 5, 6, 12)),
        (3, "0.5", datetime.time(12)),
        (1, "1", datetime.date(1900, 1, 1)),
        (1, "59", datetime.date(1900, 2, 28)),
        (1, "60", 60),
        (1, "61", datetime.date(1900, 3, 1)),
        (1, "0", 0),
        (1, "-1", -1),
        (1, "780506", datetime.date(4036, 12, 12)),
        (1, "2958465", datetime.date(9999, 12, 31)),
        (1, "2958466", 2958466),
        (4, "32634", 32634),
        (5, "32634", 32634),
        (0, "32634", 32634),
    ],
)
def test_a_number_shown_as_a_date_is_a_date(path, style, serial, value):
    styles = date_styles(
        "yyyy/m/d",
        "[$-404]e&quot;年&quot;m&quot;月&quot;d&quot;日&quot;",
        "h:mm:ss",
        "[h]:mm",
        "[Red]0.0&quot;day&quot;",
    )
    read_value = only_cell(path, f'<c r="A2" s="{style}"><v>{serial}</v></c>', styles=styles)
    assert read_value == value
    assert type(read_value) is type(value)


def test_the_east_asian_date_formats_are_known_by_number(path):
    styles = (
        f'<styleSheet xmlns="{MAIN}"><cellXfs><xf numFmtId="0"/><xf numFmtId="27"/></cellXfs></styleSheet>'
    )
    assert only_cell(path, '<c r="A2" s="1"><v>32634</v></c>', styles=styles) == datetime.date(1989, 5, 6)


def test_the_calendar_of_1904_is_honoured(path):
    options = {"styles": date_styles("yyyy/m/d"), "workbook": workbook_part(properties='date1904="1"')}
    assert only_cell(path, '<c r="A2" s="1"><v>31172</v></c>', **options) == datetime.date(1989, 5, 6)


def test_shared_texts_join_their_runs_and_leave_out_reading_aids(path):
    runs = "<r><t>王</t></r><r><t> 小明</t></r><rPh><t>ㄨㄤ</t></rPh>"
    strings = f'<sst xmlns="{MAIN}"><si>{runs}</si></sst>'
    assert only_cell(path, '<c r="A2" t="s"><v>0</v></c>', strings=strings) == "王 小明"


def test_cells_and_rows_that_tell_no_place_follow_one_another(path):
    cells = "".join(text("", content) for content in PERSON)
    sheet = worksheet(f"<row>{''.join(text('', header) for header in HEADERS)}</row><row>{cells}</row>")
    write_package(path, package_parts(sheet))
    assert read(path)[1] == [(2, list(PERSON))]


def test_a_prefixed_namespace_is_read(path):
    sheet = worksheet(header_row() + f'<row r="2">{text("A2", "王小明")}</row>')
    prefixed = sheet.replace("<", "<x:").replace("<x:/", "</x:").replace("xmlns=", "xmlns:x=")
    write_package(path, package_parts(prefixed))
    assert read(path)[1][0][1][0] == "王小明"


def test_a_strict_workbook_is_read(path):
    parts = package_parts(
        worksheet(header_row() + f'<row r="2">{text("A2", "王小明")}</row>', namespace=STRICT),
        workbook=workbook_part(namespace=STRICT),
    )
    strict = {
        name: part.replace(
            "schemas.openxmlformats.org/officeDocument/2006", "purl.oclc.org/ooxml/officeDocument"
        )
        for name, part in parts.items()
    }
    write_package(path, strict)
    assert read(path)[1][0][1][0] == "王小明"


def test_elements_of_other_namespaces_are_no_cells(path):
    foreign = (
        '<extLst><ext xmlns:y="urn:y"><y:row r="9"><y:c r="A9"><y:v>1</y:v></y:c></y:row></ext></extLst>'
    )
    write_package(
        path, package_parts(worksheet(header_row() + f'<row r="2">{text("A2", "王")}</row>', after=foreign))
    )
    assert [number for number, _ in read(path)[1]] == [2]


def test_a_text_longer_than_excel_allows_is_passed_on_for_the_cleaners_to_judge(path):
    assert only_cell(path, text("A2", "長" * 40_000)) == "長" * 40_000


# the process


def test_the_process_ends_when_the_rows_are_not_read_to_their_end(path):
    write_with_openpyxl(path, {"a": [HEADERS, *[PERSON] * 20_000]})
    with read_sheet(path, headers=HEADERS, required=REQUIRED) as sheet:
        assert next(sheet.rows)[0] == 2
    before = len(os.listdir("/proc/self/fd"))
    unread = read_sheet(path, headers=HEADERS, required=REQUIRED)
    del unread
    assert len(os.listdir("/proc/self/fd")) <= before  # others' may have been closed meanwhile
    assert not _children()


def test_patience_does_not_run_out_while_the_caller_works(path, monkeypatch):
    write_with_openpyxl(path, {"a": [HEADERS, *[PERSON] * 3]})
    sheet = read_sheet(path, headers=HEADERS, required=REQUIRED, timeout=30)
    assert len(list(sheet.rows)) == 3
    assert sheet.row_count == 3


def test_many_rows_stream_through(path):
    rows = "".join(
        f'<row r="{number}">{text(f"A{number}", "王小明" * 20)}</row>' for number in range(2, 8002)
    )
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for name, part in package_parts(worksheet(header_row() + rows)).items():
            archive.writestr(name, part)
    sheet, read_rows = read(path)
    assert (sheet.row_count, read_rows[-1][0]) == (8000, 8001)


def test_a_refusal_is_an_exception_with_a_sentence():
    refusal = WorkbookRefused("empty")
    assert refusal.sentence == str(refusal) == "這個檔案是空的，請確認內容後重新上傳。"


def _children() -> list[str]:
    children = Path(f"/proc/self/task/{os.getpid()}/children")
    return children.read_text().split()
