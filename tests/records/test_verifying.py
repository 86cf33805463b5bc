"""SOP 6.5: among namesakes, who it is comes first; nothing stored is shown, and guessing ends."""

from __future__ import annotations

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from records import verifying
from records.models import Department, Person, VerificationAttempt
from records.verifying import Outcome, Told, needs_verification, verify
from tests.people import degree, somebody

pytestmark = pytest.mark.usefixtures("organisation")
OWN, OTHER = "資訊工程學系", "食品科學系"
TRAIL = "/admin/records/verificationattempt/"


@pytest.fixture
def contact(user_of):
    return user_of("department_contact", departments=[Department.objects.get(name=OWN)])


@pytest.fixture
def three() -> list[Person]:
    """Three people of one name, written with a variant; the third of another department."""
    return [
        somebody(
            degree(f"{OWN}學士班"), chinese_name="林峰", birth_date="1989-05-06", national_id="A123456789"
        ),
        somebody(
            degree(f"{OWN}碩士班"), chinese_name="林峯", birth_date="1991-01-02", national_id="B223456787"
        ),
        somebody(degree(f"{OTHER}學士班"), chinese_name="林　峰", birth_date="1979-11-12"),
    ]


def told(national_id: str, birth_date: str, department: str = OWN, student_number: str = "") -> Told:
    return Told(national_id, Department.objects.get(name=department).pk, birth_date, student_number)


def outcomes() -> list[str]:
    return list(VerificationAttempt.objects.order_by("pk").values_list("outcome", flat=True))


def test_only_who_has_a_namesake_is_verified_unless_always(contact, three, settings):
    now, single = timezone.now(), somebody(degree(f"{OWN}學士班"), chinese_name="陳獨一")
    assert [needs_verification(contact, person, now) for person in (*three[:2], single)] == [
        True,
        True,
        False,
    ]
    settings.VERIFY_ALWAYS = True
    assert needs_verification(contact, single, now)


@pytest.mark.parametrize("number", ["A123456789", "6789"])
def test_what_fits_opens_the_form_for_half_an_hour_for_this_editor_and_person(
    contact, user_of, three, number
):
    now, minute = timezone.now(), datetime.timedelta(minutes=1)
    verified = verify(contact, three[0], told(number, "1989-05-06"), at=now)
    assert (verified.outcome, verified.person) == (Outcome.SUCCEEDED, three[0])
    assert not needs_verification(contact, three[0], now + 29 * minute)
    assert needs_verification(contact, three[0], now + 31 * minute)
    assert needs_verification(contact, three[1], now)
    assert needs_verification(user_of("center_staff"), three[0], now)


@pytest.mark.parametrize(
    "wrong",
    [
        {"national_id": "6788"},
        {"national_id": "A187654321"},
        {"birth_date": "1989-05-07"},
        {"department": OTHER},
    ],
)
def test_each_of_the_three_has_to_fit(contact, three, wrong):
    right = {"national_id": "6789", "birth_date": "1989-05-06"}
    assert verify(contact, three[0], told(**right | wrong), at=timezone.now()).outcome == Outcome.FAILED
    assert needs_verification(contact, three[0], timezone.now())


def test_it_says_which_of_the_namesakes_it_is_and_keeps_both(contact, three):
    verified = verify(contact, three[0], told("6787", "1991-01-02"), at=timezone.now())
    assert (verified.outcome, verified.person) == (Outcome.ANOTHER, three[1])
    assert needs_verification(contact, three[0], timezone.now())
    assert not needs_verification(contact, three[1], timezone.now())
    assert outcomes() == ["another", "succeeded"]


def test_a_namesake_outside_the_scope_is_answered_like_nobody(contact, three):
    number = three[2].national_id
    right = told(number, "1979-11-12", OTHER)
    verified = verify(contact, three[0], right, at=timezone.now())
    assert (verified.outcome, verified.person) == (Outcome.FAILED, None)


def test_after_five_failures_nothing_is_compared_for_a_quarter_of_an_hour(contact, user_of, three):
    now, right = timezone.now(), told("6789", "1989-05-06")
    for second in range(5):
        at = now + datetime.timedelta(seconds=second)
        person = three[second % 2]  # the namesakes count together
        assert verify(contact, person, told("0000", "1989-05-06"), at=at).outcome == Outcome.FAILED
    at = now + datetime.timedelta(minutes=14)
    locked = verify(contact, three[0], right, at=at)
    assert (locked.outcome, locked.person) == (Outcome.LOCKED, None)
    assert locked.locked_until == now + verifying.WITHIN
    assert verify(user_of("center_staff"), three[0], right, at=at).outcome == Outcome.SUCCEEDED
    at = now + datetime.timedelta(minutes=16)
    assert verify(contact, three[0], right, at=at).outcome == Outcome.SUCCEEDED


