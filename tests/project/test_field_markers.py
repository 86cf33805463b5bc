"""Every field × role: a marker in a field that a role may not see stands on no page, list, filter, search, export,
history or error of that role (security.md §0.1, H3, H4).

`READERS` is written by hand from docs/permissions.md and knows nothing of the code's own declaration.
"""

from __future__ import annotations

import datetime
import html
import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone
from pypdf import PdfReader

from accounts.models import Role
from records import annotations_editing
from records.annotations import Line
from records.changes import NewObjection, PersonChange, RecordChange, Withdrawal, apply_changes
from records.models import Department, ImportBatch, Person, Programme, Source, StatusCode
from tests.change_requests import contact_of, proposed
from tests.factories import applied, importer, planned, row
from tests.people import degree, somebody

from .url_table import TABLE

pytestmark = pytest.mark.usefixtures("organisation")
LIST = "/admin/records/person/"
OWN, OTHER = "資訊工程學系", "食品科學系"
CENTER = {"center_staff", "center_director", "it_staff"}
CONTACT = "department_contact"
NOBODY: set[str] = set()

# Whose field → the roles that may see it. "own" is somebody with a degree of the contact's department, "theirs" that
# person's degree of another department, "stranger" somebody of another department only, "row" a row of a batch.
READERS = {
    "own": {
        "chinese_name": CENTER | {CONTACT},
        "english_name": CENTER | {CONTACT},
        "national_id": NOBODY,  # in full: exports only
        "national_id_mask": CENTER,
        "birth_date": CENTER,
        "email": CENTER | {CONTACT},
        "other_emails": CENTER | {CONTACT},
        "phone": CENTER | {CONTACT},
        "mobile": CENTER | {CONTACT},
        "other_phones": CENTER | {CONTACT},
        "country": CENTER | {CONTACT},
        "city": CENTER | {CONTACT},
        "postal_code": CENTER | {CONTACT},
        "address": CENTER | {CONTACT},
        "other_address": CENTER | {CONTACT},
        "current_identity": CENTER,
        "student_number": CENTER | {CONTACT},
        "serial_number": CENTER | {CONTACT},
        "class_name": CENTER | {CONTACT},
        "graduation_date": CENTER | {CONTACT},
        "words": CENTER,
        "objected_on": CENTER | {CONTACT},
        "ended_words": CENTER,
        "free_note": CENTER,
        "struck_note": CENTER,
        "struck_reason": CENTER,
        "change_reason": CENTER,
        "pinned": CENTER,
        "note_of_study": CENTER,
        "note_of_identity": CENTER,
        "note_of_contact": CENTER | {CONTACT},
        # What fields were before, told by the history.
        "old_national_id": NOBODY,
        "old_birth_date": CENTER,
        "old_email": CENTER | {CONTACT},
        "old_current_identity": CENTER,
    },
    "theirs": dict.fromkeys(
        ["student_number", "serial_number", "class_name", "graduation_date", "programme", "old_class_name"], CENTER
    )
    # A degree that came to the own department is the contact's from then on.
    | {"moved_class_name": CENTER, "moved_programme": CENTER, "moved_now": CENTER | {CONTACT}},
    "stranger": dict.fromkeys(
        ["chinese_name", "english_name", "email", "mobile", "address", "student_number", "serial_number", "class_name"],
        CENTER,
    )
    | {"national_id": NOBODY},
    # What another contact proposed about the contact's own people.
    "request": {"chinese_name": CENTER, "reason": CENTER, "national_id": NOBODY, "national_id_mask": CENTER},
    "row": dict.fromkeys(["chinese_name", "email"], CENTER) | {"national_id": NOBODY},
}  # fmt: skip


@dataclass
class Seeded:
    """Every field's marker, and the people and batch that carry them."""

    markers: dict[tuple[str, str], str] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    batch: ImportBatch | None = None

    def hidden_from(self, role: str) -> dict[str, tuple[str, str]]:
        return {text: key for key, text in self.markers.items() if role not in READERS[key[0]][key[1]]}

    def shown_to(self, role: str) -> dict[str, tuple[str, str]]:
        return {text: key for key, text in self.markers.items() if role in READERS[key[0]][key[1]]}


def _write(change: PersonChange) -> None:
    [outcome] = apply_changes(
        [change], editor=importer(), source=Source.ADMIN, at=timezone.now(), reason="標記異動理由"
    )
    assert not outcome.stale


def _request(person: Person) -> None:
    """Something that waits for review, by another contact than the one who looks."""
    proposed(
        person,
        {"chinese_name": "標記申請", "national_id": "E123456786"},
        editor=contact_of(OWN),
        reason="標記說明 E123456786",
    )


