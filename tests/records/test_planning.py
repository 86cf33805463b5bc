"""Verdicts: every row of a file gets one, by the rules of domain.md §3–4."""

from __future__ import annotations

import itertools
from random import Random

import pytest
from django.utils import timezone

from records import imports, objections, planning
from records.changes import PersonChange, RecordChange, apply_changes
from records.columns import HEADERS
from records.models import AcademicRecord, Annotation, FollowUp, ImportRow, Person, Programme, Source
from records.synthetic import make_rows
from tests.factories import (
    BACHELOR,
    DOCTOR,
    IMPORTER,
    MASTER,
    applied,
    codes,
    imported,
    importer,
    lines,
    national_id,
    planned,
    row,
    verdicts,
    views,
)

ANSWER = "是否願意接受母校訊息"
pytestmark = pytest.mark.django_db


def today() -> str:
    return f"{timezone.localdate():%Y%m%d}"


def history_size() -> int:
    return sum(model.history.count() for model in (Person, AcademicRecord, Annotation))


# Several degrees ------------------------------------------------------------------------------------------
def degrees() -> list[dict]:
    person = row()
    return [person | BACHELOR, person | MASTER, person | DOCTOR]


def is_one_person_with_three_degrees() -> None:
    person = Person.objects.get()
    serials = set(person.academic_records.values_list("serial_number", flat=True))
    assert len(serials) == 3
    assert {serial[0] for serial in serials} == {"B", "M", "D"}
    assert lines(person)[0] == f"身分具有學士、碩士、博士({today()} {IMPORTER})"


def test_three_degrees_in_one_file_are_one_person_with_three_serials_and_the_pinned_line():
    batch = imported(degrees())
    assert sorted(verdicts(batch)) == ["new_person", "new_record", "new_record"]
    is_one_person_with_three_degrees()
    assert len(lines(Person.objects.get())) == 1


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_three_degrees_over_three_files_are_one_person_with_three_serials_and_the_pinned_line(order):
    rows = degrees()
    found = [verdicts(imported([rows[index]])) for index in order]
    assert found == [["new_person"], ["new_record"], ["new_record"]]
    is_one_person_with_three_degrees()
    assert lines(Person.objects.get())[1:] == [
        f"1.新增學籍身分({today()} {IMPORTER})",
        f"2.新增學籍身分({today()} {IMPORTER})",
    ]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_the_newest_degree_speaks_for_the_person_whatever_the_order_of_the_rows(order):
    rows = degrees()
    for index, address in enumerate(("北寧路1號", "北寧路2號", "北寧路3號")):
        rows[index]["聯絡住址"] = address
    batch = imported([rows[index] for index in order])
    person = Person.objects.get()
    assert (person.address, person.other_address) == ("北寧路3號", "北寧路2號")
    by_degree = dict(zip(order, codes(batch), strict=True))
    assert "newest_wins" in by_degree[0] & by_degree[1]
    assert "newest_wins" not in by_degree[2]


def test_an_older_graduation_from_a_later_file_does_not_overwrite_and_its_address_is_kept_as_the_other():
    person = row()
    imported([person | MASTER | {"聯絡住址": "北寧路2號", "電子郵件": "new@example.com"}])
    batch = imported([person | BACHELOR | {"聯絡住址": "北寧路1號", "電子郵件": "old@example.com"}])
    stored = Person.objects.get()
    assert (stored.address, stored.other_address) == ("北寧路2號", "北寧路1號")
    assert stored.email == "new@example.com"
    assert "kept_newer" in codes(batch)[0]


def test_a_newer_graduation_from_a_later_file_replaces_and_the_older_address_is_kept_as_the_other():
    person = row()
    imported([person | BACHELOR | {"聯絡住址": "北寧路1號"}])
    imported([person | MASTER | {"聯絡住址": "北寧路2號"}])
    stored = Person.objects.get()
    assert (stored.address, stored.other_address) == ("北寧路2號", "北寧路1號")


# Again and again ------------------------------------------------------------------------------------------
def test_the_same_file_twice_changes_nothing_and_says_when_and_by_whom_it_was_imported():
    rows = [*degrees(), *(row() for _ in range(5)), row(身分證字號=None), row(電子郵件="壞的")]
    imported(rows)
    before = history_size(), FollowUp.objects.count()
    batch = planned(rows)
    assert set(verdicts(batch)) == {"unchanged"}
    (note,) = [note for note in batch.notes if note[1] == "imported_before"]
    assert IMPORTER in note[2]
    applied(batch)
    assert (history_size(), FollowUp.objects.count()) == before


