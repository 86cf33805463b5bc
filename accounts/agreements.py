"""The confidentiality agreement: which version is in force, and signatures made on paper."""

from __future__ import annotations

import datetime

from django.http import HttpRequest

from .models import AccountEvent, AgreementSignature, AgreementVersion, User
from .trail import note

TITLE = "校友資料庫使用保密切結書"
TEXT = """本人因業務需要使用國立臺灣海洋大學校友資料庫，同意遵守下列事項：
一、妥善保管帳號與所取得的校友資料，只用於所核准的業務目的。
二、不將資料交付、透露或轉讓他人，也不複製或留存於核准範圍以外的設備。
三、保密義務不因合作關係或職務終止而消滅。
四、合作關係或職務終止時，立即停止使用，並將持有的資料銷毀或返還校友服務中心。
五、違反上述約定致學校或他人受有損害時，願負一切法律責任。"""


def current() -> AgreementVersion:
    """The version in force; the default text as version 1 when the center has written none."""
    found = AgreementVersion.objects.first()
    return found or AgreementVersion.objects.create(number=1, title=TITLE, text=TEXT)


def sign_on_paper(
    account: User,
    *,
    version: AgreementVersion,
    name: str,
    title: str,
    signed_on: datetime.date,
    by: User,
    request: HttpRequest | None = None,
) -> AgreementSignature:
    """Record that the paper of this version was signed and lies at the center."""
    signature = AgreementSignature.objects.create(
        account=account,
        version=version,
        digest=version.digest,
        name=name,
        title=title,
        signed_on=signed_on,
        by=by,
    )
    note(account, AccountEvent.Kind.AGREEMENT_SIGNED, by=by, request=request, detail=str(version))
    return signature