def _identity(label: str, code: str) -> str:
    return str(StatusCode.objects.create(kind=StatusCode.Kind.IDENTITY, code=code, label=label).pk)


@pytest.fixture
def seeded(organisation) -> Seeded:
    own = {
        "chinese_name": "馬克甲", "english_name": "Marker, Own", "national_id": "A123456789",
        "birth_date": "1987-07-13", "email": "marker.before@example.com",
        "other_emails": "marker.second@example.org", "phone": "02-24681357",
        "mobile": "0933-246813", "other_phones": "0955-135792", "country": "IS", "city": "標記市",
        "postal_code": "987654", "address": "標記路甲號", "other_address": "標記街乙號",
        "current_identity": _identity("標記身分前", "81"),
    }  # fmt: skip
    their_degree = degree(
        f"{OTHER}博士班", student_number="20932777", class_name="他系班前", graduation_date="2011-08-09"
    )
    moved = degree("水產養殖學系碩士班", student_number="10931555", class_name="轉入前班")
    person = somebody(
        degree(f"{OWN}學士班", student_number="00957333", class_name="本系班", graduation_date="2009-03-04"),
        their_degree,
        moved,
        objection=NewObjection(datetime.date(2026, 10, 9), "letter", "標記原話"),
        **own,
    )
    records = {record.student_number: record for record in person.academic_records.all()}
    after = {
        "email": "marker.after@example.com",
        "national_id": "B123456780",
        "birth_date": "1986-02-17",
        "current_identity": _identity("標記身分後", "82"),
    }
    before = {name: own[name] for name in after} | {"national_id": person.national_id_mask}
    to_own = str(Programme.objects.get(name=f"{OWN}碩士班").pk)
    _write(
        PersonChange(
            person.pk,
            after,
            before,
            records=[
                RecordChange(records["20932777"].pk, {"class_name": "他系班後"}, {"class_name": "他系班前"}),
                RecordChange(
                    records["10931555"].pk,
                    {"programme": to_own, "class_name": "轉入後班"},
                    {"programme": moved.values["programme"], "class_name": "轉入前班"},
                ),
            ],
            legacy_lines=[Line(None, "標記自由註解", None, "")],
            remarks=["標記劃除註解"],
            withdrawal=Withdrawal(datetime.date(2026, 10, 10), "phone", "標記撤回話"),
        )
    )
    struck = person.annotations.get(text="標記劃除註解")
    annotations_editing.strike(struck, reason="標記劃除理由", editor=importer(), at=timezone.now())
    person.refresh_from_db()
    stranger = somebody(
        degree(f"{OTHER}碩士班", student_number="10932999", class_name="外人班", graduation_date="1999-06"),
        chinese_name="馬克外", english_name="Stranger, Out", national_id="C123456782", email="stranger@example.net",
        mobile="0966-777888", address="外人路丙號",
    )  # fmt: skip
    _request(person)
    imported_row = row(中文姓名="馬克列", 電子郵件="row.marker@example.com", 身分證字號="D123456784")
    batch = planned([imported_row, row(中文姓名="")])
    seeded = Seeded(people={"own": person, "stranger": stranger}, batch=batch)
    seeded.markers = {
        **{("own", name): text for name, text in own.items() if name in READERS["own"] and name not in after},
        ("own", "country"): "冰島",
        ("own", "national_id"): "B123456780",
        ("own", "national_id_mask"): "B*******80",
        ("own", "birth_date"): "1986-02-17",
        ("own", "email"): "marker.after@example.com",
        ("own", "current_identity"): "標記身分後",
        ("own", "student_number"): "00957333",
        ("own", "serial_number"): records["00957333"].serial_number,
        ("own", "class_name"): "本系班",
        ("own", "graduation_date"): "2009-03-04",
        ("own", "words"): "標記原話",
        ("own", "objected_on"): "2026-10-09",
        ("own", "ended_words"): "標記撤回話",
        ("own", "free_note"): "標記自由註解",
        ("own", "struck_note"): "標記劃除註解",
        ("own", "struck_reason"): "標記劃除理由",
        ("own", "change_reason"): "標記異動理由",
        ("own", "pinned"): "身分具有",
        ("own", "note_of_study"): "修改班級資料",
        ("own", "note_of_identity"): "修改身分證字號",
        ("own", "note_of_contact"): "修改電子郵件",
        ("own", "old_national_id"): "A123456789",
        ("own", "old_birth_date"): "1987-07-13",
        ("own", "old_email"): "marker.before@example.com",
        ("own", "old_current_identity"): "標記身分前",
        ("theirs", "student_number"): "20932777",
        ("theirs", "serial_number"): records["20932777"].serial_number,
        ("theirs", "class_name"): "他系班後",
        ("theirs", "old_class_name"): "他系班前",
        ("theirs", "graduation_date"): "2011-08-09",
        ("theirs", "programme"): f"{OTHER}博士班",
        ("theirs", "moved_class_name"): "轉入前班",
        ("theirs", "moved_programme"): "水產養殖學系碩士班",
        ("theirs", "moved_now"): "轉入後班",
        ("stranger", "chinese_name"): "馬克外",
        ("stranger", "english_name"): "Stranger, Out",
        ("stranger", "national_id"): "C123456782",
        ("stranger", "email"): "stranger@example.net",
        ("stranger", "mobile"): "0966-777888",
        ("stranger", "address"): "外人路丙號",
        ("stranger", "student_number"): "10932999",
        ("stranger", "serial_number"): stranger.academic_records.get().serial_number,
        ("stranger", "class_name"): "外人班",
        ("request", "chinese_name"): "標記申請",
        ("request", "reason"): "標記說明",
        ("request", "national_id"): "E123456786",
        ("request", "national_id_mask"): "E*******86",
        ("row", "chinese_name"): "馬克列",
        ("row", "email"): "row.marker@example.com",
        ("row", "national_id"): "D123456784",
    }
    return seeded


