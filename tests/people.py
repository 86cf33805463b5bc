"""People for tests of pages, written through the one door without a workbook. Nobody of them exists."""

from __future__ import annotations

from itertools import count

from django.utils import timezone

from records.changes import NewObjection, PersonChange, RecordChange, apply_changes
from records.models import Person, Programme, Source
from records.programmes import Lists
from records.synthetic.identity_numbers import with_check_digit
from tests.factories import importer

_numbers = count(1)
YEAR = 112


def degree(programme: str = "資訊工程學系學士班", **values: str) -> RecordChange:
    """A new degree of that programme, its number from the programme's series."""
    pk = Programme.objects.get(name=programme).pk
    series = Lists.load().series(pk)
    values = {"programme": str(pk), "graduation_date": "2024-06-15"} | values
    return RecordChange(None, values, series_id=series.pk, prefix=series.prefix(YEAR))


def somebody(
    *degrees: RecordChange,
    objection: NewObjection | None = None,
    without: tuple[str, ...] = (),
    **values: str,
) -> Person:
    """A person with complete data and one degree, unless said otherwise."""
    number = next(_numbers)
    made = {
        "chinese_name": "林文海",
        "english_name": "Lin, Wen-Hai",
        "sex": "M",
        "national_id": with_check_digit(f"L18{number:06d}"),
        "birth_date": "1990-05-06",
        "email": f"wenhai{number}@example.com",
        "phone": "02-24622192",
        "mobile": f"0911-{number:06d}",
        "address": "基隆市中正區北寧路2號",
    } | values
    kept = {name: value for name, value in made.items() if name not in without}
    change = PersonChange(None, kept, records=list(degrees) or [degree()], objection=objection)
    [applied] = apply_changes([change], editor=importer(), source=Source.ADMIN, at=timezone.now())
    assert not applied.stale
    return Person.objects.get(pk=applied.person_id)
