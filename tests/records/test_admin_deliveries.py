"""The pages of a raw delivery: from the upload over columns and values to the batch and the filled template."""

from __future__ import annotations

import html
import io
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook

from accounts import cooperation
from records import deliveries, progress, terms
from records.columns import HEADERS
from records.models import Delivery, DeliveryMapping, Disclosure, ImportBatch
from tests.deliveries import FOREIGN, as_proposed, delivered, foreign_file
from tests.factories import row, verdicts, views

pytestmark = pytest.mark.django_db
State = Delivery.State
UPLOAD = "/admin/records/importbatch/add/"
NAME = {"name": "註冊組離校名冊"}


@pytest.fixture
def center(client_of) -> Client:
    return client_of("center_staff")


def address(delivery: Delivery, act: str = "") -> str:
    return f"/admin/records/delivery/{delivery.pk}/{act}"


def upload(client: Client, path: Path) -> Delivery:
    with path.open("rb") as file:
        response = client.post(UPLOAD, {"file": file, "mode": "fill", "kind": "raw"})
    delivery = Delivery.objects.latest("pk")
    assert response.url == address(delivery)
    return delivery


def proposed(client: Client, delivery: Delivery) -> dict[str, str]:
    """What the page's form sends when nobody touches it."""
    form = client.get(address(delivery)).context_data["form"]
    return {f"column-{n}": form[f"column-{n}"].initial for n in range(len(form.headers))} | NAME


def place(delivery: Delivery, header: str) -> str:
    return f"column-{delivery.open_details()['headers'].index(header)}"


def text(response) -> str:
    return html.unescape(response.content.decode())


def test_a_raw_file_goes_over_columns_and_values_to_a_batch(center, tmp_path):
    path = foreign_file(tmp_path / "113-2離校.xlsx", [row(在學狀態="應屆畢業"), row(身分證字號="A123456789")])
    delivery = upload(center, path)
    page = text(center.get(address(delivery)))
    assert (
        "標題取自工作表「離校名冊」第 1 列" in page
        and "系所名稱" in page
        and "學年期" in page
        and "A*******89" in page
        and "A123456789" not in page
    )

    center.post(address(delivery, "columns/"), proposed(center, delivery))
    delivery.refresh_from_db()
    assert delivery.state == State.VALUES
    page = text(center.get(address(delivery)))
    assert "應屆畢業" in page and "四年A班" not in page
    answers = {"enrolment_status-0": "21-畢業"}
    response = center.post(address(delivery, "values/"), answers, follow=True)
    batch = ImportBatch.objects.get()
    assert response.redirect_chain[-1][0] == f"/admin/records/importbatch/{batch.pk}/"
    assert verdicts(batch) == ["new_person", "new_person"]
    page = text(response)
    assert "由離校資料轉檔" in page and "學年期" in page and NAME["name"] in page

    # The next file with these headers comes with the saved mapping, and nothing is asked.
    following = upload(center, foreign_file(tmp_path / "114-1離校.xlsx", [row(在學狀態="應屆畢業")]))
    page = text(center.get(address(following)))
    assert "已帶出「註冊組離校名冊」" in page and "應屆畢業 → 21-畢業" in page
    center.post(address(following, "columns/"), proposed(center, following))
    assert ImportBatch.objects.count() == 2 and DeliveryMapping.objects.count() == 2


def test_split_columns_come_in_whole_when_the_suggestions_are_taken(center, tmp_path):
    parts = {"系所名稱": "資訊工程學系", "學制": "碩士班", "電話區碼": "02", "住家電話": "24622192"}
    headers = [*FOREIGN, "學制", "電話區碼", "住家電話"]
    delivery = upload(center, foreign_file(tmp_path / "離校.xlsx", [row(**parts)], headers))
    form = center.get(address(delivery)).context_data["form"]
    assert "與「住家電話」合成一欄" in text(center.get(address(delivery)))
    joins = {join.html_name: join.initial for join in form.joins()}
    center.post(address(delivery, "columns/"), proposed(center, delivery) | joins)
    [view] = views(ImportBatch.objects.get())
    assert (view.values["畢業系所"], view.values["聯絡電話"]) == ("資訊工程學系碩士班", "02-24622192")


