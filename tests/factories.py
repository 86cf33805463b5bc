"""Small builders for tests of the import: full valid rows of made-up people, workbooks, imported batches.

The national IDs pass every check and were never handed out (see `records.synthetic.identity_numbers`).
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from itertools import count
from pathlib import Path

from accounts.models import User
from records import imports
from records.cells import RawCell
from records.columns import HEADERS
from records.models import ImportBatch, Person
from records.plans import RowView
from records.synthetic.identity_numbers import with_check_digit
from records.workbooks.writer import write_sheet

IMPORTER = "王小明"
BACHELOR = {"畢業系所": "資訊工程學系學士班", "畢業日期": "2013-06-15", "學號": "00957001"}
MASTER = {"畢業系所": "資訊工程學系碩士班", "畢業日期": "2015-06-20", "學號": "10257001"}
DOCTOR = {"畢業系所": "資訊工程學系博士班", "畢業日期": "2020-01-10", "學號": "20457001"}

_CHARACTERS = "一中之光北南君和國天安家山平川德心志恩惠慧文明春海玉白秀美芳英華萱蘭詩豪輝雅雲青"
_people = count(1)


def national_id(number: int) -> str:
    """A valid national ID of nobody."""
    return with_check_digit(f"L19{number:06d}")


def row(**values: RawCell) -> dict[str, RawCell]:
    """A full valid row by header of somebody new; `values` take the place of the made-up ones."""
    number = next(_people)
    size = len(_CHARACTERS)
    given = _CHARACTERS[number // size % size] + _CHARACTERS[number % size]
    made: dict[str, RawCell] = {
        "學號": f"0{number:07d}",
        "中文姓名": f"林{given}",
        "英文姓名": "Lin, Hsiao-Ming",
        "性別": "男",
        "身分證字號": national_id(number),
        "生日": "1990-05-06",
        "電子郵件": f"person{number}@example.com",
        "聯絡電話": "02-24622192",
        "行動電話": f"0900-{number:06d}",
        "所在國家": "台灣",
        "城市": "基隆市",
        "郵遞區號": "202301",
        "聯絡住址": f"基隆市中正區北寧路{number}號",
        "畢業系所": "資訊工程學系學士班",
        "畢業日期": "2013-06-15",
        "在學狀態": "21-畢業",
        "目前身分": "2-校友",
        "班級資料": "四年A班",
    }
    return made | values


def workbook(path: Path, rows: Iterable[Mapping[str, RawCell]]) -> Path:
    """Write rows by header to an .xlsx file with all the columns; formulas stay formulas."""
    write_sheet(
        path, headers=HEADERS, rows=([row.get(header) for header in HEADERS] for row in rows), formulas=True
    )
    return path


def importer() -> User:
    """The account that imports, made at the first call."""
    found = User.objects.filter(username="importer").first()
    return found or User.objects.create_user("importer", display_name=IMPORTER, role="it_staff")


def received(path: Path, **options: str) -> ImportBatch:
    """The batch of a workbook, waiting to be read."""
    with path.open("rb") as file:
        return imports.receive(file, file_name=path.name, user=importer(), **options)


def planned(rows: Iterable[Mapping[str, RawCell]], **options: str) -> ImportBatch:
    """The batch of the rows, read from a workbook and planned; `options` are its mode and refusals."""
    with tempfile.TemporaryDirectory() as directory:
        batch = received(workbook(Path(directory) / "離校資料.xlsx", rows), **options)
    imports.read_and_plan(batch)
    return ImportBatch.objects.get(pk=batch.pk)


def applied(batch: ImportBatch) -> ImportBatch:
    """The planned batch after somebody confirmed it."""
    assert imports.start_applying(batch, importer())
    imports.apply(batch)
    return ImportBatch.objects.get(pk=batch.pk)


def imported(rows: Iterable[Mapping[str, RawCell]], **options: str) -> ImportBatch:
    """The batch of the rows, planned and applied."""
    return applied(planned(rows, **options))


def views(batch: ImportBatch) -> list[RowView]:
    """The rows of a batch as pages show them, in sheet order."""
    return list(imports.all_rows(batch))


def verdicts(batch: ImportBatch) -> list[str]:
    """The verdict of each row, in sheet order."""
    return [view.verdict for view in views(batch)]


def codes(batch: ImportBatch) -> list[set[str]]:
    """The codes of the remarks on each row, in sheet order."""
    return [{remark[2] for remark in view.remarks} for view in views(batch)]


def lines(person: Person) -> list[str]:
    """The annotations of a person as they read, pinned first."""
    return [annotation.line for annotation in person.annotations.all()]
