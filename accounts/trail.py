"""Writing the trail of accounts: every change of an account calls `note` in its own transaction."""

from __future__ import annotations

from django.http import HttpRequest

from .models import AccountEvent, User


def note(
    account: User,
    kind: AccountEvent.Kind,
    *,
    by: User | None = None,
    request: HttpRequest | None = None,
    address: str | None = None,
    detail: str = "",
) -> AccountEvent:
    """Add one line to an account's trail (security.md §0.3).

    `by` is who did it: `request`'s user when not given (who really looks, also while seeing as somebody else), nobody
    for the system. The network address is the request's, or `address` where the worker writes what a request began.
    `detail` is a short sentence without any password, national ID or link.
    """
    if by is None and request is not None and request.user.is_authenticated:
        by = getattr(request, "true_user", request.user)
    if request is not None:
        address = request.META.get("REMOTE_ADDR") or None
    return AccountEvent.objects.create(
        account=account, kind=kind, by=by, address=address, detail=detail[:500]
    )
