"""The review inbox: what it lists and asks the database, its steps, many at once, and what a contact sees of it."""

from __future__ import annotations

import datetime
import io

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from records import change_reviews
from records.models import ChangeItem, ChangeRequest, Department, Disclosure, Person, ReviewMode
from tests.change_requests import OTHER, OWN, contact_of, proposed, waiting
from tests.people import degree, somebody

pytestmark = pytest.mark.usefixtures("organisation")
INBOX = "/admin/records/changerequest/"


def page_of(request) -> str:
    return f"{INBOX}{request.pk}/"


def act(client, request, step, **data):
    """Sends a step as the page of the request shows it."""
    shown = client.get(page_of(request)).context_data
    form = {"step": step, "version": shown["shown"].version, "seen": shown["seen"]} | data
    return client.post(page_of(request), form, follow=True)


def text(response) -> str:
    return response.content.decode()


def png() -> ContentFile:
    content = io.BytesIO()
    Image.new("RGB", (8, 8)).save(content, "PNG")
    return ContentFile(content.getvalue(), "paper.png")


def many(count: int) -> None:
    """Requests of many people, in one statement each: a full inbox."""
    person, contact = somebody(degree(f"{OWN}學士班")), contact_of(OWN)
    people = Person.objects.bulk_create(
        Person(
            chinese_name=f"林文{number}",
            name_key=f"林文{number}",
            created_at=timezone.now(),
            updated_at=timezone.now(),
        )
        for number in range(count)
    )
    at = timezone.now() - datetime.timedelta(days=5)
    requests = ChangeRequest.objects.bulk_create(
        ChangeRequest(person=one, source="form", proposed_by=contact, proposed_at=at)
        for one in [person, *people][:count]
    )
    ChangeItem.objects.bulk_create(
        ChangeItem(request=one, attribute="chinese_name", before=one.person.chinese_name, proposed="林大河")
        for one in requests
    )


def test_a_thousand_waiting_requests_cost_the_inbox_few_queries(client_of, django_assert_max_num_queries):
    """issue 4, It shows 5; the time is measured by benchmarks/inbox.py."""
    many(1000)
    client = client_of("center_director")
    client.get("/admin/")  # the first page of a login also notes the session
    with django_assert_max_num_queries(19):
        page = client.get(INBOX)
        assert "林大河" in text(page)
    assert page.context_data["cl"].result_count == 1000
    with django_assert_max_num_queries(19):
        client.get(INBOX, {"field": "chinese_name", "age": "3", "p": "7"})


def test_the_inbox_begins_with_what_waits_oldest_first_and_is_filtered(client_of):
    old = timezone.now() - datetime.timedelta(days=8)
    young, other = waiting(), contact_of(OTHER, username="lee", display_name="李聯絡")
    aged = proposed(somebody(degree(f"{OTHER}碩士班")), {"sex": "F"}, editor=other, at=old).waiting
    client = client_of("center_staff")
    change_reviews.refuse(
        waiting(sex="F").pk, version=1, by=contact_of_center(client), at=timezone.now(), answer="不符"
    )

    def listed(**query):
        return [one.pk for one in client.get(INBOX, query).context_data["cl"].result_list]

    assert listed() == [aged.pk, young.pk]
    assert len(listed(state="all")) == 3 and len(listed(state="refused")) == 1
    assert listed(field="sex") == [aged.pk] and listed(age="7") == [aged.pk]
    assert listed(department=Department.objects.get(name=OTHER).pk) == [aged.pk]
    assert listed(proposer=other.pk) == [aged.pk]
    assert "已等待 8 天" in text(client.get(INBOX))
    cards = client.get("/admin/").context_data["change_cards"]
    assert [card.count for card in cards] == [2, 8]


def contact_of_center(client):
    return client.get("/admin/").wsgi_request.user


