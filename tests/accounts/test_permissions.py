"""The written matrix says what the code does; an account's page says it in plain words."""

from __future__ import annotations

import datetime

import pytest
from django.conf import settings
from django.core.management import call_command
from django.utils import timezone

from accounts import grants, permissions
from accounts.models import Role
from records import policies, rights
from records.columns import Sensitivity
from records.models import Department, Person
from records.rights import Access
from tests.people import degree, somebody


def test_the_written_matrix_is_what_the_code_says(db):
    text = (settings.BASE_DIR / "docs" / "permissions.md").read_text(encoding="utf-8")
    assert permissions.written(text) == text, "run manage.py permissions --write"


def test_the_command_prints_the_matrix(db, capsys):
    call_command("permissions")
    printed = capsys.readouterr().out
    assert all(str(function.title) in printed for function in policies.FUNCTIONS.values())
    assert all(str(label) in printed for label in Role.labels)


def test_a_document_without_its_marks_is_not_written(db):
    with pytest.raises(ValueError, match="generated"):
        permissions.written("# nothing")


def test_every_field_that_is_stored_has_a_class():
    """A field of a person or a degree that nobody classed would be closed to everybody: it has to be decided."""
    declared = {field.attribute for field in rights.ALL_FIELDS}
    kept_for_the_system = {
        "id", "name_key", "national_id_sealed", "national_id_digest", "national_id_mask", "hand_edited",
        "version", "created_at", "updated_at", "person",
    }  # fmt: skip
    stored = {
        column.name
        for model in (Person, Person._meta.get_field("academic_records").related_model)
        for column in model._meta.concrete_fields
    }
    assert stored - kept_for_the_system <= declared
    assert set(rights.CLASS_TITLES) == set(Sensitivity)


def test_who_edits_people_may_write_every_class_and_nobody_else_any():
    for role in Role.values:
        writes = {kind for kind in Sensitivity if rights.access_of_role(role, kind) >= Access.WRITE}
        assert writes == (set(Sensitivity) if role in policies.can_edit_people.roles else set())


def test_the_page_of_an_account_says_what_it_can_do(organisation, client_of, user_of):
    somebody(degree("資訊工程學系學士班"))
    somebody(degree("食品科學系學士班"))
    today = timezone.localdate()
    contact = user_of("department_contact", departments=[Department.objects.get(name="資訊工程學系")])
    food = Department.objects.get(name="食品科學系")
    ends = today + datetime.timedelta(days=3)
    page = f"/admin/accounts/user/{contact.pk}/"
    client = client_of("center_director")
    before = client.get(page).content.decode()
    assert "檢視校友資料" in before and "1 人" in before and "資訊工程學系" in before
    assert "聯絡資料</strong>：電子郵件" in before and "身分證字號與生日</strong>" not in before
    grants.give(
        contact, by=user_of("it_staff"), department=food, reason="代理", starts_on=today, ends_on=ends
    )
    after = client.get(page).content.decode()
    assert "2 人" in after and f"食品科學系，至 {ends}" in after
    contact.is_active = False
    contact.save()
    assert "什麼都不能做" in client.get(page).content.decode()
