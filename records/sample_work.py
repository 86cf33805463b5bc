"""Work for the sample contact: people to telephone, namesakes to verify, a request that came back, and somebody whom
nobody has asked for years. Nobody of them exists; all is written the way people write it, through the one door."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from django.contrib.auth import get_user_model
from django.db import transaction

from . import change_requests, change_reviews
from .changes import PersonChange, RecordChange, apply_changes
from .models import Person, Programme, Source
from .programmes import Lists
from .storing import current_values
from .synthetic.identity_numbers import with_check_digit

CONTACT, REVIEWER = "contact", "center"
OWN, OTHER = "資訊工程學系學士班", "食品科學系學士班"
GRADUATED, YEAR = "2024-06-15", 112
NAMESAKE, CORRECTED, CORRECTION = "林海晴", "方舟行", "方舟航"
ANSWER = "請附上身分證或戶籍謄本的影本，再重新提出。"


@dataclass(frozen=True, slots=True)
class _Somebody:
    name: str
    birth_date: str
    programme: str = OWN
    without: str = ""  # the required data that is missing (SOP 6.10)
    days_ago: int = 5


_PEOPLE = (
    _Somebody(NAMESAKE, "2001-03-08"),
    _Somebody(NAMESAKE, "2001-11-20"),
    _Somebody(NAMESAKE, "2002-01-15", programme=OTHER),
    _Somebody("周浪平", "2001-06-30", without="email"),
    _Somebody("蔡港生", "2001-09-12", without="birth_date"),
    _Somebody("江潮音", "2001-12-01", days_ago=800),
    _Somebody(CORRECTED, "2002-02-14"),
)


@transaction.atomic
def load(at: datetime.datetime) -> int:
    """Make what is described above, unless it is there; how many people were added. The accounts and the
    university's lists have to be there."""
    if Person.objects.filter(chinese_name=CORRECTED).exists():
        return 0
    for number, somebody in enumerate(_PEOPLE, start=1):
        _add(somebody, number, at - datetime.timedelta(days=somebody.days_ago))
    _return_request(at - datetime.timedelta(days=1))
    return len(_PEOPLE)


def _add(somebody: _Somebody, number: int, at: datetime.datetime) -> None:
    values = {
        "chinese_name": somebody.name,
        "sex": "F",
        "national_id": with_check_digit(f"L28{number:06d}"),
        "birth_date": somebody.birth_date,
        "email": f"sample{number}@example.com",
        "mobile": f"0900-{number:06d}",
        "country": "TW",
        "city": "基隆市",
        "postal_code": "202301",
        "address": "基隆市中正區北寧路2號",
    }
    values.pop(somebody.without, None)
    programme = Programme.objects.get(name=somebody.programme)
    series = Lists.load().series(programme.pk)
    texts = {"programme": str(programme.pk), "graduation_date": GRADUATED}
    record = RecordChange(None, texts, series_id=series.pk, prefix=series.prefix(YEAR))
    editor = get_user_model().objects.get(username=REVIEWER)
    apply_changes([PersonChange(None, values, records=[record])], editor=editor, source=Source.ADMIN, at=at)


def _return_request(at: datetime.datetime) -> None:
    users, person = get_user_model().objects, Person.objects.get(chinese_name=CORRECTED)
    request = change_requests.propose(
        person,
        values={"chinese_name": CORRECTION},
        before={"chinese_name": current_values(person)["chinese_name"]},
        editor=users.get(username=CONTACT),
        source=Source.FORM,
        at=at,
        reason="校友來電表示已更名",
    ).waiting
    reviewer = users.get(username=REVIEWER)
    change_reviews.give_back(request.pk, version=request.version, by=reviewer, at=at, answer=ANSWER)