def test_one_changed_cell_is_exactly_one_update_with_its_annotation():
    rows = [row() for _ in range(4)]
    imported(rows)
    before = history_size()
    rows[2] = rows[2] | {"聯絡住址": "基隆市中正區祥豐街1號"}
    batch = imported(rows)
    assert verdicts(batch) == ["unchanged", "unchanged", "update", "unchanged"]
    assert {header for header, _before, _after in views(batch)[2].diff} == {"聯絡住址", "其他住址"}
    person = Person.objects.get(address="基隆市中正區祥豐街1號")
    # The older address moved to the free 其他住址: both items changed and both are told.
    assert lines(person) == [
        f"1.修改聯絡地址({today()} {IMPORTER})",
        f"2.新增其他地址({today()} {IMPORTER})",
    ]
    assert history_size() == before + 3  # one person, two annotations


def test_one_changed_cell_is_one_line_in_the_annotations():
    came = row()
    imported([came])
    imported([came | {"行動電話": "0911-000111"}])
    assert lines(Person.objects.get()) == [f"1.修改行動電話({today()} {IMPORTER})"]


@pytest.mark.parametrize("mode", ["fill", "overwrite", "skip"])
def test_a_blank_cell_never_erases(mode):
    full = row()
    imported([full])
    blanks = {h: None for h in full if h not in {"中文姓名", "身分證字號", "學號", "畢業系所"}}
    batch = planned([full | blanks], mode=mode)
    assert verdicts(batch) == ["unchanged"]


# Conflicts inside a file ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("header", "value"), [("中文姓名", "陳大文"), ("生日", "1991-01-01"), ("性別", "女")]
)
def test_rows_of_one_person_that_differ_in_identity_need_a_person(header, value):
    person = row()
    batch = planned([person | BACHELOR, person | MASTER | {header: value}, row()])
    assert verdicts(batch) == ["needs_person", "needs_person", "new_person"]
    assert all("differs_in_file" in found for found in codes(batch)[:2])


@pytest.mark.parametrize(
    ("header", "value", "code"),
    [("流水號", "X99001", "given_twice"), ("學號", "00957123", "student_given_twice")],
)
def test_a_number_given_to_two_people_needs_a_person(header, value, code):
    batch = planned([row(**{header: value}), row(**{header: value}), row()])
    assert verdicts(batch) == ["needs_person", "needs_person", "new_person"]
    assert all(code in found for found in codes(batch)[:2])


def test_two_who_claim_one_number_are_named_on_their_rows_and_not_where_many_are_asked_alike():
    batch = planned(
        [row(學號="00957001"), row(), row(學號="00957001"), row(學號="00957002"), row(學號="00957002")]
    )
    assert "（第2列、第4列）" in str(views(batch)[0].remarks)
    [(asked, sentences)] = imports.asked_about_rows(batch, imports.asked_in(batch))
    assert asked.rows == 4 and "第" not in str(sentences) and "使用相同的學號" in str(sentences)


def test_a_doubled_row_is_imported_once():
    doubled = row()
    batch = imported([doubled, doubled])
    assert (Person.objects.count(), AcademicRecord.objects.count()) == (1, 1)
    assert "needs_person" not in verdicts(batch)
    assert any("row_twice" in found for found in codes(batch))


def test_a_doubled_row_of_somebody_stored_that_says_two_things_needs_a_person():
    stored = row()
    imported([stored])
    batch = planned([stored | {"班級資料": "甲班"}, stored | {"班級資料": "乙班"}])
    assert verdicts(batch) == ["needs_person", "needs_person"]


def test_one_degree_with_and_without_its_serial_number_is_one_record():
    person = row()
    batch = imported([person, person | {"流水號": "X99001"}])
    assert batch.state == "applied", batch.error
    assert AcademicRecord.objects.count() <= 1


def test_one_serial_number_for_two_degrees_of_a_person_needs_a_person():
    person = row(流水號="X99001")
    batch = planned([person | BACHELOR, person | MASTER])
    assert verdicts(batch) == ["needs_person", "needs_person"]


