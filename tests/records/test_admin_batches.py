"""Upload, plan page, decisions and confirmation in the workspace, and who may do which of them."""

from __future__ import annotations

import io
import sys

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from django.utils.html import strip_tags
from openpyxl import load_workbook

from records import imports, progress
from records.changes import PersonChange, RecordChange, apply_changes
from records.models import (
    BatchUndo,
    Disclosure,
    ImportBatch,
    ImportRow,
    Person,
    Programme,
    Source,
)
from tests.factories import BACHELOR, MASTER, applied, imported, planned, row, workbook

pytestmark = pytest.mark.usefixtures("organisation")
LIST = "/admin/records/importbatch/"
ACTS = ("options", "decide", "apply", "discard", "returned")
State = ImportBatch.State


@pytest.fixture
def center(client_of):
    return client_of("center_staff")


def upload(client, path, name="離校資料.xlsx", **data):
    file = SimpleUploadedFile(name, path.read_bytes())
    return client.post(f"{LIST}add/", {"file": file, "mode": "fill"} | data, follow=True)


def text_of(client, batch, **query) -> str:
    return client.get(f"{LIST}{batch.pk}/", query).content.decode()


def test_a_workbook_is_uploaded_looked_at_and_confirmed(center, tmp_path):
    page = upload(center, workbook(tmp_path / "a.xlsx", [row(中文姓名="林大海"), row()])).content.decode()
    batch = ImportBatch.objects.get()
    assert batch.state == State.PLANNED and batch.uploaded_by.username == "center_staff"
    assert "林大海" in page and "確認匯入" in page and not Person.objects.exists()
    page = center.post(f"{LIST}{batch.pk}/apply/", follow=True).content.decode()
    assert "已匯入" in page and Person.objects.count() == 2
    assert not imports.upload_path(batch).exists()


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [("a.txt", b"x", ".xlsx"), ("a.xlsx", b"x", ""), ("a.xlsx", b"", "這個檔案是空的")],
)
def test_a_bad_file_is_refused_in_a_sentence_at_the_field(center, name, content, sentence, tmp_path):
    path = tmp_path / "bad"
    path.write_bytes(content)
    response = upload(center, path, name=name)
    if response.redirect_chain:
        assert ImportBatch.objects.get().state == State.REFUSED and ImportBatch.objects.get().error
    else:
        assert sentence in str(response.context_data["form"].errors["file"])


def test_no_file_is_an_error_at_the_field(center):
    response = center.post(f"{LIST}add/", {"mode": "fill"})
    assert "請選擇檔案" in str(response.context_data["form"].errors["file"])


def test_a_plan_is_confirmed_once(center, client_of):
    batch = planned([row()])
    center.post(f"{LIST}{batch.pk}/apply/")
    page = client_of("it_staff").post(f"{LIST}{batch.pk}/apply/", follow=True).content.decode()
    assert "已由 測試校友服務中心承辦人員 確認" in page and Person.objects.count() == 1


@pytest.mark.parametrize("state", [state for state in State.values if state != State.PLANNED])
def test_only_a_plan_that_was_shown_can_be_confirmed_changed_or_given_up(center, state):
    """security.md H6: no confirmation without a preview."""
    batch = planned([row()])
    ImportBatch.objects.filter(pk=batch.pk).update(state=state)
    programme = Programme.objects.first().pk
    data = {"mode": "overwrite", "refusals": "record", "question": "x", "programme": programme}
    for act in ("apply", "discard", "options", "decide"):
        assert center.post(f"{LIST}{batch.pk}/{act}/", data).status_code == 302
    batch.refresh_from_db()
    assert (batch.state, batch.mode, batch.decisions) == (state, "fill", {}) and not Person.objects.exists()


def test_the_same_file_again_says_when_and_by_whom(center, tmp_path):
    path = workbook(tmp_path / "a.xlsx", [row()])
    upload(center, path)
    center.post(f"{LIST}{ImportBatch.objects.get().pk}/apply/")
    page = upload(center, path).content.decode()
    assert "同一個檔案已於" in page and "計畫中沒有任何要寫入的列" in page


