"""Rows that need a person: what is decided about them, what is corrected in them, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.utils import timezone

from records import imports
from records.imports import correcting, row_decisions
from records.imports.row_decisions import Scope
from records.models import AcademicRecord, ImportBatch, ImportCorrection, ImportDecision, ImportRow, Person
from records.rulings import Kind, Ruling
from tests.factories import (
    BACHELOR,
    MASTER,
    applied,
    codes,
    imported,
    importer,
    national_id,
    planned,
    row,
    verdicts,
)

pytestmark = pytest.mark.django_db


def row_of(batch: ImportBatch, number: int = 2) -> ImportRow:
    return ImportRow.objects.get(batch=batch, row_number=number)


def decided(batch: ImportBatch, ruling: Ruling, number: int = 2, scope: Scope = Scope.ROW) -> ImportBatch:
    stored = imports.decide_row(
        batch, row_of(batch, number), ruling, scope=scope, reason="電話查證", by=importer()
    )
    assert stored is not None
    imports.replan(batch)
    return ImportBatch.objects.get(pk=batch.pk)


def is_person(person: Person, *, accepted: tuple[str, ...] = (), new_degree: bool = False) -> Ruling:
    record = None if new_degree else person.academic_records.get().pk
    return Ruling(Kind.PERSON, person.pk, record, new_degree, frozenset(accepted))


def stored_person(**values: str) -> tuple[Person, dict]:
    came = row(**values)
    imported([came])
    return Person.objects.latest("pk"), came


def without_keys(came: dict, **values: str | None) -> dict:
    return came | {"身分證字號": None, "學號": None} | values


@dataclass(frozen=True)
class Case:
    """A file's row about a stored person, what is asked, and what a decision makes of it."""

    name: str
    change: Callable[[dict], dict]
    asked: str
    accepted: tuple[str, ...] = ()
    new_degree: bool = False
    verdict: str = "update"