def test_a_name_alone_never_matches():
    imported([row(中文姓名="陳同名")])
    batch = imported([row(中文姓名="陳同名", 生日="1985-01-01")])
    assert verdicts(batch) == ["new_person"]
    assert verdicts(planned([row(中文姓名="陳同名", 身分證字號=None)])) == ["needs_person"]


@pytest.mark.parametrize(
    ("first", "second", "options"),
    [
        ({"註解": "甲"}, {"註解": "乙"}, {}),
        ({ANSWER: "否"}, {ANSWER: "否"}, {"refusals": "record"}),
    ],
)
def test_two_rows_that_mean_the_same_stored_person_by_name_are_joined(first, second, options):
    came = row(身分證字號=None, 學號=None)
    imported([came])
    batch = imported([came | first, came | second], **options)
    assert batch.state == "applied", batch.error
    assert Person.objects.count() == 1


def test_two_national_ids_for_one_stored_person_need_a_person():
    came = row(身分證字號=None)
    imported([came])
    batch = planned(
        [came | {"身分證字號": national_id(990_001)}, came | {"身分證字號": national_id(990_002)}]
    )
    assert verdicts(batch) == ["needs_person", "needs_person"]


@pytest.mark.parametrize("order", [1, -1])
def test_a_new_national_id_joins_the_rows_of_a_file(order):
    came = row(身分證字號=None)
    imported([came])
    known = came | {"身分證字號": national_id(990_003)}
    batch = imported([known, known | MASTER][::order])
    assert sorted(verdicts(batch)) == ["new_record", "update"]
    assert Person.objects.get().academic_records.count() == 2


def test_keys_of_two_people_in_one_row_need_a_person():
    first, second = row(), row()
    imported([first, second])
    batch = planned([first | {"學號": second["學號"]}])
    assert verdicts(batch) == ["needs_person"]
    assert "keys_disagree" in codes(batch)[0]


@pytest.mark.parametrize("header", ["中文姓名", "生日", "性別"])
def test_an_identity_other_than_the_stored_one_needs_a_person(header):
    stored = row()
    imported([stored])
    other = {"中文姓名": "陳大文", "生日": "1991-01-01", "性別": "女"}[header]
    batch = planned([stored | {header: other}])
    assert verdicts(batch) == ["needs_person"]
    assert "differs_from_stored" in codes(batch)[0]


# Kept out, and missing ------------------------------------------------------------------------------------
def test_a_row_without_a_name_is_kept_out():
    batch = planned([row(中文姓名=None), row()])
    assert verdicts(batch) == ["kept_out", "new_person"]
    assert "name_missing" in codes(batch)[0]


@pytest.mark.parametrize(
    ("header", "item"), [("身分證字號", "national_id"), ("生日", "birth_date"), ("電子郵件", "email")]
)
@pytest.mark.parametrize("wrong", [None, "錯的內容"])
def test_a_missing_or_wrong_required_value_opens_a_follow_up_that_its_coming_closes(header, item, wrong):
    person = row()
    batch = imported([person | {header: wrong}])
    assert verdicts(batch) == ["new_person"]
    follow_up = FollowUp.objects.get()
    assert (follow_up.item, follow_up.closed_at) == (item, None)
    assert verdicts(imported([person])) == ["update"]
    assert FollowUp.objects.get().closed_at is not None


def test_a_wrong_national_id_keeps_the_row_out_where_nothing_else_tells_the_person_apart():
    batch = planned([row(身分證字號="L190000000", 學號=None), row(身分證字號="L190000000")])
    assert verdicts(batch) == ["kept_out", "new_person"]


# Programmes and decisions -----------------------------------------------------------------------------------
def test_a_department_alone_is_completed_by_the_student_number_with_a_remark():
    batch = imported([row(畢業系所="資訊工程學系", 學號="10257009", 班級資料=None)])
    assert "programme_by_hint" in codes(batch)[0]
    assert AcademicRecord.objects.get().programme.name == "資訊工程學系碩士班"


