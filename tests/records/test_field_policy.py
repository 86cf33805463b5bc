"""What becomes of a change, by field and by where it comes from."""

from __future__ import annotations

import pytest

from records.columns import REPLACEABLE_ATTRIBUTES, SECONDARY_WORDS
from records.field_policy import Origin, Way, origin_of, way_of, ways_of
from records.rights import ALL_FIELDS
from records.storing import PERSON_ATTRIBUTES

FIELDS = {field.attribute: field for field in ALL_FIELDS}
AT_ONCE = {
    "email", "other_emails", "phone", "mobile", "other_phones", "country", "city", "postal_code", "address",
    "other_address", "english_name", "accepts_messages",
}  # fmt: skip
WAITS = {"chinese_name", "national_id", "birth_date", "sex", "programme", "serial_number"}


def test_a_contact_changes_contact_data_at_once_proposes_who_somebody_is_and_leaves_the_registrar_alone(db):
    ways = {name: way_of(Origin.CONTACT, field) for name, field in FIELDS.items()}
    assert {name for name, way in ways.items() if way is Way.AT_ONCE} == AT_ONCE
    assert {name for name, way in ways.items() if way is Way.WAITS} == WAITS
    never = {"student_number", "graduation_date", "enrolment_status", "class_name", "annotations", "words"}
    assert all(ways[name] is Way.NEVER for name in never)


def test_strict_mode_sends_all_that_a_contact_may_change_to_review_and_binds_nobody_else():
    for origin in (Origin.CONTACT, Origin.ALUMNUS):
        ways = {way_of(origin, field, strict=True) for field in FIELDS.values()}
        assert Way.AT_ONCE not in ways and Way.WAITS in ways
    for origin in (Origin.CENTER, Origin.REGISTRAR):
        assert all(way_of(origin, f, strict=True) is way_of(origin, f) for f in FIELDS.values())


def test_the_registrars_column_is_what_an_import_does():
    """`person_plans` replaces these in somebody known; of the others a person decides."""
    own = {name for name in PERSON_ATTRIBUTES if way_of(Origin.REGISTRAR, FIELDS[name]) is Way.AT_ONCE}
    assert own == REPLACEABLE_ATTRIBUTES | set(SECONDARY_WORDS) | {"accepts_messages"}


@pytest.mark.parametrize("role", ["registrar", "auditor"])
def test_a_role_that_changes_nobody_has_no_way(role, user_of):
    user = user_of(role)
    assert origin_of(user) is None
    assert set(ways_of(user, strict=False).values()) == {Way.NEVER}
    assert origin_of(user_of("department_contact", username="gone", is_active=False)) is None
