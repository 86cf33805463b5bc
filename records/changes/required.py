"""Follow-ups: open what is missing, close what has come, ask again who has new contact data (SOP 6.10)."""

from __future__ import annotations

from collections import defaultdict

from .. import bulk, follow_ups
from ..models import FollowUp, Source
from .act import Act
from .asked import Going

_FOLLOWED: tuple[str, ...] = tuple(FollowUp.Item.values)


def write(going: Going, act: Act) -> None:
    """Open a follow-up for each required item that is missing or was blanked, close those that came."""
    opening: list[tuple[int, str]] = []
    closing: dict[str, list[int]] = defaultdict(list)
    for change, applied in going:
        for item in _FOLLOWED:
            if change.person_id is None and not change.values.get(item):
                opening.append((applied.person_id, item))
            elif change.person_id is not None and item in change.values:
                if change.values[item]:
                    closing[item].append(applied.person_id)
                else:
                    opening.append((applied.person_id, item))
    FollowUp.objects.bulk_create(
        [FollowUp(person_id=pk, item=item, opened_at=act.at) for pk, item in opening],
        ignore_conflicts=True,
    )
    for item, ids in closing.items():
        for chunk in bulk.batched(ids, bulk.KEYS_PER_STATEMENT):
            FollowUp.objects.filter(person__any_of=chunk, item=item, closed_at=None).update(closed_at=act.at)
    if act.source == Source.UNDO:
        return  # an old number that comes back was called before
    reached = {
        applied.person_id
        for change, applied in going
        if change.person_id and any(change.values.get(name) for name in follow_ups.REACHING)
    }
    follow_ups.reopen(sorted(reached), at=act.at)