def test_one_decision_answers_all_like_rows():
    unclear = {"畢業系所": "資訊工程學系", "班級資料": None}
    rows = [row(**unclear, 學號=f"A{number}") for number in range(3)] + [
        row(**unclear, 學號="10257019"),
        row(),
    ]
    batch = planned(rows)
    assert verdicts(batch) == ["needs_person"] * 3 + ["new_person"] * 2
    (question,) = imports.open_questions(batch)
    assert question.rows == 3 and question.row_numbers == [2, 3, 4]
    chosen = Programme.objects.get(name="資訊工程學系碩士班")
    assert chosen in question.candidates
    assert imports.decide(batch, question.key, chosen, by=importer())
    imports.replan(batch)
    assert set(verdicts(batch)) == {"new_person"}
    assert imports.open_questions(batch) == []
    applied(batch)
    assert AcademicRecord.objects.filter(programme=chosen).count() == 4


def test_a_file_with_a_decision_changes_nothing_the_second_time():
    rows = [row(畢業系所="不存在學系"), row(畢業系所="資訊工程學系", 班級資料=None, 學號="A1234567")]
    batch = planned(rows)
    chosen = Programme.objects.get(name="資訊工程學系碩士班")
    for question in imports.open_questions(batch):
        assert imports.decide(batch, question.key, chosen, by=importer())
    imports.replan(batch)
    assert verdicts(applied(batch)) == ["new_person"] * 2
    assert verdicts(planned(rows)) == ["unchanged"] * 2


# Made-up files with realistic mistakes --------------------------------------------------------------------
@pytest.mark.parametrize("seed", [1, 2])
def test_a_file_full_of_mistakes_changes_nothing_the_second_time_in_any_order_and_mode(seed):
    made = make_rows(150, seed=seed, dirty=True, today=timezone.localdate())
    rows = [dict(zip(HEADERS, cells, strict=True)) for cells in made]
    first = imported(rows)
    assert first.state == "applied", first.error
    left = {"needs_person", "kept_out"}
    expected = [verdict if verdict in left else "unchanged" for verdict in verdicts(first)]
    before = history_size(), FollowUp.objects.count()
    for mode in ("fill", "overwrite", "skip"):
        assert verdicts(applied(planned(rows, mode=mode))) == expected
    shuffled = Random(seed).sample(rows, len(rows))
    assert sorted(verdicts(applied(planned(shuffled)))) == sorted(expected)
    assert (history_size(), FollowUp.objects.count()) == before


