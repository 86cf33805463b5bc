"""What happened to accounts: who did what to which account, when, from where. Written once, never changed."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .chains import Chained


class AccountEvent(Chained):
    """One line of an account's trail (security.md §0.3). `accounts.trail.note` writes them, nothing else."""

    class Kind(models.TextChoices):
        OPENED = "opened", _("開立帳號")
        CHANGED = "changed", _("變更帳號資料")
        EMAIL_CHANGED = "email_changed", _("變更電子郵件")
        CLOSED = "closed", _("停用帳號")
        REOPENED = "reopened", _("重新啟用")
        INVITED = "invited", _("寄出設定密碼連結")
        RESET_ASKED = "reset_asked", _("申請重設密碼")
        PASSWORD_SET = "password_set", _("設定密碼")
        SIGNED_IN = "signed_in", _("登入")
        SIGN_IN_FAILED = "sign_in_failed", _("登入失敗")
        LOCKED = "locked", _("暫時鎖定")
        UNLOCKED = "unlocked", _("解除鎖定")
        FACTOR_ADDED = "factor_added", _("新增第二因子")
        FACTOR_REMOVED = "factor_removed", _("移除第二因子")
        SESSIONS_ENDED = "sessions_ended", _("結束登入")
        AGREEMENT_SIGNED = "agreement_signed", _("簽署保密切結書")
        AGREEMENT_PUBLISHED = "agreement_publish", _("發布切結書版本")
        AGREEMENT_DRAFTED = "agreement_drafted", _("撰寫切結書草稿")
        AGREEMENT_PRINTED = "agreement_printed", _("列印切結書")
        COOPERATION_ENDED = "cooperation_ended", _("結束合作")
        DATA_RETURNED = "data_returned", _("登記資料銷毀或返還")
        DATA_NOTE_PRINTED = "data_note_printed", _("列印銷毀或返還紀錄")
        GRANT_GIVEN = "grant_given", _("授予額外權限")
        GRANT_ENDED = "grant_ended", _("額外權限終止")
        CONFIRMED = "confirmed", _("定期清查確認")
        WARNED_IDLE = "warned_idle", _("閒置提醒")
        LETTER_FAILED = "letter_failed", _("信件未送達")
        SEEN_AS = "seen_as", _("以此帳號的視角檢視")

    SEALED = ("account_id", "kind", "by_id", "at", "address", "detail")

    account = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("帳號"), related_name="events"
    )
    kind = models.CharField(_("事項"), max_length=20, choices=Kind)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("經手人"), related_name="+", null=True
    )
    at = models.DateTimeField(_("時間"), editable=False)
    address = models.GenericIPAddressField(_("來源位址"), null=True, blank=True)
    detail = models.CharField(_("內容"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("帳號紀錄")
        verbose_name_plural = _("帳號紀錄")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.account} {self.get_kind_display()}"
