"""Taking a batch back in a browser: from the batch to the result, without barriers, on a phone too."""

from __future__ import annotations

import pytest
from django.utils import timezone

from records.changes import PersonChange, apply_changes
from records.models import ImportBatch, Person, Source
from tests.factories import imported, importer, row
from tests.undoings import undo_planned, undone

from .barriers import barriers

pytestmark = pytest.mark.browser


def disturbed() -> ImportBatch:
    """A batch that changed two people and entered two, of whom one each was edited since."""
    rows = [row(中文姓名="林大海"), row(中文姓名="林大洋")]
    imported(rows)
    moved = {"城市": "臺北市", "聯絡住址": "臺北市中正區忠孝西路1號"}
    batch = imported([*(one | moved for one in rows), row(中文姓名="林新進"), row(中文姓名="林新生")])
    for name in ("林大洋", "林新生"):
        person = Person.objects.get(chinese_name=name)
        change = PersonChange(person.pk, {"city": "花蓮縣"}, {"city": person.city})
        apply_changes([change], editor=importer(), source=Source.ADMIN, at=timezone.now())
    return batch


@pytest.mark.parametrize("width", [1400, 390])
def test_every_page_of_an_undo_fits_and_has_no_barriers(page_of, width):
    asked, planned_, done = imported([row()]), disturbed(), imported([row(), row()])
    undo_planned(planned_)
    undone(done)
    page, found = page_of("center_staff", width=width), []
    listing = "/admin/records/importbatch/"
    undos = [f"{listing}{batch.pk}/undo/" for batch in (asked, planned_, done)]
    for path in (listing, f"{listing}{done.pk}/", *undos):
        page.goto(path)
        found += barriers(page)
    assert not found


def test_the_center_takes_a_batch_back_and_reads_what_stays(page_of):
    batch = disturbed()
    page = page_of("center_staff")
    page.goto(f"/admin/records/importbatch/{batch.pk}/")
    page.get_by_role("link", name="還原這個批次").click()
    page.get_by_label("理由").fill("檔案錯了")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="保留").click()
    page.get_by_text("王小明於").first.wait_for()
    page.get_by_role("button", name="確認還原").click()
    page.locator("#batch-state", has_text="部分還原").wait_for()
    cities = dict(Person.objects.values_list("chinese_name", "city"))
    assert cities == {"林大海": "基隆市", "林大洋": "花蓮縣", "林新生": "花蓮縣"}
    page.get_by_role("link", name="林大海").first.click()
    page.get_by_text(f"還原匯入批次 #{batch.pk}").first.wait_for()
