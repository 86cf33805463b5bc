"""Which national ID a form was shown with: compared by a keyed sign of its digest, because it is never shown and two
numbers may share a mask."""

from __future__ import annotations

from django.utils.crypto import constant_time_compare, salted_hmac

from ..models import Person


def sign_of(person: Person | None) -> str:
    """What a form may carry about the stored national ID: it tells whether that changed, and nothing else."""
    digest = person.national_id_digest if person else ""
    return salted_hmac("records.forms.people", digest, algorithm="sha256").hexdigest() if digest else ""


def seen_digest(sent: str, person: Person | None) -> str:
    """The digest that was stored when the form with the sign `sent` was shown, "" for none; something else when it
    changed since."""
    now = (person.national_id_digest or "") if person else ""
    return now if constant_time_compare(sent, sign_of(person)) else "changed"