@pytest.fixture
def client_for(client_of):
    """The browser of a role; a contact is one of the department `OWN`."""

    def make(role: str) -> Client:
        own = [Department.objects.get(name=OWN)] if role == CONTACT else []
        return client_of(role, departments=own)

    return make


def test_every_field_of_the_table_is_seeded(seeded):
    assert {(whose, name) for whose, names in READERS.items() for name in names} == set(seeded.markers)


# --- the crawl ----------------------------------------------------------------------------------------------------
LINK = re.compile(r'(?:href|action)="([^"#]*)"')
SELECT = re.compile(r'<select name="(\w+)">(.*?)</select>', re.S)
OPTION = re.compile(r'<option value="([^"]*)"')
EACH_VIEW = 12  # addresses of one view that are opened, except lists, whose every filter and order is


def first_addresses(seeded: Seeded, users: dict[str, int]) -> Iterator[str]:
    """Every address of the product, for each of the objects seeded; ids that do not exist; lookups made up."""
    stored = {"records_person": [person.pk for person in seeded.people.values()]}
    records = [(r.person_id, r.pk) for p in seeded.people.values() for r in p.academic_records.all()]
    for key, entry in TABLE.items():
        name = key.removeprefix("admin:")
        if "/" in key or name in ("view_on_site", "app_list"):
            continue
        if name == "records_record_edit":
            yield from (reverse(key, kwargs={"object_id": p, "record_id": r}) for p, r in records)
        elif name.startswith(("records_person", "records_record")) and "object_id" in entry.kwargs():
            ids = entry.kwargs()
            yield from (
                reverse(key, kwargs=ids | {"object_id": pk}) for pk in [*stored["records_person"], 999999]
            )
        elif name.startswith("records_importbatch") and entry.kwargs():
            yield reverse(key, kwargs=entry.kwargs() | {"object_id": seeded.batch.pk})
        elif name.startswith("accounts_user") and set(entry.kwargs()) == {"object_id"}:
            yield from (reverse(key, kwargs={"object_id": pk}) for pk in users.values())
        else:
            yield reverse(key, kwargs=entry.kwargs())
    yield from ("/admin/nowhere/", "/nowhere")
    for column in Person._meta.concrete_fields:
        yield from (f"{LIST}?{column.name}__{lookup}=A" for lookup in ("startswith", "gt", "isnull"))
    yield f"{LIST}?academic_records__class_name__startswith=他系"


def text_of(response) -> str:
    """What a page or a workbook says."""
    body = b"".join(response.streaming_content) if response.streaming else response.content
    if body.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(body)) as parts:
            return "".join(parts.read(name).decode("utf-8", "replace") for name in parts.namelist())
    if body.startswith(b"%PDF"):
        return "".join(page.extract_text() for page in PdfReader(io.BytesIO(body)).pages)
    return html.unescape(body.decode())


def links_in(address: str, text: str) -> Iterator[str]:
    for link in LINK.findall(text):
        target = urlsplit(urljoin(address, link))
        if target.path.startswith("/") and not target.netloc and not target.path.startswith("/static/"):
            yield target.path + (f"?{target.query}" if target.query else "")
    for name, options in SELECT.findall(text):
        yield from (f"{urlsplit(address).path}?{name}={value}" for value in OPTION.findall(options) if value)


