"""Proposals: what is written at once, what waits, what is refused, and how a request is decided."""

from __future__ import annotations

import datetime

import pytest
from django.utils import timezone

from records import change_requests, change_reviews, follow_ups
from records.change_comparisons import Standing, compared, fingerprint
from records.change_reviews import ReviewRefused
from records.changes import NewObjection, PersonChange, apply_changes
from records.models import AcademicRecord, ChangeRequest, Department, Person, Programme, ReviewMode, Source
from records.programmes import Lists
from records.synthetic.identity_numbers import with_check_digit
from tests.change_requests import OTHER, OWN, contact_of, proposed, waiting
from tests.factories import lines
from tests.people import degree, somebody

pytestmark = pytest.mark.usefixtures("organisation")
NEW_ID = with_check_digit("L17000123")


@pytest.fixture
def person():
    return somebody(degree(f"{OWN}學士班"), degree(f"{OTHER}碩士班"))


@pytest.fixture
def contact():
    return contact_of(OWN)


@pytest.fixture
def reviewer(user_of):
    return user_of("center_staff", display_name="陳審核")


def now_of(person):
    return Person.objects.get(pk=person.pk)


def by_center(person, **values):
    """The center changes something meanwhile."""
    person, editor = now_of(person), contact_of(username="center", display_name="中心")
    before = {name: str(getattr(person, name)) for name in values}
    [applied] = apply_changes(
        [PersonChange(person.pk, values, before)], editor=editor, source=Source.ADMIN, at=timezone.now()
    )
    assert not applied.stale


def approve(request, by, *, items=None, answer="", seen=None, version=None, at=None):
    request = ChangeRequest.objects.get(pk=request.pk)
    return change_reviews.approve(
        request.pk,
        version=version or request.version,
        seen=seen or fingerprint(request, compared(request, Lists.load())),
        items=items,
        by=by,
        at=at or timezone.now(),
        answer=answer,
    )


# --- proposing ----------------------------------------------------------------------------------------------------
def test_each_field_goes_its_way(person, contact):
    values = {"address": "臺北市中正區1號", "english_name": "Lin, W. H.", "chinese_name": "林文河"}
    outcome = proposed(person, values, editor=contact)
    assert set(outcome.applied) == {"address", "english_name"}
    assert [item.attribute for item in outcome.waiting.items.all()] == ["chinese_name"]
    assert not outcome.refused and not outcome.stale
    kept = now_of(person)
    assert (kept.address, kept.chinese_name) == ("臺北市中正區1號", "林文海")
    today = f"{timezone.localdate():%Y%m%d}"
    assert lines(person)[1:] == [f"1.修改英文名字({today} 王聯絡)", f"2.修改聯絡地址({today} 王聯絡)"]


def test_a_field_somebody_changed_since_is_told_and_the_others_are_written(person, contact):
    seen = now_of(person)
    by_center(person, mobile="0922-222222")
    outcome = proposed(person, {"mobile": "0933-333333", "city": "基隆市"}, editor=contact, seen=seen)
    assert outcome.stale == {"mobile": ("0922-222222", "0933-333333")}
    assert outcome.applied == ["city"]
    assert now_of(person).mobile == "0922-222222"


def test_study_data_and_the_wish_are_no_fields_of_a_contact(person, contact):
    record = person.academic_records.get(programme__department__name=OWN)
    outcome = proposed(
        person,
        {"accepts_messages": "否", "chinese_name": "", "current_identity": ""},
        editor=contact,
        records={record.pk: {"class_name": "甲班"}},
        records_before={record.pk: {"class_name": ""}},
    )
    names = {"accepts_messages", "chinese_name", "current_identity", f"{record.pk}.class_name"}
    assert outcome.refused.keys() == names
    assert outcome.waiting is None and not outcome.applied
    assert "登錄" in outcome.refused["accepts_messages"]


def test_an_objection_is_not_turned_round_by_a_field(contact, reviewer):
    objection = NewObjection(datetime.date(2026, 11, 1), "phone", "電話反應")
    person = somebody(degree(f"{OWN}學士班"), objection=objection)
    assert "accepts_messages" in proposed(person, {"accepts_messages": "是"}, editor=contact).refused
    free = somebody(degree(f"{OWN}學士班"))
    ReviewMode.objects.create(is_strict=True, reason="測試", set_by=reviewer, set_at=timezone.now())
    request = proposed(free, {"accepts_messages": "是"}, editor=contact).waiting
    change = PersonChange(free.pk, {}, objection=objection)
    apply_changes([change], editor=reviewer, source=Source.ADMIN, at=timezone.now())
    with pytest.raises(ReviewRefused, match="校友本人"):
        approve(request, reviewer, items=[request.items.get().pk])
    assert now_of(free).accepts_messages is False