def test_the_page_shows_original_proposed_and_current_and_a_tick_is_needed_to_overwrite(client_of):
    request = waiting()
    client = client_of("center_staff")
    Person.objects.filter(pk=request.person_id).update(chinese_name="林文湖")
    page = client.get(page_of(request))
    assert all(name in text(page) for name in ("林文海", "林文河", "林文湖", "已有其他異動"))
    assert page.context_data["ticked"] == []
    assert "沒有勾選" in text(act(client, request, "approved", answer="已電話確認"))
    assert "已電話確認" in text(
        act(client, request, "approved", answer="已電話確認")
    )  # nothing typed is lost
    ticked = request.items.get().pk
    assert "已核准並寫入" in text(act(client, request, "approved", items=[ticked]))
    assert Person.objects.get(pk=request.person_id).chinese_name == "林文河"


def test_the_proposer_reads_what_was_decided_and_nothing_that_the_role_may_not_read(client_of):
    contact = contact_of(OWN)
    person = somebody(degree(f"{OWN}學士班"), birth_date="1987-07-13")
    request = waiting(person, contact, birth_date="1988-08-14", chinese_name="林文河")
    theirs = contact_of(OWN, username="wu", display_name="吳聯絡")
    foreign = waiting(somebody(degree(f"{OWN}學士班")), theirs)
    client = client_of("department_contact", username="wang")
    listing, page = text(client.get(INBOX)), text(client.get(page_of(request)))
    assert "1988-08-14" in listing and "1988-08-14" in page
    assert "1987-07-13" not in listing + page and foreign.number not in listing
    assert client.get(page_of(foreign)).status_code == 404
    assert client.post(page_of(foreign), {"step": "withdrawn"}).status_code == 404
    assert act(client, request, "approved").status_code == 403
    director = client_of("center_director")
    assert "請填寫審核意見" in text(act(director, request, "returned"))
    assert "已退回申請人" in text(act(director, request, "returned", answer="請附戶籍謄本"))
    waiting(somebody(degree(f"{OWN}學士班")), contact, sex="F")
    page = client.get(INBOX)
    assert page.context_data["cl"].result_list[0] == request and "已退回" in text(page)
    assert "請附戶籍謄本" in text(client.get(page_of(request)))
    assert client.get("/admin/").context_data["change_cards"][0].count == 1
    assert "已撤回" in text(act(client, request, "withdrawn"))
    contact.memberships.all().delete()  # out of reach, the own requests are as well
    assert client.get(page_of(request)).status_code == 404


def test_a_contact_is_not_offered_the_fields_of_others_requests(client_of):
    waiting(somebody(degree(f"{OTHER}學士班")), contact_of(OTHER, username="lee"), birth_date="1990-01-02")
    waiting(editor=contact_of(OWN))
    page = text(client_of("department_contact", username="wang").get(INBOX))
    assert "中文姓名" in page and "生日" not in page


def test_the_words_of_a_review_come_back_after_the_sign_in(client_of, user_of):
    """Its ticks too, and nothing is decided before it is sent again."""
    request, reviewer = waiting(chinese_name="林文河", sex="F"), user_of("center_staff")
    name = request.items.get(attribute="chinese_name").pk
    client = client_of("center_staff")
    shown = client.get(page_of(request)).context_data
    form = {"step": "approved", "version": 1, "seen": shown["seen"], "kept_for": shown["kept_for"]}
    client.session.flush()
    answer = client.post(page_of(request), form | {"items": [name], "answer": "性別請附證明"})
    assert answer["Location"] == f"/login?next={page_of(request)}"
    assert ChangeRequest.objects.get(pk=request.pk).is_waiting
    client.force_login(reviewer)
    page = client.get(page_of(request))
    assert "性別請附證明" in text(page) and page.context_data["ticked"] == [name]
    act(client, request, "approved", items=[name], answer="性別請附證明")
    assert ChangeRequest.objects.get(pk=request.pk).state == "partly"
    assert "性別請附證明" not in text(client.get(f"{INBOX}{waiting().pk}/"))


