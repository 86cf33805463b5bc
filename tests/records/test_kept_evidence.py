"""A file that proves something lies there exactly as long as a row names it."""

from __future__ import annotations

import datetime

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from records import change_requests, objections
from records.kept_evidence import check_evidence
from records.models import ChangeRequestEvent, MessageObjection, Source
from tests.applicants import png
from tests.change_requests import OWN, contact_of, proposed
from tests.people import degree, somebody

pytestmark = pytest.mark.usefixtures("organisation")
TOMORROW = datetime.timedelta(days=1)


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    """A place of its own: what other tests leave is no matter."""
    settings.MEDIA_ROOT = tmp_path
    settings.STORAGES = settings.STORAGES | {
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path},
        }
    }


@pytest.fixture
def person():
    return somebody(degree(f"{OWN}學士班"))


def paper() -> ContentFile:
    return ContentFile(png(), "paper.png")


def stored() -> list[str]:
    return default_storage.listdir("evidence")[1] if default_storage.exists("evidence") else []


def objected(person) -> None:
    objections.record(
        person,
        on=timezone.localdate(),
        channel="phone",
        words="請勿再寄",
        evidence=paper(),
        editor=contact_of(OWN),
        at=timezone.now(),
        source=Source.FORM,
    )


def broken(*args: object, **kwargs: object) -> None:
    raise ConnectionError("the database has gone away")


def test_a_request_whose_transaction_fails_leaves_no_file(person, monkeypatch):
    monkeypatch.setattr(ChangeRequestEvent, "save", broken)
    with pytest.raises(ConnectionError):
        proposed(person, {"chinese_name": "林文河"}, editor=contact_of(OWN), evidence=paper())
    assert not stored() and not person.change_requests.exists()


def test_a_proposal_that_needs_no_file_leaves_none(person):
    contact = contact_of(OWN)
    proposed(person, {"mobile": "0933-333333"}, editor=contact, evidence=paper())
    assert not stored()
    for _time in range(2):  # the same twice waits once
        proposed(person, {"chinese_name": "林文河"}, editor=contact, evidence=paper())
    assert len(stored()) == 1
    [request] = change_requests.visible_to(contact)
    assert default_storage.exists(request.events.get().evidence.name)


def test_an_objection_whose_transaction_fails_leaves_no_file(person, monkeypatch):
    monkeypatch.setattr(objections, "apply_changes", broken)
    with pytest.raises(ConnectionError):
        objected(person)
    assert not stored() and not MessageObjection.objects.exists()


def test_verify_finds_files_of_nobody_and_names_of_no_file(person):
    objected(person)
    proposed(person, {"chinese_name": "林文河"}, editor=contact_of(OWN), evidence=paper())
    later = timezone.now() + TOMORROW
    assert not list(check_evidence(later))
    orphan = default_storage.save("evidence/0123.pdf", ContentFile(b"%PDF-"))
    assert not list(check_evidence(timezone.now()))  # its row may still come
    assert [orphan in sentence for sentence in check_evidence(later)] == [True]
    lost = MessageObjection.objects.get().evidence
    default_storage.delete(lost)
    default_storage.delete(orphan)
    assert list(check_evidence(later)) == [f"佐證檔 {lost} 已遺失。"]
