"""What must always hold of the trails, for `manage.py verify` (settings.VERIFIED)."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from django.utils.translation import gettext_lazy

from records.verification import Invariant

from .models import AccountApplication, AccountEvent, ApplicationEvent
from .models.chains import ChainEnd, faults_of

ROWS_PER_FETCH = 2_000


def check_trails(at: datetime.datetime) -> Iterator[str]:
    """Every line of the trails stands as it was written, and none is missing. A draft that was forgotten has taken
    its lines with it; the end of its chain is left alone."""
    ends = {end.chain: end for end in ChainEnd.objects.all()}
    lines = AccountEvent.objects.order_by("pk").iterator(chunk_size=ROWS_PER_FETCH)
    yield from faults_of(lines, ends.get(AccountEvent().chain))
    for application in AccountApplication.objects.order_by("pk").iterator(chunk_size=ROWS_PER_FETCH):
        chain = ApplicationEvent(application=application).chain
        yield from faults_of(application.events.order_by("pk"), ends.get(chain))


INVARIANTS = (Invariant(gettext_lazy("帳號紀錄與申請歷程未遭更動"), check_trails),)