def test_the_filled_template_can_be_taken_out_and_leaves_a_trace(center, tmp_path):
    person = row()
    delivery = upload(center, foreign_file(tmp_path / "離校.xlsx", [person]))
    center.post(address(delivery, "columns/"), proposed(center, delivery))
    response = center.post(address(delivery, "filled/"))
    rows = list(load_workbook(io.BytesIO(b"".join(response.streaming_content))).active.values)
    assert rows[0] == HEADERS[:20] and len(rows) == 2
    assert rows[1][5] == person["身分證字號"] and rows[1][16] == "2013-06-15"
    trace = Disclosure.objects.get()
    assert (trace.kind, trace.row_count, trace.user.username) == ("converted", 1, "center_staff")


@pytest.mark.parametrize(
    ("header", "target", "sentence"),
    [
        ("姓  名", "", "請指定哪一欄是「中文姓名」"),
        ("手機", "chinese_name", "有不只一欄對應到「中文姓名」"),
        ("手機", "chinese_name; DROP TABLE", "請選擇清單中的欄位"),
        ("手機", "id", "請選擇清單中的欄位"),
        ("E－mail", "", "沒有任何一欄對應到必要的「電子郵件」"),
        ("手機", "birth_date:roc", "「生日」選了不同的讀法"),
    ],
)
def test_a_mapping_that_is_wrong_or_made_up_is_told_and_nothing_is_stored(center, header, target, sentence):
    delivery = delivered([row()])
    data = proposed(center, delivery) | {place(delivery, header): target}
    response = center.post(address(delivery, "columns/"), data)
    assert response.status_code == 200 and sentence in text(response)
    delivery.refresh_from_db()
    assert delivery.state == State.MAPPING and not DeliveryMapping.objects.exists()


def test_a_file_without_any_key_needs_another_column(center):
    delivery = delivered([row()])
    keys = {place(delivery, header): "" for header in ("學生學號", "身份證號")}
    response = center.post(address(delivery, "columns/"), proposed(center, delivery) | keys)
    assert "無法分辨是哪一位校友" in text(response)


def test_a_missing_required_column_can_be_accepted_and_a_join_chosen(center):
    delivery = delivered([row()])
    data = proposed(center, delivery) | {
        place(delivery, "E－mail"): "",
        place(delivery, "學年期"): "class_name",
        "is_incomplete": "on",
        "join-class_name": "joined",
        "join-national_id": "joined",  # not asked, so not heard
    }
    center.post(address(delivery, "columns/"), data)
    stored = DeliveryMapping.objects.get()
    assert stored.joins == {"class_name": "joined"}
    assert verdicts(ImportBatch.objects.get()) == ["new_person"]


@pytest.mark.parametrize("join", ["all", "evil", ""])
def test_a_join_that_the_column_does_not_have_is_refused(center, join):
    delivery = delivered([row()])
    data = proposed(center, delivery) | {place(delivery, "學年期"): "class_name", "join-class_name": join}
    center.post(address(delivery, "columns/"), data)
    delivery.refresh_from_db()
    assert delivery.state == State.MAPPING and not DeliveryMapping.objects.exists()


def test_a_made_up_value_is_refused_and_a_made_up_field_is_not_heard(center):
    delivery = delivered([row(在學狀態="應屆畢業")])
    center.post(address(delivery, "columns/"), proposed(center, delivery))
    wrong = center.post(address(delivery, "values/"), {"enrolment_status-0": "99-發明"})
    assert "請選擇清單中的內容" in text(wrong) and not ImportBatch.objects.exists()
    made_up = {"enrolment_status-0": "21-畢業", "programme-0": "商船學系學士班", "national_id-0": "x"}
    center.post(address(delivery, "values/"), made_up)
    assert DeliveryMapping.objects.first().values == {"enrolment_status": {"應屆畢業": "21-畢業"}}


def test_what_was_chosen_too_late_is_told(center):
    delivery = delivered([row()])
    data = proposed(center, delivery)
    assert deliveries.discard(delivery)
    for act in ("columns/", "values/", "discard/", "filled/"):
        answer = center.post(address(delivery, act), data, follow=True)
        assert "這次的選擇沒有套用" in text(answer)
    assert not ImportBatch.objects.exists() and not DeliveryMapping.objects.exists()