def test_the_birthday_of_a_namesake_cannot_be_guessed(contact, user_of, three):
    """What is stored of a record with a gap has to fit; ten failures a day, then the center opens it."""
    gap = somebody(
        degree(f"{OWN}學士班", student_number="00957101"),
        chinese_name="林峰",
        without=("national_id",),
        birth_date="1990-05-06",
    )
    now, failed = timezone.now(), 0
    for hour in range(48):
        at = now + datetime.timedelta(hours=hour)
        while verify(contact, gap, told("0000", "1990-05-05", student_number="00957101"), at=at).outcome != (
            Outcome.LOCKED
        ):
            failed += 1
    assert failed <= 2 * verifying.FAILURES_A_DAY
    right = told("0000", "1990-05-06", student_number="00957101")
    assert verify(contact, gap, right, at=at).outcome == Outcome.LOCKED
    assert verify(user_of("center_staff"), gap, right, at=at).person == gap


def test_a_record_with_a_gap_is_verified_by_the_rest_and_never_before_a_whole_one(contact, three):
    gap = somebody(
        degree(f"{OWN}學士班", student_number="00957101"), chinese_name="林峰", without=("birth_date",)
    )
    number, now = gap.national_id, timezone.now()
    assert verify(contact, gap, told(number, "1970-01-01"), at=now).outcome == Outcome.FAILED
    wrong = told("0000", "1970-01-01", student_number="00957101")
    assert verify(contact, gap, wrong, at=now).outcome == Outcome.FAILED
    fitting = told(number, "1970-01-01", student_number="00957101")
    assert verify(contact, gap, fitting, at=now).person == gap
    whole = told("6789", "1989-05-06", student_number="00957101")
    assert verify(contact, gap, whole, at=now).person == three[0]


def test_what_stands_on_the_screen_verifies_nobody_and_the_center_states_how_it_did(
    client_of, contact, three
):
    blank = somebody(
        degree(f"{OWN}學士班", student_number="00957101"),
        chinese_name="林峰",
        without=("national_id", "birth_date"),
    )
    screen = told("0000", "1900-01-01", student_number="00957101")
    assert verify(contact, blank, screen, at=timezone.now()).outcome == Outcome.FAILED
    url = reverse("records:person_verify", args=[blank.pk])
    typed = {"stated": "以在校時的電話回撥確認"}
    assert "請洽校友服務中心" in client_of("department_contact").get(url).content.decode()
    client_of("department_contact").post(url, typed)
    assert needs_verification(contact, blank, timezone.now())
    center = client_of("center_staff")
    for refused in ("", "證號 A 123 456 789"):
        assert center.post(url, {"stated": refused}).context["form"].errors
    assert center.post(url, typed)["Location"] == reverse("records:person_edit", args=[blank.pk])
    assert typed["stated"] in client_of("center_director").get(TRAIL).content.decode()
    audited = client_of("auditor").get(TRAIL).content.decode()
    assert "以說明核對" in audited and typed["stated"] not in audited


def test_comparing_tells_nothing_of_a_degree_in_another_department(contact):
    person = somebody(degree(f"{OWN}學士班"), degree(f"{OTHER}碩士班"), birth_date="1990-05-06")
    now, number = timezone.now(), person.national_id
    assert verify(contact, person, told(number, "1990-05-06", OTHER), at=now).outcome == Outcome.FAILED
    assert verify(contact, person, told(number, "1990-05-06"), at=now).outcome == Outcome.SUCCEEDED


def test_nobody_is_compared_who_needs_no_comparison(client_of, contact):
    """Without a namesake the form is open; the page would serve to guess only."""
    single = somebody(degree(f"{OWN}學士班"), chinese_name="陳獨一")
    data = {
        "national_id": "0000",
        "department": contact.memberships.get().department_id,
        "birth_date": "1990-05-06",
    }
    client_of("department_contact").post(reverse("records:person_verify", args=[single.pk]), data)
    assert not VerificationAttempt.objects.exists()


def test_two_whom_everything_fits_are_told_apart_by_the_whole_number(contact):
    twins = [
        somebody(degree(f"{OWN}學士班"), chinese_name="林峰", birth_date="1989-05-06", national_id=number)
        for number in ("F110000045", "L110010045")
    ]
    now = timezone.now()
    assert verify(contact, twins[0], told("0045", "1989-05-06"), at=now).outcome == Outcome.AMBIGUOUS
    assert needs_verification(contact, twins[0], now)
    assert verify(contact, twins[0], told("F110000045", "1989-05-06"), at=now).person == twins[0]
