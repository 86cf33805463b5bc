"""Objections to messages: recorded as told, ended by the alumnus' own later wish and by nothing else (SOP 6.9)."""

from __future__ import annotations

import datetime

import pytest
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from records import objections, reverting
from records.changes import NewObjection, PersonChange, apply_changes
from records.models import Department, Disclosure, MessageObjection, Person, Source
from records.timelines import of_person
from records.verification import check_history, check_objections
from tests.applicants import png
from tests.factories import imported, importer, lines, row
from tests.people import somebody

pytestmark = pytest.mark.usefixtures("organisation")
DAY = datetime.date(2026, 3, 1)
AT = datetime.datetime(2026, 3, 5, 2, 0, tzinfo=datetime.UTC)
LIST = "/admin/records/person/"
PNG = png()
ANSWER = "是否願意接受母校訊息"


def recorded(person: Person, **values) -> None:
    told = {"on": DAY, "channel": "phone", "words": "請勿再寄"} | values
    objections.record(person, **told, editor=importer(), at=AT)


def withdrawn(person: Person, **values) -> None:
    told = {"on": DAY, "channel": "email", "words": "想再收到校友通訊"} | values
    objections.withdraw(person, **told, editor=importer(), at=AT)


def answer(person: Person) -> bool | None:
    person.refresh_from_db()
    return person.accepts_messages


def test_an_objection_ends_by_the_later_wish_and_may_come_again():
    person = somebody()
    recorded(person)
    assert answer(person) is False
    withdrawn(person)
    assert answer(person) is True
    ended = MessageObjection.objects.get()
    assert (ended.ended_on, ended.ended_words, ended.ended_by) == (DAY, "想再收到校友通訊", importer())
    with pytest.raises(ValidationError) as refused:  # an old letter that turns up now
        recorded(person, on=DAY - datetime.timedelta(days=1), words="舊信")
    assert "on" in refused.value.message_dict and answer(person) is True
    recorded(person, words="還是不要")
    assert answer(person) is False
    assert [line.split("(")[0] for line in lines(person)] == [
        "1.該校友反應不願意接受母校訊息",
        "2.該校友反應願意接受母校訊息",
        "3.該校友反應不願意接受母校訊息",
    ]
    assert not [*check_objections(AT), *check_history(AT)]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"on": datetime.date(2026, 3, 6)}, "on"),  # tomorrow
        ({"channel": "file"}, "channel"),
        ({"channel": ""}, "channel"),
        ({"words": " "}, "words"),
        ({"words": "本人A123456789不願再收"}, "words"),
        ({"evidence": SimpleUploadedFile("letter.pdf", b"MZ not a pdf")}, "evidence"),
    ],
)
def test_a_wish_is_recorded_whole_or_not_at_all(wrong, field):
    person = somebody()
    with pytest.raises(ValidationError) as refused:
        recorded(person, **wrong)
    assert set(refused.value.message_dict) == {field}
    assert answer(person) is None and not lines(person)
    recorded(person)
    with pytest.raises(ValidationError):
        withdrawn(person, **wrong)
    assert answer(person) is False


def test_a_withdrawal_needs_an_objection_before_it():
    person = somebody()
    with pytest.raises(ValidationError):
        withdrawn(person)
    recorded(person)
    with pytest.raises(ValidationError) as refused:
        withdrawn(person, on=DAY - datetime.timedelta(days=1))
    assert "on" in refused.value.message_dict
    with pytest.raises(ValidationError):
        recorded(person)  # twice
    assert MessageObjection.objects.filter(ended_on=None).count() == 1


