"""The procedure, clause by clause (SOP 6.5–6.10), against every way in which somebody might break it.

A way takes one field and the text that somebody typed for it, and does with them what a person at that place does.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from accounts.models import User
from records import bulk_edit_fields, bulk_edits, change_reviews, objections, reverting
from records.annotations import OBJECTION
from records.annotations_editing import add_remark
from records.change_comparisons import compared, fingerprint
from records.columns import BY_ATTRIBUTE
from records.models import AcademicRecord, ChangeRequest, Department, Person
from records.programmes import Lists
from records.storing import current_values
from tests.factories import (
    DOCTOR,
    IMPORTER,
    MASTER,
    applied,
    imported,
    importer,
    lines,
    planned,
    row,
    workbook,
)
from tests.people import degree, somebody
from tests.records import test_admin_people, test_contact_pages

pytestmark = pytest.mark.usefixtures("organisation")
OWN, OTHER, CONTACT = "資訊工程學系", "食品科學系", "department_contact"
MESSAGES = "accepts_messages"
CENTER_NAME = "測試校友服務中心承辦人員"


@dataclass
class World:
    """One alumnus who came in a file, with whoever may want to change something."""

    person: Person
    came: dict[str, Any]
    contact: Client
    center: Client
    director: User
    folder: Path

    def now(self, attribute: str) -> str:
        return current_values(Person.objects.get(pk=self.person.pk))[attribute]


@pytest.fixture
def world(client_of, user_of, tmp_path) -> World:
    came = row(中文姓名="黃獨一")
    imported([came])
    own = [Department.objects.get(name=OWN)]
    contact = client_of(CONTACT, departments=own, display_name="李系助")
    return World(
        Person.objects.get(), came, contact, client_of("center_staff"), user_of("center_director"), tmp_path
    )


# --- the ways ---------------------------------------------------------------------------------------------------
def form(world: World, attribute: str, typed: str) -> None:
    sent = test_contact_pages.form_of(world.contact, world.person) | {attribute: typed}
    world.contact.post(test_contact_pages.address("person_edit", world.person), sent)


def admin(world: World, attribute: str, typed: str) -> None:
    test_admin_people.posted(world.center, world.person, **{attribute: typed})


def crafted(world: World, attribute: str, typed: str) -> None:
    """Not from the page: the form claims that the field was shown with what is stored."""
    stored = world.now(attribute)
    sent = {attribute: typed, f"initial-{attribute}": stored, "version": "1", "source": "admin"}
    world.contact.post(test_contact_pages.address("person_edit", world.person), sent)
    world.contact.post(f"/admin/records/person/{world.person.pk}/edit/", sent)


def file(world: World, attribute: str, typed: str) -> None:
    imported([world.came | {BY_ATTRIBUTE[attribute].header: typed}], mode="overwrite")


def command(world: World, attribute: str, typed: str) -> None:
    path = workbook(world.folder / "file.xlsx", [world.came | {BY_ATTRIBUTE[attribute].header: typed}])
    with pytest.raises(SystemExit):
        call_command("import_alumni", path, "--apply", "--mode=overwrite", "--user=importer", verbosity=0)


def bulk_edit(world: World, attribute: str, typed: str) -> None:
    try:
        bulk_edited(world, attribute, typed)
    except ValidationError:
        pass  # no field or value for many


def bulk_edited(world: World, attribute: str, typed: str) -> Any:
    edit = bulk_edits.make_plan(
        Person.objects.filter(pk=world.person.pk),
        AcademicRecord.objects.none(),
        attribute=attribute,
        value=bulk_edit_fields.cleaned_value(attribute, typed, timezone.localdate()),
        reason="測試",
        chosen_by="測試",
        by=importer(),
        at=timezone.now(),
    )
    assert bulk_edits.start_applying(edit, world.director)
    bulk_edits.apply(edit)
    return edit


Way = Callable[[World, str, str], None]
WAYS: tuple[Way, ...] = (form, admin, crafted, file, command, bulk_edit)
FORMS, FILES = (form, admin, crafted), (file, command)


# --- the clauses ------------------------------------------------------------------------------------------------
AS_IT_WAS: dict[Way, str] = {}
# Clause, field, what is typed, and what is stored then by the ways that take it; any other leaves what was there.
TABLE = [
    ("6.8", "mobile", "０９２２ 333 444", dict.fromkeys(FORMS + FILES, "0922-333444")),
    ("6.8", "phone", "（02）2462-2193 分機1250", dict.fromkeys(FORMS + FILES, "02-24622193#1250")),
    ("6.8", "mobile", "12", AS_IT_WAS),
    ("6.8", "phone", "請打給太太", AS_IT_WAS),
    ("6.9", MESSAGES, "否", dict.fromkeys(FILES, "是")),  # a 否 without a wish is set back
    ("6.9", MESSAGES, "是", dict.fromkeys((form, crafted, *FILES, bulk_edit), "是")),
    ("6.10", "chinese_name", "", AS_IT_WAS),
    ("6.10", "birth_date", "", AS_IT_WAS),
    ("6.10", "national_id", "", AS_IT_WAS),
    ("6.10", "email", "", AS_IT_WAS),
]
CASES = [
    pytest.param(
        field, typed, way, stored.get(way), id=f"{clause} {field} {typed or 'blank'} by {way.__name__}"
    )
    for clause, field, typed, stored in TABLE
    for way in WAYS
]


@pytest.mark.parametrize(("field", "typed", "way", "stored"), CASES)
def test_what_each_way_stores(world, field, typed, way, stored):
    before = world.now(field)
    way(world, field, typed)
    assert world.now(field) == (before if stored is None else stored)
    assert len(lines(world.person)) == (stored is not None)


@pytest.mark.parametrize(
    ("way", "who"),
    [
        (form, "李系助"),
        (crafted, "李系助"),
        (admin, CENTER_NAME),
        (file, IMPORTER),
        (command, IMPORTER),
        (bulk_edit, "測試校友服務中心主任"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_every_way_leaves_its_numbered_line_with_date_and_name_and_the_same_in_the_history(world, way, who):
    """SOP 6.7: 新增 from blank, 修改; numbers go on and are never given twice."""
    day = timezone.localdate().strftime("%Y%m%d")
    way(world, "city", "新北市")
    assert lines(world.person) == [f"1.修改城市({day} {who})"]
    newest = world.person.history.latest("history_id")
    assert (newest.city, newest.history_user.display_name) == ("新北市", who)
    struck = world.person.annotations.get()
    world.center.post(
        f"/admin/records/person/{world.person.pk}/remarks/{struck.pk}/strike/", {"reason": "測試"}
    )
    way(world, "city", "桃園市")
    assert lines(world.person)[-1] == f"2.修改城市({day} {who})"


def test_a_change_that_was_approved_bears_the_name_of_who_spoke_to_the_alumnus(world, user_of):
    """SOP 6.7."""
    form(world, "chinese_name", "黃獨二")
    assert world.now("chinese_name") == "黃獨一" and not lines(world.person)
    request = ChangeRequest.objects.get()
    seen = fingerprint(request, compared(request, Lists.load()))
    change_reviews.approve(
        request.pk, version=1, seen=seen, items=None, by=user_of("center_staff"), at=timezone.now()
    )
    [line] = lines(world.person)
    assert line.startswith("1.修改中文姓名(") and line.endswith(" 李系助)")


# --- 6.5: who it is comes first -----------------------------------------------------------------------------------
NAMESAKE_PAGES = [
    (CONTACT, "/alumni/people/{pk}/edit/", {"mobile": "0922-333444"}),
    (CONTACT, "/alumni/people/{pk}/confirm/", {}),
    (
        CONTACT,
        "/alumni/people/{pk}/objection/",
        {"on": "2026-01-02", "channel": "phone", "words": "不要再寄"},
    ),
    (CONTACT, "/alumni/people/{pk}/remark/", {"text": "校慶當面確認"}),
    ("center_staff", "/alumni/people/{pk}/edit/", {"mobile": "0922-333444"}),
    (
        "center_staff",
        "/alumni/people/{pk}/objection/",
        {"on": "2026-01-02", "channel": "phone", "words": "不"},
    ),
    ("center_staff", "/admin/records/person/{pk}/edit/", {"mobile": "0922-333444"}),
    ("center_staff", "/admin/records/person/{pk}/remarks/add/", {"text": "校慶當面確認"}),
]


@pytest.mark.parametrize(("role", "page", "sent"), NAMESAKE_PAGES)
def test_no_page_changes_one_of_two_namesakes_before_verifying(client_of, role, page, sent):
    """SOP 6.5; the other one bears a variant of the name and belongs to another department."""
    person = somebody(degree(f"{OWN}學士班"), chinese_name="黃台生")
    somebody(degree(f"{OTHER}學士班"), chinese_name="黃臺生", birth_date="1979-11-12")
    client = client_of(role, departments=[Department.objects.get(name=OWN)] if role == CONTACT else ())
    forged = {f"initial-{name}": getattr(person, name, "") for name in sent} | {"next": "/alumni/"}
    client.post(page.format(pk=person.pk), sent | forged)
    person.refresh_from_db()
    assert person.version == 1 and not lines(person)
    assert not person.confirmations.exists() and not person.objections.exists()


def test_no_line_of_one_of_two_namesakes_is_struck_before_verifying(client_of, user_of):
    person = somebody(chinese_name="黃台生")
    somebody(degree(f"{OTHER}學士班"), chinese_name="黃臺生", birth_date="1979-11-12")
    add_remark(person, "電話訪問", editor=user_of("center_director"), at=timezone.now())
    line = person.annotations.get()
    url = f"/admin/records/person/{person.pk}/remarks/{line.pk}/strike/"
    assert "/verify/" in client_of("center_staff").post(url, {"reason": "誤植"})["Location"]
    line.refresh_from_db()
    assert line.struck_at is None


def test_a_file_never_takes_a_namesake_for_the_one_it_speaks_of(world):
    """SOP 6.5: a name alone, or a name and an address, says nothing."""
    stranger = row(中文姓名="黃獨一", 身分證字號="", 學號="", 城市="新北市", 聯絡住址=world.came["聯絡住址"])
    imported([stranger], mode="overwrite")
    assert world.now("city") == "基隆市" and not lines(world.person)


# --- 6.6: several identities --------------------------------------------------------------------------------------
def test_the_line_of_identities_stands_first_and_no_way_touches_it(world):
    """SOP 6.6: kept by the system; no remark imitates it, no file puts another one in its place (an old line
    that says otherwise is kept among the numbered ones), nobody strikes it."""
    imported([world.came | MASTER, world.came | DOCTOR])
    pinned = world.person.annotations.get(number=None)
    assert pinned.text == "身分具有學士、碩士、博士"
    url, words = f"/admin/records/person/{world.person.pk}/remarks/", {"text": "身分具有學士、碩士"}
    world.center.post(f"{url}{pinned.pk}/strike/", {"reason": "測試"})
    world.center.post(f"{url}add/", words)
    world.contact.post(f"/alumni/people/{world.person.pk}/remark/", words)
    imported([world.came | {"註解": "身分具有學士、碩士(20190320 王小明)"}])
    assert lines(world.person)[0] == pinned.line
    form(world, "city", "新北市")
    assert world.now("city") == "新北市"  # once for all degrees
    assert lines(world.person)[0] == pinned.line
    assert world.person.annotations.filter(number=None).count() == 1


# --- 6.9: an objection ends by the alumnus' own later wish only ----------------------------------------------------
def objecting(world: World) -> None:
    objections.record(
        world.person,
        on=timezone.localdate(),
        channel="phone",
        words="請勿再寄",
        editor=importer(),
        at=timezone.now(),
    )


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
@pytest.mark.parametrize("typed", ["是", ""])
def test_no_way_turns_an_objection_round(world, way, typed):
    objecting(world)
    way(world, MESSAGES, typed)
    assert world.now(MESSAGES) == "否"
    assert [line.split("(")[0] for line in lines(world.person)] == [f"1.{OBJECTION}"]


def test_neither_planned_before_nor_taken_back_afterwards_does_anything_turn_it_round(world, user_of):
    """An import and a request that waited when the wish came, the undo of a bulk edit, a change taken back."""
    edit = bulk_edited(world, MESSAGES, "是")
    told = world.person.history.latest("history_id")
    batch = planned([world.came | {BY_ATTRIBUTE[MESSAGES].header: "是", "城市": "新北市"}], mode="overwrite")
    objecting(world)
    applied(batch)
    assert world.now(MESSAGES) == "否"
    with pytest.raises(ValidationError):
        bulk_edits.plan_undo(edit, reason="測試", by=importer(), at=timezone.now())
    change = reverting.find(world.person, "person", told.history_id, MESSAGES)
    assert change is None or not reverting.revert(
        change, reason="測試", editor=user_of("center_staff"), at=timezone.now()
    )
    assert world.now(MESSAGES) == "否"


def test_only_a_later_wish_ends_it(world):
    objecting(world)
    earlier = (timezone.localdate() - datetime.timedelta(days=1)).isoformat()
    wish = {"channel": "phone", "words": "想再收到", "on": earlier}
    for client, place in ((world.contact, "/alumni/people"), (world.center, "/admin/records/person")):
        client.post(f"{place}/{world.person.pk}/withdrawal/", wish)
        client.post(f"{place}/{world.person.pk}/withdrawal/", wish | {"on": "2999-01-01"})
        client.post(f"{place}/{world.person.pk}/withdrawal/", {"on": timezone.localdate().isoformat()})
        assert world.now(MESSAGES) == "否"
    world.contact.post(
        f"/alumni/people/{world.person.pk}/withdrawal/", wish | {"on": timezone.localdate().isoformat()}
    )
    assert world.now(MESSAGES) == "是"


# --- two people at once -------------------------------------------------------------------------------------------
def test_two_contacts_and_a_reviewer_at_one_person_lose_nothing_and_are_told(client_of, user_of):
    """A person of two departments: both contacts have the form open, one proposes a name, the center changes it
    meanwhile, and a reviewer approves what is stale."""
    person = somebody(degree(f"{OWN}學士班"), degree(f"{OTHER}碩士班"), chinese_name="黃獨一")
    first = client_of(CONTACT, departments=[Department.objects.get(name=OWN)])
    second = client_of(CONTACT, departments=[Department.objects.get(name=OTHER)], username="other")
    url = test_contact_pages.address("person_edit", person)
    mine, theirs = (test_contact_pages.form_of(client, person) for client in (first, second))
    first.post(url, mine | {"mobile": "0922-333444", "chinese_name": "黃獨二"})
    answer = second.post(url, theirs | {"mobile": "0955-666777", "address": "新址1號"})
    told = answer.content.decode()
    assert "採用目前的資料：0922-333444" in told and "改為您輸入的：0955-666777" in told
    person.refresh_from_db()
    assert (person.mobile, person.address) == ("0922-333444", "新址1號")
    second.post(url, test_contact_pages.sent_back(answer) | {"choice_mobile": "mine"})
    assert Person.objects.get(pk=person.pk).mobile == "0955-666777"
    assert "黃獨一" in first.get("/alumni/").content.decode().partition("其他系所修改的共同校友")[2]
    center = client_of("center_staff")
    request = ChangeRequest.objects.get()
    page = center.get(f"/admin/records/changerequest/{request.pk}/").context_data
    test_admin_people.posted(client_of("it_staff"), person, chinese_name="黃獨三")
    sent = {"step": "approved", "version": page["shown"].version, "seen": page["seen"]}
    sent["items"] = [request.items.get().pk]
    said = center.post(f"/admin/records/changerequest/{request.pk}/", sent, follow=True)
    assert "請重新核對後再決定" in said.content.decode()
    assert Person.objects.get(pk=person.pk).chinese_name == "黃獨三"