CASES = [
    Case("name alone", lambda came: without_keys(came, 城市="台北市"), "same_name"),
    Case(
        "another name",
        lambda came: came | {"中文姓名": "林改名", "城市": "台北市"},
        "differs_from_stored",
    ),
    Case("another birthday", lambda came: came | {"生日": "1991-01-02"}, "differs_from_stored", verdict="unchanged"),
    Case(
        "another number in the same programme",
        lambda came: came | {"學號": "00957999"},
        "student_number_differs",
        verdict="unchanged",
    ),
    Case(
        "the other number is a further degree",
        lambda came: came | {"學號": "00957999"},
        "student_number_differs",
        new_degree=True,
        verdict="new_record",
    ),
    Case(
        "another national ID",
        lambda came: came | {"身分證字號": national_id(900001), "城市": "台北市"},
        "other_person",
        accepted=("id_differs",),
    ),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_row_is_given_to_the_person_who_was_chosen(case):
    person, came = stored_person()
    before = (person.chinese_name, person.birth_date, person.national_id_digest)
    batch = planned([case.change(came), row()])
    assert verdicts(batch) == ["needs_person", "new_person"] and case.asked in codes(batch)[0]
    batch = decided(batch, is_person(person, accepted=case.accepted, new_degree=case.new_degree))
    assert verdicts(batch) == [case.verdict, "new_person"] and "decided" in codes(batch)[0]
    applied(batch)
    person.refresh_from_db()
    # Who somebody is never changes by a file (SOP 6.5).
    assert (person.chinese_name, person.birth_date, person.national_id_digest) == before
    assert person.academic_records.count() == 1 + case.new_degree
    assert Person.objects.count() == 2
    if case.verdict == "update":
        assert person.city in ("台北市", "臺北市")


def test_a_namesake_is_entered_as_somebody_new():
    _person, came = stored_person()
    batch = decided(planned([without_keys(came, 城市="台北市")]), Ruling(Kind.NEW))
    assert verdicts(applied(batch)) == ["new_person"]
    assert Person.objects.count() == 2


def test_a_row_stays_away_and_the_row_that_waited_for_it_goes_in():
    person = row()
    batch = planned([person | BACHELOR, person | MASTER | {"生日": "1991-01-01"}])
    assert verdicts(batch) == ["needs_person"] * 2
    batch = decided(batch, Ruling(Kind.OUT), number=3)
    assert verdicts(batch) == ["new_person", "kept_out"] and "left_out" in codes(batch)[1]
    applied(batch)
    assert AcademicRecord.objects.get().programme.name == BACHELOR["畢業系所"]


def finals() -> list[tuple[str, Callable[[dict, dict], dict], bool | None]]:
    """Rows that cannot be the first person's, (True) anybody new's, or (None) a further degree of the first's."""
    return [
        ("id_of_another", lambda a, b: a | {"身分證字號": b["身分證字號"]}, False),
        ("id_of_another", lambda a, b: b | {"中文姓名": "林改名"}, True),
        ("number_taken_in_programme", lambda a, b: row(學號=b["學號"]), True),
        ("number_taken_in_programme", lambda a, b: a | {"學號": b["學號"]}, None),
    ]


@pytest.mark.parametrize(("code", "change", "is_new"), finals())
def test_no_decision_gives_a_key_to_two_people(code, change, is_new):
    (person, first), (_other, second) = stored_person(), stored_person()
    batch = planned([change(first, second)])
    accepted = (code, "student_number_of_another")
    ruling = is_person(person, accepted=accepted, new_degree=is_new is None)
    ruling = Ruling(Kind.NEW, accepted=frozenset(accepted)) if is_new else ruling
    found = row_decisions.against(batch, row_of(batch), ruling)
    assert code in {one.code for one in found if one.is_final}
    batch = decided(batch, ruling)  # sent past the page
    assert verdicts(batch) == ["needs_person"] and "decision_overtaken" in codes(batch)[0]


def test_a_number_of_another_programme_may_be_somebody_news_and_is_written():
    stored_person(學號="00957001")
    batch = planned([row(**MASTER | {"學號": "00957001"})])
    ruling = Ruling(Kind.NEW, accepted=frozenset({"student_number_of_another"}))
    assert verdicts(applied(decided(batch, ruling))) == ["new_person"]
    assert AcademicRecord.objects.filter(student_number="00957001").count() == 2


def test_two_rows_ruled_new_do_not_share_a_number_in_a_programme():
    """Written, the second would be refused by the database, and the plan made again for ever."""
    batch = planned([row(學號="00957001"), row(學號="00957001"), row()])
    assert verdicts(batch) == ["needs_person", "needs_person", "new_person"]
    batch = decided(batch, Ruling(Kind.NEW), scope=Scope.SAME_QUESTIONS)
    assert verdicts(batch) == ["needs_person", "needs_person", "new_person"]
    assert "number_given_twice" in codes(batch)[0] & codes(batch)[1]
    assert imports.correct(batch, {3: {"學號": "00957002"}}, by=importer()) == 1
    # Another number is another person to decide about; without a decision there is nothing to ask any more.
    assert imports.withdraw_decision(batch, 3, by=importer())
    imports.replan(batch)
    assert verdicts(applied(ImportBatch.objects.get(pk=batch.pk))) == ["new_person"] * 3


def test_a_difference_that_nobody_confirmed_is_asked_about_again():
    person, came = stored_person()
    batch = planned([came | {"身分證字號": national_id(900002)}])
    assert [one.code for one in row_decisions.against(batch, row_of(batch), is_person(person))] == [
        "id_differs"
    ]
    batch = decided(batch, is_person(person))
    assert verdicts(batch) == ["needs_person"] and "decision_overtaken" in codes(batch)[0]


def test_a_decision_outlives_new_options_and_other_decisions_and_ends_when_it_is_withdrawn():
    person, came = stored_person()
    batch = planned([without_keys(came, 城市="台北市"), without_keys(row())])
    batch = decided(batch, is_person(person))
    assert imports.change_options(batch, mode="overwrite", refusals="record")
    imports.replan(batch)
    assert verdicts(batch)[0] == "update"
    assert imports.withdraw_decision(batch, 2, by=importer())
    imports.replan(batch)
    assert verdicts(batch)[0] == "needs_person"
    assert ImportDecision.objects.filter(batch=batch).count() == 2  # who thought what stays


def test_a_decision_falls_when_the_person_is_gone():
    person, came = stored_person()
    batch = planned([without_keys(came, 城市="台北市")])
    ruling = Ruling(Kind.PERSON, person.pk + 1000, None, True)
    assert [one.code for one in row_decisions.against(batch, row_of(batch), ruling)] == ["person_gone"]


# Likeness -------------------------------------------------------------------------------------------------
def test_like_rows_are_decided_in_one_go_each_with_the_person_it_points_at():
    people = [stored_person() for _each in range(3)]
    rows = [came | {"中文姓名": f"林改{index}", "城市": "台北市"} for index, (_p, came) in enumerate(people)]
    rows[2]["生日"] = "1991-01-01"  # asked about more than the others
    batch = planned([*rows, row()])
    stored = row_of(batch)
    like = row_decisions.like_rows(batch, stored)
    assert {scope: [row.row_number for row in rows] for scope, rows in like.items()} == {
        Scope.SAME_PERSON: [],
        Scope.SAME_QUESTIONS: [3],
    }
    batch = decided(batch, is_person(people[0][0]), scope=Scope.SAME_QUESTIONS)
    assert verdicts(batch) == ["update", "update", "needs_person", "new_person"]
    applied(batch)
    assert {person.chinese_name for person in Person.objects.all()}.isdisjoint({"林改0", "林改1"})


def test_a_like_row_with_more_against_it_is_left_and_named():
    (first, came), (_second, other) = stored_person(), stored_person()
    batch = planned(
        [
            came | {"中文姓名": "林改名"},
            other | {"中文姓名": "林別名", "流水號": first.academic_records.get().serial_number},
        ]
    )
    stored = ImportRow.objects.get(batch=batch, row_number=3)
    ImportRow.objects.filter(pk=stored.pk).update(question=row_of(batch).question)
    result = imports.decide_row(
        batch, row_of(batch), is_person(first), scope=Scope.SAME_QUESTIONS, reason="查證", by=importer()
    )
    assert (result.decided, result.left) == (1, [3])


# Corrections ----------------------------------------------------------------------------------------------
CORRECTIONS = [
    ("身分證字號", "A123456788", national_id(900010), "kept_out"),
    ("中文姓名", None, "林補名", "kept_out"),
    ("畢業系所", "不存在學系", "資訊工程學系碩士班", "needs_person"),
    ("生日", "1990-13-40", "1990-12-04", "new_person"),
    ("性別", "X", "男", "new_person"),
]


@pytest.mark.parametrize(("header", "wrong", "right", "verdict"), CORRECTIONS)
def test_a_corrected_cell_lets_the_row_in(header, wrong, right, verdict):
    came = row(**{header: wrong}) | ({"學號": None} if header == "身分證字號" else {})
    batch = planned([came, row()])
    assert verdicts(batch)[0] == verdict
    assert imports.correct(batch, {2: {header: right}}, by=importer()) == 1
    imports.replan(batch)
    assert verdicts(batch) == ["new_person"] * 2
    imports.replan(batch)  # made again, it says the same
    assert verdicts(batch) == ["new_person"] * 2
    assert not any(header == remark[0] for remark in row_of(batch).remarks)
    correction = ImportCorrection.objects.get()
    assert correcting.opened(correction) == {header: (wrong, right)} and correction.corrected_by == importer()
    assert right.encode() not in bytes(correction.payload)
    applied(batch)
    assert Person.objects.count() == 2


def test_a_wrong_correction_says_why():
    batch = planned([row(中文姓名="", 性別="X")])
    found = correcting.errors_in(batch, row_of(batch), {"中文姓名": "", "性別": "男", "生日": "明天"})
    assert found.keys() == {"中文姓名", "生日"} and all(found.values())


def test_a_correction_that_changes_nothing_is_none():
    batch = planned([row(性別="X")])
    assert imports.correct(batch, {2: {"性別": "X"}}, by=importer()) == 0


def test_second_addresses_of_a_row_without_remarks_outlive_a_correction():
    batch = planned([row(電子郵件="a1@example.com;b1@example.com")])
    stored = ImportRow.objects.get(batch=batch)
    assert imports.correct(batch, {stored.row_number: {"城市": "台北市"}}, by=importer()) == 1
    imports.replan(batch)
    applied(batch)
    assert Person.objects.get().other_emails == "b1@example.com"


# The batch ------------------------------------------------------------------------------------------------
def says_out(batch: ImportBatch) -> None:
    stored = row_of(batch)
    imports.decide_row(batch, stored, Ruling(Kind.OUT), scope=Scope.ROW, reason="重複", by=importer())


SAID = [
    says_out,
    lambda batch: imports.correct(batch, {2: {"中文姓名": "林補名"}}, by=importer()),
    lambda batch: imports.change_options(batch, mode="overwrite", refusals="record"),
]


@pytest.mark.parametrize("say", SAID, ids=["decided", "corrected", "options"])
def test_what_was_said_waits_until_the_plan_is_made_again(say):
    batch = planned([row()])
    # The worker's clock was ahead when it planned (case 40).
    ImportBatch.objects.update(planned_at=timezone.now() + timedelta(minutes=5))
    looked = ImportBatch.objects.get()  # by somebody who is about to confirm
    say(batch)
    assert not imports.start_applying(looked, importer())
    imports.replan(batch)
    assert imports.start_applying(looked, importer())


def test_a_decision_ends_when_the_row_turns_out_to_be_somebody_else():
    person, came = stored_person()
    batch = decided(planned([without_keys(came)]), is_person(person))
    assert verdicts(batch) == ["unchanged"]
    other = {
        "中文姓名": "李大華",
        "身分證字號": national_id(900020),
        "生日": "1980-01-02",
        "學號": "00957888",
    }
    assert imports.correct(batch, {2: other}, by=importer()) == 1
    imports.replan(batch)
    batch.refresh_from_db()
    assert verdicts(batch) == ["needs_person"] and "decision_overtaken" in codes(batch)[0]
    batch = decided(batch, Ruling(Kind.OUT))
    assert imports.correct(batch, {2: {"生日": "1980-01-03"}}, by=importer()) == 1
    imports.replan(batch)
    assert verdicts(batch) == ["needs_person"]


@pytest.mark.parametrize("state", ["reading", "applying", "applied", "discarded"])
def test_nothing_is_decided_or_corrected_once_the_plan_no_longer_waits(state):
    batch = planned([row(中文姓名="")])
    ImportBatch.objects.update(state=state)
    ruling = Ruling(Kind.OUT)
    assert (
        imports.decide_row(batch, row_of(batch), ruling, scope=Scope.ROW, reason="x", by=importer()) is None
    )
    assert imports.correct(batch, {2: {"中文姓名": "林補名"}}, by=importer()) is None
    assert not (ImportDecision.objects.exists() or ImportCorrection.objects.exists())


def test_a_batch_given_up_leaves_no_decisions_and_corrections():
    batch = planned([row(中文姓名="")])
    decided(batch, Ruling(Kind.OUT))
    imports.correct(batch, {2: {"中文姓名": "林補名"}}, by=importer())
    assert imports.discard(batch)
    assert not (ImportDecision.objects.exists() or ImportCorrection.objects.exists())