def test_many_of_one_kind_are_approved_after_a_page_that_shows_them_all(client_of):
    contact = contact_of(OWN)
    requests = [waiting() for _ in range(3)]
    stale, other_kind = waiting(), waiting(sex="F")
    own = proposed(
        record_owner := somebody(degree(f"{OWN}學士班")),
        {},
        editor=contact_of_center(client_of("center_director")),
        records={record_owner.academic_records.get().pk: {"serial_number": "X1"}},
        records_before={
            record_owner.academic_records.get().pk: {
                "serial_number": record_owner.academic_records.get().serial_number
            }
        },
    ).waiting
    Person.objects.filter(pk=stale.person_id).update(chinese_name="林文湖")
    client = client_of("center_director")
    mixed = client.post(f"{INBOX}bulk/", {"chosen": [requests[0].pk, other_kind.pk]}, follow=True)
    assert "相同欄位" in text(mixed)
    assert not client.post(f"{INBOX}bulk/", {"chosen": [own.pk]}).context_data["ready"]
    forged = {"confirmed": "1", "entry": f"{requests[0].pk}:{'9' * 5000}:x"}
    assert client.post(f"{INBOX}bulk/", forged).status_code == 302 and requests[0].is_waiting
    page = client.post(f"{INBOX}bulk/", {"chosen": [one.pk for one in (*requests, stale)]})
    assert [entry.request for entry in page.context_data["ready"]] == requests
    assert "請個別審核" in text(page) and ChangeRequest.objects.filter(state="approved").count() == 0
    keys = [entry.key for entry in page.context_data["ready"]]
    Person.objects.filter(pk=requests[0].person_id).update(chinese_name="林文湖")
    done = client.post(f"{INBOX}bulk/", {"confirmed": "1", "entry": keys}, follow=True)
    assert "已核准 2 件" in text(done) and f"{requests[0].number}：資料在您審核" in text(done)
    names = Person.objects.filter(pk__in=[one.person_id for one in requests]).order_by("pk")
    assert [person.chinese_name for person in names] == ["林文湖", "林文河", "林文河"]
    assert contact.change_requests.filter(state="approved").count() == 2


def test_a_paper_goes_to_the_center_and_its_proposer_only_and_leaves_a_trace(client_of):
    request = proposed(
        somebody(degree(f"{OWN}學士班")), {"sex": "F"}, editor=contact_of(OWN), evidence=png()
    ).waiting
    contact_of(OWN, username="wu", display_name="吳聯絡")
    address = f"{page_of(request)}evidence/{request.events.get().pk}/"
    assert client_of("department_contact", username="wu").post(address).status_code == 404
    answer = client_of("center_staff").post(address)
    assert answer["Content-Type"] == "image/png" and "attachment" in answer["Content-Disposition"]
    assert client_of("department_contact", username="wang").post(address).status_code == 200
    assert [event.by.username for event in request.events.filter(step="evidence_taken")] == [
        "center_staff",
        "wang",
    ]
    trail = Disclosure.objects.filter(kind="evidence").order_by("pk")
    assert [entry.user.username for entry in trail] == ["center_staff", "wang"]
    assert {entry.detail for entry in trail} == {f"異動申請 {request.number} 的佐證檔"}


def test_the_director_turns_the_strict_mode_on_with_a_reason_and_every_setting_is_kept(client_of):
    client, mode = client_of("center_director"), reverse("admin:records_changerequest_mode")
    assert "請填寫事由" in text(client.post(mode, {"mode": "strict", "reason": ""}))
    assert not ReviewMode.is_strict_now()
    client.post(mode, {"mode": "strict", "reason": "資料清查期間"})
    client.post(mode, {"mode": "strict", "reason": "再按一次"})
    assert "全部送審" in text(client.get(INBOX)) and ReviewMode.is_strict_now()
    client.post(mode, {"mode": "by_field", "reason": "清查完畢"})
    assert [one.reason for one in ReviewMode.objects.all()] == ["清查完畢", "資料清查期間"]
    assert client_of("center_staff").post(mode, {"mode": "strict", "reason": "我"}).status_code == 403


def test_looking_changes_nothing(client_of):
    request = waiting()
    client_of("center_staff").get(page_of(request))
    request.refresh_from_db()
    assert (request.state, request.version) == ("submitted", 1)
