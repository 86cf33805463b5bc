"""Which role may do what, as one table."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from accounts.models import Role
from records import policies
from records.forms.people import PersonForm, RecordForm
from records.models import Department, Person
from tests.people import degree, somebody

CENTER = {"center_staff", "center_director", "it_staff"}
TABLE = {
    policies.can_import: CENTER,
    policies.can_view_people: CENTER | {"department_contact"},
    policies.can_edit_people: CENTER,
    policies.can_propose_changes: CENTER | {"department_contact"},
    policies.can_see_change_requests: CENTER | {"department_contact"},
    policies.can_review_changes: {"center_staff", "center_director"},
    policies.can_set_review_mode: {"center_director"},
    policies.can_state_verification: CENTER,
    policies.can_remark: CENTER | {"department_contact"},
    policies.can_record_wishes: CENTER | {"department_contact"},
    policies.can_strike: CENTER,
    policies.can_revert: CENTER,
    policies.can_see_identity: CENTER,
    policies.can_export: CENTER,
    policies.can_undo_imports: CENTER,
    policies.can_confirm_large_undos: {"center_director"},
    policies.can_see_batches: CENTER | {"registrar"},
    policies.can_see_terms: CENTER | {"registrar"},
    policies.can_expect_rows: CENTER | {"registrar"},
    policies.can_set_due_dates: {"center_staff", "center_director"},
    policies.can_prepare_terms: CENTER,
    policies.can_sign_off_terms: {"center_director"},
    policies.can_follow_up: CENTER | {"department_contact"},
    policies.can_declare_unreachable: CENTER,
    policies.can_take_call_sheets: CENTER | {"department_contact"},
    policies.can_bulk_edit: CENTER,
    policies.can_confirm_bulk_edits: {"center_director"},
    policies.can_see_organisation: CENTER,
    policies.can_edit_organisation: {"center_director", "it_staff"},
    policies.can_manage_accounts: CENTER,
    policies.can_change_access: {"center_director", "it_staff"},
    policies.can_give_scope: {"center_director", "it_staff"},
    policies.can_see_as: CENTER,
    policies.can_publish_agreement: {"center_director", "it_staff"},
    policies.can_see_applications: CENTER,
    policies.can_check_applications: {"center_staff", "center_director"},
    policies.can_approve_applications: {"center_director"},
    policies.can_see_trail: {"center_director", "auditor"},
    policies.can_see_verifications: {"center_staff", "center_director", "auditor"},
}


def test_every_function_stands_in_the_table():
    assert set(policies.FUNCTIONS.values()) == set(TABLE)


@pytest.mark.parametrize("role", Role.values)
def test_each_role_may_do_what_the_table_says_and_is_told_why_not(role, user_of):
    user = user_of(role)
    assert {policy for policy in TABLE if policy(user)} == {
        policy for policy in TABLE if role in TABLE[policy]
    }
    assert all(str(decision.reason) for policy in TABLE if not (decision := policy(user)))


def test_a_switched_off_account_and_a_visitor_may_do_nothing(user_of):
    user = user_of("center_director", is_active=False)
    assert not any(policy(user) for policy in TABLE)
    assert not any(policy(AnonymousUser()) for policy in TABLE)


@pytest.mark.parametrize("role", Role.values)
def test_the_set_of_degrees_agrees_with_the_set_of_people(role, user_of, organisation):
    own = Department.objects.get(name="資訊工程學系")
    somebody(degree("資訊工程學系學士班"), degree("食品科學系碩士班"))
    somebody(degree("食品科學系學士班"))
    user = user_of(role, departments=[own] if role == "department_contact" else ())
    seen = policies.visible_records(user)
    assert set(seen.values_list("person", flat=True)) == set(
        Person.objects.visible_to(user).values_list("pk", flat=True)
    )
    if role == "department_contact":
        assert {record.programme.department for record in seen} == {own}


READABLE = {
    "chinese_name",
    "email",
    "other_phones",
    "student_number",
    "programme",
    "accepts_messages",
    "objected_on",
}
HIDDEN = {"national_id", "birth_date", "current_identity", "pinned", "words", "annotations"}


@pytest.mark.parametrize("role", Role.values)
def test_each_role_reads_and_writes_the_fields_of_its_classes(role, user_of):
    user = user_of(role)
    fields = READABLE | HIDDEN
    reads = fields if role in CENTER else READABLE if role == "department_contact" else set()
    assert {name for name in fields if policies.may_read(user, name)} == reads
    given = {"pinned", "annotations", "serial_number"}  # by the system, for ever
    writes = fields - given if role in CENTER else set()
    assert {name for name in fields | given if policies.may_write(user, name)} == writes
    user.is_active = False
    assert not any(policies.may_read(user, name) for name in fields)


def test_a_field_that_nobody_classed_is_closed(user_of):
    with pytest.raises(KeyError):
        policies.may_read(user_of("it_staff"), "shoe_size")


def test_a_form_has_no_field_that_its_editor_may_not_write(organisation, user_of):
    today = timezone.localdate()
    center, contact = user_of("center_staff"), user_of("department_contact")
    assert {"national_id", "email"} <= PersonForm(editor=center, today=today).fields.keys()
    assert "serial_number" not in RecordForm(editor=center, today=today).fields
    assert set(PersonForm(editor=contact, today=today).fields) == set()
    assert not RecordForm(editor=contact, today=today).fields


def test_accounts_of_the_own_rank_and_above_are_handled_by_others(user_of):
    outside = {"registrar", "department_contact", "alumnus"}
    for role, handled in (
        ("center_staff", outside),
        ("it_staff", set(Role.values) - {"center_director"}),
        ("center_director", set(Role.values)),
        ("auditor", set()),
    ):
        user = user_of(role)
        assert {one for one in Role.values if policies.can_manage_account_of(user, one)} == handled
        other = {
            one
            for one in Role.values
            if policies.can_change_access_of(user, user_of(one, username="x" + one))
        }
        assert other == (set() if role == "center_staff" else handled)
        assert not policies.can_change_access_of(user, user)