def test_the_batch_is_of_the_term_that_was_chosen(center, tmp_path):
    path = foreign_file(tmp_path / "離校.xlsx", [row()])
    term = terms.suggested(timezone.localdate())
    with path.open("rb") as file:
        center.post(UPLOAD, {"file": file, "mode": "fill", "kind": "raw", "term": term.key})
    delivery = Delivery.objects.get()
    center.post(address(delivery, "columns/"), proposed(center, delivery))
    assert ImportBatch.objects.get().term.key == term.key


def test_a_file_without_headers_is_told_on_the_page_of_the_upload(center, tmp_path):
    path = tmp_path / "假.xlsx"
    path.write_bytes(b"not a workbook")
    with path.open("rb") as file:
        response = center.post(UPLOAD, {"file": file, "mode": "fill", "kind": "raw"})
    assert response.status_code == 200 and "不是 Excel 活頁簿" in text(response)
    assert not Delivery.objects.exists()


def test_a_delivery_that_waits_is_found_again(center):
    delivery = delivered([row()])
    assert address(delivery) in text(center.get(UPLOAD))
    assert address(delivery) in text(center.get("/admin/records/delivery/?state=mapping"))
    waiting = "/admin/records/delivery/?state=waiting"
    assert address(delivery) in text(center.get(waiting))
    page = text(center.get("/admin/records/importbatch/"))
    assert waiting in page and "1 個待對應" in page
    [card] = [card for card in center.get("/admin/").context_data["board"].batch_cards if card.url == waiting]
    assert card.count == 1
    assert "屆時未完成對應，檔案自動刪除" in text(center.get(address(delivery)))


def test_the_log_of_a_mapping_tells_who_changed_what(center):
    delivery = delivered([row()])
    as_proposed(delivery)
    stored = as_proposed(delivery, values={"sex": {"雄": "男"}})
    page = text(center.get(f"/admin/records/deliverymapping/{stored.pk}/"))
    assert "性別「雄」：未對應 → 男" in page and "第一次儲存" in page and stored.saved_by.display_name in page


@pytest.mark.parametrize("role", ["registrar", "department_contact", "auditor"])
def test_who_may_not_import_touches_no_delivery(client_of, role):
    delivery = delivered([row()])
    client = client_of(role)
    for act in ("columns/", "values/", "discard/", "filled/"):
        assert client.post(address(delivery, act), NAME).status_code == 403
    assert client.get(address(delivery)).status_code == 403
    delivery.refresh_from_db()
    assert delivery.state == State.MAPPING


def test_the_registrar_sees_nothing_of_the_columns_on_the_page_of_the_batch(client_of, tmp_path):
    center = client_of("center_staff")
    delivery = upload(center, foreign_file(tmp_path / "離校.xlsx", [row()]))
    center.post(address(delivery, "columns/"), proposed(center, delivery))
    page = text(client_of("registrar").get(f"/admin/records/importbatch/{ImportBatch.objects.get().pk}/"))
    assert "下載轉檔結果" not in page and list(FOREIGN)[0] not in page


def test_the_end_of_a_cooperation_gives_up_what_waits(user_of, django_capture_on_commit_callbacks):
    delivery = delivered([row()])
    staff = user_of("center_staff")
    Delivery.objects.update(uploaded_by=staff)
    with django_capture_on_commit_callbacks(execute=True):
        cooperation.end(staff, reason="離職", by=user_of("center_director"))
    delivery.refresh_from_db()
    assert delivery.state == State.DISCARDED and not deliveries.upload_path(delivery).exists()


def test_how_far_the_conversion_is_stands_on_the_page(center):
    delivery = delivered([row()])
    deliveries.use(delivery, as_proposed(delivery))
    progress.write(deliveries.progress_name(delivery), "converting", 500, None)
    try:
        assert "轉檔：500 列" in text(center.get(address(delivery)))
        told = center.get(address(delivery, "progress/")).json()
    finally:
        progress.clear(deliveries.progress_name(delivery))
    assert (told["done"], told["total"], told["text"], told["working"]) == (500, None, "轉檔：500 列", True)