def test_one_decision_counts_for_all_like_rows(center):
    batch = planned([row(畢業系所="資訊工程學系", 學號="", 班級資料="") for _each in range(3)])
    assert batch.counts["needs_person"] == 3
    [question] = imports.open_questions(batch)
    programme = Programme.objects.get(name=BACHELOR["畢業系所"])
    data = {"question": question.key, "programme": programme.pk}
    page = center.post(f"{LIST}{batch.pk}/decide/", data, follow=True).content.decode()
    batch.refresh_from_db()
    assert batch.counts["new_person"] == 3 and "需要您決定的畢業系所" not in page


@pytest.mark.parametrize(
    "data", [{}, {"question": "x"}, {"programme": "abc", "question": "x"}, {"programme": "999999"}]
)
def test_an_incomplete_decision_is_refused(center, data):
    batch = planned([row()])
    assert "請選擇畢業系所" in center.post(f"{LIST}{batch.pk}/decide/", data, follow=True).content.decode()


def test_options_are_stored_and_the_plan_made_again(center):
    batch = planned([row(是否願意接受母校訊息="否")])
    assert batch.counts["refusals"] == 1
    assert "共 1 列" in text_of(center, batch)
    center.post(f"{LIST}{batch.pk}/options/", {"mode": "overwrite", "refusals": "record"})
    batch.refresh_from_db()
    assert (batch.mode, batch.refusals, batch.state) == ("overwrite", "record", State.PLANNED)


def test_the_question_about_refusals_stays_away_when_there_are_none(center):
    assert "refusals" not in center.get(f"{LIST}{planned([row()]).pk}/").context_data["options"].fields


def test_what_is_lost_is_said_before_a_batch_is_given_up(center):
    batch = planned([row(), row(中文姓名="")])
    imports.correct(batch, {3: {"中文姓名": "林補名"}}, by=batch.uploaded_by)
    page = center.get(f"{LIST}{batch.pk}/discard/").content.decode()
    assert "不能復原" in page and "1 則" in page and batch.uploaded_by.display_name in page
    assert ImportRow.objects.filter(batch=batch).count() == 2


def test_rows_that_somebody_changed_meanwhile_are_counted_at_the_top(center, client_of):
    came = [row(), row()]
    imported(came)
    batch = planned([one | {"城市": "台北市"} for one in came] + [row(), row(中文姓名="")])
    person = Person.objects.earliest("pk")
    change = PersonChange(person.pk, {"city": "高雄市"}, {"city": person.city})
    apply_changes([change], editor=batch.uploaded_by, source=Source.ADMIN, at=timezone.now())
    center.post(f"{LIST}{batch.pk}/apply/")
    for client in (center, client_of("registrar")):
        told = " ".join(strip_tags(text_of(client, batch)).split())
        assert "已寫入 2 列，無變動 0 列；未寫入：需人工判斷 1 列、未匯入 1 列。" in told
        assert "其中 1 列在計畫完成之後資料有人異動，沒有寫入。" in told


def test_a_plan_older_than_another_batch_offers_to_be_made_again(center):
    came = row()
    before = imported([came])
    batch = planned([came])
    assert "資料庫已有變動" not in text_of(center, batch)
    imported([row()])
    page = text_of(center, batch)
    assert "資料庫已有變動" in page and "重新產生計畫" in page
    center.post(f"{LIST}{batch.pk}/replan/")
    assert "資料庫已有變動" not in text_of(center, batch)
    undo = BatchUndo.objects.create(
        batch=before, reason="x", state="applied", made_by=before.uploaded_by, made_at=timezone.now()
    )
    assert "資料庫已有變動" not in text_of(center, batch)
    BatchUndo.objects.filter(pk=undo.pk).update(applied_at=timezone.now())
    assert "資料庫已有變動" in text_of(center, batch)


def edited(person: Person, editor, **values: str) -> None:
    change = PersonChange(person.pk, values, {name: getattr(person, name) for name in values})
    [applied] = apply_changes([change], editor=editor, source=Source.FORM, at=timezone.now())
    assert not applied.stale


