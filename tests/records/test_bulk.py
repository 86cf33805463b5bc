"""Writing in sets: whatever the values are, they come back as they went in, on both databases."""

from __future__ import annotations

import datetime

import pytest
from django.db import DataError, IntegrityError, transaction
from django.utils import timezone
from django.utils.safestring import mark_safe

from records import bulk
from records.models import AcademicRecord, FollowUp, ImportBatch, Person
from records.models.people import Sex
from tests.factories import imported, importer, row

pytestmark = pytest.mark.django_db

AT = datetime.datetime(2026, 3, 1, 17, 30, 15, 123456, tzinfo=datetime.UTC)
FIELDS = [field.attname for field in Person._meta.concrete_fields]
TEXTS = [
    "王小明",
    "a\tb",
    "a\nb\rc",
    "back\\slash \\N \\. \\x41 \\",
    "\\N",
    "\\.",
    "quote ' \" %s %% {}",
    "𠮷野家 👍🏽 \u2028 \x85",
    "",
    " ",
]


def person_row(pk: int, **values) -> list:
    blank = {name: Person._meta.get_field(name).get_default() for name in FIELDS}
    made = blank | {"id": pk, "chinese_name": "林", "name_key": "林", "created_at": AT, "updated_at": AT}
    return [(made | values)[name] for name in FIELDS]


@pytest.mark.parametrize("text", TEXTS)
def test_any_text_is_inserted_and_updated_as_it_is(text):
    (pk,) = bulk.reserve_ids(Person, 1)
    bulk.insert_rows(Person, FIELDS, [person_row(pk, address=text, hand_edited=[text, "x"])])
    person = Person.objects.get(pk=pk)
    assert (person.address, person.hand_edited) == (text, [text, "x"])
    bulk.update_rows(Person, ["city", "hand_edited"], [(pk, text[:60], ["y", text])])
    person.refresh_from_db()
    assert (person.city, person.hand_edited) == (text[:60], ["y", text])


def test_every_kind_of_value_comes_back():
    values = {
        "national_id_sealed": bytes(range(256)),
        "national_id_digest": "d" * 64,
        "national_id_mask": "A*******89",
        "birth_date": datetime.date(1990, 5, 6),
        "accepts_messages": False,
        "version": 7,
    }
    (pk,) = bulk.reserve_ids(Person, 1)
    bulk.insert_rows(Person, FIELDS, [person_row(pk, **values)])
    for _round in range(2):
        person = Person.objects.get(pk=pk)
        found = {name: getattr(person, name) for name in values}
        assert found | {"national_id_sealed": bytes(found["national_id_sealed"])} == values
        assert person.created_at == AT
        values |= {"accepts_messages": None, "birth_date": None, "version": 8}
        bulk.update_rows(Person, list(values), [(pk, *values.values())])


def test_a_choice_and_a_safe_text_are_texts():
    (pk,) = bulk.reserve_ids(Person, 1)
    bulk.insert_rows(Person, FIELDS, [person_row(pk, sex=Sex.MALE, city=mark_safe("城"))])
    bulk.update_rows(Person, ["sex", "city"], [(pk, Sex.FEMALE, mark_safe("市"))])
    person = Person.objects.get(pk=pk)
    assert (person.sex, person.city) == ("F", "市")


def test_a_text_too_long_for_its_column_is_never_cut_off():
    (pk,) = bulk.reserve_ids(Person, 1)
    bulk.insert_rows(Person, FIELDS, [person_row(pk, city="城")])
    try:
        with transaction.atomic():
            bulk.update_rows(Person, ["city"], [(pk, "城" * 61)])
    except DataError:  # PostgreSQL refuses it, SQLite keeps it
        pass
    assert Person.objects.get(pk=pk).city in ("城", "城" * 61)


