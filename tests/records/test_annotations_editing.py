"""Free remarks, and lines struck with a reason: numbers are never reused, words never edited (SOP 6.7)."""

from __future__ import annotations

import datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from records import annotations_editing
from records.annotations import parse_lines
from records.changes import PersonChange, apply_changes
from records.models import Annotation, Department, Person, Source
from records.resources import export_rows
from records.timelines import notes
from records.verification import check_annotation_numbers, check_history
from tests.factories import imported, lines, row
from tests.people import degree, somebody

pytestmark = pytest.mark.usefixtures("organisation")
AT = datetime.datetime(2026, 3, 1, 17, 30, tzinfo=datetime.UTC)  # already 2 March in Taipei
LIST = "/admin/records/person/"


@pytest.fixture
def editor(user_of):
    return user_of("center_staff", display_name="李編輯")


def remarked(person: Person, text: str, editor) -> Annotation:
    annotations_editing.add_remark(person, text, editor=editor, at=AT)
    return person.annotations.latest("pk")


def moved(person: Person, city: str, editor) -> None:
    person.refresh_from_db()
    change = PersonChange(person.pk, {"city": city}, {"city": person.city})
    apply_changes([change], editor=editor, source=Source.ADMIN, at=AT)


def test_a_remark_is_a_line_like_every_other(editor):
    person = somebody()
    moved(person, "基隆市", editor)
    remarked(person, " 已於校慶\n當面確認　", editor)
    assert lines(person) == ["1.新增城市(20260302 李編輯)", "2.已於校慶當面確認(20260302 李編輯)"]
    assert not [*check_history(AT), *check_annotation_numbers(AT)]


@pytest.mark.parametrize(
    "text",
    ["", "　", "證號A123456789", "證號 Ａ１２３４５６７８９", "A12345 6789", "A-123456-789", "字" * 301]
    + [
        "該校友反應願意接受母校訊息",
        "身分具有學士、碩士",
        "「該校友反應願意接受母校訊息」",
        "1. 身分具有學士、碩士",
    ]
    + ["修改聯絡地址", "3.新增英文名字、行動電話。", "新增學籍身分", "電話訪問(20190320 王小明)"]
    + ["電話訪問（20190320 王小明） 2.修改聯絡地址"],
)
def test_what_no_remark_may_hold(editor, text):
    person = somebody()
    with pytest.raises(ValidationError) as refused:
        annotations_editing.add_remark(person, text, editor=editor, at=AT)
    assert "123456789" not in str(refused.value)
    assert not lines(person)


@pytest.mark.parametrize("name", ["王小明(代理)", "王小明（代理）"])
def test_a_line_reads_back_also_when_the_name_of_its_editor_has_brackets(user_of, name):
    person = somebody()
    line = remarked(person, "修改聯絡地址前已電話確認", user_of("center_staff", display_name=name))
    [read] = parse_lines(line.line)
    assert (read.number, read.text, read.editor_name) == (1, "修改聯絡地址前已電話確認", "王小明〔代理〕")
    assert line.editor is not None


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("來電 0912-345-678 留言", 1),
        ("公司(02)24622192", 1),
        ("＋８８６ ９１２ ３４５ ６７８", 1),
        ("去年開刀住院", 1),
        ("癌症治療中，電0912345678", 2),
        ("2026年11月21日校慶當面確認", 0),
        ("寄到202301基隆", 0),
    ],
)
def test_a_number_or_a_word_of_health_has_to_be_confirmed(client_of, text, count):
    person = somebody()
    center = client_of("center_staff")
    assert len(annotations_editing.doubts(text)) == count
    url = f"{LIST}{person.pk}/remarks/add/"
    center.post(url, {"text": text})
    assert len(lines(person)) == (0 if count else 1)
    if count:
        center.post(url, {"text": text, "confirmed": "on"})
        assert len(lines(person)) == 1


def test_a_struck_line_stays_with_its_number_and_reason_and_leaves_export_and_copy(editor, client_of):
    person = somebody()
    moved(person, "基隆市", editor)
    line = remarked(person, "寫錯人", editor)
    center = client_of("center_director")
    url = f"{LIST}{person.pk}/remarks/{line.pk}/strike/"
    assert "reason" in center.post(url, {"reason": " "}).context_data["form"].errors
    center.post(url, {"reason": "登錄到別人"})
    page = center.get(f"{LIST}{person.pk}/")
    html = page.content.decode()
    assert f"<del>{line.line}</del>" in html and "登錄到別人" in html
    assert "寫錯人" not in page.context_data["notes_text"]
    [exported] = export_rows(person.academic_records.all())
    assert exported[-1] == "1.新增城市(20260302 李編輯)"
    remarked(person, "下一則", editor)
    assert lines(person)[-1].startswith("3.")
    assert center.get(url).status_code == 404  # struck once
    assert not [*check_history(AT), *check_annotation_numbers(AT)]


def test_the_pinned_line_is_not_struck_and_no_strike_is_without_a_reason(editor):
    person = somebody(degree("資訊工程學系學士班"), degree("資訊工程學系碩士班"))
    pinned = person.annotations.get()
    with pytest.raises(ValidationError):
        annotations_editing.strike(pinned, reason="不要", editor=editor, at=AT)
    line = remarked(person, "電話訪問", editor)
    with pytest.raises(ValidationError):
        annotations_editing.strike(line, reason="證號A123456789", editor=editor, at=AT)
    with pytest.raises(IntegrityError), transaction.atomic():
        Annotation.objects.filter(pk=line.pk).update(struck_at=AT, struck_by=editor)


def test_a_file_does_not_bring_back_a_struck_line(editor):
    came = row(**{"註解": "1.電話訪問(20190320 王小明)"})
    imported([came])
    person = Person.objects.get()
    annotations_editing.strike(person.annotations.get(), reason="誤植", editor=editor, at=AT)
    imported([came])
    assert person.annotations.count() == 1


def test_a_contact_reads_the_own_remarks_and_no_others(editor, user_of):
    person = somebody()
    contact = user_of("department_contact", departments=[Department.objects.get(name="資訊工程學系")])
    remarked(person, "中心寫的", editor)
    own = remarked(person, "系上寫的", contact)
    assert [note.text for note in notes(person, contact)] == ["系上寫的(20260302 測試系所聯絡人)"]
    annotations_editing.strike(own, reason="誤植", editor=editor, at=AT)
    assert not notes(person, contact)
    assert len(notes(person, editor)) == 2


@pytest.mark.parametrize("path", ["remarks/add/", "remarks/{line}/strike/"])
def test_only_the_center_writes_and_strikes_in_the_workspace(editor, client_of, path):
    person = somebody()
    line = remarked(person, "電話訪問", editor)
    contact = client_of("department_contact", departments=Department.objects.all())
    url = f"{LIST}{person.pk}/{path.format(line=line.pk)}"
    assert contact.post(url, {"text": "改", "reason": "改"}).status_code == 403
    assert lines(person) == [line.line]


def test_a_line_is_not_struck_through_another_person(editor, client_of):
    line, other = remarked(somebody(), "電話訪問", editor), somebody()
    url = f"{LIST}{other.pk}/remarks/{line.pk}/strike/"
    assert client_of("center_staff").post(url, {"reason": "誤植"}).status_code == 404