def disturbed(rows: list[dict], chance: Random) -> list[dict]:
    """The rows as a registrar might send them again: some cells blank, some with what another row says."""
    rows = [dict(one) for one in rows]
    for one in chance.sample(rows, len(rows) // 2):
        header = chance.choice(HEADERS[:20])
        one[header] = chance.choice([None, chance.choice(rows)[header]])
    return rows


def test_rows_that_repeat_what_is_stored_are_planned_as_rule_by_rule(monkeypatch, user_of):
    chance = Random(3)
    made = make_rows(120, seed=3, dirty=True, today=timezone.localdate())
    rows = [dict(zip(HEADERS, cells, strict=True)) for cells in made]
    imported([one | {"身分證字號": None} if number % 7 == 0 else one for number, one in enumerate(rows)])
    people = list(Person.objects.order_by("pk")[:30])
    changes = [
        PersonChange(one.pk, {"address": "北寧路9號"}, {"address": one.address}) for one in people[:15]
    ]
    changes += [PersonChange(one.pk, {"other_emails": one.email or "a@example.com"}) for one in people[20:]]
    act = {"editor": user_of("center_staff"), "at": timezone.now()}
    apply_changes(changes, source=Source.ADMIN, **act)
    for one in people[10:20]:
        objections.record(one, on=timezone.localdate(), channel="phone", words="不要", **act)
    told = [one | {"註解": "電話訪問過"} if number % 9 == 0 else one for number, one in enumerate(rows)]
    again = disturbed(told, chance)
    short = 0
    for mode, refusals in itertools.product(("fill", "overwrite", "skip"), ("set_yes", "record")):
        found = views(planned(again, mode=mode, refusals=refusals))
        with monkeypatch.context() as patch:
            patch.setattr(planning, "is_stored_already", lambda group: False)
            assert found == views(planned(again, mode=mode, refusals=refusals))
        short += sum(view.verdict == "unchanged" for view in found)
    assert short > 100


@pytest.mark.parametrize("at_once", [1, 7])
def test_people_are_planned_alike_however_many_at_once(monkeypatch, at_once):
    made = make_rows(120, seed=5, dirty=True, today=timezone.localdate())
    rows = [dict(zip(HEADERS, cells, strict=True)) for cells in made]
    imported(rows[:80])
    # Keys of two people in one row, and people whose further degrees no row speaks of.
    crossed = rows[3] | {"學號": rows[11]["學號"], "畢業系所": rows[11]["畢業系所"]}
    again = [*disturbed(rows, Random(5)), crossed]
    expected = views(planned(again)), codes(planned(again))
    monkeypatch.setattr(planning, "_PLANNED_AT_ONCE", at_once)
    assert (views(planned(again)), codes(planned(again))) == expected


def test_one_national_id_of_two_stored_people_needs_a_person():
    rows = [row(身分證字號=None), row(身分證字號=None)]
    imported(rows)
    serials = dict(AcademicRecord.objects.values_list("student_number", "serial_number"))
    again = [one | {"流水號": serials[one["學號"]], "身分證字號": national_id(777)} for one in rows]
    batch = planned([*again, row()])
    assert verdicts(batch) == ["needs_person", "needs_person", "new_person"]
    assert all("id_given_twice" in found for found in codes(batch)[:2])
    assert applied(batch).state == "applied"


def test_one_national_id_in_rows_of_two_people_is_asked_about_also_when_one_has_an_id_of_his_own():
    rows = [row(身分證字號=None), row()]
    imported(rows)
    serials = dict(AcademicRecord.objects.values_list("student_number", "serial_number"))
    again = [one | {"流水號": serials[one["學號"]], "身分證字號": national_id(777)} for one in rows]
    for order in (again, again[::-1]):
        batch = planned(order)
        assert verdicts(batch) == ["needs_person", "needs_person"]
        assert all("id_given_twice" in found for found in codes(batch))


def _two_degrees_of_one_programme(first: dict, **values: str) -> tuple[AcademicRecord, AcademicRecord]:
    """The degree that `first` brings, and a further one that was entered by hand."""
    imported([first])
    bachelor = AcademicRecord.objects.get()
    values |= {"programme": str(bachelor.programme_id), "serial_number": "B57199999"}
    change = PersonChange(bachelor.person_id, {}, {}, [RecordChange(None, values)])
    apply_changes([change], editor=importer(), source=Source.ADMIN, at=timezone.now())
    return bachelor, AcademicRecord.objects.exclude(pk=bachelor.pk).get()


_KEYS_ONLY = dict.fromkeys(("畢業系所", "畢業日期", "在學狀態", "班級資料"))


def test_a_student_number_of_the_other_degree_of_that_programme_needs_a_person():
    first = row()
    _bachelor, other = _two_degrees_of_one_programme(first)
    batch = applied(planned([first | _KEYS_ONLY | {"流水號": other.serial_number}, row()]))
    assert batch.state == "applied"
    assert verdicts(batch) == ["needs_person", "new_person"] and "two_records" in codes(batch)[0]


def test_a_student_number_that_two_rows_give_to_two_degrees_of_a_programme_needs_a_person():
    first = row(學號=None)
    degrees = _two_degrees_of_one_programme(first)
    rows = [first | _KEYS_ONLY | {"學號": "00957777", "流水號": one.serial_number} for one in degrees]
    batch = applied(planned([*rows, row()]))
    assert batch.state == "applied"
    assert verdicts(batch) == ["needs_person", "needs_person", "new_person"]


def test_the_degrees_of_a_person_are_named_in_one_order():
    person = row()
    imported([person | MASTER])
    imported([person | BACHELOR])
    serials = AcademicRecord.objects.order_by("pk").values_list("serial_number", flat=True)
    for degree in (BACHELOR, MASTER):
        [_degree, further] = views(planned([person | degree, person | DOCTOR]))
        assert f"流水號 {'、'.join(serials)}" in further.target


@pytest.mark.parametrize("before", [None, national_id(501)])
def test_who_gets_another_national_id_while_the_plan_is_made_is_not_changed(before, monkeypatch, user_of):
    """The texts of people are loaded after their keys."""
    came = row(身分證字號=before)
    imported([came])
    person = Person.objects.get()
    serial = person.academic_records.get().serial_number
    seen = {"national_id": person.national_id_digest or ""}
    changed = PersonChange(person.pk, {"national_id": national_id(502)}, seen)

    def find(groups, known):
        door = {"editor": user_of("center_staff"), "source": Source.ADMIN, "at": timezone.now()}
        assert not apply_changes([changed], **door)[0].stale

    with monkeypatch.context() as patch:
        patch.setattr(planning, "find_namesakes", find)
        batch = planned(
            [came | {"流水號": serial, "身分證字號": national_id(501), "電子郵件": "new@example.com"}],
            mode="overwrite",
        )
    applied(batch)
    person.refresh_from_db()
    assert person.email == came["電子郵件"] and verdicts(batch) == ["needs_person"]


def test_a_value_typed_by_hand_that_the_batch_overwrites_is_told(user_of):
    came = row(行動電話="0911-000111")
    imported([came])
    person = Person.objects.get()
    by_hand = PersonChange(person.pk, {"mobile": "0922-000222"}, {"mobile": "0911-000111"})
    apply_changes([by_hand], source=Source.ADMIN, editor=user_of("center_staff"), at=timezone.now())
    assert codes(planned([came], mode="fill")) == [{"kept_hand_edited"}]
    batch = planned([came], mode="overwrite")
    assert codes(batch) == [{"replaced_hand_edited"}]
    applied(batch)
    assert codes(planned([came | {"行動電話": "0933-000333"}], mode="overwrite")) == [set()]


# Old annotations ------------------------------------------------------------------------------------------
OLD = "1.修改聯絡電話(20190320 李四)\n3.新增英文名字(20190321 李四)\n電話訪問過"


def test_old_lines_are_numbered_annotations_and_the_numbering_goes_on_behind_them():
    old = row(註解=OLD)
    imported([old])
    person = Person.objects.get()
    assert lines(person) == ["1.修改聯絡電話(20190320 李四)", "3.新增英文名字(20190321 李四)", "4.電話訪問過"]
    assert verdicts(planned([old])) == ["unchanged"]
    imported([old | {"英文姓名": "Lin, Ta-Ming"}])
    assert lines(person)[-1] == f"5.修改英文名字({today()} {IMPORTER})"


def test_two_old_lines_that_differ_only_in_their_number_are_both_kept():
    imported([row(註解="1.修改聯絡電話(20190320 李四)\n2.修改聯絡電話(20190320 李四)")])
    assert lines(Person.objects.get()) == ["1.修改聯絡電話(20190320 李四)", "2.修改聯絡電話(20190320 李四)"]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("1.甲(20190320 李四)\n1.乙(20190320 李四)", "1 2"),
        ("5.甲\n3.乙", "5 6"),
        ("甲\n甲", "1 2"),
        ("0.甲", "1"),
        ("999999.甲\n乙", "999999 1000000"),
    ],
)
def test_old_numbers_are_kept_where_they_rise_and_the_second_import_changes_nothing(text, numbers):
    old = row(註解=text)
    imported([old])
    assert [line.split(".")[0] for line in lines(Person.objects.get())] == numbers.split()
    assert verdicts(planned([old])) == ["unchanged"]


