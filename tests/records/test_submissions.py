"""What comes to a request that waits already, what a new one puts an end to, and how many may wait."""

from __future__ import annotations

import io

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from records import change_requests, change_reviews
from records.change_comparisons import compared, fingerprint
from records.change_reviews import ReviewRefused
from records.models import ChangeRequest, Department
from records.programmes import Lists
from records.submissions import MOST_SUPPLEMENTS, MOST_WAITING
from tests.change_requests import OWN, contact_of, proposed, waiting
from tests.people import degree, somebody

pytestmark = pytest.mark.usefixtures("organisation")
NAME = {"chinese_name": "林文河"}


@pytest.fixture
def person():
    return somebody(degree(f"{OWN}學士班"))


@pytest.fixture
def contact():
    return contact_of(OWN)


@pytest.fixture
def client(client_of):
    return client_of("department_contact", departments=[Department.objects.get(name=OWN)])


def paper(side: int = 4) -> ContentFile:
    out = io.BytesIO()
    Image.new("RGB", (side, side)).save(out, "PNG")
    return ContentFile(out.getvalue(), "paper.png")


def said_to(client, person, **typed) -> str:
    """What the page says when the contact's form is sent with the same name again."""
    url = reverse("records:person_edit", args=[person.pk])
    form = client.get(url).context["form"]
    first = {name: form[name].value() or "" for name in form.names}
    data = first | {f"initial-{name}": value for name, value in first.items()} | NAME
    named = {f"request-{name}": value for name, value in typed.items()}
    return client.post(url, data | named, follow=True).content.decode()


def test_a_second_paper_and_its_words_come_to_the_request_that_waits(client, person):
    said_to(client, person, evidence=paper(), reason="校友來電更名")
    told = said_to(client, person, evidence=paper(5), reason="這是正確的那張")
    request = ChangeRequest.objects.get()
    assert f"已補入等待審核的申請 {request.number}" in told
    first, second = request.events.all()
    assert (first.step, second.step, second.note) == ("submitted", "supplemented", "這是正確的那張")
    assert first.evidence.name != second.evidence.name and default_storage.exists(second.evidence.name)
    told = said_to(client, person, evidence=paper(5), reason="這是正確的那張")  # pressed twice
    assert "先前已送審" in told and request.events.count() == 2


def test_nobody_decides_without_the_paper_that_came_later(person, contact, user_of, client_of):
    request, reviewer = waiting(person, contact), user_of("center_staff")
    seen = fingerprint(request, compared(request, Lists.load()))
    proposed(person, NAME, editor=contact, evidence=paper())
    act = {"by": reviewer, "at": timezone.now()}
    with pytest.raises(ReviewRefused, match="王聯絡：補件"):
        change_reviews.approve(request.pk, version=1, seen=seen, items=None, **act)
    with pytest.raises(ReviewRefused, match="已有異動"):
        change_reviews.approve(request.pk, version=2, seen=seen, items=None, **act)
    center = client_of("center_staff")
    assert "補件" in center.get("/admin/records/changerequest/").content.decode()
    page = f"/admin/records/changerequest/{request.pk}/"
    assert "曾補件" in center.get(page).content.decode()
    answer = center.post(f"{page}evidence/{request.events.get(step='supplemented').pk}/")
    assert b"".join(answer.streaming_content) == paper().read()


def test_words_that_go_nowhere_are_said_to_be_lost(client, person):
    """Nothing changed, so nothing waits that they could go with."""
    url = reverse("records:person_edit", args=[person.pk])
    typed = {"request-reason": "請更正", "request-evidence": paper()}
    form = client.get(url).context["form"]
    first = {name: form[name].value() or "" for name in form.names}
    data = first | {f"initial-{name}": value for name, value in first.items()} | typed
    told = client.post(url, data, follow=True).content.decode()
    assert "佐證檔沒有保留" in told and "送審說明沒有保留" in told


def test_a_returned_request_stays_on_the_list_until_the_same_field_is_proposed_anew(person, contact, user_of):
    name, reviewer = waiting(person, contact), user_of("center_staff")
    change_reviews.give_back(name.pk, version=1, by=reviewer, at=timezone.now(), answer="請附證件")
    waiting(person, contact, sex="F")
    assert list(change_requests.returned_to(contact)) == [name]
    waiting(person, contact, chinese_name="林文江", birth_date="1991-02-03")
    assert not change_requests.returned_to(contact)


def test_a_contact_does_not_fill_the_inbox_about_one_person(person, contact):
    requests = [
        waiting(person, contact, chinese_name=f"林{n}") for n in "一二三四五六七八九十甲乙丙丁戊己庚辛壬癸"
    ]
    assert len(requests) == MOST_WAITING
    outcome = proposed(person, {"chinese_name": "林多一", "mobile": "0933-333333"}, editor=contact)
    assert outcome.applied == ["mobile"] and "20 件等待審核" in outcome.refused["chinese_name"]
    assert ChangeRequest.objects.count() == MOST_WAITING
    assert waiting(somebody(degree(f"{OWN}學士班")), contact)  # about somebody else


def test_a_request_is_not_supplemented_without_end(person, contact):
    for number in range(MOST_SUPPLEMENTS + 1):
        proposed(person, NAME, editor=contact, reason=f"說明{number}")
    outcome = proposed(person, NAME, editor=contact, reason="再說一次")
    assert "沒有保留" in outcome.refused["chinese_name"] and outcome.waiting is None
    assert person.change_requests.get().events.count() == MOST_SUPPLEMENTS + 1