def test_what_a_contact_may_not_read_cannot_be_found_out_by_proposing(person, contact):
    """The right birthday and a wrong one, an own and a taken ID are answered alike: they wait."""
    taken = somebody(degree(f"{OTHER}碩士班")).national_id
    for values in (
        {"birth_date": "1990-05-06"},
        {"birth_date": "1991-01-01"},
        {"national_id": person.national_id},
        {"national_id": taken},
        {"national_id": NEW_ID},
    ):
        outcome = proposed(person, values, editor=contact)
        assert outcome.waiting and not (outcome.refused or outcome.stale or outcome.applied)


def test_outside_the_scope_there_is_nobody_to_propose_for(contact):
    stranger = somebody(degree(f"{OTHER}學士班"))
    with pytest.raises(Person.DoesNotExist):
        proposed(stranger, {"mobile": "0933-333333"}, editor=contact)
    both = somebody(degree(f"{OWN}學士班"), degree(f"{OTHER}碩士班"))
    other = both.academic_records.get(programme__department__name=OTHER)
    with pytest.raises(AcademicRecord.DoesNotExist):
        proposed(both, {}, editor=contact, records={other.pk: {"programme": "1"}})
    with pytest.raises(KeyError):
        proposed(both, {"version": "9"}, editor=contact)


def test_strict_mode_sends_contact_data_to_review(person, contact, user_of):
    director = user_of("center_director")
    ReviewMode.objects.create(is_strict=True, reason="個案", set_by=director, set_at=timezone.now())
    outcome = proposed(person, {"mobile": "0933-333333"}, editor=contact)
    assert outcome.waiting and not outcome.applied and now_of(person).mobile != "0933-333333"
    assert proposed(person, {"city": "基隆市"}, editor=director).applied == ["city"]
    ReviewMode.objects.create(is_strict=False, reason="結束", set_by=director, set_at=timezone.now())
    assert proposed(person, {"city": "臺北市"}, editor=contact).applied == ["city"]


def test_the_same_proposal_twice_waits_once(person, contact):
    first = proposed(person, {"chinese_name": "林文河", "national_id": NEW_ID}, editor=contact)
    again = proposed(person, {"chinese_name": "林文河", "national_id": NEW_ID}, editor=contact)
    other = proposed(person, {"chinese_name": "林文和"}, editor=contact)
    assert first.waiting == again.waiting != other.waiting


def test_a_proposed_national_id_is_sealed_masked_and_forgotten(person, contact, reviewer):
    request = proposed(person, {"national_id": NEW_ID}, editor=contact, reason=f"身分證是 {NEW_ID}").waiting
    item = request.items.get()
    stored = {str(value) for row in (request, item) for value in vars(row).values()}
    assert not any(NEW_ID in text for text in stored) and item.proposed == f"L*******{NEW_ID[-2:]}"
    approve(request, reviewer)
    assert now_of(person).national_id == NEW_ID
    item.refresh_from_db()
    assert item.sealed is None and not item.proposed_digest


def test_a_required_field_is_not_blanked_without_a_call_of_today_by_anybody(person, contact, reviewer):
    """SOP 6.10, whichever form it comes from."""
    for editor in (contact, reviewer):
        assert "必填" in proposed(person, {"email": ""}, editor=editor).refused["email"]
    call = {"number": "0911-000001", "outcome": "reached"}
    follow_ups.log_call_to(person, by=contact, at=timezone.now(), **call)
    assert proposed(person, {"email": ""}, editor=contact).applied == ["email"]


def test_an_approval_weeks_later_blanks_nothing_without_a_call_of_that_day(person, contact, reviewer):
    ReviewMode.objects.create(is_strict=True, reason="測試", set_by=reviewer, set_at=timezone.now())
    call = {"number": "0911-000001", "outcome": "reached"}
    follow_ups.log_call_to(person, by=contact, at=timezone.now(), **call)
    request, later = waiting(person, contact, email=""), timezone.now() + datetime.timedelta(days=30)
    with pytest.raises(ReviewRefused, match="必填"):
        approve(request, reviewer, at=later)
    assert now_of(person).email and ChangeRequest.objects.get(pk=request.pk).is_waiting
    follow_ups.log_call_to(person, by=reviewer, at=later, **call)
    assert approve(request, reviewer, at=later).state == "approved" and not now_of(person).email


