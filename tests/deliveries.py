"""Raw deliveries of the registrar for tests: the headers of another system, and the people of `factories.row`."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from records import deliveries
from records.cells import RawCell
from records.models import Delivery, DeliveryMapping
from records.workbooks.writer import write_sheet
from tests.factories import importer

# Foreign header → our header, or None for what the template has no room for; in an order of its own.
FOREIGN: dict[str, str | None] = {
    "學年期": None,
    "系所名稱": "畢業系所",
    "畢業年月": "畢業日期",
    "學生學號": "學號",
    "姓  名": "中文姓名",
    "身份證號": "身分證字號",
    "性別": "性別",
    "出生日期": "生日",
    "手機": "行動電話",
    "E－mail": "電子郵件",
    "縣市": "城市",
    "通訊地址": "聯絡住址",
    "學籍狀態": "在學狀態",
    "班級名稱": "班級資料",
    "審查結果": None,
}


def foreign_file(path: Path, rows: Iterable[Mapping[str, RawCell]], headers: Sequence[str] = ()) -> Path:
    """Write rows of `factories.row` under foreign headers; a row may also name foreign headers itself."""
    headers = headers or list(FOREIGN)
    cells = [[row.get(header, row.get(FOREIGN.get(header) or "")) for header in headers] for row in rows]
    write_sheet(path, headers=headers, rows=cells, title="離校名冊", formulas=True)
    return path


def delivered(rows: Iterable[Mapping[str, RawCell]], headers: Sequence[str] = ()) -> Delivery:
    """The delivery of a file with these rows, waiting for its mapping."""
    with tempfile.TemporaryDirectory() as directory:
        path = foreign_file(Path(directory) / "113-2離校名冊.xlsx", rows, headers)
        with path.open("rb") as file:
            return deliveries.receive(file, file_name=path.name, user=importer())


def as_proposed(delivery: Delivery, name: str = "註冊組離校名冊", **parts: dict) -> DeliveryMapping:
    """The mapping that the page proposes, saved as it is; `parts` are joins and values."""
    headers = delivery.open_details()["headers"]
    targets = deliveries.proposed_mapping(delivery, None)
    parts = {"joins": deliveries.propose_joins(headers, targets)} | parts
    columns = tuple(zip(headers, targets, strict=True))
    return deliveries.save(name, deliveries.Mapping(columns, **parts), user=importer())
