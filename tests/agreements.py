"""Signed agreements for tests."""

from __future__ import annotations

from django.utils import timezone

from accounts import agreements
from accounts.models import AgreementSignature, User


def sign_agreement(user: User) -> AgreementSignature:
    """The user's signature under the current agreement, on paper; it leaves no line in the user's trail."""
    version = agreements.current()
    return AgreementSignature.objects.create(
        account=user,
        version=version,
        version_digest=version.digest,
        name=user.display_name,
        title="測試職稱",
        signed_on=timezone.localdate(),
        on_paper=True,
        registered_by=user,
    )