def test_a_plan_tells_which_rows_mean_people_who_were_edited_since(center, user_of):
    """Issue 5: edits by hand, not only other batches, between the plan and its confirmation."""
    people = [row(), row(), row()]
    imported(people)
    batch = planned([one | {"班級資料": "四年B班"} for one in people])
    bystander = imported([row()]).rows.get().became.person
    assert "在計畫產生之後有人異動過資料" not in text_of(
        center, planned([people[0] | {"班級資料": "四年C班"}])
    )
    mobile = people[1]["行動電話"]
    met = Person.objects.get(mobile=mobile)
    edited(met, user_of("department_contact"), city="高雄市")
    edited(bystander, user_of("center_staff"), city="高雄市")
    page = strip_tags(text_of(center, batch))
    assert "計畫中有 1 列對應的校友，在計畫產生之後有人異動過資料" in page and "列號：3" in page
    center.post(f"{LIST}{batch.pk}/replan/")
    assert "有人異動過資料" not in text_of(center, batch)

    degree = met.academic_records.get()
    change = RecordChange(degree.pk, {"class_name": "四年Z班"}, {"class_name": degree.class_name})
    door = {"editor": user_of("it_staff"), "source": Source.ADMIN, "at": timezone.now()}
    apply_changes([PersonChange(met.pk, {}, {}, records=[change])], **door)
    assert "計畫中有 1 列對應的校友" in text_of(center, batch)
    center.post(f"{LIST}{batch.pk}/apply/")
    degree.refresh_from_db()
    batch.refresh_from_db()
    assert degree.class_name == "四年Z班" and batch.counts["not_written"] == 1


def test_of_very_many_edits_some_are_looked_at_and_the_page_says_so(center, user_of, monkeypatch):
    monkeypatch.setattr(sys.modules["records.imports.overtaken"], "LOOKED_AT", 2)
    people = [row() for _number in range(4)]
    imported(people)
    batch = planned([one | {"班級資料": "四年B班"} for one in people[2:]])
    editor = user_of("center_staff")
    first, *others = Person.objects.order_by("pk")
    edited(first, editor, city="高雄市")
    assert "資料庫已有變動" not in text_of(center, batch)
    for person in others[:2]:
        edited(person, editor, city="高雄市")
    page = text_of(center, batch)
    assert "以下只核對了其中一部分" in page and "計畫中有 1 列" in page


def test_of_many_overtaken_rows_the_first_are_named_and_the_others_counted(center, user_of):
    people = [row() for _number in range(12)]
    imported(people)
    batch = planned([one | {"班級資料": "四年B班"} for one in people])
    editor = user_of("center_staff")
    for person in Person.objects.all():
        edited(person, editor, city="高雄市")
    page = text_of(center, batch)
    assert "計畫中有 12 列" in page and "另有 2 列" in page
    assert f"{LIST}{batch.pk}/rows/11/" in page


def test_the_same_file_waiting_twice_is_told_on_both_pages(center, tmp_path):
    path = workbook(tmp_path / "a.xlsx", [row()])
    upload(center, path)
    assert "另有批次" not in text_of(center, ImportBatch.objects.get())
    assert "另有批次" in upload(center, path).content.decode()
    assert "另有批次" in text_of(center, ImportBatch.objects.earliest("pk"))


def test_rows_asked_about_add_up_to_the_tile(center):
    person = row()
    batch = planned([person | BACHELOR, person | MASTER | {"生日": "1991-01-01"}])
    [[asked, _sentences]] = center.get(f"{LIST}{batch.pk}/").context_data["asked_about_rows"]
    waiting = batch.counts["needs_person"] - asked.rows
    assert waiting >= 0 and (f"另有 {waiting} 列" in text_of(center, batch)) == bool(waiting)


def test_a_batch_given_up_leaves_no_rows(center):
    batch = planned([row()])
    center.post(f"{LIST}{batch.pk}/discard/")
    batch.refresh_from_db()
    assert batch.state == State.DISCARDED and not ImportRow.objects.filter(batch=batch).exists()
    assert center.get(f"{LIST}{batch.pk}/").status_code == 200


def test_the_rows_to_be_corrected_go_out_with_an_entry_in_the_trail(center):
    batch = planned([row(), row(性別="不明", 中文姓名="")])
    response = center.post(f"{LIST}{batch.pk}/returned/")
    sheet = load_workbook(io.BytesIO(b"".join(response.streaming_content))).active
    entry = Disclosure.objects.get()
    assert sheet.max_row == 2 and (entry.kind, entry.row_count, entry.user.username) == (
        "returned",
        1,
        "center_staff",
    )


