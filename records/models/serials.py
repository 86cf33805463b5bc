"""流水號: how each series is written, and how far it has been given out (SOP 6.1)."""

from __future__ import annotations

import string

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from .organisation import Department, Division, Level

DEFAULT_PATTERN = "{letter}{department}{year}{sequence}"
LONGEST_SERIAL = 40
PLACEHOLDERS = {"letter", "department", "year", "sequence"}


def check_pattern(pattern: str) -> None:
    """Refuse a pattern that could not be read back: unknown placeholders, or a sequence that is not last."""
    try:
        parts = list(string.Formatter().parse(pattern))
    except ValueError as error:
        raise ValidationError(_("編碼格式的大括號不成對。")) from error
    names = [name for _text, name, _spec, _conversion in parts if name is not None]
    if any(name not in PLACEHOLDERS for name in names) or any(spec or conv for _t, _n, spec, conv in parts):
        raise ValidationError(_("編碼格式只能使用 {letter}、{department}、{year}、{sequence}。"))
    if names.count("sequence") != 1 or not pattern.endswith("{sequence}"):
        raise ValidationError(_("編碼格式必須以一個 {sequence} 結尾。"))
    literal = "".join(text for text, _name, _spec, _conv in parts)
    if not all(char.isascii() and (char.isalnum() or char == "-") for char in literal):
        raise ValidationError(_("編碼格式的固定文字只能用英文字母、數字與連字號。"))


class SerialSeries(models.Model):
    """One series for each level × division × department."""

    class WhenFull(models.TextChoices):
        WIDEN = "widen", _("自動加一位數")
        STOP = "stop", _("停止編號並提示")

    level = models.CharField(_("學制"), max_length=10, choices=Level)
    division = models.CharField(_("部別"), max_length=10, choices=Division)
    department = models.ForeignKey(Department, models.PROTECT, verbose_name=_("系所"), related_name="series")
    letter = models.CharField(_("學制部別字母"), max_length=1)
    pattern = models.CharField(
        _("編碼格式"),
        max_length=80,
        default=DEFAULT_PATTERN,
        validators=[check_pattern],
        help_text=_(
            "{letter} 字母、{department} 系所代碼、{year} 三碼學年度、{sequence} 序號（必須在最後）。"
        ),
    )
    width = models.PositiveSmallIntegerField(
        _("序號位數"), default=4, validators=[MinValueValidator(1), MaxValueValidator(9)]
    )
    when_full = models.CharField(_("號碼用完時"), max_length=5, choices=WhenFull, default=WhenFull.WIDEN)

    class Meta:
        verbose_name = _("流水號編碼")
        verbose_name_plural = _("流水號編碼")
        ordering = ["department__code", "letter"]
        constraints = [
            models.UniqueConstraint(
                fields=["level", "division", "department"],
                name="one_series_per_level_division_department",
                violation_error_message=_("這個系所的這個學制與部別已經有編碼了。"),
            )
        ]

    def __str__(self) -> str:
        return f"{self.department} {self.get_level_display()} {self.get_division_display()}"

    def clean(self) -> None:
        """A number must find room in a record even when its sequence has grown to nine digits."""
        super().clean()
        try:
            check_pattern(self.pattern)
        except ValidationError:
            return  # told beside the field already
        if self.department_id and len(self.prefix(999)) + 9 > LONGEST_SERIAL:
            raise ValidationError({"pattern": _("編碼格式太長：流水號連同九位序號不可超過 40 個字。")})

    def prefix(self, year: int) -> str:
        """Everything before the sequence, for a ROC academic year: the scope in which the sequence counts."""
        return self.pattern.removesuffix("{sequence}").format(
            letter=self.letter, department=self.department.code, year=f"{year:03d}"
        )

    def example(self, year: int) -> str:
        """What the first number of a year looks like: the live example beside the pattern."""
        return self.prefix(year) + "1".zfill(self.width)


class SerialCounter(models.Model):
    """The highest sequence ever given behind one prefix. It only grows: numbers are given once for ever."""

    prefix = models.CharField(max_length=60, unique=True)
    last_sequence = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.prefix} {self.last_sequence}"
