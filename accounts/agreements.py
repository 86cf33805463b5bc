"""保密切結書 (SOP 6.4, annex 7.2): which text counts, who signed it, and whether that still holds."""

from __future__ import annotations

import datetime
from pathlib import Path

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, Max, OuterRef
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from records.encryption import seal
from records.policies import can_publish_agreement

from .models import AccountClosing, AccountEvent, AgreementSignature, AgreementVersion, User
from .trail import note

DEFAULT_TEXT = Path(__file__).with_name("data") / "agreement.txt"


class OutdatedText(Exception):
    """The text that was signed is not the one that counts: another was published, or it is damaged."""


def read_text(path: Path) -> tuple[str, str]:
    """Title and text of an agreement kept as a file: the first line, and the rest."""
    title, _line_end, text = path.read_text(encoding="utf-8").partition("\n")
    return title.strip(), text.strip()


def must_sign(user: User) -> bool:
    """Whether the role works under the agreement: all but alumni, who see only their own data."""
    return user.is_staff


def current() -> AgreementVersion:
    """The version that counts: the one published last. A new installation gets the default text here, at the
    first question, so that there is no moment at which no text counts."""
    published = AgreementVersion.objects.filter(number__isnull=False)
    return published.order_by("-number").first() or _default_version()


def _default_version() -> AgreementVersion:
    title, text = read_text(DEFAULT_TEXT)
    draft = AgreementVersion(title=title, text=text)
    values = {"title": title, "text": text, "digest": draft.text_digest(), "published_at": timezone.now()}
    # Two first visitors at once: the number is unique, the second takes the row of the first.
    return AgreementVersion.objects.get_or_create(number=1, defaults=values)[0]


def valid_signature(account: User) -> AgreementSignature | None:
    """The account's signature under the current version; None when there is none that counts: the text or the
    signature was tampered with, or the account was closed after it."""
    closed_since = AccountClosing.objects.filter(account=account, at__gte=OuterRef("at"))
    signatures = AgreementSignature.objects.filter(~Exists(closed_since), account=account, version=current())
    return next((one for one in signatures.select_related("version") if one.is_sound()), None)


def has_valid_signature(account: User) -> bool:
    """Whether the account may see records, as far as the agreement is concerned (SOP 6.4)."""
    return valid_signature(account) is not None


@transaction.atomic
def sign(
    account: User,
    *,
    name: str,
    title: str,
    address: str,
    national_id: str = "",
    request: HttpRequest,
    digest: str | None = None,
) -> AgreementSignature:
    """Sign the current version on the page.

    `national_id` is a checked number, kept encrypted, or "" when the paper carries it. `digest` is that of the
    text which the signer had in view. Raises OutdatedText when that is not the text that counts now.
    """
    version = AgreementVersion.objects.select_for_update().get(pk=current().pk)
    if not version.is_sound() or digest not in (None, version.digest):
        raise OutdatedText
    context = AgreementSignature.national_id_context(account.pk, version.pk)
    signature = AgreementSignature.objects.create(
        account=account,
        version=version,
        version_digest=version.digest,
        name=name,
        title=title,
        address=address,
        national_id_sealed=seal(national_id, context) if national_id else None,
        signed_on=timezone.localdate(),
        network_address=request.META.get("REMOTE_ADDR") or "",
    )
    detail = _("線上簽署%(version)s") % {"version": version}
    note(account, AccountEvent.Kind.AGREEMENT_SIGNED, by=account, request=request, detail=detail)
    return signature


@transaction.atomic
def sign_on_paper(
    account: User,
    *,
    version: AgreementVersion,
    name: str,
    title: str,
    signed_on: datetime.date,
    by: User,
    address: str = "",
    paper: str = "",
    request: HttpRequest | None = None,
) -> AgreementSignature:
    """Register a signature that the center holds on paper; `paper` says where, e.g. its number.

    Raises ValidationError for a draft, a date to come, one before the version was published, and one before the
    account was last closed, because a closed account needs a new signature; OutdatedText for a version whose text was
    tampered with.
    """
    if not version.is_published:
        raise ValidationError(_("草稿不能簽署，請先發布。"))
    if not version.is_sound():
        raise OutdatedText
    if signed_on > timezone.localdate():
        raise ValidationError(_("簽署日期不能晚於今天。"))
    closed_at = account.closings.aggregate(last=Max("at"))["last"]
    if closed_at is not None and signed_on < timezone.localdate(closed_at):
        raise ValidationError(_("帳號停用後必須重新簽署，簽署日期不能早於停用日期。"))
    if signed_on < timezone.localdate(version.published_at):
        raise ValidationError(_("簽署日期不能早於這個版本的發布日期。"))
    signature = AgreementSignature.objects.create(
        account=account,
        version=version,
        version_digest=version.digest,
        name=name,
        title=title,
        address=address,
        signed_on=signed_on,
        on_paper=True,
        paper=paper,
        registered_by=by,
        network_address=(request.META.get("REMOTE_ADDR") or "") if request is not None else "",
    )
    detail = _("登錄 %(day)s 簽署的紙本%(version)s") % {"day": signed_on.isoformat(), "version": version}
    note(account, AccountEvent.Kind.AGREEMENT_SIGNED, by=by, request=request, detail=detail)
    return signature


@transaction.atomic
def save_draft(draft: AgreementVersion, *, by: User, request: HttpRequest) -> None:
    """Store a new or changed draft, with a line in the trail of who wrote it."""
    draft.save()
    detail = _("%(version)s，雜湊值 %(digest)s") % {"version": draft, "digest": draft.text_digest()}
    note(by, AccountEvent.Kind.AGREEMENT_DRAFTED, by=by, request=request, detail=detail)


@transaction.atomic
def publish(
    version: AgreementVersion, *, by: User | None, request: HttpRequest | None = None
) -> AgreementVersion:
    """Make a draft the text that counts. From its next request on, every account has to sign it: also the
    sessions that run are led to the agreement, because the old text no longer binds anybody to the new rules.

    Raises ValidationError when the draft was published already. `by` is nobody on the command line; the line then
    stands in the trails of all who may publish.
    """
    current()  # the default text, should nobody have asked for it yet, is the first version
    held = {one.pk: one for one in AgreementVersion.objects.select_for_update().order_by("pk")}
    draft = held[version.pk]
    if draft.is_published:
        raise ValidationError(_("這個版本已經發布。"))
    draft.digest = draft.text_digest()
    draft.number = max(one.number or 0 for one in held.values()) + 1
    draft.published_at = timezone.now()
    draft.published_by = by
    draft.save()
    publishers = (
        [by] if by is not None else User.objects.filter(is_active=True, role__in=can_publish_agreement.roles)
    )
    for account in publishers:
        note(account, AccountEvent.Kind.AGREEMENT_PUBLISHED, by=by, request=request, detail=str(draft))
    return draft
