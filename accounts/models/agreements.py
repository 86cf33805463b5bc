"""保密切結書 (annex 7.2): its versions, and who signed which of them."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from datetime import UTC
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from records.encryption import digest, unseal
from records.identity_numbers import mask_national_id

from .once import WrittenOnce, WrittenOnceQuerySet


class AgreementVersion(models.Model):
    """A text that people sign. A draft has no number and may change; what was published stays as it is."""

    number = models.PositiveIntegerField(_("版次"), null=True, unique=True, editable=False)
    title = models.CharField(_("標題"), max_length=100)
    text = models.TextField(_("內容"), max_length=20_000)
    digest = models.CharField(_("雜湊值"), max_length=64, blank=True, editable=False)
    published_at = models.DateTimeField(_("發布時間"), null=True, editable=False)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name=_("發布者"),
        related_name="+",
        null=True,
        editable=False,
    )

    objects = WrittenOnceQuerySet.as_manager()

    class Meta:
        verbose_name = _("切結書版本")
        verbose_name_plural = _("切結書版本")
        ordering = ["-published_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(number=None, published_at=None, digest="")
                | models.Q(number__gte=1, published_at__isnull=False) & ~models.Q(digest=""),
                name="agreement_draft_or_published",
            )
        ]

    def __str__(self) -> str:
        if self.number is None:
            return gettext("%(title)s（草稿）") % {"title": self.title}
        return gettext("%(title)s（第 %(number)s 版）") % {"title": self.title, "number": self.number}

    def save(self, *args: Any, **kwargs: Any) -> None:
        stored = AgreementVersion.objects.filter(pk=self.pk, published_at__isnull=False)
        if self.pk is not None and stored.exists():
            raise TypeError("A published version never changes.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError("A version is never deleted.")

    @property
    def is_published(self) -> bool:
        return self.number is not None

    def text_digest(self) -> str:
        """SHA-256 (hex) of title and text as they are now, whatever the line ends and trailing blanks."""
        lines = f"{self.title}\n\n{self.text}".splitlines()
        canonical = unicodedata.normalize("NFC", "\n".join(line.rstrip() for line in lines).strip())
        return hashlib.sha256(canonical.encode()).hexdigest()

    def is_sound(self) -> bool:
        """Whether the published text is still the one that was published."""
        return self.is_published and self.digest == self.text_digest()


class AgreementSignature(WrittenOnce):
    """One person's signature under one version; the seal holds all of it together."""

    account = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("帳號"), related_name="signatures"
    )
    version = models.ForeignKey(
        AgreementVersion, models.PROTECT, verbose_name=_("版次"), related_name="signatures"
    )
    version_digest = models.CharField(_("切結書雜湊值"), max_length=64)
    name = models.CharField(_("姓名"), max_length=60)
    title = models.CharField(_("職稱"), max_length=60)
    address = models.CharField(_("通訊地址"), max_length=200, blank=True)
    national_id_sealed = models.BinaryField(null=True)  # without it the paper carries the number
    signed_on = models.DateField(_("簽署日期"))
    at = models.DateTimeField(_("登錄時間"), default=timezone.now)
    # Text and not an address type: the seal covers it as it was written.
    network_address = models.CharField(_("來源位址"), max_length=45, blank=True)
    on_paper = models.BooleanField(_("紙本簽署"), default=False)
    paper = models.CharField(_("紙本文號或日期"), max_length=60, blank=True)
    registered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("登錄者"), related_name="+", null=True
    )
    seal = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("切結書簽署")
        verbose_name_plural = _("切結書簽署")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(on_paper=False) | models.Q(registered_by__isnull=False),
                name="paper_signature_registered",
            )
        ]

    def __str__(self) -> str:
        return f"{self.account}－{self.version}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.seal = self.make_seal()
        super().save(*args, **kwargs)

    def make_seal(self) -> str:
        """The keyed digest of all that the signature says; a change of any of it no longer fits."""
        sealed = bytes(self.national_id_sealed).hex() if self.national_id_sealed else ""
        parts = [
            self.account_id,
            self.version_id,
            self.version_digest,
            self.name,
            self.title,
            self.address,
            sealed,
            self.signed_on.isoformat(),
            self.at.astimezone(UTC).isoformat(),
            self.network_address,
            self.on_paper,
            self.paper,
            self.registered_by_id,
        ]
        return digest("agreement-signature:" + json.dumps(parts, ensure_ascii=False))

    def is_sound(self) -> bool:
        """Whether the signature is as it was written, and is one under the text that its version holds."""
        return (
            self.version.is_sound()
            and self.version_digest == self.version.digest
            and self.seal == self.make_seal()
        )

    @staticmethod
    def national_id_context(account_id: int, version_id: int) -> str:
        return f"agreementsignature.national_id:{account_id}:{version_id}"

    def open_national_id(self) -> str:
        """The signer's national ID; "" when it stands on the paper. For the signer's own print alone."""
        if not self.national_id_sealed:
            return ""
        return unseal(self.national_id_sealed, self.national_id_context(self.account_id, self.version_id))

    @property
    def national_id_mask(self) -> str:
        """What pages show of the signer's national ID: the first letter and the last two characters."""
        return mask_national_id(self.open_national_id())