def test_nothing_but_the_wish_turns_an_objection_round(user_of):
    """Import, a crafted change of the value, two changes in one set, a change taken back."""
    came = row()
    imported([came])
    person = Person.objects.get()
    apply = {"editor": importer(), "source": Source.ADMIN, "at": AT}
    apply_changes([PersonChange(person.pk, {"accepts_messages": "是"})], **apply)
    refusal = NewObjection(DAY, "phone", "請勿再寄")
    apply_changes(
        [
            PersonChange(person.pk, {}, objection=refusal),
            PersonChange(person.pk, {"accepts_messages": ""}, {"accepts_messages": "是"}),
        ],
        **apply,
    )
    assert answer(person) is False
    for value in ("是", ""):
        apply_changes(
            [PersonChange(person.pk, {"accepts_messages": value}, {"accepts_messages": "否"})], **apply
        )
    for mode in ("fill", "overwrite", "skip"):
        told = {ANSWER: "是", "城市": "新北市", "註解": "9.該校友反應願意接受母校訊息(20200101 王小明)"}
        imported([came | told], mode=mode)
    set_yes = person.history.filter(accepts_messages=True).earliest("history_id")
    assert reverting.find(person, "person", set_yes.history_id, "accepts_messages") is None
    assert answer(person) is False
    assert not list(check_objections(AT))


def test_old_annotations_that_end_with_the_wish_bring_no_objection():
    told = "1.該校友反應不願意接受母校訊息(20190321 李四)\n2.該校友反應願意接受母校訊息(20200321 李四)"
    imported([row(**{ANSWER: "是", "註解": told})])
    assert Person.objects.get().accepts_messages is True
    assert not MessageObjection.objects.exists()


def test_the_page_says_since_when_and_why_and_hands_out_the_evidence(client_of):
    person, center = somebody(), client_of("center_staff")
    url = f"{LIST}{person.pk}/objection/"
    data = {"on": "2026-03-01", "channel": "letter", "told_by": "family", "words": "來信表示不願再收"}
    nobody = center.post(url, data | {"told_by": "other"})
    assert "told_by_other" in nobody.context_data["form"].errors
    refused = center.post(url, data | {"evidence": SimpleUploadedFile("a.png", b"<script>")})
    assert "evidence" in refused.context_data["form"].errors and answer(person) is None
    center.post(url, data | {"evidence": SimpleUploadedFile("a.png", PNG)})
    page = center.get(f"{LIST}{person.pk}/").content.decode()
    for text in ("2026-03-01 以書面反應（家屬告知）", "「來信表示不願再收」", "登錄撤回", "下載佐證檔"):
        assert text in page
    objection = MessageObjection.objects.get()
    taken = center.post(f"{LIST}{person.pk}/objections/{objection.pk}/objection/")
    assert b"".join(taken.streaming_content) == PNG
    assert taken["Content-Disposition"].startswith("attachment")
    assert Disclosure.objects.get().kind == Disclosure.Kind.EVIDENCE
    assert center.post(f"{LIST}{person.pk}/objections/{objection.pk}/withdrawal/").status_code == 404
    center.post(
        f"{LIST}{person.pk}/withdrawal/", data | {"on": str(timezone.localdate()), "words": "又願意了"}
    )
    page = center.get(f"{LIST}{person.pk}/").content.decode()
    assert "曾於 2026-03-01 反應不願接受" in page and "「又願意了」" in page and answer(person) is True


def test_a_file_of_a_wish_that_was_not_written_does_not_stay():
    person = somebody()
    recorded(person)
    before = default_storage.listdir("evidence")[1] if default_storage.exists("evidence") else []
    change = PersonChange(person.pk, {}, objection=NewObjection(DAY, "phone", "兩人同時登錄"))
    [applied] = apply_changes([change], editor=importer(), source=Source.ADMIN, at=AT)
    assert applied.stale == ["objected_on"]
    with pytest.raises(ValidationError):
        recorded(person, evidence=SimpleUploadedFile("a.png", PNG))
    after = default_storage.listdir("evidence")[1] if default_storage.exists("evidence") else []
    assert before == after


def test_a_contact_is_told_that_and_since_when_but_not_in_which_words(client_of, user_of):
    person = somebody()
    recorded(person, words="因為生病，請勿再寄")
    withdrawn(person, words="病好了")
    own = [Department.objects.get(name="資訊工程學系")]
    page = client_of("department_contact", departments=own).get(f"{LIST}{person.pk}/").content.decode()
    assert "曾於 2026-03-01 反應不願接受" in page
    assert "請勿再寄" not in page and "病好了" not in page
    told = [c.after for e in of_person(person, user_of("department_contact")) for c in e.changes]
    assert "病好了" not in told