def test_the_same_old_lines_on_every_degree_are_kept_once():
    person = row(註解="1.甲(20190320 李四)")
    rows = [person | BACHELOR, person | MASTER]
    imported(rows)
    assert lines(Person.objects.get())[1:] == ["1.甲(20190320 李四)"]
    assert verdicts(planned(rows)) == ["unchanged", "unchanged"]


@pytest.mark.parametrize(
    "text", ["身分具有學士、碩士(20190320 李四)", "身分具有學士、碩士、博士(20190320 李四)"]
)
def test_an_old_identities_line_does_not_change_anything_the_second_time(text):
    person = row(註解=text)
    rows = [person | BACHELOR, person | MASTER]
    imported(rows)
    assert lines(Person.objects.get())[0].startswith("身分具有學士、碩士(")
    assert verdicts(planned(rows)) == ["unchanged", "unchanged"]


# Secrets --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "header", ["中文姓名", "英文姓名", "學號", "畢業系所", "在學狀態", "目前身分", "城市", "註解"]
)
def test_a_national_id_in_a_wrong_column_is_not_stored_in_clear(header):
    stray = national_id(999_999)
    batch = imported([row(**{header: stray})])
    stored = ImportRow.objects.get(batch=batch)
    assert stray not in str(stored.remarks) + stored.question