# --- deciding -----------------------------------------------------------------------------------------------------
def test_an_approval_names_the_proposer_in_the_line_and_both_in_the_history(person, contact, reviewer):
    request = approve(waiting(person, contact), reviewer)
    assert request.state == "approved" and now_of(person).chinese_name == "林文河"
    assert lines(person)[-1] == f"1.修改中文姓名({timezone.localdate():%Y%m%d} 王聯絡)"
    row = Person.history.filter(id=person.pk).latest("history_id")
    assert (row.source, row.history_user) == ("review", contact)
    assert row.history_change_reason == f"異動申請 {request.number}，審核：陳審核"


def test_field_by_field_the_rest_is_declined_with_words(person, contact, reviewer):
    request = waiting(person, contact, chinese_name="林文河", sex="F")
    name = request.items.get(attribute="chinese_name").pk
    with pytest.raises(ReviewRefused, match="審核意見"):
        approve(request, reviewer, items=[name])
    decided = approve(request, reviewer, items=[name], answer="性別請附證明")
    assert decided.state == "partly" and decided.answer == "性別請附證明"
    kept = now_of(person)
    assert (kept.chinese_name, kept.sex) == ("林文河", "M")


def test_a_degree_in_the_wrong_department_is_moved_by_approval(person, contact, reviewer):
    record = person.academic_records.get(programme__department__name=OWN)
    master = str(Programme.objects.get(name=f"{OWN}碩士班").pk)
    outcome = proposed(
        person,
        {},
        editor=contact,
        records={record.pk: {"programme": master}},
        records_before={record.pk: {"programme": str(record.programme_id)}},
    )
    assert approve(outcome.waiting, reviewer).state == "approved"
    record.refresh_from_db()
    assert str(record.programme_id) == master


def test_a_stale_request_overwrites_only_what_the_reviewer_was_shown(person, contact, reviewer):
    request = waiting(person, contact)
    before_change = fingerprint(request, compared(request, Lists.load()))
    by_center(person, chinese_name="林文湖")
    with pytest.raises(ReviewRefused, match="已有異動"):
        approve(request, reviewer, seen=before_change)
    with pytest.raises(ReviewRefused, match="沒有勾選"):
        approve(request, reviewer)  # "all" never means what somebody changed since
    assert now_of(person).chinese_name == "林文湖"
    request = ChangeRequest.objects.get(pk=request.pk)
    [one] = compared(request, Lists.load())
    assert (one.before, one.proposed, one.current, one.standing) == (
        "林文海", "林文河", "林文湖", Standing.CHANGED
    )  # fmt: skip
    approve(request, reviewer, items=[one.item.pk])
    assert now_of(person).chinese_name == "林文河"


def test_what_is_there_already_closes_as_overtaken_and_writes_nothing(person, contact, reviewer):
    request = waiting(person, contact)
    by_center(person, chinese_name="林文河")
    count = len(lines(person))
    assert approve(request, reviewer).state == "overtaken"
    assert len(lines(person)) == count
    changed = waiting(person, contact, sex="F")
    with pytest.raises(ReviewRefused, match="沒有被其他異動取代"):
        change_reviews.overtake(changed.pk, version=1, by=reviewer, at=timezone.now())


def test_two_national_ids_of_one_mask_are_two(person, contact, reviewer):
    request = waiting(person, contact, national_id=NEW_ID)
    mask = person.national_id_mask
    twin = next(
        number
        for number in (with_check_digit(f"{mask[0]}16{n:06d}") for n in range(1000, 9000))
        if number[-2:] == mask[-2:] and number != person.national_id
    )
    change = PersonChange(person.pk, {"national_id": twin}, {"national_id": mask})
    apply_changes([change], editor=reviewer, source=Source.ADMIN, at=timezone.now())
    [one] = compared(ChangeRequest.objects.get(pk=request.pk), Lists.load())
    assert one.standing is Standing.CHANGED


def test_a_number_of_somebody_else_is_not_approved(person, contact, reviewer):
    request = waiting(person, contact, national_id=somebody().national_id)
    with pytest.raises(ReviewRefused, match="另一位校友"):
        approve(request, reviewer)
    assert ChangeRequest.objects.get(pk=request.pk).is_waiting