def test_rows_are_filtered_by_verdict_and_paged(center):
    batch = planned([row() for _each in range(52)] + [row(中文姓名="")])
    first = center.get(f"{LIST}{batch.pk}/").context_data
    assert len(first["rows"]) == 50 and first["page"].paginator.num_pages == 2
    assert len(center.get(f"{LIST}{batch.pk}/", {"page": "2"}).context_data["rows"]) == 3
    kept_out = center.get(f"{LIST}{batch.pk}/", {"verdict": "kept_out"}).context_data
    assert [view.verdict for view in kept_out["rows"]] == ["kept_out"]
    assert center.get(f"{LIST}{batch.pk}/", {"verdict": "x", "page": "abc"}).status_code == 200


def test_the_plan_page_never_shows_a_national_id(center):
    made = row(身分證字號="A123456789")
    batch = planned([made, row(身分證字號="A123456788")])
    page = text_of(center, batch)
    assert "A*******89" in page and "A123456789" not in page and "A123456788" not in page


@pytest.mark.parametrize("state", State.values)
def test_the_page_of_a_batch_answers_in_every_state(client_of, state):
    batch = planned([row()])
    # A batch that went into another one names it.
    other = planned([row()]) if state == State.CONTINUED else None
    ImportBatch.objects.filter(pk=batch.pk).update(state=state, predecessor=other)
    for role in ("center_staff", "registrar"):
        page = text_of(client_of(role), batch)
        is_working = state in ("received", "reading", "applying")
        assert ("data-progress=" in page) == is_working


def test_progress_is_told_to_the_page_that_asks(center):
    batch = planned([row()])
    ImportBatch.objects.filter(pk=batch.pk).update(state=State.APPLYING)
    progress.write(batch.pk, "applying", 40, 100)
    answer = center.get(f"{LIST}{batch.pk}/progress/").json()
    assert answer["working"] and (answer["done"], answer["total"]) == (40, 100)
    assert answer["text"] == "寫入資料：40／100（40%）"
    progress.clear(batch.pk)


def test_the_registrar_sees_counts_and_no_personal_data(client_of):
    batch = planned([row(中文姓名="林大海", 電子郵件="secret@example.com")])
    ImportBatch.objects.update(notes=[["warning", "unknown_headers", "不認得的欄位：王秘密0912345678"]])
    client = client_of("registrar")
    page = text_of(client, batch)
    assert "有 1 則提醒" in page and "王秘密" not in page  # a remark quotes what stands in the file
    assert "新校友" in page and "離校資料.xlsx" in page
    assert "林大海" not in page and "secret@example.com" not in page and "確認匯入" not in page
    for act in ACTS:
        assert client.post(f"{LIST}{batch.pk}/{act}/").status_code == 403
    assert client.post(f"{LIST}add/").status_code == 403
    assert ImportBatch.objects.get().state == State.PLANNED


@pytest.mark.parametrize("role", ["department_contact", "auditor"])
@pytest.mark.parametrize("path", ["", "apply/", "discard/", "decide/", "options/", "returned/"])
def test_others_neither_see_nor_touch_a_batch(client_of, role, path):
    batch = planned([row()])
    client = client_of(role)
    assert client.post(f"{LIST}{batch.pk}/{path}").status_code == 403
    assert client.get(f"{LIST}{batch.pk}/progress/").status_code == 403
    assert ImportBatch.objects.get().state == State.PLANNED


def test_the_template_can_be_downloaded(center):
    response = center.get(f"{LIST}template/")
    workbook = load_workbook(io.BytesIO(b"".join(response.streaming_content)))
    assert workbook.sheetnames[0] == "校友資料"


def test_the_board_counts_what_waits(center, client_of):
    imported([row(電子郵件="")])
    planned([row(), row(畢業系所="資訊工程學系", 學號="", 班級資料="")])
    board = center.get("/admin/").context_data["board"]
    assert [card.count for card in board.batch_cards] == [1, 1, 0, 0, 0, 0]
    assert [card.count for card in board.missing_cards] == [0, 0, 1, 0, 0]  # and due today, given to me
    assert [card.count for card in board.total_cards] == [1, 1]
    assert len(board.recent_batches) == 2
    auditor = client_of("auditor").get("/admin/").context_data["board"]
    assert not (auditor.batch_cards or auditor.missing_cards or auditor.total_cards or auditor.recent_batches)


def test_every_card_leads_to_a_page(center):
    applied(planned([row(電子郵件="")]))
    board = center.get("/admin/").context_data["board"]
    for card in (*board.batch_cards, *board.missing_cards, *board.total_cards):
        assert center.get(card.url).status_code == 200
