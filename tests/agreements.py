"""Signed agreements for tests."""

from __future__ import annotations

from django.utils import timezone

from accounts import agreements
from accounts.models import AgreementSignature, User


def sign_agreement(user: User) -> AgreementSignature:
    """The user's signature under the current agreement, on paper."""
    return agreements.sign_on_paper(
        user,
        version=agreements.current(),
        name=user.display_name,
        title="測試職稱",
        signed_on=timezone.localdate(),
        by=user,
    )
