"""The password policy as one object; the same on every way in (ASVS 6.3.4, 資通系統防護基準 附表十).

附表十 asks for three of four kinds of characters and not one of the last three passwords; ASVS 6.2.5 and 6.2.10 ask
for neither. Here a password of 15 characters is free of the rule of kinds, and the maximal age is off by default.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from .models import PasswordRecord, User

KINDS = [re.compile(kind) for kind in ("[A-Z]", "[a-z]", "[0-9]", "[^A-Za-z0-9]")]
SCHOOL = ("ntou", "海大", "海洋大學")
_MONTH_AND_DAY = r"[-/.年]?(?:0[1-9]|1[0-2])[-/.月]?(?:0[1-9]|[12]\d|3[01])(?!\d)"
# Years of both calendars: 19900506, 1990-05-06, 0790506, 790506.
BIRTHDAY = re.compile(rf"(?<!\d)(?:(?:19|20)\d{{2}}|[01]?\d{{2}}){_MONTH_AND_DAY}")
# A national ID or resident certificate, a mobile number (ASVS 6.2.11).
IDENTIFIER = re.compile(r"[a-z][a-d1289]\d{8}|09\d{2}-?\d{3}-?\d{3}", re.IGNORECASE)
# Two letters or digits stand in any password by chance; two Chinese characters are a name.
SHORTEST_LATIN_WORD, SHORTEST_WORD = 3, 2
# Rows of keys and of the alphabets, read in both directions and round the end; a diagonal is a row, too.
ROWS = (
    "0123456789",
    "1234567890",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
)
SHORTEST_RUN = 4
_RUNS = [way for row in ROWS for way in (row * 2, (row * 2)[::-1])]
_COMMON = CommonPasswordValidator()


@dataclass(frozen=True, slots=True)
class PasswordPolicy:
    """What a password must be. `settings.PASSWORD_POLICY` gives the numbers; `max_age_days` 0 means never old."""

    min_length: int
    kinds: int
    lifted_from_length: int
    distinct: int
    remembered: int
    max_age_days: int

    def faults(self, password: str, account: User | None) -> list[str]:
        """Every rule that `password` breaks, as sentences; none when it may be used by `account`."""
        return list(self._faults(password, account))

    def _faults(self, password: str, account: User | None) -> Iterator[str]:
        folded = password.casefold()
        if len(password) < self.min_length:
            yield _("密碼至少須有 %(count)d 個字元。") % {"count": self.min_length}
        if len(password) < self.lifted_from_length and not self._is_mixed(password):
            yield _(
                "密碼須包含大寫字母、小寫字母、數字、符號之中至少 %(kinds)d 種；滿 %(length)d 個字元則不限。"
            ) % {"kinds": self.kinds, "length": self.lifted_from_length}
        core = reduced(folded)
        if len(set(core)) < self.distinct:
            yield _(
                "密碼至少須有 %(count)d 個不同的字元；重複的部分、連續的字母或數字與鍵盤上相鄰的排列不計。"
            ) % {"count": self.distinct}
        if _is_common(password) or _is_common(core):
            yield _("這個密碼太常見，容易被猜中。")
        if any(word in folded for word in SCHOOL):
            yield _("密碼不可包含學校名稱。")
        if BIRTHDAY.search(password) or IDENTIFIER.search(password):
            yield _("密碼不可包含生日、身分證字號或行動電話。")
        if account is not None and any(word in folded for word in _words_of(account)):
            yield _("密碼不可包含姓名、帳號、電子郵件或系所名稱。")
        if account is not None and self._was_used(password, account):
            yield _("密碼不可與最近 %(count)d 次使用過的密碼相同。") % {"count": self.remembered}

    def _is_mixed(self, password: str) -> bool:
        return sum(bool(kind.search(password)) for kind in KINDS) >= self.kinds

    def _was_used(self, password: str, account: User) -> bool:
        if account.pk is None:
            return False
        hashes = [record.password for record in account.password_records.all()[: self.remembered]]
        return any(check_password(password, known) for known in {*hashes, account.password})

    def description(self) -> str:
        """The rules in one sentence, for the forms."""
        return _(
            "至少 %(length)d 個字元，包含大寫字母、小寫字母、數字、符號之中 %(kinds)d 種"
            "（滿 %(lifted)d 個字元則不限）；"
            "至少 %(distinct)d 個不同的字元，重複、連續或鍵盤上相鄰的排列不計；"
            "不可包含姓名、帳號、單位、生日或學校名稱，也不可與最近 %(count)d 次的密碼相同。"
        ) % {
            "length": self.min_length,
            "kinds": self.kinds,
            "lifted": self.lifted_from_length,
            "distinct": self.distinct,
            "count": self.remembered,
        }

    def is_too_old(self, account: User, now: datetime) -> bool:
        """Whether the account's password has passed the maximal age, counted from when it was set."""
        if not self.max_age_days or not account.has_usable_password():
            return False
        newest = account.password_records.first()
        since = newest.set_at if newest is not None else account.date_joined
        return now - since > timedelta(days=self.max_age_days)

    def remember(self, account: User) -> None:
        """Keep the hash that the account has now, and forget those that the rule no longer asks for."""
        PasswordRecord.objects.create(account=account, password=account.password, set_at=timezone.now())
        kept = account.password_records.values_list("pk", flat=True)[: self.remembered]
        account.password_records.exclude(pk__in=list(kept)).delete()


def policy() -> PasswordPolicy:
    """The policy in force."""
    return PasswordPolicy(**settings.PASSWORD_POLICY)


def reduced(password: str) -> str:
    """What is left of a folded password to guess: of a repeated whole its one part, of a repeated character and of
    a run along one of ROWS the first character. "aaaaaaaa" → "a", "tidetide" → "tide", "qwertyuiop12345" → "q1"."""
    if not password:
        return ""
    # The smallest shift at which the doubled text meets itself is the length of the repeated part.
    part = password[: (password * 2).find(password, 1)]
    left, start = "", 0
    while start < len(part):
        end = start + 1
        while end < len(part) and _is_run(part[start : end + 1]):
            end += 1
        left += part[start] if end - start >= SHORTEST_RUN else part[start:end]
        start = end
    return left


def _is_run(text: str) -> bool:
    return len(set(text)) == 1 or any(text in run for run in _RUNS)


def _is_common(password: str) -> bool:
    try:
        _COMMON.validate(password)
    except ValidationError:
        return True
    return False


def _words_of(account: User) -> Iterator[str]:
    """The names that a password of this account must not contain, folded."""
    departments = account.memberships.select_related("department") if account.pk else ()
    names = [account.username, account.display_name, account.email.partition("@")[0]]
    # Not the codes: they have two digits.
    names += [membership.department.name for membership in departments]
    for word in (name.strip().casefold() for name in names):
        if len(word) >= (SHORTEST_LATIN_WORD if word.isascii() else SHORTEST_WORD):
            yield word