def crawl(client: Client, start: Iterator[str]) -> dict[str, str]:
    """Address → what it says, for everything that can be reached by reading."""
    waiting, pages, opened = list(start), {}, Counter()
    given = set(waiting)
    while waiting:
        address = waiting.pop()
        path = urlsplit(address).path
        try:
            view = resolve(path).view_name
        except Resolver404:
            view = path
        if address in pages or "logout" in path:
            continue
        opened[view] += 1
        if address not in given and not view.endswith("person_changelist") and opened[view] > EACH_VIEW:
            continue
        response = client.get(address)
        pages[address] = text_of(response)
        waiting += [link for link in links_in(address, pages[address]) if link not in pages]
        if response.status_code == 302:
            waiting.append(urljoin(address, response["Location"]))
    return pages


@pytest.mark.parametrize("role", Role.values)
def test_no_page_of_a_role_shows_a_marker_that_it_may_not_see(role, seeded, client_for, user_of, settings):
    settings.READING_LIMITS = {
        kind: {"own": (9999, 60), "all": (9999, 60)} for kind in settings.READING_LIMITS
    }
    users = {name: user_of(name).pk for name in Role.values}
    pages = crawl(client_for(role), first_addresses(seeded, users))
    hidden = seeded.hidden_from(role)
    leaks = {(hidden[text], address) for address, page in pages.items() for text in hidden if text in page}
    assert not leaks
    everything = "\n".join(pages.values())
    unseen = {key for text, key in seeded.shown_to(role).items() if text not in everything}
    assert not unseen, "a marker that the role may see was met nowhere: the crawl sees too little"


@pytest.mark.parametrize("role", sorted({CONTACT} | CENTER))
def test_a_hidden_marker_is_found_by_no_search_and_told_by_no_answer(role, seeded, client_for):
    client = client_for(role)

    def answer(text: str) -> str:
        page = client.post(f"{LIST}search/", {"text": text}, follow=True).content.decode()
        page = re.sub(r'found=[^"&]*|name="(found|csrfmiddlewaretoken)" value="[^"]*"', "", page)
        return page.replace(html.escape(text), "")

    for text, (whose, name) in seeded.hidden_from(role).items():
        if name == "national_id" and role in CENTER and whose != "row":
            continue  # found as a whole, by who reaches it
        nobody = {"serial_number": text[:-4] + "9898", "national_id": "F123456781"}.get(
            name, text[::-1] + "囧"
        )
        if "national_id" in name:
            nobody = "F123456781" if len(text) == 10 and text.isalnum() else "F*******81"
        assert answer(text) == answer(nobody), (whose, name)


@pytest.mark.parametrize("role", Role.values)
def test_an_export_holds_what_the_role_may_read(role, seeded, user_of, tmp_path):
    file = tmp_path / "out.xlsx"
    user_of(role)
    if role not in CENTER:
        with pytest.raises(CommandError):
            call_command("export_alumni", str(file), "--user", role)
        assert not file.exists()
        return
    call_command("export_alumni", str(file), "--user", role, verbosity=0)
    with zipfile.ZipFile(Path(file)) as parts:
        text = "".join(parts.read(name).decode() for name in parts.namelist())
    assert "B123456780" in text and "外人路丙號" in text


def test_counts_and_filters_of_a_contact_speak_of_the_own_department_only(seeded, client_for):
    """The person is counted once, the degrees without those of other departments; a filter on what only the hidden
    degree is finds nobody, and answers as for a value that nobody has."""
    client = client_for(CONTACT)
    board = client.get("/admin/").context_data["board"]
    assert [card.count for card in board.total_cards] == [1, 2]
    listing = client.get(LIST)
    assert listing.context_data["cl"].result_count == 1
    assert "1999" not in {
        value for spec in listing.context_data["cl"].filter_specs for value, *_rest in spec.options()
    }
    assert client.get(LIST, {"level": "doctor"}).context_data["cl"].result_count == 0
    assert client.get(LIST, {"level": "bachelor"}).context_data["cl"].result_count == 1


def test_a_batch_that_was_imported_is_told_to_the_registrar_in_numbers(seeded, client_for):
    batch = applied(seeded.batch)
    page = (
        client_for("registrar")
        .get(reverse("admin:records_importbatch_change", args=[batch.pk]))
        .content.decode()
    )
    assert "已匯入" in page and "馬克列" not in page