def test_nobody_decides_on_an_own_request(person, user_of, reviewer):
    serial = f"{person.academic_records.first().serial_number}X"
    record = person.academic_records.first()
    outcome = proposed(
        person,
        {},
        editor=reviewer,
        records={record.pk: {"serial_number": serial}},
        records_before={record.pk: {"serial_number": record.serial_number}},
    )
    acts = [
        lambda: approve(outcome.waiting, reviewer),
        lambda: change_reviews.take(outcome.waiting.pk, version=1, by=reviewer, at=timezone.now()),
        lambda: change_reviews.refuse(
            outcome.waiting.pk, version=1, by=reviewer, at=timezone.now(), answer="否"
        ),
    ]
    for act in acts:
        with pytest.raises(ReviewRefused, match="自己提出"):
            act()
    assert approve(outcome.waiting, user_of("center_director")).state == "approved"
    record.refresh_from_db()
    assert record.serial_number == serial


@pytest.mark.parametrize("role", ["it_staff", "department_contact", "registrar", "auditor"])
def test_only_the_center_decides(role, person, contact, user_of):
    request = waiting(person, contact)
    with pytest.raises(ReviewRefused):
        approve(request, user_of(role))
    assert ChangeRequest.objects.get(pk=request.pk).is_waiting


def test_of_two_reviewers_one_wins_and_the_other_is_told(person, contact, reviewer, user_of):
    request, director = waiting(person, contact), user_of("center_director")
    at = timezone.now()
    seen = fingerprint(request, compared(request, Lists.load()))
    approve(request, reviewer)
    with pytest.raises(ReviewRefused, match="陳審核：核准"):
        approve(request, director, version=1, seen=seen)
    second = waiting(person, contact, sex="F")
    change_reviews.take(second.pk, version=1, by=reviewer, at=at)
    with pytest.raises(ReviewRefused, match="陳審核 正在審核"):
        approve(second, director, at=at + datetime.timedelta(minutes=29))
    assert approve(second, director, at=at + datetime.timedelta(minutes=31)).state == "approved"


def test_a_returned_request_is_done_with_when_it_is_proposed_anew_or_withdrawn(person, contact, reviewer):
    for again in (True, False):
        request = waiting(person, contact, chinese_name=f"林文{again:d}")
        change_reviews.give_back(request.pk, version=1, by=reviewer, at=timezone.now(), answer="請附戶籍謄本")
        assert list(change_requests.returned_to(contact)) == [request]
        with pytest.raises(ReviewRefused, match="申請人"):
            change_reviews.withdraw(request.pk, version=2, by=reviewer, at=timezone.now())
        if again:
            waiting(person, contact, chinese_name="林文荷")
        else:
            change_reviews.withdraw(request.pk, version=2, by=contact, at=timezone.now())
        assert not change_requests.returned_to(contact)


def test_a_refusal_needs_words(person, contact, reviewer):
    request = waiting(person, contact)
    with pytest.raises(ReviewRefused, match="審核意見"):
        change_reviews.refuse(request.pk, version=1, by=reviewer, at=timezone.now(), answer="")
    words = f"與 {NEW_ID} 不符"
    refused = change_reviews.refuse(request.pk, version=1, by=reviewer, at=timezone.now(), answer=words)
    assert refused.state == "refused" and NEW_ID not in refused.answer
    assert NEW_ID not in refused.events.last().note and not lines(person)[1:]


def test_the_other_departments_contacts_hear_of_shared_data(person, contact, reviewer):
    since = timezone.now() - datetime.timedelta(days=1)
    theirs = contact_of(OTHER, username="lee", display_name="李聯絡")
    colleague = contact_of(OWN, username="wu", display_name="吳聯絡")
    proposed(person, {"mobile": "0933-333333", "birth_date": "1991-01-01"}, editor=contact)
    proposed(somebody(degree(f"{OWN}學士班")), {"mobile": "0933-333334"}, editor=contact)
    approve(waiting(person, contact), reviewer)
    told = change_requests.recent_for_others(theirs, since)
    assert [(one.person, one.who, one.fields) for one in told] == [
        (person, "王聯絡", ["中文姓名"]),
        (person, "王聯絡", ["行動電話"]),
    ]
    assert not change_requests.recent_for_others(colleague, since)
    assert not change_requests.recent_for_others(theirs, timezone.now())
    theirs.memberships.filter(department=Department.objects.get(name=OTHER)).delete()
    assert not change_requests.recent_for_others(contact_of(username="lee"), since)
