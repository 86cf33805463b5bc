"""What a person ruled about one row of a file, and what speaks against it (SOP 6.5).

A contradiction is final when following the ruling would give one key to two people; any other may be confirmed,
and then what is stored stays: an import never overwrites a name, a birthday or a national ID.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from django.utils.translation import gettext as _

from .encryption import digest
from .known_people import KnownPerson, KnownRecord
from .matching import Known
from .models import ImportDecision
from .values import fold_name

Kind = ImportDecision.Kind
# What a ruling answers; every other question asks for a cell to be corrected.
SETTLED = frozenset(
    {
        "keys_disagree",
        "other_person",
        "two_records",
        "student_number_taken",
        "student_given_twice",
        "student_number_differs",
        "same_name",
        "same_name_in_file",
        "differs_from_stored",
        "record_differs",
    }
)


# What says who a row is. Corrected, it may be somebody else of whom nobody decided anything.
_IDENTITY = ("chinese_name", "national_id", "birth_date", "student_number", "serial_number")


class Speaks(Protocol):
    """A cleaned row, as far as it tells who is meant."""

    digest: str

    def value(self, attribute: str) -> str: ...


@dataclass(frozen=True, slots=True)
class Ruling:
    """`kind` person: the row is that person's, with `record_id` or as a further degree; row: whoever the row
    `other_row` of the file is (`joins`); new: nobody's yet; out: the row stays away. `accepted` are the codes of
    contradictions that were confirmed, `told` who ruled when and why, `identity` whom the row named then."""

    kind: str
    person_id: int | None = None
    record_id: int | None = None
    is_new_degree: bool = False
    accepted: frozenset[str] = frozenset()
    told: str = ""
    identity: str = ""
    other_row: int | None = None


class Contradiction(NamedTuple):
    code: str
    sentence: str
    is_final: bool


def identity_of(row: Speaks) -> str:
    """The keyed digest of who a row says it is."""
    return digest("\x1f".join(row.value(attribute) for attribute in _IDENTITY))


def contradictions(row: Speaks, ruling: Ruling, known: Known) -> list[Contradiction]:
    """What speaks against a ruling about a row; `known` holds the row's keys and the person ruled."""
    if ruling.kind == Kind.NEW:
        return list(_against_new(row, known))
    if ruling.kind == Kind.PERSON:
        person = known.people.get(ruling.person_id)
        if person is None:
            return [_final("person_gone", _("選擇的校友已不在資料庫中。"))]
        return list(_against_person(row, ruling, person, known))
    return []


def unconfirmed(found: list[Contradiction], ruling: Ruling) -> list[Contradiction]:
    """Those that are final or that nobody confirmed: the ruling cannot be followed."""
    return [one for one in found if one.is_final or one.code not in ruling.accepted]


def record_of(ruling: Ruling, person: KnownPerson) -> KnownRecord | None:
    """The degree ruled, None when the row is a further one or the degree is gone."""
    return next((record for record in person.records if record.pk == ruling.record_id), None)


def keeps_number(record: KnownRecord | None) -> bool:
    """Whether a row that a person gave to this degree leaves its student number as it is stored."""
    return record is not None and bool(record.student_number)


def _programme(row: Speaks, record: KnownRecord | None) -> str:
    return (record.programme if record else "") or row.value("programme")


def _number_taken(
    row: Speaks, programme: str, record: KnownRecord | None, known: Known
) -> Iterator[Contradiction]:
    """A student number has one bearer in a programme, whoever rules what."""
    for bearer in known.by_student.get(row.value("student_number"), ()):
        if bearer is not record and bearer.programme == programme:
            sentence = _("這個學號在這個系所已有學籍，請先更正學號，或選有這個學號的那一筆學籍。")
            yield _final("number_taken_in_programme", sentence)
            return


def _against_new(row: Speaks, known: Known) -> Iterator[Contradiction]:
    if row.digest and row.digest in known.by_digest:
        yield _final("id_of_another", _("這個身分證字號已屬於資料庫中的校友，不能再建立一位。"))
    if row.value("serial_number") in known.by_serial:
        yield _final("serial_of_another", _("這個流水號已屬於資料庫中的校友，不能再建立一位。"))
    taken = list(_number_taken(row, row.value("programme"), None, known))
    yield from taken
    if not taken and known.by_student.get(row.value("student_number")):
        yield _open("student_number_of_another", _("這個學號已屬於資料庫中的校友。"))


def _against_person(
    row: Speaks, ruling: Ruling, person: KnownPerson, known: Known
) -> Iterator[Contradiction]:
    owner = known.by_digest.get(row.digest) if row.digest else None
    if owner is not None and owner is not person:
        yield _final("id_of_another", _("本列的身分證字號屬於資料庫中的另一位校友。"))
    elif row.digest and person.digest and row.digest != person.digest:
        yield _open(
            "id_differs", _("身分證字號與這位校友的不同；併入時保留資料庫的身分證字號，檔案的不會寫入。")
        )
    yield from _against_record(row, ruling, person, known)
    record = record_of(ruling, person)
    taken = [] if keeps_number(record) else list(_number_taken(row, _programme(row, record), record, known))
    yield from taken
    others = (r for r in known.by_student.get(row.value("student_number"), ()) if r.person is not person)
    if not taken and any(others):
        yield _open("student_number_of_another", _("這個學號已屬於資料庫中的另一位校友。"))
    name, birth_date = row.value("chinese_name"), row.value("birth_date")
    stored = person.value("birth_date")
    if fold_name(name) != person.name_key and birth_date and stored and birth_date != stored:
        yield _open("name_and_birth_differ", _("姓名與生日都與這位校友不同；併入時保留資料庫的姓名與生日。"))


def _against_record(
    row: Speaks, ruling: Ruling, person: KnownPerson, known: Known
) -> Iterator[Contradiction]:
    serial = row.value("serial_number")
    owner = known.by_serial.get(serial)
    record = record_of(ruling, person)
    if record is None and not ruling.is_new_degree:
        yield _final("record_gone", _("選擇的學籍已不屬於這位校友。"))
        return
    if owner is not None and owner.person is not person:
        yield _final("serial_of_another", _("本列的流水號屬於資料庫中的另一位校友。"))
    elif owner is not None and owner is not record:
        yield _final("serial_of_other_record", _("本列的流水號屬於這位校友的另一筆學籍。"))
    elif record is not None and serial and owner is None:
        yield _open("serial_differs", _("流水號與選擇的學籍不同；併入時保留資料庫的流水號。"))
    programme = row.value("programme")
    if record is not None and programme and programme != record.programme:
        yield _open("programme_differs", _("畢業系所與選擇的學籍不同；併入時保留資料庫的畢業系所。"))


def _final(code: str, sentence: str) -> Contradiction:
    return Contradiction(code, sentence, is_final=True)


def _open(code: str, sentence: str) -> Contradiction:
    return Contradiction(code, sentence, is_final=False)
