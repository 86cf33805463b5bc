"""What the page of one person shows: exactly the fields, degrees, lines and changes that its reader may read."""

from __future__ import annotations

from typing import Any

from . import follow_ups, objections, policies, timelines
from .columns import BY_ATTRIBUTE, SECONDARY_WORDS, Sensitivity
from .forms.people import PERSON_COLUMNS
from .models import Person
from .programmes import Lists
from .storing import current_values


def context_of(person: Person, user: Any) -> dict[str, Any]:
    """The page's context for a reader; every part is empty for who may not read it."""
    records = policies.visible_records(user).filter(person=person).order_by("graduation_date", "pk")
    notes = timelines.notes(person, user)
    facts = _facts(person, user)
    sees_objection = policies.may_read(user, "objected_on")
    return {
        "records": list(records),
        "personal": [fact[1:] for fact in facts if not _is_contact(fact[0])],
        "contact": [fact[1:] for fact in facts if _is_contact(fact[0])] + _secondary(person, user),
        "notes": notes,
        # Struck lines are no longer part of the text that is handed on (`annotations_editing`).
        "notes_text": "\n".join(note.text for note in notes if not note.struck),
        "timeline": timelines.of_person(person, user),
        # Whoever telephones knows what is blank, also where the role may not read it.
        "follow_ups": follow_ups.open_items(person),
        "sees_consent": policies.may_read(user, "accepts_messages"),
        "objection": objections.open_objection(person) if sees_objection else None,
        "past_objections": list(person.objections.exclude(ended_on=None)) if sees_objection else [],
        "sees_words": policies.may_read(user, "words"),
        "can_edit": bool(policies.can_edit_people(user)),
        "can_remark": bool(policies.can_edit_people(user) and policies.can_remark(user)),
        "can_strike": bool(policies.can_strike(user)),
        "can_revert": bool(policies.can_revert(user)),
        "sees_batches": bool(policies.can_see_batches(user)),
    }


def _is_contact(attribute: str) -> bool:
    return BY_ATTRIBUTE[attribute].sensitivity is Sensitivity.CONTACT


def _secondary(person: Person, user: Any) -> list[tuple[str, str]]:
    return [
        (word, getattr(person, name))
        for name, word in SECONDARY_WORDS.items()
        if getattr(person, name) and policies.may_read(user, name)
    ]


def _facts(person: Person, user: Any) -> list[tuple[str, str, str]]:
    """Attribute, header and shown text of the personal columns; the national ID as its mask."""
    current, lists = current_values(person), Lists.load()
    return [
        (column.attribute, column.header, _fact(column.attribute, current[column.attribute], lists))
        for column in PERSON_COLUMNS
        if policies.may_read(user, column.attribute)
    ]


def _fact(attribute: str, value: str, lists: Lists) -> str:
    return value if attribute == "national_id" else lists.shown(attribute, value)