def test_an_update_changes_the_rows_named_and_no_others():
    ids = bulk.reserve_ids(Person, 2500)
    bulk.insert_rows(Person, FIELDS, (person_row(pk) for pk in ids))
    bulk.update_rows(Person, ["city", "birth_date"], [(pk, f"城{pk}", None) for pk in ids[:2200]])
    assert Person.objects.filter(city="").count() == 300
    assert Person.objects.get(pk=ids[2199]).city == f"城{ids[2199]}"


def test_reserved_ids_are_nobody_elses():
    first = bulk.reserve_ids(Person, 3)
    second = bulk.reserve_ids(Person, 2)
    assert len({*first, *second}) == 5
    assert bulk.reserve_ids(Person, 0) == []
    batch = ImportBatch.objects.create(file_name="x", sha256="0" * 64, uploaded_by=importer())
    reserved = bulk.reserve_ids(FollowUp, 2)
    bulk.insert_rows(Person, FIELDS, [person_row(first[0])])
    made = FollowUp.objects.create(person_id=first[0], item="email", opened_at=timezone.now())
    assert made.pk not in reserved and batch.pk


def test_nothing_is_nothing():
    bulk.insert_rows(Person, FIELDS, [])
    bulk.update_rows(Person, ["city"], [])
    bulk.write_history(Person, [], kind="+", at=AT, user_id=1, reason="", source="import", batch_id=None)
    assert not Person.objects.exists() and not Person.history.exists()


# As long as the cleaners let them be: PostgreSQL refuses what a column has no room for, SQLite does not.
LONGEST = {
    "流水號": "X" * 39 + "1",
    "學號": "A" * 19 + "1",
    "中文姓名": "王" * 60,
    "英文姓名": "Lin " + "a" * 196,
    "電子郵件": ", ".join(f"{'a' * 60}{index}@example.com" for index in range(6)),
    "聯絡電話": ", ".join(f"02-246221{index:02d}#12345" for index in range(6)),
    "行動電話": ", ".join(f"0900-1235{index:02d}" for index in range(8)),
    "城市": "城" * 60,
    "聯絡住址": "路" * 500,
    "其他住址": "路" * 500,
    "班級資料": "班" * 60,
    "註解": "1." + "話" * 490 + "(20190320 王小明)\n" + "訪" * 1500,
}


@pytest.mark.parametrize("header", LONGEST)
def test_the_longest_value_that_is_accepted_finds_room(header):
    batch = imported([row(**{header: LONGEST[header]})])
    assert batch.state == "applied", batch.error
    assert Person.objects.count() == batch.counts["new_person"]
    for model in (Person, AcademicRecord):
        for stored in model.objects.all():
            stored.clean_fields(exclude=["name_key"])


def test_other_phones_of_both_columns_find_room_together():
    phones = ", ".join(f"+49 30 1234567{index:02d}" for index in range(5))
    batch = imported([row(聯絡電話=phones, 行動電話=phones.replace("30", "151"))])
    assert batch.state == "applied", batch.error
    for person in Person.objects.all():
        person.clean_fields()


def test_second_addresses_of_many_files_find_room():
    came = row()
    for index in range(8):
        emails = ", ".join(f"{'a' * 50}{index}{place}@example.com" for place in range(6))
        mobiles = ", ".join(f"0900-{index}235{place:02d}" for place in range(8))
        batch = imported([came | {"電子郵件": emails, "行動電話": mobiles}])
        assert batch.state == "applied", batch.error
    Person.objects.get().clean_fields()


def test_a_broken_constraint_is_told_in_djangos_own_exceptions():
    """What COPY raises by itself nobody would catch."""
    (pk,) = bulk.reserve_ids(Person, 1)
    bulk.insert_rows(Person, FIELDS, [person_row(pk)])
    with pytest.raises(IntegrityError), transaction.atomic():
        bulk.insert_rows(Person, FIELDS, [person_row(pk)])
    with pytest.raises(IntegrityError), transaction.atomic():
        bulk.update_rows(Person, ["chinese_name"], [(pk, "")])
