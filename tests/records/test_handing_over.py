"""A file uploaded as the wrong kind goes on as the other one, and nothing is uploaded twice."""

from __future__ import annotations

import datetime
import html
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts import closing, cooperation
from records import deliveries, imports, terms
from records.models import Delivery, ImportBatch, TermSignOff
from tests.deliveries import FOREIGN, foreign_file
from tests.factories import received, row, verdicts, workbook

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]
BUTTON = "以離校資料處理這個檔案"
OWN_BUTTON = "直接依範本匯入"
HOUR = datetime.timedelta(hours=1)
State = ImportBatch.State


@pytest.fixture(autouse=True)
def own_data(settings, tmp_path) -> None:
    settings.DATA_DIR = tmp_path / "data"
    for folder in ("uploads", "tmp"):
        (settings.DATA_DIR / folder).mkdir(parents=True)


@pytest.fixture
def center(client_of) -> Client:
    return client_of("center_staff")


def uploads() -> list[str]:
    return sorted(path.name for path in Path(settings.DATA_DIR, "uploads").iterdir())


def refused(tmp_path: Path, headers: list[str] | None = None, **options) -> ImportBatch:
    """The batch of a raw file that was taken for the template."""
    path = foreign_file(tmp_path / "113-2離校名冊.xlsx", [row(), row()], headers or list(FOREIGN))
    batch = received(path, **options)
    imports.read_and_plan(batch)
    batch.refresh_from_db()
    assert batch.state == State.REFUSED
    return batch


def address(found: ImportBatch | Delivery, act: str = "") -> str:
    return f"/admin/records/{found._meta.model_name}/{found.pk}/{act}"


def text(response) -> str:
    return html.unescape(response.content.decode())


def shown(moment: datetime.datetime) -> str:
    return timezone.localtime(moment).strftime("%Y-%m-%d %H:%M")


def offers(client: Client, batch: ImportBatch) -> bool:
    """Whether the page of a batch has the button."""
    return f'action="{address(batch, "as-delivery/")}"' in text(client.get(address(batch)))


def go_on(client: Client, batch: ImportBatch):
    return client.post(address(batch, "as-delivery/"), follow=True)


def test_a_refused_file_is_mapped_without_a_second_upload(center, tmp_path):
    term = terms.suggested(timezone.localdate())
    batch = refused(tmp_path, mode="overwrite", term=term)
    assert BUTTON in batch.error and "重新上傳並選擇「註冊課務組的離校資料」" in batch.error
    assert offers(center, batch)
    page = text(go_on(center, batch))
    delivery = Delivery.objects.get()
    assert "系所名稱" in page and address(batch) in page and "林" not in batch.error
    assert (delivery.mode, delivery.term, delivery.file_name, delivery.uploaded_by) == (
        "overwrite",
        batch.term,
        batch.file_name,
        batch.uploaded_by,
    )
    assert uploads() == [f"delivery-{delivery.pk}.xlsx"]
    assert not offers(center, batch) and address(delivery) in text(center.get(address(batch)))

    form = center.get(address(delivery)).context_data["form"]
    data = {f"column-{n}": form[f"column-{n}"].initial for n in range(len(form.headers))} | {"name": "離校"}
    center.post(address(delivery, "columns/"), data)
    assert verdicts(ImportBatch.objects.exclude(pk=batch.pk).get()) == ["new_person", "new_person"]


@pytest.mark.parametrize(
    "changed",
    [{"姓  名": "中文姓名"}, {"姓  名": "名字/全名"}, {"姓  名": "學生", "學生學號": "學號"}],
    ids=["no key column", "no header row by its looks", "some of ours"],
)
def test_whatever_way_the_headers_are_foreign_it_goes_on(center, tmp_path, changed):
    batch = refused(tmp_path, [changed.get(header, header) for header in FOREIGN])
    assert "欄位對應" in text(go_on(center, batch)) and Delivery.objects.get().refused_batch == batch


