"""Requests for tests of reviewing, proposed the way a contact's form does it."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from accounts.models import DepartmentMembership, Role, User
from records import change_requests
from records.change_requests import Outcome
from records.models import ChangeRequest, Department, Person, Source
from records.storing import current_values
from tests.agreements import sign_agreement
from tests.people import degree, somebody

OWN, OTHER = "資訊工程學系", "食品科學系"


def contact_of(*departments: str, username: str = "wang", display_name: str = "王聯絡") -> User:
    """A contact of these departments, made at the first call."""
    user, is_new = User.objects.get_or_create(
        username=username, defaults={"display_name": display_name, "role": Role.DEPARTMENT_CONTACT}
    )
    if is_new:
        sign_agreement(user)
    for name in departments:
        DepartmentMembership.objects.get_or_create(user=user, department=Department.objects.get(name=name))
    return User.objects.get(pk=user.pk)


def proposed(
    person: Person, values: dict[str, str], *, editor: User, seen: Person | None = None, **more: Any
) -> Outcome:
    """What becomes of the values; `seen` is the person as the editor saw it."""
    before = current_values(seen or Person.objects.get(pk=person.pk))
    return change_requests.propose(
        person,
        values=values,
        before={name: before[name] for name in values},
        editor=editor,
        source=Source.FORM,
        at=more.pop("at", timezone.now()),
        **more,
    )


def waiting(person: Person | None = None, editor: User | None = None, **values: str) -> ChangeRequest:
    """A request that waits; of somebody of the contact's own department, for another name, unless said otherwise."""
    editor = editor or contact_of(OWN)
    person = person or somebody(degree(f"{OWN}學士班"))
    return proposed(person, values or {"chinese_name": "林文河"}, editor=editor).waiting