def test_a_second_click_finds_the_same_delivery(center, tmp_path):
    batch = refused(tmp_path)
    first, second = (go_on(center, batch).redirect_chain[-1][0] for _click in range(2))
    assert first == second == address(Delivery.objects.get())


def test_two_clicks_in_one_moment_make_one_delivery(tmp_path, monkeypatch):
    batch = refused(tmp_path)
    receive = deliveries.receive
    winners = []

    def late(*args, **options):
        """Somebody else's click, whole, between the look and the deed."""
        if not winners:
            winners.append(receive(*args, **options))
            args[0].seek(0)
        return receive(*args, **options)

    monkeypatch.setattr("records.deliveries.handing_over.receive", late)
    assert deliveries.as_delivery(batch) == winners[0] == Delivery.objects.get()
    assert [name for name in uploads() if name.startswith("delivery")] == [f"delivery-{winners[0].pk}.xlsx"]


def test_a_file_refused_for_anything_else_is_gone_at_once(center, tmp_path):
    batch = received(workbook(tmp_path / "離校.xlsx", []))
    imports.read_and_plan(batch)
    batch.refresh_from_db()
    assert batch.state == State.REFUSED and not uploads()
    assert not offers(center, batch)
    assert "檔案已經不在" in text(go_on(center, batch)) and not Delivery.objects.exists()


def test_the_file_waits_a_day_and_no_longer(center, tmp_path):
    batch = refused(tmp_path)
    assert imports.purge(batch.uploaded_at + 23 * HOUR) == 0 and uploads()
    assert imports.purge(batch.uploaded_at + 25 * HOUR) == 1 and not uploads()
    page = text(center.get(address(batch)))
    assert "超過一天" in page and "檔案已刪除" in page and not offers(center, batch)
    assert "檔案已經不在" in text(go_on(center, batch)) and not Delivery.objects.exists()
    assert imports.purge(batch.uploaded_at + 26 * HOUR) == 0


def test_a_refused_file_lives_no_longer_than_its_page_says(center, tmp_path):
    """Also while no worker runs that could delete it."""
    batch = refused(tmp_path)
    assert f"檔案保留到 {shown(batch.uploaded_at + 24 * HOUR)}" in text(center.get(address(batch)))
    ImportBatch.objects.update(uploaded_at=timezone.now() - 25 * HOUR)
    assert uploads() and not offers(center, batch)
    assert "檔案已經不在" in text(go_on(center, batch)) and not Delivery.objects.exists()


def test_who_goes_on_is_told_before_that_the_file_has_another_day(center, tmp_path):
    batch = refused(tmp_path)
    ImportBatch.objects.update(uploaded_at=timezone.now() - 23 * HOUR)
    assert "檔案自當時起再保留一天" in text(center.get(address(batch)))
    page = text(go_on(center, batch))
    delivery = Delivery.objects.get()
    assert f"{shown(delivery.uploaded_at + 24 * HOUR)}，屆時未完成" in page
    assert deliveries.purge(delivery.uploaded_at + 23 * HOUR) == 0 and uploads()


def test_a_delivery_says_until_when_it_is_kept_after_a_conversion_that_failed(center, tmp_path):
    go_on(center, refused(tmp_path))
    back = timezone.now() + 5 * HOUR
    Delivery.objects.update(heartbeat_at=back)
    delivery = Delivery.objects.get()
    assert f"{shown(back + 24 * HOUR)}，屆時未完成" in text(center.get(address(delivery)))
    assert deliveries.purge(back + 23 * HOUR) == 0 and uploads()


def test_a_refused_file_may_be_deleted_at_once(center, tmp_path, django_capture_on_commit_callbacks):
    batch = refused(tmp_path)
    assert address(batch, "discard/") in text(center.get(address(batch)))
    assert "確認刪除" in text(center.get(address(batch, "discard/"))) and uploads()
    with django_capture_on_commit_callbacks(execute=True):
        page = text(center.post(address(batch, "discard/"), follow=True))
    assert not uploads() and not offers(center, batch) and BUTTON not in page
    assert ImportBatch.objects.get().state == State.DISCARDED


def test_what_went_on_as_a_delivery_is_not_given_up_any_more(center, tmp_path):
    batch = refused(tmp_path)
    go_on(center, batch)
    assert not imports.discard(batch) and imports.purge(batch.uploaded_at + 25 * HOUR) == 0
    assert ImportBatch.objects.get().state == State.REFUSED and uploads()


def test_the_file_goes_with_the_account_of_who_uploaded_it(
    tmp_path, user_of, django_capture_on_commit_callbacks
):
    batch = refused(tmp_path)
    staff = user_of("center_staff")
    ImportBatch.objects.update(uploaded_by=staff)
    with django_capture_on_commit_callbacks(execute=True):
        cooperation.end(staff, reason="離職", by=user_of("center_director"))
    batch.refresh_from_db()
    assert batch.state == State.DISCARDED and not uploads()


def test_an_account_closed_while_its_file_is_handed_over_keeps_no_file(
    tmp_path, user_of, monkeypatch, django_capture_on_commit_callbacks
):
    batch = refused(tmp_path)
    staff = user_of("center_staff")
    ImportBatch.objects.update(uploaded_by=staff)
    batch.refresh_from_db()
    read = deliveries.life.read_headers

    def slow(*args, **options):
        """A second or more, in a process of its own."""
        with django_capture_on_commit_callbacks(execute=True):
            closing.close(staff, reason="離職", by=user_of("center_director"))
        return read(*args, **options)

    monkeypatch.setattr(deliveries.life, "read_headers", slow)
    assert deliveries.as_delivery(batch) is None
    assert not Delivery.objects.exists() and not uploads()


def test_no_delivery_comes_into_a_term_that_was_signed_off_meanwhile(center, tmp_path):
    batch = refused(tmp_path, term=terms.suggested(timezone.localdate()))
    TermSignOff.objects.create(
        term=batch.term, sheet={}, signed_by=batch.uploaded_by, signed_at=timezone.now()
    )
    assert "已簽核" in text(go_on(center, batch))
    assert not Delivery.objects.exists() and uploads() == [f"{batch.pk}.xlsx"]


@pytest.mark.parametrize("role", ["registrar", "department_contact", "auditor"])
def test_who_may_not_import_hands_nothing_over(client_of, tmp_path, role):
    batch = refused(tmp_path)
    assert go_on(client_of(role), batch).status_code == 403 and not Delivery.objects.exists()


# --- the other way round ---------------------------------------------------------------------------------------
def as_raw(path: Path) -> Delivery:
    with path.open("rb") as file:
        return deliveries.receive(file, file_name=path.name, user=received(path).uploaded_by)


def test_a_delivery_in_the_templates_headers_is_read_as_the_template(
    center, tmp_path, django_capture_on_commit_callbacks
):
    delivery = as_raw(workbook(tmp_path / "離校資料.xlsx", [row(), row()]))
    ImportBatch.objects.all().delete()
    assert OWN_BUTTON in text(center.get(address(delivery)))
    with django_capture_on_commit_callbacks(execute=True):
        page = text(center.post(address(delivery, "as_workbook/"), follow=True))
    batch = ImportBatch.objects.get()
    assert verdicts(batch) == ["new_person", "new_person"] and "由離校資料轉檔" not in page
    again = center.post(address(delivery, "as_workbook/"), follow=True)
    assert again.redirect_chain[-1][0] == address(batch) and ImportBatch.objects.count() == 1
    assert not [name for name in uploads() if name.startswith("delivery")]


def test_foreign_headers_are_never_taken_for_the_template(center, tmp_path):
    delivery = as_raw(foreign_file(tmp_path / "離校.xlsx", [row()]))
    before = ImportBatch.objects.count()
    assert OWN_BUTTON not in text(center.get(address(delivery)))
    assert "沒有套用" in text(center.post(address(delivery, "as_workbook/"), follow=True))
    assert ImportBatch.objects.count() == before
